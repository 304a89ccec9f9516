// Signs bodies of callbacks as JavaScript does, for the tests to compare with.
//
// Reads {"secret": …, "bodies": [hex, …]} from the standard input. Writes a list with, for each body, the signature of its
// bytes and, when it is JSON, the texts and signatures of it with sorted keys: `canonical` keeps arrays, as the SDK of
// NOWPayments does; `documented` makes objects of them, as the example in the documents does, which takes no other body
// than an object or array. Both copy by assignment.

import { createHmac } from "node:crypto";
import { text } from "node:stream/consumers";

const canonical = (value) => {
  if (Array.isArray(value)) return value.map(canonical);
  return value && typeof value === "object" ? sorted(value, canonical) : value;
};

const documented = (value) => sorted(value, (inner) => (inner && typeof inner === "object" ? documented(inner) : inner));

const sorted = (object, copy) => {
  const result = {};
  for (const key of Object.keys(object).sort()) result[key] = copy(object[key]);
  return result;
};

const { secret, bodies } = JSON.parse(await text(process.stdin));
const sign = (data) => createHmac("sha512", secret.trim()).update(data).digest("hex");

const answers = bodies.map((hex) => {
  const body = Buffer.from(hex, "hex");
  const answer = { raw: sign(body) };
  try {
    const value = JSON.parse(body.toString("utf8"));
    const add = (form, copy) => {
      const signed = JSON.stringify(copy(value));
      answer[form] = { text: signed, signature: sign(signed) };
    };
    add("canonical", canonical);
    if (value && typeof value === "object") add("documented", documented);
  } catch (problem) {
    if (!(problem instanceof SyntaxError)) throw problem;
  }
  return answer;
});
console.log(JSON.stringify(answers));

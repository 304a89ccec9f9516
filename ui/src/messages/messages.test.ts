// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { parse } from "svelte/compiler";
import { expect, test } from "vitest";

const read = (language: string): Record<string, unknown> =>
  JSON.parse(readFileSync(`messages/${language}.json`, "utf8"));
const placeholders = (message: unknown) =>
  [...JSON.stringify(message).matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test("every message is there in every language, with the same values in it", () => {
  const [en, de] = [read("en"), read("de")];
  expect(Object.keys(de).sort()).toEqual(Object.keys(en).sort());
  for (const [key, message] of Object.entries(en)) {
    expect.soft(placeholders(de[key]), key).toEqual(placeholders(message));
    expect.soft(String(de[key]).trim(), key).not.toBe("");
  }
});

test("every message is used somewhere", () => {
  const code = sources("ts")
    .concat(sources("svelte"))
    .map((path) => readFileSync(path, "utf8"))
    .join("\n");
  const unused = Object.keys(read("en")).filter(
    (key) => !key.startsWith("$") && !new RegExp(`\\bm\\.${key}\\b`).test(code),
  );
  expect(unused).toEqual([]);
});

test("no word on the screen is written into a component", () => {
  const found = sources("svelte").flatMap((path) =>
    words(parse(readFileSync(path, "utf8"), { modern: true }).fragment).map((text) => `${path}: ${text}`),
  );
  // The name of the program and the names of a file's columns are the same in all languages.
  expect(found.filter((each) => !/: (– )?Paydesk$|: \w+(,\w+)+$/.test(each))).toEqual([]);
});

function sources(kind: "ts" | "svelte"): string[] {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).map((path) => `src/${path}`);
  return files.filter((path) => path.endsWith(`.${kind}`) && !path.includes("generated"));
}

const SPOKEN = ["aria-label", "title", "placeholder", "label", "alt", "text"];

/** Text and spoken attributes below `node` that hold a word. */
function words(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(words);
  if (typeof node !== "object" || node === null) return [];
  const { type, name, value, data } = node as {
    type?: string;
    name?: string;
    value?: unknown;
    data?: string;
  };
  if (type === "StyleDirective") return [];
  if (type === "Attribute" && !SPOKEN.includes(name ?? "")) return [];
  if (type === "Text") return /\p{L}{2,}/u.test(data ?? "") ? [data!.trim()] : [];
  if (type === "Attribute") return words(value);
  return Object.entries(node).flatMap(([key, child]) => (key === "metadata" ? [] : words(child)));
}

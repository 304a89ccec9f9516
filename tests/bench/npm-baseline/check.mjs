// What a program for Node would do with a file of payouts: read it with papaparse, check each address with
// multicoin-address-validator, add up exactly with bignumber.js, and find recipients that come twice.
import { readFileSync } from "node:fs";
import process from "node:process";
import { BigNumber } from "bignumber.js";
import validator from "multicoin-address-validator";
import Papa from "papaparse";

const networks = {
  btc: "btc",
  eth: "eth",
  usdterc20: "eth",
  trx: "trx",
  usdttrc20: "trx",
  ltc: "ltc",
  doge: "doge",
};

const begun = process.hrtime.bigint();
const text = readFileSync(process.argv[2], "utf8");
const { data } = Papa.parse(text, { header: true, skipEmptyLines: true });
const seen = new Set();
const totals = {};
let accepted = 0;
let twice = 0;
for (const { address, currency, amount } of data) {
  const network = networks[currency];
  if (!network || !validator.validate(address, network)) continue;
  if (!/^\d+(\.\d{1,6})?$/.test(amount)) continue;
  const exact = new BigNumber(amount);
  if (!exact.isGreaterThan(0)) continue;
  totals[currency] = (totals[currency] ?? new BigNumber(0)).plus(exact);
  const recipient = `${currency} ${address}`;
  if (seen.has(recipient)) twice += 1;
  seen.add(recipient);
  accepted += 1;
}
const elapsed = Number((process.hrtime.bigint() - begun) / 1000n);
const { user, system } = process.cpuUsage();
const sums = Object.fromEntries(Object.entries(totals).map(([ticker, total]) => [ticker, total.toFixed()]));
console.log(
  JSON.stringify({
    accepted,
    twice,
    totals: sums,
    elapsed,
    used: { payments: data.length, microseconds: user + system, memory: process.resourceUsage().maxRSS * 1024 },
  }),
);

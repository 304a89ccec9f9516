// @vitest-environment node
import { expect, test } from "vitest";
import { choices, choose, chosen, filters, tokens, without } from "./operators";

const read = (search: string) =>
  tokens(search).map(({ excluded, name, sign, value }) => `${excluded ? "-" : ""}${name}${sign}|${value}`);

test("a search is cut into words, phrases and operators as the program cuts it", () => {
  expect(read(`mug  status:failed -coin:btc amount:>=5 "two bags" order:"A 17" x:5 -"gift card"`)).toEqual([
    "|mug",
    "status:|failed",
    "-coin:|btc",
    "amount>=|5",
    "|two bags",
    "order:|A 17",
    "|x:5",
    "-|gift card",
  ]);
  expect(read(`order:"A 17`)).toEqual(["order:|A 17"]);
  expect(read("")).toEqual([]);
  expect(read(" \t ")).toEqual([]);
  expect(read("STATUS=failed")).toEqual(["status=|failed"]);
});

test("only operators with a value are filters", () => {
  expect(filters("mug status: coin:btc https://shop.example").map(({ text }) => text)).toEqual(["coin:btc"]);
});

test("a piece is taken out and the rest stays as it was typed", () => {
  const search = `mug  status:failed "two  bags"`;
  const [, status] = tokens(search);
  expect(without(search, status!)).toBe(`mug "two  bags"`);
  expect(without("coin:btc", tokens("coin:btc")[0]!)).toBe("");
});

test("what is chosen is what was typed, and the other way round", () => {
  expect(chosen("mug coin:btc", choices.coin)).toBe("btc");
  expect(chosen("mug -coin:btc", choices.coin)).toBe("");
  expect(choose("mug coin:btc", choices.coin, "ltc")).toBe("mug coin:ltc");
  expect(choose("coin:btc mug coin=eth", choices.coin, "")).toBe("mug");
  expect(choose("", choices.order, `A 17"`)).toBe(`order:"A 17"`);
  expect(choose("amount>5 amount<9", choices.atLeast, "6")).toBe("amount<9 amount>=6");
  expect(chosen("amount<9 amount>=6", choices.atMost)).toBe("9");
});

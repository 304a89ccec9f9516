import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { Choices, OpenFile, Survey } from "../bridge";
import { announce, failure, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { ColumnChoice } from "./column-choice.svelte";
import { importing } from "./importing.svelte";
import { batch, paged, row } from "./test-batch";

// What the window loads when it is needed is there before a test waits for it.
import "./PayoutsScreen.svelte";

beforeEach(() => {
  route.replace(["payouts"]);
  importing.file = undefined;
});

const nothing: Choices = {
  delimiter: null,
  sheet: null,
  columns: null,
  header: null,
  currency: null,
  fiat_currency: null,
  numbers: null,
};

function file(survey: Partial<Survey>, choices: Partial<Choices> = {}): OpenFile {
  const plain: Survey = {
    asks: [],
    encoding: "utf8",
    delimiter: "comma",
    sheets: [],
    sheet: null,
    header: true,
    columns: ["address", "currency", "amount"],
    sample: [
      ["address", "currency", "amount"],
      ["T1", "trx", "1.000"],
    ],
    open: [],
    open_count: 0,
    notes: [],
    trouble: null,
  };
  return {
    id: "f1",
    name: "may.csv",
    choices: { ...nothing, ...choices },
    survey: { ...plain, ...survey },
  };
}

function shop(asked: OpenFile, answer: (choices: Choices) => unknown) {
  const closed: string[] = [];
  const answers: Choices[] = [];
  program({
    choose_payout_file: () => ({ kind: "asks", file: asked }),
    open_payout_file: () => asked,
    answer_payout_file: ({ choices }: { choices: Choices }) => {
      answers.push(choices);
      return answer(choices);
    },
    close_payout_file: ({ id }: { id: string }) => void closed.push(id),
    payout_batch: () => batch("draft"),
    payout_rows: paged(() => [row(1)]),
  });
  return { closed, answers };
}

const done = () => ({ kind: "batch", batch: batch("draft") });

test("how a file writes numbers is asked with what each answer makes of them", async () => {
  const open = [{ line: 2, text: "1.000", with_point: "1.000", with_comma: "1000" }];
  const { answers } = shop(file({ asks: ["numbers"], open, open_count: 3 }), done);
  const user = userEvent.setup();
  render(App);
  await user.click(await screen.findByRole("button", { name: "Choose file" }));
  const dialog = await screen.findByRole("dialog", { name: "How does this file write numbers?" });
  expect(within(dialog).getByRole("row", { name: "2 1.000 1.000 1000" })).toBeInTheDocument();
  expect(dialog).toHaveTextContent("and 2 more");
  const go = within(dialog).getByRole("button", { name: "Read the file" });
  expect(go).toBeDisabled();
  await user.click(within(dialog).getByRole("radio", { name: /A comma before decimals/ }));
  await user.click(go);
  await waitFor(() => expect(route.path).toEqual(["payouts", "b1"]));
  expect(answers).toEqual([{ ...nothing, numbers: "comma" }]);
  expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
});

test("what the columns seem to hold is proposed, and the coin of all rows is asked where none holds it", async () => {
  const asked = file({
    asks: ["columns"],
    header: true,
    columns: ["address", "amount"],
    sample: [
      ["who", "how much"],
      ["T1", "5"],
    ],
    trouble: "The header names no amount.",
  });
  const { answers } = shop(asked, done);
  const user = userEvent.setup();
  render(App);
  await user.click(await screen.findByRole("button", { name: "Choose file" }));
  const dialog = await screen.findByRole("dialog", { name: "What does each column hold?" });
  expect(dialog).toHaveTextContent("The header names no amount.");
  expect(dialog).toHaveTextContent("Still needed: Coin.");
  await user.type(within(dialog).getByRole("textbox", { name: "Coin of all rows" }), "trx");
  expect(dialog).toHaveTextContent("Everything that is needed is there.");
  await user.click(within(dialog).getByRole("button", { name: "Read the file" }));
  await waitFor(() => expect(route.path).toEqual(["payouts", "b1"]));
  expect(answers).toEqual([{ ...nothing, columns: ["address", "amount"], header: true, currency: "trx" }]);
});

test("a meaning belongs to one column, and whoever has it loses it to the next", () => {
  const columns = new ColumnChoice(file({ columns: ["address", null, "amount"] }));
  expect(columns.missing).toEqual(["currency"]);
  columns.set(1, "amount");
  expect(columns.columns).toEqual(["address", "amount", null]);
  columns.set(2, "currency");
  expect(columns.missing).toEqual([]);
  columns.currency = "trx";
  expect(columns.choices).toEqual({
    columns: ["address", "amount", "currency"],
    header: true,
    currency: null,
    fiat_currency: null,
  });
  columns.set(2, null);
  expect(columns.choices.currency).toBe("trx");
});

test("how much is an amount, or a sum and its currency", () => {
  const columns = new ColumnChoice(file({ columns: ["address", "currency", null, null] }));
  expect(columns.missing).toEqual(["amount"]);
  columns.set(2, "fiat_amount");
  expect(columns.missing).toEqual(["fiat_currency"]);
  columns.set(3, "fiat_currency");
  expect(columns.missing).toEqual([]);
});

test("the currency of all sums is asked where no column holds it", async () => {
  const asked = file({ asks: ["columns"], columns: ["address", "currency", "fiat_amount"] });
  const { answers } = shop(asked, done);
  const user = userEvent.setup();
  render(App);
  await user.click(await screen.findByRole("button", { name: "Choose file" }));
  const dialog = await screen.findByRole("dialog", { name: "What does each column hold?" });
  expect(dialog).toHaveTextContent("Still needed: Currency of the sum.");
  within(dialog)
    .getByRole("combobox", { name: /^Currency of all sums/ })
    .focus();
  await user.keyboard("eur");
  await waitFor(() => expect(dialog).toHaveTextContent("Everything that is needed is there."));
  await user.click(within(dialog).getByRole("button", { name: "Read the file" }));
  await waitFor(() => expect(route.path).toEqual(["payouts", "b1"]));
  expect(answers).toMatchObject([
    { columns: ["address", "currency", "fiat_amount"], currency: null, fiat_currency: "eur" },
  ]);
});

test("the next question follows, and an answer that cannot be read is explained and kept", async () => {
  const second = file({ asks: ["numbers"] }, { sheet: "May" });
  const { answers } = shop(file({ asks: ["sheet"], sheets: ["April", "May"], sheet: "April" }), (choices) => {
    if (!choices.numbers) return { kind: "asks", file: second };
    throw failure("file", "The workbook is damaged.");
  });
  const user = userEvent.setup();
  render(App);
  await user.click(await screen.findByRole("button", { name: "Choose file" }));
  const sheets = await screen.findByRole("dialog", { name: "Which sheet holds the payouts?" });
  await user.click(within(sheets).getByRole("radio", { name: "May" }));
  await user.click(within(sheets).getByRole("button", { name: "Read the file" }));
  const numbers = await screen.findByRole("dialog", { name: "How does this file write numbers?" });
  await user.click(within(numbers).getByRole("radio", { name: /A point/ }));
  await user.click(within(numbers).getByRole("button", { name: "Read the file" }));
  expect(await within(numbers).findByRole("alert")).toHaveTextContent("The workbook is damaged.");
  expect(within(numbers).getByRole("radio", { name: /A point/ })).toBeChecked();
  expect(answers).toEqual([
    { ...nothing, sheet: "May" },
    { ...nothing, sheet: "May", numbers: "point" },
  ]);
});

test("a dropped file that asks is shown wherever the owner is, and closing it forgets it", async () => {
  route.replace(["settings"]);
  const { closed } = shop(file({ asks: ["numbers"] }), done);
  const user = userEvent.setup();
  render(App);
  await screen.findByRole("heading", { name: "Settings" });
  await announce({ kind: "asks", file: "f1" });
  const dialog = await screen.findByRole("dialog", { name: "How does this file write numbers?" });
  await user.click(within(dialog).getByRole("button", { name: "Cancel" }));
  await waitFor(() => expect(dialog).not.toBeInTheDocument());
  expect(closed).toEqual(["f1"]);
});

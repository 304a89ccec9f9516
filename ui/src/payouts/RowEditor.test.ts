import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { BatchRow } from "../bridge";
import { argumentsOf, program } from "../bridge/test-program";
import RowEditor from "./RowEditor.svelte";
import { batch, row, sumRow } from "./test-batch";

function edit(row: BatchRow) {
  program({ edit_payout_row: () => batch("draft") });
  render(RowEditor, { batch: "b1", row, onclose: vi.fn() });
  return userEvent.setup();
}

const way = (name: string) => screen.getByRole("radio", { name });
const field = (name: string) => screen.getByRole("textbox", { name });
const currency = () => screen.getByRole("combobox", { name: /^Currency of the sum/ });

/** What was sent of how much the row pays. */
async function kept(user: ReturnType<typeof edit>) {
  await user.click(screen.getByRole("button", { name: "Keep and check" }));
  await waitFor(() => expect(argumentsOf("edit_payout_row")).toHaveLength(1));
  const [{ edit }] = argumentsOf("edit_payout_row") as [{ edit: Record<string, string> }];
  return [edit.amount, edit.fiat_amount, edit.fiat_currency];
}

test("a row of coins begins as one, and becomes a sum of money in a currency that is chosen", async () => {
  const user = edit(row(1));
  expect(way("Amount of the coin")).toBeChecked();
  expect(screen.queryByRole("textbox", { name: "Sum of money" })).not.toBeInTheDocument();
  await user.click(way("Sum of money"));
  expect(screen.queryByRole("textbox", { name: "Amount" })).not.toBeInTheDocument();
  await user.type(field("Sum of money"), "75.50");
  expect(currency()).toHaveAccessibleName("Currency of the sum Choose");
  currency().focus();
  await user.keyboard("gbp");
  await waitFor(() => expect(currency()).toHaveAccessibleName("Currency of the sum GBP"));
  expect(await kept(user)).toEqual(["", "75.50", "gbp"]);
});

test("a row of a sum begins as one, and becomes an amount of the coin", async () => {
  const user = edit(sumRow(1));
  expect(way("Sum of money")).toBeChecked();
  expect(field("Sum of money")).toHaveValue("250");
  expect(currency()).toHaveAccessibleName("Currency of the sum EUR");
  await user.click(way("Amount of the coin"));
  await user.type(field("Amount"), "0.003");
  expect(await kept(user)).toEqual(["0.003", "", ""]);
});

test("what was typed in the other way stays until it is kept, and is not sent", async () => {
  const user = edit(row(1));
  await user.click(way("Sum of money"));
  await user.type(field("Sum of money"), "99");
  await user.click(way("Amount of the coin"));
  expect(field("Amount")).toHaveValue("200");
  await user.click(way("Sum of money"));
  expect(field("Sum of money")).toHaveValue("99");
  await user.click(way("Amount of the coin"));
  expect(await kept(user)).toEqual(["200", "", ""]);
});

test("what is wrong with a sum or its currency stands at its field, and what stood there is not replaced", () => {
  const problem = (column: string, message: string) => ({ column, message, value: "", code: "" });
  edit(
    sumRow(1, {
      status: "bad",
      fiat_amount: "2e2",
      fiat_currency: "jpy",
      problems: [problem("fiat_amount", "Write it out."), problem("fiat_currency", "Takes no sums in jpy.")],
    }),
  );
  expect(field("Sum of money")).toHaveAccessibleDescription(/^Write it out\./);
  expect(currency()).toHaveAccessibleDescription("Takes no sums in jpy.");
  expect(currency()).toHaveAccessibleName("Currency of the sum jpy");
});

test("a row that says both begins with the sum, and its amount is kept at hand", async () => {
  const user = edit(sumRow(1, { status: "bad", amount: "0.01" }));
  expect(way("Sum of money")).toBeChecked();
  await user.click(way("Amount of the coin"));
  expect(field("Amount")).toHaveValue("0.01");
  expect(await kept(user)).toEqual(["0.01", "", ""]);
});

test("a network that the file names stays with the row, can be corrected, and is asked for nowhere else", async () => {
  const user = edit(row(1, { status: "bad", currency: "eth", network: "BSC" }));
  expect(field("Network")).toHaveValue("BSC");
  await user.clear(field("Network"));
  await user.type(field("Network"), "ERC20");
  await kept(user);
  const [{ edit: sent }] = argumentsOf("edit_payout_row") as [{ edit: Record<string, string> }];
  expect([sent.currency, sent.network]).toEqual(["eth", "ERC20"]);
});

test("a row whose file names no network has no field for one, and sends none", async () => {
  const user = edit(row(1));
  expect(screen.queryByRole("textbox", { name: "Network" })).not.toBeInTheDocument();
  await kept(user);
  const [{ edit: sent }] = argumentsOf("edit_payout_row") as [{ edit: Record<string, string> }];
  expect(sent.network).toBe("");
});

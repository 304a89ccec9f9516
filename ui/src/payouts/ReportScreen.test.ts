import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { Batch } from "../bridge";
import { argumentsOf, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { batch, mixed, paged, part, row, summary, sumRow } from "./test-batch";

// What the window loads when it is needed is there before a test waits for it.
import "./PayoutsScreen.svelte";

beforeEach(() => route.replace(["payouts", "b1", "report"]));

function open(now: () => Batch, own = {}) {
  program({ payout_batch: now, payout_rows: paged(() => [row(1, { status: "paid" })]), ...own });
  render(App);
  return userEvent.setup();
}

test("the report is saved for Excel, or as CSV", async () => {
  const user = open(() => batch("finished"), { save_payout_report: () => "report.xlsx" });
  await user.click(await screen.findByRole("button", { name: "Save as Excel" }));
  expect(await screen.findByText("The report is saved")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Save as CSV" }));
  await waitFor(() =>
    expect(argumentsOf("save_payout_report")).toEqual([
      { id: "b1", format: "xlsx" },
      { id: "b1", format: "csv" },
    ]),
  );
});

test("the report of a batch in parts lists them, and says where their rows are", async () => {
  const whole = batch("finished_with_failures", {
    summary: summary("finished_with_failures", { payable: 9, paid: 6, failed: 3, parts: 3 }),
  });
  open(() => whole, {
    payout_rows: paged(() => []),
    payout_parts: () => [
      part(1, "finished", { paid: 3 }),
      part(2, "finished", { paid: 3 }),
      part(3, "cancelled"),
    ],
  });
  const line = (await screen.findByText("Part 3 of 3")).closest<HTMLElement>("tr")!;
  expect(within(line).getByText("Given up")).toBeInTheDocument();
  expect(screen.getByText("Every row of every part is in the file that you save.")).toBeInTheDocument();
});

test("the report shows each sum and the coins that were paid for it", async () => {
  const totals = [mixed({ amount: "0" })];
  open(() => batch("finished", { provider_id: "500", summary: summary("finished", { totals }) }), {
    payout_rows: paged(() => [sumRow(1, { status: "paid", provider_id: "501" })]),
  });
  const line = (await screen.findByText("0.0027 BTC")).closest<HTMLElement>("tr")!;
  expect(line).toHaveTextContent("250.00 EUR");
  expect(screen.getByText("0.0027 in all")).toBeInTheDocument();
});

import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { Control } from "../bridge";
import { announce, failure, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { importing } from "./importing.svelte";
import { approval, batch, paged, row, summary } from "./test-batch";

// What the window loads when it is needed is there before a test waits for it.
import "../settings/SettingsPlace.svelte";
import "./PayoutsScreen.svelte";

beforeEach(() => {
  route.replace(["payouts"]);
  Object.assign(importing, { name: "", text: "", failure: undefined, textFailure: undefined });
});

const NO_HEADER = "The first line must name the columns.";

test("a file that cannot be taken is explained in place, and the words stay until they are dismissed", async () => {
  program({
    choose_payout_file: () => {
      throw failure("file", NO_HEADER);
    },
  });
  const user = userEvent.setup();
  render(App);
  await user.click(await screen.findByRole("button", { name: "Choose file" }));
  expect(await screen.findByRole("alert")).toHaveTextContent(NO_HEADER);
  await user.click(screen.getByRole("button", { name: "Dismiss" }));
  expect(screen.queryByText(NO_HEADER, { exact: false })).not.toBeInTheDocument();
});

test("pasted text stays in its box when it is refused, and becomes a batch when it is not", async () => {
  let header = false;
  program({
    open_payout_text: ({ text }: { text: string }) => {
      header = text.startsWith("address");
      if (!header) throw failure("file", NO_HEADER);
      return { kind: "batch", batch: batch("draft") };
    },
    payout_batch: () => batch("draft"),
    payout_rows: paged(() => [row(1)]),
  });
  const user = userEvent.setup();
  render(App);
  await user.click(await screen.findByRole("button", { name: "Paste" }));
  const box = await screen.findByRole("textbox", { name: "Rows" });
  await user.type(box, "T1,trx,5");
  await user.click(screen.getByRole("button", { name: "Check these rows" }));
  expect(await screen.findByText(NO_HEADER)).toBeInTheDocument();
  expect(box).toHaveValue("T1,trx,5");
  await user.clear(box);
  await user.type(box, "address,currency,amount");
  await user.click(screen.getByRole("button", { name: "Check these rows" }));
  await waitFor(() => expect(route.path).toEqual(["payouts", "b1"]));
});

test("a file from outside the window is shown as its batch, wherever the owner was", async () => {
  route.replace(["settings"]);
  program({
    second_factor: () => ({ enrolled: false }),
    payout_batch: () => batch("draft"),
    payout_rows: paged(() => [row(1)]),
  });
  render(App);
  await screen.findByRole("heading", { name: "Settings" });
  await announce({ kind: "opened", batch: "b1" });
  expect(await screen.findByRole("heading", { name: "payouts.csv" })).toBeInTheDocument();
});

test("why a file from outside was not taken stays until it was read", async () => {
  program();
  const user = userEvent.setup();
  render(App);
  await screen.findByRole("heading", { name: "Payouts" });
  await announce({ kind: "not_opened", failure: failure("file", "This is a folder.") });
  const dialog = await screen.findByRole("dialog", { name: "This file was not taken" });
  expect(dialog).toHaveTextContent("This is a folder.");
  await user.click(within(dialog).getByRole("button", { name: "Understood" }));
  await waitFor(() => expect(dialog).not.toBeInTheDocument());
});

test("what waits for the code stands on top, with the time and the attempts that are left", async () => {
  program({ pending_approvals: () => [approval({ attempts_left: 4 })] });
  const user = userEvent.setup();
  render(App);
  expect(await screen.findByText(/43 minutes left/)).toHaveTextContent(
    /about 598\.50 USD .* 4 attempts left/,
  );
  await user.click(screen.getByRole("button", { name: "Give the code for payouts.csv" }));
  expect(route.path).toEqual(["payouts", "b1", "approve"]);
});

test("a batch is listed with its state in words and opens on Enter", async () => {
  program({
    payout_batches: () => [summary("finished_with_failures", { paid: 2, failed: 1 })],
    payout_batch: () => batch("finished_with_failures"),
    payout_rows: paged(() => [row(1)]),
  });
  const user = userEvent.setup();
  render(App);
  const line = (await screen.findByText("payouts.csv")).closest<HTMLElement>("[role=row]")!;
  expect(line).toHaveTextContent("Not all paid");
  expect(line).toHaveTextContent("2 of 3 paid");
  screen.getByRole("grid", { name: "Payouts so far" }).focus();
  await user.keyboard("{Enter}");
  expect(route.path).toEqual(["payouts", "b1"]);
});

test("control totals are said before there is a file, shown until there is one, and taken back by saying nothing", async () => {
  let control: Control | null = null;
  program({
    payout_batches: () => [summary("checked")],
    next_payout_control: () => control,
    set_next_payout_control: (said: { control: Control }) => {
      control = said.control.rows === null && !said.control.sums.length ? null : said.control;
      announce({ kind: "payout_file" });
    },
  });
  const user = userEvent.setup();
  render(App);
  await user.click(await screen.findByRole("button", { name: "Control totals first…" }));
  const dialog = await screen.findByRole("dialog", { name: "Control totals of the next file" });
  await user.type(within(dialog).getByRole("textbox", { name: "Number of payouts" }), "12");
  await user.type(within(dialog).getByRole("combobox", { name: "Coin or currency" }), "eth");
  await user.type(within(dialog).getByRole("textbox", { name: "Sum" }), "0.25");
  await user.click(within(dialog).getByRole("button", { name: "Compare" }));
  expect(await screen.findByText("The next file must add up to 12 payouts and 0.25 ETH.")).toBeVisible();

  await user.click(screen.getByRole("button", { name: "Change control totals…" }));
  const again = await screen.findByRole("dialog", { name: "Control totals of the next file" });
  await user.clear(within(again).getByRole("textbox", { name: "Number of payouts" }));
  await user.click(within(again).getByRole("button", { name: "Remove" }));
  await user.click(within(again).getByRole("button", { name: "Compare" }));
  await waitFor(() => expect(screen.queryByText(/must add up to/)).not.toBeInTheDocument());
});

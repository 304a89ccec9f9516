import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { Batch, Schedule } from "../bridge";
import { announce, argumentsOf, failure, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { batch, paged, row, summary } from "./test-batch";
// Loaded by now, and not within the time of the first test.
import "./PayoutsScreen.svelte";

let zone: string | undefined;
beforeEach(() => {
  zone = process.env.TZ;
  process.env.TZ = "Europe/Berlin";
  route.replace(["payouts", "b1"]);
});
afterEach(() => {
  process.env.TZ = zone;
});

const once: Schedule = { execute_at: "2099-12-01T08:00:00.000Z", repetition: null };
const monthly: Schedule = {
  execute_at: "2099-12-01T08:00:00.000Z",
  repetition: { interval: "months_by_day", every: 1, until: null },
};

/** A batch that is approved and waits for its time. */
function waiting(schedule: Schedule, own: Partial<Batch> = {}): Batch {
  return batch("verified", {
    summary: summary("verified", { execute_at: schedule.execute_at }),
    schedule,
    can_be_called_off: true,
    ...own,
  });
}

function open(now: () => Batch, own = {}, rows = () => [row(1), row(2), row(3)]) {
  program({ payout_batch: now, payout_rows: paged(rows), ...own });
  render(App);
  return userEvent.setup();
}

async function change(own = {}, now: () => Batch = () => batch("checked")) {
  const user = open(now, own);
  await user.click(await screen.findByRole("button", { name: "Change when it is paid…" }));
  const dialog = within(await screen.findByRole("dialog", { name: "When it is paid" }));
  await user.click(dialog.getByRole("radio", { name: "At a date and time" }));
  const fill = async (label: string, text: string) => {
    await user.clear(dialog.getByLabelText(label));
    await user.type(dialog.getByLabelText(label), text);
  };
  const keep = () => user.click(dialog.getByRole("button", { name: "Keep" }));
  return { user, dialog, fill, keep };
}

test("a batch is paid as soon as it is approved, or at a time that is said with its weekday and zone", async () => {
  let now = batch("checked");
  const { dialog, fill, keep } = await change(
    {
      schedule_payouts: ({ schedule }: { schedule: Schedule }) => {
        now = batch("checked", {
          schedule,
          summary: summary("checked", { execute_at: schedule.execute_at }),
        });
        void announce({ kind: "payouts", batch: "b1" });
        return now;
      },
    },
    () => now,
  );
  const rail = within(screen.getByRole("region", { name: "When it is paid", hidden: true }));
  expect(rail.getByText("As soon as it is approved")).toBeInTheDocument();
  await fill("Day", "2099-12-01");
  await fill("Time", "09:00");
  expect(dialog.getByText(/Tuesday,? .*December.* 2099.*09:00.*(GMT\+1|CET)/)).toBeInTheDocument();
  await keep();
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  expect(argumentsOf("schedule_payouts")).toEqual([{ id: "b1", schedule: once }]);
  expect(await rail.findByText(/Tuesday,? .*December/)).toBeInTheDocument();
});

test("one that comes back shows its first times and who makes them", async () => {
  const { user, dialog, fill, keep } = await change({ schedule_payouts: () => batch("checked") });
  await fill("Day", "2099-12-01");
  await user.click(dialog.getByRole("radio", { name: "Again and again" }));
  await fill("Every", "2");
  const runs = () => dialog.getAllByRole("listitem").map((item) => item.querySelector("time")?.dateTime);
  expect(runs().map((time) => time?.slice(0, 10))).toEqual([
    "2099-12-01",
    "2100-02-01",
    "2100-04-01",
    "2100-06-01",
  ]);
  expect(dialog.getByText(/makes each further run by itself and needs no code/)).toBeInTheDocument();
  dialog.getByRole("combobox", { name: /Counted in/ }).focus();
  await user.keyboard("weeks");
  await user.click(dialog.getByRole("radio", { name: "After a day" }));
  await fill("Last day", "2099-12-15");
  expect(runs().map((time) => time?.slice(0, 10))).toEqual(["2099-12-01", "2099-12-15"]);
  await keep();
  await waitFor(() =>
    expect(argumentsOf("schedule_payouts")).toEqual([
      {
        id: "b1",
        schedule: {
          execute_at: "2099-12-01T08:00:00.000Z",
          repetition: { interval: "weeks", every: 2, until: "2099-12-15T22:59:00.000Z" },
        },
      },
    ]),
  );
});

test.each([
  ["execute_at", "Day"],
  ["every", "Every"],
  ["until", "Last day"],
])("what the program refuses of %s is said at its field", async (field, label) => {
  const { user, dialog, fill, keep } = await change({
    schedule_payouts: () => {
      throw failure("invalid", "This cannot be.", field);
    },
  });
  await user.click(dialog.getByRole("radio", { name: "Again and again" }));
  await user.click(dialog.getByRole("radio", { name: "After a day" }));
  await fill("Last day", "2099-12-31");
  await keep();
  await waitFor(() => expect(dialog.getByLabelText(label)).toHaveAccessibleDescription("This cannot be."));
});

test("what cannot be read is not handed on", async () => {
  const { dialog, fill, keep } = await change();
  await fill("Day", "2099-02-29");
  await keep();
  expect(dialog.getByLabelText("Day")).toHaveAccessibleDescription("Write a day like 2026-12-31.");
  expect(argumentsOf("schedule_payouts")).toEqual([]);
});

test("before sending and approving it is said when it will be paid, and how it comes back", async () => {
  const schedule = monthly;
  const scheduled = (state: "checked" | "created") =>
    batch(state, { schedule, summary: summary(state, { execute_at: schedule.execute_at }) });
  const user = open(() => scheduled("checked"));
  await user.click(await screen.findByRole("button", { name: /^Send 3 payouts/ }));
  const words = /It will be paid on Tuesday,? .*2099.*, and then every month\./;
  expect(await screen.findByText(words)).toBeInTheDocument();
  program({
    payout_batch: () => scheduled("created"),
    payout_rows: paged(() => [row(1)]),
    second_factor: () => null,
  });
  route.go(["payouts", "b1", "approve"]);
  expect(await screen.findByRole("heading", { name: "Approve 3 payouts" })).toBeInTheDocument();
  expect(await screen.findByText(words)).toBeInTheDocument();
  expect(screen.getByText(/Until then it can be called off/)).toBeInTheDocument();
});

test("an approved batch waits for its time, and is called off once that was confirmed", async () => {
  let now = waiting(monthly);
  const user = open(() => now, {
    cancel_payouts: () => {
      now = batch("cancelled", {
        summary: summary("cancelled", { execute_at: monthly.execute_at }),
        schedule: monthly,
      });
      void announce({ kind: "payouts", batch: "b1" });
      return now;
    },
  });
  expect(await screen.findByText("Approved, waits for its time")).toBeInTheDocument();
  expect(screen.queryByRole("progressbar")).not.toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Call off…" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Call off 3 payouts?" }));
  expect(dialog.getByText(/This is a run of a series/)).toBeInTheDocument();
  expect(argumentsOf("cancel_payouts")).toEqual([]);
  await user.click(dialog.getByRole("button", { name: "Call it off" }));
  expect(await screen.findByText("Called off")).toBeInTheDocument();
  expect(argumentsOf("cancel_payouts")).toEqual([{ id: "b1", row: null }]);
});

test("when NOWPayments does not call it off, that is said and nothing looks called off", async () => {
  const user = open(() => waiting(once), {
    cancel_payouts: () => {
      throw failure("offline", "NOWPayments cannot be reached.");
    },
  });
  await user.click(await screen.findByRole("button", { name: "Call off…" }));
  const dialog = within(await screen.findByRole("dialog"));
  await user.click(dialog.getByRole("button", { name: "Call it off" }));
  expect(await dialog.findByText("NOWPayments cannot be reached.")).toBeInTheDocument();
  expect(screen.getByText("Approved, waits for its time")).toBeInTheDocument();
});

test("one payout of it is called off from its details, and others are left", async () => {
  let rows = [row(1, { status: "processing" }), row(2, { status: "processing" })];
  route.replace(["payouts", "b1"], { row: "2" });
  const user = open(
    () => waiting(once),
    {
      cancel_payouts: () => {
        rows = [rows[0]!, row(2, { status: "rejected", provider_status: "CANCELLED" })];
        void announce({ kind: "payouts", batch: "b1" });
        return waiting(once);
      },
    },
    () => rows,
  );
  const panel = within(await screen.findByRole("complementary", { name: /^Row 2/ }));
  expect(panel.getByText("Waits for its time")).toBeInTheDocument();
  await user.click(panel.getByRole("button", { name: "Call this payout off…" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Call this payout off?" }));
  expect(dialog.getByText(/200 TRX to TJRab/)).toBeInTheDocument();
  await user.click(dialog.getByRole("button", { name: "Call it off" }));
  expect(await panel.findByText("Called off")).toBeInTheDocument();
  expect(panel.queryByRole("button", { name: "Call this payout off…" })).not.toBeInTheDocument();
  expect(argumentsOf("cancel_payouts")).toEqual([{ id: "b1", row: 2 }]);
});

test("once its time has come nothing can be called off", async () => {
  open(() => waiting(once, { can_be_called_off: false }));
  await screen.findByText("Approved, waits for its time");
  expect(screen.queryByRole("button", { name: "Call off…" })).not.toBeInTheDocument();
});

test("the list says when a batch is paid", async () => {
  route.replace(["payouts"]);
  program({ payout_batches: () => [waiting(once).summary] });
  render(App);
  expect(await screen.findByText("Approved, waits for its time")).toBeInTheDocument();
  expect(screen.getByText(/^For .*Dec.*99.* 09:00$/)).toBeInTheDocument();
});

import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { AuditEntry } from "../bridge";
import { announce, argumentsOf, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";

// What the window loads when it is needed is there before a test waits for it.
import "../settings/SettingsPlace.svelte";
import "./AuditScreen.svelte";

beforeEach(() => route.replace(["settings", "audit"]));

const entry = (number: number): AuditEntry => ({
  number,
  at: "2026-11-20T09:00:00Z",
  area: number % 2 ? "payouts" : "rules",
  subject: number % 2 ? "wages.csv" : "Payouts",
  reference: "b1",
  words: `Done for the ${number}. time.`,
  hash: `hash${number}`,
});

/** A log of as many entries as `count` says, paged as the program does. */
function open(count: () => number, own = {}) {
  program({
    audit_log: ({ before, limit }: { before: number | null; limit: number }) => {
      const first = (before ?? count() + 1) - 1;
      const numbers = Array.from({ length: Math.min(limit, first) }, (_, at) => first - at);
      return { entries: numbers.map(entry), total: count() };
    },
    ...own,
  });
  render(App);
  return userEvent.setup();
}

const numbers = () =>
  within(screen.getByRole("table", { name: "Audit log" }))
    .getAllByRole("row")
    .slice(1)
    .map((row) => Number(row.querySelector("td")?.textContent));

test("the newest is first, and earlier entries follow on demand", async () => {
  const user = open(() => 130);
  const first = (await screen.findByText("Done for the 130. time.")).closest<HTMLElement>("tr")!;
  expect(first).toHaveTextContent("Rules");
  expect(numbers()).toHaveLength(100);
  await user.click(screen.getByRole("button", { name: "Show earlier entries" }));
  await waitFor(() => expect(numbers()).toHaveLength(130));
  expect(numbers().at(-1)).toBe(1);
  expect(screen.queryByRole("button", { name: "Show earlier entries" })).not.toBeInTheDocument();
});

test("what is written meanwhile leaves no gap and no double", async () => {
  let count = 130;
  const user = open(() => count);
  await screen.findByText("Done for the 130. time.");
  await user.click(screen.getByRole("button", { name: "Show earlier entries" }));
  await waitFor(() => expect(numbers()).toHaveLength(130));
  count = 133;
  await announce({ kind: "payouts", batch: "b1" });
  await waitFor(() => expect(numbers()).toEqual(Array.from({ length: 133 }, (_, at) => 133 - at)));
});

test("a log that is whole is said to be, with the fingerprint to note", async () => {
  const user = open(() => 3, {
    verify_audit_log: () => ({
      entries: 3,
      last_hash: "hash3",
      broken_at: null,
      end: "as_written",
      noted: 3,
    }),
  });
  await user.click(await screen.findByRole("button", { name: "Check the log" }));
  expect(await screen.findByText("The log is whole: 3 entries, each as it was written")).toBeInTheDocument();
  expect(screen.getByText("hash3")).toBeInTheDocument();
});

test("a log that was changed says from where on, and what to do", async () => {
  const user = open(() => 3, {
    verify_audit_log: () => ({ entries: 3, last_hash: "hash3", broken_at: 2, end: "as_written", noted: 3 }),
  });
  await user.click(await screen.findByRole("button", { name: "Check the log" }));
  const alert = await screen.findByRole("alert");
  expect(alert).toHaveTextContent("The log is not as it was written, from entry 2 on");
  expect(alert).toHaveTextContent("No money moved by this.");
});

test.each([
  ["shorter", "The log is shorter than it was: 5 entries were known"],
  ["other", "The log is not the one that was written: 5 entries were known"],
  ["lost", "What was noted of the end of this log is lost"],
] as const)("a log whose end is %s is not said to be whole", async (end, words) => {
  const user = open(() => 3, {
    verify_audit_log: () => ({ entries: 3, last_hash: "hash3", broken_at: null, end, noted: 5 }),
  });
  await user.click(await screen.findByRole("button", { name: "Check the log" }));
  expect(await screen.findByRole("alert")).toHaveTextContent(words);
  expect(screen.queryByText(/The log is whole/)).toBeNull();
});

test("the log is saved where the owner says", async () => {
  const user = open(() => 1, { save_audit_log: () => "log.csv" });
  await user.click(await screen.findByRole("button", { name: "Save as file" }));
  expect(await screen.findByText("The log is saved")).toBeInTheDocument();
  expect(argumentsOf("save_audit_log")).toHaveLength(1);
});

test("the settings lead to the log", async () => {
  route.replace(["settings"]);
  open(() => 0, { second_factor: () => null });
  expect(await screen.findByRole("link", { name: "Show the log, check it, or save it" })).toHaveAttribute(
    "href",
    "#/settings/audit",
  );
});

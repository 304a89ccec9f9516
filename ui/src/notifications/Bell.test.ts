import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { NotificationEntry, Subject } from "../bridge";
import { announce, argumentsOf, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";

// What the window loads when it is needed is there before a test waits for it.
import "../settings/SettingsPlace.svelte";

beforeEach(() => route.replace(["settings"]));

function entry(number: number, subject: Subject | null, read = false): NotificationEntry {
  const notification = {
    key: `key-${number}`,
    title: `Title ${number}`,
    body: `<b>Body</b> ${number}`,
    subject,
    at: `2026-11-01T10:0${number}:00Z`,
  };
  return { notification, read };
}

const three = () => [
  entry(3, { kind: "payment", id: "77" }),
  entry(2, { kind: "batch", id: "b2" }),
  entry(1, { kind: "payment", id: "55" }, true),
];

/** A program whose notifications become read. */
function open(entries = three(), paused: string | null = null) {
  const read = (which: (each: NotificationEntry) => boolean) => {
    entries = entries.map((each) => ({ ...each, read: each.read || which(each) }));
    void announce({ kind: "notifications" });
    return null;
  };
  program({
    second_factor: () => null,
    notifications: () => ({
      entries,
      unread: entries.filter((each) => !each.read).length,
      paused_until: paused,
    }),
    mark_notifications_read: ({ keys }: { keys: string[] }) =>
      read(({ notification }) => keys.includes(notification.key)),
    mark_all_notifications_read: ({ newest }: { newest: string }) =>
      read(({ notification }) => notification.at <= newest),
    pause_notifications: ({ pause }: { pause: string }) => {
      paused = pause === "over" ? null : "2026-11-02T00:00:00Z";
      void announce({ kind: "notifications" });
      return null;
    },
  });
  render(App);
  return userEvent.setup();
}

const bell = (name: string) => screen.findByRole("button", { name });

// jsdom lays nothing out, and bits-ui hides what would float beside nothing: what is hidden has no name.
const hidden = true;

async function popover(user: ReturnType<typeof userEvent.setup>, name = "Notifications 2 new") {
  await user.click(await bell(name));
  return within(await screen.findByRole("dialog", { hidden }));
}

test("how many are new is said in words, and each leads to what it is about", async () => {
  const user = open();
  const list = await popover(user);
  const links = list.getAllByRole("link", { hidden });
  expect(links.map((link) => link.getAttribute("href"))).toEqual([
    "#/payments/77",
    "#/payouts/b2",
    "#/payments/55",
  ]);
  expect(within(links[0]!).getByText("New")).toBeInTheDocument();
  expect(within(links[0]!).getByText("<b>Body</b> 3")).toBeInTheDocument();
  expect(within(links[2]!).queryByText("New")).not.toBeInTheDocument();
  await user.click(links[1]!);
  expect(await bell("Notifications 1 new")).toBeInTheDocument();
  expect(argumentsOf("mark_notifications_read")).toContainEqual({ keys: ["key-2"] });
});

test("all are read at once, up to the newest that was shown", async () => {
  const user = open();
  const list = await popover(user);
  await user.click(list.getByText("Mark all as read"));
  expect(await bell("Notifications")).toBeInTheDocument();
  expect(argumentsOf("mark_all_notifications_read")).toEqual([{ newest: "2026-11-01T10:03:00Z" }]);
  expect(list.queryByText("Mark all as read")).not.toBeInTheDocument();
});

test("closing the list marks what it showed as read", async () => {
  const user = open();
  await popover(user);
  await user.keyboard("{Escape}");
  expect(await bell("Notifications")).toBeInTheDocument();
});

test("what is on the screen is not new", async () => {
  open();
  await bell("Notifications 2 new");
  route.go(["payments", "77"]);
  expect(await bell("Notifications 1 new")).toBeInTheDocument();
  expect(argumentsOf("mark_notifications_read")).toEqual([{ keys: ["key-3"] }]);
});

test("notifications are paused and told again", async () => {
  const user = open();
  const list = await popover(user);
  await user.click(list.getByText("Pause until tomorrow"));
  expect(await list.findByText(/^Paused until/)).toBeInTheDocument();
  await user.click(list.getByText("Tell me again"));
  expect(await list.findByText("Pause for an hour")).toBeInTheDocument();
  expect(argumentsOf("pause_notifications")).toEqual([{ pause: "until_tomorrow" }, { pause: "over" }]);
});

/** Where each kind leads to. */
const places: [Subject, string][] = [
  [{ kind: "payment", id: "77" }, "#/payments/77"],
  [{ kind: "batch", id: "b2" }, "#/payouts/b2"],
  [{ kind: "subscription", id: "501" }, "#/subscriptions/501"],
  [{ kind: "conversion", id: "c9" }, "#/conversions/c9"],
  [{ kind: "transfer", id: "902" }, "#/custody/transfers?open=902"],
  [{ kind: "custody_payment", user: "101", id: "p3" }, "#/custody/user/101?view=payments&open=p3"],
  [{ kind: "custody_user", id: "101" }, "#/custody/user/101"],
  [{ kind: "bank_payout", id: "5009" }, "#/payouts/bank?open=5009"],
  [{ kind: "bank_accounts" }, "#/payouts/bank/accounts"],
];

test("every kind leads to its own place, and what is about several things to none", async () => {
  const user = open([...places.map(([subject], at) => entry(at, subject)), entry(9, null)]);
  const list = await popover(user, "Notifications 10 new");
  const links = list.getAllByRole("link", { hidden });
  expect(links.map((link) => link.getAttribute("href"))).toEqual(places.map(([, address]) => address));
  expect(list.getByText("Title 9")).toBeInTheDocument();
});

test("what was chosen on the desktop is shown, else the payments", async () => {
  open([]);
  await bell("Notifications");
  for (const [subject, address] of places) {
    await announce({ kind: "show", subject });
    await waitFor(() => expect(location.hash).toBe(address));
  }
  await announce({ kind: "show", subject: null });
  await waitFor(() => expect(location.hash).toBe("#/payments"));
});

test("one whose panel is open is not new, and the others of its screen are", async () => {
  open([entry(2, { kind: "transfer", id: "902" }), entry(1, { kind: "transfer", id: "901" })]);
  await bell("Notifications 2 new");
  route.go(["custody", "transfers"], { open: "901" });
  expect(await bell("Notifications 1 new")).toBeInTheDocument();
  expect(argumentsOf("mark_notifications_read")).toEqual([{ keys: ["key-1"] }]);
});

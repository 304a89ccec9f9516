import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { NotificationEntry } from "../bridge";
import { announce, argumentsOf, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";

// What the window loads when it is needed is there before a test waits for it.
import "../settings/SettingsPlace.svelte";

beforeEach(() => route.replace(["settings"]));

function entry(number: number, own: { payment?: string; batch?: string; read?: boolean }): NotificationEntry {
  const { payment = null, batch = null, read = false } = own;
  const notification = {
    key: `key-${number}`,
    title: `Title ${number}`,
    body: `<b>Body</b> ${number}`,
    payment,
    batch,
    subscription: null,
    at: `2026-11-01T10:0${number}:00Z`,
  };
  return { notification, read };
}

const three = () => [
  entry(3, { payment: "77" }),
  entry(2, { batch: "b2" }),
  entry(1, { payment: "55", read: true }),
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

test("what was chosen on the desktop is shown", async () => {
  open([]);
  await bell("Notifications");
  await announce({ kind: "show", payment: null, batch: "b2", subscription: null });
  await waitFor(() => expect(route.path).toEqual(["payouts", "b2"]));
  await announce({ kind: "show", payment: "77", batch: null, subscription: null });
  await waitFor(() => expect(route.path).toEqual(["payments", "77"]));
  await announce({ kind: "show", payment: null, batch: null, subscription: null });
  await waitFor(() => expect(route.path).toEqual(["payments"]));
});

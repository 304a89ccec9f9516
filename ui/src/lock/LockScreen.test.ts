import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { toast } from "svelte-sonner";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { AppState, LockState } from "../bridge";
import {
  announce,
  appState,
  argumentsOf,
  demoShop,
  failure,
  lockState,
  program,
} from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { importing } from "../payouts/importing.svelte";
import { batch, paged, row } from "../payouts/test-batch";
// Loaded by now, and not within the time of the first test.
import "../payouts/PayoutsScreen.svelte";
import "./LockScreen.svelte";

beforeEach(() => {
  importing.forget();
  toast.dismiss();
  route.replace(["payouts", "b1"]);
});

const unlocked = (): AppState =>
  appState({ shops: [demoShop], open: demoShop.id, lock: lockState({ enabled: true }) });
const locked = (own: Partial<LockState> = {}): AppState =>
  appState({ lock: lockState({ enabled: true, locked: true, ...own }) });

/** A window with a lock, which the returned function closes and opens. */
function open(now: AppState, own = {}) {
  const become = async (next: AppState) => {
    now = next;
    await announce({ kind: "lock" });
  };
  program({
    app_state: () => now,
    payout_batch: () => batch("checked"),
    payout_rows: paged(() => [row(1), row(2), row(3)]),
    unlock: ({ pin }: { pin: string }) => {
      if (pin !== "246810") throw failure("wrong_pin", "This PIN is wrong. Nothing was done.", "pin");
      now = unlocked();
      return now.lock;
    },
    lock_now: () => void become(locked()),
    in_use: () => null,
    ...own,
  });
  render(App);
  return { user: userEvent.setup(), become };
}

const pin = () => screen.findByLabelText("PIN");

test("while it is locked nothing of the shop is in the window, and afterwards it is where it was", async () => {
  const { user, become } = open(unlocked());
  await user.click(await screen.findByRole("button", { name: /^Send 3 payouts/ }));
  expect(await screen.findByRole("dialog", { name: "Send 3 payouts?" })).toBeInTheDocument();
  toast.success("payouts.csv is kept");
  expect(await screen.findByText("payouts.csv is kept")).toBeInTheDocument();
  await waitFor(() => expect(document.title).toContain("payouts.csv"));

  await become(locked());
  expect(await screen.findByRole("heading", { name: "Paydesk is locked" })).toBeInTheDocument();
  toast.error("payouts.csv was not kept");
  expect(await pin()).toHaveFocus();
  for (const secret of [/payouts\.csv/, /Demo shop/, row(1).address, /BTC/])
    expect(document.documentElement.outerHTML).not.toMatch(secret);
  expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
  expect(screen.queryByRole("navigation")).not.toBeInTheDocument();
  expect(document.title).toBe("Paydesk");

  await user.type(await pin(), "246810{Enter}");
  expect(await screen.findByRole("button", { name: /^Send 3 payouts/ })).toBeInTheDocument();
  expect(argumentsOf("unlock")).toEqual([{ pin: "246810" }]);
  expect(toast.getActiveToasts()).toEqual([]);
});

test("files that came with the command line wait until it is unlocked", async () => {
  const { user } = open(locked());
  await user.type(await pin(), "246810");
  expect(argumentsOf("ready")).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Unlock" }));
  await waitFor(() => expect(argumentsOf("ready")).toHaveLength(1));
});

test("a wrong PIN is said at its field, which is empty for the next", async () => {
  const { user } = open(locked());
  expect(await screen.findByRole("button", { name: "Unlock" })).toBeDisabled();
  const field = await pin();
  expect(field).toHaveAttribute("type", "password");
  expect(field).toHaveAttribute("autocomplete", "off");
  await user.type(field, "111111{Enter}");
  await waitFor(() => expect(field).toHaveAccessibleDescription("This PIN is wrong. Nothing was done."));
  expect(field).toHaveValue("");
  expect(field).toHaveFocus();
});

test("after too many wrong ones it says how long none is taken", async () => {
  const locked_until = new Date(Date.now() + 30_000).toISOString();
  const { user } = open(locked({ locked_until }));
  const field = await pin();
  expect(field).toHaveAccessibleDescription(
    /Too many wrong PINs\. The next one is taken in (30|29) seconds\./,
  );
  await user.type(field, "246810{Enter}");
  expect(screen.getByRole("button", { name: "Unlock" })).toBeDisabled();
  expect(argumentsOf("unlock")).toEqual([]);
});

test("with a forgotten PIN everything is taken from the computer, once that was understood", async () => {
  importing.text = "typed before it was locked";
  let now = locked();
  const { user } = open(now, {
    app_state: () => now,
    forget_all: () => {
      now = appState();
      void announce({ kind: "everything" });
    },
  });
  await user.click(await screen.findByRole("button", { name: "I have forgotten the PIN…" }));
  const dialog = await screen.findByRole("dialog", { name: "Begin again without the PIN?" });
  expect(dialog).toHaveTextContent("Nothing changes at NOWPayments");
  const go = within(dialog).getByRole("button", { name: "Take everything from this computer" });
  expect(go).toBeDisabled();
  await user.click(within(dialog).getByLabelText("I know that this cannot be undone"));
  await user.click(go);
  expect(await screen.findByRole("button", { name: /^Connect/ })).toBeInTheDocument();
  expect(argumentsOf("forget_all")).toHaveLength(1);
  expect(importing.text).toBe("");
  expect(route.path).toEqual([]);
});

test("Ctrl L and the navigation lock it, where there is a lock", async () => {
  const { user } = open(unlocked());
  await screen.findByRole("button", { name: /^Lock now/ });
  await user.keyboard("{Control>}l{/Control}");
  expect(await screen.findByRole("heading", { name: "Paydesk is locked" })).toBeInTheDocument();
});

test("without a lock there is nothing to lock with", async () => {
  const { user } = open(appState({ shops: [demoShop], open: demoShop.id }));
  await screen.findByRole("button", { name: /^Send 3 payouts/ });
  expect(screen.queryByRole("button", { name: /^Lock now/ })).not.toBeInTheDocument();
  await user.keyboard("{Control>}l{/Control}");
  expect(argumentsOf("lock_now")).toEqual([]);
});

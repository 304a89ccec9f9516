import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { LockState } from "../bridge";
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
// Loaded by now, and not within the time of the first test.
import "../settings/SettingsScreen.svelte";

beforeEach(() => route.replace(["settings"]));

async function open(lock: Partial<LockState> = {}, own = {}) {
  let now = lockState(lock);
  const become = (next: Partial<LockState>) => {
    now = lockState(next);
    void announce({ kind: "lock" });
    return now;
  };
  program({
    app_state: () => appState({ shops: [demoShop], open: demoShop.id, lock: now }),
    set_lock: ({ afterMinutes }: { afterMinutes: number }) =>
      become({ enabled: true, after_minutes: afterMinutes }),
    set_lock_minutes: ({ afterMinutes }: { afterMinutes: number }) =>
      become({ enabled: true, after_minutes: afterMinutes }),
    remove_lock: () => become({}),
    in_use: () => null,
    second_factor: () => null,
    ...own,
  });
  render(App);
  const section = within(await screen.findByRole("region", { name: "Lock" }));
  return { user: userEvent.setup(), section };
}

test("a PIN is set once it was typed twice", async () => {
  const { user, section } = await open();
  expect(section.getByText(/whoever can read the files of your user account/)).toBeInTheDocument();
  await user.click(section.getByRole("button", { name: "Set a PIN…" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Lock Paydesk with a PIN" }));
  const [pin, again] = [dialog.getByLabelText("New PIN"), dialog.getByLabelText("PIN again")];
  for (const field of [pin, again]) {
    expect(field).toHaveAttribute("type", "password");
    expect(field).toHaveAttribute("autocomplete", "off");
  }
  await user.type(pin, "246810");
  await user.type(again, "246811");
  await user.click(dialog.getByRole("button", { name: "Lock with this PIN" }));
  expect(again).toHaveAccessibleDescription("The two PINs are not the same.");
  expect(argumentsOf("set_lock")).toEqual([]);
  await user.clear(again);
  await user.type(again, "246810");
  await user.click(dialog.getByRole("button", { name: "Lock with this PIN" }));
  expect(await section.findByText("Locks by itself")).toBeInTheDocument();
  expect(argumentsOf("set_lock")).toEqual([{ pin: "246810", current: null, afterMinutes: 10 }]);
});

test("a typed PIN does not outlive the dialog", async () => {
  const { user, section } = await open();
  const set = section.getByRole("button", { name: "Set a PIN…" });
  await user.click(set);
  await user.type(await screen.findByLabelText("New PIN"), "246810");
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  await user.click(set);
  expect(await screen.findByLabelText("New PIN")).toHaveValue("");
});

test("the PIN is changed with the one so far, and a wrong one is said at its field", async () => {
  const { user, section } = await open(
    { enabled: true, after_minutes: 5 },
    {
      set_lock: ({ current }: { current: string }) => {
        if (current !== "246810") throw failure("wrong_pin", "This PIN is wrong.", "current");
        return lockState({ enabled: true });
      },
    },
  );
  await user.click(section.getByRole("button", { name: "Change the PIN…" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Another PIN for the lock" }));
  const current = dialog.getByLabelText("PIN so far");
  await user.type(current, "111111");
  await user.type(dialog.getByLabelText("New PIN"), "135790");
  await user.type(dialog.getByLabelText("PIN again"), "135790");
  await user.click(dialog.getByRole("button", { name: "Use the new PIN" }));
  await waitFor(() => expect(current).toHaveAccessibleDescription("This PIN is wrong."));
  await user.type(current, "246810");
  await user.click(dialog.getByRole("button", { name: "Use the new PIN" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  expect(argumentsOf("set_lock")).toMatchObject([
    { current: "111111" },
    { pin: "135790", current: "246810", afterMinutes: 5 },
  ]);
});

test("it is had to lock sooner at once", async () => {
  const { user, section } = await open({ enabled: true, after_minutes: 7 });
  section.getByRole("combobox", { name: /Locks by itself after/ }).focus();
  await user.keyboard("5");
  await waitFor(() => expect(argumentsOf("set_lock_minutes")).toEqual([{ afterMinutes: 5, pin: null }]));
});

test("it is had to lock later with the PIN", async () => {
  const { user, section } = await open({ enabled: true, after_minutes: 7 });
  section.getByRole("combobox", { name: /Locks by itself after/ }).focus();
  await user.keyboard("30");
  const dialog = within(await screen.findByRole("dialog", { name: "Lock later than so far?" }));
  expect(argumentsOf("set_lock_minutes")).toEqual([]);
  // What was typed on to choose may have come here.
  await user.clear(dialog.getByLabelText("PIN"));
  await user.paste("246810");
  await user.click(dialog.getByRole("button", { name: "Lock later" }));
  await waitFor(() => expect(argumentsOf("set_lock_minutes")).toEqual([{ afterMinutes: 30, pin: "246810" }]));
});

test("the lock is removed with its PIN", async () => {
  const { user, section } = await open({ enabled: true });
  await user.click(section.getByRole("button", { name: "Remove the lock…" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Remove the lock?" }));
  await user.type(dialog.getByLabelText("PIN"), "246810{Enter}");
  expect(await section.findByText("Not locked")).toBeInTheDocument();
  expect(argumentsOf("remove_lock")).toEqual([{ pin: "246810" }]);
});

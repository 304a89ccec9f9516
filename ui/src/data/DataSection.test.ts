import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { BackupReport, DataJob, Shop } from "../bridge";
import { announce, appState, argumentsOf, demoShop, failure, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
// Loaded by now, and not within the time of the first test.
import "../settings/SettingsScreen.svelte";
import "../shops/Welcome.svelte";

const shop: Shop = { ...demoShop, id: "s1", name: "Nordlicht", environment: "live" };
const report: BackupReport = { shop, made_at: "2026-11-20T10:00:00Z", payments: 1234, batches: 2 };
const PASSPHRASE = "green coffee in the morning";

beforeEach(() => route.replace(["settings"]));

function jobOf(own: Partial<DataJob>): DataJob {
  return {
    kind: "backup",
    state: "running",
    done: 0,
    total: 0,
    path: "/shop/nordlicht.paydesk",
    report: null,
    failure: null,
    ...own,
  };
}

/** A window on the settings of a shop. The returned function tells how the job stands. */
async function open(own = {}, open: Shop = shop) {
  let job: DataJob | null = null;
  const become = async (next: Partial<DataJob>) => {
    job = jobOf(next);
    await announce({ kind: "data" });
  };
  program({
    app_state: () => appState({ shops: [open], open: open.id }),
    data_job: () => job,
    data_size: () => ({ database: 1_234_567, database_log: 0, logs: 2000, folder: 45_600_000 }),
    cancel_data_job: () => null,
    second_factor: () => null,
    ...own,
  });
  render(App);
  const section = within(await screen.findByRole("region", { name: "Data" }));
  return { user: userEvent.setup(), section, become };
}

test("what it takes on the disk is said in bytes that one can read", async () => {
  const { section } = await open();
  expect(await section.findByText("1.2 MB")).toBeInTheDocument();
  expect(section.getByText("45.6 MB")).toBeInTheDocument();
  expect(section.getByText("2 kB")).toBeInTheDocument();
});

test("a backup takes a passphrase that was typed twice, shows how far it is and can be stopped", async () => {
  const { user, section, become } = await open({ back_up_shop: () => true });
  await user.click(section.getByRole("button", { name: "Back up this shop…" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Back up this shop" }));
  expect(dialog.getByText("Nobody can open the file without this passphrase")).toBeInTheDocument();
  const [passphrase, again] = [
    dialog.getByLabelText("Passphrase"),
    dialog.getByLabelText("Passphrase again"),
  ];
  const go = dialog.getByRole("button", { name: "Choose a place…" });
  await user.type(passphrase, "short");
  await user.click(go);
  expect(passphrase).toHaveAccessibleDescription(expect.stringContaining("at least 12 characters"));
  await user.clear(passphrase);
  await user.type(passphrase, PASSPHRASE);
  await user.type(again, "green tea in the morning");
  await user.click(go);
  expect(again).toHaveAccessibleDescription("The two passphrases are not the same.");
  expect(argumentsOf("back_up_shop")).toEqual([]);
  await user.clear(again);
  await user.type(again, PASSPHRASE);
  await become({ done: 25, total: 100 });
  await user.click(go);
  const bar = await dialog.findByRole("progressbar", { name: "Backing up" });
  expect(bar).toHaveAttribute("aria-valuetext", "25%");
  expect(argumentsOf("back_up_shop")).toEqual([{ passphrase: PASSPHRASE, pin: null }]);
  await user.click(dialog.getByRole("button", { name: "Cancel" }));
  expect(argumentsOf("cancel_data_job")).toHaveLength(1);
  await become({ state: "done", report });
  expect(await dialog.findByText("The backup is saved")).toBeInTheDocument();
  expect(dialog.getByText("Nordlicht. Payments: 1,234, batches of payouts: 2.")).toBeInTheDocument();
});

test("a backup takes the PIN of the lock where there is one, and a wrong one is said at its field", async () => {
  const { user, section } = await open({
    backup_pin: () => "lock",
    back_up_shop: ({ pin }: { pin: string }) => {
      if (pin !== "246810") throw failure("wrong_pin", "This PIN is wrong.", "pin");
      return true;
    },
  });
  await user.click(section.getByRole("button", { name: "Back up this shop…" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Back up this shop" }));
  const pin = await dialog.findByLabelText("PIN of the lock");
  await user.type(dialog.getByLabelText("Passphrase"), PASSPHRASE);
  await user.type(dialog.getByLabelText("Passphrase again"), PASSPHRASE);
  const go = dialog.getByRole("button", { name: "Choose a place…" });
  await user.click(go);
  expect(pin).toBeInvalid();
  expect(argumentsOf("back_up_shop")).toEqual([]);
  await user.type(pin, "111111");
  await user.click(go);
  await waitFor(() => expect(pin).toHaveAccessibleDescription(expect.stringContaining("This PIN is wrong.")));
  expect(pin).toHaveValue("");
  await user.type(pin, "246810");
  await user.click(go);
  await waitFor(() => expect(argumentsOf("back_up_shop")).toHaveLength(2));
  expect(argumentsOf("back_up_shop")[1]).toEqual({ passphrase: PASSPHRASE, pin: "246810" });
});

test("a backup for which no place was chosen asks on, and a passphrase does not outlive the dialog", async () => {
  const { user, section } = await open({ back_up_shop: () => false });
  const begin = section.getByRole("button", { name: "Back up this shop…" });
  await user.click(begin);
  await user.type(await screen.findByLabelText("Passphrase"), PASSPHRASE);
  await user.type(screen.getByLabelText("Passphrase again"), PASSPHRASE);
  await user.click(screen.getByRole("button", { name: "Choose a place…" }));
  expect(screen.getByLabelText("Passphrase")).toHaveValue(PASSPHRASE);
  const dialog = within(screen.getByRole("dialog", { name: "Back up this shop" }));
  await user.click(dialog.getByRole("button", { name: "Cancel" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  await user.click(begin);
  expect(await screen.findByLabelText("Passphrase")).toHaveValue("");
});

test("a wrong passphrase is said at its field, and the same file is tried with another", async () => {
  const wrong = failure("invalid", "This is not the passphrase of this backup.", "passphrase");
  const { user, section, become } = await open({
    restore_backup: async () => (await become({ kind: "restore", state: "failed", failure: wrong }), true),
    restore_backup_again: async () => (await become({ kind: "restore", state: "done", report }), null),
  });
  await user.click(section.getByRole("button", { name: "Restore a backup…" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Restore a backup" }));
  expect(dialog.getByText(/is never replaced/)).toBeInTheDocument();
  await user.type(dialog.getByLabelText("Passphrase of the backup"), "green tea");
  await user.click(dialog.getByRole("button", { name: "Choose the file…" }));
  const field = await dialog.findByLabelText("Passphrase of the backup");
  await waitFor(() => expect(field).toHaveAccessibleDescription(wrong.message));
  expect(dialog.getByText("/shop/nordlicht.paydesk")).toBeInTheDocument();
  await user.type(dialog.getByLabelText("Passphrase of the backup"), PASSPHRASE);
  await user.click(dialog.getByRole("button", { name: "Try this passphrase" }));
  expect(await dialog.findByText("The shop is restored")).toBeInTheDocument();
  expect(argumentsOf("restore_backup_again")).toEqual([{ passphrase: PASSPHRASE }]);
});

test("what cannot be restored says why", async () => {
  const here = failure("other", "The shop of this backup is on this computer already.");
  const { user, section, become } = await open({
    restore_backup: async () => (await become({ kind: "restore", state: "failed", failure: here }), true),
  });
  await user.click(section.getByRole("button", { name: "Restore a backup…" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Restore a backup" }));
  await user.type(dialog.getByLabelText("Passphrase of the backup"), PASSPHRASE);
  await user.click(dialog.getByRole("button", { name: "Choose the file…" }));
  expect(await dialog.findByRole("alert")).toHaveTextContent(here.message);
});

test("everything is exported and its rows are counted, and the file is shown", async () => {
  const { user, section, become } = await open({ export_everything: () => true, show_data_file: () => null });
  await user.click(section.getByRole("button", { name: "Export everything…" }));
  await become({ kind: "everything", done: 1500, total: 3000 });
  expect(await section.findByText("1,500 of 3,000")).toBeInTheDocument();
  expect(section.getByRole("button", { name: "Export everything…" })).toBeDisabled();
  await become({ kind: "everything", state: "done" });
  await user.click(await section.findByRole("button", { name: "Show the file" }));
  expect(argumentsOf("show_data_file")).toHaveLength(1);
});

test("diagnostics are saved, and a failure is said", async () => {
  let fails = false;
  const { user, section } = await open({
    save_diagnostics: () => {
      if (fails) throw failure("other", "The disk is full.");
      return "/shop/paydesk-diagnostics.zip";
    },
  });
  await user.click(section.getByRole("button", { name: "Save diagnostics…" }));
  expect(await screen.findByText("The diagnostics are saved")).toBeInTheDocument();
  fails = true;
  await user.click(section.getByRole("button", { name: "Save diagnostics…" }));
  expect(await section.findByRole("alert")).toHaveTextContent("The disk is full.");
});

test("everything is deleted only after it was asked twice, and with what is under way in sight", async () => {
  let shops = [shop];
  const { user, section } = await open({
    app_state: () => appState({ shops, open: shops[0]?.id ?? null }),
    erasure: () => ({ shops: 1, under_way: ["Nordlicht: a batch of payouts is not settled."] }),
    erase_everything: ({ word }: { word: string }) => {
      if (word !== "delete") throw failure("invalid", "Type the word “delete” to go on.", "word");
      shops = [];
      return null;
    },
  });
  await user.click(section.getByRole("button", { name: "Delete everything…" }));
  const first = within(
    await screen.findByRole("dialog", { name: "Delete everything of Paydesk from this computer?" }),
  );
  expect(await first.findByText("Nordlicht: a batch of payouts is not settled.")).toBeInTheDocument();
  expect(first.getByText(/Nothing changes at NOWPayments/)).toBeInTheDocument();
  expect(first.getByRole("button", { name: "Go on…" })).toBeDisabled();
  await user.click(first.getByRole("checkbox", { name: "I know that this cannot be undone" }));
  await user.click(first.getByRole("button", { name: "Go on…" }));
  const second = within(await screen.findByRole("dialog", { name: "Really delete everything?" }));
  const go = second.getByRole("button", { name: "Delete everything" });
  expect(go).toBeDisabled();
  const word = second.getByLabelText("Type “delete” to say so");
  await user.type(word, "remove");
  await user.click(go);
  expect(await second.findByRole("alert")).toHaveTextContent("Type the word");
  await user.clear(word);
  await user.type(word, "delete");
  await user.click(go);
  expect(await screen.findByRole("heading", { name: "Your crypto till, in one calm place." })).toBeVisible();
  expect(argumentsOf("erase_everything")).toEqual([
    { word: "remove", seen: 1 },
    { word: "delete", seen: 1 },
  ]);
});

test("the demo shop is not backed up, and says so", async () => {
  const { section } = await open({}, demoShop);
  expect(section.queryByRole("button", { name: "Back up this shop…" })).toBeNull();
  expect(section.getByText(/practice money only/)).toBeInTheDocument();
});

test("the palette has it from everywhere", async () => {
  const { user } = await open({ export_everything: () => false });
  route.replace([]);
  await user.keyboard("{Control>}k{/Control}");
  const found = within(await screen.findByRole("dialog"));
  await user.type(await found.findByRole("combobox"), "Restore a backup");
  await user.keyboard("{Enter}");
  expect(await screen.findByRole("dialog", { name: "Restore a backup" })).toBeInTheDocument();
  expect(route.path).toEqual(["settings"]);
});

test("on a new computer a backup is restored before anything else is there", async () => {
  let shops: Shop[] = [];
  let job: DataJob | null = null;
  route.replace([]);
  program({
    app_state: () => appState({ shops }),
    data_job: () => job,
    restore_backup: () => {
      [shops, job] = [[shop], jobOf({ kind: "restore", state: "done", report })];
      void announce({ kind: "shops" });
      return true;
    },
  });
  const user = userEvent.setup();
  render(App);
  await user.click(await screen.findByRole("button", { name: /Restore a backup/ }));
  const dialog = within(await screen.findByRole("dialog", { name: "Restore a backup" }));
  await user.type(dialog.getByLabelText("Passphrase of the backup"), PASSPHRASE);
  await user.click(dialog.getByRole("button", { name: "Choose the file…" }));
  expect(await dialog.findByText("The shop is restored")).toBeInTheDocument();
  const buttons = dialog.getAllByRole("button", { name: "Close" });
  await user.click(buttons[buttons.length - 1]!);
  expect(await screen.findByRole("button", { name: /^Nordlicht/ })).toBeVisible();
});

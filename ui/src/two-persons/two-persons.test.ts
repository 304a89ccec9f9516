import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import App from "../App.svelte";
import type { SecondFactor } from "../bridge";
import { announce, argumentsOf, failure, payoutRules, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { batch, paged, row } from "../payouts/test-batch";
// Loaded by now, and not within the time of the first test.
import "../payouts/PayoutsScreen.svelte";
import "../settings/SettingsScreen.svelte";

const factor: SecondFactor = {
  enrolled: false,
  enrolled_at: null,
  short_secret: false,
  locked_until: null,
  pins_left: 10,
  clock_skew: null,
};
const [PREPARER, APPROVER] = ["prepare 1", "approve 2"];

function open(path: string[], two: boolean, own = {}) {
  route.replace(path);
  const become = (next: boolean) => {
    two = next;
    void announce({ kind: "everything" });
    return payoutRules({ two_persons: two });
  };
  program({
    second_factor: () => factor,
    payout_rules: () => payoutRules({ two_persons: two, needs_pin: two }),
    require_two_persons: () => become(true),
    require_one_person: ({ preparer, approver }: { preparer: string; approver: string }) => {
      if (preparer !== PREPARER) throw failure("wrong_pin", "This PIN is wrong.", "preparer");
      if (approver !== APPROVER) throw failure("wrong_pin", "This PIN is wrong.", "approver");
      return become(false);
    },
    payout_rows: paged(() => [row(1), row(2), row(3)]),
    ...own,
  });
  render(App);
  return userEvent.setup();
}

const section = async () => within(await screen.findByRole("region", { name: "Two persons" }));

test("two persons are required once each has typed a PIN twice", async () => {
  const user = open(["settings"], false);
  await user.click(await (await section()).findByRole("button", { name: "Require two persons…" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Require two persons for payouts" }));
  const go = dialog.getByRole("button", { name: "Require two persons" });
  await user.type(dialog.getByLabelText("PIN of whoever prepares"), PREPARER);
  await user.type(dialog.getByLabelText("PIN of whoever prepares, again"), PREPARER);
  await user.type(dialog.getByLabelText("PIN of whoever approves"), APPROVER);
  const again = dialog.getByLabelText("PIN of whoever approves, again");
  await user.type(again, "approve 3");
  await user.click(go);
  expect(again).toHaveAccessibleDescription("The two PINs are not the same.");
  expect(argumentsOf("require_two_persons")).toEqual([]);
  await user.clear(again);
  await user.type(again, APPROVER);
  await user.click(go);
  expect(await (await section()).findByText("Two are needed")).toBeInTheDocument();
  expect(argumentsOf("require_two_persons")).toEqual([
    { preparer: PREPARER, approver: APPROVER, lock: null },
  ]);
});

test("where codes are made on this computer it says which PIN must approve, and a refusal stands there", async () => {
  const user = open(["settings"], false, {
    second_factor: () => ({ ...factor, enrolled: true }),
    require_two_persons: () => {
      throw failure("wrong_pin", "Whoever approves has the PIN of the codes.", "approver");
    },
  });
  await user.click(await (await section()).findByRole("button", { name: "Require two persons…" }));
  const dialog = within(await screen.findByRole("dialog"));
  const approver = dialog.getByLabelText("PIN of whoever approves");
  await waitFor(() =>
    expect(approver).toHaveAccessibleDescription(/must be the PIN that you chose for them/),
  );
  for (const label of ["PIN of whoever prepares", "PIN of whoever prepares, again"])
    await user.type(dialog.getByLabelText(label), PREPARER);
  for (const label of ["PIN of whoever approves", "PIN of whoever approves, again"])
    await user.type(dialog.getByLabelText(label), APPROVER);
  await user.click(dialog.getByRole("button", { name: "Require two persons" }));
  await waitFor(() =>
    expect(approver).toHaveAccessibleDescription(/Whoever approves has the PIN of the codes\./),
  );
});

test("one person is enough again with both PINs, of which only the wrong one is typed again", async () => {
  const user = open(["settings"], true);
  await user.click(await (await section()).findByRole("button", { name: "One person is enough…" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Is one person enough again?" }));
  const [preparer, approver] = [
    dialog.getByLabelText("PIN of whoever prepares"),
    dialog.getByLabelText("PIN of whoever approves"),
  ];
  const go = dialog.getByRole("button", { name: "One is enough" });
  await user.type(preparer, PREPARER);
  expect(go).toBeDisabled();
  await user.type(approver, "approve 3");
  await user.click(go);
  await waitFor(() => expect(approver).toHaveAccessibleDescription("This PIN is wrong."));
  expect(preparer).toHaveValue(PREPARER);
  expect(approver).toHaveValue("");
  await user.type(approver, APPROVER);
  await user.click(go);
  expect(await (await section()).findByText("One is enough")).toBeInTheDocument();
});

test("a batch is handed over with the PIN of whoever prepares, and a wrong one is said at its field", async () => {
  const user = open(["payouts", "b1"], true, {
    payout_batch: () => batch("checked"),
    send_payout_batch: ({ pin }: { pin: string }) => {
      if (pin !== PREPARER) throw failure("wrong_pin", "This PIN is wrong.", "pin");
      return batch("created");
    },
  });
  await user.click(await screen.findByRole("button", { name: /^Send 3 payouts/ }));
  const dialog = within(await screen.findByRole("dialog", { name: "Send 3 payouts?" }));
  const pin = await dialog.findByLabelText("PIN of whoever prepares");
  const go = dialog.getByRole("button", { name: "Hand over to NOWPayments" });
  expect(go).toBeDisabled();
  expect(dialog.getByText("The PIN of whoever prepares is missing.")).toBeInTheDocument();
  await user.type(pin, APPROVER);
  await user.click(go);
  await waitFor(() => expect(pin).toHaveAccessibleDescription(/This PIN is wrong\./));
  expect(pin).toHaveValue("");
  await user.type(pin, PREPARER);
  await user.click(go);
  await waitFor(() => expect(route.path).toEqual(["payouts", "b1", "approve"]));
  expect(argumentsOf("send_payout_batch")).toEqual([
    { id: "b1", rowsHash: "h1", pin: APPROVER },
    { id: "b1", rowsHash: "h1", pin: PREPARER },
  ]);
});

test("a typed code is given together with the PIN of whoever approves; a wrong PIN uses up no code", async () => {
  const user = open(["payouts", "b1", "approve"], true, {
    payout_batch: () => batch("created"),
    approve_with_code: ({ pin }: { pin: string }) => {
      if (pin !== APPROVER) throw failure("wrong_pin", "This PIN is wrong.", "pin");
      return batch("verified");
    },
  });
  const code = await screen.findByLabelText("Six digits from your phone");
  const pin = await screen.findByLabelText("PIN of whoever approves");
  const approve = screen.getByRole("button", { name: "Approve 3 payouts" });
  await user.type(code, "123456");
  expect(approve).toBeDisabled();
  expect(screen.getByText(/The PIN of whoever approves is missing/)).toBeInTheDocument();
  await user.type(pin, PREPARER);
  await user.click(approve);
  await waitFor(() => expect(pin).toHaveAccessibleDescription(/This PIN is wrong\./));
  expect(code).toHaveValue("123456");
  expect(pin).toHaveValue("");
  await user.type(pin, APPROVER);
  await user.click(approve);
  await waitFor(() => expect(route.path).toEqual(["payouts", "b1"]));
  expect(argumentsOf("approve_with_code")).toMatchObject([
    { pin: PREPARER },
    { pin: APPROVER, code: "123456" },
  ]);
});

test("with codes made on this computer one PIN is enough to approve, and it says whose", async () => {
  const user = open(["payouts", "b1", "approve"], true, {
    second_factor: () => ({ ...factor, enrolled: true }),
    payout_batch: () => batch("created"),
    approve_with_pin: () => batch("verified"),
  });
  await user.type(await screen.findByLabelText("PIN of whoever approves"), APPROVER);
  await user.click(screen.getByRole("button", { name: "Approve 3 payouts" }));
  await waitFor(() =>
    expect(argumentsOf("approve_with_pin")).toEqual([{ approval: "a1", rowsHash: "h1", pin: APPROVER }]),
  );
});

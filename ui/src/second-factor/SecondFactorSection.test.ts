import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { SecondFactor } from "../bridge";
import { appState, argumentsOf, demoShop, failure, lockState, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
// Loaded by now, and not within the time of the first test.
import "../settings/SettingsScreen.svelte";

beforeEach(() => route.replace(["settings"]));

const none: SecondFactor = {
  enrolled: false,
  enrolled_at: null,
  short_secret: false,
  locked_until: null,
  pins_left: 10,
  clock_skew: null,
};
const phone = { secret: "JBSWY3DPEHPK3PXP", code: "482913", seconds_left: 19 };

function open(own = {}, factor: () => SecondFactor = () => none) {
  program({ second_factor: factor, demo_phone: () => phone, ...own });
  render(App);
  return userEvent.setup();
}

async function fill(user: ReturnType<typeof userEvent.setup>, again = "246810") {
  await user.click(await screen.findByRole("button", { name: "Set up codes on this computer" }));
  const dialog = await screen.findByRole("dialog", { name: "Set up codes on this computer" });
  await user.click(within(dialog).getByRole("button", { name: "Use the practice phone's secret" }));
  await user.type(within(dialog).getByLabelText("New PIN"), "246810");
  await user.type(within(dialog).getByLabelText("PIN again"), again);
  await user.type(within(dialog).getByLabelText("Code from your phone now"), "482913");
  await user.click(within(dialog).getByRole("button", { name: "Seal and keep it" }));
  return dialog;
}

test("a secret is sealed with a PIN and proved by a code", async () => {
  let factor = none;
  const user = open(
    {
      enrol_second_factor: () => (factor = { ...none, enrolled: true, short_secret: true }),
    },
    () => factor,
  );
  const dialog = await fill(user);
  await waitFor(() => expect(dialog).not.toBeInTheDocument());
  expect(argumentsOf("enrol_second_factor")).toEqual([
    { enrolment: { secret: phone.secret, pin: "246810", code: "482913", current: null } },
  ]);
  expect(await screen.findByText("The secret is short")).toBeInTheDocument();
});

test("two PINs that differ are not sealed", async () => {
  const dialog = await fill(open(), "246811");
  expect(within(dialog).getByText("The two PINs are not the same.")).toBeInTheDocument();
  expect(argumentsOf("enrol_second_factor")).toEqual([]);
});

test("a wrong code is said at its field, and what was typed stays", async () => {
  const user = open({
    enrol_second_factor: () => {
      throw failure("invalid", "This code does not belong to the secret.", "code");
    },
  });
  const dialog = await fill(user);
  expect(await within(dialog).findByText("This code does not belong to the secret.")).toBeInTheDocument();
  expect(within(dialog).getByLabelText("New PIN")).toHaveValue("246810");
});

test("where the app has a lock, its PIN is asked for before another one guards the rules", async () => {
  const lock = lockState({ enabled: true });
  const user = open({
    app_state: () => appState({ shops: [demoShop], open: demoShop.id, lock }),
    in_use: () => null,
    enrol_second_factor: ({ enrolment }: { enrolment: { current: string } }) => {
      if (enrolment.current !== "7351 door") throw failure("wrong_pin", "This PIN is wrong.", "current");
      return { ...none, enrolled: true };
    },
  });
  const dialog = within(await fill(user));
  const current = dialog.getByLabelText("PIN of the lock");
  expect(current).toBeInvalid();
  expect(argumentsOf("enrol_second_factor")).toEqual([]);
  await user.type(current, "1537 door");
  await user.click(dialog.getByRole("button", { name: "Seal and keep it" }));
  await waitFor(() => expect(current).toHaveAccessibleDescription("This PIN is wrong."));
  await user.type(current, "7351 door");
  await user.type(dialog.getByLabelText("Code from your phone now"), "482913");
  await user.click(dialog.getByRole("button", { name: "Seal and keep it" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
});

test("the secret is forgotten only with its PIN", async () => {
  let factor: SecondFactor = { ...none, enrolled: true };
  const user = open({ forget_second_factor: () => (factor = none) }, () => factor);
  await user.click(await screen.findByRole("button", { name: /Forget the secret/ }));
  expect(argumentsOf("forget_second_factor")).toEqual([]);
  const dialog = await screen.findByRole("dialog", { name: "Forget the secret on this computer?" });
  expect(within(dialog).getByRole("button", { name: "Forget it" })).toBeDisabled();
  await user.type(within(dialog).getByLabelText("PIN"), "246810");
  await user.click(within(dialog).getByRole("button", { name: "Forget it" }));
  expect(argumentsOf("forget_second_factor")).toEqual([{ pin: "246810" }]);
  expect(await screen.findByRole("button", { name: "Set up codes on this computer" })).toBeInTheDocument();
});

test("while PINs are locked out it says until when, and that the phone still works", async () => {
  const locked_until = new Date(Date.now() + 240_000).toISOString();
  open({}, () => ({ ...none, enrolled: true, locked_until }));
  expect(await screen.findByText("No PIN is taken for a while")).toBeInTheDocument();
  expect(screen.getByText(/code from your phone still works/)).toBeInTheDocument();
});

async function choosePicture(own: Record<string, () => unknown>) {
  const user = open({ choose_second_factor_picture: () => true, ...own });
  await user.click(await screen.findByRole("button", { name: "Set up codes on this computer" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Set up codes on this computer" }));
  await user.click(dialog.getByRole("button", { name: "Choose a picture of the QR code…" }));
  return { user, dialog };
}

test("a secret that was read from a picture is not typed and not shown", async () => {
  const { user, dialog } = await choosePicture({
    enrol_second_factor: () => ({ ...none, enrolled: true }),
  });
  expect(await dialog.findByText("The secret was read from the picture")).toBeInTheDocument();
  expect(dialog.queryByLabelText("Secret or otpauth link")).not.toBeInTheDocument();
  await user.type(dialog.getByLabelText("New PIN"), "246810");
  await user.type(dialog.getByLabelText("PIN again"), "246810");
  await user.type(dialog.getByLabelText("Code from your phone now"), "482913");
  await user.click(dialog.getByRole("button", { name: "Seal and keep it" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  expect(argumentsOf("enrol_second_factor")).toEqual([
    { enrolment: { secret: "", pin: "246810", code: "482913", current: null } },
  ]);
});

test("instead of a picture the secret can be typed after all", async () => {
  const { user, dialog } = await choosePicture({});
  await user.click(await dialog.findByRole("button", { name: "Type the secret instead" }));
  expect(dialog.getByLabelText("Secret or otpauth link")).toHaveFocus();
});

test("a picture without a code is refused where it was chosen", async () => {
  const { dialog } = await choosePicture({
    choose_second_factor_picture: () => {
      throw failure("invalid", "There is no QR code in this picture.", "picture");
    },
  });
  expect(await dialog.findByText("There is no QR code in this picture.")).toBeInTheDocument();
  expect(dialog.getByRole("button", { name: /Choose a picture/ })).toHaveAccessibleDescription(
    "There is no QR code in this picture.",
  );
  expect(dialog.getByLabelText("Secret or otpauth link")).toBeInTheDocument();
});

test("when no picture was chosen everything is as before", async () => {
  const { dialog } = await choosePicture({ choose_second_factor_picture: () => false });
  await waitFor(() =>
    expect(dialog.getByRole("button", { name: /Choose a picture/ })).not.toHaveAttribute("aria-busy"),
  );
  expect(dialog.getByLabelText("Secret or otpauth link")).toBeInTheDocument();
});

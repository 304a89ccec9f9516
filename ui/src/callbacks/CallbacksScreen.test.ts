import { render, screen, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { CallbackListener, CallbackRow, Verdict } from "../bridge";
import { announce, appState, argumentsOf, failure, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";

// What the window loads when it is needed is there before a test waits for it.
import "../settings/SettingsPlace.svelte";
import "./CallbacksScreen.svelte";

beforeEach(() => route.replace(["settings", "callbacks"]));

const shop = {
  id: "a",
  name: "Kestrel",
  environment: "live",
  email: "owner@example.com",
  added_at: "2026-11-01T10:00:00Z",
};
const off: CallbackListener = { state: { kind: "off" }, port: 4380, secret_set_at: null, last_at: null };
const ready: CallbackListener = { ...off, secret_set_at: "2026-11-02T10:00:00Z" };
const listening: CallbackListener = {
  ...ready,
  state: {
    kind: "listening",
    address: "http://127.0.0.1:4380/ipn",
    since: "2026-11-02T10:00:00Z",
    verified: 12,
    refused: 3,
  },
  last_at: "2026-11-02T11:00:00Z",
};
const right: CallbackRow = {
  number: 2,
  at: "2026-11-02T11:00:00Z",
  effect: "changed",
  reason: null,
  form: "raw",
  kind: "payment",
  subject: "6601309579",
  status: "finished",
  bytes: 712,
};
const refused: CallbackRow = {
  ...right,
  number: 1,
  effect: "refused",
  reason: "The signature is not that of this body.",
  form: null,
  kind: null,
  subject: null,
  status: null,
};

function open(own: Parameters<typeof program>[0] = {}, listener: () => CallbackListener = () => off) {
  program({
    app_state: () => appState({ shops: [shop as never], open: "a" }),
    callback_listener: listener,
    list_callbacks: () => ({ rows: [], next: null, total: 0 }),
    ...own,
  });
  render(App);
  return userEvent.setup();
}

test("it is found from the palette and from the settings", async () => {
  route.replace(["settings"]);
  const user = open();
  const link = await screen.findByRole("link", { name: /Callbacks that came in/ });
  expect(link).toHaveAttribute("href", "#/settings/callbacks");
  await user.keyboard("{Control>}k{/Control}");
  const palette = within(await screen.findByRole("dialog"));
  await user.type(palette.getByRole("combobox"), "go to callbacks");
  await user.click(await screen.findByRole("option", { name: "Go to Callbacks" }));
  expect(await screen.findByRole("heading", { name: "Callbacks will be listed here" })).toBeInTheDocument();
});

test("the last callbacks say what they were about and what came of them", async () => {
  const payment = { number: 2 };
  const user = open(
    {
      list_callbacks: () => ({ rows: [right, refused], next: null, total: 2 }),
      callback: ({ number }: { number: number }) => ({
        row: number === payment.number ? right : refused,
        payment: number === payment.number ? right.subject : null,
        batch: null,
        signature_end: "0a1b2c3d",
        body: number === payment.number ? '{\n  "payment_id": 6601309579,\n  "price_amount": 12.50\n}' : null,
      }),
    },
    () => listening,
  );
  const grid = await screen.findByRole("grid", { name: "Received" });
  expect(await within(grid).findByText("Payment updated")).toBeInTheDocument();
  expect(within(grid).getByText(refused.reason!)).toBeInTheDocument();
  await user.click(within(grid).getByText("Payment updated"));
  const panel = await screen.findByRole("complementary", { name: "Callback" });
  expect(await within(panel).findByRole("link", { name: "6601309579" })).toHaveAttribute(
    "href",
    "#/payments/6601309579",
  );
  expect(within(panel).getByLabelText("Body")).toHaveTextContent('"price_amount": 12.50');
  expect(within(panel).getByText("…0a1b2c3d")).toBeInTheDocument();
  await user.keyboard("{Escape}");
  expect(screen.queryByRole("complementary", { name: "Callback" })).not.toBeInTheDocument();
  await user.click(within(grid).getByText(refused.reason!));
  expect(await screen.findByText("What is refused is not kept.")).toBeInTheDocument();
});

test("a callback that comes appears by itself", async () => {
  let rows: CallbackRow[] = [];
  open({ list_callbacks: () => ({ rows, next: null, total: rows.length }) }, () => listening);
  expect(await screen.findByText("Nothing has come yet")).toBeInTheDocument();
  rows = [right];
  await announce({ kind: "callbacks" });
  expect(await screen.findByText("Payment updated")).toBeInTheDocument();
});

test("the secret comes first, is kept, and is not shown again", async () => {
  route.replace(["settings", "callbacks", "set-up"]);
  let listener = off;
  const user = open(
    {
      set_ipn_secret: () => (listener = ready),
      listen_for_callbacks: () => (listener = listening),
      stop_listening_for_callbacks: () => (listener = ready),
    },
    () => listener,
  );
  const listen = await screen.findByRole("button", { name: "Listen on this port" });
  expect(listen).toBeDisabled();
  expect(screen.getByText("Enter the IPN secret above first.")).toBeInTheDocument();
  await user.type(screen.getByLabelText("IPN secret from the dashboard"), "kT4-secret");
  await user.click(screen.getByRole("button", { name: "Keep it in the keychain" }));
  expect(argumentsOf("set_ipn_secret")).toEqual([{ secret: "kT4-secret" }]);
  expect(await screen.findByLabelText("New IPN secret")).toHaveValue("");
  await user.click(screen.getByRole("button", { name: "Listen on this port" }));
  expect(argumentsOf("listen_for_callbacks")).toEqual([{ port: 4380 }]);
  expect(await screen.findByRole("button", { name: "Stop listening" })).toBeInTheDocument();
  expect(screen.getAllByText("http://127.0.0.1:4380/ipn")).not.toHaveLength(0);
  await user.click(screen.getByRole("button", { name: "Stop listening" }));
  expect(await screen.findByRole("button", { name: "Listen on this port" })).toBeEnabled();
});

test("a port that is taken is said at its field, and another one can be chosen", async () => {
  route.replace(["settings", "callbacks", "set-up"]);
  let listener: CallbackListener = {
    ...ready,
    state: { kind: "failed", reason: "Another program uses port 4380." },
  };
  const user = open(
    {
      listen_for_callbacks: ({ port }: { port: number | null }) => {
        if (port) throw failure("invalid", `Another program uses port ${port}, too.`, "port");
        return (listener = listening);
      },
    },
    () => listener,
  );
  expect(await screen.findByText("Another program uses port 4380.")).toBeInTheDocument();
  const port = screen.getByLabelText("Port");
  await user.clear(port);
  expect(screen.getByText("A port is a number from 1024 to 65535.")).toBeInTheDocument();
  await user.type(port, "5000");
  await user.click(screen.getByRole("button", { name: "Listen on this port" }));
  expect(await screen.findByText("Another program uses port 5000, too.")).toBeInTheDocument();
  expect(port).toHaveAttribute("aria-invalid", "true");
  await user.click(screen.getByRole("button", { name: "Choose a free port" }));
  expect(await screen.findByRole("button", { name: "Move to this port" })).toBeDisabled();
});

test("forgetting the secret is asked about", async () => {
  route.replace(["settings", "callbacks", "set-up"]);
  let listener = listening;
  const user = open({ forget_ipn_secret: () => (listener = off) }, () => listener);
  await user.click(await screen.findByRole("button", { name: "Forget the secret" }));
  expect(argumentsOf("forget_ipn_secret")).toEqual([]);
  const dialog = await screen.findByRole("dialog", { name: "Forget the IPN secret?" });
  await user.click(within(dialog).getByRole("button", { name: "Forget it" }));
  expect(await screen.findByText("Enter the IPN secret above first.")).toBeInTheDocument();
});

test("a test callback says how it was answered", async () => {
  route.replace(["settings", "callbacks", "set-up"]);
  const answers = [
    () => ({ taken: true, status: 200, answer: "Taken." }),
    () => {
      throw failure("other", "The test callback did not arrive.");
    },
  ];
  const user = open({ send_test_callback: () => answers.shift()!() }, () => listening);
  const send = await screen.findByRole("button", { name: "Send a test callback to myself" });
  await user.click(send);
  expect(await screen.findByText("The test callback arrived")).toBeInTheDocument();
  expect(screen.getByText(/The answer was 200: Taken/)).toBeInTheDocument();
  await user.click(send);
  expect(await screen.findByText("The test callback did not arrive.")).toBeInTheDocument();
});

test("the demo shop has no secret of its own", async () => {
  route.replace(["settings", "callbacks", "set-up"]);
  program({ callback_listener: () => listening });
  render(App);
  expect(await screen.findByText(/uses the secret of its simulator/)).toBeInTheDocument();
  expect(screen.queryByLabelText("IPN secret from the dashboard")).not.toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "Keep it in the keychain" })).not.toBeInTheDocument();
});

test("a callback is checked, and the verdict goes when something else is typed", async () => {
  route.replace(["settings", "callbacks", "check"]);
  const verdict: Verdict = {
    genuine: false,
    message: "The signature is not that of this body.",
    notes: ["It was made with this secret and a line break."],
    form: null,
    kind: null,
    subject: null,
    status: null,
  };
  const answers = [
    () => {
      throw failure("invalid", "The shop has no IPN secret yet.", "secret");
    },
    () => verdict,
    () => ({ ...verdict, genuine: true, message: "It was signed.", notes: [] }),
  ];
  const user = open({ check_callback: () => answers.shift()!() });
  await user.click(await screen.findByLabelText("Body"));
  await user.paste('{"payment_id":5}');
  await user.type(screen.getByLabelText("Signature"), "abcd");
  const check = screen.getByRole("button", { name: "Check it" });
  await user.click(check);
  expect(await screen.findByText("The shop has no IPN secret yet.")).toBeInTheDocument();
  await user.type(screen.getByLabelText("Another IPN secret"), "mine");
  await user.click(check);
  const callback = { body: '{"payment_id":5}', signature: "abcd" };
  expect(argumentsOf("check_callback")).toEqual([
    { callback: { ...callback, secret: null } },
    { callback: { ...callback, secret: "mine" } },
  ]);
  const alert = await screen.findByRole("alert");
  expect(alert).toHaveTextContent("This callback is not to be trusted");
  expect(alert).toHaveTextContent("It was made with this secret and a line break.");
  await user.type(screen.getByLabelText("Signature"), "ef");
  expect(screen.queryByRole("alert")).not.toBeInTheDocument();
  await user.click(check);
  expect(await screen.findByText("This callback is genuine")).toBeInTheDocument();
  // It stays while another part of the screen is looked at.
  await user.click(screen.getByRole("radio", { name: "Set up" }));
  await user.click(screen.getByRole("radio", { name: "Check one" }));
  expect(await screen.findByLabelText("Signature")).toHaveValue("abcdef");
  expect(screen.getByLabelText("Another IPN secret")).toHaveValue("");
});

import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import { announce, appState, argumentsOf, demoShop, failure, program } from "../bridge/test-program";
import type { CheckItem, ConnectionReport, Shop } from "../bridge";
import { route } from "../lib/router.svelte";
import { connection } from "./connection.svelte";

const good: CheckItem = { state: "good", message: "" };
const allGood: ConnectionReport = { reachable: good, key: good, login: good, address: good, keychain: good };
const bad = (message: string): CheckItem => ({ state: "bad", message });
const shop: Shop = { ...demoShop, id: "s1", name: "Nordlicht", environment: "live" };
const typed = {
  name: "Nordlicht",
  environment: "sandbox",
  api_key: "KEY",
  email: "till@nordlicht.example",
  password: "open sesame",
};

beforeEach(() => {
  route.replace([]);
  connection.touched();
  connection.shop = {
    name: "",
    environment: "live",
    api_key: "",
    email: "",
    password: "",
    read_only: false,
  };
});

/** Fills in the whole form and sends it, with the program answering the check like this. */
async function connect(check: () => ConnectionReport) {
  let shops: Shop[] = [];
  program({
    app_state: () => appState({ shops, open: shops[0]?.id ?? null }),
    check_connection: check,
    add_shop: () => {
      shops = [shop];
      return shop;
    },
    list_payments: () => ({ rows: [], total: 0 }),
  });
  const user = userEvent.setup();
  render(App);
  await user.click(await screen.findByRole("button", { name: /Connect my NOWPayments account/ }));
  await user.type(screen.getByLabelText("Name"), typed.name);
  await user.click(screen.getByRole("radio", { name: "Sandbox" }));
  await user.type(screen.getByLabelText("API key"), typed.api_key);
  await user.type(screen.getByLabelText("E-mail address"), typed.email);
  await user.type(screen.getByLabelText("Password"), typed.password);
  await user.click(screen.getByRole("button", { name: "Check and connect" }));
  return user;
}

function expectNothingLost() {
  expect(screen.getByLabelText("Name")).toHaveValue(typed.name);
  expect(screen.getByRole("radio", { name: "Sandbox" })).toBeChecked();
  expect(screen.getByLabelText("API key")).toHaveValue(typed.api_key);
  expect(screen.getByLabelText("E-mail address")).toHaveValue(typed.email);
  expect(screen.getByLabelText("Password")).toHaveValue(typed.password);
}

test("the first start offers the demo shop, and opening it leads to its payments", async () => {
  let open = false;
  program({
    app_state: () => appState(open ? { shops: [demoShop], open: "demo" } : {}),
    open_demo_shop: () => ((open = true), demoShop),
    list_payments: () => ({ rows: [], total: 0 }),
  });
  const user = userEvent.setup();
  render(App);
  await user.click(await screen.findByRole("button", { name: /Try the demo shop/ }));
  expect(await screen.findByRole("heading", { name: "Payments" })).toBeVisible();
  expect(screen.getByText("Practice money")).toBeVisible();
});

test("a demo shop that does not open says why and can be tried again", async () => {
  program({
    app_state: () => appState(),
    open_demo_shop: () => {
      throw failure("other", "The port is taken.");
    },
  });
  const user = userEvent.setup();
  render(App);
  const demo = await screen.findByRole("button", { name: /Try the demo shop/ });
  await user.click(demo);
  expect(await screen.findByRole("alert")).toHaveTextContent("The port is taken.");
  await user.click(demo);
  expect(argumentsOf("open_demo_shop")).toHaveLength(2);
});

test("an account with nothing wrong is kept as it was typed and opened", async () => {
  await connect(() => allGood);
  expect(await screen.findByRole("heading", { name: "Payments" })).toBeVisible();
  expect(argumentsOf("add_shop")).toEqual([{ shop: { ...typed, read_only: false } }]);
  expect(connection.shop).toMatchObject({ api_key: "", password: "" });
});

test("a wrong key is said at its field, nothing is kept and nothing typed is lost", async () => {
  const message = "NOWPayments does not know this key.";
  await connect(() => ({ ...allGood, key: bad(message) }));
  expect(await screen.findByText(message)).toBeVisible();
  expect(screen.getByLabelText("API key")).toBeInvalid();
  expect(screen.getByLabelText("API key")).toHaveAccessibleDescription(expect.stringContaining(message));
  expect(screen.queryByRole("button", { name: "Connect anyway" })).toBeNull();
  expect(argumentsOf("add_shop")).toEqual([]);
  expectNothingLost();
});

test("typing takes back what the check said about something else", async () => {
  const user = await connect(() => ({ ...allGood, key: bad("Wrong.") }));
  await screen.findByText("Wrong.");
  await user.type(screen.getByLabelText("API key"), "2");
  expect(screen.queryByText("Wrong.")).toBeNull();
  expect(screen.getByLabelText("API key")).toBeValid();
});

test("secrets do not outlive the form, and the rest of what was typed does", async () => {
  const user = await connect(() => ({ ...allGood, key: bad("Wrong.") }));
  await screen.findByText("Wrong.");
  route.replace([]);
  await user.click(await screen.findByRole("button", { name: /Connect my NOWPayments account/ }));
  expect(screen.getByLabelText("Name")).toHaveValue(typed.name);
  expect(screen.getByLabelText("E-mail address")).toHaveValue(typed.email);
  expect(screen.getByLabelText("API key")).toHaveValue("");
  expect(screen.getByLabelText("Password")).toHaveValue("");
  expect(screen.queryByText("Wrong.")).toBeNull();
});

test("without a network it says so and loses nothing", async () => {
  await connect(() => {
    throw failure("offline", "NOWPayments cannot be reached. Check the network.");
  });
  expect(await screen.findByRole("alert")).toHaveTextContent("Check the network.");
  expectNothingLost();
});

test("without a keychain the account cannot be kept, and the reason stands in the list", async () => {
  await connect(() => ({ ...allGood, keychain: bad("No secret service answers.") }));
  expect(await screen.findByText("No secret service answers.")).toBeVisible();
  expect(screen.queryByRole("button", { name: "Connect anyway" })).toBeNull();
  expectNothingLost();
});

test("what can wait does not keep anyone out", async () => {
  const user = await connect(() => ({ ...allGood, address: bad("This address is not on the list.") }));
  await user.click(await screen.findByRole("button", { name: "Connect anyway" }));
  expect(await screen.findByRole("heading", { name: "Payments" })).toBeVisible();
  expect(argumentsOf("add_shop")).toHaveLength(1);
});

test("a shop that did not open again is offered with the reason", async () => {
  program({
    app_state: () => appState({ shops: [shop], trouble: failure("keychain", "The keychain is locked.") }),
  });
  render(App);
  expect(await screen.findByRole("alert")).toHaveTextContent("The keychain is locked.");
  expect(screen.getByRole("button", { name: /^Nordlicht/ })).toBeVisible();
});

/** A window in which the one shop does not open, for its keys are lost. */
async function stuck(own = {}) {
  let shops = [shop];
  let open: string | null = null;
  program({
    app_state: () => appState({ shops, open, trouble: failure("keychain", "The keys are lost.") }),
    select_shop: () => ((open = shop.id), shop),
    remove_shop: () => {
      shops = [];
      void announce({ kind: "shops" });
      return null;
    },
    list_payments: () => ({ rows: [], total: 0 }),
    ...own,
  });
  const user = userEvent.setup();
  render(App);
  await screen.findByText("The keys are lost.");
  const choose = (name: string) => user.click(screen.getByRole("button", { name }));
  return { user, choose };
}

test("a shop whose keys are lost gets new ones, and is opened with them", async () => {
  const { user, choose } = await stuck({ change_keys: () => shop });
  await choose("Other keys for Nordlicht");
  const dialog = within(await screen.findByRole("dialog", { name: "Other keys for Nordlicht" }));
  await user.type(dialog.getByLabelText("API key"), "NEW");
  await user.type(dialog.getByLabelText("E-mail address"), "till@nordlicht.example");
  await user.type(dialog.getByLabelText("Password"), "open sesame");
  await user.click(dialog.getByRole("button", { name: "Check and keep" }));
  expect(await screen.findByRole("heading", { name: "Payments" })).toBeVisible();
  const keys = { api_key: "NEW", email: "till@nordlicht.example", password: "open sesame" };
  expect(argumentsOf("change_keys")).toEqual([{ id: shop.id, keys }]);
});

test("a shop that does not open is removed with the PIN once what is under way was seen", async () => {
  const { user, choose } = await stuck({
    removal: () => ({ under_way: ["Nordlicht: a batch of payouts is not settled."], pin: "approver" }),
  });
  await choose("Remove Nordlicht from this computer");
  const dialog = within(await screen.findByRole("dialog", { name: "Remove Nordlicht from this computer?" }));
  expect(await dialog.findByText("Nordlicht: a batch of payouts is not settled.")).toBeVisible();
  const remove = dialog.getByRole("button", { name: "Remove from this computer" });
  expect(remove).toBeDisabled();
  await user.type(dialog.getByLabelText("PIN of whoever approves"), "approves 2");
  await user.click(remove);
  await waitFor(() => expect(screen.queryByRole("button", { name: /^Nordlicht/ })).toBeNull());
  expect(argumentsOf("remove_shop")).toEqual([{ id: shop.id, pin: "approves 2", seen: 1 }]);
});

test("what helps to find a fault can be saved without an open shop", async () => {
  const { user } = await stuck({ save_diagnostics: () => "~/diagnostics.zip" });
  await user.click(screen.getByRole("button", { name: "Save diagnostics…" }));
  expect(await screen.findByText("~/diagnostics.zip")).toBeInTheDocument();
});

test("a language chosen elsewhere is spoken at once", async () => {
  let language = "en";
  program({
    app_state: () =>
      appState({ settings: { theme: "dark", text_size: "normal", language, formats: "system" } }),
  });
  render(App);
  await screen.findByRole("button", { name: /Try the demo shop/ });
  expect(document.documentElement.dataset.theme).toBe("dark");
  language = "de";
  await announce({ kind: "settings" });
  expect(await screen.findByRole("button", { name: /Demo-Shop ausprobieren/ })).toBeVisible();
  expect(document.documentElement.lang).toBe("de");
});

import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import { announce, appState, argumentsOf, demoShop, failure } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { language } from "../messages/language.svelte";
import { anna, ben, custody, found, move } from "./test-custody";

// What the window loads when it is needed is there before a test waits for it.
import "./CustodyPlace.svelte";

beforeEach(() => route.replace(["custody"]));
afterEach(() => language.choose(null));

function open(own: Parameters<typeof custody>[0] = {}) {
  custody(own);
  render(App);
  return userEvent.setup();
}

const list = () => screen.findByRole("grid", { name: "Custody" });
const dialog = (name: string) => screen.findByRole("dialog", { name });

test("users are listed with what they have, and what was not read is not nothing", async () => {
  open();
  const rows = await within(await list()).findAllByRole("row");
  expect(rows[1]).toHaveTextContent("Anna 101");
  expect(rows[1]).toHaveTextContent("0.5 BTC, 120.000001 TRX");
  expect(rows[2]).toHaveTextContent("Ben 102");
  expect(rows[2]).toHaveTextContent("Not read yet");
  expect(screen.getByText(/All together: 0.5 BTC, 120.000001 TRX/)).toHaveTextContent("those of 1");
  expect(screen.getByText("2 users")).toBeInTheDocument();
  expect(argumentsOf("custody_users")).toEqual([{ query: { search: "", after: null, limit: 200 } }]);
  expect(argumentsOf("refresh_custody")).toEqual([]);
});

test("a user is found by name or number, and opened from the keyboard", async () => {
  const user = open();
  await list();
  const search = screen.getByRole("searchbox", { name: "Search by name or number" });
  await user.type(search, "102");
  await waitFor(() => expect(screen.queryByText("Anna")).not.toBeInTheDocument());
  await user.clear(search);
  await user.type(search, "nobody");
  expect(await screen.findByText("No user goes by that name or number")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Show all" }));
  (await list()).focus();
  await user.keyboard("{Enter}");
  expect(route.path).toEqual(["custody", "user", anna.id]);
});

test("the users are read when they are first asked for", async () => {
  let status = { users_read_at: null as string | null, transfers_read_at: null };
  let users: (typeof anna)[] = [];
  open({
    custody_status: () => status,
    custody_users: ({ query }: { query: Parameters<typeof found>[1] }) => found(users, query),
    refresh_custody: () => {
      status = { ...status, users_read_at: "2026-11-20T09:00:00Z" };
      users = [anna];
      void announce({ kind: "custody" });
      return status;
    },
  });
  expect(await screen.findByText("Anna")).toBeInTheDocument();
  expect(argumentsOf("refresh_custody")).toHaveLength(1);
});

test("a shop without users says what they are, and that reading failed is said with a way to try again", async () => {
  const user = open({
    custody_users: ({ query }: { query: Parameters<typeof found>[1] }) => found([], query),
    refresh_custody: () => {
      throw failure("offline", "NOWPayments could not be reached.");
    },
  });
  expect(await screen.findByText("Users with balances of their own will be here")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Read again" }));
  expect(await screen.findByText("What is new could not be read")).toBeInTheDocument();
  expect(screen.getByText("NOWPayments could not be reached.")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(argumentsOf("refresh_custody")).toHaveLength(2));
});

test("a list that cannot be read says why", async () => {
  open({
    custody_users: () => {
      throw failure("other", "The shop was closed.");
    },
  });
  expect(await screen.findByText("The shop was closed.")).toBeInTheDocument();
});

test("a user is made by the rules of a name, and shown", async () => {
  const user = open({
    make_custody_user: ({ name }: { name: string }) => {
      if (name === "Anna") throw failure("invalid", "There is a user called “Anna” already.", "name");
      return move({ kind: "user", to_name: name, to_user: null, made: ben.id, status: null });
    },
  });
  await user.click(await screen.findByRole("button", { name: "New user" }));
  const form = within(await dialog("New user"));
  const name = form.getByRole("textbox", { name: "Name" });
  expect(name).toHaveFocus();
  expect(name).toHaveAccessibleDescription(/1 to 30 characters, no e-mail address/);
  await user.type(name, "Anna{Enter}");
  await waitFor(() => expect(name).toHaveAccessibleDescription(/There is a user called “Anna” already/));
  await user.clear(name);
  await user.type(name, "Ben");
  await user.click(form.getByRole("button", { name: "Make the user" }));
  await waitFor(() => expect(route.path).toEqual(["custody", "user", ben.id]));
  expect(argumentsOf("make_custody_user")).toEqual([{ name: "Anna" }, { name: "Ben" }]);
});

test("a move whose end is not known stands above all, is looked for, and given up only when that was said twice", async () => {
  const unknown = move({
    state: "unknown",
    made: null,
    status: null,
    trouble: "NOWPayments does not show it.",
  });
  let unsettled = [unknown];
  const user = open({
    unsettled_moves: () => unsettled,
    look_for_move: () => {
      unsettled = [{ ...unknown, may_give_up: true }];
      void announce({ kind: "moves" });
      return unsettled[0];
    },
    give_up_move: () => {
      unsettled = [];
      void announce({ kind: "moves" });
      return move({ state: "given_up" });
    },
  });
  const title = "10 TRX from the shop to Anna: not known whether it was done";
  expect(await screen.findByText(title)).toBeInTheDocument();
  expect(screen.getByText(/Paydesk does not send it again/)).toBeInTheDocument();
  expect(screen.getByText("NOWPayments does not show it.")).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "It was not made…" })).not.toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Look now" }));
  expect(argumentsOf("look_for_move")).toEqual([{ id: "m1" }]);
  await user.click(await screen.findByRole("button", { name: "It was not made…" }));
  const asked = within(await dialog("Was this not made? 10 TRX from the shop to Anna"));
  const go = asked.getByRole("button", { name: "It was not made" });
  expect(go).toBeDisabled();
  expect(argumentsOf("give_up_move")).toEqual([]);
  await user.click(asked.getByRole("checkbox", { name: "I have looked: it is not there" }));
  await user.click(go);
  await waitFor(() => expect(argumentsOf("give_up_move")).toEqual([{ id: "m1" }]));
  await waitFor(() => expect(screen.queryByText(title)).not.toBeInTheDocument());
});

test("a look that fails says why, and the move stays unknown", async () => {
  const user = open({
    unsettled_moves: () => [
      move({ state: "unknown" }),
      move({ id: "c1", kind: "conversion", state: "unknown" }),
    ],
    look_for_move: () => {
      throw failure("offline", "NOWPayments could not be reached.");
    },
  });
  // A conversion is not of this screen.
  const look = await screen.findByRole("button", { name: "Look now" });
  await user.click(look);
  expect(await screen.findByText("NOWPayments could not be reached.")).toBeInTheDocument();
});

test("custody has its place in the navigation and its keys", async () => {
  route.replace(["settings"]);
  const user = open({ sandbox: () => null });
  const link = await screen.findByRole("link", { name: "Custody" });
  expect(link).toHaveAttribute("href", "#/custody");
  await user.keyboard("gu");
  expect(route.path).toEqual(["custody"]);
});

test("in German the words are German", async () => {
  const settings = {
    theme: "system" as const,
    text_size: "normal" as const,
    language: "de",
    formats: "system" as const,
  };
  open({
    app_state: () => appState({ shops: [demoShop], open: demoShop.id, settings }),
    unsettled_moves: () => [move({ state: "unknown" })],
  });
  expect(await screen.findByText("Noch nicht gelesen")).toBeInTheDocument();
  expect(
    screen.getByText("10 TRX vom Shop an Anna: Es ist nicht bekannt, ob es geschehen ist"),
  ).toBeInTheDocument();
  expect(screen.getByText(/Alle zusammen: 0,5 BTC, 120,000001 TRX/)).toBeInTheDocument();
});

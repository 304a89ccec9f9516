import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import App from "../App.svelte";
import type { SubscriptionQuery } from "../bridge";
import { announce, appState, argumentsOf, demoShop, failure } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { language } from "../messages/language.svelte";
import {
  call,
  choose,
  detail,
  figures,
  mining,
  planList,
  row,
  subscriptions,
  unpaid,
} from "./test-subscriptions";

// What the window loads when it is needed is there before a test waits for it.
import "./SubscriptionsScreen.svelte";

beforeEach(() => {
  language.choose("en");
  route.replace(["subscriptions", "all"]);
});

function open(own = {}) {
  subscriptions(own);
  render(App);
  return userEvent.setup();
}

const dialog = async (name: string) => within(await screen.findByRole("dialog", { name }));
const list = () => screen.findByRole("grid", { name: "Subscribers" });
const panel = async () => within(await screen.findByRole("complementary", { name: "Subscription" }));
const lastQuery = () => (argumentsOf("list_subscriptions").at(-1) as { query: SubscriptionQuery }).query;

test("subscribers are listed, and narrowed by search, status and plan", async () => {
  const user = open();
  const grid = await list();
  expect(await within(grid).findByText("anna@mail.example")).toBeInTheDocument();
  expect(within(grid).getByText("Kim")).toBeInTheDocument();
  await user.type(screen.getByRole("searchbox", { name: "Search e-mail, user, id…" }), "anna");
  await waitFor(() => expect(within(grid).queryByText("Kim")).not.toBeInTheDocument());
  await choose(user, screen.getByRole("combobox", { name: "Plan All plans" }), "Cof");
  await choose(user, screen.getByRole("combobox", { name: "Status All statuses" }), "Pai");
  await waitFor(() =>
    expect(lastQuery()).toEqual({
      search: "anna",
      status: "paid",
      plan: "11",
      active: null,
      ended: false,
      sort: "created",
      descending: true,
      after: null,
      limit: 500,
    }),
  );
});

test("a status that only NOWPayments knows can be looked for, and those that were ended", async () => {
  route.replace(["subscriptions", "all"], { status: "on_hold" });
  const user = open();
  expect(await screen.findByText("No subscriber matches")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Show all" }));
  expect(await within(await list()).findByText("Kim")).toBeInTheDocument();
  route.replace(["subscriptions", "all"], { ended: "yes" });
  expect(await screen.findByRole("combobox", { name: "Status Ended" })).toBeInTheDocument();
  await waitFor(() => expect(lastQuery()).toMatchObject({ ended: true, status: null }));
});

test("a head sorts by its column, and the other way round", async () => {
  const user = open();
  const grid = within(await list());
  await user.click(await grid.findByRole("button", { name: "Paid until" }));
  await waitFor(() => expect(lastQuery()).toMatchObject({ sort: "expires", descending: false }));
  await user.click(grid.getByRole("button", { name: "Paid until" }));
  await waitFor(() => expect(lastQuery()).toMatchObject({ sort: "expires", descending: true }));
});

test("a long list goes on behind its last row, and is read again when something changes", async () => {
  const many = Array.from({ length: 510 }, (_, at) => row({ id: `${at}`, email: `a${at}@mail.example` }));
  let name = "a0@mail.example";
  const user = open({
    list_subscriptions: ({ query }: { query: SubscriptionQuery }) => {
      const from = query.after ? 500 : 0;
      const rows = many
        .slice(from, from + 500)
        .map((each) => (each.id === "0" ? { ...each, email: name } : each));
      return { rows, total: 510, next: from ? null : { key: "k", id: "499" }, statuses: [] };
    },
  });
  const grid = await list();
  await within(grid).findByText("a0@mail.example");
  name = "zoe@mail.example";
  await announce({ kind: "subscriptions" });
  expect(await within(grid).findByText("zoe@mail.example")).toBeInTheDocument();
  grid.focus();
  await user.keyboard("{End}");
  expect(await within(grid).findByText("a509@mail.example")).toBeInTheDocument();
  expect(lastQuery().after).toEqual({ key: "k", id: "499" });
});

test("no subscribers yet: it says how they come, and adds the first by e-mail", async () => {
  const user = open({
    list_subscriptions: () => ({ rows: [], total: 0, next: null, statuses: [] }),
    subscribe: () => call(),
  });
  expect(await screen.findByText("Your subscribers will be here")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Add the first subscriber" }));
  const form = await dialog("Add a subscriber");
  expect(form.getByRole("button", { name: "Subscribe" })).toBeDisabled();
  const choice = form.getByRole("combobox", { name: "Plan Choose a plan" });
  await choose(user, choice, "Cof");
  await user.type(form.getByRole("textbox", { name: "E-mail address" }), "new@mail.example");
  await user.click(form.getByRole("button", { name: "Subscribe" }));
  await waitFor(() =>
    expect(argumentsOf("subscribe")).toEqual([
      { plan: "11", who: { by: "email", email: "new@mail.example" } },
    ]),
  );
  expect(await screen.findByText("new@mail.example is subscribed")).toBeInTheDocument();
});

test("a plan in a coin takes no e-mail addresses, and that is said where one is to be chosen", async () => {
  const user = open({
    subscription_plans: () => planList({ plans: [{ plan: mining, figures: figures() }] }),
  });
  await user.click(await screen.findByRole("button", { name: "Add a subscriber" }));
  const form = await dialog("Add a subscriber");
  expect(await form.findByText("There is no plan that fits yet. Make one first.")).toBeInTheDocument();
  await user.click(form.getByRole("radio", { name: "A custody user" }));
  await waitFor(() => expect(form.queryByText(/no plan that fits/)).not.toBeInTheDocument());
});

test("a custody user is chosen by name, and subscribed once what that does was said", async () => {
  route.replace(["subscriptions", "plan", "11"]);
  const user = open({
    subscribe: () => call({ state: "unknown" }),
    describe_subscribing: () => "NOWPayments takes 0.001 BTC off the balance of Kim.",
  });
  await user.click(await screen.findByRole("button", { name: "Add a subscriber" }));
  const form = await dialog("Add a subscriber");
  await user.click(form.getByRole("radio", { name: "A custody user" }));
  await user.click(await form.findByRole("radio", { name: /Kim/ }));
  await choose(user, form.getByRole("combobox", { name: "Plan Coffee club" }), "Min");
  await user.click(form.getByRole("button", { name: "What does this do?" }));
  const confirm = await dialog("Subscribe this user?");
  expect(confirm.getByText("NOWPayments takes 0.001 BTC off the balance of Kim.")).toBeInTheDocument();
  expect(argumentsOf("subscribe")).toEqual([]);
  await user.click(confirm.getByRole("button", { name: "Subscribe" }));
  const asked = { plan: "12", who: { by: "user", user: "77" } };
  await waitFor(() => expect(argumentsOf("subscribe")).toEqual([asked]));
  expect(argumentsOf("describe_subscribing")).toEqual([asked]);
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  expect(screen.queryByText("77 is subscribed")).not.toBeInTheDocument();
});

test("what was typed is there again after the dialog was closed, and gone once it was sent", async () => {
  let kept: string | null = null;
  const user = open({
    subscribe: () => call(),
    form_draft: () => kept,
    keep_form_draft: ({ typed }: { typed: string | null }) => {
      kept = typed;
      return null;
    },
  });
  await user.click(await screen.findByRole("button", { name: "Add a subscriber" }));
  let form = await dialog("Add a subscriber");
  await user.type(form.getByRole("textbox", { name: "E-mail address" }), "new@mail.example");
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  await user.click(screen.getByRole("button", { name: "Add a subscriber" }));
  form = await dialog("Add a subscriber");
  const email = form.getByRole("textbox", { name: "E-mail address" });
  await waitFor(() => expect(email).toHaveValue("new@mail.example"));
  await choose(user, form.getByRole("combobox", { name: "Plan Choose a plan" }), "Cof");
  await user.click(form.getByRole("button", { name: "Subscribe" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  expect(kept).toBeNull();
});

test.each([
  ["email", "E-mail address"],
  ["plan", "Plan Coffee club"],
])("what is refused of %s is said at its field, and what was typed stays", async (field, name) => {
  route.replace(["subscriptions", "all"], { plan: "11" });
  const user = open({
    subscribe: () => {
      throw failure("invalid", "It is not taken.", field);
    },
  });
  await user.click(await screen.findByRole("button", { name: "Add a subscriber" }));
  const form = await dialog("Add a subscriber");
  await user.type(form.getByRole("textbox", { name: "E-mail address" }), "x");
  await user.click(form.getByRole("button", { name: "Subscribe" }));
  const role = field === "plan" ? "combobox" : "textbox";
  await waitFor(() => expect(form.getByRole(role, { name })).toHaveAccessibleDescription("It is not taken."));
  expect(form.getByRole("textbox", { name: "E-mail address" })).toHaveValue("x");
});

test("somebody who is subscribed already is said in the dialog", async () => {
  route.replace(["subscriptions", "all"], { plan: "11" });
  const user = open({
    subscribe: () => {
      throw failure("stale", "They are subscribed to this plan already.");
    },
  });
  await user.click(await screen.findByRole("button", { name: "Add a subscriber" }));
  const form = await dialog("Add a subscriber");
  await user.click(form.getByRole("button", { name: "Subscribe" }));
  expect(await form.findByText("They are subscribed to this plan already.")).toBeInTheDocument();
});

test("a subscription opens beside the list with what happened to it and what was asked for", async () => {
  const user = open();
  const grid = await list();
  await user.click(await within(grid).findByText("anna@mail.example"));
  expect(route.path).toEqual(["subscriptions", "501"]);
  const beside = await panel();
  const events = await beside.findByRole("list", { name: "What happened" });
  expect(events).toHaveTextContent(/A period was paid.*24\.9.*First seen: Waiting for payment/);
  expect(beside.getByRole("list", { name: "What you asked for here" })).toHaveTextContent(
    /Subscribe anna@mail\.example.*Done/,
  );
  expect(beside.getByRole("link", { name: "Coffee club" })).toHaveAttribute(
    "href",
    "#/subscriptions/plan/11",
  );
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("complementary")).not.toBeInTheDocument());
});

test("a subscription ends once that was asked for and confirmed, and never by Enter", async () => {
  route.replace(["subscriptions", "501"]);
  const user = open({ end_subscription: () => call({ kind: "end" }) });
  const beside = await panel();
  await user.click(await beside.findByRole("button", { name: "End this subscription…" }));
  const asked = await dialog("End the subscription of anna@mail.example?");
  expect(asked.getByText(/Nothing is given back\. It cannot be taken up again/)).toBeInTheDocument();
  const go = asked.getByRole("button", { name: "End it for good" });
  expect(go).toBeDisabled();
  await user.click(asked.getByRole("checkbox", { name: "It is to end for good" }));
  await user.keyboard("{Enter}");
  expect(argumentsOf("end_subscription")).toEqual([]);
  await user.click(asked.getByRole("button", { name: "End it for good" }));
  await waitFor(() => expect(argumentsOf("end_subscription")).toEqual([{ id: "501" }]));
  expect(await screen.findByText("The subscription of anna@mail.example has ended")).toBeInTheDocument();
});

test("Enter in the question whether a subscription is to end does not end it", async () => {
  route.replace(["subscriptions", "501"]);
  const user = open();
  await user.click(await (await panel()).findByRole("button", { name: "End this subscription…" }));
  await dialog("End the subscription of anna@mail.example?");
  await user.keyboard("{Enter}");
  await user.keyboard("{Enter}");
  expect(argumentsOf("end_subscription")).toEqual([]);
});

test("an end that is refused is said where it was asked for", async () => {
  route.replace(["subscriptions", "501"]);
  const user = open({
    end_subscription: () => {
      throw failure("other", "NOWPayments does not end it.");
    },
  });
  await user.click(await (await panel()).findByRole("button", { name: "End this subscription…" }));
  const asked = await dialog("End the subscription of anna@mail.example?");
  await user.click(asked.getByRole("checkbox"));
  await user.click(asked.getByRole("button", { name: "End it for good" }));
  expect(await asked.findByText("NOWPayments does not end it.")).toBeInTheDocument();
});

test("what was ended, or may have been, cannot be ended again", async () => {
  route.replace(["subscriptions", "501"]);
  let now = detail({ calls: [call({ kind: "end", state: "unknown" })] });
  open({ subscription: () => now });
  const beside = await panel();
  expect(await beside.findByText(/not known yet whether that was done/)).toBeInTheDocument();
  expect(beside.queryByRole("button", { name: "End this subscription…" })).not.toBeInTheDocument();
  now = detail({ row: row({ ended_at: "2026-11-27T10:00:00Z" }) });
  await announce({ kind: "subscriptions" });
  expect(await beside.findByText(/It was ended for good/)).toBeInTheDocument();
  expect(beside.queryByRole("button", { name: "End this subscription…" })).not.toBeInTheDocument();
});

test("a notification of a subscription leads to it", async () => {
  route.replace(["subscriptions"]);
  open();
  await screen.findByRole("heading", { name: "Subscriptions" });
  await announce({ kind: "show", subject: { kind: "subscription", id: "501" } });
  expect(await (await panel()).findByText("A period was paid")).toBeInTheDocument();
});

test("a list that cannot be read says why", async () => {
  open({
    list_subscriptions: () => {
      throw failure("other", "The disk is full.");
    },
  });
  expect(await screen.findByText("The disk is full.")).toBeInTheDocument();
});

test("unpaid ones are listed with their time, copied, saved and opened", async () => {
  route.replace(["subscriptions", "unpaid"]);
  const user = open({
    unpaid_subscriptions: () => [
      unpaid(),
      unpaid({ row: row({ id: "504", email: null, user: "77", status: "partially_paid" }), until: null }),
    ],
    save_unpaid_subscriptions: () => "unpaid.csv",
  });
  const write = vi.spyOn(navigator.clipboard, "writeText");
  const grid = await screen.findByRole("grid", { name: "Unpaid subscriptions" });
  const times = [...grid.querySelectorAll("time")].map((time) => time.getAttribute("datetime"));
  expect(times).toEqual(["2026-11-25T10:00:00Z", "2026-12-02T10:00:00Z", "2026-11-25T10:00:00Z"]);
  await user.click(screen.getByRole("button", { name: "Copy e-mail addresses" }));
  expect(write).toHaveBeenCalledWith("ben@mail.example");
  await user.click(screen.getByRole("button", { name: "Save as CSV" }));
  await waitFor(() => expect(argumentsOf("save_unpaid_subscriptions")).toHaveLength(1));
  expect(await screen.findByText("unpaid.csv")).toBeInTheDocument();
  await user.click(within(grid).getByText("ben@mail.example"));
  expect(route.path).toEqual(["subscriptions", "502"]);
});

test("where nothing is unpaid it says so", async () => {
  route.replace(["subscriptions", "unpaid"]);
  open({ unpaid_subscriptions: () => [] });
  expect(await screen.findByText("Nobody owes you anything")).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "Save as CSV" })).not.toBeInTheDocument();
});

test("the lists are read anew on demand", async () => {
  const user = open({ refresh_subscriptions: () => null });
  await list();
  await user.keyboard("{Control>}k{/Control}");
  await user.type(
    within(await screen.findByRole("dialog")).getByRole("combobox"),
    "Read plans and subscribers now",
  );
  await user.keyboard("{Enter}");
  await waitFor(() => expect(argumentsOf("refresh_subscriptions")).toHaveLength(1));
});

test("it speaks German", async () => {
  route.replace(["subscriptions", "501"]);
  open({
    app_state: () =>
      appState({
        shops: [demoShop],
        open: demoShop.id,
        settings: { theme: "system", text_size: "normal" as const, language: "de", formats: "system" },
      }),
  });
  const beside = within(await screen.findByRole("complementary", { name: "Abo" }));
  expect(await beside.findByRole("button", { name: "Dieses Abo beenden…" })).toBeInTheDocument();
  expect(beside.getByRole("list", { name: "Was geschah" })).toHaveTextContent("Ein Zeitraum wurde bezahlt");
});

import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import { announce, appState, argumentsOf, demoShop, failure } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { language } from "../messages/language.svelte";
import { call, choose, coffee, figures, planList, subscriptions } from "./test-subscriptions";

// What the window loads when it is needed is there before a test waits for it.
import "../components/Chart.svelte";
import "./SubscriptionsScreen.svelte";

beforeEach(() => {
  language.choose("en");
  route.replace(["subscriptions"]);
});

function open(own = {}) {
  subscriptions(own);
  render(App);
  return userEvent.setup();
}

const dialog = async (name: string) => within(await screen.findByRole("dialog", { name }));
const list = () => screen.findByRole("grid", { name: "Plans" });

test("plans are listed with price, subscribers by status and what they bring in a month", async () => {
  const user = open();
  const grid = await list();
  await waitFor(() => expect(grid).toHaveTextContent("24.90 EUR every 30 days"));
  expect(grid).toHaveTextContent("3 Paid, 1 Waiting for payment");
  expect(grid).toHaveTextContent("about 75.79 EUR");
  expect(grid).toHaveTextContent("0.001 BTC every 30 days");
  expect(screen.getByRole("link", { name: "1 subscription is unpaid" })).toHaveAttribute(
    "href",
    "#/subscriptions/unpaid",
  );
  grid.focus();
  await user.keyboard("{Enter}");
  expect(route.path).toEqual(["subscriptions", "plan", "11"]);
});

test("the navigation and its keys lead to the subscriptions, and on to each of their parts", async () => {
  route.replace(["payments"]);
  const user = open({ list_payments: () => ({ rows: [], total: 0 }), payment_views: () => [] });
  expect(await screen.findByRole("link", { name: "Subscriptions" })).toHaveAttribute(
    "href",
    "#/subscriptions",
  );
  await user.keyboard("gs");
  expect(await screen.findByRole("heading", { name: "Subscriptions" })).toBeInTheDocument();
  await user.click(screen.getByRole("radio", { name: "Subscribers" }));
  expect(await screen.findByRole("heading", { name: "Subscribers" })).toBeInTheDocument();
  await user.click(screen.getByRole("radio", { name: "Files" }));
  expect(await screen.findByRole("heading", { name: "Files of subscribers" })).toBeInTheDocument();
});

test("without plans it says what they are for, and makes the first one with what was typed", async () => {
  const user = open({
    subscription_plans: () => planList({ plans: [] }),
    make_subscription_plan: () => call({ kind: "make_plan" }),
  });
  await user.click(await screen.findByRole("button", { name: "Make the first plan" }));
  const form = await dialog("Make a plan");
  const name = form.getByRole("textbox", { name: "Name of the plan" });
  await waitFor(() => expect(name).toHaveFocus());
  await user.type(name, "Tea");
  await user.type(form.getByRole("textbox", { name: "Price" }), "9,90");
  await choose(user, form.getByRole("combobox", { name: "Currency of the price Choose a currency" }), "US");
  await user.click(form.getByRole("button", { name: "Make the plan" }));
  await waitFor(() =>
    expect(argumentsOf("make_subscription_plan")).toEqual([
      {
        plan: {
          title: "Tea",
          interval_days: "30",
          amount: "9.90",
          currency: "USD",
          callback_url: "",
          success_url: "",
          cancel_url: "",
          partially_paid_url: "",
        },
      },
    ]),
  );
  expect(await screen.findByText("Tea is made")).toBeInTheDocument();
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
});

test("what is wrong with a plan is said at its field, and what was typed stays", async () => {
  const user = open({
    make_subscription_plan: () => {
      throw failure("invalid", "This is no amount.", "amount");
    },
  });
  await user.click(await screen.findByRole("button", { name: "Make a plan" }));
  const form = await dialog("Make a plan");
  const price = form.getByRole("textbox", { name: "Price" });
  await user.type(price, "a lot");
  await user.click(form.getByRole("button", { name: "Make the plan" }));
  await waitFor(() => expect(price).toHaveAccessibleDescription("This is no amount."));
  expect(price).toHaveValue("a lot");
});

test("a refusal that is about no field is said in the dialog, which stays", async () => {
  const user = open({
    make_subscription_plan: () => {
      throw failure("other", "NOWPayments does not take it.");
    },
  });
  await user.click(await screen.findByRole("button", { name: "Make a plan" }));
  const form = await dialog("Make a plan");
  await user.click(form.getByRole("button", { name: "Make the plan" }));
  expect(await form.findByText("NOWPayments does not take it.")).toBeInTheDocument();
});

test("plans that cannot be read say why, and are read again on demand and on news", async () => {
  let broken = true;
  const user = open({
    subscription_plans: () => {
      if (broken) throw failure("other", "The disk is full.");
      return planList();
    },
  });
  expect(await screen.findByText("The disk is full.")).toBeInTheDocument();
  broken = false;
  await user.click(screen.getByRole("button", { name: "Try again" }));
  await list();
  const asked = argumentsOf("subscription_plans").length;
  await announce({ kind: "subscriptions" });
  await waitFor(() => expect(argumentsOf("subscription_plans").length).toBeGreaterThan(asked));
});

test("that NOWPayments could not be asked is said above what was read before", async () => {
  const sync = { since: null, read_at: null, running: false, trouble: "NOWPayments does not answer." };
  open({ subscription_plans: () => planList({ sync }) });
  expect(await screen.findByText("NOWPayments does not answer.")).toBeInTheDocument();
  expect(await list()).toHaveTextContent("Coffee club");
});

test("a plan shows its figures and its charts, each drawn by the program", async () => {
  route.replace(["subscriptions", "plan", "11"]);
  open();
  expect(await screen.findByRole("heading", { name: "Coffee club" })).toBeInTheDocument();
  const fact = async (name: string) => (await screen.findByText(name)).closest("div");
  expect(await fact("Left in the last 30 days")).toHaveTextContent("1 of 4");
  expect(await fact("Collected")).toHaveTextContent(/99\.60 EUR.*5 paid periods.*since.*1 of them is not/);
  expect(await fact("Monthly revenue")).toHaveTextContent("about 75.79 EUR");
  expect(await fact("Paid periods that end in the next 30 days")).toHaveTextContent("2");
  expect(await screen.findAllByRole("img", { name: /Coffee club/ })).toHaveLength(3);
  const asked = argumentsOf("subscription_plan_chart") as { id: string; chart: string }[];
  expect(new Set(asked.map(({ id, chart }) => `${id} ${chart}`))).toEqual(
    new Set(["11 statuses", "11 collected", "11 renewals"]),
  );
});

test("a change says what it does to those who are subscribed, and goes once that was confirmed", async () => {
  route.replace(["subscriptions", "plan", "11"]);
  const user = open({
    describe_plan_change: () => [
      "The price changes from 24.9 EUR to 30 EUR.",
      "This concerns 4 subscribers.",
    ],
    change_subscription_plan: () => call({ kind: "change_plan" }),
  });
  await user.click(await screen.findByRole("button", { name: "Change the plan" }));
  const form = await dialog("Change the plan");
  const price = form.getByRole("textbox", { name: "Price" });
  await user.clear(price);
  await user.type(price, "30");
  await user.click(form.getByRole("button", { name: "What does this change?" }));
  expect(await form.findByText("The price changes from 24.9 EUR to 30 EUR.")).toBeInTheDocument();
  expect(form.getByText("This concerns 4 subscribers.")).toBeInTheDocument();
  expect(argumentsOf("change_subscription_plan")).toEqual([]);
  await user.click(form.getByRole("button", { name: "Back to the fields" }));
  expect(form.getByRole("textbox", { name: "Price" })).toHaveValue("30");
  await user.click(form.getByRole("button", { name: "What does this change?" }));
  await user.click(await form.findByRole("button", { name: "Change it like this" }));
  const plan = {
    title: "Coffee club",
    interval_days: "30",
    amount: "30",
    currency: "EUR",
    callback_url: "",
    success_url: "https://shop.example/thanks",
    cancel_url: "",
    partially_paid_url: "",
  };
  await waitFor(() => expect(argumentsOf("change_subscription_plan")).toEqual([{ id: "11", plan }]));
  expect(argumentsOf("describe_plan_change")).toEqual([
    { id: "11", plan },
    { id: "11", plan },
  ]);
});

test("a change that changes nothing cannot be confirmed", async () => {
  route.replace(["subscriptions", "plan", "11"]);
  const user = open({ describe_plan_change: () => [] });
  await user.click(await screen.findByRole("button", { name: "Change the plan" }));
  const form = await dialog("Change the plan");
  await user.click(form.getByRole("button", { name: "What does this change?" }));
  expect(await form.findByText("Nothing is changed yet.")).toBeInTheDocument();
  expect(form.getByRole("button", { name: "Change it like this" })).toBeDisabled();
});

test("a plan that takes no change is said where it was asked for", async () => {
  route.replace(["subscriptions", "plan", "11"]);
  const user = open({
    describe_plan_change: () => ["The price changes."],
    change_subscription_plan: () => {
      throw failure("offline", "NOWPayments cannot be reached.");
    },
  });
  await user.click(await screen.findByRole("button", { name: "Change the plan" }));
  const form = await dialog("Change the plan");
  await user.click(form.getByRole("button", { name: "What does this change?" }));
  await user.click(await form.findByRole("button", { name: "Change it like this" }));
  expect(await form.findByText("NOWPayments cannot be reached.")).toBeInTheDocument();
});

test("what became of a call is looked for at once, and given up only after it was confirmed twice", async () => {
  let mayGiveUp = false;
  let open_ = true;
  const lost = () =>
    call({
      kind: "make_plan",
      state: "unknown",
      title: "Tea",
      email: null,
      trouble: "The answer was lost.",
      may_give_up: mayGiveUp,
    });
  const user = open({
    unsettled_subscription_calls: () => (open_ ? [lost(), call({ id: "c2", state: "sending" })] : []),
    look_for_subscription_call: () => {
      mayGiveUp = true;
      void announce({ kind: "subscriptions" });
      return lost();
    },
    give_up_subscription_call: () => {
      open_ = false;
      void announce({ kind: "subscriptions" });
      return { ...lost(), state: "given_up" };
    },
  });
  expect(await screen.findByText("It is not known whether this was done")).toBeInTheDocument();
  expect(screen.getByText("The answer was lost.")).toBeInTheDocument();
  expect(screen.getByText(/Make the plan “Tea”/)).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: "It was not done…" })).not.toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Look again" }));
  expect(argumentsOf("look_for_subscription_call")).toEqual([{ id: "c1" }]);
  await user.click(await screen.findByRole("button", { name: "It was not done…" }));
  const asked = await dialog("Say that this was not done?");
  const go = asked.getByRole("button", { name: "It was not done" });
  expect(go).toBeDisabled();
  await user.click(asked.getByRole("checkbox"));
  await user.click(go);
  await waitFor(() => expect(argumentsOf("give_up_subscription_call")).toEqual([{ id: "c1" }]));
  await waitFor(() =>
    expect(screen.queryByText("It is not known whether this was done")).not.toBeInTheDocument(),
  );
});

test("a look that fails says so, and nothing else is lost", async () => {
  const user = open({
    unsettled_subscription_calls: () => [call({ state: "unknown" })],
    look_for_subscription_call: () => {
      throw failure("offline", "NOWPayments cannot be reached.");
    },
  });
  await user.click(await screen.findByRole("button", { name: "Look again" }));
  expect(await screen.findByText("NOWPayments cannot be reached.")).toBeInTheDocument();
  expect(screen.getByText("It is not known whether this was done")).toBeInTheDocument();
});

test("a plan whose end is not known closes its dialog without a word of success", async () => {
  const user = open({ make_subscription_plan: () => call({ kind: "make_plan", state: "unknown" }) });
  await user.click(await screen.findByRole("button", { name: "Make a plan" }));
  const form = await dialog("Make a plan");
  await user.type(form.getByRole("textbox", { name: "Name of the plan" }), "Silent");
  await user.click(form.getByRole("button", { name: "Make the plan" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  expect(screen.queryByText("Silent is made")).not.toBeInTheDocument();
});

test("in German the words and the figures are German", async () => {
  open({
    app_state: () =>
      appState({
        shops: [demoShop],
        open: demoShop.id,
        settings: { theme: "system", text_size: "normal" as const, language: "de", formats: "system" },
      }),
    subscription_plans: () => planList({ plans: [{ plan: coffee, figures: figures() }] }),
  });
  const grid = await screen.findByRole("grid", { name: "Pläne" });
  await waitFor(() => expect(grid).toHaveTextContent("24,90 EUR alle 30 Tage"));
  expect(grid).toHaveTextContent("etwa 75,79 EUR");
  expect(grid).toHaveTextContent("3 Bezahlt, 1 Wartet auf Zahlung");
  expect(screen.getByRole("heading", { name: "Abos" })).toBeInTheDocument();
});

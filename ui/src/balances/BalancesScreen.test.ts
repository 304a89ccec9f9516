import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { toast } from "svelte-sonner";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { Balances } from "../bridge";
import { announce, appState, argumentsOf, demoShop, failure, program } from "../bridge/test-program";
import { whole } from "../frame/test-everywhere";
import { route } from "../lib/router.svelte";
import { chart } from "../overview/test-takings";
import { importing } from "../payouts/importing.svelte";
import { balances, held } from "./test-balances";

// What the window loads when it is needed is there before a test waits for it.
import "../components/Toaster.svelte";
import "../conversions/ConversionsScreen.svelte";
import "../custody/CustodyPlace.svelte";
import "../fiat-payouts/BankPlace.svelte";
import "../payouts/PayoutsScreen.svelte";
import "./BalancesScreen.svelte";

/** A shop that holds this until it is told or reads otherwise. */
function shop(now: Balances = balances(), own: Record<string, (args: never) => unknown> = {}) {
  const kept = { now };
  const becomes = async (next: Partial<Balances>) => {
    kept.now = { ...kept.now, ...next };
    await announce({ kind: "balances" });
    return kept.now;
  };
  program({
    balances: () => kept.now,
    read_balances: () => becomes({ read_at: new Date().toISOString(), trouble: null }),
    balance_chart: ({ coin, days }: { coin: string; days: number }) =>
      chart({ title: `${coin.toUpperCase()}, ${days} days` }),
    ...own,
  });
  render(App);
  return { user: userEvent.setup(), becomes };
}

const list = () => screen.findByRole("grid", { name: "Balances" });
const line = async (coin: string) => (await within(await list()).findByText(coin)).closest("[role=row]")!;
/** The clock of the window may be half a minute late. */
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000 - 45_000).toISOString();

beforeEach(() => {
  toast.dismiss();
  importing.forget();
  route.replace(["balances"]);
});

test("each coin says what can be paid out, what is on its way, what it is worth, and how it changed", async () => {
  shop();
  const btc = await line("BTC");
  expect(btc).toHaveTextContent(/0\.75.*0\.01.*50,000\.50 USD.*\+0\.025/);
  expect(await line("USDTTRC20")).toHaveTextContent(/1,200\.50?.*−35\.5/);
  expect(await line("XYZ")).toHaveTextContent(/not known.*not known yet/);
  const worth = screen.getByRole("group", { name: "Worth together" });
  expect(worth).toHaveTextContent("51,200.50 USD");
  expect(worth).toHaveTextContent("1 coin is not in it: NOWPayments does not say what it is worth.");
});

test("what was read a moment ago is not read again for who comes to look", async () => {
  shop();
  await line("BTC");
  expect(argumentsOf("read_balances")).toEqual([]);
});

test("what is older than a minute is read on a visit, once", async () => {
  const { becomes } = shop(balances({ read_at: minutesAgo(2) }));
  await line("BTC");
  await waitFor(() => expect(argumentsOf("read_balances")).toHaveLength(1));
  await becomes({ read_at: minutesAgo(5), coins: [held("eth")] });
  await line("ETH");
  expect(argumentsOf("read_balances")).toHaveLength(1);
});

test("the owner has them read now, and what came since is there", async () => {
  const { user } = shop(balances(), {
    read_balances: () => {
      throw failure("address_not_allowed", "Add the address to the allowed ones in the dashboard.");
    },
  });
  await line("BTC");
  await user.click(screen.getByRole("button", { name: "Read now" }));
  expect(await screen.findByText("Add the address to the allowed ones in the dashboard.")).toBeVisible();
  expect(await line("BTC")).toBeVisible();
  await waitFor(() =>
    expect(screen.getByRole("button", { name: "Read now" })).not.toHaveAttribute("aria-busy"),
  );
});

test("while they are being read the button says so and takes no second press", async () => {
  let answered: (read: Balances) => void = () => {};
  const { user } = shop(balances(), {
    read_balances: () => new Promise<Balances>((resolve) => (answered = resolve)),
  });
  await line("BTC");
  const button = screen.getByRole("button", { name: "Read now" });
  await user.click(button);
  expect(button).toHaveAttribute("aria-busy", "true");
  await user.click(button);
  expect(argumentsOf("read_balances")).toHaveLength(1);
  answered(balances());
  await waitFor(() => expect(button).not.toHaveAttribute("aria-busy"));
});

test("trouble is said in words with what to do, and what was known stays", async () => {
  const message = "NOWPayments does not allow this from the address of this computer (203.0.113.7).";
  const { becomes } = shop();
  await line("BTC");
  await becomes({ trouble: failure("address_not_allowed", message), read_at: minutesAgo(30) });
  const said = await screen.findByText(new RegExp(message.slice(0, 40)));
  expect(said).toHaveTextContent("What you see is older.");
  expect(screen.getByText("The balances could not be read")).toBeVisible();
  expect(screen.getByText("30 minutes ago")).toBeVisible();
  expect(await line("BTC")).toBeVisible();
  await becomes({ trouble: null });
  await waitFor(() => expect(screen.queryByText("The balances could not be read")).toBeNull());
});

test("a coin opens beside the list with its chart, and arrows go on to the next", async () => {
  const { user } = shop();
  await user.click(await line("BTC"));
  expect(route.path).toEqual(["balances", "btc"]);
  const panel = within(await screen.findByRole("complementary", { name: "Balance: BTC" }));
  expect(panel.getByText("On its way").nextElementSibling).toHaveTextContent("0.01 BTC");
  expect(panel.getByText("Since a day ago").nextElementSibling).toHaveTextContent("+0.025 BTC");
  expect(await panel.findByRole("img", { name: "BTC, 30 days" })).toBeVisible();
  await user.click(panel.getByRole("radio", { name: "365 days" }));
  expect(await panel.findByRole("img", { name: "BTC, 365 days" })).toBeVisible();
  await user.click(panel.getByRole("button", { name: "Show as a table" }));
  expect(panel.getByRole("table", { name: "BTC, 365 days" })).toHaveTextContent("1,234.5");

  (await list()).focus();
  await user.keyboard("{ArrowDown}");
  expect(await screen.findByRole("complementary", { name: "Balance: USDTTRC20" })).toBeVisible();
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("complementary")).toBeNull());
  expect(route.path).toEqual(["balances"]);
});

test("a balance that is nothing offers nothing to be done with it", async () => {
  const { user } = shop(balances({ coins: [held("ltc", { amount: "0", pending: "2" })] }));
  await user.click(await line("LTC"));
  const empty = within(await screen.findByRole("complementary", { name: "Balance: LTC" }));
  for (const name of ["Pay out", "Pay out to a bank", "Convert", "Move to a user"])
    expect(empty.queryByRole("button", { name })).toBeNull();
});

/** The panel of a coin, in a shop in which all can be done with it. */
async function withTron() {
  const trx = () => balances({ coins: [held("trx", { amount: "50" })] });
  whole({ balances: trx, balance_chart: () => chart({ title: "TRX" }) });
  render(App);
  const user = userEvent.setup();
  await user.click(await line("TRX"));
  return { user, panel: within(await screen.findByRole("complementary", { name: "Balance: TRX" })) };
}

test("paying a coin out begins the text of the payouts with it, and keeps what was typed already", async () => {
  const { user, panel } = await withTron();
  await user.click(panel.getByRole("button", { name: "Pay out" }));
  const box = within(await screen.findByRole("dialog", { name: "Paste payouts" })).getByRole("textbox", {
    name: "Rows",
  });
  expect(box).toHaveValue("currency,address,amount\ntrx,");
  expect(route.path).toEqual(["payouts"]);
  await user.clear(box);
  await user.type(box, "mine");
  await user.keyboard("{Escape}");
  route.go(["balances", "trx"]);
  const again = within(await screen.findByRole("complementary", { name: "Balance: TRX" }));
  await user.click(again.getByRole("button", { name: "Pay out" }));
  expect(await screen.findByRole("textbox", { name: "Rows" })).toHaveValue("mine");
});

test("a coin is paid out to a bank in a dialog that has it already", async () => {
  const { user, panel } = await withTron();
  await user.click(panel.getByRole("button", { name: "Pay out to a bank" }));
  const form = within(await screen.findByRole("dialog", { name: "Pay out to a bank" }));
  expect(await form.findByRole("combobox", { name: "Coin that is paid with TRX" })).toBeVisible();
  expect(route.path).toEqual(["payouts", "bank"]);
});

test("a coin is converted in a dialog that has it already, once", async () => {
  const { user, panel } = await withTron();
  await user.click(panel.getByRole("button", { name: "Convert" }));
  const form = within(await screen.findByRole("dialog", { name: "Convert" }));
  expect(await form.findByRole("button", { name: /^From TRX/ })).toBeVisible();
  expect(route.path).toEqual(["conversions"]);
  await user.click(form.getByRole("button", { name: "Cancel" }));
  await user.click(screen.getByRole("button", { name: "Convert" }));
  const again = within(await screen.findByRole("dialog", { name: "Convert" }));
  expect(again.getByRole("button", { name: /^From Choose/ })).toBeVisible();
});

test("a coin is moved to a user who is chosen with it", async () => {
  const { user, panel } = await withTron();
  await user.click(panel.getByRole("button", { name: "Move to a user" }));
  const form = within(await screen.findByRole("dialog", { name: "Move from the shop's balance" }));
  expect(await form.findByRole("button", { name: /^Coin TRX/ })).toBeVisible();
  await user.click(await form.findByRole("radio", { name: /Anna/ }));
  await user.type(form.getByRole("textbox", { name: "Amount" }), "2");
  await user.click(form.getByRole("button", { name: "Show what that does" }));
  await screen.findByRole("dialog", { name: "Is this what you want?" });
  expect(argumentsOf("preview_move")).toEqual([
    { wanted: { kind: "deposit", user: "101", coin: "trx", amount: "2" } },
  ]);
});

test("a coin that the provider does not take is said at its field, and goes no further", async () => {
  whole({
    balances: () => balances({ coins: [held("btc")] }),
    balance_chart: () => chart({ title: "BTC" }),
  });
  render(App);
  const user = userEvent.setup();
  await user.click(await line("BTC"));
  const panel = within(await screen.findByRole("complementary", { name: "Balance: BTC" }));
  await user.click(panel.getByRole("button", { name: "Pay out to a bank" }));
  const form = within(await screen.findByRole("dialog", { name: "Pay out to a bank" }));
  const coin = await form.findByRole("combobox", { name: /^Coin that is paid with BTC/i });
  await waitFor(() => expect(coin).toHaveAccessibleDescription(/This provider does not take BTC/));
  expect(form.getByRole("button", { name: "Show what that does" })).toBeDisabled();
});

test("in a read-only shop nothing is done with a balance", async () => {
  const shops = [{ ...demoShop, read_only: true }];
  const { user } = shop(balances(), { app_state: () => appState({ shops, open: demoShop.id }) });
  await user.click(await line("BTC"));
  const panel = within(await screen.findByRole("complementary", { name: "Balance: BTC" }));
  for (const name of ["Pay out", "Pay out to a bank", "Convert", "Move to a user"])
    expect(panel.getByRole("button", { name })).toBeDisabled();
});

test("a coin that is gone says so and keeps its history", async () => {
  route.replace(["balances", "doge"]);
  shop();
  const panel = within(await screen.findByRole("complementary", { name: "Balance: DOGE" }));
  expect(panel.getByText("You hold none of this coin.")).toBeVisible();
  expect(await panel.findByRole("img", { name: "DOGE, 30 days" })).toBeVisible();
});

test("a coin is found by a part of its ticker", async () => {
  const { user } = shop();
  await line("BTC");
  await user.type(screen.getByRole("searchbox", { name: "Search coin…" }), "USDT");
  await waitFor(() => expect(screen.queryByText("BTC")).toBeNull());
  expect(await line("USDTTRC20")).toBeVisible();
  await user.type(screen.getByRole("searchbox"), "x");
  expect(await screen.findByText("No coin goes by that name")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Show all" }));
  expect(await line("BTC")).toBeVisible();
});

test("a shop that holds nothing is told what will be here", async () => {
  shop(balances({ coins: [], worth: "0", without_worth: 0 }));
  expect(await screen.findByText("What you hold will be here")).toBeVisible();
  expect(screen.queryByRole("searchbox")).toBeNull();
});

test("before the first answer nothing is said to be empty", async () => {
  const message = "NOWPayments could not be reached.";
  shop(
    balances({
      coins: [],
      worth: "0",
      without_worth: 0,
      read_at: null,
      trouble: failure("offline", message),
    }),
    {
      read_balances: () => {
        throw failure("offline", message);
      },
    },
  );
  expect(await screen.findByText("Not read yet")).toBeVisible();
  expect(screen.getByText(message)).not.toHaveTextContent("What you see is older.");
  await waitFor(() => expect(argumentsOf("read_balances")).toHaveLength(1));
});

test("what cannot be read here says why, and is asked for again", async () => {
  let broken = true;
  const { user } = shop(balances(), {
    balances: () => {
      if (broken) throw failure("other", "The disk is full.");
      return balances();
    },
  });
  expect(await screen.findByText("The disk is full.")).toBeVisible();
  broken = false;
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await line("BTC")).toBeVisible();
});

test("it is on the keyboard, and reading is in the palette", async () => {
  route.replace(["payouts"]);
  const { user } = shop();
  await screen.findByRole("navigation", { name: "Main" });
  await user.keyboard("gm");
  await line("BTC");
  await user.keyboard("{Control>}k{/Control}");
  await user.click(await screen.findByRole("option", { name: "Read now" }));
  await waitFor(() => expect(argumentsOf("read_balances")).toHaveLength(1));
});

test("it speaks German", async () => {
  shop(balances(), {
    app_state: () =>
      appState({
        shops: [demoShop],
        open: demoShop.id,
        settings: { theme: "system", text_size: "normal" as const, language: "de", formats: "system" },
      }),
  });
  const grid = await screen.findByRole("grid", { name: "Guthaben" });
  expect(within(grid).getByText("BTC").closest("[role=row]")).toHaveTextContent(/0,75.*50\.000,50 USD/);
  expect(screen.getByRole("button", { name: "Jetzt lesen" })).toBeVisible();
});

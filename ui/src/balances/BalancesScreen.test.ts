import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { toast } from "svelte-sonner";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { Balances } from "../bridge";
import { announce, appState, argumentsOf, demoShop, failure, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { chart } from "../overview/test-takings";
import { balances, held } from "./test-balances";

// What the window loads when it is needed is there before a test waits for it.
import "../components/Toaster.svelte";
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

test("what can be paid out leads to the payouts; nothing does not", async () => {
  const { user } = shop(balances({ coins: [held("btc"), held("ltc", { amount: "0", pending: "2" })] }), {
    payout_batches: () => [],
  });
  await user.click(await line("LTC"));
  const empty = within(await screen.findByRole("complementary", { name: "Balance: LTC" }));
  expect(empty.queryByRole("button", { name: "Pay out" })).toBeNull();
  await user.click(await line("BTC"));
  const panel = within(await screen.findByRole("complementary", { name: "Balance: BTC" }));
  await user.click(panel.getByRole("button", { name: "Pay out" }));
  expect(route.path).toEqual(["payouts"]);
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

import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { Conversion, ConversionQuery, ConversionQuote, ConversionRequest, Move } from "../bridge";
import { announce, appState, argumentsOf, demoShop, failure, program } from "../bridge/test-program";
import { move as moved, preview, shopHas } from "../custody/test-custody";
import { route } from "../lib/router.svelte";
import { coin } from "../payments/make/test-shop";

// What the window loads when it is needed is there before a test waits for it.
import "./ConversionsScreen.svelte";

beforeEach(() => route.replace(["conversions"]));

function conversion(own: Partial<Conversion> = {}): Conversion {
  return {
    id: "c1",
    status: "finished",
    ended: true,
    from_coin: "trx",
    to_coin: "btc",
    from_amount: "50",
    to_amount: "0.000041013900000001",
    rate: { value: "0.000000820278", exact: false },
    created_at: "2026-11-20T09:00:00Z",
    updated_at: "2026-11-20T09:02:00Z",
    made_by: "m1",
    ...own,
  };
}

function move(own: Partial<Move> = {}): Move {
  const words = "50 TRX of the shop's balance becomes about 0.000041 BTC.";
  const coins = { coin: "trx", amount: "50", to_coin: "btc", estimate: "0.000041" };
  return moved({
    kind: "conversion",
    to_user: null,
    to_name: null,
    ...coins,
    words,
    status: "waiting",
    ...own,
  });
}

const quote: ConversionQuote = {
  estimate: "0.000041",
  rate: { value: "0.00000082", exact: true },
  balance: "120.5",
  enough: true,
  trouble: null,
};

/** A page that holds all of these. */
function page(conversions: Conversion[]) {
  const read_at = "2026-11-20T09:00:00Z" as string | null;
  return { conversions, next: null, total: conversions.length, coins: ["btc", "trx"], read_at };
}

function open(own: Record<string, (args: never) => unknown> = {}) {
  program({
    conversions: () => page([conversion()]),
    conversion: () => conversion(),
    refresh_conversions: () => null,
    unsettled_moves: () => [],
    balances: () => shopHas("120.5"),
    payment_choices: () => ({ coins: [coin("trx", "Tron"), coin("btc", "Bitcoin")], currencies: ["eur"] }),
    quote_conversion: () => quote,
    preview_move: () =>
      preview({
        kind: "conversion",
        amount: "50",
        from: { user: null, name: null, coin: "trx", before: "120.5", after: "70.5" },
        to: { user: null, name: null, coin: "btc", before: "1", after: "1.000041" },
        estimate: "0.000041",
        words: "50 TRX of the shop's balance becomes about 0.000041 BTC. It cannot be taken back.",
      }),
    confirm_move: () => move(),
    move_made: () => move(),
    ...own,
  });
  render(App);
  return userEvent.setup();
}

type User = ReturnType<typeof userEvent.setup>;

const list = () => screen.findByRole("grid", { name: "Conversions" });
const dialog = (name: string) => screen.findByRole("dialog", { name });
const queries = () => (argumentsOf("conversions") as { query: ConversionQuery }[]).map(({ query }) => query);
const requests = () =>
  (argumentsOf("quote_conversion") as { request: ConversionRequest }[]).map(({ request }) => request);

async function pick(user: User, form: ReturnType<typeof within>, label: RegExp, ticker: string) {
  await user.click(form.getByRole("button", { name: label }));
  await user.type(await screen.findByPlaceholderText("Name, ticker or network"), ticker);
  await user.keyboard("{Enter}");
}

/** The form, with both coins chosen. */
async function convert(user: User) {
  await user.click(await screen.findByRole("button", { name: "Convert" }));
  const form = within(await dialog("Convert"));
  await pick(user, form, /^From/, "trx");
  await pick(user, form, /^Into/, "btc");
  return form;
}

test("conversions are listed with what came of them, and what is open is about so much", async () => {
  const open_ = conversion({ id: "c2", status: "processing", ended: false, to_amount: "0.00004" });
  open({ conversions: () => page([open_, conversion(), conversion({ id: "c0", status: "rejected" })]) });
  const rows = await within(await list()).findAllByRole("row");
  expect(rows[1]).toHaveTextContent(/50.00 TRX.*about.*0.00004.*BTCBeing converted$/);
  expect(rows[2]).toHaveTextContent(/0.000041013900000001 BTCConverted$/);
  expect(rows[2]).not.toHaveTextContent("about");
  expect(rows[3]).toHaveTextContent(/Rejected$/);
});

test("one is opened from the keyboard with what came of it, what was shown, its rate and its course", async () => {
  let now = conversion({ status: "processing", ended: false });
  const user = open({ conversion: () => now });
  (await list()).focus();
  await user.keyboard("{Enter}");
  const panel = await screen.findByRole("complementary", { name: "Conversion" });
  expect(await within(panel).findByText("1 TRX for about 0.000000820278 BTC")).toBeInTheDocument();
  await waitFor(() => expect(panel).toHaveTextContent("Was shown, about 0.000041 BTC"));
  expect(panel).toHaveTextContent("Will come of it, about");
  now = conversion();
  await announce({ kind: "conversions" });
  await waitFor(() => expect(panel).toHaveTextContent("Came of it 0.000041013900000001 BTC"));
  expect(within(panel).getByRole("list")).toHaveTextContent(/^Made .*Converted/);
  await user.click(within(panel).getByRole("button", { name: "Read again" }));
  expect(argumentsOf("refresh_conversions")).toHaveLength(1);
  await user.keyboard("{Escape}");
  expect(route.path).toEqual(["conversions"]);
});

test("they are narrowed by status, coins and period, and shown whole again", async () => {
  const user = open();
  await list();
  const choose = async (name: string, key: string) => {
    (await screen.findByRole("combobox", { name })).focus();
    await user.keyboard(key);
  };
  await choose("Status Any status", "c");
  await choose("From From any coin", "t");
  await choose("Into Into any coin", "b");
  await choose("Date Any date", "t");
  const day = new Date();
  day.setHours(0, 0, 0, 0);
  const whole = {
    statuses: [],
    from_coin: null,
    to_coin: null,
    since: null,
    before: null,
    after: null,
    limit: 200,
  };
  await waitFor(() =>
    expect(queries().at(-1)).toEqual({
      ...whole,
      statuses: ["finished"],
      from_coin: "trx",
      to_coin: "btc",
      since: day.toISOString(),
    }),
  );
  await user.click(screen.getByRole("button", { name: "Show all" }));
  await waitFor(() => expect(queries().at(-1)).toEqual(whole));
});

test("the first time they are read from NOWPayments, and without any the screen says what they are", async () => {
  let now = { ...page([]), read_at: null as string | null };
  open({
    conversions: () => now,
    refresh_conversions: () => {
      now = page([]);
      void announce({ kind: "conversions" });
      return null;
    },
  });
  expect(await screen.findByText("Conversions will be here")).toBeInTheDocument();
  expect(screen.getByRole("button", { name: "Convert something" })).toBeInTheDocument();
  expect(argumentsOf("refresh_conversions")).toHaveLength(1);
});

test("nothing like that and a reading that fails are told apart", async () => {
  const user = open({
    conversions: () => page([]),
    refresh_conversions: () => {
      throw failure("offline", "NOWPayments could not be reached.");
    },
  });
  await screen.findByText("Conversions will be here");
  await user.click(screen.getByRole("button", { name: "Read again" }));
  expect(await screen.findByText("NOWPayments could not be reached.")).toBeInTheDocument();
  route.replace(["conversions"], { status: "rejected" });
  expect(await screen.findByText("No conversion is like that")).toBeInTheDocument();
});

test("a list that cannot be read says why, and so does one conversion", async () => {
  route.replace(["conversions", "c9"]);
  open({
    conversions: () => {
      throw failure("other", "The shop was closed.");
    },
    conversion: () => {
      throw failure("not_found", "There is no such conversion.");
    },
  });
  expect(await screen.findByText("The shop was closed.")).toBeInTheDocument();
  expect(await screen.findByText("There is no such conversion.")).toBeInTheDocument();
});

test("what would come of it is asked as it is typed, and all that there is is one press", async () => {
  const user = open();
  const form = await convert(user);
  expect(form.getByText("Choose two coins and an amount.")).toBeInTheDocument();
  expect(form.getByText(/NOWPayments names no smallest amount beforehand/)).toBeInTheDocument();
  expect(requests()).toEqual([]);
  const amount = form.getByRole("textbox", { name: "Amount" });
  await user.type(amount, "50");
  const estimate = form.getByRole("region", { name: "What would come of it" });
  await waitFor(() => expect(estimate).toHaveTextContent("0.000041 BTC"));
  expect(estimate).toHaveTextContent("1 TRX for 0.00000082 BTC");
  expect(estimate).toHaveTextContent("nothing is promised");
  expect(amount).toHaveAccessibleDescription("There is 120.5 TRX.");
  expect(requests()).toEqual([{ from_coin: "trx", to_coin: "btc", amount: "50" }]);
  await user.click(form.getByRole("button", { name: "All of it" }));
  expect(amount).toHaveValue("120.5");
});

test("only the newest question counts, and an older answer is dimmed", async () => {
  const answers = new Map<string, (quote: ConversionQuote) => void>();
  const user = open({
    quote_conversion: ({ request }: { request: ConversionRequest }) =>
      new Promise((answer) => answers.set(request.amount, answer)),
  });
  const form = await convert(user);
  const amount = form.getByRole("textbox", { name: "Amount" });
  const estimate = form.getByRole("region", { name: "What would come of it" });
  await user.type(amount, "5");
  await waitFor(() => expect(answers.has("5")).toBe(true));
  await user.type(amount, "0");
  await waitFor(() => expect(answers.has("50")).toBe(true));
  answers.get("50")!({ ...quote, estimate: "0.5" });
  await waitFor(() => expect(estimate).toHaveTextContent("0.5 BTC"));
  answers.get("5")!({ ...quote, estimate: "0.05" });
  await user.type(amount, "0");
  expect(estimate).toHaveTextContent("Asking NOWPayments…");
  expect(estimate).toHaveTextContent("0.5 BTC");
  expect(estimate).toHaveClass("old");
});

test("too little and too much are said at once, and too much goes no further", async () => {
  const user = open({
    quote_conversion: ({ request }: { request: ConversionRequest }) => {
      if (request.amount === "1") throw failure("invalid", "1 TRX is too little to be converted.", "amount");
      return { ...quote, enough: false };
    },
  });
  const form = await convert(user);
  const amount = form.getByRole("textbox", { name: "Amount" });
  await user.type(amount, "1");
  await waitFor(() => expect(amount).toHaveAccessibleDescription(/1 TRX is too little to be converted/));
  await user.type(amount, "000");
  expect(await form.findByText("This is more than there is: your shop has 120.5 TRX.")).toBeInTheDocument();
  expect(form.getByRole("button", { name: "Show what that does" })).toBeDisabled();
});

test("a conversion is shown with both balances, confirmed with what was shown, and followed", async () => {
  let now = move();
  const user = open({ move_made: () => now });
  const form = await convert(user);
  await user.type(form.getByRole("textbox", { name: "Amount" }), "50{Enter}");
  const sheet = within(await dialog("Is this what you want?"));
  expect(argumentsOf("preview_move")).toEqual([
    { wanted: { kind: "conversion", from_coin: "trx", to_coin: "btc", amount: "50" } },
  ]);
  const rows = sheet.getAllByRole("row");
  expect(rows[1]).toHaveTextContent(/120.5 TRX ?70.5 TRX$/);
  expect(rows[2]).toHaveTextContent(/1 BTC ?about 1.000041 BTC$/);
  await user.keyboard("{Enter}{Enter}");
  expect(argumentsOf("confirm_move")).toEqual([]);
  await user.click(sheet.getByRole("button", { name: "Convert it" }));
  expect(argumentsOf("confirm_move")).toEqual([{ id: "m1", hash: "h1", preparer: null, approver: null }]);
  const state = await dialog("Convert");
  expect(await within(state).findByText("Waits")).toBeInTheDocument();
  now = move({ status: "finished", ended: true, to_amount: "0.0000408" });
  await announce({ kind: "conversions" });
  await waitFor(() => expect(state).toHaveTextContent("Came of it 0.0000408 BTC"));
  expect(state).toHaveTextContent("Was shown, about 0.000041 BTC");
});

test("a conversion whose end is not known stands above the list until it is", async () => {
  const unknown = move({ state: "unknown", made: null, status: null });
  let unsettled = [unknown];
  const user = open({
    unsettled_moves: () => unsettled,
    look_for_move: () => {
      unsettled = [];
      void announce({ kind: "moves" });
      return move();
    },
  });
  expect(await screen.findByText("50 TRX into BTC: not known whether it was done")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Look now" }));
  expect(argumentsOf("look_for_move")).toEqual([{ id: "m1" }]);
  await waitFor(() => expect(screen.queryByText(/not known whether/)).not.toBeInTheDocument());
});

test("in German the words are German, and so are the amounts", async () => {
  const settings = {
    theme: "system" as const,
    text_size: "normal" as const,
    language: "de",
    formats: "system" as const,
  };
  open({ app_state: () => appState({ shops: [demoShop], open: demoShop.id, settings }) });
  const rows = await within(await screen.findByRole("grid", { name: "Umtausch" })).findAllByRole("row");
  expect(rows[1]).toHaveTextContent(/0,000041013900000001 BTCUmgetauscht$/);
  expect(screen.getByRole("button", { name: "Umtauschen" })).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "Umtausch" })).toHaveAttribute("aria-current", "page");
});

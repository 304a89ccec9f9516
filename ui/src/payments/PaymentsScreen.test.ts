import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type {
  NewPaymentView,
  PaymentPage,
  PaymentQuery,
  PaymentRow,
  PaymentSelection,
  PaymentView,
} from "../bridge";
import { announce, argumentsOf, failure, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { allColumns, columns } from "./columns";
import { detail } from "./test-payment";

const DAY = 86_400_000;

function row(n: number, own: Partial<PaymentRow> = {}): PaymentRow {
  const time = new Date(Date.UTC(2026, 10, 20) - n * DAY).toISOString();
  return {
    id: `50${n}`,
    status: "finished",
    order_id: `ORD-${n}`,
    order_description: `Order number ${n}`,
    price_amount: "12.5",
    price_currency: "eur",
    pay_amount: "0.00013417",
    actually_paid: "0.00013417",
    pay_currency: "btc",
    worth: { amount: "12.5", about: false },
    pay_address: "TVjsyZ7fYF3qLF6BQgPmTEZy1xrNNyVAAA",
    invoice_id: null,
    purchase_id: "60001",
    outcome_amount: null,
    outcome_currency: null,
    into_balance: null,
    created_at: time,
    updated_at: time,
    ...own,
  };
}

/** Counts of what `of` says of rows, as the program gives them. */
function counts<K extends string>(rows: PaymentRow[], name: K, of: (row: PaymentRow) => string) {
  return [...new Set(rows.map(of))].map((each) => ({
    [name]: each,
    count: rows.filter((row) => of(row) === each).length,
  }));
}

/** A shop with these payments, listed as the program would list them. */
function shop(rows: () => PaymentRow[], own: Record<string, (args: never) => unknown> = {}) {
  program({
    list_payments: ({ query }: { query: PaymentQuery }): PaymentPage => {
      if (query.search.includes("amount>x")) throw failure("invalid", "“x” is no amount.", "search");
      const words = query.search.split(" ");
      const found = rows().filter((row) =>
        words.every((word) => {
          const [name, value] = word.split(":");
          if (name === "status") return row.status === value;
          if (name === "coin") return row.pay_currency === value;
          return row.order_id?.includes(word);
        }),
      );
      if (query.sort === "price") found.sort((a, b) => Number(a.price_amount) - Number(b.price_amount));
      if (query.sort === "price" && query.descending) found.reverse();
      return { rows: found.slice(query.from, query.from + query.limit), total: found.length };
    },
    payment_filters: () => ({
      statuses: counts(rows(), "status", ({ status }) => status),
      coins: counts(rows(), "coin", ({ pay_currency }) => pay_currency),
    }),
    payment_views: () => [],
    payment_columns: () => [],
    keep_payment_columns: () => null,
    payment_totals: () => ({ count: 0, price: [], paid: [], worth: [] }),
    payment: ({ id }: { id: string }) => detail({ row: rows().find((each) => each.id === id) }),
    ...own,
  });
}

const list = () => screen.findByRole("grid", { name: "Payments" });
const panel = () => screen.findByRole("complementary", { name: "Payment" });

beforeEach(() => route.replace(["payments"]));

test("a payment stands in the list with its order, amount, price and status in words", async () => {
  shop(() => [row(1, { status: "partially_paid" })]);
  render(App);
  const line = (await screen.findByText("ORD-1")).closest<HTMLElement>("[role=row]")!;
  expect(line).toHaveTextContent("0.00013417 BTC");
  expect(line).toHaveTextContent("12.50 EUR");
  expect(line).toHaveTextContent("Underpaid");
});

test("the list that the window begins with is asked for once, and drawn together with what is around it", async () => {
  shop(() => [row(1)]);
  const { container } = render(App);
  await waitFor(() => expect(container.querySelector("nav")).not.toBeNull());
  expect(screen.getByText("ORD-1")).toBeVisible();
  expect(argumentsOf("list_payments")).toHaveLength(1);
});

test("a list that takes long does not hold back what is around it, and comes when it comes", async () => {
  let answer = (): void => {};
  const late = new Promise<void>((resolve) => (answer = resolve));
  const page: PaymentPage = { rows: [row(1)], total: 1 };
  shop(() => [], { list_payments: () => late.then(() => page) });
  render(App);
  expect(await screen.findByRole("navigation")).toBeVisible();
  expect(screen.queryByText("ORD-1")).toBeNull();
  answer();
  expect(await screen.findByText("ORD-1")).toBeVisible();
});

test("a payment that arrives before the list is drawn is in it", async () => {
  const rows = [row(2)];
  let asked = 0;
  shop(() => rows, {
    list_payments: async () => {
      const page: PaymentPage = { rows: [...rows], total: rows.length };
      if (asked++ === 0) {
        rows.unshift(row(1));
        await announce({ kind: "payments" });
      }
      return page;
    },
  });
  render(App);
  expect(await screen.findByText("ORD-1")).toBeVisible();
});

test("a payment into a user's balance says whose it is, as far as that is known", async () => {
  const into = { order_id: null, order_description: null };
  const rows = [
    row(1, { ...into, into_balance: { user: "111", name: "anna" } }),
    row(2, { ...into, into_balance: { user: "112", name: null } }),
    row(3, { ...into, into_balance: { user: null, name: null } }),
  ];
  shop(() => rows, { list_payments: () => ({ rows, total: 3 }) });
  render(App);
  expect(await screen.findByText("Into the balance of anna")).toBeVisible();
  expect(screen.getByText("Into the balance of 112")).toBeVisible();
  expect(screen.getByText("Into a user's balance")).toBeVisible();
});

test("a status that nobody knows is shown as it came", async () => {
  shop(() => [row(1, { status: "quantum_held" })]);
  render(App);
  expect(await screen.findByText("quantum_held")).toBeVisible();
});

test("typing narrows the list, and one press shows all again", async () => {
  shop(() => [row(1), row(22)]);
  const user = userEvent.setup();
  render(App);
  await screen.findByText("ORD-1");
  await user.keyboard("/22");
  await waitFor(() => expect(screen.queryByText("ORD-1")).toBeNull());
  expect(screen.getByText("ORD-22")).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Clear" }));
  expect(await screen.findByText("ORD-1")).toBeVisible();
});

test("a search that finds nothing says so and offers the way back", async () => {
  shop(() => [row(1)]);
  const user = userEvent.setup();
  render(App);
  await screen.findByText("ORD-1");
  await user.keyboard("/zzz");
  expect(await screen.findByText("No payment matches")).toBeVisible();
});

/** Does something from the palette. */
async function pick(user: UserEvent, words: string) {
  await user.keyboard("{Control>}k{/Control}");
  const palette = await screen.findByRole("dialog");
  await user.type(within(palette).getByRole("combobox"), words);
  await user.click(await within(palette).findByRole("option", { name: (name) => name.startsWith(words) }));
}

/** The orders in the list, from the top. */
async function orders() {
  return within(await list())
    .getAllByText(/^ORD-/)
    .map(({ textContent }) => textContent);
}

test("a press on the head of a column sorts by it, another the other way round", async () => {
  shop(() => [
    row(1, { price_amount: "9" }),
    row(2, { price_amount: "100" }),
    row(3, { price_amount: "25" }),
  ]);
  const user = userEvent.setup();
  render(App);
  const head = (name: string) => screen.getByRole("columnheader", { name });
  const price = await screen.findByRole("button", { name: "Price" });
  await waitFor(async () => expect(await orders()).toEqual(["ORD-1", "ORD-2", "ORD-3"]));
  expect(head("Created")).toHaveAttribute("aria-sort", "descending");

  await user.click(price);
  await waitFor(async () => expect(await orders()).toEqual(["ORD-2", "ORD-3", "ORD-1"]));
  expect(head("Price")).toHaveAttribute("aria-sort", "descending");
  expect(head("Created")).toHaveAttribute("aria-sort", "none");
  expect(route.query.get("sort")).toBe("-price");

  await user.click(screen.getByRole("button", { name: "Price" }));
  await waitFor(async () => expect(await orders()).toEqual(["ORD-1", "ORD-3", "ORD-2"]));
  expect(route.query.get("sort")).toBe("price");

  await user.click(screen.getByText("ORD-3"));
  await panel();
  expect(route.query.get("sort")).toBe("price");
});

test("each column can be sorted by", async () => {
  const every = allColumns.map((column) => ({ column, width: null }));
  shop(() => [row(1)], { payment_columns: () => every });
  const user = userEvent.setup();
  render(App);
  const heads = async () =>
    within(await list())
      .getAllByRole("columnheader")
      .slice(1);
  await waitFor(async () => expect(await heads()).toHaveLength(allColumns.length));
  for (const [at, column] of allColumns.entries()) {
    await user.click(within((await heads())[at]!).getByRole("button"));
    // It is sorted by the first one already.
    const first = column === "created" ? "ascending" : columns[column].sort;
    expect((await heads())[at]).toHaveAttribute("aria-sort", first);
    const [asked] = argumentsOf("list_payments").slice(-1) as { query: PaymentQuery }[];
    expect(asked?.query).toMatchObject({ sort: column, descending: first === "descending" });
  }
});

test("the order of an address is taken, and what is no order is the newest first", async () => {
  shop(() => [row(1), row(2)]);
  route.replace(["payments"], { sort: "coin" });
  const { unmount } = render(App);
  expect(await screen.findByText(/sorted by Coin/)).toBeVisible();
  unmount();
  route.replace(["payments"], { sort: "constructor" });
  render(App);
  await screen.findByText("ORD-1");
  const asked = argumentsOf("list_payments") as { query: PaymentQuery }[];
  expect(asked[0]?.query).toMatchObject({ sort: "coin", descending: false });
  expect(asked.at(-1)?.query).toMatchObject({ sort: "created", descending: true });
});

test("the palette sorts, too", async () => {
  shop(() => [row(1), row(2)]);
  const user = userEvent.setup();
  render(App);
  await screen.findByText("ORD-1");
  await pick(user, "Sort by Changed");
  await waitFor(() => expect(route.query.get("sort")).toBe("-updated"));
});

test("a search that cannot be is said at the field; what was typed and the list before it stay", async () => {
  shop(() => Array.from({ length: 450 }, (_, n) => row(n)));
  const user = userEvent.setup();
  render(App);
  await screen.findByText("ORD-1");
  await user.keyboard("/amount>");
  expect(await screen.findByText("No payment matches")).toBeVisible();
  await user.keyboard("{Escape}");
  await screen.findByText("ORD-1");
  await user.click(screen.getByRole("searchbox"));
  await user.paste("amount>x");

  const field = screen.getByRole("searchbox");
  await waitFor(() => expect(field).toBeInvalid());
  expect(field).toHaveValue("amount>x");
  expect(field).toHaveAccessibleDescription("“x” is no amount. Until then the list stays as it was.");
  expect(screen.getByText("ORD-1")).toBeVisible();

  // The list before it is whole: its last row can still be reached.
  (await list()).focus();
  await user.keyboard("{End}");
  expect(await screen.findByText("ORD-449")).toBeVisible();

  await user.clear(field);
  await waitFor(() => expect(field).toBeValid());
  expect(field).not.toHaveAccessibleDescription();
});

test("an address with a search that cannot be lists nothing, says why, and offers the way back", async () => {
  shop(() => [row(1)]);
  route.replace(["payments"], { search: "amount>x" });
  const user = userEvent.setup();
  render(App);
  expect(await screen.findByText("This cannot be searched for")).toBeVisible();
  expect(screen.getByRole("searchbox")).toHaveAccessibleDescription("“x” is no amount.");
  await user.click(screen.getAllByRole("button", { name: "Show all" })[0]!);
  expect(await screen.findByText("ORD-1")).toBeVisible();
});

test("how to search is found from the palette, and an example goes into the search", async () => {
  shop(() => [row(1)]);
  const user = userEvent.setup();
  render(App);
  await screen.findByText("ORD-1");
  await pick(user, "How to search");
  const help = await screen.findByRole("dialog", { name: "How to search" });
  expect(help).toHaveTextContent("The price; also with >=, <, <= and =");
  await user.click(within(help).getByRole("button", { name: "status:failed" }));
  expect(screen.getByRole("searchbox")).toHaveValue("status:failed");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

test("one key shows all again", async () => {
  shop(() => [row(1), row(22, { status: "failed" })]);
  route.replace(["payments"], { search: "ORD status:failed", sort: "price" });
  const user = userEvent.setup();
  render(App);
  await screen.findByText("ORD-22");
  expect(screen.queryByText("ORD-1")).toBeNull();
  (await list()).focus();
  await user.keyboard("x");
  expect(await screen.findByText("ORD-1")).toBeVisible();
  expect(Object.fromEntries(route.query)).toEqual({ sort: "price" });
});

test("Enter opens the details beside the list, Escape closes them", async () => {
  shop(() => [row(1), row(2)]);
  const user = userEvent.setup();
  render(App);
  (await list()).focus();
  await user.keyboard("{ArrowDown}{Enter}");
  const details = await panel();
  expect(await within(details).findByText("502")).toBeVisible();
  expect(details).toHaveTextContent("The money has arrived");
  expect(details).toHaveTextContent("TVjsyZ7fYF3qLF6BQgPmTEZy1xrNNyVAAA");
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("complementary", { name: "Payment" })).toBeNull());
});

test("a payment that arrives is there without a touch, and the open details stay", async () => {
  let rows = [row(1, { status: "waiting" })];
  shop(() => rows);
  const user = userEvent.setup();
  render(App);
  await user.click(await screen.findByText("ORD-1"));
  await panel();
  rows = [row(0), row(1, { status: "finished" })];
  await announce({ kind: "payments" });
  expect(await screen.findByText("ORD-0")).toBeVisible();
  await waitFor(async () => expect(await panel()).toHaveTextContent("The money has arrived"));
});

/** What has been asked for: from where, and how many. */
const asked = () =>
  (argumentsOf("list_payments") as { query: PaymentQuery }[]).map(({ query }) => [query.from, query.limit]);

test("the last of a million rows is one read away, and so is what lies before it", async () => {
  shop(() => []);
  const page = ({ query }: { query: PaymentQuery }): PaymentPage => {
    const length = Math.max(0, Math.min(query.limit, 1_000_000 - query.from));
    return { rows: Array.from({ length }, (_, n) => row(query.from + n)), total: 1_000_000 };
  };
  shop(() => [], { list_payments: page });
  const user = userEvent.setup();
  render(App);
  await screen.findByText("ORD-1");
  expect(asked()).toHaveLength(1);
  (await list()).focus();
  await user.keyboard("{End}");
  expect(await screen.findByText("ORD-999999")).toBeVisible();
  expect(asked().slice(1)).toEqual([[999_900, 200]]);
  await user.keyboard("{Home}");
  expect(await screen.findByText("ORD-0")).toBeVisible();
  expect(asked()).toHaveLength(2);
});

test("a change has only what is in sight read again", async () => {
  let rows = Array.from({ length: 950 }, (_, n) => row(n));
  shop(() => rows);
  const user = userEvent.setup();
  render(App);
  await screen.findByText("ORD-1");
  (await list()).focus();
  await user.keyboard("{End}");
  await screen.findByText("ORD-949");
  const before = asked().length;
  rows = rows.map((each) => ({ ...each, order_id: `${each.order_id}-new` }));
  await announce({ kind: "payments" });
  expect(await screen.findByText("ORD-949-new")).toBeVisible();
  expect(asked().slice(before)).toEqual([[900, 200]]);
  await user.keyboard("{Home}");
  expect(await screen.findByText("ORD-0-new")).toBeVisible();
});

test("an error under an empty list stands alone: nothing is said to have been found", async () => {
  shop(() => [row(1)]);
  const user = userEvent.setup();
  render(App);
  await screen.findByText("ORD-1");
  await user.click(screen.getByRole("searchbox"));
  await user.paste("zzz");
  expect(await screen.findByText("No payment matches")).toBeVisible();
  await user.paste(" amount>x");
  expect(await screen.findByText("This cannot be searched for")).toBeVisible();
  expect(screen.queryByText("No payment matches")).toBeNull();
  expect(screen.queryByText("0 found")).toBeNull();
  expect(screen.getByRole("searchbox")).toHaveAccessibleDescription("“x” is no amount.");
});

test("what is chosen stands in the search, what is typed is chosen, and a chip takes it out again", async () => {
  shop(() => [row(1), row(2, { pay_currency: "ltc" }), row(3, { status: "failed", pay_currency: "ltc" })]);
  const user = userEvent.setup();
  render(App);
  await screen.findByText("ORD-1");
  screen.getByRole("combobox", { name: "Coin Any coin" }).focus();
  await user.keyboard("l");
  await waitFor(() => expect(screen.queryByText("ORD-1")).toBeNull());
  const field = screen.getByRole("searchbox");
  expect(field).toHaveValue("coin:ltc");
  await user.type(field, " status:failed");
  await waitFor(() => expect(screen.queryByText("ORD-2")).toBeNull());
  expect(screen.getByRole("combobox", { name: "Status Failed" })).toBeVisible();

  const chips = screen.getByRole("list", { name: "Active filters" });
  expect(within(chips).getAllByRole("listitem")).toHaveLength(2);
  within(chips).getByRole("button", { name: "Remove filter coin:ltc" }).focus();
  await user.keyboard("{Enter}");
  expect(field).toHaveValue("status:failed");
  expect(screen.getByRole("combobox", { name: "Coin Any coin" })).toBeVisible();
});

test("amounts, days, order and invoice are filters too", async () => {
  shop(() => [row(1)]);
  const user = userEvent.setup();
  render(App);
  await screen.findByText("ORD-1");
  await user.keyboard("f");
  const dialog = await screen.findByRole("dialog", { name: "Filters" });
  await user.type(within(dialog).getByLabelText("Price at least"), "10");
  await user.type(within(dialog).getByLabelText("Price at most"), "20.5");
  await user.type(within(dialog).getByLabelText("Order"), "A 17");
  await user.type(within(dialog).getByLabelText("Invoice"), "45");
  await user.click(within(dialog).getByRole("button", { name: "Done" }));
  expect(screen.getByRole("searchbox")).toHaveValue('amount>=10 amount<=20.5 order:"A 17" invoice:45');
});

test("columns are chosen, moved, made wider and put back, and kept for the shop", async () => {
  shop(() => [row(1)]);
  const user = userEvent.setup();
  render(App);
  await screen.findByText("ORD-1");
  const heads = () => screen.getAllByRole("columnheader").map((head) => head.getAttribute("aria-label"));
  const kept = () =>
    (argumentsOf("keep_payment_columns") as { columns: { column: string; width: number | null }[] }[])
      .at(-1)
      ?.columns.map(({ column, width }) => (width ? `${column} ${width}` : column))
      .join();
  await pick(user, "Columns");
  const dialog = await screen.findByRole("dialog", { name: "Columns" });
  await user.click(within(dialog).getByRole("checkbox", { name: "Payment ID" }));
  await user.click(within(dialog).getByRole("checkbox", { name: "Description" }));
  await user.click(within(dialog).getByRole("button", { name: "Payment ID: one place earlier" }));
  await user.click(within(dialog).getAllByRole("button", { name: "Close" })[0]!);
  await waitFor(() =>
    expect(heads().slice(1)).toEqual([
      "Created",
      "Order",
      "Amount",
      "Price",
      "Worth when paid",
      "Payment ID",
      "Status",
    ]),
  );
  screen.getByRole("separator", { name: "Width of Order" }).focus();
  await user.keyboard("{ArrowRight}");
  await waitFor(() => expect(kept()).toBe("created,order 48,amount,price,worth,id,status"));

  await pick(user, "Columns");
  await user.click(await screen.findByRole("button", { name: "As they were at first" }));
  await waitFor(() => expect(kept()).toBe(""));
  expect(heads()).toContain("Description");
});

test("the columns that were kept are there from the beginning, with the worth when paid", async () => {
  const columns = [
    { column: "worth", width: 120 },
    { column: "order", width: null },
  ];
  shop(() => [row(1, { worth: { amount: "6.25", about: true } })], { payment_columns: () => columns });
  render(App);
  const line = (await screen.findByText("ORD-1")).closest<HTMLElement>("[role=row]")!;
  await waitFor(() => expect(line).toHaveTextContent("~ 6.25 EUR"));
  expect(within(line).getAllByRole("gridcell")).toHaveLength(3);
});

test("a view is kept under a name, chosen by its key, renamed and deleted", async () => {
  let views: PaymentView[] = [];
  shop(() => [row(1), row(2, { pay_currency: "ltc" })], {
    payment_views: () => views,
    add_payment_view: ({ view }: { view: NewPaymentView }) => {
      if (!view.name) throw failure("invalid", "Give it a name.", "name");
      views = [{ id: 7, view }];
      return views[0];
    },
    rename_payment_view: ({ name }: { name: string }) => {
      views = views.map(({ id, view }) => ({ id, view: { ...view, name } }));
      return null;
    },
    delete_payment_view: () => {
      views = [];
      return null;
    },
  });
  const user = userEvent.setup();
  route.replace(["payments"], { search: "coin:ltc", sort: "-price" });
  render(App);
  await screen.findByText("ORD-2");
  await user.keyboard("vs");
  const save = await screen.findByRole("dialog", { name: "Save this view" });
  await user.click(within(save).getByRole("button", { name: "Save" }));
  expect(await within(save).findByText("Give it a name.")).toBeVisible();
  await user.type(within(save).getByLabelText("Name"), "Litecoin{Enter}");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await announce({ kind: "payment_views" });

  (await list()).focus();
  await user.keyboard("x");
  await screen.findByText("ORD-1");
  await pick(user, "View: Litecoin");
  await waitFor(() =>
    expect(Object.fromEntries(route.query)).toEqual({ search: "coin:ltc", sort: "-price" }),
  );
  (await list()).focus();
  await user.keyboard("v1");
  expect(Object.fromEntries(route.query)).toEqual({ search: "status:open" });
  await user.keyboard("v4");
  expect(route.query.get("search")).toBe("coin:ltc");

  await pick(user, "Rename or delete views");
  const manage = await screen.findByRole("dialog", { name: "Rename or delete views" });
  const name = within(manage).getByLabelText("Name");
  await user.clear(name);
  await user.type(name, "LTC{Tab}");
  await announce({ kind: "payment_views" });
  await user.click(await within(manage).findByRole("button", { name: "Delete view LTC" }));
  await announce({ kind: "payment_views" });
  expect(await within(manage).findByText("You have no views of your own.")).toBeVisible();
});

test("rows are selected from the keyboard, added up, and let go again", async () => {
  shop(() => Array.from({ length: 450 }, (_, n) => row(n)), {
    payment_totals: ({ selection }: { selection: PaymentSelection }) => ({
      count: 0,
      price: [{ currency: "eur", amount: selection.kind === "all" ? "5625" : "25", about: false }],
      paid: [],
      worth: [],
    }),
  });
  const user = userEvent.setup();
  render(App);
  await screen.findByText("ORD-1");
  (await list()).focus();
  await user.keyboard(" {Shift>}{ArrowDown}{/Shift}");
  const bar = await screen.findByRole("region", { name: "Selection" });
  expect(bar).toHaveTextContent("2 selected");
  await waitFor(() => expect(bar).toHaveTextContent("25.00 EUR"));
  expect(screen.getByRole("checkbox", { name: "Select ORD-1" })).toBeChecked();
  expect(screen.getByRole("checkbox", { name: "Select ORD-2" })).not.toBeChecked();

  await user.keyboard("{Control>}a{/Control}{ArrowUp} ");
  await waitFor(() => expect(bar).toHaveTextContent("449 selected"));
  expect(screen.getByRole("checkbox", { name: "Select ORD-0" })).not.toBeChecked();
  await waitFor(() => expect(bar).toHaveTextContent("5,625.00 EUR"));
  const { selection } = argumentsOf("payment_totals").at(-1) as { selection: PaymentSelection };
  expect(selection).toEqual({ kind: "all", search: "", sort: "created", descending: true, except: ["500"] });

  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("region", { name: "Selection" })).toBeNull());
});

test("a press with Shift selects all rows between, those out of sight too", async () => {
  shop(() => Array.from({ length: 450 }, (_, n) => row(n)));
  const user = userEvent.setup();
  render(App);
  await user.click(await screen.findByRole("checkbox", { name: "Select ORD-0" }));
  (await list()).focus();
  await user.keyboard("{Shift>}{End}{/Shift}");
  expect(await screen.findByText("450 selected")).toBeVisible();
  expect(screen.getByRole("checkbox", { name: "Select all that match" })).toBeChecked();
});

test("what is selected is copied as ids and as a table with the columns of the list", async () => {
  shop(() => [row(1), row(2)], {
    selected_payment_ids: () => ["501", "502"],
    payment_table: () => "Order\nORD-1\n",
    payment_columns: () => [{ column: "order", width: null }],
  });
  const user = userEvent.setup();
  render(App);
  await user.click(await screen.findByRole("checkbox", { name: "Select all that match" }));
  await user.click(await screen.findByRole("button", { name: "Copy IDs" }));
  await waitFor(async () => expect(await navigator.clipboard.readText()).toBe("501\n502"));
  await user.click(screen.getByRole("button", { name: "Copy as table" }));
  await waitFor(async () => expect(await navigator.clipboard.readText()).toBe("Order\nORD-1\n"));
  expect(argumentsOf("payment_table")).toEqual([
    {
      selection: { kind: "all", search: "", sort: "created", descending: true, except: [] },
      columns: ["order"],
      heads: ["Order"],
      currency: "Currency",
    },
  ]);
});

test("selected payments are read again one after another, until it is stopped", async () => {
  const reads: ((changed: boolean) => void)[] = [];
  shop(() => [row(1), row(2), row(3)], {
    selected_payment_ids: () => ["501", "502", "503"],
    read_payment_again: () => new Promise<boolean>((done) => reads.push(done)),
  });
  const user = userEvent.setup();
  render(App);
  await user.click(await screen.findByRole("checkbox", { name: "Select all that match" }));
  await user.click(await screen.findByRole("button", { name: "Read again at NOWPayments" }));
  await waitFor(() => expect(reads).toHaveLength(1));
  reads[0]!(true);
  await waitFor(() => expect(reads).toHaveLength(2));
  expect(screen.getByRole("progressbar", { name: "Reading again" })).toHaveAttribute("aria-valuenow", "1");
  await user.click(screen.getByRole("button", { name: "Stop" }));
  reads[1]!(false);
  expect(await screen.findByText("2 read again, 1 had changed")).toBeVisible();
  expect(reads).toHaveLength(2);
});

test("a list that cannot be read says why and is read again when asked", async () => {
  let broken = true;
  shop(() => {
    if (broken) throw failure("other", "The disk is full.");
    return [row(1)];
  });
  const user = userEvent.setup();
  render(App);
  expect(await screen.findByRole("alert")).toHaveTextContent("The disk is full.");
  broken = false;
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("ORD-1")).toBeVisible();
});

test("a shop without payments says what will be here", async () => {
  shop(() => []);
  render(App);
  expect(await screen.findByText("Your customers' payments will be here")).toBeVisible();
  expect(screen.queryByRole("searchbox")).toBeNull();
});

test("words in a description are words, whatever they look like", async () => {
  const nasty = `<img src=x onerror="alert(1)"> =HYPERLINK("x") \u202Egnp.exe`;
  shop(() => [row(1, { order_description: nasty })]);
  render(App);
  const untwisted = nasty.replace("\u202E", "U+202E");
  const shown = await screen.findAllByText((_, element) => element?.textContent === untwisted);
  expect(shown[0]).toBeVisible();
  expect(document.querySelector("img")).toBeNull();
});

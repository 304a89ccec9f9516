import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent, { type UserEvent } from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { PaymentPage, PaymentQuery, PaymentRow } from "../bridge";
import { announce, argumentsOf, failure, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
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
    created_at: time,
    updated_at: time,
    ...own,
  };
}

/** A shop with these payments, listed as the program would list them. */
function shop(rows: () => PaymentRow[]) {
  program({
    list_payments: ({ query }: { query: PaymentQuery }): PaymentPage => {
      if (query.search.includes("amount>x")) throw failure("invalid", "“x” is no amount.", "search");
      const found = rows().filter(({ order_id }) => order_id?.includes(query.search));
      if (query.sort === "price") found.sort((a, b) => Number(a.price_amount) - Number(b.price_amount));
      if (query.sort === "price" && query.descending) found.reverse();
      const wanted = found.filter(({ status }) => !query.status || status === query.status);
      const from = Number(query.after ?? 0);
      const to = from + query.limit;
      return {
        rows: wanted.slice(from, to),
        next: to < wanted.length ? String(to) : null,
        total: wanted.length,
        statuses: [...new Set(found.map(({ status }) => status))].map((status) => ({
          status,
          count: found.filter((each) => each.status === status).length,
        })),
      };
    },
    payment: ({ id }: { id: string }) => detail({ row: rows().find((each) => each.id === id) }),
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
  await user.click(screen.getByRole("button", { name: "Show all" }));
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
  await user.click(await within(palette).findByRole("option", { name: words }));
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
  route.replace(["payments"], { search: "ORD", status: "failed", sort: "price" });
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

test("further pages are read as they come into sight, without gaps", async () => {
  const rows = Array.from({ length: 450 }, (_, n) => row(n));
  shop(() => rows);
  const user = userEvent.setup();
  render(App);
  (await list()).focus();
  await user.keyboard("{End}");
  expect(await screen.findByText("ORD-449")).toBeVisible();
  const pages = argumentsOf("list_payments") as { query: PaymentQuery }[];
  expect(pages.map(({ query }) => query.after)).toEqual([null, "200", "400"]);
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
  const shown = await screen.findAllByText((_, element) => element?.textContent === nasty);
  expect(shown[0]).toBeVisible();
  expect(document.querySelector("img")).toBeNull();
});

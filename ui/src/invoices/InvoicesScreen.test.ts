import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { Invoice } from "../bridge";
import { argumentsOf, failure } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { counter, made, row } from "../payments/make/test-shop";

function invoice(own: Partial<Invoice> = {}): Invoice {
  return {
    id: "a1",
    state: "made",
    number: "4522625843",
    url: "https://nowpayments.io/payment/?iid=4522625843",
    price_amount: "25",
    price_currency: "eur",
    pay_currency: null,
    order_id: "A-9",
    order_description: "A year of coffee",
    terms: { fixed_rate: false, fee_paid_by_customer: false },
    at: "2026-11-20T09:00:00Z",
    trouble: null,
    status: null,
    payments: 0,
    ...own,
  };
}

function links(own: Partial<Invoice>, more: Record<string, (args: never) => unknown> = {}) {
  const all = [invoice(own)];
  counter({
    invoices: () => all,
    invoice: () => ({
      invoice: all[0],
      payments: own.status ? [row({ status: own.status })] : [],
      opens: true,
    }),
    ...more,
  });
}

const panel = () => screen.findByRole("complementary", { name: "Payment link" });

beforeEach(() => route.replace(["payments", "links"]));

test("a link is made without a coin and shown with its code", async () => {
  links({}, { make_invoice: () => invoice() });
  route.replace(["payments", "new"], { kind: "link" });
  const user = userEvent.setup();
  render(App);
  await user.type(await screen.findByRole("textbox", { name: "Amount" }), "25");
  await user.click(screen.getByRole("button", { name: "Make the link" }));
  expect(
    await within(await panel()).findByText("https://nowpayments.io/payment/?iid=4522625843"),
  ).toBeVisible();
  expect(await screen.findByRole("img", { name: "QR code of the link" })).toBeVisible();
  expect(screen.getByRole("button", { name: "Copy the link" })).toBeVisible();
  expect(argumentsOf("make_invoice")).toEqual([
    {
      invoice: {
        price_amount: "25",
        price_currency: "eur",
        pay_currency: "",
        terms: { fixed_rate: false, fee_paid_by_customer: false },
        order_id: "",
        order_description: "",
        success_url: "",
        cancel_url: "",
      },
    },
  ]);
});

test("a link says how far its payments are, and leads to them", async () => {
  links({ status: "finished", payments: 1 });
  const user = userEvent.setup();
  render(App);
  const line = (await screen.findByText("A-9")).closest<HTMLElement>("[role=row]")!;
  expect(line).toHaveTextContent("Paid");
  await user.click(line);
  const payment = await within(await panel()).findByRole("link", { name: "5077" });
  expect(payment).toHaveAttribute("href", "#/payments/5077");
});

test("its page opens in the browser, and a failure is said", async () => {
  links(
    {},
    {
      open_invoice: () => {
        throw failure("other", "The browser could not be opened.");
      },
    },
  );
  route.replace(["payments", "links", "a1"]);
  const user = userEvent.setup();
  render(App);
  await user.click(await screen.findByRole("button", { name: "Open the page" }));
  expect(await screen.findByText("The browser could not be opened.")).toBeVisible();
  expect(argumentsOf("open_invoice")).toEqual([{ id: "a1" }]);
});

test("a link is paid here in a coin", async () => {
  links({}, { pay_invoice: () => made() });
  route.replace(["payments", "links", "a1"]);
  const user = userEvent.setup();
  render(App);
  await user.click(await screen.findByRole("button", { name: "Pay it here" }));
  const dialog = await screen.findByRole("dialog", { name: "Pay it here" });
  await user.click(await within(dialog).findByRole("button", { name: "Make the payment" }));
  await waitFor(() =>
    expect(argumentsOf("pay_invoice")).toEqual([
      { payment: { invoice: "a1", pay_currency: "btc", customer_email: "" } },
    ]),
  );
  await waitFor(() => expect(route.path).toEqual(["payments", "made", "5077"]));
});

test("a link whose answer was lost says that nobody can pay it", async () => {
  links({ state: "lost", number: null, url: null, trouble: "Nobody knows that link." });
  route.replace(["payments", "links", "a1"]);
  render(App);
  expect(await within(await panel()).findByText("Nobody knows that link.")).toBeVisible();
  expect(screen.queryByRole("img", { name: "QR code of the link" })).toBeNull();
  expect(screen.queryByRole("button", { name: "Pay it here" })).toBeNull();
});

test("without links the screen says what will be here", async () => {
  counter();
  render(App);
  expect(await screen.findByText("Your payment links will be here")).toBeVisible();
  expect(screen.getByRole("button", { name: "New payment link" })).toBeVisible();
});

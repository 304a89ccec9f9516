import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../../App.svelte";
import type { NewPayment, PaymentDraft } from "../../bridge";
import { announce, argumentsOf, failure } from "../../bridge/test-program";
import { route } from "../../lib/router.svelte";
import { counter, detail, made, row } from "./test-shop";

const amount = () => screen.findByRole("textbox", { name: "Amount" });
const go = () => screen.getByRole("button", { name: "Make the payment" });
const quote = () => screen.getByRole("region", { name: "What it comes to" });
const sent = () => (argumentsOf("make_payment") as { payment: NewPayment }[]).map(({ payment }) => payment);

beforeEach(() => route.replace(["payments", "new"]));

test("a price is quoted as it is typed, made once, and shown to the customer", async () => {
  counter();
  const user = userEvent.setup();
  render(App);
  await user.type(await amount(), "25,50");
  await user.type(screen.getByRole("textbox", { name: "Order" }), "A-1");
  await waitFor(() => expect(quote()).toHaveTextContent("0.00025978 BTC"));
  expect(quote()).toHaveTextContent("0.0000519 BTC");
  expect(quote()).toHaveTextContent("This is enough");

  await user.keyboard("{Enter}");
  expect(await screen.findByText("Waiting for your customer. Nothing has arrived yet.")).toBeVisible();
  expect(sent()).toEqual([
    {
      price_amount: "25.50",
      price_currency: "eur",
      pay_currency: "btc",
      terms: { fixed_rate: false, fee_paid_by_customer: false },
      order_id: "A-1",
      order_description: "",
      purchase_id: null,
      case: null,
    },
  ]);
  expect(await screen.findByRole("img", { name: "QR code of the address" })).toBeVisible();
  expect(screen.getByRole("main")).toHaveTextContent("0.00025978 BTC");
  expect(screen.getByRole("button", { name: "Copy the address" })).toBeVisible();
  expect(screen.getByRole("button", { name: "Copy the amount" })).toBeVisible();
  expect(screen.getByRole("timer")).toHaveTextContent("This amount holds for");
});

test("a price that is too small says why, and another coin is one press away", async () => {
  counter();
  const user = userEvent.setup();
  render(App);
  await user.type(await amount(), "3");
  expect(await screen.findByText("3 EUR is too small to be paid in BTC")).toBeVisible();
  expect(screen.getByText(/no less than 0\.0000519 BTC/)).toBeVisible();
  expect(go()).toBeDisabled();
  expect(screen.getByText("Choose another coin or a larger amount first.")).toBeVisible();
  await user.click(await screen.findByRole("button", { name: "Use LTC" }));
  await waitFor(() => expect(quote()).toHaveTextContent("This is enough"));
  await user.click(go());
  await waitFor(() => expect(sent().map(({ pay_currency }) => pay_currency)).toEqual(["ltc"]));
});

test("what is refused is said at its field, and what was typed stays", async () => {
  counter({
    make_payment: () => {
      throw failure("invalid", "This must be one line.", "order_description");
    },
  });
  const user = userEvent.setup();
  render(App);
  await user.type(await amount(), "25");
  await user.click(go());
  const field = screen.getByRole("textbox", { name: "Description" });
  await waitFor(() => expect(field).toHaveAccessibleDescription(/This must be one line/));
  expect(await amount()).toHaveValue("25");
  await user.type(field, "x");
  expect(field).not.toHaveAccessibleDescription(/This must be one line/);
});

test("an amount that means nothing is said while it is typed", async () => {
  counter({
    quote_payment: () => {
      throw failure("invalid", "“1e3” is no amount.", "price_amount");
    },
  });
  const user = userEvent.setup();
  render(App);
  await user.type(await amount(), "1e3");
  await waitFor(async () => expect(await amount()).toHaveAccessibleDescription("“1e3” is no amount."));
});

test("without a network the quote says so and nothing else is lost", async () => {
  counter({
    quote_payment: () => {
      throw failure("offline", "NOWPayments could not be reached.");
    },
  });
  const user = userEvent.setup();
  render(App);
  await user.type(await amount(), "25");
  await waitFor(() => expect(quote()).toHaveTextContent("NOWPayments could not be reached."));
  expect(await amount()).toHaveValue("25");
});

test("an unclear answer is said, looked for, and given up only by the owner", async () => {
  const unknown = made({ state: "unknown", payment: null, trouble: "It does not show it so far." });
  let open = [] as (typeof unknown)[];
  counter({
    make_payment: () => ((open = [unknown]), unknown),
    unsettled_payments: () => open,
    look_for_payment: () => ((open = [{ ...unknown, may_give_up: true }]), open[0]),
    give_up_payment: () => ((open = []), made({ state: "given_up" })),
  });
  const user = userEvent.setup();
  render(App);
  await user.type(await amount(), "25");
  await user.click(go());
  expect(await screen.findByText("It is not certain yet whether this payment was made")).toBeVisible();
  expect(await amount()).toHaveValue("");
  await announce({ kind: "payments" });
  expect(await screen.findByText("It is not certain whether 25.00 EUR in BTC was made")).toBeVisible();
  expect(screen.queryByRole("button", { name: "It was not made" })).toBeNull();
  await user.click(screen.getByRole("button", { name: "Look again" }));
  await announce({ kind: "payments" });
  await user.click(await screen.findByRole("button", { name: "It was not made" }));
  const dialog = await screen.findByRole("dialog", { name: "Stop looking for this payment?" });
  await user.click(within(dialog).getByRole("button", { name: "It was not made" }));
  await waitFor(() => expect(argumentsOf("give_up_payment")).toEqual([{ id: "5e0c" }]));
  expect(sent()).toHaveLength(1);
});

test("what was typed is kept, and is there again", async () => {
  const draft: PaymentDraft = {
    link: false,
    price_amount: "12.",
    price_currency: "usd",
    pay_currency: "xrp",
    terms: { fixed_rate: true, fee_paid_by_customer: false },
    order_id: "B-7",
    order_description: "",
    success_url: "",
    cancel_url: "",
  };
  counter({ payment_draft: () => draft });
  const user = userEvent.setup();
  render(App);
  await waitFor(async () => expect(await amount()).toHaveValue("12."));
  expect(screen.getByRole("textbox", { name: "Order" })).toHaveValue("B-7");
  expect(screen.getByRole("button", { name: /pays in XRP/ })).toBeVisible();
  expect(screen.getByRole("checkbox", { name: "Keep the amount fixed" })).toBeChecked();
  await user.type(await amount(), "5");
  await waitFor(() =>
    expect(argumentsOf("keep_payment_draft")).toContainEqual({
      draft: { ...draft, price_amount: "12.5" },
    }),
  );
});

test("the missing part is asked for in a payment of the same purchase, as a proposal", async () => {
  counter({
    follow_up_payment: ({ id }: { id: string }) => ({
      payment: id,
      price_amount: "8.34",
      exact: false,
      price_currency: "eur",
      missing: "0.1",
      pay_currency: "ltc",
      purchase_id: "60001",
      order_id: "A-1",
      order_description: "Two bags",
      others: ["5100"],
    }),
  });
  route.replace(["payments", "new"], { follow: "5077" });
  const user = userEvent.setup();
  render(App);
  expect(await screen.findByText("0.1 LTC are missing")).toBeVisible();
  expect(screen.getByText(/rounded up/)).toBeVisible();
  expect(screen.getByText("It may have been asked for already")).toBeVisible();
  expect(screen.getByRole("link", { name: "Payment 5100" })).toHaveAttribute("href", "#/payments/5100");
  expect(await amount()).toHaveValue("8.34");
  await user.click(go());
  await waitFor(() => expect(sent()[0]).toMatchObject({ purchase_id: "60001", price_amount: "8.34" }));
  expect(argumentsOf("keep_payment_draft")).toEqual([]);
});

test("an underpaid payment offers to ask for the rest", async () => {
  counter({
    payment: () =>
      detail({ row: row({ status: "partially_paid", actually_paid: "0.0002" }), missing: "0.00005978" }),
  });
  route.replace(["payments", "5077"]);
  const user = userEvent.setup();
  render(App);
  await user.click(await screen.findByRole("button", { name: "Ask for the missing part" }));
  expect(route.path).toEqual(["payments", "new"]);
  expect(route.query.get("follow")).toBe("5077");
});

test("a new amount is worked out only after it is said what that means", async () => {
  counter({
    payment_rate: () => ({ until: "2026-11-20T09:10:00Z", renewable: true }),
    renew_payment_rate: () => ({ before: "0.00025978", pay_amount: "0.00026", until: null }),
  });
  route.replace(["payments", "made", "5077"]);
  const user = userEvent.setup();
  render(App);
  await waitFor(() => expect(screen.getByRole("timer")).toHaveTextContent("This amount has run out"));
  await user.click(screen.getByRole("button", { name: "New amount" }));
  const dialog = await screen.findByRole("dialog", { name: "Work out a new amount?" });
  expect(dialog).toHaveTextContent("Your customer then has to pay the new amount");
  await user.click(within(dialog).getByRole("button", { name: "Work it out" }));
  expect(await screen.findByText("Your customer now has to pay 0.00026 BTC")).toBeVisible();
});

test("turned to the customer nothing else of the shop is in sight, and Escape turns it back", async () => {
  counter({ payment: () => detail({ payin_extra_id: "104857" }) });
  route.replace(["payments", "made", "5077"]);
  const user = userEvent.setup();
  render(App);
  expect(await screen.findByText("The memo must not be forgotten")).toBeVisible();
  await user.click(await screen.findByRole("button", { name: "Turn to the customer" }));
  await waitFor(() => expect(screen.queryByRole("navigation")).toBeNull());
  expect(screen.getByText("104857")).toBeVisible();
  expect(screen.getByText("We are waiting for your payment.")).toBeVisible();
  await user.keyboard("{Escape}");
  expect(await screen.findByRole("navigation", { name: "Main" })).toBeVisible();
});

test("a new payment is begun from the list and from anywhere by a key", async () => {
  counter();
  route.replace(["payments"]);
  const user = userEvent.setup();
  render(App);
  await user.click(await screen.findByRole("button", { name: "New payment" }));
  expect(route.path).toEqual(["payments", "new"]);
  route.go(["settings"]);
  await user.keyboard("n");
  expect(await amount()).toHaveFocus();
});

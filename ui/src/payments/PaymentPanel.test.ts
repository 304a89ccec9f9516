import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import type { PaymentDetail } from "../bridge";
import { argumentsOf, failure, program } from "../bridge/test-program";
import { offered } from "../lib/actions.svelte";
import { href, route } from "../lib/router.svelte";
import PaymentPanel from "./PaymentPanel.svelte";
import { detail, paymentRow } from "./test-payment";

const ADDRESS = "LVg2kJoFNg45Nbpy53h7Fe1wKyeXVRhMH9";
const HASH = "a1075db55d416d3ca199f55b6084e2115b9345e16c5cf302fc80e9d5fbf5d48d";

/** The panel of this payment, with a program that answers like this. */
async function panel(payment: PaymentDetail, own: Parameters<typeof program>[0] = {}) {
  program({ payment: () => payment, ...own });
  render(PaymentPanel, { id: payment.row.id, onclose: () => {} });
  await screen.findByText(payment.row.id);
  return screen.getByRole("complementary", { name: "Payment" });
}

/** What can be seen of the line of a list of facts that begins with this label. */
function line(label: string): string {
  const found = screen.getByText(label, { selector: "dt" }).parentElement!.cloneNode(true) as HTMLElement;
  found.querySelectorAll("[aria-hidden]").forEach((unseen) => unseen.remove());
  return [...found.children].map((part) => part.textContent!.replace(/\s+/g, " ").trim()).join(" ");
}

/** Does what the palette offers under this name. */
function run(label: string) {
  const action = offered().find((action) => action.label === label);
  if (!action) throw new Error(`${label} is not offered`);
  action.run();
}

beforeEach(() => route.replace(["payments"]));

test("expected, paid and what is missing stand in coin and in the currency of the price", async () => {
  await panel(
    detail({
      row: paymentRow({
        status: "partially_paid",
        actually_paid: "0.4",
        worth: { amount: "20", about: true },
      }),
      missing: "0.1",
      missing_worth: { amount: "5", about: true },
      fees: { amount: "0.002", currency: "ltc" },
      fee: { currency: "ltc", deposit: null, service: "0.0015", withdrawal: "0.0005" },
      outcome_amount: "0.398",
      outcome_currency: "ltc",
    }),
  );
  expect(line("Expected")).toBe("Expected 0.5 LTC 25.00 EUR");
  expect(line("Paid")).toBe("Paid 0.4 LTC about 20.00 EUR");
  expect(line("Missing")).toBe("Missing 0.1 LTC about 5.00 EUR");
  expect(line("Fees")).toBe("Fees 0.002 LTC");
  expect(line("Fee for the service")).toBe("Fee for the service 0.0015 LTC");
  expect(line("Fee for sending it on")).toBe("Fee for sending it on 0.0005 LTC");
  expect(line("You receive")).toBe("You receive 0.398 LTC");
});

test("what was paid beyond the price is called so, without a minus", async () => {
  await panel(
    detail({
      row: paymentRow({ actually_paid: "0.6", worth: { amount: "30", about: true } }),
      missing: "-0.1",
      missing_worth: { amount: "-5", about: true },
    }),
  );
  expect(line("Paid too much")).toBe("Paid too much 0.1 LTC about 5.00 EUR");
  expect(screen.queryByText("Missing")).toBeNull();
});

test("a payment that waits has a QR code with the amount, or with the address only", async () => {
  const link = `litecoin:${ADDRESS}?amount=0.5`;
  const user = userEvent.setup();
  await panel(
    detail({
      row: paymentRow({ status: "waiting", actually_paid: "0", worth: null }),
      pay_address: ADDRESS,
      pay_link: link,
    }),
  );
  expect(await screen.findByRole("img", { name: "QR code of the address with the amount" })).toBeVisible();
  expect(argumentsOf("qr_code")).toEqual([{ text: link }]);
  await user.click(screen.getByRole("radio", { name: "Address only" }));
  expect(await screen.findByRole("img", { name: "QR code of the address" })).toBeVisible();
  expect(argumentsOf("qr_code").at(-1)).toEqual({ text: ADDRESS });
});

test("the QR code of a payment that is over is shown only when asked for", async () => {
  const user = userEvent.setup();
  await panel(detail());
  expect(screen.queryByRole("img", { name: /QR code/ })).toBeNull();
  await user.click(screen.getByRole("button", { name: "Show QR code" }));
  expect(await screen.findByRole("img", { name: "QR code of the address" })).toBeVisible();
  expect(screen.queryByRole("radio")).toBeNull();
});

test("a QR code that cannot be made says why", async () => {
  const user = userEvent.setup();
  await panel(detail(), {
    qr_code: () => {
      throw failure("other", "This is too long for a QR code.");
    },
  });
  await user.click(screen.getByRole("button", { name: "Show QR code" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("too long");
});

test("a memo stands apart with what happens without it, and is copied by itself", async () => {
  const user = userEvent.setup();
  await panel(detail({ payin_extra_id: "104857" }));
  const memo = screen.getByRole("note", { name: "Memo" });
  expect(memo).toHaveTextContent("A payment without this memo is lost.");
  await user.click(within(memo).getByRole("button", { name: "Copy the memo" }));
  expect(await navigator.clipboard.readText()).toBe("104857");
});

test("the palette copies the address and the ID", async () => {
  userEvent.setup();
  await panel(detail({ pay_address: ADDRESS }));
  run("Copy address");
  await waitFor(async () => expect(await navigator.clipboard.readText()).toBe(ADDRESS));
  run("Copy payment ID");
  await waitFor(async () => expect(await navigator.clipboard.readText()).toBe("5077125051"));
});

test("an explorer is offered for what it can show, and for nothing else", async () => {
  const user = userEvent.setup();
  await panel(detail({ payin_hash: HASH, payout_hash: "internal", explorers: ["address", "payin"] }), {
    open_payment_in_explorer: () => null,
  });
  run("Open in explorer");
  await user.click(screen.getByRole("button", { name: "Open the customer's transaction in the explorer" }));
  await waitFor(() =>
    expect(argumentsOf("open_payment_in_explorer")).toEqual([
      { id: "5077125051", trace: "address" },
      { id: "5077125051", trace: "payin" },
    ]),
  );
  expect(screen.getByText("internal")).toBeVisible();
  expect(screen.queryByRole("button", { name: /transaction to you/ })).toBeNull();
  expect(offered().map(({ label }) => label)).not.toContain("Open the transaction to you in the explorer");
});

test("looking again says when, and whether anything has changed", async () => {
  const user = userEvent.setup();
  let answer: () => boolean = () => false;
  await panel(detail(), { read_payment_again: () => answer() });
  await user.click(screen.getByRole("button", { name: "Look again" }));
  expect(await screen.findByText(/nothing has changed/)).toBeVisible();
  answer = () => true;
  run("Look again");
  expect(await screen.findByText(/something has changed/)).toBeVisible();
  answer = () => {
    throw failure("offline", "NOWPayments could not be reached.");
  };
  await user.click(screen.getByRole("button", { name: "Look again" }));
  expect(await screen.findByRole("alert")).toHaveTextContent("could not be reached");
  expect(screen.queryByText(/something has changed/)).toBeNull();
});

test("the timeline has what was seen and, while it waits, what is still to come", async () => {
  const future = new Date(Date.now() + 86_400_000).toISOString();
  const past = "2026-11-20T09:20:00Z";
  const payment = detail({
    row: paymentRow({ status: "waiting" }),
    price_holds_until: new Date(0).toISOString(),
    waits_until: future,
    timeline: [{ status: "waiting", at: past }],
  });
  const shown = await panel(payment);
  const points = within(shown)
    .getAllByRole("listitem")
    .map((point) => point.textContent!.trim());
  expect(points.map((point) => point.replace(/\s.*/s, ""))).toEqual(["Made", "Awaiting", "NOWPayments"]);
  expect(shown).not.toHaveTextContent("holds until");
});

test("what is over waits for nothing", async () => {
  const future = new Date(Date.now() + 86_400_000).toISOString();
  const shown = await panel(detail({ waits_until: future, price_holds_until: future }));
  expect(shown).not.toHaveTextContent("NOWPayments waits until");
  expect(shown).not.toHaveTextContent("holds until");
});

test("payments that belong to it say how, lead there, and the rest is in the list", async () => {
  route.replace(["payments", "1"], { search: "mug" });
  const row = paymentRow({ id: "2", actually_paid: "0.1", status: "partially_paid" });
  await panel(
    detail({
      origin_type: "REPEATED",
      related: {
        payments: [
          { relation: "first", row },
          { relation: "invoice", row: paymentRow({ id: "3" }) },
        ],
        more: { count: 1234, search: "invoice:77" },
      },
    }),
  );
  expect(screen.getByText(/further deposit to the address/)).toBeVisible();
  const list = screen.getByRole("list", { name: "Belongs to it" });
  const [first, other, more] = within(list).getAllByRole("link");
  expect(first).toHaveTextContent(/The first payment 0\.1.LTC 2 Underpaid/);
  expect(first).toHaveAttribute("href", href(["payments", "2"], { search: "mug" }));
  expect(other).toHaveTextContent(/Same invoice/);
  expect(more).toHaveAccessibleName("And 1,234 more");
  expect(more).toHaveAttribute("href", href(["payments"], { search: "invoice:77" }));
});

test("the answer is shown when asked for, as it came, and copied whole", async () => {
  const answer = '{\n  "pay_amount": 0.10000000000000000001e-3,\n  "order_description": "<b>\u202ex</b>"\n}';
  const user = userEvent.setup();
  await panel(detail(), { payment_answer: () => answer });
  expect(argumentsOf("payment_answer")).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Show the answer of NOWPayments" }));
  const shown = await screen.findByRole("region", { name: "the answer of NOWPayments" });
  await waitFor(() => expect(shown).toHaveTextContent("0.10000000000000000001e-3"));
  expect(shown).toHaveTextContent("<b>U+202Ex</b>");
  expect(shown.querySelector("b")).toBeNull();
  await user.click(within(shown).getByRole("button", { name: "Copy the answer of NOWPayments" }));
  expect(await navigator.clipboard.readText()).toBe(answer);
});

test("words of others cannot turn around what stands beside them, and very long ones are cut", async () => {
  const user = userEvent.setup();
  const long = `Mug \u202egnp.exe ${"x".repeat(100_000)}`;
  const shown = await panel(detail({ row: paymentRow({ order_description: long }) }));
  const words = within(shown).getByText(/^Mug/);
  expect(words.tagName).toBe("BDI");
  expect(words).toHaveTextContent("Mug U+202Egnp.exe");
  expect(words.textContent!.length).toBeLessThan(400);
  await user.click(within(shown).getByRole("button", { name: "Show all 100,013 characters" }));
  expect(words.textContent!.length).toBeGreaterThan(100_000);
});

test("a payment into a user's balance is no sale, and leads to the user", async () => {
  await panel(detail({ row: paymentRow({ into_balance: { user: "111", name: "anna" } }) }));
  expect(screen.getByText(/paid into a user's balance/)).toBeVisible();
  expect(screen.getByRole("link", { name: "anna" })).toHaveAttribute(
    "href",
    href(["custody", "user", "111"]),
  );
});

test("a payment into a balance of which nobody says whose it is leads nowhere", async () => {
  await panel(detail({ row: paymentRow({ into_balance: { user: null, name: null } }) }));
  expect(screen.getByText(/paid into a user's balance/)).toBeVisible();
  expect(screen.queryByText("Balance of")).toBeNull();
});

test("a payment that cannot be read says why and is read again when asked", async () => {
  const user = userEvent.setup();
  let broken = true;
  program({
    payment: () => {
      if (broken) throw failure("not_found", "There is no such payment.");
      return detail();
    },
  });
  render(PaymentPanel, { id: "5077125051", onclose: () => {} });
  expect(await screen.findByRole("alert")).toHaveTextContent("There is no such payment.");
  broken = false;
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("5077125051")).toBeVisible();
});

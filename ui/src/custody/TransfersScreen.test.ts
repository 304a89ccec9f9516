import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { TransferQuery } from "../bridge";
import { announce, argumentsOf, failure } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { anna, custody, transfer } from "./test-custody";

// What the window loads when it is needed is there before a test waits for it.
import "./CustodyPlace.svelte";

beforeEach(() => route.replace(["custody", "transfers"]));

function open(own: Parameters<typeof custody>[0] = {}) {
  custody(own);
  render(App);
  return userEvent.setup();
}

const list = () => screen.findByRole("grid", { name: "Transfers" });
const queries = () =>
  (argumentsOf("custody_transfers") as { query: TransferQuery }[]).map(({ query }) => query);

test("transfers are listed with a word for each state, and follow what changes", async () => {
  let transfers = [
    transfer({ id: "903", status: "created", ended: false }),
    transfer({ id: "902", from: anna.id, from_name: "Anna", to: "1", to_name: null, status: "rejected" }),
    transfer({ id: "901", status: "on_hold", ended: false }),
  ];
  open({ custody_transfers: () => ({ transfers, next: null, total: transfers.length }) });
  const rows = await within(await list()).findAllByRole("row");
  expect(rows[1]).toHaveTextContent(/The shopAnna10.00 TRXWaits$/);
  expect(rows[2]).toHaveTextContent(/Anna.*The shop.*Rejected/);
  // A status that nobody knows is shown as it came.
  expect(rows[3]).toHaveTextContent("on_hold");
  transfers = [transfer({ id: "903" })];
  await announce({ kind: "custody" });
  await waitFor(() => expect(screen.getByText("Moved")).toBeInTheDocument());
});

test("they are narrowed by status, coin and user, and shown whole again", async () => {
  const user = open();
  await list();
  screen.getByRole("combobox", { name: "Status Any status" }).focus();
  await user.keyboard("w");
  (await screen.findByRole("combobox", { name: "Coin Any coin" })).focus();
  await user.keyboard("t");
  const whole = { user: null, statuses: [], coin: null, after: null, limit: 200 };
  await waitFor(() =>
    expect(queries().at(-1)).toEqual({ ...whole, statuses: ["created", "waiting"], coin: "trx" }),
  );
  await user.click(screen.getByRole("button", { name: "Show all" }));
  await waitFor(() => expect(queries().at(-1)).toEqual(whole));
  route.replace(["custody", "transfers"], { user: anna.id });
  expect(await screen.findByRole("heading", { name: "Transfers of Anna" })).toBeInTheDocument();
  await waitFor(() => expect(queries().at(-1)).toEqual({ ...whole, user: anna.id }));
});

test("one is opened from the keyboard and leads to its user", async () => {
  const user = open();
  (await list()).focus();
  await user.keyboard("{Enter}");
  const panel = within(await screen.findByRole("complementary", { name: "Transfer" }));
  expect(panel.getByText(/the money is where it was to go/)).toBeInTheDocument();
  expect(panel.getByText("With Paydesk")).toBeInTheDocument();
  expect(panel.getByRole("link", { name: "Anna" })).toHaveAttribute("href", "#/custody/user/101");
});

test("one that is not in the list opens by its address, and none that is gone", async () => {
  const user = open({ custody_transfer: ({ id }: { id: string }) => transfer({ id, amount: "77" }) });
  await list();
  route.go(["custody", "transfers"], { open: "123" });
  const panel = within(await screen.findByRole("complementary", { name: "Transfer" }));
  expect(panel.getByText("123")).toBeInTheDocument();
  await user.keyboard("{Escape}");
  await waitFor(() => expect(screen.queryByRole("complementary")).not.toBeInTheDocument());
  expect(route.query.get("open")).toBeNull();
});

test("nothing yet and nothing like that are told apart, and failing is said", async () => {
  let failing = false;
  const user = open({
    custody_transfers: () => {
      if (failing) throw failure("other", "The shop was closed.");
      return { transfers: [], next: null, total: 0 };
    },
  });
  expect(await screen.findByText("Transfers will be here")).toBeInTheDocument();
  route.replace(["custody", "transfers"], { status: "rejected" });
  expect(await screen.findByText("No transfer is like that")).toBeInTheDocument();
  await user.keyboard("{Escape}");
  expect(route.path).toEqual(["custody"]);
  failing = true;
  route.replace(["custody", "transfers"]);
  expect(await screen.findByText("The shop was closed.")).toBeInTheDocument();
});

test("a long list is read on from where it was read to", async () => {
  const many = (from: number) =>
    Array.from({ length: 200 }, (_, at) => transfer({ id: `${from + at}`, amount: `${from + at}` }));
  const user = open({
    custody_transfers: ({ query }: { query: TransferQuery }) =>
      query.after
        ? { transfers: many(1200), next: null, total: 400 }
        : { transfers: many(1000), next: "c", total: 400 },
  });
  (await list()).focus();
  await within(await list()).findByText("1,000");
  await user.keyboard("{End}");
  await waitFor(() => expect(queries().map(({ after }) => after)).toContain("c"));
});

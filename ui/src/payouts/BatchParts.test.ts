import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test } from "vitest";
import App from "../App.svelte";
import type { Batch, BatchSummary } from "../bridge";
import { announce, argumentsOf, failure, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { approval, batch, paged, part, row, summary } from "./test-batch";

// What the window loads when it is needed is there before a test waits for it.
import "../approvals/ApprovalScreen.svelte";
import "./PayoutsScreen.svelte";

beforeEach(() => route.replace(["payouts", "w1"]));

const whole = (own: Partial<BatchSummary> = {}, rest: Partial<Batch> = {}) =>
  batch("in_parts", {
    summary: summary("in_parts", { id: "w1", name: "wages.csv", payable: 9, paid: 2, parts: 3, ...own }),
    rows_hash: "hw",
    ...rest,
  });

/** The window with a batch of three parts; a part is asked for by its own id. */
function open(now: () => Batch, parts: () => BatchSummary[], own = {}) {
  program({
    payout_batch: ({ id }: { id: string }) => {
      const found = parts().find((each) => each.id === id);
      if (!found) return now();
      const waits = approval({ id: `a-${id}`, batch: id });
      return batch(found.state, { summary: found, approval: found.state === "created" ? waits : null });
    },
    payout_parts: parts,
    payout_rows: paged(() => [row(1), row(2), row(3)]),
    second_factor: () => ({ enrolled: false }),
    ...own,
  });
  render(App);
  return userEvent.setup();
}

test("a batch in parts lists them with their states, and counts what was paid of all", async () => {
  open(
    () => whole(),
    () => [part(1, "sending", { paid: 2 }), part(2, "created"), part(3, "checked")],
  );
  const list = await screen.findByRole("grid", { name: "Parts of wages.csv" });
  expect(within(list).getByText("Part 1 of 3").closest("[role=row]")).toHaveTextContent(
    /On its way.*2 of 3 paid/,
  );
  expect(within(list).getByText("Part 2 of 3").closest("[role=row]")).toHaveTextContent(
    "Waiting for your code",
  );
  expect(screen.getByRole("progressbar", { name: "Paid" })).toHaveAttribute("aria-valuetext", "2 of 9 paid");
  expect(argumentsOf("payout_rows")).toEqual([]);
});

test("the part that waits for its code is one press away, from the list and from the side", async () => {
  const user = open(
    () => whole(),
    () => [part(1, "sending"), part(2, "created"), part(3, "checked")],
  );
  expect(await screen.findByRole("link", { name: "Give the code for Part 2 of 3" })).toHaveAttribute(
    "href",
    "#/payouts/p2/approve",
  );
  await user.click(screen.getByRole("button", { name: "Approve part 2 of 3" }));
  expect(route.path).toEqual(["payouts", "p2", "approve"]);
});

test("what holds the parts up is said, and the owner goes on", async () => {
  let now = whole({}, { trouble: "Part 1 was not paid (no code was given in time)." });
  let parts = [part(1, "expired"), part(2, "checked"), part(3, "checked")];
  const user = open(
    () => now,
    () => parts,
    {
      send_payout_batch: () => {
        now = whole();
        parts = [part(1, "expired"), part(2, "created"), part(3, "checked")];
        return now;
      },
    },
  );
  expect(await screen.findByText(/no code was given in time/)).toBeInTheDocument();
  await user.click(await screen.findByRole("button", { name: "Go on with the next part" }));
  await waitFor(() => expect(route.path).toEqual(["payouts", "p2", "approve"]));
  expect(argumentsOf("send_payout_batch")).toEqual([{ id: "w1", rowsHash: "hw", pin: null }]);
});

test("where two persons are needed, going on takes the PIN of whoever prepares", async () => {
  let parts = [part(1, "expired"), part(2, "checked"), part(3, "checked")];
  const user = open(
    () => whole({}, { trouble: "Part 1 was not paid." }),
    () => parts,
    {
      send_payout_batch: ({ pin }: { pin: string | null }) => {
        if (pin !== "135790") throw failure("wrong_pin", "It takes the PIN of whoever prepares.", "pin");
        parts = [part(1, "expired"), part(2, "created"), part(3, "checked")];
        return whole();
      },
    },
  );
  await user.click(await screen.findByRole("button", { name: "Go on with the next part" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Go on with the next part" }));
  await user.type(dialog.getByLabelText("PIN of whoever prepares"), "135790{Enter}");
  await waitFor(() => expect(route.path).toEqual(["payouts", "p2", "approve"]));
});

test("a next part that could not be sent is said, and nothing is lost", async () => {
  const user = open(
    () => whole({}, { trouble: "NOWPayments could not be reached." }),
    () => [part(1, "sending"), part(2, "checked"), part(3, "checked")],
    {
      send_payout_batch: () => {
        throw failure("offline", "NOWPayments cannot be reached now.");
      },
    },
  );
  await user.click(await screen.findByRole("button", { name: "Go on with the next part" }));
  expect(await screen.findByText("NOWPayments cannot be reached now.")).toBeInTheDocument();
  expect(route.path).toEqual(["payouts", "w1"]);
});

test("parts that were not sent are given up once that was confirmed", async () => {
  const user = open(
    () => whole(),
    () => [part(1, "created"), part(2, "checked"), part(3, "checked")],
    { give_up_payout_parts: () => whole() },
  );
  await user.click(await screen.findByRole("button", { name: "Give up what was not sent…" }));
  const dialog = await screen.findByRole("dialog", { name: "Give up the 2 parts that were not sent?" });
  expect(argumentsOf("give_up_payout_parts")).toEqual([]);
  await user.click(within(dialog).getByRole("button", { name: "Give up" }));
  await waitFor(() => expect(argumentsOf("give_up_payout_parts")).toEqual([{ id: "w1" }]));
});

test("a part says which one it is, and leads back to its whole", async () => {
  route.replace(["payouts", "p2"]);
  const user = open(
    () => whole(),
    () => [part(1, "sending"), part(2, "sending"), part(3, "checked")],
  );
  expect(await screen.findByRole("heading", { name: "Part 2 of 3" })).toBeInTheDocument();
  expect(await screen.findByRole("link", { name: "of wages.csv" })).toHaveAttribute("href", "#/payouts/w1");
  await user.keyboard("{Escape}");
  expect(route.path).toEqual(["payouts", "w1"]);
});

test("a part that was not sent is neither sent nor discarded by itself", async () => {
  route.replace(["payouts", "p3"]);
  const user = open(
    () => whole(),
    () => [part(1, "sending"), part(2, "created"), part(3, "checked")],
  );
  await user.click(await screen.findByRole("button", { name: "Show the whole batch" }));
  expect(route.path).toEqual(["payouts", "w1"]);
  expect(screen.queryByRole("button", { name: /^Send|Discard/ })).not.toBeInTheDocument();
});

test("after the code of a part the next one is awaited, and approved from there", async () => {
  route.replace(["payouts", "p1", "approve"]);
  let parts = [part(1, "created"), part(2, "checked"), part(3, "checked")];
  const user = open(
    () => whole(),
    () => parts,
    {
      approve_with_code: () => {
        parts = [part(1, "verified"), part(2, "submitting"), part(3, "checked")];
        return batch("verified");
      },
    },
  );
  await user.type(await screen.findByLabelText("Six digits from your phone"), "123456");
  await user.click(screen.getByRole("button", { name: "Approve 3 payouts" }));
  expect(await screen.findByText("Part 2 of 3 is being created…")).toBeInTheDocument();
  expect(screen.getByText(/Part 1 of 3 is approved/)).toBeInTheDocument();
  expect(route.path).toEqual(["payouts", "p1", "approve"]);
  parts = [part(1, "sending"), part(2, "created"), part(3, "checked")];
  await announce({ kind: "payouts", batch: "w1" });
  await user.click(await screen.findByRole("button", { name: "Approve part 2 of 3" }));
  expect(route.path).toEqual(["payouts", "p2", "approve"]);
  expect(await screen.findByLabelText("Six digits from your phone")).toBeInTheDocument();
});

test("after the code of the last part the whole is shown", async () => {
  route.replace(["payouts", "p3", "approve"]);
  let parts = [part(1, "finished"), part(2, "sending"), part(3, "created")];
  const user = open(
    () => whole(),
    () => parts,
    {
      approve_with_code: () => {
        parts = [part(1, "finished"), part(2, "sending"), part(3, "verified")];
        return batch("verified");
      },
    },
  );
  await user.type(await screen.findByLabelText("Six digits from your phone"), "123456");
  await user.click(screen.getByRole("button", { name: "Approve 3 payouts" }));
  await waitFor(() => expect(route.path).toEqual(["payouts", "w1"]));
});

test("a batch that will be sent in parts says so before it is sent, and leads to the code of the first", async () => {
  const sendable = () =>
    batch("checked", {
      summary: summary("checked", { id: "w1", name: "wages.csv" }),
      will_be_parts: 3,
    });
  let now = sendable();
  const user = open(
    () => now,
    () => [part(1, "created"), part(2, "checked"), part(3, "checked")],
    { send_payout_batch: () => (now = whole()) },
  );
  await user.click(await screen.findByRole("button", { name: /^Send 3 payouts/ }));
  const dialog = await screen.findByRole("dialog", { name: "Send 3 payouts?" });
  expect(dialog).toHaveTextContent(/It is sent in 3 parts\. Each part needs a code of its own/);
  await user.click(within(dialog).getByRole("button", { name: "Hand over to NOWPayments" }));
  await waitFor(() => expect(route.path).toEqual(["payouts", "p1", "approve"]));
});

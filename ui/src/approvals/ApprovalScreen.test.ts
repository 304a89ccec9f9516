import { render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { toast } from "svelte-sonner";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import App from "../App.svelte";
import type { Batch, SecondFactor } from "../bridge";
import { announce, argumentsOf, failure, program } from "../bridge/test-program";
import { route } from "../lib/router.svelte";
import { approval, batch, mixed, paged, row, summary, sumRow } from "../payouts/test-batch";

beforeEach(() => route.replace(["payouts", "b1", "approve"]));
afterEach(() => vi.useRealTimers());

const factor: SecondFactor = {
  enrolled: false,
  enrolled_at: null,
  short_secret: false,
  locked_until: null,
  pins_left: 10,
  clock_skew: null,
};

function open(own = {}, now: () => Batch = () => batch("created")) {
  program({
    payout_batch: now,
    payout_rows: paged(() => [row(1), row(2, { extra_id: "4820117", currency: "xrp" }), row(3)]),
    second_factor: () => factor,
    ...own,
  });
  render(App);
  return userEvent.setup({ advanceTimers: (ms) => void (vi.isFakeTimers() && vi.advanceTimersByTime(ms)) });
}

const code = () => screen.findByLabelText("Six digits from your phone");
const approve = () => screen.getByRole("button", { name: "Approve 3 payouts" });

test("the whole truth is there: the sum in words, every address, the memo, time and attempts", async () => {
  open();
  expect(
    await screen.findByText(/pays 3 recipients in 2 coins: 0\.0052 BTC,? and 400 TRX/),
  ).toBeInTheDocument();
  expect(screen.getByRole("timer")).toHaveTextContent("43 minutes left");
  expect(screen.getByText("10 attempts left")).toBeInTheDocument();
  const list = await screen.findByRole("group", { name: "Every recipient" });
  expect(list.querySelectorAll("li")).toHaveLength(3);
  expect(list).toHaveTextContent("4820117");
  expect(list.textContent).toContain(row(1).address);
});

test("that more coins are taken than at the check is read before the code is given", async () => {
  const warning = "NOWPayments takes 105 TRX for the sums of money.";
  open({}, () => batch("created", { approval: approval({ warning }) }));
  const banner = await screen.findByText("More coins than at the check");
  expect(banner.closest("[role=status]")).toHaveTextContent(warning);
});

test("who is new is counted and marked, and who is known has a name", async () => {
  open({ payout_rows: paged(() => [row(1, { contact: "Anna Weber" }), row(2, { is_new: true })]) }, () =>
    batch("created", { approval: approval({ new_recipients: 1 }) }),
  );
  expect(await screen.findByText("1 recipient is new.")).toBeInTheDocument();
  const list = await screen.findByRole("group", { name: "Every recipient" });
  const [known, fresh] = list.querySelectorAll("li");
  expect(known).toHaveTextContent("Anna Weber");
  expect(within(known!).queryByText("new")).not.toBeInTheDocument();
  expect(within(fresh!).getByText("new")).toBeInTheDocument();
});

test("what an earlier screen said does not cover what is approved", async () => {
  route.replace(["payouts", "b1"]);
  open();
  toast.success("Said by the screen before");
  expect(await screen.findByText("Said by the screen before")).toBeInTheDocument();
  route.go(["payouts", "b1", "approve"]);
  await code();
  await waitFor(() => expect(screen.queryByText("Said by the screen before")).not.toBeInTheDocument());
});

test("no navigation leads away from the approval", async () => {
  open();
  await code();
  expect(screen.queryByRole("navigation")).not.toBeInTheDocument();
});

test("the button waits for six digits, and Enter alone approves nothing", async () => {
  const user = open({ approve_with_code: () => batch("verified") });
  await user.type(await code(), "12345{Enter}");
  expect(approve()).toBeDisabled();
  await user.type(await code(), "6{Enter}");
  expect(approve()).toBeEnabled();
  expect(argumentsOf("approve_with_code")).toEqual([]);
  await user.click(approve());
  await waitFor(() => expect(route.path).toEqual(["payouts", "b1"]));
  expect(argumentsOf("approve_with_code")).toEqual([
    { approval: "a1", rowsHash: "h1", code: "123456", pin: null },
  ]);
});

test("a double click approves once", async () => {
  let answer: (approved: Batch) => void = () => {};
  const user = open({ approve_with_code: () => new Promise<Batch>((resolve) => (answer = resolve)) });
  await user.type(await code(), "123456");
  await user.dblClick(approve());
  expect(argumentsOf("approve_with_code")).toHaveLength(1);
  answer(batch("verified"));
  await waitFor(() => expect(route.path).toEqual(["payouts", "b1"]));
});

test("a wrong code says how many attempts are left, and leaves the field empty for the next", async () => {
  let now = batch("created");
  const user = open(
    {
      approve_with_code: () => {
        now = batch("created", { approval: approval({ attempts_left: 9 }) });
        throw failure("wrong_code", "NOWPayments refused the code. 9 more codes can be tried.");
      },
    },
    () => now,
  );
  await user.type(await code(), "111111");
  await user.click(approve());
  expect(await screen.findByText(/9 attempts left/)).toBeVisible();
  expect(await screen.findByRole("alert")).toHaveTextContent(
    /NOWPayments refused the code\. 9 more codes can be tried\.$/,
  );
  expect(await code()).toHaveValue("");
});

test("rows that changed while the owner read are not approved", async () => {
  let now = batch("created");
  const user = open({}, () => now);
  await user.type(await code(), "123456");
  now = batch("created", { approval: approval({ rows_hash: "h2" }) });
  await announce({ kind: "payouts", batch: "b1" });
  expect(await screen.findByText(/has changed since you looked/)).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: /^Approve/ })).not.toBeInTheDocument();
});

test("the time runs down, and then no code is taken any more", async () => {
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
  const soon = approval({ expires_at: new Date(Date.now() + 3_000).toISOString() });
  open({}, () => batch("created", { approval: soon }));
  await code();
  expect(screen.getByRole("timer")).toHaveTextContent("3 seconds left");
  vi.advanceTimersByTime(1_000);
  await waitFor(() => expect(screen.getByRole("timer")).toHaveTextContent("2 seconds left"));
  vi.advanceTimersByTime(2_000);
  expect(await screen.findByText("The time for the code is over")).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: /^Approve/ })).not.toBeInTheDocument();
});

test("a code that was just used has to be waited out", async () => {
  const not_before = new Date(Date.now() + 17_000).toISOString();
  const user = open({}, () => batch("created", { approval: approval({ not_before }) }));
  await user.type(await code(), "123456");
  expect(approve()).toBeDisabled();
  expect(screen.getByText(/A code works only once/)).toBeInTheDocument();
});

test("with a secret on this computer the PIN is asked first, and a wrong one says so", async () => {
  const user = open({
    second_factor: () => ({ ...factor, enrolled: true }),
    approve_with_pin: () => {
      throw failure("wrong_pin", "The PIN is wrong.");
    },
  });
  const pin = await screen.findByLabelText("PIN");
  await user.type(pin, "246810{Enter}");
  expect(argumentsOf("approve_with_pin")).toEqual([]);
  await user.click(approve());
  expect(await screen.findByText("The PIN is wrong.")).toBeInTheDocument();
  expect(argumentsOf("approve_with_pin")).toEqual([{ approval: "a1", rowsHash: "h1", pin: "246810" }]);
  expect(pin).toHaveValue("");
});

test("without a secret on this computer the PIN leads to where it is set up", async () => {
  const user = open();
  await code();
  await user.click(screen.getByRole("radio", { name: "PIN on this computer" }));
  expect(await screen.findByRole("link", { name: "Set it up in settings" })).toHaveAttribute(
    "href",
    "#/settings",
  );
  expect(approve()).toBeDisabled();
});

test("the practice phone shows its code in the demo shop", async () => {
  open({ demo_phone: () => ({ secret: "JBSWY3DPEHPK3PXP", code: "482913", seconds_left: 19 }) });
  expect(await screen.findByRole("complementary", { name: "Practice phone" })).toHaveTextContent("482913");
});

test("a batch that does not wait for a code says where it stands instead", async () => {
  open({}, () => batch("expired"));
  expect(await screen.findByText("This batch does not wait for a code")).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: /^Approve/ })).not.toBeInTheDocument();
});

test("sums of money are approved with the exact coins that NOWPayments has worked out for them", async () => {
  const own = { provider_id: "500", approval: approval({ totals: [mixed()] }) };
  open({ payout_rows: paged(() => [sumRow(1, { provider_id: "501" })]) }, () => batch("created", own));
  expect(await screen.findByText(/in 1 coin: 0\.0052 BTC and 250\.00 EUR in BTC/)).toBeInTheDocument();
  expect(screen.getByText(/has worked out the coins for the sums of money/)).toBeInTheDocument();
  expect(screen.getByText("0.0079 in all")).toBeInTheDocument();
  const list = await screen.findByRole("group", { name: "Every recipient" });
  expect(within(list).getByText("0.0027 BTC")).toBeInTheDocument();
});

test("sums that are paid later are approved as about so many coins", async () => {
  const execute_at = new Date(Date.now() + 86_400_000).toISOString();
  const own = {
    provider_id: "500",
    summary: summary("created", { execute_at }),
    schedule: { execute_at, repetition: null },
    approval: approval({ totals: [mixed()] }),
  };
  open({ payout_rows: paged(() => [sumRow(1, { provider_id: "501" })]) }, () => batch("created", own));
  expect(await screen.findByText(/when the time of the batch comes/)).toBeInTheDocument();
  expect(screen.getByText("about 0.0079 in all")).toBeInTheDocument();
  const list = await screen.findByRole("group", { name: "Every recipient" });
  expect(within(list).getByText("about 0.0027 BTC")).toBeInTheDocument();
});

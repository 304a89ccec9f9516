import type { UserEvent } from "@testing-library/user-event";
import type {
  Chart,
  Plan,
  PlanDetail,
  PlanFigures,
  PlanList,
  SubscriberFile,
  SubscriberRow,
  SubscriptionCall,
  SubscriptionDetail,
  SubscriptionQuery,
  SubscriptionRow,
  Unpaid,
} from "../bridge";
import { program } from "../bridge/test-program";
import { anna } from "../custody/test-custody";

export const coffee: Plan = {
  id: "11",
  title: "Coffee club",
  interval_days: 30,
  amount: "24.9",
  currency: "eur",
  takes_email: true,
  callback_url: null,
  success_url: "https://shop.example/thanks",
  cancel_url: null,
  partially_paid_url: null,
  created_at: "2026-10-01T10:00:00Z",
  updated_at: null,
};
export const mining: Plan = {
  ...coffee,
  id: "12",
  title: "Mining",
  amount: "0.001",
  currency: "btc",
  takes_email: false,
};

export function figures(own: Partial<PlanFigures> = {}): PlanFigures {
  return {
    by_status: [
      { status: "paid", count: 3 },
      { status: "waiting_pay", count: 1 },
    ],
    subscribers: 4,
    active: 3,
    monthly: { subscriptions: 3, amount: "75.79", currency: "eur", decimals: 2, exact: false },
    collected: {
      periods: 5,
      sums: [{ currency: "eur", amount: "99.6" }],
      unpriced: 1,
      since: "2026-11-01T10:00:00Z",
    },
    churn: { left: 1, of: 4, since: "2026-11-01T10:00:00Z" },
    renewals: 2,
    ...own,
  };
}

export function planList(own: Partial<PlanList> = {}): PlanList {
  const none = figures({
    by_status: [],
    subscribers: 0,
    monthly: { subscriptions: 0, amount: "0", currency: "btc", decimals: 8, exact: true },
  });
  return {
    plans: [
      { plan: coffee, figures: figures() },
      { plan: mining, figures: none },
    ],
    unpaid: 1,
    sync: { since: "2026-11-01T10:00:00Z", read_at: "2026-11-27T10:00:00Z", running: false, trouble: null },
    ...own,
  };
}

export function row(own: Partial<SubscriptionRow> = {}): SubscriptionRow {
  return {
    id: "501",
    plan: coffee.id,
    plan_title: coffee.title,
    email: "anna@mail.example",
    user: null,
    user_name: null,
    status: "paid",
    active: true,
    expires_at: "2026-12-20T10:00:00Z",
    created_at: "2026-11-20T10:00:00Z",
    updated_at: null,
    ended_at: null,
    ...own,
  };
}

export function detail(own: Partial<SubscriptionDetail> = {}): SubscriptionDetail {
  const event = { from: null, to: null, expires_at: null, amount: null, currency: null };
  return {
    row: row(),
    plan: coffee,
    events: [
      {
        ...event,
        kind: "paid",
        expires_at: "2026-12-20T10:00:00Z",
        amount: "24.9",
        currency: "eur",
        at: "2026-11-20T11:00:00Z",
      },
      { ...event, kind: "seen", to: "waiting_pay", at: "2026-11-20T10:00:00Z" },
    ],
    calls: [call({ id: "c0", subscription: "501" })],
    ...own,
  };
}

export function unpaid(own: Partial<Unpaid> = {}): Unpaid {
  return {
    row: row({ id: "502", email: "ben@mail.example", status: "waiting_pay", active: false }),
    amount: "24.9",
    currency: "eur",
    since: "2026-11-25T10:00:00Z",
    until: "2026-12-02T10:00:00Z",
    ...own,
  };
}

export function call(own: Partial<SubscriptionCall> = {}): SubscriptionCall {
  return {
    id: "c1",
    kind: "subscribe",
    state: "done",
    plan: coffee.id,
    subscription: null,
    title: null,
    email: "anna@mail.example",
    user: null,
    at: "2026-11-27T10:00:00Z",
    trouble: null,
    may_give_up: false,
    ...own,
  };
}

export function subscriberFile(own: Partial<SubscriberFile> = {}): SubscriberFile {
  return {
    id: "f1",
    plan: coffee.id,
    plan_title: coffee.title,
    name: "club.csv",
    state: "draft",
    counts: { records: 6, header: 1, blank: 1, accepted: 1, rejected: 3, bad: 1, duplicates: 1, already: 1 },
    progress: {
      ready: 1,
      subscribed: 0,
      refused: 0,
      unknown: 0,
      bad: 1,
      duplicates: 1,
      already: 1,
      left_out: 0,
    },
    notes: [],
    trouble: null,
    at: "2026-11-27T10:00:00Z",
    ...own,
  };
}

export function fileRow(own: Partial<SubscriberRow> = {}): SubscriberRow {
  return {
    number: 1,
    line: 2,
    email: "anna@mail.example",
    notes: [["Name", "Anna"]],
    raw: "anna@mail.example,Anna",
    status: "ready",
    problem: null,
    call: null,
    subscription: null,
    ...own,
  };
}

const chart: Chart = {
  svg: '<svg xmlns="http://www.w3.org/2000/svg"/>',
  title: "Subscribers of “Coffee club” by status",
  table: { columns: ["Day", "Paid"], rows: [["2026-11-27", "3"]] },
};

/** A program with two plans and one subscriber, which answers otherwise where a test says so. */
export function subscriptions(own: Record<string, (args: never) => unknown> = {}): void {
  const plan: PlanDetail = { plan: coffee, figures: figures(), renewals: [] };
  program({
    subscription_plans: () => planList(),
    subscription_plan: () => plan,
    subscription_plan_chart: () => chart,
    list_subscriptions: ({ query }: { query: SubscriptionQuery }) => {
      const rows = [row(), row({ id: "503", email: null, user: "77", user_name: "Kim", plan: "12" })].filter(
        ({ email, status }) =>
          (email ?? "kim").includes(query.search) && (!query.status || query.status === status),
      );
      return { rows, total: rows.length, next: null, statuses: ["paid", "on_hold"] };
    },
    subscription: () => detail(),
    unsettled_subscription_calls: () => [],
    payment_choices: () => ({ coins: [], currencies: ["eur", "usd"] }),
    custody_status: () => ({ users_read_at: "2026-11-20T09:00:00Z", transfers_read_at: null }),
    custody_users: () => ({ users: [{ ...anna, id: "77", name: "Kim" }], next: null, total: 1 }),
    unpaid_subscriptions: () => [unpaid()],
    subscriber_files: () => [subscriberFile()],
    ...own,
  });
}

/** Takes the option that begins with these letters by typing them: jsdom lays out no list to choose from. */
export async function choose(user: UserEvent, choice: HTMLElement, letters: string): Promise<void> {
  choice.focus();
  await user.keyboard(letters);
}

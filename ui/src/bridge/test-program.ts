// The program behind the window, for tests: commands are answered by the test, through the real bridge.
import { emit } from "@tauri-apps/api/event";
import { mockIPC } from "@tauri-apps/api/mocks";
import type {
  AppState,
  Changed,
  Failure,
  FailureCode,
  LockState,
  NotificationRules,
  Rules,
  Settings,
  Shop,
} from "./bindings";

/** Answers by the name of the command. What an answer throws reaches the window as the command's failure. */
type Answers = Record<string, (args: never) => unknown>;

let answers: Answers = {};
let asked: { command: string; args: unknown }[] = [];

// Once: the bridge keeps listening through all tests of a file.
mockIPC(
  (command, args) => {
    asked.push({ command, args });
    const answer = answers[command];
    if (!answer) throw failure("other", `The test has no answer to ${command}.`);
    return answer(args as never);
  },
  { shouldMockEvents: true },
);

/** Begins a test with a program that answers like this; the demo shop is open and quiet unless it says otherwise. */
export function program(own: Answers = {}): void {
  asked = [];
  answers = {
    app_state: () => appState({ shops: [demoShop], open: demoShop.id }),
    ready: () => null,
    usable: () => null,
    speak: () => null,
    sync_status: () => ({
      cached: 0,
      total: 0,
      complete: true,
      stopped: false,
      running: false,
      last_success: null,
      next_at: null,
      trouble: null,
    }),
    attention_count: () => ({ open: 0, earlier: 0, settled: 0 }),
    attention_of_payment: () => [],
    unclear: () => [],
    pending_approvals: () => [],
    payout_batches: () => [],
    payout_rules: () => payoutRules(),
    notifications: () => ({ entries: [], unread: 0, paused_until: null }),
    notification_rules: () => notificationRules(),
    autostart: () => ({ on: false }),
    export_status: () => null,
    backup_pin: () => null,
    removal: () => ({ under_way: [], pin: null }),
    aim_drops: () => null,
    data_job: () => null,
    data_size: () => ({ database: 0, database_log: 0, logs: 0, folder: 0 }),
    demo_phone: () => null,
    unsettled_payments: () => [],
    payment_draft: () => null,
    keep_payment_draft: () => null,
    form_draft: () => null,
    keep_form_draft: () => null,
    payment_rate: () => ({ until: null, renewable: false }),
    invoices: () => [],
    qr_code: () => ({ size: 29, path: "M4 4h7v1h-7z" }),
    callback_listener: () => ({
      state: { kind: "off" },
      port: 4380,
      secret_set_at: null,
      last_at: null,
    }),
    ...own,
  };
}

/** Tells the window what has changed. */
export async function announce(change: Changed): Promise<void> {
  await emit("happened", change);
}

/** What was asked of a command, in order. */
export function argumentsOf(command: string): unknown[] {
  return asked.filter((each) => each.command === command).map(({ args }) => args);
}

export function failure(code: FailureCode, message: string, field: string | null = null): Failure {
  return { code, message, field };
}

export const demoShop: Shop = {
  id: "demo",
  name: "Demo shop",
  environment: "demo",
  email: null,
  added_at: "2026-11-01T10:00:00Z",
  read_only: false,
  currency: "usd",
};

/** What the window begins with; settings that are not said are as they are at first. */
export function appState({
  settings,
  ...own
}: Omit<Partial<AppState>, "settings"> & { settings?: Partial<Settings> } = {}): AppState {
  return {
    shops: [],
    open: null,
    trouble: null,
    settings: {
      theme: "system",
      text_size: "normal",
      language: "en",
      formats: "system",
      week_start: "formats",
      ...settings,
    },
    spoken: "en-US",
    lock: lockState(),
    version: "0.1.0",
    ...own,
  };
}

export function lockState(own: Partial<LockState> = {}): LockState {
  return { enabled: false, locked: false, after_minutes: 10, locked_until: null, ...own };
}

export function notificationRules(own: Partial<NotificationRules> = {}): NotificationRules {
  return {
    news: ["finished", "partially_paid", "failed"],
    subscriptions: ["paid", "underpaid", "expired"],
    at_least: [],
    quiet: null,
    payouts_when_quiet: true,
    moves: true,
    singles: 3,
    ...own,
  };
}

export function payoutRules(own: Partial<Rules> = {}): Rules {
  return {
    contacts_only: false,
    batch_limit: null,
    day_limit: null,
    currency: "usd",
    part_size: 1000,
    needs_pin: false,
    lock_pin: false,
    two_persons: false,
    ...own,
  };
}

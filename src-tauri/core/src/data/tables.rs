//! The tables of an export of everything: one file for each, in which order, and what it holds.

use crate::language::said;

/// A file of the export.
pub(super) struct Table {
    /// Its name without the ending, which is that of the table that it is read from.
    pub(super) name: &'static str,
    /// What is read for it. The columns have their names from here.
    pub(super) sql: &'static str,
}

/// All of them. What is in none of them is in [`LEFT_OUT`], and the text beside them says so.
pub(super) const TABLES: &[Table] = &[
    Table {
        name: "payments",
        sql: "SELECT id, status, order_id, order_description, price_amount, price_currency, pay_amount, actually_paid, \
              pay_currency, actually_paid_at_fiat, outcome_amount, outcome_currency, fee, pay_address, payin_extra_id, \
              purchase_id, invoice_id, parent_payment_id, origin_type, created_at, updated_at FROM payments ORDER BY payments.number",
    },
    Table {
        name: "payment_events",
        sql: "SELECT payments.id AS payment, payment_events.number, payment_events.at, payment_events.status \
              FROM payment_events JOIN payments ON payments.number = payment_events.payment \
              ORDER BY payment_events.payment, payment_events.number",
    },
    Table {
        name: "made_payments",
        sql: "SELECT id, state, payment, invoice, price_amount, price_currency, pay_currency, order_id, given_order_id, \
              order_description, purchase_id, terms, at, trouble FROM made_payments ORDER BY at, id",
    },
    Table {
        name: "invoices",
        sql: "SELECT id, state, number, url, price_amount, price_currency, pay_currency, order_id, order_description, success_url, \
              cancel_url, terms, at, trouble FROM invoices ORDER BY at, id",
    },
    Table {
        name: "attention_cases",
        sql: "SELECT payments.id AS payment, kind, cause, shelf, at, since, noticed_at, settled_at, settled_by, note, batch, \
              attention_cases.purchase_id \
              FROM attention_cases JOIN payments ON payments.number = attention_cases.payment ORDER BY attention_cases.id",
    },
    Table {
        name: "payout_batches",
        sql: "SELECT id, name, state, records, blank, accepted, rejected, payable, bad, removed, paid, failed, new_recipients, \
              control_rows, file_hash, rows_hash, checked_at, submitted_at, expires_at, provider_id, whole, part, parts, \
              execute_at, repeat_interval, repeat_every, repeat_until, repeats, pays_again, trouble, created_at, updated_at \
              FROM payout_batches ORDER BY created_at, id",
    },
    Table {
        name: "payout_rows",
        sql: "SELECT batch, number, line, address, currency, network, amount, fiat_amount, fiat_currency, coin_amount, extra_id, \
              description, external_id, notes, problems, warnings, status, removed_at, edited_at, unique_external_id, \
              provider_id, provider_status, hash, fee, fee_estimate, error, paid_at, raw \
              FROM payout_rows ORDER BY batch, number",
    },
    Table {
        name: "payout_steps",
        sql: "SELECT batch, number, at, state, note FROM payout_steps ORDER BY batch, number",
    },
    Table {
        name: "payout_coins",
        sql: "SELECT batch, currency, rows, amount, fiat_in_coins, fee, balance, worth, worth_of, worth_currency \
              FROM payout_coins ORDER BY batch, currency",
    },
    Table {
        name: "payout_control_sums",
        sql: "SELECT batch, currency, amount FROM payout_control_sums ORDER BY batch, currency",
    },
    Table {
        name: "payout_sent_ids",
        sql: "SELECT unique_external_id, batch, number, rows_hash, at FROM payout_sent_ids ORDER BY at, unique_external_id",
    },
    Table {
        name: "payout_candidates",
        sql: "SELECT batch, provider_id, not_ours_at FROM payout_candidates ORDER BY batch, provider_id",
    },
    Table {
        name: "payout_rules",
        sql: "SELECT contacts_only, batch_limit, day_limit, currency, part_size FROM payout_rules",
    },
    Table {
        name: "payout_layouts",
        sql: "SELECT looks AS file_columns, columns, header, currency, fiat_currency FROM payout_layouts ORDER BY looks",
    },
    Table {
        name: "contacts",
        sql: "SELECT id, name, address, currency, extra_id, added_at FROM contacts ORDER BY added_at, id",
    },
    Table {
        name: "subscription_plans",
        sql: "SELECT id, title, interval_days, amount, currency, callback_url, success_url, cancel_url, partially_paid_url, \
              created_at, updated_at FROM subscription_plans ORDER BY id",
    },
    Table {
        name: "subscription_plan_terms",
        sql: "SELECT plan, since, interval_days, amount, currency FROM subscription_plan_terms ORDER BY plan, since",
    },
    Table { name: "subscription_users", sql: "SELECT id, name FROM subscription_users ORDER BY id" },
    Table {
        name: "subscriptions",
        sql: "SELECT id, plan, email, user, status, active, expires_at, created_at, updated_at, seen_at, billed_at, ended_at \
              FROM subscriptions ORDER BY id",
    },
    Table {
        name: "subscription_events",
        sql: "SELECT number, subscription, plan, kind, from_status, to_status, expires_at, amount, currency, at \
              FROM subscription_events ORDER BY number",
    },
    Table {
        name: "subscription_calls",
        sql: "SELECT id, kind, state, plan, subscription, email, user, wanted, at, trouble FROM subscription_calls \
              ORDER BY at, id",
    },
    Table {
        name: "subscriber_files",
        sql: "SELECT id, plan, name, state, records, blank, notes, trouble, at FROM subscriber_files ORDER BY at, id",
    },
    Table {
        name: "subscriber_rows",
        sql: "SELECT file, number, line, email, notes, raw, verdict, status, problem, call, subscription FROM subscriber_rows \
              ORDER BY file, number",
    },
    Table {
        name: "custody_users",
        sql: "SELECT id, name, created_at, read_at, moved_at FROM custody_users ORDER BY id",
    },
    Table {
        name: "custody_balances",
        sql: "SELECT user, coin, amount, pending FROM custody_balances ORDER BY user, coin",
    },
    Table {
        name: "custody_transfers",
        sql: "SELECT id, from_id, to_id, status, coin, amount, created_at, updated_at FROM custody_transfers \
              ORDER BY created_at, id",
    },
    Table {
        name: "custody_payments",
        sql: "SELECT id, user, status, coin, amount, pay_amount, actually_paid, outcome_coin, outcome_amount, pay_address, \
              memo, created_at, updated_at FROM custody_payments ORDER BY created_at, id",
    },
    Table {
        name: "moves",
        sql: "SELECT id, kind, state, from_user, to_user, coin, amount, to_coin, estimate, worth, worth_currency, name, provider, method, words, \
              at, made, trouble \
              FROM moves ORDER BY at, id",
    },
    Table {
        name: "conversions",
        sql: "SELECT id, status, from_coin, to_coin, from_amount, to_amount, created_at, updated_at FROM conversions \
              ORDER BY created_at, id",
    },
    Table {
        name: "fiat_payouts",
        sql: "SELECT id, provider, request_id, status, coin, amount, currency, fiat_amount, method, account, error, created_at, \
              updated_at FROM fiat_payouts ORDER BY created_at, id",
    },
    Table {
        name: "fiat_payout_steps",
        sql: "SELECT payout, status, at FROM fiat_payout_steps ORDER BY payout, at, status",
    },
    Table {
        name: "fiat_accounts",
        sql: "SELECT id, provider, currency, method, name, account, status, created_at FROM fiat_accounts \
              ORDER BY created_at, id",
    },
    Table {
        name: "balances",
        sql: "SELECT coin, amount, pending, worth, worth_currency FROM balances ORDER BY coin",
    },
    Table {
        name: "balance_changes",
        sql: "SELECT coin, at, amount, pending FROM balance_changes ORDER BY coin, at",
    },
    Table {
        name: "notifications",
        sql: "SELECT at, title, body, json_extract(subject, '$.kind') AS kind, json_extract(subject, '$.id') AS about, read_at \
              FROM notifications ORDER BY at, key",
    },
    Table { name: "notification_rules", sql: "SELECT rules, paused_until FROM notification_rules" },
    Table {
        name: "payment_views",
        sql: "SELECT id, name, search, sort, descending, columns FROM payment_views ORDER BY id",
    },
    Table {
        name: "callbacks",
        sql: "SELECT number, at, verified, effect, reason, kind, subject, batch, status, body FROM callbacks ORDER BY number",
    },
    Table {
        name: "audit_log",
        sql: "SELECT number, at, area, subject, reference, words, hash FROM audit_log ORDER BY number",
    },
];

/// The columns that hold amounts: numbers that no spreadsheet takes for anything else, with their sign.
pub(super) const AMOUNTS: &[&str] = &[
    "actually_paid",
    "actually_paid_at_fiat",
    "amount",
    "balance",
    "batch_limit",
    "coin_amount",
    "day_limit",
    "estimate",
    "fee",
    "fee_estimate",
    "fiat_amount",
    "fiat_in_coins",
    "from_amount",
    "outcome_amount",
    "pay_amount",
    "pending",
    "price_amount",
    "to_amount",
    "worth",
    "worth_of",
];

impl Table {
    /// What the file holds, as a sentence.
    pub(super) fn about(&self) -> &'static str {
        match self.name {
            "payments" => said!(en: "All payments.", de: "Alle Zahlungen."),
            "payment_events" => said!(
                en: "What the status of a payment was seen to become, and when.",
                de: "Welchen Status eine Zahlung nacheinander hatte, und wann.",
            ),
            "made_payments" => said!(
                en: "Payments that were made with Paydesk.",
                de: "Zahlungen, die mit Paydesk angelegt wurden.",
            ),
            "invoices" => said!(
                en: "Invoices that were made with Paydesk.",
                de: "Rechnungen, die mit Paydesk angelegt wurden.",
            ),
            "attention_cases" => said!(
                en: "What was wrong with payments, and how it was settled.",
                de: "Was mit Zahlungen nicht stimmte, und wie es erledigt wurde.",
            ),
            "payout_batches" => said!(en: "Batches of payouts.", de: "Sammelauszahlungen."),
            "payout_rows" => said!(
                en: "Each row of each batch, refused and removed ones too, with what became of it.",
                de: "Jede Zeile jeder Sammelauszahlung, auch abgelehnte und entfernte, mit ihrem Ausgang.",
            ),
            "payout_steps" => {
                said!(en: "The history of each batch.", de: "Der Verlauf jeder Sammelauszahlung.")
            }
            "payout_coins" => said!(
                en: "What each batch pays of each coin, and what that was worth.",
                de: "Was jede Sammelauszahlung von jedem Coin zahlt, und was das wert war.",
            ),
            "payout_control_sums" => said!(
                en: "What batches had to add up to.",
                de: "Was Sammelauszahlungen zusammen ergeben mussten.",
            ),
            "payout_sent_ids" => said!(
                en: "The ids under which rows were sent, those of earlier tries too.",
                de: "Die IDs, unter denen Zeilen gesendet wurden, auch bei früheren Versuchen.",
            ),
            "payout_candidates" => said!(
                en: "NOWPayments' batches that could have been ones whose answer was lost, and which of them you said are not.",
                de: "Sammelauszahlungen bei NOWPayments, die solche hätten sein können, deren Antwort verloren ging, und welche davon es \
                     nach Ihren Worten nicht sind.",
            ),
            "payout_layouts" => said!(
                en: "What you said of the columns of files.",
                de: "Was Sie über die Spalten von Dateien gesagt haben.",
            ),
            "payout_rules" => said!(en: "The limits for payouts.", de: "Die Grenzen für Auszahlungen."),
            "contacts" => said!(en: "The address book.", de: "Das Adressbuch."),
            "subscription_plans" => said!(en: "Plans for subscriptions.", de: "Abo-Pläne."),
            "subscription_plan_terms" => said!(
                en: "What the plans cost, and since when.",
                de: "Was die Pläne kosten, und seit wann.",
            ),
            "subscription_users" => said!(
                en: "The names of users who subscribe.",
                de: "Die Namen der Nutzer mit einem Abo.",
            ),
            "subscriber_files" => said!(en: "Files of subscribers.", de: "Dateien mit Abonnenten."),
            "subscriber_rows" => said!(
                en: "Each row of these files, with what became of it.",
                de: "Jede Zeile dieser Dateien, mit ihrem Ausgang.",
            ),
            "subscriptions" => said!(en: "Subscribers of the plans.", de: "Abonnenten der Pläne."),
            "subscription_events" => {
                said!(en: "What was seen to happen to subscriptions.", de: "Was mit Abos geschehen ist.")
            }
            "subscription_calls" => said!(
                en: "What Paydesk has asked NOWPayments for plans and subscriptions.",
                de: "Was Paydesk bei NOWPayments für Pläne und Abos veranlasst hat.",
            ),
            "custody_users" => said!(
                en: "Users with balances of their own.",
                de: "Nutzer mit eigenem Guthaben.",
            ),
            "custody_balances" => said!(en: "What these users have.", de: "Was diese Nutzer haben."),
            "custody_transfers" => {
                said!(en: "What was moved to, from and between them.", de: "Was zu, von und zwischen ihnen umgebucht wurde.")
            }
            "custody_payments" => said!(
                en: "Payments into their balances.",
                de: "Zahlungen auf ihre Guthaben.",
            ),
            "moves" => said!(
                en: "Moves inside the account that were made with Paydesk.",
                de: "Bewegungen innerhalb des Kontos, die mit Paydesk gemacht wurden.",
            ),
            "conversions" => said!(
                en: "Conversions of one coin into another.",
                de: "Umtausch eines Coins in einen anderen.",
            ),
            "fiat_payouts" => said!(
                en: "Payouts to accounts at banks.",
                de: "Auszahlungen auf Bankkonten.",
            ),
            "fiat_payout_steps" => said!(
                en: "In which statuses these were seen, and when.",
                de: "Welchen Status diese nacheinander hatten, und wann.",
            ),
            "fiat_accounts" => said!(en: "These accounts.", de: "Diese Konten."),
            "notification_rules" => said!(
                en: "What you want to be told.",
                de: "Was Ihnen gemeldet werden soll.",
            ),
            "payment_views" => said!(
                en: "The views of the list of payments that you saved.",
                de: "Die Ansichten der Zahlungsliste, die Sie gespeichert haben.",
            ),
            "balances" => {
                said!(en: "The balances as they were last read.", de: "Die Guthaben, wie sie zuletzt gelesen wurden.")
            }
            "balance_changes" => said!(
                en: "Earlier readings of the balances, each in which something had changed.",
                de: "Frühere Stände der Guthaben, jeder, bei dem sich etwas geändert hatte.",
            ),
            "notifications" => said!(en: "What Paydesk has told you.", de: "Was Paydesk Ihnen gemeldet hat."),
            "callbacks" => said!(
                en: "Callbacks that came in, genuine ones and others.",
                de: "Callbacks, die eingegangen sind, echte und andere.",
            ),
            // The last one.
            _ => said!(
                en: "The audit log. Each hash is that of the entry and of the hash before it.",
                de: "Das Protokoll. Jeder Hash gilt für den Eintrag und für den Hash davor.",
            ),
        }
    }
}

/// Why something of a shop's database is in no file.
#[cfg(test)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// It guards something: how often a PIN was wrong.
    Guards,
    /// An answer or a callback of NOWPayments word for word.
    Answer,
    /// It is worked out from what is there, to be shown, sorted or searched.
    WorkedOut,
    /// How far Paydesk has come with its own work: what was looked at, and when it is looked at next.
    Work,
    /// How the window was left: forms half filled in, columns in sight.
    Window,
}

/// What is in no file, by table and columns, and why; without columns it is the whole table.
#[cfg(test)]
pub(super) const LEFT_OUT: &[(&str, &[&str], Why)] = &[
    ("_sqlx_migrations", &[], Why::Work),
    ("accounts_to_read", &[], Why::Work),
    ("callback_listener", &[], Why::Work),
    ("coins", &[], Why::Answer),
    ("drafts", &[], Why::Window),
    ("export_choices", &[], Why::Window),
    ("payment_callbacks", &[], Why::Answer),
    ("payment_changes", &[], Why::Work),
    ("payment_coin_counts", &[], Why::WorkedOut),
    ("payment_columns", &[], Why::Window),
    ("payment_counts", &[], Why::WorkedOut),
    ("payment_looks", &[], Why::Work),
    ("payment_rates", &[], Why::Answer),
    ("payments_search", &[], Why::WorkedOut),
    ("payments_search_config", &[], Why::WorkedOut),
    ("payments_search_data", &[], Why::WorkedOut),
    ("payments_search_docsize", &[], Why::WorkedOut),
    ("payments_search_idx", &[], Why::WorkedOut),
    ("payments_without_worth_key", &[], Why::Work),
    ("payout_fiats", &[], Why::WorkedOut),
    ("payout_next_control", &[], Why::Window),
    ("pins", &[], Why::Guards),
    ("second_factor", &[], Why::Guards),
    ("sync_marks", &[], Why::Work),
    ("takings_coins", &[], Why::WorkedOut),
    ("takings_currencies", &[], Why::WorkedOut),
    ("takings_days", &[], Why::WorkedOut),
    ("takings_known", &[], Why::Work),
    ("takings_outcomes", &[], Why::WorkedOut),
    ("takings_stale", &[], Why::Work),
    ("callbacks", &["bytes", "form", "key", "signature_end"], Why::Work),
    ("contacts", &["account"], Why::WorkedOut),
    ("conversions", &["changed_at", "dated", "is_open"], Why::Work),
    ("custody_payments", &["changed_at", "is_open"], Why::Work),
    ("custody_transfers", &["changed_at", "dated", "is_open"], Why::Work),
    ("fiat_accounts", &["dated"], Why::Work),
    ("fiat_payouts", &["changed_at", "dated", "is_open"], Why::Work),
    ("made_payments", &["late_looks", "looks", "sent_at"], Why::Work),
    (
        "moves",
        &[
            "ended_at",
            "late",
            "late_look_at",
            "late_looks",
            "list",
            "looks",
            "sent_at",
            "there_before",
            "unclear",
        ],
        Why::Work,
    ),
    ("notification_rules", &["only", "told_from"], Why::Work),
    ("notifications", &["key", "news", "price_amount", "price_currency", "told_at"], Why::Work),
    ("payment_views", &["name_key"], Why::WorkedOut),
    ("payments", &["answer"], Why::Answer),
    (
        "payout_batches",
        &[
            "approval",
            "attempts_left",
            "check_ended_at",
            "dearer",
            "header",
            "late_looks",
            "looks",
            "seen_in_part",
        ],
        Why::Work,
    ),
    ("payout_coins", &["explorer"], Why::WorkedOut),
    (
        "payout_rows",
        &["account", "address_checked", "earlier", "found_problems", "found_warnings", "is_new", "taken_for"],
        Why::WorkedOut,
    ),
    ("payout_rules", &["only"], Why::Work),
    ("subscriber_files", &["header"], Why::Work),
    (
        "subscription_calls",
        &["answered", "before", "ended_at", "late_look_at", "late_looks", "looks", "sent_at"],
        Why::Work,
    ),
];

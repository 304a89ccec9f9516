use std::collections::HashSet;

use chrono::{FixedOffset, NaiveDateTime, TimeZone};
use sqlx::Connection;

use super::*;

fn at(time: &str) -> DateTime<Utc> {
    time.parse().unwrap()
}

fn notification(key: &str) -> Notification {
    Notification {
        key: key.to_owned(),
        title: "Payouts finished".to_owned(),
        body: "All 12 rows were paid.".to_owned(),
        subject: Some(Subject::Batch { id: "b".to_owned() }),
        at: at("2026-03-01T10:00:00Z"),
    }
}

async fn decided(ctx: &ShopContext, key: &str) {
    let mut db = ctx.write().await.unwrap();
    decide(&mut db, &notification(key)).await.unwrap();
    db.commit().await.unwrap();
}

#[tokio::test]
async fn what_is_decided_on_is_told_once_across_restarts_however_often_it_is_decided_and_asked() {
    let folder = tempfile::tempdir().unwrap();
    let ctx = ShopContext::for_test(folder.path()).await;
    for key in ["a", "b", "a"] {
        decided(&ctx, key).await;
    }
    ctx.close().await; // before anybody asked

    let ctx = ShopContext::for_test(folder.path()).await;
    let notifications = Notifications::new(ctx.clone());
    let takers = (0..8).map(|_| notifications.take());
    let told: Vec<_> = futures_util::future::join_all(takers)
        .await
        .into_iter()
        .flat_map(|taken| taken.unwrap().now)
        .collect();
    assert_eq!(told, [notification("a"), notification("b")]);
    decided(&ctx, "a").await;
    ctx.close().await;

    let ctx = ShopContext::for_test(folder.path()).await;
    let notifications = Notifications::new(ctx.clone());
    assert_eq!(notifications.take().await.unwrap(), Taken::default());
    let listed: HashSet<_> =
        notifications.list().await.unwrap().entries.into_iter().map(|entry| entry.notification.key).collect();
    assert_eq!(listed, HashSet::from(["a".to_owned(), "b".to_owned()]), "told ones are still listed");
    ctx.close().await;
}

#[tokio::test]
async fn what_is_rolled_back_is_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let ctx = ShopContext::for_test(folder.path()).await;
    let mut db = ctx.write().await.unwrap();
    decide(&mut db, &notification("a")).await.unwrap();
    drop(db);
    assert_eq!(Notifications::new(ctx.clone()).take().await.unwrap(), Taken::default());
    ctx.close().await;
}

#[tokio::test]
async fn each_is_new_until_it_is_read_and_what_comes_while_all_are_read_stays_new() {
    let folder = tempfile::tempdir().unwrap();
    let ctx = ShopContext::for_test(folder.path()).await;
    let notifications = Notifications::new(ctx.clone());
    for key in ["a", "b", "c"] {
        decided(&ctx, key).await;
    }
    notifications.mark_read(vec!["b".to_owned(), "x".to_owned()]).await.unwrap();
    let list = notifications.list().await.unwrap();
    assert_eq!(list.unread, 2);
    let read: Vec<_> = list.entries.iter().map(|entry| (&*entry.notification.key, entry.read)).collect();
    assert_eq!(read, [("c", false), ("b", true), ("a", false)]);

    let shown = list.entries[0].notification.at;
    let mut db = ctx.write().await.unwrap();
    let later = Notification { at: shown + TimeDelta::milliseconds(1), ..notification("d") };
    decide(&mut db, &later).await.unwrap();
    db.commit().await.unwrap();
    notifications.mark_all_read(shown).await.unwrap();
    let list = notifications.list().await.unwrap();
    assert_eq!(list.unread, 1);
    assert!(list.entries.iter().all(|entry| entry.read == (entry.notification.key != "d")));
    ctx.close().await;
}

#[tokio::test]
async fn rules_are_kept_across_restarts_and_wrong_ones_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let ctx = ShopContext::for_test(folder.path()).await;
    let notifications = Notifications::new(ctx.clone());
    assert_eq!(notifications.rules().await.unwrap(), NotificationRules::default());
    let rules =
        NotificationRules { singles: 7, news: vec![PaymentNews::Refunded], ..NotificationRules::default() };
    notifications.save_rules(rules.clone()).await.unwrap();
    notifications.save_rules(NotificationRules { singles: 0, ..rules.clone() }).await.unwrap_err();
    ctx.close().await;
    let ctx = ShopContext::for_test(folder.path()).await;
    assert_eq!(Notifications::new(ctx.clone()).rules().await.unwrap(), rules);
    ctx.close().await;
}

/// A shop's database in memory, and the answers that fill it.
struct Shop {
    db: SqliteConnection,
}

impl Shop {
    async fn new(rules: NotificationRules) -> Self {
        let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        store::SHOP.run(&mut db).await.unwrap();
        tell_from(&mut db, at("2026-03-01T00:00:00Z")).await.unwrap();
        let mut shop = Self { db };
        shop.set(rules).await;
        shop
    }

    async fn set(&mut self, rules: NotificationRules) {
        let json = serde_json::to_string(&rules).unwrap();
        sqlx::query("UPDATE notification_rules SET rules = ?")
            .bind(json)
            .execute(&mut self.db)
            .await
            .unwrap();
    }

    /// Payments come to their end at a time.
    async fn finish(&mut self, ids: std::ops::Range<u64>, price: &str, now: &str) {
        for id in ids {
            let payment: Payment = serde_json::from_value(serde_json::json!({
                "payment_id": id, "payment_status": "finished", "price_amount": price, "price_currency": "eur",
                "pay_amount": "0.5", "pay_currency": "ltc", "order_id": format!("A-{id}"),
            }))
            .unwrap();
            let from = Some("confirming".to_owned());
            let change = StatusChange { payment: &payment, from, to: "finished".to_owned() };
            decide_on_payments(&mut self.db, &[change], at(now)).await.unwrap();
        }
    }

    /// What is told at a time, by titles and texts, and how many wait.
    async fn told(&mut self, now: &str) -> (Vec<String>, u32) {
        let taken = take(&mut self.db, at(now), at(now).time()).await.unwrap();
        (taken.now.into_iter().map(|told| format!("{}: {}", told.title, told.body)).collect(), taken.waiting)
    }
}

fn one(id: u64) -> String {
    format!("Payment received: 2.50 EUR for order A-{id}.")
}

#[tokio::test]
async fn a_few_are_told_one_by_one_and_many_at_once_as_one() {
    let mut shop = Shop::new(NotificationRules::default()).await;
    shop.finish(1..4, "2.5", "2026-03-01T10:00:00Z").await;
    let told = shop.told("2026-03-01T10:00:01Z").await;
    assert_eq!(told, (vec![one(1), one(2), one(3)], 0));
    assert_eq!(shop.told("2026-03-01T10:00:01Z").await, (vec![], 0));

    let mut shop = Shop::new(NotificationRules::default()).await;
    shop.finish(1..5, "2.5", "2026-03-01T10:00:00Z").await;
    let told = shop.told("2026-03-01T10:00:01Z").await;
    assert_eq!(told, (vec!["4 payments received: 10.00 EUR.".to_owned()], 0));
}

#[tokio::test]
async fn more_within_a_minute_wait_for_its_end_and_are_told_together() {
    let mut shop = Shop::new(NotificationRules::default()).await;
    for id in 1..4 {
        let now = format!("2026-03-01T10:00:0{id}Z");
        shop.finish(id..id + 1, "2.5", &now).await;
        assert_eq!(shop.told(&now).await, (vec![one(id)], 0));
    }
    shop.finish(4..6, "2.5", "2026-03-01T10:00:10Z").await;
    for (now, waiting) in [("10", 2), ("59", 2)] {
        assert_eq!(shop.told(&format!("2026-03-01T10:00:{now}Z")).await, (vec![], waiting));
    }
    let told = shop.told("2026-03-01T10:01:10Z").await;
    assert_eq!(told, (vec!["2 payments received: 5.00 EUR.".to_owned()], 0));
    // What was summed up counts as told: the next ones wait again.
    shop.finish(6..8, "2.5", "2026-03-01T10:01:20Z").await;
    assert_eq!(shop.told("2026-03-01T10:01:20Z").await, (vec![], 2));
    assert_eq!(shop.told("2026-03-01T10:02:10Z").await, (vec![one(6), one(7)], 0));
}

fn night() -> NotificationRules {
    let (from, to) = ("22:00".parse().unwrap(), "07:00".parse().unwrap());
    NotificationRules { quiet: Some(QuietHours { from, to }), ..NotificationRules::default() }
}

#[tokio::test]
async fn what_happens_in_quiet_hours_is_told_as_one_when_they_end() {
    let mut shop = Shop::new(night()).await;
    shop.finish(1..2, "2.5", "2026-03-01T21:59:58Z").await;
    assert_eq!(shop.told("2026-03-01T21:59:59Z").await, (vec![one(1)], 0));
    shop.finish(2..3, "2.5", "2026-03-01T22:00:00Z").await;
    assert_eq!(shop.told("2026-03-01T22:00:00Z").await, (vec![], 1));
    shop.finish(3..4, "2.5", "2026-03-02T03:00:00Z").await;
    decide(&mut shop.db, &notification("batch:b:finished")).await.unwrap();
    let payouts = "Payouts finished: All 12 rows were paid.".to_owned();
    assert_eq!(shop.told("2026-03-02T06:59:59Z").await, (vec![payouts], 2), "payouts are told at any hour");
    let told = shop.told("2026-03-02T07:00:00Z").await;
    assert_eq!(told, (vec!["2 payments received: 5.00 EUR.".to_owned()], 0));
}

#[tokio::test]
async fn payouts_keep_quiet_when_the_owner_wants_it() {
    let mut shop = Shop::new(NotificationRules { payouts_when_quiet: false, ..night() }).await;
    decide(&mut shop.db, &notification("batch:b:finished")).await.unwrap();
    decide(&mut shop.db, &notification("batch:c:finished")).await.unwrap();
    assert_eq!(shop.told("2026-03-02T06:59:59Z").await, (vec![], 2));
    assert_eq!(shop.told("2026-03-02T07:00:00Z").await.0.len(), 2, "batches are never summed up");
}

#[test]
fn quiet_hours_follow_the_clock_on_the_wall_when_it_is_put_forward_or_back() {
    // Central Europe: forward on the 29th of March, back on the 25th of October, both at 01:00 UTC.
    let local = |time: DateTime<Utc>| -> NaiveDateTime {
        let summer = at("2026-03-29T01:00:00Z") <= time && time < at("2026-10-25T01:00:00Z");
        let hours = if summer { 2 } else { 1 };
        FixedOffset::east_opt(hours * 3600).unwrap().from_utc_datetime(&time.naive_utc()).naive_local()
    };
    let quiet_minutes = |quiet: QuietHours, day: &str| {
        let noon = at(&format!("{day}T12:00:00Z"));
        (0..24 * 60).filter(|minute| quiet.hold_at(local(noon + TimeDelta::minutes(*minute)).time())).count()
    };
    let hours = |from: &str, to: &str| QuietHours { from: from.parse().unwrap(), to: to.parse().unwrap() };
    for (day, length) in [("2026-03-27", 9), ("2026-03-28", 8), ("2026-10-24", 10), ("2026-10-25", 9)] {
        assert_eq!(quiet_minutes(hours("22:00", "07:00"), day), length * 60, "the night after {day}");
    }
    // 02:30 is not on the clock in the one night and twice in the other.
    assert_eq!(quiet_minutes(hours("02:00", "02:30"), "2026-03-28"), 0);
    assert_eq!(quiet_minutes(hours("02:00", "02:30"), "2026-10-24"), 60);
}

#[tokio::test]
async fn a_pause_holds_everything_back_until_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let ctx = ShopContext::for_test(folder.path()).await;
    let notifications = Notifications::new(ctx.clone());
    notifications.pause(Pause::Hour).await.unwrap();
    let until = notifications.list().await.unwrap().paused_until.unwrap();
    decided(&ctx, "a").await;
    assert_eq!(notifications.take().await.unwrap(), Taken { now: vec![], waiting: 1 });
    let before = until - TimeDelta::milliseconds(1);
    assert_eq!(notifications.take_at(before).await.unwrap().waiting, 1);
    assert_eq!(notifications.take_at(until).await.unwrap().now, [notification("a")]);

    decided(&ctx, "b").await;
    assert_eq!(notifications.take().await.unwrap().waiting, 1);
    notifications.pause(Pause::Over).await.unwrap();
    assert_eq!(notifications.list().await.unwrap().paused_until, None);
    assert_eq!(notifications.take().await.unwrap().now, [notification("b")]);

    let now = at("2026-03-01T15:00:00Z");
    let surroundings = &ctx.surroundings;
    let tomorrow = (surroundings.local)(now).date().succ_opt().unwrap();
    let until = notifications.end_of(Pause::UntilTomorrow, now);
    assert_eq!(until, Some((surroundings.day_begins)(tomorrow)));
    assert!(until.unwrap() > now && until.unwrap() <= now + TimeDelta::hours(25));
    ctx.close().await;
}

#[tokio::test]
async fn a_history_that_was_complete_before_is_told_from_its_newest_change_on() {
    let earlier = |complete: bool| {
        format!(
            "INSERT INTO payments (id, status, price_amount, price_currency, pay_currency, created_at, updated_at, answer) \
         VALUES ('1', 'finished', '1', 'eur', 'btc', '2026-03-01T10:00:00.000Z', '2026-03-01T10:30:00.000Z', '{{}}'); \
         INSERT INTO sync_marks VALUES ('payments', '{{\"complete\":{complete}}}'); \
         INSERT INTO notifications (key, title, body, at) VALUES ('a', 't', 'b', '2026-03-01T10:00:00.000Z')"
        )
    };
    for (complete, told_from) in [(true, Some(at("2026-03-01T10:30:00Z"))), (false, None)] {
        let mut db = before(9).await;
        sqlx::raw_sql(sqlx::AssertSqlSafe(earlier(complete))).execute(&mut db).await.unwrap();
        let this = store::SHOP.iter().find(|migration| migration.version == 9).unwrap();
        sqlx::raw_sql(this.sql.clone()).execute(&mut db).await.unwrap();
        assert_eq!(Standing::read(&mut db).await.unwrap().told_from, told_from);
        let unread: u32 = sqlx::query_scalar("SELECT count(*) FROM notifications WHERE read_at IS NULL")
            .fetch_one(&mut db)
            .await
            .unwrap();
        assert_eq!(unread, 0, "what was told before is not new");
    }
}

/// A database as it was before a migration.
async fn before(version: i64) -> SqliteConnection {
    let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    for migration in store::SHOP.iter().filter(|migration| migration.version < version) {
        sqlx::raw_sql(migration.sql.clone()).execute(&mut db).await.unwrap();
    }
    db
}

#[tokio::test]
async fn what_an_earlier_paydesk_has_told_leads_to_what_it_is_about() {
    const MOVE: &str = "a0b1c2d3-0000-4000-8000-00000000000";
    let mut db = before(31).await;
    for (number, kind, list, made) in [
        (1, "deposit", "transfers", Some("t1")),
        (2, "conversion", "conversions", Some("c1")),
        (3, "payment", "payments", Some("p1")),
        (4, "user", "users", Some("u1")),
        (5, "fiat_payout", "fiat_payouts", Some("f1")),
        (6, "fiat_account", "fiat_accounts", Some("a1")),
        (7, "transfer", "transfers", None),
    ] {
        sqlx::query(
            "INSERT INTO moves (id, kind, list, state, to_user, words, there_before, sent_at, at, made) \
             VALUES (?, ?, ?, 'made', 'anna', '', '[]', '', '', ?)",
        )
        .bind(format!("{MOVE}{number}"))
        .bind(kind)
        .bind(list)
        .bind(made)
        .execute(&mut db)
        .await
        .unwrap();
    }
    let of_moves = (1..=7).map(|number| (format!("move:{MOVE}{number}:finished"), [None; 3]));
    let others = [
        ("payment:77:finished".to_owned(), [Some("77"), None, None]),
        ("batch:b:finished".to_owned(), [None, Some("b"), None]),
        ("subscription:5:paid:".to_owned(), [None, None, Some("5")]),
    ];
    for (key, [payment, batch, subscription]) in of_moves.chain(others) {
        sqlx::query(
            "INSERT INTO notifications (key, title, body, payment, batch, subscription, at) \
             VALUES (?, 't', 'b', ?, ?, ?, '2026-03-01T10:00:00.000Z')",
        )
        .bind(key)
        .bind(payment)
        .bind(batch)
        .bind(subscription)
        .execute(&mut db)
        .await
        .unwrap();
    }
    let this = store::SHOP.iter().find(|migration| migration.version == 31).unwrap();
    sqlx::raw_sql(this.sql.clone()).execute(&mut db).await.unwrap();

    let told = take(&mut db, at("2026-03-01T10:00:00Z"), at("2026-03-01T10:00:00Z").time()).await.unwrap();
    let subjects: Vec<_> = told.now.into_iter().map(|told| told.subject).collect();
    let id = |id: &str| id.to_owned();
    assert_eq!(
        subjects,
        [
            Some(Subject::Batch { id: id("b") }),
            Some(Subject::Transfer { id: id("t1") }),
            Some(Subject::Conversion { id: id("c1") }),
            Some(Subject::CustodyPayment { user: id("anna"), id: id("p1") }),
            Some(Subject::CustodyUser { id: id("u1") }),
            Some(Subject::BankPayout { id: id("f1") }),
            Some(Subject::BankAccounts),
            None,
            Some(Subject::Payment { id: id("77") }),
            Some(Subject::Subscription { id: id("5") }),
        ]
    );
}

use chrono::{FixedOffset, TimeZone};
use proptest::{collection::vec, prelude::*};
use tempfile::TempDir;

use super::*;
use crate::store;

/// A shop whose clock shows `now` and whose owner lives so many minutes east of Greenwich.
async fn shop(now: &str, minutes: i32) -> (Takings, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let takings = open(&folder, now, minutes).await;
    (takings, folder)
}

async fn open(folder: &TempDir, now: &str, minutes: i32) -> Takings {
    let now: DateTime<Utc> = now.parse().unwrap();
    let zone = FixedOffset::east_opt(minutes * 60).unwrap();
    let ctx = ShopContext::for_test_with(folder.path(), |surroundings| {
        surroundings.now = Arc::new(move || now);
        surroundings.local = Arc::new(move |at| at.with_timezone(&zone).naive_local());
        surroundings.day_begins = Arc::new(move |day| {
            zone.from_local_datetime(&day.and_hms_opt(0, 0, 0).unwrap()).unwrap().to_utc()
        });
    })
    .await;
    Takings::new(ctx)
}

/// A payment: status, price and currency, what came of the 2 coins that were to come, coin, whether it repeats another, when.
type Made<'a> = (&'a str, &'a str, &'a str, Option<&'a str>, &'a str, bool, &'a str);

async fn put(takings: &Takings, payments: &[Made<'_>]) {
    let mut db = takings.ctx.write().await.unwrap();
    let last: i64 = sqlx::query_scalar("SELECT coalesce(max(number), 0) FROM payments")
        .fetch_one(&mut *db)
        .await
        .unwrap();
    for (number, (status, price, currency, paid, coin, repeats, at)) in (last + 1..).zip(payments) {
        sqlx::query(
            "INSERT INTO payments (number, id, status, price_amount, price_currency, pay_amount, actually_paid, \
             pay_currency, parent_payment_id, created_at, updated_at, answer) VALUES (?, ?, ?, ?, ?, '2', ?, ?, ?, ?, ?, '{}')",
        )
        .bind(number)
        .bind(number.to_string())
        .bind(status)
        .bind(price)
        .bind(currency)
        .bind(paid)
        .bind(coin)
        .bind(repeats.then_some("1"))
        .bind(at)
        .bind(at)
        .execute(&mut *db)
        .await
        .unwrap();
    }
    stale_above(&mut db, last).await.unwrap();
    db.commit().await.unwrap();
}

fn takes(sales: &str, orders: u32) -> Takes {
    Takes { sales: sales.parse().unwrap(), orders, ..Takes::default() }
}

/// Today, this week and this month, and what there was before.
async fn summed(takings: &Takings) -> Vec<(Takes, Takes, Option<i32>)> {
    let summary = takings.summary(None).await.unwrap();
    assert!(summary.complete);
    summary.spans.into_iter().map(|span| (span.now, span.before, span.change)).collect()
}

#[tokio::test]
async fn a_day_a_week_and_a_month_are_compared_with_as_much_of_those_before() {
    // Friday noon in Berlin.
    let (takings, _folder) = shop("2026-11-27T11:00:00Z", 60).await;
    let sale = |price, at| ("finished", price, "usd", Some("2"), "btc", false, at);
    put(
        &takings,
        &[
            sale("30", "2026-11-27T10:59:59.999Z"),
            sale("0.1", "2026-11-26T23:00:00.000Z"), // midnight
            sale("20", "2026-11-26T10:59:59.999Z"),
            sale("7", "2026-11-26T11:00:00.000Z"), // later in yesterday than it is now
            sale("1000", "2026-11-22T22:59:59.999Z"), // Sunday
            sale("100", "2026-11-16T08:00:00.000Z"), // Monday of the week before
            sale("400", "2026-10-31T23:00:00.000Z"), // November, in Berlin
            sale("5000", "2026-10-31T22:59:59.999Z"),
            sale("200", "2026-10-27T10:59:59.999Z"),
            sale("50000", "2026-10-27T11:00:00.000Z"),
        ],
    )
    .await;
    let [day, week, month] = summed(&takings).await.try_into().unwrap();
    assert_eq!(day, (takes("30.1", 2), takes("20", 1), Some(51)));
    assert_eq!(week, (takes("57.1", 4), takes("100", 1), Some(-43)));
    assert_eq!(month, (takes("1557.1", 7), takes("200", 1), Some(679)));
}

#[tokio::test]
async fn a_month_is_not_compared_with_more_than_the_whole_of_a_shorter_one() {
    let (takings, _folder) = shop("2026-03-31T12:00:00Z", 0).await;
    let sale = |price, at| ("finished", price, "usd", Some("2"), "btc", false, at);
    put(&takings, &[sale("1", "2026-03-01T00:00:00.000Z"), sale("3", "2026-02-28T23:59:59.999Z")]).await;
    let spans = summed(&takings).await;
    assert_eq!(spans[2], (takes("1", 1), takes("3", 1), Some(-67)));
    // Nothing before is no hundred percent.
    assert_eq!(spans[0], (Takes::default(), Takes::default(), None));
}

/// Berlin in March 2026: clocks are put forward on the 29th, at two, when it is one in Greenwich.
async fn in_berlin(now: &str) -> (Takings, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let now: DateTime<Utc> = now.parse().unwrap();
    let forward: DateTime<Utc> = "2026-03-29T01:00:00Z".parse().unwrap();
    let local = move |at: DateTime<Utc>| {
        let hours = if at < forward { 1 } else { 2 };
        at.with_timezone(&FixedOffset::east_opt(hours * 3_600).unwrap()).naive_local()
    };
    let ctx = ShopContext::for_test_with(folder.path(), |surroundings| {
        surroundings.now = Arc::new(move || now);
        surroundings.local = Arc::new(local);
        surroundings.day_begins = Arc::new(move |day| {
            let midnight = day.and_time(NaiveTime::MIN).and_utc();
            let winter = midnight - chrono::TimeDelta::hours(1);
            if winter < forward { winter } else { midnight - chrono::TimeDelta::hours(2) }
        });
    })
    .await;
    (Takings::new(ctx), folder)
}

#[tokio::test]
async fn what_is_compared_ends_when_clocks_showed_the_same_also_after_they_were_put_forward() {
    // Ten on the day on which clocks were put forward: nine hours after midnight.
    let (takings, _folder) = in_berlin("2026-03-29T08:00:00Z").await;
    let sale = |price, at| ("finished", price, "usd", Some("2"), "btc", false, at);
    put(
        &takings,
        &[
            sale("1", "2026-03-29T07:59:59.000Z"),
            sale("2", "2026-03-28T08:59:59.000Z"), // before ten of yesterday
            sale("4", "2026-03-28T09:00:00.000Z"), // ten
        ],
    )
    .await;
    assert_eq!(summed(&takings).await[0], (takes("1", 1), takes("2", 1), Some(-50)));

    // Half past two does not exist: nothing beyond it counts, and the day before is whole up to it.
    let (takings, _folder) = in_berlin("2026-03-30T00:30:00Z").await;
    put(
        &takings,
        &[
            sale("8", "2026-03-28T23:30:00.000Z"),  // half past midnight
            sale("16", "2026-03-29T01:31:00.000Z"), // 3:31
        ],
    )
    .await;
    assert_eq!(summed(&takings).await[0].1, takes("8", 1));
}

#[tokio::test]
async fn the_currency_of_most_payments_comes_first_and_one_that_none_is_in_any_more_is_left_out() {
    let at = "2026-11-27T10:00:00.000Z";
    let (takings, _folder) = shop("2026-11-27T11:00:00Z", 0).await;
    let sale = |currency| ("finished", "1", currency, Some("2"), "btc", false, at);
    put(&takings, &[sale("usd"), sale("eur"), sale("eur"), sale("gbp")]).await;
    assert_eq!(takings.summary(None).await.unwrap().currencies, ["eur", "gbp", "usd"]);
    sqlx::query("UPDATE payments SET price_currency = 'usd' WHERE price_currency <> 'usd' AND number <> 2")
        .execute(&takings.ctx.db)
        .await
        .unwrap();
    put(&takings, &[sale("usd")]).await;
    assert_eq!(takings.summary(None).await.unwrap().currencies, ["usd", "eur"]);
}

#[tokio::test]
async fn only_finished_payments_are_sales_and_what_else_came_is_told_besides() {
    let at = "2026-11-27T10:00:00.000Z";
    let (takings, _folder) = shop("2026-11-27T11:00:00Z", 0).await;
    put(
        &takings,
        &[
            ("finished", "0.10", "usd", Some("2"), "btc", false, at),
            ("finished", "0.20", "usd", Some("2.5"), "eth", false, at),
            ("partially_paid", "10", "usd", Some("1"), "btc", false, at), // half of it
            ("partially_paid", "1", "usd", Some("0.6"), "btc", false, at),
            ("finished", "8", "usd", Some("0.5"), "btc", true, at), // came once more
            ("waiting", "100", "usd", None, "btc", false, at),
            ("confirming", "100", "usd", Some("2"), "btc", false, at),
            ("expired", "100", "usd", None, "btc", false, at),
            ("refunded", "100", "usd", Some("2"), "btc", false, at),
            ("brand_new_status", "100", "usd", None, "btc", false, at),
            ("finished", "3", "eur", Some("2"), "btc", false, at),
        ],
    )
    .await;
    let summary = takings.summary(None).await.unwrap();
    assert_eq!(summary.currency.as_deref(), Some("usd"));
    assert_eq!(summary.currencies, ["usd", "eur"]);
    let besides = Takes {
        besides: "7.3".parse().unwrap(), // 5 and 0.3 and 2
        besides_count: 3,
        besides_about: true,
        ..takes("0.3", 2)
    };
    assert_eq!(summary.spans[0].now, besides);
    let euros = takings.summary(Some("eur".to_owned())).await.unwrap();
    assert_eq!(euros.spans[0].now, takes("3", 1));

    let breakdown = takings.breakdown(1, "usd").await.unwrap();
    assert_eq!(
        breakdown.outcomes,
        Outcomes {
            made: 9,
            finished: 2,
            open: 3,
            underpaid: 2,
            expired: 1,
            other: 1,
            finished_per_mille: Some(333),
        }
    );
    let coins: Vec<_> = breakdown
        .coins
        .iter()
        .map(|coin| (coin.coin.as_str(), coin.orders, coin.sales.to_string(), coin.paid.to_string()))
        .collect();
    assert_eq!(
        coins,
        [("eth", 1, "0.2".to_owned(), "2.5".to_owned()), ("btc", 1, "0.1".to_owned(), "2".to_owned())]
    );
}

#[tokio::test]
async fn series_have_every_step_empty_ones_too() {
    let (takings, _folder) = shop("2026-11-27T11:00:00Z", 330).await;
    let sale = |price, at| ("finished", price, "usd", Some("2"), "btc", false, at);
    put(
        &takings,
        &[
            sale("1", "2026-11-24T18:30:00.000Z"), // midnight in Delhi
            sale("2", "2026-11-24T18:29:59.999Z"),
            sale("4", "2026-09-30T18:30:00.000Z"),
        ],
    )
    .await;
    let series = async |step, count| {
        let series = takings.series(step, count, "usd").await.unwrap();
        assert!(series.complete);
        let step = |step: &TakingsOfStep| format!("{} {} {}", step.begins, step.ends, step.takes.sales);
        series.steps.iter().map(step).collect::<Vec<_>>()
    };
    assert_eq!(
        series(TakingsStep::Day, 4).await,
        [
            "2026-11-24 2026-11-24 2",
            "2026-11-25 2026-11-25 1",
            "2026-11-26 2026-11-26 0",
            "2026-11-27 2026-11-27 0"
        ]
    );
    assert_eq!(series(TakingsStep::Week, 2).await, ["2026-11-16 2026-11-22 0", "2026-11-23 2026-11-29 3"]);
    assert_eq!(
        series(TakingsStep::Month, 3).await,
        ["2026-09-01 2026-09-30 0", "2026-10-01 2026-10-31 4", "2026-11-01 2026-11-30 3"]
    );
}

#[tokio::test]
async fn in_another_time_zone_all_days_are_summed_anew() {
    let (takings, folder) = shop("2026-11-27T11:00:00Z", 0).await;
    put(&takings, &[("finished", "5", "usd", Some("2"), "btc", false, "2026-11-26T23:30:00.000Z")]).await;
    assert_eq!(summed(&takings).await[0].0, Takes::default());
    takings.ctx.close().await;
    let elsewhere = open(&folder, "2026-11-27T11:00:00Z", 60).await;
    elsewhere.mind_the_zone().await.unwrap();
    assert_eq!(summed(&elsewhere).await[0].0, takes("5", 1));
    // At home nothing is to be done.
    elsewhere.mind_the_zone().await.unwrap();
    assert_eq!(elsewhere.settle(1).await.unwrap().days, 0);
}

#[tokio::test]
async fn what_is_long_ago_is_summed_later_and_says_so() {
    let (takings, _folder) = shop("2026-11-27T11:00:00Z", 0).await;
    let days: Vec<_> = (0..40)
        .map(|day| {
            format!("{}T12:00:00.000Z", NaiveDate::from_ymd_opt(2026, 10, 1).unwrap() + Days::new(day))
        })
        .collect();
    let sales: Vec<Made<'_>> =
        days.iter().map(|at| ("finished", "1", "usd", Some("2"), "btc", false, at.as_str())).collect();
    put(&takings, &sales).await;
    let series = takings.series(TakingsStep::Month, 2, "usd").await.unwrap();
    assert!(!series.complete);
    assert_eq!(series.steps[1].takes, takes("9", 9)); // the newest first
    while takings.settle(BEFORE_TELLING).await.unwrap().others_are_left {}
    let series = takings.series(TakingsStep::Month, 2, "usd").await.unwrap();
    assert!(series.complete);
    assert_eq!(series.steps[0].takes, takes("31", 31));
}

#[tokio::test]
async fn a_payment_that_changes_is_summed_anew() {
    let (takings, _folder) = shop("2026-11-27T11:00:00Z", 0).await;
    let at = "2026-11-27T10:00:00.000Z";
    put(&takings, &[("waiting", "5", "usd", None, "btc", false, at)]).await;
    assert_eq!(summed(&takings).await[0].0, Takes::default());
    let mut db = takings.ctx.write().await.unwrap();
    sqlx::query("UPDATE payments SET status = 'finished'").execute(&mut *db).await.unwrap();
    stale_at(&mut db, at).await.unwrap();
    db.commit().await.unwrap();
    assert_eq!(summed(&takings).await[0].0, takes("5", 1));
}

/// Says that a payment went into a user's balance.
async fn into_a_balance(takings: &Takings, id: &str) {
    let mut db = takings.ctx.write().await.unwrap();
    sqlx::query(
        "INSERT INTO custody_payments (id, user, status, is_open, coin, amount, created_at, changed_at) \
         VALUES (?, '', 'finished', 0, 'btc', '2', '2026-11-27', '2026-11-27')",
    )
    .bind(id)
    .execute(&mut *db)
    .await
    .unwrap();
    db.commit().await.unwrap();
}

#[tokio::test]
async fn what_went_into_a_balance_leaves_the_sums_whether_it_is_known_early_or_late() {
    let (takings, _folder) = shop("2026-11-27T11:00:00Z", 0).await;
    let at = "2026-11-27T10:00:00.000Z";
    into_a_balance(&takings, "2").await;
    put(
        &takings,
        &[
            ("finished", "5", "usd", Some("2"), "btc", false, at),
            ("finished", "7", "btc", Some("2"), "btc", false, at),
            ("finished", "11", "btc", Some("2"), "btc", false, at),
        ],
    )
    .await;
    let in_btc = async || {
        let summary = takings.summary(Some("btc".to_owned())).await.unwrap();
        assert!(summary.complete);
        (summary.spans[0].now.clone(), summary.currencies)
    };
    assert_eq!(in_btc().await, (takes("11", 1), vec!["btc".to_owned(), "usd".to_owned()]));
    into_a_balance(&takings, "3").await;
    assert_eq!(in_btc().await, (takes("0", 0), vec!["usd".to_owned()]));
    assert_eq!(summed(&takings).await[0].0, takes("5", 1));

    // What came once more to such an address goes the same way.
    put(&takings, &[("finished", "5", "usd", Some("2"), "btc", true, "2026-11-26T10:00:00.000Z")]).await;
    assert_eq!(summed(&takings).await[0].1.besides_count, 1);
    into_a_balance(&takings, "1").await;
    let breakdown = takings.breakdown(2, "usd").await.unwrap();
    assert_eq!((breakdown.outcomes, breakdown.leaves_out_balances), (Outcomes::default(), true));
    assert_eq!(takings.summary(None).await.unwrap().currency, None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Whatever the zone and whenever the payments were made, months hold what their payments come to, each once.
    #[test]
    fn no_payment_is_left_out_or_summed_twice(
        minutes in (-48..=56_i32).prop_map(|quarters| quarters * 15),
        made in vec((0..80 * 86_400_000_i64, 1..1_000_000_u32), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (sum, count) = runtime.block_on(async {
            let (takings, _folder) = shop("2026-11-27T11:00:00Z", minutes).await;
            let begin: DateTime<Utc> = "2026-09-05T00:00:00Z".parse().unwrap();
            let times: Vec<_> = made
                .iter()
                .map(|(ms, price)| (store::time(begin + chrono::TimeDelta::milliseconds(*ms)), format!("0.{price:06}")))
                .collect();
            let payments: Vec<Made<'_>> = times
                .iter()
                .map(|(at, price)| ("finished", price.as_str(), "usd", Some("2"), "btc", false, at.as_str()))
                .collect();
            for some in payments.chunks(7) {
                put(&takings, some).await;
                takings.settle(3).await.unwrap();
            }
            while takings.settle(5).await.unwrap().others_are_left {}
            let series = takings.series(TakingsStep::Month, 4, "usd").await.unwrap();
            let sum: Amount = series.steps.iter().map(|step| &step.takes.sales).sum();
            (sum, series.steps.iter().map(|step| step.takes.orders).sum::<u32>())
        });
        let expected: Amount = made.iter().map(|(_, price)| Amount::of_units((*price).into(), 6)).sum();
        prop_assert_eq!(sum, expected);
        prop_assert_eq!(usize::try_from(count).unwrap(), made.len());
    }
}

#[test]
fn a_week_begins_with_the_day_that_was_set() {
    let begin = |day: &str, first| TakingsStep::Week.begin(day.parse().unwrap(), first).to_string();
    for (first, begins) in
        [(Weekday::Mon, "2026-11-23"), (Weekday::Sat, "2026-11-28"), (Weekday::Sun, "2026-11-29")]
    {
        assert_eq!(begin(begins, first), begins);
        assert_eq!(begin("2026-11-29", first), begins, "a Sunday, {first}");
    }
    assert_eq!(begin("2026-11-28", Weekday::Sun), "2026-11-22");
}

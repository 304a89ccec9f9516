use super::*;

/// A shop whose clock shows this time; it lives in Greenwich.
async fn shop(folder: &tempfile::TempDir, now: &str) -> Balance {
    let now: DateTime<Utc> = now.parse().unwrap();
    let ctx = ShopContext::for_test_with(folder.path(), |surroundings| {
        surroundings.now = Arc::new(move || now);
        surroundings.local = Arc::new(|at| at.naive_utc());
        surroundings.day_begins = Arc::new(|day| day.and_hms_opt(0, 0, 0).unwrap().and_utc());
    })
    .await;
    Balance::new(ctx)
}

/// It was seen that the shop holds so much.
async fn seen(balance: &Balance, at: &str, coin: &str, amount: &str, pending: &str) {
    let (coin, amount, pending) = (coin.to_owned(), amount.to_owned(), pending.to_owned());
    let row = HeldRow { coin, amount, pending, worth: None, worth_currency: None };
    let mut db = balance.ctx.write().await.unwrap();
    sqlx::query("DELETE FROM balances WHERE coin = ?").bind(&row.coin).execute(&mut *db).await.unwrap();
    row.write(&mut db).await.unwrap();
    row.note(&mut db, at.parse().unwrap()).await.unwrap();
    db.commit().await.unwrap();
}

#[tokio::test]
async fn days_on_which_nothing_changed_are_as_the_day_before() {
    let folder = tempfile::tempdir().unwrap();
    let balance = shop(&folder, "2026-11-27T12:00:00Z").await;
    assert_eq!(balance.history("btc", 7).await.unwrap().days, []);
    seen(&balance, "2026-11-23T10:00:00Z", "eth", "1", "0").await;
    seen(&balance, "2026-11-24T10:00:00Z", "btc", "0.5", "0").await;
    seen(&balance, "2026-11-24T23:59:59.999Z", "btc", "0.25", "0.25").await;
    seen(&balance, "2026-11-27T00:00:00Z", "btc", "0.125", "0").await;
    let days = async |count| {
        let history = balance.history("btc", count).await.unwrap();
        let day = |day: &HeldOnDay| format!("{} {} {}", day.day, day.amount, day.pending);
        history.days.iter().map(day).collect::<Vec<_>>()
    };
    let all = [
        "2026-11-23 0 0", // there was a reading, and no bitcoin in it
        "2026-11-24 0.25 0.25",
        "2026-11-25 0.25 0.25",
        "2026-11-26 0.25 0.25",
        "2026-11-27 0.125 0",
    ];
    assert_eq!(days(30).await, all);
    assert_eq!(days(2).await, all[3..]);
}

#[tokio::test]
async fn a_day_ago_is_compared_with_only_if_somebody_looked_then() {
    let folder = tempfile::tempdir().unwrap();
    let balance = shop(&folder, "2026-11-27T12:00:00Z").await;
    let changes = async || {
        let held = balance.held().await.unwrap();
        let change = |coin: HeldCoin| (coin.coin, coin.day_change.map(|change| change.to_string()));
        held.coins.into_iter().map(change).collect::<Vec<_>>()
    };
    seen(&balance, "2026-11-26T12:00:00.001Z", "btc", "1", "0").await;
    assert_eq!(changes().await, [("btc".to_owned(), None)]);
    seen(&balance, "2026-11-26T12:00:00Z", "btc", "1", "0.5").await;
    seen(&balance, "2026-11-27T09:00:00Z", "btc", "0.2", "0").await;
    seen(&balance, "2026-11-27T09:00:00Z", "eth", "3", "0").await;
    let change = |coin: &str, change: &str| (coin.to_owned(), Some(change.to_owned()));
    assert_eq!(changes().await, [change("btc", "-1.3"), change("eth", "3")]);
}

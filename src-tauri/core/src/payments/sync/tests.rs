//! The cache is what the provider has, whatever happens on the way.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use nowpayments::{
    Login,
    callbacks::{self, PaymentCallback},
    payments::{CreatePayment, Payment},
};
use nowpayments_simulator::{
    Callback, Fault, FaultRule, History, Options, PaymentChange, PaymentStatus, Simulator,
};
use sqlx::{Row, SqlitePool};
use tempfile::TempDir;

use super::{walk::List, *};
use crate::{payments::cache::Answered, shops::ShopContext};

/// A provider whose clock stands still until it is stepped.
struct Stage {
    simulator: Simulator,
    /// A new database, to begin with.
    template: TempDir,
}

impl Stage {
    async fn new(seed: u64, orders: u32) -> Self {
        let options = Options { seed, speed: 0, history: History::Orders(orders), ..Options::default() };
        let stage = Self {
            simulator: Simulator::start(options).await.unwrap(),
            template: tempfile::tempdir().unwrap(),
        };
        ShopContext::for_test(stage.template.path()).await.close().await;
        stage
    }

    /// A folder with a new database.
    fn folder(&self) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(self.template.path().join("shop.sqlite"), folder.path().join("shop.sqlite")).unwrap();
        folder
    }

    async fn open(&self, folder: &TempDir, page: u16) -> Payments {
        let credentials = self.simulator.credentials();
        let login = Login { email: credentials.email, password: credentials.password.into() };
        let base = self.simulator.url();
        let ctx = ShopContext::for_test_at(folder.path(), &base, &credentials.api_key, Some(login)).await;
        Payments { sync: Arc::new(Sync { page, ..Sync::default() }), ..Payments::new(ctx) }
    }

    fn fault(&self, path: &str, fault: Fault) {
        let (method, path) = ("GET".to_owned(), path.to_owned());
        self.simulator.set_fault(FaultRule { method, path, skip: 0, times: None, fault });
    }

    /// Every payment that the provider has, as its list shows it while nothing is wrong, by id.
    async fn ledger(&self, payments: &Payments) -> Vec<Answered> {
        self.simulator.clear_faults();
        let mut list = payments.sorted(None);
        list.limit = PAGE;
        let mut all = Vec::new();
        loop {
            let page = payments.ctx.client.send(&List(list.clone())).await.unwrap();
            all.extend(page.payments);
            if page.more != Some(true) {
                break;
            }
            list.page += 1;
        }
        all.sort_by(|a, b| a.payment.payment_id.cmp(&b.payment.payment_id));
        all
    }
}

/// Passes through the list until there is no more to read.
async fn fill(payments: &Payments) {
    for _ in 0..1_000 {
        match payments.pass().await {
            Ok(read) if !read.more => return,
            Ok(_) | Err(_) => {}
        }
    }
    panic!("it does not come to an end: {:?}", payments.sync_status().await);
}

const COLUMNS: [&str; 20] = [
    "id",
    "status",
    "price_amount",
    "price_currency",
    "pay_amount",
    "actually_paid",
    "actually_paid_at_fiat",
    "pay_currency",
    "pay_address",
    "payin_extra_id",
    "order_id",
    "order_description",
    "purchase_id",
    "invoice_id",
    "parent_payment_id",
    "outcome_amount",
    "outcome_currency",
    "created_at",
    "updated_at",
    "answer",
];

async fn texts(db: &SqlitePool, sql: &'static str) -> Vec<Vec<Option<String>>> {
    let rows = sqlx::query(sql).fetch_all(db).await.unwrap();
    rows.iter().map(|row| (0..row.len()).map(|column| row.get(column)).collect()).collect()
}

/// Compares the whole cache with what the provider has, row by row and field by field.
async fn assert_same(payments: &Payments, stage: &Stage, what: &str) {
    let db = &payments.ctx.db;
    let ledger = stage.ledger(payments).await;
    let columns = COLUMNS.join(", ");
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!("SELECT {columns} FROM payments ORDER BY id")))
        .fetch_all(db)
        .await
        .unwrap();
    assert_eq!(rows.len(), ledger.len(), "{what}");
    for (row, Answered { payment, json }) in rows.iter().zip(&ledger) {
        let some = |text: &dyn ToString| Some(text.to_string());
        let amount = |amount: &Option<nowpayments::Amount>| amount.as_ref().map(ToString::to_string);
        let time = |at: Option<DateTime<Utc>>| at.map(crate::store::time);
        let zero = nowpayments::Amount::zero();
        let expected = [
            some(&payment.payment_id),
            some(&payment.payment_status.as_str()),
            some(&payment.price_amount),
            some(&payment.price_currency),
            amount(&payment.pay_amount),
            amount(&payment.actually_paid),
            amount(&payment.actually_paid_at_fiat.clone().filter(|worth| *worth != zero)),
            some(&payment.pay_currency),
            payment.pay_address.clone(),
            payment.payin_extra_id.clone(),
            payment.order_id.clone(),
            payment.order_description.clone(),
            payment.purchase_id.as_ref().map(ToString::to_string),
            payment.invoice_id.as_ref().map(ToString::to_string),
            payment.parent_payment_id.as_ref().map(ToString::to_string),
            amount(&payment.outcome_amount),
            payment.outcome_currency.as_ref().map(ToString::to_string),
            time(payment.created_at),
            time(payment.updated_at),
            Some(json.clone()),
        ];
        for (i, expected) in expected.into_iter().enumerate() {
            let found: Option<String> = row.get(i);
            assert_eq!(found, expected, "{what}: {} of {}", COLUMNS[i], payment.payment_id);
        }
    }

    let counted = "SELECT status, CAST(count AS TEXT) FROM payment_counts WHERE count > 0 ORDER BY status";
    let there = "SELECT status, CAST(count(*) AS TEXT) FROM payments GROUP BY status ORDER BY status";
    assert_eq!(texts(db, counted).await, texts(db, there).await, "{what}: the counts");
    let counted = "SELECT coin, CAST(count AS TEXT) FROM payment_coin_counts WHERE count > 0 ORDER BY coin";
    let there = "SELECT pay_currency, CAST(count(*) AS TEXT) FROM payments GROUP BY pay_currency ORDER BY pay_currency";
    assert_eq!(texts(db, counted).await, texts(db, there).await, "{what}: the counts of coins");
    // Every payment has its words, once, and a timeline that ends where the payment is.
    let words = "SELECT id FROM payments WHERE NOT EXISTS \
                 (SELECT 1 FROM payments_search WHERE payments_search MATCH 'id:' || payments.id AND rowid = number)";
    assert_eq!(texts(db, words).await, Vec::<Vec<_>>::new(), "{what}: the words");
    let ends = "SELECT id FROM payments WHERE status <> (SELECT status FROM payment_events \
                WHERE payment = payments.number ORDER BY number DESC LIMIT 1)";
    assert_eq!(texts(db, ends).await, Vec::<Vec<_>>::new(), "{what}: the timelines");
    let looks = "SELECT id FROM payment_looks JOIN payments ON payments.number = payment ORDER BY id";
    let open: Vec<Vec<_>> = ledger
        .iter()
        .filter(|answered| !answered.payment.payment_status.is_final())
        .map(|answered| vec![Some(answered.payment.payment_id.to_string())])
        .collect();
    assert_eq!(texts(db, looks).await, open, "{what}: the open ones");
}

/// Fills a cache with 20,000 payments over a network on which everything goes wrong, while customers pay and the owner looks
/// at single payments, and compares it with the provider.
async fn fill_in_bad_weather(seed: u64) {
    let stage = Stage::new(seed, 20_000).await;
    let sometimes = |percent, fault| Fault::Sometimes { percent, fault: Box::new(fault) };
    for (percent, fault) in [
        (3, Fault::Slow { ms: 20 }),
        (3, Fault::DropBefore),
        (3, Fault::DropAfter),
        (3, Fault::Truncated),
        (3, Fault::Duplicated),
        (3, Fault::Stale),
        (3, Fault::OutOfOrder { ms: 20 }),
        (2, Fault::TooManyRequests { retry_after: None }),
        (2, Fault::BadGateway { handled: true }),
        (2, Fault::Unreadable),
        (2, Fault::Maintenance),
        (2, Fault::ExpiredToken),
    ] {
        stage.fault("/payment", sometimes(percent, fault.clone()));
        stage.fault("/payment/:id", sometimes(percent, fault));
    }
    let folder = stage.folder();
    let payments = stage.open(&folder, PAGE).await;
    let mut failures = 0;
    loop {
        // Meanwhile customers pay, and the owner looks at this and that.
        let newest: Vec<String> =
            sqlx::query_scalar("SELECT id FROM payments ORDER BY created_at DESC LIMIT 5")
                .fetch_all(&payments.ctx.db)
                .await
                .unwrap();
        let looks = async {
            for id in newest {
                let _ = payments.read_again(&id).await;
            }
        };
        match tokio::join!(payments.pass(), looks).0 {
            Ok(read) if !read.more => break,
            Ok(_) => {}
            Err(_) => failures += 1,
        }
        stage.simulator.step(Duration::from_secs(1_800));
    }
    assert!(failures > 3, "the network of seed {seed} was too good: {failures} failures");
    stage.simulator.clear_faults();
    fill(&payments).await;
    assert_same(&payments, &stage, &format!("seed {seed}")).await;
    payments.ctx.close().await;
    stage.simulator.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_network_does_the_cache_ends_as_the_provider_has_it() {
    fill_in_bad_weather(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_else_the_network_does_the_cache_ends_as_the_provider_has_it() {
    fill_in_bad_weather(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn however_bad_the_network_is_the_cache_ends_as_the_provider_has_it() {
    fill_in_bad_weather(3).await;
}

/// Lets `work` take so many steps from one await to the next, and drops it; `None` when it had not ended by then.
async fn cut_off<T>(work: impl Future<Output = T>, steps: u32) -> Option<T> {
    let mut work = pin!(work);
    let mut left = steps;
    poll_fn(move |cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        work.as_mut().poll(cx).map(Some)
    })
    .await
}

#[tokio::test]
async fn killed_at_any_step_it_goes_on_without_a_gap_or_a_double() {
    let stage = Stage::new(1, 20).await;
    let mut steps = 0;
    loop {
        let folder = stage.folder();
        let killed = stage.open(&folder, 8).await;
        let ended = cut_off(killed.pass(), steps).await;
        drop(killed); // nothing is closed

        let payments = stage.open(&folder, 8).await;
        fill(&payments).await;
        assert_same(&payments, &stage, &format!("killed after {steps} steps")).await;
        let events: u32 = sqlx::query_scalar("SELECT count(*) FROM payment_events")
            .fetch_one(&payments.ctx.db)
            .await
            .unwrap();
        let status = payments.sync_status().await.unwrap();
        assert_eq!(
            (events, status.total),
            (status.cached, Some(status.cached)),
            "killed after {steps} steps"
        );
        payments.ctx.close().await;
        if ended.is_some() {
            break;
        }
        steps += 1;
    }
    // How often it is woken depends on the computer; it waits at least once for each answer.
    assert!(steps > 5, "a pass takes more steps than {steps}");
}

#[test]
fn pauses_grow_to_a_bound_and_a_refusal_that_only_the_owner_can_end_has_a_long_one() {
    let seconds = |code, failures, chance| pause(code, failures, chance).as_secs();
    assert_eq!(
        [0, 1, 2, 3, 4, 5, 8].map(|failures| seconds(FailureCode::Offline, failures, 0)),
        [10, 20, 40, 80, 160, 300, 300]
    );
    assert_eq!(seconds(FailureCode::Other, 2, 255), 49, "a quarter longer at the most");
    for code in [FailureCode::WrongKey, FailureCode::LoginRefused, FailureCode::AddressNotAllowed] {
        assert_eq!(seconds(code, 0, 0), 900);
    }
}

#[tokio::test]
async fn nothing_is_asked_before_the_time_that_the_provider_named() {
    let sync = Sync::default();
    sync.may_ask().await;
    let asked = Duration::from_millis(50);
    let begun = Instant::now();
    sync.state().not_before = Some(begun + asked);
    sync.may_ask().await;
    assert!(begun.elapsed() >= asked);
}

/// Makes a payment whose callbacks go nowhere.
async fn create(payments: &Payments) -> Payment {
    let [price, currency, coin] = ["25", "usd", "ltc"];
    let new = CreatePayment {
        ipn_callback_url: Some("http://127.0.0.1:9/ipn".to_owned()),
        order_id: Some("A-1".to_owned()),
        ..CreatePayment::new(price.parse().unwrap(), currency.parse().unwrap(), coin.parse().unwrap())
    };
    payments.ctx.client.send(&new).await.unwrap()
}

impl Stage {
    /// What the calls for single payments asked for.
    fn asked_for(&self) -> Vec<String> {
        let calls = self.simulator.requests();
        let ids = calls.iter().filter_map(|call| call.target.strip_prefix("/payment/")?.parse::<u64>().ok());
        let mut ids: Vec<_> = ids.map(|id| id.to_string()).collect();
        ids.sort();
        ids
    }

    fn finish(&self, payment: &Payment) {
        let id = payment.payment_id.as_str().parse().unwrap();
        self.simulator.change_payment(id, PaymentChange::Status(PaymentStatus::Finished)).unwrap();
    }

    /// The callbacks so far, oldest first.
    fn callbacks(&self) -> Vec<PaymentCallback> {
        let secret = self.simulator.credentials().ipn_secret.into();
        let read = |sent: Callback| {
            let body = sent.body.as_bytes();
            let verified = callbacks::verify(body, sent.signature.as_deref().unwrap(), &secret).unwrap();
            match callbacks::Callback::read(&verified).unwrap() {
                callbacks::Callback::Payment(callback) => callback,
                other => panic!("{other:?}"),
            }
        };
        self.simulator.callbacks().into_iter().map(read).collect()
    }
}

#[tokio::test]
async fn an_open_payment_that_no_list_shows_is_read_on_its_own_and_then_left_alone_for_a_while() {
    let stage = Stage::new(1, 60).await;
    let folder = stage.folder();
    let payments = stage.open(&folder, PAGE).await;
    let created = create(&payments).await;
    fill(&payments).await;
    let db = &payments.ctx.db;
    let open: Vec<String> = sqlx::query_scalar(
        "SELECT id FROM payments JOIN payment_looks ON payment = payments.number ORDER BY id",
    )
    .fetch_all(db)
    .await
    .unwrap();
    assert!((2..=10).contains(&open.len()), "{open:?}");
    payments.look_round().await.unwrap();
    assert_eq!(stage.asked_for(), Vec::<String>::new(), "all were read a moment ago");

    stage.finish(&created);
    sqlx::query("UPDATE payment_looks SET due = '2000-01-01T00:00:00.000Z'").execute(db).await.unwrap();
    payments.look_round().await.unwrap();
    assert_eq!(stage.asked_for(), open);
    let detail = payments.get(created.payment_id.as_str()).await.unwrap();
    assert_eq!(detail.row.status, "finished");
    payments.look_round().await.unwrap();
    assert_eq!(stage.asked_for(), open, "each once");
    assert_same(&payments, &stage, "after the looks").await;
}

#[tokio::test]
async fn a_look_that_finds_nothing_does_not_keep_the_others_waiting_and_a_refusal_ends_the_round() {
    let stage = Stage::new(1, 60).await;
    let folder = stage.folder();
    let payments = stage.open(&folder, PAGE).await;
    fill(&payments).await;
    let db = &payments.ctx.db;
    let due = "UPDATE payment_looks SET due = '2000-01-01T00:00:00.000Z'";
    sqlx::query(due).execute(db).await.unwrap();
    stage.fault("/payment/:id", Fault::Unreadable);
    payments.look_round().await.unwrap();
    let looked = stage.asked_for().len();
    assert!(looked >= 1);
    payments.look_round().await.unwrap();
    assert_eq!(stage.asked_for().len(), looked, "each has its pause");

    sqlx::query(due).execute(db).await.unwrap();
    stage.simulator.clear_faults();
    stage.fault("/payment/:id", Fault::TooManyRequests { retry_after: Some(60) });
    let interrupted = payments.look_round().await.unwrap_err();
    assert_eq!(stage.asked_for().len(), looked + 1);
    payments.pause_after(&interrupted, &mut 0).await;
    let waits = |payments: &Payments| {
        payments.sync.state().not_before > Some(Instant::now() + Duration::from_secs(30))
    };
    assert!(waits(&payments), "all calls wait");

    drop(payments);
    let payments = stage.open(&folder, PAGE).await;
    assert!(!waits(&payments));
    payments.remember().await.unwrap();
    assert!(waits(&payments), "after a new start, too");
    let next = payments.sync_status().await.unwrap().next_at.unwrap();
    assert!(next > payments.ctx.now() + TimeDelta::seconds(30), "which is said");
}

#[tokio::test]
async fn a_callback_moves_a_payment_at_once_and_nothing_that_was_known_is_lost() {
    let stage = Stage::new(1, 0).await;
    let folder = stage.folder();
    let payments = stage.open(&folder, PAGE).await;
    let created = create(&payments).await;
    fill(&payments).await;
    let id = created.payment_id.as_str();
    let before = payments.get(id).await.unwrap();
    stage.finish(&created);
    let callbacks = stage.callbacks();
    let [first, last] = &callbacks[..] else { panic!("two callbacks") };
    assert!(payments.take_callback(last).await.unwrap());
    let detail = payments.get(id).await.unwrap();
    assert_eq!(detail.row.status, "finished");
    assert_eq!(detail.row.actually_paid, created.pay_amount);
    assert!(detail.outcome_amount.is_some());
    assert_eq!(detail.row.created_at, before.row.created_at);
    assert_eq!((&detail.pay_address, &detail.purchase_id), (&before.pay_address, &before.purchase_id));
    let fee = last.fee().unwrap().unwrap();
    assert!(fee.service_fee.as_ref().is_some_and(nowpayments::Amount::is_positive));
    assert_eq!(detail.fee, Some(fee.into()));
    let seen: Vec<_> = detail.timeline.iter().map(|event| event.status.as_str()).collect();
    assert_eq!(seen, ["waiting", "finished"]);

    for late in [first, last] {
        assert!(!payments.take_callback(late).await.unwrap());
    }
    assert_eq!(payments.get(id).await.unwrap(), detail);
    fill(&payments).await;
    assert_same(&payments, &stage, "after the list").await;
    // The list says more of it, and nothing else.
    let listed = payments.get(id).await.unwrap();
    assert_eq!((&listed.row, &listed.fee, &listed.timeline), (&detail.row, &detail.fee, &detail.timeline));
    assert_eq!(listed.outcome_amount, detail.outcome_amount);
}

#[tokio::test]
async fn a_callback_about_a_payment_that_is_not_cached_has_it_read_and_is_not_forgotten() {
    let stage = Stage::new(1, 0).await;
    let folder = stage.folder();
    let payments = stage.open(&folder, PAGE).await;
    let created = create(&payments).await;
    let id = created.payment_id.as_str();
    let waiting = payments.ask(created.payment_id.clone()).await.unwrap();
    stage.finish(&created);
    let callbacks = stage.callbacks();
    let [first, last] = &callbacks[..] else { panic!("two callbacks") };
    assert!(!payments.take_callback(last).await.unwrap());
    assert!(!payments.take_callback(first).await.unwrap());
    assert_eq!(payments.get(id).await.unwrap_err().code, FailureCode::NotFound);

    // An answer that was slower than the callback.
    payments.take_answer(&created.payment_id, Some(waiting)).await.unwrap();
    let detail = payments.get(id).await.unwrap();
    assert_eq!((detail.row.status.as_str(), detail.fee.is_some()), ("finished", true));

    let other = create(&payments).await;
    stage.finish(&other);
    let callback = stage.callbacks().pop().unwrap();
    assert!(!payments.take_callback(&callback).await.unwrap());
    payments.look_round().await.unwrap();
    assert_eq!(payments.get(other.payment_id.as_str()).await.unwrap().row.status, "finished");
    let left: u32 = sqlx::query_scalar("SELECT count(*) FROM payment_callbacks")
        .fetch_one(&payments.ctx.db)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn once_a_day_the_list_is_read_further_back_than_usual() {
    let stage = Stage::new(1, 400).await;
    let folder = stage.folder();
    let payments = stage.open(&folder, PAGE).await;
    fill(&payments).await;
    let newest: DateTime<Utc> =
        sqlx::query_scalar("SELECT max(created_at) FROM payments").fetch_one(&payments.ctx.db).await.unwrap();
    let reach = async || {
        fill(&payments).await;
        let calls = stage.simulator.requests();
        let from = calls.last().unwrap().target.split('&').find_map(|part| part.strip_prefix("dateFrom="));
        let from = from.unwrap().replace("%3A", ":");
        newest - from.parse::<DateTime<Utc>>().unwrap()
    };
    assert_eq!(reach().await.num_days(), 31);
    assert_eq!(reach().await.num_days(), 8);
    assert_eq!(reach().await.num_days(), 8);
}

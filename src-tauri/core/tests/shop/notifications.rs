//! Notifications of payments: what happened before the shop was added is never told, what happens later once, whether
//! Paydesk was open or not.

use std::time::Duration;

use nowpayments::{
    PaymentId,
    payments::{CreatePayment, Payment},
};
use nowpayments_simulator::{History, PaymentChange, PaymentStatus};
use paydesk_core::{
    Core, FailureCode,
    notifications::{Notification, Subject},
};

use crate::common::world::{World, wait_for, wait_for_sync};

async fn create(world: &World, order: &str, price: &str) -> Payment {
    let new = CreatePayment {
        order_id: Some(order.to_owned()),
        ..CreatePayment::new(price.parse().unwrap(), "usd".parse().unwrap(), "ltc".parse().unwrap())
    };
    world.client().send(&new).await.unwrap()
}

fn change(world: &World, id: &PaymentId, status: PaymentStatus) {
    world.simulator.change_payment(id.as_str().parse().unwrap(), PaymentChange::Status(status)).unwrap();
}

async fn has_read(core: &Core, id: &PaymentId, status: &str) {
    let payments = core.shop().unwrap().payments.clone();
    payments.sync_now();
    let read = async || match payments.get(id.as_str()).await {
        Err(failure) if failure.code == FailureCode::NotFound => Ok(None),
        detail => detail.map(|detail| Some(detail.row.status)),
    };
    wait_for(core, read, |read| read.as_deref() == Some(status)).await;
}

async fn told(core: &Core) -> Vec<Notification> {
    core.shop().unwrap().notifications.take().await.unwrap().now
}

#[tokio::test]
async fn a_shop_with_a_history_is_told_nothing_of_it_and_what_comes_later_once() {
    let world = World::new(History::Demo).await;
    world.simulator.pause();
    let (core, _) = world.open_shop().await;
    wait_for_sync(&core, |status| status.complete && !status.running).await;
    assert_eq!(told(&core).await, []);
    assert_eq!(core.shop().unwrap().notifications.list().await.unwrap().entries, []);

    let payment = create(&world, "A-1", "25").await;
    has_read(&core, &payment.payment_id, "waiting").await;
    assert_eq!(told(&core).await, [], "new payments are not told unless the owner wants it");
    change(&world, &payment.payment_id, PaymentStatus::Finished);
    has_read(&core, &payment.payment_id, "finished").await;
    let [notification] = &told(&core).await[..] else { panic!("one is told") };
    assert_eq!(notification.subject, Some(Subject::Payment { id: payment.payment_id.to_string() }));
    assert_eq!(notification.title, "Payment received");
    assert!(notification.body.starts_with("25.00 USD for order A-1"), "{}", notification.body);
    assert_eq!(told(&core).await, []);
    core.close().await;
}

#[tokio::test]
async fn what_happened_while_paydesk_was_closed_is_told_once_when_it_opens() {
    let world = World::new(History::None).await;
    let waiting = create(&world, "A-1", "10.5").await;
    let failing = create(&world, "A-2", "20").await;
    let (core, _) = world.open_shop().await;
    wait_for_sync(&core, |status| status.complete && !status.running).await;
    core.close().await;

    world.simulator.step(Duration::from_secs(5)); // later, by more than what the provider's clock is known to
    change(&world, &waiting.payment_id, PaymentStatus::Finished);
    change(&world, &failing.payment_id, PaymentStatus::Failed);
    let mut never_seen = Vec::new();
    for (order, price) in [("A-3", "10.25"), ("A-4", "14.25")] {
        let payment = create(&world, order, price).await;
        change(&world, &payment.payment_id, PaymentStatus::Finished);
        never_seen.push(payment);
    }

    let core = world.open().await;
    core.reopen(async || panic!("not the demo shop")).await.unwrap();
    for payment in &never_seen {
        has_read(&core, &payment.payment_id, "finished").await;
    }
    let [digest] = &told(&core).await[..] else { panic!("they are told as one") };
    assert_eq!(digest.title, "4 payments: 3 received, 1 failed");
    assert_eq!(digest.body, "Received: 35.00 USD. Failed: 20.00 USD.");
    assert_eq!(core.shop().unwrap().notifications.list().await.unwrap().unread, 4);
    core.close().await;

    let core = world.open().await;
    core.reopen(async || panic!("not the demo shop")).await.unwrap();
    has_read(&core, &waiting.payment_id, "finished").await;
    assert_eq!(told(&core).await, []);
    core.close().await;
}

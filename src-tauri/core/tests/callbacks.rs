//! Callbacks: what NOWPayments tells is believed when it is signed, and nothing else is.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

#[path = "common"]
mod common {
    pub(crate) mod payouts;
    pub(crate) mod world;
}

use std::{
    net::TcpListener,
    sync::{Arc, Mutex},
    time::Duration,
};

use keyring_core::mock;
use nowpayments::payments::{CreatePayment, SandboxCase};
use nowpayments_simulator::{
    CallbackFault, CallbackRule, CallbackSettings, CallbackState, Fault, FaultRule, History,
};
use paydesk_core::{
    Core, Failure, FailureCode,
    callbacks::{
        CallbackDetail, CallbackEffect, CallbackKind, CallbackRow, CallbackToCheck, Callbacks, ListenerState,
        SignedForm,
    },
    payouts::batch::BatchState,
    secrets::{Keychain, Secret},
};
use secrecy::ExposeSecret;

use crate::common::{
    payouts::Owner,
    world::{World, wait_for, wait_for_sync},
};

/// A shop whose callbacks come to Paydesk. Its list of payments cannot be read any more, so that whatever it learns it has
/// learned from a callback.
struct Till {
    world: World,
    core: Core,
    url: String,
}

impl Till {
    async fn open() -> Self {
        let world = World::new(History::None).await;
        world.simulator.pause();
        let (core, _) = world.open_shop().await;
        wait_for_sync(&core, |status| status.complete && !status.running).await;
        let broken = Fault::ServerError { handled: false };
        let path = "/payment".to_owned();
        world.simulator.set_fault(FaultRule {
            method: "GET".to_owned(),
            path,
            skip: 0,
            times: None,
            fault: broken,
        });
        let till = Self { world, core, url: String::new() };
        let secret = till.world.simulator.credentials().ipn_secret;
        till.callbacks().set_secret(secret.into()).await.unwrap();
        let url = address(&till.callbacks().listen(None).await.unwrap().state);
        Self { url, ..till }
    }

    fn callbacks(&self) -> Callbacks {
        self.core.shop().unwrap().callbacks.clone()
    }

    /// An order whose callbacks come here, and which is settled within a minute. Its first callback has brought it.
    async fn order(&self) -> String {
        let id = self.place().await;
        self.wait_until_known(&id).await;
        id
    }

    async fn wait_until_known(&self, id: &str) {
        let payments = self.core.shop().unwrap().payments.clone();
        wait_for(&self.core, || async { Ok(payments.get(id).await.is_ok()) }, |known| *known).await;
    }

    async fn place(&self) -> String {
        let new = CreatePayment {
            ipn_callback_url: Some(self.url.clone()),
            case: Some(SandboxCase::Success),
            order_description: Some("Täglich Kaffee — 1 kg".to_owned()),
            ..CreatePayment::new("60".parse().unwrap(), "usd".parse().unwrap(), "xlm".parse().unwrap())
        };
        let payment = self.world.client().send(&new).await.unwrap();
        self.world.simulator.callbacks_sent().await;
        payment.payment_id.to_string()
    }

    fn meets(&self, containing: &str, fault: CallbackFault) {
        let containing = Some(containing.to_owned());
        self.world.simulator.set_callback_fault(CallbackRule { containing, skip: 0, times: Some(1), fault });
    }

    /// Lets seconds pass one by one, with every callback sent and answered in its second.
    async fn live(&self, seconds: u32) {
        for _ in 0..seconds {
            self.world.simulator.step(Duration::from_secs(1));
            self.world.simulator.callbacks_sent().await;
        }
    }

    /// Lets time pass until an order has a status, and its callback was sent.
    async fn live_until(&self, id: &str, status: &str) -> nowpayments_simulator::Callback {
        let due = [format!("\"payment_id\":{id}"), format!("\"payment_status\":\"{status}\"")];
        loop {
            let callbacks = self.world.simulator.callbacks();
            // A fault may have changed the first digit of the body, which is in neither of the two.
            if let Some(found) =
                callbacks.into_iter().find(|known| due.iter().all(|text| known.body.contains(text)))
            {
                return found;
            }
            self.live(1).await;
        }
    }

    async fn status(&self, id: &str) -> String {
        self.core.shop().unwrap().payments.get(id).await.unwrap().row.status
    }

    /// All that came, oldest first.
    async fn came(&self) -> Vec<CallbackRow> {
        let mut rows = self.callbacks().list(500, None).await.unwrap().rows;
        rows.reverse();
        rows
    }

    async fn refused(&self) -> Vec<CallbackRow> {
        let mut rows = self.came().await;
        rows.retain(|row| row.effect == CallbackEffect::Refused);
        rows
    }
}

fn address(state: &ListenerState) -> String {
    match state {
        ListenerState::Listening { address, .. } => address.clone(),
        state => panic!("{state:?}"),
    }
}

fn port(url: &str) -> u16 {
    url::Url::parse(url).unwrap().port().unwrap()
}

/// What was told of: statuses and what they did.
fn told(rows: &[CallbackRow]) -> Vec<(&str, CallbackEffect)> {
    rows.iter().map(|row| (row.status.as_deref().unwrap_or_default(), row.effect)).collect()
}

#[tokio::test]
async fn a_payment_changes_as_soon_as_its_callback_has_come() {
    let till = Till::open().await;
    let id = till.order().await;
    for status in ["waiting", "confirming", "confirmed", "sending", "finished"] {
        till.live_until(&id, status).await;
        assert_eq!(till.status(&id).await, status);
    }
    let rows = till.came().await;
    let statuses: Vec<_> = rows.iter().filter_map(|row| row.status.as_deref()).collect();
    assert_eq!(statuses, ["waiting", "confirming", "confirmed", "sending", "finished"]);
    for row in &rows {
        assert_eq!((row.kind, row.form), (Some(CallbackKind::Payment), Some(SignedForm::Raw)));
        assert_eq!((row.subject.as_ref(), row.reason.as_ref()), (Some(&id), None));
    }
    assert_eq!(rows.last().unwrap().effect, CallbackEffect::Changed);
    assert!(
        till.world.simulator.callbacks().iter().all(|callback| callback.state == CallbackState::Delivered)
    );

    let CallbackDetail { row, payment, body, signature_end, .. } =
        till.callbacks().get(rows[4].number).await.unwrap();
    let sent = till.world.simulator.callbacks().pop().unwrap();
    assert_eq!((payment.as_ref(), row.bytes as usize), (Some(&id), sent.body.len()));
    assert!(sent.signature.unwrap().ends_with(&signature_end.unwrap()));
    let body = body.unwrap();
    assert!(body.contains("\n  \"order_description\": \"Täglich Kaffee — 1 kg\",\n"), "{body}");
    assert_eq!(body.split_whitespace().collect::<String>(), sent.body.split_whitespace().collect::<String>());
    assert_eq!(till.callbacks().get(9999).await.unwrap_err().code, FailureCode::NotFound);
}

#[tokio::test]
async fn what_is_not_signed_changes_nothing_and_says_why() {
    for (fault, reason) in [
        (CallbackFault::Tampered, "left out or changed after it was signed"),
        (CallbackFault::Forged, "signed with another secret"),
        (CallbackFault::Unsigned, "anybody can have sent it"),
        (CallbackFault::Unreadable, "not JSON"),
    ] {
        let till = Till::open().await;
        let id = till.order().await;
        till.meets("confirming", fault.clone());
        while till.refused().await.is_empty() {
            till.live(1).await;
        }
        assert_eq!(till.status(&id).await, "waiting", "{fault:?}");
        let refused = till.refused().await;
        let row = refused.last().unwrap();
        assert!(row.reason.as_ref().unwrap().contains(reason), "{fault:?}: {row:?}");
        assert_eq!((row.kind, row.form, row.subject.as_ref()), (None, None, None));
        let detail = till.callbacks().get(row.number).await.unwrap();
        assert_eq!((detail.body, detail.payment), (None, None));
        let last = till.world.simulator.callbacks().pop().unwrap();
        assert_eq!(
            (last.state, last.attempts[0].status.unwrap() / 100),
            (CallbackState::Due, 4),
            "it comes again"
        );
    }
}

#[tokio::test]
async fn callbacks_that_come_twice_late_or_in_another_order_come_to_the_same() {
    let till = Till::open().await;
    till.meets("waiting", CallbackFault::Duplicated);
    till.meets("confirming", CallbackFault::Lost);
    till.meets("confirmed", CallbackFault::Delayed { seconds: 40 });
    till.meets("sending", CallbackFault::OutOfOrder);
    let id = till.order().await;
    till.live_until(&id, "finished").await;
    assert_eq!(till.status(&id).await, "finished");
    till.live(60).await;
    assert_eq!(till.status(&id).await, "finished", "a late callback changes nothing back");
    let rows = till.came().await;
    assert_eq!(told(&rows)[..2], [("waiting", rows[0].effect), ("waiting", CallbackEffect::Repeated)]);
    let rest: Vec<_> = told(&rows)[2..].iter().map(|(status, _)| *status).collect();
    assert_eq!(rest, ["finished", "sending", "confirmed"]);
    assert_eq!(told(&rows)[3..], [("sending", CallbackEffect::Known), ("confirmed", CallbackEffect::Known)]);
}

#[tokio::test]
async fn the_order_of_keys_does_not_matter() {
    let till = Till::open().await;
    till.meets("confirming", CallbackFault::SignedUnsorted);
    till.meets("confirmed", CallbackFault::SentUnsorted);
    let id = till.order().await;
    till.live_until(&id, "confirming").await;
    assert_eq!(till.status(&id).await, "confirming");
    till.live_until(&id, "confirmed").await;
    assert_eq!(till.status(&id).await, "confirmed");
    let forms: Vec<_> = till.came().await.iter().filter_map(|row| row.form).collect();
    assert_eq!(forms[..3], [SignedForm::Raw, SignedForm::Raw, SignedForm::Canonical]);
}

#[tokio::test]
async fn a_callback_that_cannot_be_taken_comes_again() {
    let till = Till::open().await;
    till.callbacks().stop_listening().await.unwrap();
    let id = till.place().await;
    assert_eq!(till.world.simulator.callbacks()[0].state, CallbackState::Due);
    till.callbacks().listen(Some(port(&till.url))).await.unwrap();
    till.live(60).await;
    assert_eq!(till.world.simulator.callbacks()[0].state, CallbackState::Delivered);
    till.wait_until_known(&id).await;
}

#[tokio::test]
async fn a_callback_about_a_payout_has_its_batch_looked_at() {
    let owner = Owner::new().await;
    let callbacks = owner.core.shop().unwrap().callbacks.clone();
    callbacks.set_secret(owner.world.simulator.credentials().ipn_secret.into()).await.unwrap();
    let url = address(&callbacks.listen(None).await.unwrap().state);
    let batch = owner.sent().await;
    let batch = owner.approve(&batch, &owner.code()).await.unwrap();
    let number = batch.provider_id.clone().unwrap();
    let body = format!(r#"{{"batch_withdrawal_id":"{number}","id":"5000000001","status":"SENDING"}}"#);
    let signature = sign(&owner.world.simulator.credentials().ipn_secret, &body);
    assert_eq!(post(&url, &body, &signature).await, 200);
    let page = callbacks.list(1, None).await.unwrap();
    assert_eq!(told(&page.rows), [("sending", CallbackEffect::LookedUp)]);
    let detail = callbacks.get(page.rows[0].number).await.unwrap();
    assert_eq!((detail.batch.as_ref(), detail.payment), (Some(&batch.summary.id), None));
    owner.finish(&batch.summary.id).await;
    assert_eq!(owner.get(&batch.summary.id).await.summary.state, BatchState::Finished);

    // One of another account, and one of a kind that has no part in Paydesk yet, are written down.
    for body in [
        r#"{"batch_withdrawal_id":"1","id":"2","status":"FINISHED"}"#,
        r#"{"amount":"5","currency":"trx","id":"7","status":"FINISHED"}"#,
    ] {
        let signature = sign(&owner.world.simulator.credentials().ipn_secret, body);
        assert_eq!(post(&url, body, &signature).await, 200);
        let page = callbacks.list(1, None).await.unwrap();
        assert_eq!(told(&page.rows), [("finished", CallbackEffect::Noted)]);
    }
}

fn sign(secret: &str, text: &str) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mac = Hmac::<sha2::Sha512>::new_from_slice(secret.as_bytes()).unwrap().chain_update(text);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Posts a callback as a proxy would; the status of the answer.
async fn post(url: &str, body: &str, signature: &str) -> u16 {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port(url))).await.unwrap();
    let head = format!(
        "POST /ipn HTTP/1.1\r\nHost: shop\r\nX-NOWPayments-Sig: {signature}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + body).as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn only_the_last_ones_are_kept_and_noise_drives_out_nothing_that_was_right() {
    let till = Till::open().await;
    till.order().await;
    let genuine = till.came().await.len();
    for at in 0..505 {
        assert_eq!(post(&till.url, &format!("{{\"noise\":{at}}}"), &"ab".repeat(64)).await, 401);
    }
    let page = till.callbacks().list(400, None).await.unwrap();
    assert_eq!(page.total as usize, 500 + genuine);
    let rest = till.callbacks().list(400, page.next).await.unwrap();
    assert_eq!((page.rows.len() + rest.rows.len(), rest.next), (500 + genuine, None));
    assert!(page.rows.windows(2).all(|rows| rows[0].number > rows[1].number));
    assert!(page.rows.last().unwrap().number > rest.rows[0].number);
    assert_eq!(rest.rows.last().unwrap().kind, Some(CallbackKind::Payment));
    match till.callbacks().listener().await.unwrap().state {
        ListenerState::Listening { verified, refused, .. } => {
            assert_eq!((verified as usize, refused), (genuine, 505));
        }
        state => panic!("{state:?}"),
    }
}

#[tokio::test]
async fn the_listener_survives_a_restart_and_lets_its_port_go_with_the_shop() {
    let mut till = Till::open().await;
    let number = port(&till.url);
    assert!(TcpListener::bind(("127.0.0.1", number)).is_err());
    till.core.close().await;
    let squatter = TcpListener::bind(("127.0.0.1", number)).unwrap();

    // While another program has the port it says so, and what to do; then the owner chooses.
    till.core = till.world.open().await;
    till.core.reopen(|| async { Err(Failure::other("no demo")) }).await.unwrap();
    let callbacks = till.callbacks();
    let failed = wait_for(&till.core, || callbacks.listener(), |now| now.state != ListenerState::Off).await;
    let ListenerState::Failed { reason } = &failed.state else { panic!("{failed:?}") };
    assert!(reason.contains(&number.to_string()) && reason.contains("Choose another port"), "{reason}");
    assert_eq!(failed.port, number);
    let failure = callbacks.listen(Some(number)).await.unwrap_err();
    assert_eq!((failure.code, failure.field.as_deref()), (FailureCode::Invalid, Some("port")));
    assert!(failure.message.contains("Nothing was changed"), "{failure}");
    let failure = callbacks.listen(Some(80)).await.unwrap_err();
    assert_eq!(failure.field.as_deref(), Some("port"));
    let moved = callbacks.listen(None).await.unwrap();
    assert_ne!(moved.port, number);
    assert_eq!(address(&moved.state), format!("http://127.0.0.1:{}/ipn", moved.port));

    // A port that cannot be had leaves the one that there is.
    callbacks.listen(Some(number)).await.unwrap_err();
    assert_eq!(callbacks.listener().await.unwrap().state, moved.state);
    drop(squatter);
    callbacks.listen(Some(number)).await.unwrap();
    drop(TcpListener::bind(("127.0.0.1", moved.port)).unwrap());
    let off = callbacks.stop_listening().await.unwrap();
    assert_eq!((off.state, off.port), (ListenerState::Off, number));
    drop(TcpListener::bind(("127.0.0.1", number)).unwrap());

    // What was turned off stays off.
    till.core.close().await;
    till.core = till.world.open().await;
    till.core.reopen(|| async { Err(Failure::other("no demo")) }).await.unwrap();
    let off = till.callbacks().listener().await.unwrap();
    assert_eq!((off.state, off.port), (ListenerState::Off, number));
}

#[tokio::test]
async fn the_secret_is_in_the_keychain_and_nothing_is_listened_for_without_one() {
    let world = World::new(History::None).await;
    let (core, shop) = world.open_shop().await;
    let callbacks = core.shop().unwrap().callbacks.clone();
    let secret = world.simulator.credentials().ipn_secret;
    let keychain = Keychain::in_store("paydesk", world.store.clone());
    let kept = || async {
        let kept = keychain.read(&shop.id, Secret::IpnSecret).await.unwrap();
        kept.map(|secret| secret.expose_secret().to_owned())
    };

    let failure = callbacks.listen(None).await.unwrap_err();
    assert_eq!(failure.field.as_deref(), Some("secret"));
    let to_check = |secret: Option<&str>| CallbackToCheck {
        body: "{}".to_owned(),
        signature: sign("mine", "{}"),
        secret: secret.map(Into::into),
    };
    assert_eq!(callbacks.check(to_check(None)).await.unwrap_err().field.as_deref(), Some("secret"));
    assert!(callbacks.check(to_check(Some("mine"))).await.unwrap().genuine);
    for wrong in ["", " \n", "two\nlines"] {
        assert_eq!(callbacks.set_secret(wrong.into()).await.unwrap_err().code, FailureCode::Invalid);
    }
    assert_eq!(kept().await, None);

    let set = callbacks.set_secret(format!(" {secret}\n").into()).await.unwrap();
    assert!(set.secret_set_at.is_some());
    assert_eq!(kept().await, Some(secret.clone()));
    let url = address(&callbacks.listen(None).await.unwrap().state);
    assert_eq!(post(&url, "{}", &sign(&secret, "{}")).await, 200);
    callbacks.set_secret("another".into()).await.unwrap();
    assert_eq!(post(&url, "{}", &sign(&secret, "{}")).await, 401, "the new one is used at once");
    assert_eq!(post(&url, "{}", &sign("another", "{}")).await, 200);

    let forgotten = callbacks.forget_secret().await.unwrap();
    assert_eq!((forgotten.state, forgotten.secret_set_at), (ListenerState::Off, None));
    assert_eq!(kept().await, None);
    callbacks.set_secret("third".into()).await.unwrap();
    core.remove_shop(&shop.id, None, 9).await.unwrap();
    assert_eq!(kept().await, None, "it goes with the shop");
}

#[tokio::test]
async fn a_test_callback_goes_all_the_way_and_touches_nothing() {
    let till = Till::open().await;
    let test = till.callbacks().send_test().await.unwrap();
    assert!(test.taken && test.status == 200, "{test:?}");
    let rows = till.came().await;
    assert_eq!((rows[0].kind, rows[0].effect), (Some(CallbackKind::Test), CallbackEffect::Noted));
    till.callbacks().stop_listening().await.unwrap();
    assert!(till.callbacks().send_test().await.unwrap_err().message.contains("does not listen"));
}

#[tokio::test]
async fn the_demo_shop_hears_its_simulator_until_its_owner_turns_that_off() {
    let world = World::new(History::None).await;
    let core = world.open().await;
    core.open_demo(world.demo()).await.unwrap();
    let callbacks = core.shop().unwrap().callbacks.clone();
    let secret = world.simulator.credentials().ipn_secret;
    callbacks.practise(secret.clone().into()).await.unwrap();
    let url = address(&callbacks.listener().await.unwrap().state);
    world.simulator.set_callbacks(CallbackSettings { forward_to: Some(url), ..CallbackSettings::default() });
    let new = CreatePayment {
        ipn_callback_url: Some("https://shop.kestrel-coffee.example/ipn".to_owned()),
        ..CreatePayment::new("25".parse().unwrap(), "usd".parse().unwrap(), "ltc".parse().unwrap())
    };
    world.client().send(&new).await.unwrap();
    let came = wait_for(&core, || callbacks.list(1, None), |page| page.total > 0).await;
    assert_eq!(came.rows[0].kind, Some(CallbackKind::Payment));
    assert!(callbacks.set_secret("mine".into()).await.is_err(), "its secret is that of its simulator");
    let keychain = Keychain::in_store("paydesk", world.store.clone());
    assert!(keychain.read("demo", Secret::IpnSecret).await.unwrap().is_none());

    callbacks.stop_listening().await.unwrap();
    core.open_demo(world.demo()).await.unwrap();
    let callbacks = core.shop().unwrap().callbacks.clone();
    callbacks.practise(secret.into()).await.unwrap();
    assert_eq!(callbacks.listener().await.unwrap().state, ListenerState::Off);
    callbacks.listen(None).await.unwrap();
}

/// What was logged, by whichever thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn neither_the_secret_nor_a_body_that_was_refused_is_written_anywhere() {
    const BODY_MARK: &str = "c0ffee-of-the-body";
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let till = Till::open().await;
        let secret = till.world.simulator.credentials().ipn_secret;
        let body = format!("{{\"payment_id\":5,\"payment_status\":\"finished\",\"note\":\"{BODY_MARK}\"}}");
        let right = sign(&secret, &body);
        for (body, signature) in
            [(body.as_str(), "ab".repeat(64)), (&body[..40], right.clone()), (&body, "not one".to_owned())]
        {
            assert!(post(&till.url, body, &signature).await >= 400);
        }
        till.order().await;
        till.callbacks().send_test().await.unwrap();
        let brought = CallbackToCheck { body: body.clone(), signature: "ab".repeat(64), secret: None };
        let verdict = till.callbacks().check(brought).await.unwrap();
        assert!(!verdict.genuine && !format!("{verdict:?}").contains(&right));
        let shown = format!("{:?} {:?}", till.callbacks(), till.callbacks().listener().await.unwrap());
        assert!(!shown.contains(&secret));
        till.core.close().await;

        tracing::info!("the log is read");
        let log = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
        assert!(log.contains("the log is read"));
        let mut files = vec![("the log".to_owned(), log.into_bytes())];
        let mut folders = vec![till.world.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push((path.display().to_string(), std::fs::read(path).unwrap()));
                }
            }
        }
        assert!(files.iter().any(|(name, _)| name.ends_with(".sqlite")));
        for (name, bytes) in files {
            for unwanted in [secret.as_str(), BODY_MARK, right.as_str()] {
                let found = bytes.windows(unwanted.len()).any(|window| window == unwanted.as_bytes());
                assert!(!found, "{unwanted} is in {name}");
            }
        }
    });
}

#[tokio::test]
async fn a_keychain_that_cannot_be_used_keeps_no_secret_and_says_so() {
    let world = World::new(History::None).await;
    let (core, shop) = world.open_shop().await;
    let store: Arc<keyring_core::CredentialStore> = world.store.clone();
    let item = store.build("paydesk", &format!("{}/ipn-secret", shop.id), None).unwrap();
    let error = keyring_core::Error::NoStorageAccess("locked".into());
    item.as_any().downcast_ref::<mock::Cred>().unwrap().set_error(error);
    let callbacks = core.shop().unwrap().callbacks.clone();
    let failure = callbacks.set_secret("mine".into()).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Keychain);
    assert_eq!(callbacks.listener().await.unwrap().secret_set_at, None);
}

//! No secret is written down, logged, announced or said, whatever happens to it on its way; only the keychain has any.
//!
//! The window, the process and the desktop around it are looked at in `tests/window/secrets.rs`.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

#[path = "common"]
mod common {
    pub(crate) mod evidence;
    pub(crate) mod needles;
    pub(crate) mod payouts;
    pub(crate) mod world;
}

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use nowpayments::{
    auth::{LogIn, LoggedIn},
    payments::CreatePayment,
    payouts::VerifyPayout,
};
use nowpayments_simulator::{
    CallbackFault, CallbackRule, Credentials, EchoForm, Fault, FaultRule, History, Switches,
};
use paydesk_core::{
    Changed, Core, Failure,
    callbacks::{CallbackToCheck, ListenerState},
    data::{DataJob, Host},
    exports::ExportState,
    invoices::NewInvoice,
    payments::NewPayment,
    payouts::{
        ReportFormat,
        batch::{Batch, BatchState, RowFilter, RowQuery},
        rules::RulesEdit,
    },
    second_factor::Enrolment,
    secrets::Secret,
    shops::{NewKeys, NewShop},
    surroundings::Surroundings,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

use crate::common::{
    evidence::{self, Evidence},
    needles::{Needles, spellings},
    payouts::{FILE, Owner, PIN},
    world::{World, ahead_by, wait_for, wait_for_sync},
};

const WRONG_KEY: &str = "WR0NGK3-WR0NGK3-Y0UK1DM-E4V3R12";
const WRONG_PASSWORD: &str = "hunter2 & \"friends\"";
const OLD_KEY: &str = "0LDK3Y9-0LDK3Y9-T1LLM4Y-2O19Q7R";
const OLD_PASSWORD: &str = "wicker%basket 1987 / old";
const WRONG_PIN: &str = "till-8831-mistyped";
const LOCK_PIN: &str = "door-2207-oaken";
const PREPARER_PIN: &str = "desk-5510-linen";
const SHORT_PIN: &str = "55555";
const PASSPHRASE: &str = "harbour-lantern-9931-oak";
const OTHER_IPN_SECRET: &str = "q9Zt-elsewhere-1PN-9xw2";
/// Codes that the phone does not show, except once in very many runs.
const WRONG_CODES: [&str; 3] = ["740391", "285617", "916048"];
const OTHER_TOTP_SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

const FORMS: [EchoForm; 4] = [EchoForm::Envelope, EchoForm::Text, EchoForm::Page, EchoForm::Json];
const STATUSES: [u16; 12] = [200, 201, 400, 401, 403, 404, 409, 418, 422, 429, 500, 503];

/// A shop, everything that it has said and done, and what must not be in it.
struct Journey {
    owner: Owner,
    /// How far the clock of this computer was moved.
    ahead: Arc<AtomicI64>,
    evidence: Evidence,
    needles: Needles,
}

fn surroundings(world: &World, ahead: &Arc<AtomicI64>) -> Surroundings {
    let ahead = ahead.clone();
    ahead_by(move || ahead.load(Ordering::SeqCst), world.surroundings())
}

fn echo(world: &World, method: &str, path: &str, status: u16, form: EchoForm) {
    let fault = Fault::Echo { status, form };
    world.simulator.set_fault(FaultRule {
        method: method.to_owned(),
        path: path.to_owned(),
        skip: 0,
        times: Some(1),
        fault,
    });
}

fn echoes() -> impl Iterator<Item = (u16, EchoForm)> {
    FORMS.into_iter().flat_map(|form| STATUSES.into_iter().map(move |status| (status, form)))
}

fn link(secret: &str) -> String {
    format!("otpauth://totp/NOWPayments:owner%40kestrel-coffee.example?secret={secret}&issuer=NOWPayments")
}

/// What the owner has: all of it is secret, and what was mistyped is almost.
fn secrets_of(credentials: &Credentials) -> Needles {
    let mut needles = Needles::default();
    needles.secret("the API key", &credentials.api_key);
    needles.secret("the password", &credentials.password);
    needles.secret("the IPN secret", &credentials.ipn_secret);
    needles.secret("the TOTP secret", &credentials.totp_secret);
    needles.secret("the TOTP secret as bytes", from_base32(&credentials.totp_secret));
    needles.whole("the otpauth link", link(&credentials.totp_secret));
    needles.secret("the PIN", PIN);
    needles.secret("the PIN of the lock", LOCK_PIN);
    needles.secret("the PIN of whoever prepares", PREPARER_PIN);
    needles.secret("the passphrase of a backup", PASSPHRASE);
    for (what, mistyped) in [
        ("an API key from before", OLD_KEY),
        ("a password from before", OLD_PASSWORD),
        ("a wrong API key", WRONG_KEY),
        ("a wrong password", WRONG_PASSWORD),
        ("a wrong PIN", WRONG_PIN),
        ("a wrong IPN secret", OTHER_IPN_SECRET),
        ("a wrong TOTP secret", OTHER_TOTP_SECRET),
    ] {
        needles.secret(what, mistyped);
    }
    needles
}

fn from_base32(text: &str) -> Vec<u8> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digits = text.chars().map(|letter| LETTERS.find(letter).unwrap());
    let bits: Vec<bool> =
        digits.flat_map(|digit| (0..5).rev().map(move |bit| digit >> bit & 1 == 1)).collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect()
}

impl Journey {
    /// Connects the shop, after every way of failing at it.
    async fn begin() -> Self {
        evidence::keep_log();
        let (world, ahead, evidence) = (World::new(History::None).await, Arc::default(), Evidence::default());
        world.simulator.pause();
        let needles = secrets_of(&world.simulator.credentials());
        let core = Core::open_with(surroundings(&world, &ahead), world.bases()).await.unwrap();
        evidence.events(&core);
        let try_out = async |new: &dyn Fn() -> NewShop, prepare: &dyn Fn()| {
            prepare();
            evidence.told("a check of a connection", &core.check_connection(&new()).await);
            world.simulator.clear_faults();
            prepare();
            let added = core.add_shop(new()).await;
            world.simulator.clear_faults();
            assert!(added.is_err(), "{added:?}");
            evidence.answer("adding a shop", &added);
        };
        let nothing = || {};
        try_out(&|| NewShop { api_key: WRONG_KEY.into(), ..world.new_shop() }, &nothing).await;
        try_out(&|| NewShop { password: WRONG_PASSWORD.into(), ..world.new_shop() }, &nothing).await;
        try_out(&|| NewShop { api_key: format!("{WRONG_KEY} ä").into(), ..world.new_shop() }, &nothing).await;
        for (status, form) in echoes() {
            let odd = || NewShop { password: WRONG_PASSWORD.into(), ..world.new_shop() };
            try_out(&odd, &|| echo(&world, "POST", "/auth", status, form)).await;
            // What may pass is tried once more.
            let twice = || (0..2).for_each(|_| echo(&world, "GET", "/merchant/coins", status, form));
            if status < 429 || form == EchoForm::Envelope {
                try_out(&|| world.new_shop(), &twice).await;
            }
        }
        core.add_shop(world.new_shop()).await.unwrap();
        Self { owner: Owner { world, core }, ahead, evidence, needles }
    }

    fn shop(&self) -> Arc<paydesk_core::OpenShop> {
        self.owner.core.shop().unwrap()
    }

    fn world(&self) -> &World {
        &self.owner.world
    }

    fn id(&self) -> String {
        self.shop().shop.id.clone()
    }

    async fn look_at_files(&self) {
        let names = self.evidence.files(self.world().folder.path()).await;
        for name in ["paydesk.sqlite".to_owned(), format!("{}.sqlite", self.id())] {
            assert!(names.contains(&name), "{names:?}");
            assert!(names.contains(&format!("{name}-wal")), "what was written last is read, too: {names:?}");
        }
    }

    /// Reads all payments, after every way of failing at it.
    async fn sync(&self) {
        let payments = self.shop().payments.clone();
        wait_for_sync(&self.owner.core, |sync| sync.complete && !sync.running).await;
        for (status, form) in echoes().filter(|(status, _)| *status < 429) {
            echo(self.world(), "GET", "/payment", status, form);
            payments.sync_now();
            let sync = wait_for_sync(&self.owner.core, |sync| sync.trouble.is_some() || status == 401).await;
            self.evidence.told("the sync", &sync);
            self.world().simulator.clear_faults();
            payments.sync_now();
            let sync = wait_for_sync(&self.owner.core, |sync| sync.trouble.is_none() && !sync.running).await;
            self.evidence.told("the sync", &sync);
        }
    }

    async fn sell(&self) {
        let (payments, invoices) = (self.shop().payments.clone(), self.shop().invoices.clone());
        let new = |order: &str| NewPayment {
            price_amount: "25".to_owned(),
            price_currency: "usd".to_owned(),
            pay_currency: "ltc".to_owned(),
            order_id: order.to_owned(),
            ..NewPayment::default()
        };
        for (number, (status, form)) in echoes().enumerate() {
            echo(self.world(), "POST", "/payment", status, form);
            let made = payments.make(new(&format!("A-{number}"))).await;
            self.evidence.answer("making a payment", &made);
            echo(self.world(), "POST", "/invoice", status, form);
            let invoice = NewInvoice {
                price_amount: "25".to_owned(),
                price_currency: "usd".to_owned(),
                order_id: format!("B-{number}"),
                ..NewInvoice::default()
            };
            self.evidence.answer("making an invoice", &invoices.make(invoice).await);
            self.world().simulator.clear_faults();
        }
        let made = payments.make(new("C-1")).await;
        self.evidence.answer("making a payment", &made);
        let id = made.unwrap().payment.unwrap();
        self.evidence.answer("a payment", &payments.get(&id).await);
        self.evidence.answer("an answer of NOWPayments", &payments.answer(&id).await);
        for (status, form) in echoes().filter(|(status, _)| *status < 429) {
            echo(self.world(), "GET", "/payment/:id", status, form);
            self.evidence.answer("reading again", &payments.read_again(&id).await);
            self.world().simulator.clear_faults();
        }
    }

    /// Callbacks, right and wrong ones.
    async fn listen(&self) {
        let callbacks = self.shop().callbacks.clone();
        let secret = self.world().simulator.credentials().ipn_secret;
        self.evidence.answer("setting the IPN secret", &callbacks.set_secret(" ".into()).await);
        self.evidence.answer("setting the IPN secret", &callbacks.set_secret(OTHER_IPN_SECRET.into()).await);
        self.evidence.answer("setting the IPN secret", &callbacks.set_secret(secret.as_str().into()).await);
        let listener = callbacks.listen(None).await;
        self.evidence.answer("listening", &listener);
        let ListenerState::Listening { address, .. } = listener.unwrap().state else { panic!("it is deaf") };
        self.evidence.answer("a test callback", &callbacks.send_test().await);
        for fault in [
            None,
            Some(CallbackFault::Tampered),
            Some(CallbackFault::Forged),
            Some(CallbackFault::Unsigned),
            Some(CallbackFault::Unreadable),
        ] {
            if let Some(fault) = fault {
                let rule = CallbackRule { containing: None, skip: 0, times: Some(1), fault };
                self.world().simulator.set_callback_fault(rule);
            }
            let new = CreatePayment {
                ipn_callback_url: Some(address.clone()),
                ..CreatePayment::new("60".parse().unwrap(), "usd".parse().unwrap(), "xlm".parse().unwrap())
            };
            self.world().client().send(&new).await.unwrap();
            self.world().simulator.callbacks_sent().await;
        }
        let page = callbacks.list(500, None).await;
        self.evidence.answer("the callbacks", &page);
        let rows = page.unwrap().rows;
        assert!(rows.len() >= 5, "{rows:?}");
        for row in rows {
            self.evidence.answer("a callback", &callbacks.get(row.number).await);
        }
        let sent = self.world().simulator.callbacks().remove(0);
        for secret in
            [None, Some(OTHER_IPN_SECRET.to_owned()), Some(secret.clone()), Some(format!(" {secret}\n"))]
        {
            for signature in [sent.signature.clone().unwrap(), secret.clone().unwrap_or_default()] {
                let secret = secret.clone().map(SecretString::from);
                let brought = CallbackToCheck { body: sent.body.clone(), signature, secret };
                self.evidence.answer("a check of a callback", &callbacks.check(brought).await);
            }
        }
    }

    async fn enrol(&mut self) {
        let factor = self.shop().second_factor.clone();
        let secret = self.world().simulator.credentials().totp_secret;
        let wrong_code = WRONG_CODES[0];
        let right = self.owner.code();
        [wrong_code, &right].into_iter().for_each(|code| self.needles.code(code));
        for (secret, pin, code) in [
            (secret.clone(), PIN, wrong_code),
            (OTHER_TOTP_SECRET.to_owned(), PIN, &right),
            (format!("{secret}!"), PIN, &right),
            (secret[1..].to_owned(), PIN, &right),
            (format!("{}&algorithm=SHA512", link(&secret)), PIN, &right),
            (link(&secret).replace("secret=", "key="), PIN, &right),
            (secret.clone(), SHORT_PIN, &right),
            (secret.clone(), PIN, &right[1..]),
        ] {
            let enrolment =
                Enrolment { secret: secret.into(), pin: pin.into(), code: code.into(), current: None };
            let enrolled = factor.enrol(enrolment).await;
            assert!(enrolled.is_err(), "{enrolled:?}");
            self.evidence.answer("enrolling", &enrolled);
        }
        let code = right.as_str().into();
        let enrolment = Enrolment { secret: link(&secret).into(), pin: PIN.into(), code, current: None };
        let enrolled = factor.enrol(enrolment).await;
        self.evidence.answer("enrolling", &enrolled);
        assert!(enrolled.unwrap().enrolled);
        let sealed = self.world().surroundings().keychain.read(&self.id(), Secret::SealedTotp).await.unwrap();
        self.needles.secret("the sealed secret", sealed.unwrap().expose_secret());
    }

    /// A batch that waits for its code, after every way of failing at sending it.
    async fn send(&self, fails: bool) -> Batch {
        let batch = self.owner.import(FILE).await;
        self.evidence.told("a batch", &batch);
        let id = batch.summary.id.clone();
        if fails {
            // A login that has ended is made anew, and then the batch is created.
            let refused = |(status, form): &(u16, EchoForm)| {
                *status != 401 && (*form == EchoForm::Envelope || *status == 200)
            };
            for (status, form) in echoes().filter(refused) {
                echo(self.world(), "POST", "/payout", status, form);
                let current = self.owner.get(&id).await;
                let sent = self.owner.payouts().send(&id, &current.rows_hash, None).await;
                self.world().simulator.clear_faults();
                self.evidence.answer("sending", &sent);
                self.settle(&id).await;
            }
        }
        let batch = self.owner.get(&id).await;
        let sent = self.owner.payouts().send(&id, &batch.rows_hash, None).await;
        self.evidence.answer("sending", &sent);
        assert_eq!(sent.as_ref().unwrap().summary.state, BatchState::Created, "{sent:#?}");
        sent.unwrap()
    }

    /// Has a batch that may have been created go back to where it can be sent.
    async fn settle(&self, id: &str) {
        while self.owner.get(id).await.summary.state != BatchState::Checked {
            self.owner.pass(61);
            self.evidence.answer("a look", &self.owner.payouts().look(id).await);
            self.evidence.answer("a release", &self.owner.payouts().release(id).await);
        }
    }

    /// The next half minute: codes are good once.
    async fn next_code(&mut self, id: &str) -> String {
        self.owner.pass(31);
        self.evidence.answer("a look", &self.owner.payouts().look(id).await);
        let code = self.owner.code();
        self.needles.code(&code);
        code
    }

    async fn approve_with(&self, batch: &Batch, code: &str) -> Result<Batch, Failure> {
        let approved = self.owner.approve(batch, code).await;
        self.evidence.answer("approving by code", &approved);
        approved
    }

    async fn approve_by_pin(&self, batch: &Batch, pin: &str) -> Result<Batch, Failure> {
        let approved = self.owner.approve_with_pin(batch, pin).await;
        self.evidence.answer("approving by PIN", &approved);
        approved
    }

    async fn look_at_batch(&self, id: &str) -> Batch {
        let query = RowQuery { batch: id.to_owned(), filter: RowFilter::All, limit: 100, after: None };
        self.evidence.answer("rows", &self.owner.payouts().rows(query).await);
        let report = self.owner.payouts().report_file(id, ReportFormat::Csv).await.unwrap();
        self.evidence.words("a report", String::from_utf8(report).unwrap());
        self.evidence.answer("what waits", &self.owner.payouts().approvals().await);
        let batch = self.owner.get(id).await;
        self.evidence.told("a batch", &batch);
        batch
    }

    /// What guards the money: rules and persons with PINs, the lock of the app, and the log of all that.
    async fn guard(&mut self) {
        let payouts = self.owner.payouts();
        let strict = RulesEdit {
            batch_limit: "9000000".to_owned(),
            part_size: "1000".to_owned(),
            ..RulesEdit::default()
        };
        self.evidence.answer("rules", &payouts.set_rules(&strict, None).await);
        let loose = RulesEdit { batch_limit: String::new(), ..strict };
        for pin in [WRONG_PIN, PIN] {
            self.evidence.answer("rules", &payouts.set_rules(&loose, Some(pin.into())).await);
        }
        for (preparer, approver) in
            [(SHORT_PIN, PIN), (PREPARER_PIN, WRONG_PIN), (PIN, PIN), (PREPARER_PIN, PIN)]
        {
            let two = payouts.require_two_persons(preparer.into(), approver.into(), None).await;
            self.evidence.answer("two persons", &two);
        }
        let batch = self.owner.import(FILE).await;
        for pin in [None, Some(WRONG_PIN.into()), Some(PREPARER_PIN.into())] {
            let sent = payouts.send(&batch.summary.id, &batch.rows_hash, pin).await;
            self.evidence.answer("sending", &sent);
        }
        self.owner.pass(3601);
        self.evidence.answer("a look", &payouts.look(&batch.summary.id).await);
        for (preparer, approver) in [(WRONG_PIN, PIN), (PREPARER_PIN, PIN)] {
            let one = payouts.require_one_person(preparer.into(), approver.into()).await;
            self.evidence.answer("one person", &one);
        }
        let core = &self.owner.core;
        for (pin, current) in [(SHORT_PIN, None), (LOCK_PIN, None), (LOCK_PIN, Some(WRONG_PIN.into()))] {
            self.evidence.answer("the lock", &core.set_lock(pin.into(), current, 5).await);
        }
        core.lock();
        for pin in [WRONG_PIN, LOCK_PIN] {
            self.evidence.answer("unlocking", &core.unlock(pin.into()).await);
        }
        self.evidence.answer("the lock", &core.remove_lock(LOCK_PIN.into()).await);
        self.evidence.answer(
            "a picture",
            &self.shop().second_factor.read_picture(link(OTHER_TOTP_SECRET).into()).await,
        );
        self.evidence.answer("the audit log", &self.shop().audit.list(None, 500).await);
        self.evidence.answer("the audit log", &self.shop().audit.csv().await);
    }

    /// Gives the shop other keys, after every way of failing at it.
    async fn change_keys(&self) {
        let (core, right) = (&self.owner.core, self.world().simulator.credentials());
        let change = async |api_key: &str, password: &str| {
            let new =
                NewKeys { api_key: api_key.into(), email: right.email.clone(), password: password.into() };
            let changed = core.change_keys(&self.id(), new).await;
            self.world().simulator.clear_faults();
            self.evidence.answer("changing the keys", &changed);
            changed
        };
        for (api_key, password) in [(WRONG_KEY, ""), ("", WRONG_PASSWORD), (&format!("{WRONG_KEY} ä"), "")] {
            change(api_key, password).await.unwrap_err();
        }
        for (status, form) in echoes() {
            echo(self.world(), "POST", "/auth", status, form);
            change("", WRONG_PASSWORD).await.unwrap_err();
            echo(self.world(), "GET", "/merchant/coins", status, form);
            change(WRONG_KEY, "").await.unwrap_err();
        }
        let keychain = self.world().surroundings().keychain;
        for (status, form) in echoes().filter(|(status, _)| *status < 429) {
            for (secret, old) in [(Secret::ApiKey, OLD_KEY), (Secret::Password, OLD_PASSWORD)] {
                keychain.store(&self.id(), secret, old.into()).await.unwrap();
            }
            echo(self.world(), "GET", "/payment/:id", status, form);
            let _ = change(&right.api_key, &right.password).await;
        }
        change(&right.api_key, &right.password).await.unwrap();
        self.evidence.answer("a check of the shop", &core.check_shop().await);
        self.evidence.answer("the audit log", &self.shop().audit.list(None, 500).await);
    }

    /// Pays two batches: with a code, and with the PIN.
    async fn pay(&mut self) {
        let mut batch = self.send(true).await;
        for (number, (status, form)) in echoes().enumerate() {
            if batch.approval.as_ref().is_none_or(|approval| approval.attempts_left < 3) {
                self.owner.pass(3601);
                let _ = self.owner.payouts().look(&batch.summary.id).await;
                batch = self.send(false).await;
            }
            let id = batch.summary.id.clone();
            let code = self.next_code(&id).await;
            echo(self.world(), "POST", "/payout/:id/verify", status, form);
            let approved = match number % 3 {
                0 => self.approve_by_pin(&batch, PIN).await,
                _ => self.approve_with(&batch, &code).await,
            };
            self.world().simulator.clear_faults();
            // A login that has ended is made anew, and the same code is taken then.
            assert!(approved.is_err() || status == 401, "{status} {form:?}: {approved:?}");
            batch = self.look_at_batch(&id).await;
        }
        if batch.approval.is_none() {
            batch = self.send(false).await;
        }
        let id = batch.summary.id.clone();
        self.next_code(&id).await;
        self.needles.code(WRONG_CODES[1]);
        self.approve_with(&batch, WRONG_CODES[1]).await.unwrap_err();
        let switches = Switches { foreign_address: Some("203.0.113.7".to_owned()), ..Switches::default() };
        self.world().simulator.set_switches(switches);
        let code = self.next_code(&id).await;
        let _ = self.approve_with(&batch, &code).await;
        self.world().simulator.set_switches(Switches::default());
        let code = self.next_code(&id).await;
        let spaced = format!(" {} {}", &code[..3], &code[3..]);
        self.approve_with(&batch, &spaced).await.unwrap();
        self.evidence.told("a batch", &self.owner.finish(&id).await);

        let batch = self.send(false).await;
        let id = batch.summary.id.clone();
        self.next_code(&id).await;
        self.approve_by_pin(&batch, WRONG_PIN).await.unwrap_err();
        self.approve_by_pin(&batch, PIN).await.unwrap();
        self.evidence.told("a batch", &self.owner.finish(&id).await);
        self.look_at_batch(&id).await;
    }

    /// Wrong PINs until the sealed secret is deleted.
    async fn lock_out(&mut self) {
        let batch = self.send(false).await;
        for _ in 0..10 {
            self.approve_by_pin(&batch, WRONG_PIN).await.unwrap_err();
            let state = self.shop().second_factor.get().await;
            self.evidence.answer("the second factor", &state);
            // While it is locked, the right one is refused as well.
            let Some(until) = state.unwrap().locked_until else { continue };
            self.approve_by_pin(&batch, PIN).await.unwrap_err();
            let wait = (until - surroundings(self.world(), &self.ahead).now()).num_seconds() + 1;
            self.ahead.fetch_add(wait, Ordering::SeqCst);
            self.evidence.answer("a look", &self.owner.payouts().look(&batch.summary.id).await);
        }
        assert!(!self.shop().second_factor.get().await.unwrap().enrolled);
        self.evidence.answer("forgetting", &self.shop().second_factor.forget(Some(PIN.into())).await);
        self.approve_by_pin(&batch, PIN).await.unwrap_err();
        self.owner.pass(3601);
        self.evidence.answer("a look", &self.owner.payouts().look(&batch.summary.id).await);
    }

    /// A keychain that gives back something else, and one that has lost the keys.
    async fn lose_keys(&mut self) {
        let (keychain, id) = (self.world().surroundings().keychain, self.id());
        keychain.store(&id, Secret::SealedTotp, "not what was sealed".into()).await.unwrap();
        let batch = self.send(false).await;
        self.approve_by_pin(&batch, PIN).await.unwrap_err();
        self.shop().second_factor.forget(Some(PIN.into())).await.unwrap();
        let key = keychain.read(&id, Secret::ApiKey).await.unwrap().unwrap();
        self.owner.core.close().await;
        keychain.delete(&id, Secret::ApiKey).await.unwrap();
        self.owner.core =
            Core::open_with(surroundings(self.world(), &self.ahead), self.world().bases()).await.unwrap();
        self.evidence.events(&self.owner.core);
        let no_demo = || async { Err(Failure::other("no demo")) };
        let reopened = self.owner.core.reopen(no_demo).await;
        assert!(reopened.is_err());
        self.evidence.answer("opening a shop again", &reopened);
        self.evidence.answer("the state", &self.owner.core.state().await);
        keychain.store(&id, Secret::ApiKey, key).await.unwrap();
        self.owner.core.select_shop(&id).await.unwrap();
    }

    /// What leaves the computer by the owner's hand: all of the shop as tables, what helps to find a fault, a backup.
    async fn take_out(&self) {
        let (core, folder) = (&self.owner.core, self.world().folder.path());
        self.evidence.answer("the size", &core.data_size().await);
        let logs = folder.join("logs");
        std::fs::create_dir_all(&logs).unwrap();
        std::fs::write(logs.join("paydesk.2026-11-27.log"), evidence::log()).unwrap();
        let (_, zip) = core.diagnostics(&Host::default()).await.unwrap();
        self.evidence.zip("diagnostics", &zip);
        let ended = |job: &Option<DataJob>| job.as_ref().is_some_and(|job| job.state != ExportState::Running);
        let everything = folder.join("everything.zip");
        core.begin_everything(&everything).unwrap();
        let job = wait_for(core, || async { core.data_job() }, ended).await;
        self.evidence.told("a job", &job);
        self.evidence.zip("everything", &std::fs::read(&everything).unwrap());
        core.begin_backup(&self.id(), &folder.join("kept.paydesk"), PASSPHRASE.into(), None).await.unwrap();
        let job = wait_for(core, || async { core.data_job() }, ended).await;
        assert_eq!(job.as_ref().unwrap().state, ExportState::Done, "{job:?}");
        self.evidence.told("a job", &job);
    }

    async fn look_at_the_rest(&mut self) {
        self.needles.code(WRONG_CODES[2]);
        let shop = self.shop();
        self.evidence.answer("the state", &self.owner.core.state().await);
        self.evidence.words("notifications", format!("{:?}", shop.notifications.take().await));
        self.evidence.answer("notifications", &shop.notifications.list().await);
        self.evidence.answer("what waits", &shop.payouts.approvals().await);
        self.evidence.answer("the batches", &shop.payouts.list().await);
        self.evidence.answer("the listener", &shop.callbacks.listener().await);
        let demo = paydesk_core::second_factor::DemoPhone {
            secret: OTHER_TOTP_SECRET.to_owned(),
            code: WRONG_CODES[2].to_owned(),
            seconds_left: 3,
        };
        self.evidence.words("Debug", format!("{demo:?} {demo:#?}"));
        let NewShop { api_key, email, password, .. } = self.world().new_shop();
        let token = LoggedIn { token: self.world().simulator.tokens().remove(0).into() };
        let verify = VerifyPayout { id: "7".parse().unwrap(), verification_code: self.owner.code().into() };
        let log_in = LogIn { email: &email, password: &password };
        let login = nowpayments::Login { email: email.clone(), password: password.clone() };
        let credentials = nowpayments::Credentials { api_key, login: Some(login) };
        self.evidence.words("Debug", format!("{:#?} {:?}", self.owner.core, self.owner.core));
        self.evidence.words("Debug", format!("{shop:#?} {shop:?} {:?}", self.world().surroundings()));
        self.evidence.words("Debug", format!("{credentials:#?} {log_in:?} {verify:?} {token:?}"));
        self.evidence.words("Debug", format!("{:?} {:?}", self.world().client(), self.world().bases()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_full_journey_no_secret_is_anywhere_but_in_the_keychain() {
    let mut journey = Journey::begin().await;
    journey.look_at_files().await;
    journey.sync().await;
    journey.sell().await;
    journey.listen().await;
    journey.look_at_files().await;
    journey.enrol().await;
    journey.guard().await;
    journey.change_keys().await;
    journey.pay().await;
    journey.look_at_files().await;
    journey.lock_out().await;
    journey.enrol().await;
    journey.look_at_files().await;
    journey.lose_keys().await;
    journey.take_out().await;
    journey.look_at_the_rest().await;
    journey.look_at_files().await;

    let (keychain, id) = (journey.world().surroundings().keychain, journey.id());
    for (secret, is_kept) in [
        (Secret::ApiKey, true),
        (Secret::Password, true),
        (Secret::IpnSecret, true),
        // It was forgotten.
        (Secret::SealedTotp, false),
    ] {
        assert_eq!(keychain.read(&id, secret).await.unwrap().is_some(), is_kept, "{secret:?}");
    }
    let removed = journey.owner.core.remove_shop(&id, None, 9).await;
    journey.evidence.answer("removing the shop", &removed);
    for secret in [Secret::ApiKey, Secret::Password, Secret::IpnSecret, Secret::SealedTotp] {
        assert!(keychain.read(&id, secret).await.unwrap().is_none(), "{secret:?} is left");
    }
    journey.owner.core.close().await;
    journey.evidence.files(journey.world().folder.path()).await;

    let tokens = journey.world().simulator.tokens();
    assert!(tokens.iter().collect::<BTreeSet<_>>().len() > 3, "logins: {}", tokens.len());
    tokens.iter().for_each(|token| journey.needles.secret("a token", token));
    // Whoever looks at nothing finds nothing.
    let log = evidence::log();
    for target in ["sqlx", "nowpayments::client", "paydesk_core", "reqwest"] {
        assert!(log.contains(target), "{target} has logged nothing");
    }
    for place in ["diagnostics", "everything"] {
        assert!(journey.evidence.count(place) >= 3, "{place}");
    }
    for place in [
        "an event",
        "Debug",
        "approving by code",
        "approving by PIN",
        "changing the keys",
        "the table payout_steps",
    ] {
        assert!(journey.evidence.count(place) > 3, "{place}");
    }
    let mut found = journey.evidence.look_for(&journey.needles);
    found.extend(journey.needles.in_words(&log).into_iter().map(|find| ("the log".to_owned(), find)));
    let told: Vec<_> = found.iter().map(|(place, find)| format!("{place}: {find}")).collect();
    assert!(told.is_empty(), "{} finds:\n{}", told.len(), told.join("\n"));
}

/// Secrets with signs that every spelling spells in its own way.
fn odd_secrets() -> [(&'static str, Vec<u8>); 4] {
    [
        ("a key", b"K7Q2-\"quoted\" & <b>+/=\\".to_vec()),
        ("a password", "pässwörd with spaces, 100 %".into()),
        ("bytes", (0_u8..=255).rev().step_by(11).collect()),
        ("a PIN", b"47-till".iter().chain(b"!?").copied().collect()),
    ]
}

#[tokio::test]
async fn a_secret_that_was_left_anywhere_in_any_spelling_is_noticed() {
    evidence::keep_log();
    let world = World::new(History::None).await;
    let core = world.open().await;
    let folder = tempfile::tempdir().unwrap();
    let (folder, file) = (folder.path(), folder.path().join("planted.bin"));
    let options = SqliteConnectOptions::new().filename(folder.join("planted.sqlite")).create_if_missing(true);
    let mut db = options.connect().await.unwrap();
    sqlx::query("CREATE TABLE planted (value)").execute(&mut db).await.unwrap();
    let mut planted = BTreeSet::new();
    for (what, secret) in odd_secrets() {
        let mut needles = Needles::default();
        needles.secret(what, &secret);
        for (spelled, spelling) in spellings(&secret) {
            let check = |place: &str, evidence: &Evidence| {
                let found = evidence.look_for(&needles);
                assert!(found.iter().any(|(at, _)| at == place), "{what}, {spelled}, in {place}: {found:?}");
            };
            planted.insert(spelled);
            // Far from the beginning of a file, between other bytes.
            std::fs::write(&file, [&[0xff; 70_000], spelling.as_slice(), b"tail"].concat()).unwrap();
            let evidence = Evidence::default();
            evidence.files(folder).await;
            check("the file planted.bin", &evidence);
            std::fs::remove_file(&file).unwrap();

            let text = String::from_utf8(spelling.clone()).ok();
            let json = text.as_ref().map(|text| json!({ "told": [format!("It was {text}.")] }).to_string());
            // One that lies on several pages of the file, one for people, and one within JSON.
            let values = [
                Some([vec![b'x'; 2 * 4096 - 20], spelling.clone(), vec![b'x'; 9000]].concat()),
                text.as_ref().map(|text| format!("It was {text}.").into_bytes()),
                json.map(String::into_bytes),
            ];
            for value in values.into_iter().flatten() {
                let text = String::from_utf8(value.clone());
                let plant = sqlx::query("INSERT INTO planted VALUES (?)");
                let plant = if let Ok(text) = text { plant.bind(text) } else { plant.bind(value) };
                plant.execute(&mut db).await.unwrap();
                let evidence = Evidence::default();
                evidence.files(folder).await;
                check("the table planted", &evidence);
                sqlx::query("DELETE FROM planted").execute(&mut db).await.unwrap();
            }

            let Some(text) = text else { continue };
            let evidence = Evidence::default();
            let listening = evidence.events(&core);
            core.announce(Changed::NotOpened { failure: Failure::other(&text) });
            while evidence.count("an event") == 0 {
                tokio::task::yield_now().await;
            }
            listening.abort();
            check("an event", &evidence);
            let evidence = Evidence::default();
            evidence.failure("a failure", &Failure::other(&text));
            check("a failure", &evidence);
            let evidence = Evidence::default();
            evidence.answer("an answer", &Ok(json!({ "told": text })));
            check("an answer", &evidence);
            // A log spells control characters in its own way.
            if !text.contains(char::is_control) {
                let before = evidence::log().len();
                tracing::trace!("planted {text}");
                assert!(
                    !needles.in_words(&evidence::log()[before..]).is_empty(),
                    "{what}, {spelled}, in the log"
                );
            }
        }
    }
    assert!(planted.len() > 12, "{planted:?}");
}

#[test]
fn half_a_secret_is_noticed_and_a_code_is_told_from_other_numbers() {
    let mut needles = Needles::default();
    needles.secret("a key", "K7Q2M9X-3TRW8PL-ZZ4C6VB");
    needles.code("740391");
    for leak in [
        "NOWPayments says: K7Q2M9X-3TRW…",
        "…W8PL-ZZ4C6VB",
        "the code 740391 is wrong",
        "740391",
        "code=740391.",
        "{\"code\":\"740391\"}",
        "it shows 740 391 now",
        "NzQwMzkx",
    ] {
        assert!(!needles.in_words(leak).is_empty(), "{leak}");
    }
    for other in
        ["K7Q2M9X", "1740391", "7403910", "0.740391", "12:00:00.740391Z", "740391ns", "id-740391", "740,391"]
    {
        assert!(needles.in_words(other).is_empty(), "{other}");
    }
    assert!(needles.in_bytes(b"the code 740391 is wrong").is_empty(), "bytes hold such numbers by chance");
}

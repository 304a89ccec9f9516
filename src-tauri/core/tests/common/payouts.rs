//! The owner of a shop who pays, for tests: a file, a phone, and a clock that moves when told.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that fails says so")]

use std::{collections::BTreeMap, time::Duration};

use nowpayments_simulator::{Fault, FaultRule, History, PayoutStatus};
use paydesk_core::{
    Core, Failure,
    payouts::{
        Payouts,
        batch::{Batch, BatchState},
    },
    second_factor::Enrolment,
};

use super::world::{World, wait_for};

pub(crate) const TRX: &str = "TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH";
pub(crate) const ETH: &str = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
pub(crate) const XRP: &str = "rLVo29ML6SNPRYKYWwrcQFk1xd3ktvQwat";

pub(crate) const FILE: &str = "address,currency,amount,extra_id,description
TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH,trx,200,,wages
TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH,usdttrc20,12.5,,
0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed,eth,0.25,,
rLVo29ML6SNPRYKYWwrcQFk1xd3ktvQwat,xrp,30,1234567,\"coffee, green\"
";

pub(crate) const PIN: &str = "402917 oak";

/// A shop with its clock standing still.
pub(crate) struct Owner {
    pub(crate) world: World,
    pub(crate) core: Core,
}

impl Owner {
    pub(crate) async fn new() -> Self {
        let world = World::new(History::None).await;
        world.simulator.pause();
        let (core, _) = world.open_shop().await;
        Self { world, core }
    }

    pub(crate) fn payouts(&self) -> Payouts {
        self.core.shop().unwrap().payouts.clone()
    }

    /// Closes and opens Paydesk again.
    pub(crate) async fn restart(&mut self) {
        self.core.close().await;
        self.open_again().await;
    }

    /// Opens Paydesk after it was closed.
    pub(crate) async fn open_again(&mut self) {
        self.core = self.world.open().await;
        self.core.reopen(|| async { Err(Failure::other("no demo")) }).await.unwrap();
    }

    pub(crate) async fn get(&self, id: &str) -> Batch {
        self.payouts().get(id).await.unwrap()
    }

    /// Waits until something holds of a batch.
    pub(crate) async fn wait(&self, id: &str, wanted: impl Fn(&Batch) -> bool) -> Batch {
        let payouts = self.payouts();
        wait_for(&self.core, || payouts.get(id), wanted).await
    }

    /// Reads a file and waits for the end of its check.
    pub(crate) async fn import(&self, text: &str) -> Batch {
        let batch = self.payouts().open_text("wages.csv", text).await.unwrap().batch().unwrap();
        self.wait(&batch.summary.id, |batch| batch.checking.is_none()).await
    }

    /// A batch that waits for its code.
    pub(crate) async fn sent(&self) -> Batch {
        let batch = self.import(FILE).await;
        assert_eq!(batch.obstacles, [""; 0]);
        let batch = self.payouts().send(&batch.summary.id, &batch.rows_hash, None).await.unwrap();
        assert_eq!(batch.summary.state, BatchState::Created, "{batch:#?}");
        batch
    }

    /// Sends a batch in vain and gives that try up, after looks that did not find it.
    pub(crate) async fn give_up(&self, batch: &Batch) {
        let id = &batch.summary.id;
        self.fault("POST", "/payout", Fault::DropBefore);
        self.payouts().send(id, &batch.rows_hash, None).await.unwrap();
        self.pass(61);
        self.payouts().look(id).await.unwrap();
        self.payouts().look(id).await.unwrap();
        self.payouts().release(id).await.unwrap();
    }

    /// Lets simulated time pass.
    pub(crate) fn pass(&self, seconds: u64) {
        self.world.simulator.step(Duration::from_secs(seconds));
    }

    /// The code that the phone shows.
    pub(crate) fn code(&self) -> String {
        self.world.simulator.code().code
    }

    /// A code that the phone does not show.
    pub(crate) fn wrong_code(&self) -> String {
        let clock = self.world.simulator.clock().now;
        let near: Vec<_> = [-30, 0, 30]
            .map(|seconds| self.world.simulator.totp_code_at(clock + chrono::TimeDelta::seconds(seconds)))
            .into();
        (0..).map(|number| format!("{number:06}")).find(|code| !near.contains(code)).unwrap()
    }

    pub(crate) async fn approve(&self, batch: &Batch, code: &str) -> Result<Batch, Failure> {
        let approval = batch.approval.as_ref().expect("an approval");
        self.payouts().approve_with_code(&approval.id, &approval.rows_hash, code.into(), None).await
    }

    pub(crate) async fn enrol(&self) {
        let enrolment = Enrolment {
            secret: self.world.simulator.credentials().totp_secret.into(),
            pin: PIN.into(),
            code: self.code().into(),
            current: None,
        };
        self.core.shop().unwrap().second_factor.enrol(enrolment).await.unwrap();
    }

    pub(crate) async fn approve_with_pin(&self, batch: &Batch, pin: &str) -> Result<Batch, Failure> {
        let approval = batch.approval.as_ref().expect("an approval");
        self.payouts().approve_with_pin(&approval.id, &approval.rows_hash, pin.into()).await
    }

    /// Lets an approved batch go to its end.
    pub(crate) async fn finish(&self, id: &str) -> Batch {
        self.pass(20);
        self.payouts().look(id).await.unwrap()
    }

    pub(crate) fn fault(&self, method: &str, path: &str, fault: Fault) {
        let rule =
            FaultRule { method: method.to_owned(), path: path.to_owned(), skip: 0, times: Some(1), fault };
        self.world.simulator.set_fault(rule);
    }

    /// How often each recipient got each amount, by the simulator's own books.
    pub(crate) fn paid(&self) -> BTreeMap<(String, String, String), u32> {
        let mut paid = BTreeMap::new();
        for row in self.world.simulator.ledger().payouts {
            if row.times_paid > 0 {
                *paid.entry((row.address, row.currency, row.amount.to_string())).or_default() +=
                    row.times_paid;
            }
        }
        paid
    }

    /// Each row of [`FILE`] was paid exactly once, and nothing else was.
    #[track_caller]
    pub(crate) fn assert_paid_once(&self) {
        let row = |address: &str, currency: &str, amount: &str| {
            ((address.to_owned(), currency.to_owned(), amount.to_owned()), 1)
        };
        let expected = BTreeMap::from([
            row(TRX, "trx", "200"),
            row(TRX, "usdttrc20", "12.5"),
            row(ETH, "eth", "0.25"),
            row(XRP, "xrp", "30"),
        ]);
        assert_eq!(self.paid(), expected);
        assert!(self.world.simulator.ledger().conserved);
    }

    /// How many batches NOWPayments has.
    pub(crate) fn batches(&self) -> usize {
        let ids: std::collections::BTreeSet<_> =
            self.world.simulator.ledger().payouts.into_iter().map(|row| row.batch_id).collect();
        ids.len()
    }

    /// How often a call was made.
    pub(crate) fn calls(&self, method: &str, target: &str) -> usize {
        let is = |target_of: &str| target_of.trim_start_matches('/') == target;
        self.world
            .simulator
            .requests()
            .iter()
            .filter(|call| call.method == method && is(&call.target))
            .count()
    }

    pub(crate) fn row_in_ledger(&self, currency: &str) -> u64 {
        let rows = self.world.simulator.ledger().payouts;
        rows.iter().find(|row| row.currency == currency).unwrap().id.parse().unwrap()
    }

    pub(crate) fn force(&self, currency: &str, status: PayoutStatus) {
        self.world.simulator.change_payout(self.row_in_ledger(currency), status).unwrap();
    }
}

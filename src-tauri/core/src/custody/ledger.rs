//! All that was moved to and from a user, in order, with what the user had after each; and whether that is what NOWPayments
//! says. What is missing is a line of its own.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use nowpayments::Amount;
use serde::{Deserialize, Serialize};
use specta::Type;
use sqlx::SqliteConnection;

use super::Custody;
use crate::{
    failure::Failure,
    language::{said, words},
    moves::words::coins,
    payments::exact,
    second_factor::local,
};

/// The most lines of a page.
const LARGEST_PAGE: u32 = 1000;

/// Which part of a ledger is read, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct LedgerQuery {
    /// NOWPayments' id of the user.
    pub user: String,
    /// Only the movements of this coin.
    pub coin: Option<String>,
    /// How many of the newest to leave out.
    pub from: u32,
    /// How many at most, 1000 at the most.
    pub limit: u32,
}

/// The movements of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Ledger {
    /// The lines that were asked for, newest first.
    pub lines: Vec<LedgerLine>,
    /// How many there are in all.
    pub total: u32,
    /// What they come to, coin by coin.
    pub coins: Vec<LedgerCoin>,
    /// When the balances were read that they are compared with; `None`: never.
    pub balances_read_at: Option<DateTime<Utc>>,
}

/// What the movements of a coin come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct LedgerCoin {
    /// The coin, lower case.
    pub coin: String,
    /// The sum of all movements that were seen.
    #[specta(type = String)]
    pub sum: Amount,
    /// What the user has by NOWPayments, what is on its way included; `None`: not known as of now.
    #[specta(type = Option<String>)]
    pub balance: Option<Amount>,
    /// How much of that is not explained by any movement, negative where too much is; `None`: not known as of now.
    #[specta(type = Option<String>)]
    pub difference: Option<Amount>,
}

/// What a movement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum LedgerKind {
    /// A payment into the balance.
    Payment,
    /// From the shop.
    Deposit,
    /// To the shop: a write-off, or what a subscription cost.
    WriteOff,
    /// From another user.
    TransferIn,
    /// To another user.
    TransferOut,
    /// Not a movement that was seen: what NOWPayments says more, or less, than all of them come to.
    Unexplained,
}

impl LedgerKind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Deposit => "deposit",
            Self::WriteOff => "write_off",
            Self::TransferIn => "transfer_in",
            Self::TransferOut => "transfer_out",
            Self::Unexplained => "unexplained",
        }
    }
}

/// A movement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct LedgerLine {
    /// When it was carried out, by the clock of this computer. Of what is not explained: when the balance was read.
    pub at: DateTime<Utc>,
    /// What it is.
    pub kind: LedgerKind,
    /// The coin, lower case.
    pub coin: String,
    /// How much came, or went where it is negative.
    #[specta(type = String)]
    pub amount: Amount,
    /// What the user had of the coin after it.
    #[specta(type = String)]
    pub balance: Amount,
    /// The other user.
    pub other: Option<String>,
    /// What it is, in words.
    pub words: String,
    /// NOWPayments' id of the transfer or the payment.
    pub reference: Option<String>,
    /// Our id of the move that made it, where that was here.
    pub made_by: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Movement {
    id: String,
    is_payment: bool,
    comes: bool,
    other_id: Option<String>,
    other: Option<String>,
    coin: String,
    amount: String,
    at: DateTime<Utc>,
    made_by: Option<String>,
}

/// A whole ledger, oldest first.
pub(super) struct Whole {
    pub(super) lines: Vec<LedgerLine>,
    pub(super) coins: Vec<LedgerCoin>,
    pub(super) balances_read_at: Option<DateTime<Utc>>,
}

impl Custody {
    /// The movements of a user, newest first.
    ///
    /// # Errors
    /// When there is no such user, or the shop was closed.
    pub async fn ledger(&self, query: &LedgerQuery) -> Result<Ledger, Failure> {
        let Whole { mut lines, mut coins, balances_read_at } = self.whole_ledger(&query.user).await?;
        if let Some(coin) = query.coin.as_deref().map(str::to_lowercase) {
            lines.retain(|line| line.coin == coin);
            coins.retain(|of| of.coin == coin);
        }
        let total = u32::try_from(lines.len()).unwrap_or(u32::MAX);
        let limit = query.limit.clamp(1, LARGEST_PAGE) as usize;
        let lines = lines.into_iter().rev().skip(query.from as usize).take(limit).collect();
        Ok(Ledger { lines, total, coins, balances_read_at })
    }

    pub(super) async fn whole_ledger(&self, id: &str) -> Result<Whole, Failure> {
        let user = self.user(id).await?;
        let mut db = self.ctx.db.begin().await?;
        let movements = movements(&mut db, id).await?;
        let is_current: bool = sqlx::query_scalar(
            "SELECT coalesce(read_at > moved_at, read_at IS NOT NULL) FROM custody_users WHERE id = ?",
        )
        .bind(id)
        .fetch_one(&mut *db)
        .await?;
        db.commit().await?;
        let mut sums = BTreeMap::<String, Amount>::new();
        let mut lines = Vec::with_capacity(movements.len());
        for movement in movements {
            let size = exact(&movement.amount)?;
            let amount = if movement.comes { size } else { -size };
            let sum = sums.entry(movement.coin.clone()).or_default();
            *sum += &amount;
            let balance = sum.clone();
            lines.push(movement.line(amount, balance, |at| local(&self.ctx, at)));
        }
        for balance in &user.balances {
            sums.entry(balance.coin.clone()).or_default();
        }
        let mut coins = Vec::new();
        for (coin, sum) in sums {
            let has = user.balances.iter().find(|balance| balance.coin == coin);
            let spendable = has.map(|has| has.amount.clone()).unwrap_or_default();
            let pending = has.map(|has| has.pending.clone()).unwrap_or_default();
            // What is set aside for a transfer under way still counts. Should it be what is yet to come, it does not.
            let balance = if spendable == sum { spendable } else { spendable + pending };
            let balance = is_current.then_some(balance);
            let difference = balance.clone().map(|balance| balance - sum.clone());
            if let (Some(amount), Some(balance), Some(at)) = (&difference, &balance, user.balances_read_at)
                && !amount.is_zero()
            {
                lines.push(unexplained(&coin, amount, balance, at));
            }
            coins.push(LedgerCoin { coin, sum, balance, difference });
        }
        Ok(Whole { lines, coins, balances_read_at: user.balances_read_at })
    }
}

/// What was carried out, oldest first.
async fn movements(db: &mut SqliteConnection, user: &str) -> Result<Vec<Movement>, Failure> {
    Ok(sqlx::query_as(
        "SELECT t.id, 0 AS is_payment, to_id = ?1 AS comes, u.id AS other_id, u.name AS other, t.coin, t.amount, \
             coalesce(t.updated_at, t.created_at) AS at, moves.id AS made_by \
         FROM custody_transfers AS t LEFT JOIN custody_users AS u ON u.id = iif(from_id = ?1, to_id, from_id) \
         LEFT JOIN moves ON moves.list = 'transfers' AND moves.made = t.id \
         WHERE ?1 IN (from_id, to_id) AND from_id <> to_id AND lower(t.status) = 'finished' \
         UNION ALL \
         SELECT p.id, 1, 1, NULL, NULL, coalesce(iif(outcome_amount IS NULL, NULL, outcome_coin), p.coin), \
             coalesce(outcome_amount, actually_paid, p.amount), coalesce(p.updated_at, p.created_at), moves.id \
         FROM custody_payments AS p LEFT JOIN moves ON moves.list = 'payments' AND moves.made = p.id \
         WHERE p.user = ?1 AND lower(p.status) IN ('finished', 'partially_paid') \
         ORDER BY at, 1",
    )
    .bind(user)
    .fetch_all(db)
    .await?)
}

impl Movement {
    fn line(
        self,
        amount: Amount,
        balance: Amount,
        local: impl Fn(DateTime<Utc>) -> DateTime<Utc>,
    ) -> LedgerLine {
        let kind = match (self.is_payment, self.comes, &self.other_id) {
            (true, ..) => LedgerKind::Payment,
            (_, true, None) => LedgerKind::Deposit,
            (_, false, None) => LedgerKind::WriteOff,
            (_, true, Some(_)) => LedgerKind::TransferIn,
            (_, false, Some(_)) => LedgerKind::TransferOut,
        };
        let other = self.other.unwrap_or_default();
        let words = match kind {
            LedgerKind::Payment => said!(en: "Paid in", de: "Eingezahlt").to_owned(),
            LedgerKind::Deposit => said!(en: "From the shop", de: "Vom Shop").to_owned(),
            LedgerKind::WriteOff if self.made_by.is_some() => {
                said!(en: "Written off to the shop", de: "An den Shop abgebucht").to_owned()
            }
            LedgerKind::WriteOff => said!(
                en: "To the shop: for a subscription, or written off elsewhere",
                de: "An den Shop: für ein Abonnement, oder anderswo abgebucht"
            )
            .to_owned(),
            LedgerKind::TransferIn => words!(en: "From {other}", de: "Von {other}"),
            LedgerKind::TransferOut | LedgerKind::Unexplained => words!(en: "To {other}", de: "An {other}"),
        };
        LedgerLine {
            at: local(self.at),
            kind,
            coin: self.coin,
            amount,
            balance,
            other: self.other_id.map(|_| other),
            words,
            reference: Some(self.id),
            made_by: self.made_by,
        }
    }
}

fn unexplained(coin: &str, amount: &Amount, balance: &Amount, at: DateTime<Utc>) -> LedgerLine {
    let sum = coins(&if amount.is_negative() { -amount.clone() } else { amount.clone() }, coin);
    let words = match amount.is_negative() {
        true => words!(
            en: "Not explained: NOWPayments says {sum} less than all movements that Paydesk has seen come to",
            de: "Ungeklärt: NOWPayments nennt {sum} weniger, als alle Bewegungen ergeben, die Paydesk gesehen hat"
        ),
        false => words!(
            en: "Not explained: NOWPayments says {sum} more than all movements that Paydesk has seen come to",
            de: "Ungeklärt: NOWPayments nennt {sum} mehr, als alle Bewegungen ergeben, die Paydesk gesehen hat"
        ),
    };
    LedgerLine {
        at,
        kind: LedgerKind::Unexplained,
        coin: coin.to_owned(),
        amount: amount.clone(),
        balance: balance.clone(),
        other: None,
        words,
        reference: None,
        made_by: None,
    }
}

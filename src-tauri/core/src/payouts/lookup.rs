//! Finding our payouts in what NOWPayments shows: by our ids, and where it shows none by the rows themselves.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use nowpayments::{
    Client, Error, Order, PayoutBatchId,
    payouts::{ListPayouts, Payout, PayoutSort, PayoutStatus},
};
use sqlx::{SqliteConnection, SqliteExecutor};

use super::{
    amount::{FiatAmount, PayoutAmount},
    record::{Content, PayableRow},
};
use crate::{
    failure::Failure,
    fiat,
    language::{said, words},
};

/// How far a time that the provider gives may lie before one that we took from its clock, which tells whole seconds and
/// was read before.
const CLOCK_SLACK: TimeDelta = TimeDelta::seconds(60);

/// What the provider's list shows from some time on.
pub(super) struct Listing {
    pub(super) payouts: Vec<Payout>,
    /// Whether nothing of that time can be missing.
    pub(super) complete: bool,
}

/// Reads the provider's list back to `since`.
///
/// It is asked for the newest first, which no new payout can spoil: it only moves the others to later pages, where they are
/// seen twice. It is not asked to filter by date, since that date is the one of the request, which a payout that was not
/// approved may not have. Only an order that was kept allows to stop early; otherwise it is read to its end.
pub(super) async fn list(client: &Client, since: DateTime<Utc>, most_pages: u32) -> Result<Listing, Error> {
    let (mut seen, mut payouts) = (HashSet::new(), Vec::new());
    let (mut ordered, mut oldest) = (true, None::<DateTime<Utc>>);
    for page in 0..most_pages {
        let list = ListPayouts {
            order_by: Some(PayoutSort::DateCreated),
            order: Some(Order::Desc),
            page,
            ..ListPayouts::default()
        };
        let rows = client.send(&list).await?;
        if rows.is_empty() {
            return Ok(Listing { payouts, complete: true });
        }
        let before = seen.len();
        for payout in rows {
            if !seen.insert(payout.id.clone()) {
                continue;
            }
            match (payout.created_at, oldest) {
                (Some(at), Some(oldest)) if at > oldest => ordered = false,
                (None, _) => ordered = false,
                _ => {}
            }
            oldest = payout.created_at.or(oldest);
            if payout.created_at.is_none_or(|at| at >= since) {
                payouts.push(payout);
            }
        }
        if ordered && oldest.is_some_and(|oldest| oldest < since) {
            return Ok(Listing { payouts, complete: true });
        }
        if seen.len() == before {
            break; // the same page again: this list does not show everything
        }
    }
    Ok(Listing { payouts, complete: false })
}

/// What looking for a batch has found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing of it.
    Nothing,
    /// This is it.
    Batch(PayoutBatchId),
    /// Something like it, in words, and the provider's batches that it may be; a person must look.
    Unclear(String, Vec<String>),
}

/// Looks for the batch that was made of `rows` at `submitted` or later.
///
/// Our ids decide, whatever else the list shows. The same call may have been delivered twice: of several batches with our
/// ids the one that is furthest is taken, and only that one is ever approved. Payouts that show no id at all are matched by
/// their rows, and only if exactly one batch has exactly our rows: `taken` are the provider's batches that belong to others.
pub(super) fn find(
    rows: &[PayableRow],
    ids: &HashSet<String>,
    taken: &HashSet<String>,
    listing: &Listing,
    submitted: DateTime<Utc>,
    scheduled: bool,
) -> Result<Found, Failure> {
    let mut batches = BTreeMap::<String, Vec<&Payout>>::new();
    for payout in &listing.payouts {
        let id = payout.batch_withdrawal_id.as_ref().map_or(payout.id.as_str(), PayoutBatchId::as_str);
        batches.entry(id.to_owned()).or_default().push(payout);
    }
    batches.retain(|id, _| !taken.contains(id));
    let has_our_id = |payout: &&Payout| payout.unique_external_id.as_ref().is_some_and(|id| ids.contains(id));
    // `max_by_key` takes the last of equals: with the keys reversed, the batch that was made first.
    let ours = batches
        .iter()
        .rev()
        .filter(|(_, payouts)| payouts.iter().any(has_our_id))
        .max_by_key(|(_, payouts)| payouts.iter().map(|payout| progress(&payout.status)).max());
    if let Some((id, _)) = ours {
        return Ok(found(id));
    }

    let contents = Contents::of(rows);
    let mut alike = Vec::new();
    let mut partly = Vec::new();
    for (id, payouts) in &batches {
        let new =
            payouts.iter().all(|payout| payout.created_at.is_none_or(|at| at >= submitted - CLOCK_SLACK));
        // A run that NOWPayments has made of a series has no ids either.
        let other = |payout: &&Payout| {
            payout.unique_external_id.is_some() || payout.execute_at.is_some() && !scheduled
        };
        if !new || payouts.iter().any(other) {
            continue;
        }
        match pair(rows, payouts)? {
            Some(_) => alike.push((id, payouts)),
            // Of what is rejected or cancelled nothing can come.
            None if payouts.iter().all(|payout| is_over(&payout.status)) => {}
            None if payouts.iter().any(|payout| contents.may_hold(payout)) => partly.push(id),
            None => {}
        }
    }
    let over = |(_, payouts): &(&String, &Vec<&Payout>)| payouts.iter().all(|payout| is_over(&payout.status));
    Ok(match (alike.as_slice(), partly.as_slice()) {
        ([], []) => Found::Nothing,
        ([(id, _)], []) => found(id),
        // Nothing can come of any of them: it does not matter which one is ours.
        ([(id, _), ..], _) if alike.iter().all(over) => found(id),
        _ => {
            let ids: Vec<String> = alike
                .iter()
                .map(|(id, _)| (*id).clone())
                .chain(partly.iter().map(|id| (*id).clone()))
                .collect();
            let words = words!(
                en: "NOWPayments shows payouts that may be this batch ({}), but they cannot be told apart for \
                     certain. Compare them in the dashboard of NOWPayments; do not send these rows again before.",
                de: "NOWPayments zeigt Auszahlungen, die diese Zahlliste sein können ({}), sie lassen sich aber \
                     nicht sicher unterscheiden. Vergleichen Sie sie im Dashboard von NOWPayments; senden Sie diese \
                     Zeilen vorher nicht noch einmal.",
                ids.join(", "),
            );
            Found::Unclear(words, ids)
        }
    })
}

fn found(id: &str) -> Found {
    match id.parse() {
        Ok(id) => Found::Batch(id),
        Err(_) => Found::Unclear(
            said!(
                en: "NOWPayments shows this batch under a number that makes no sense.",
                de: "NOWPayments zeigt diese Zahlliste unter einer Nummer, die keinen Sinn ergibt.",
            )
            .to_owned(),
            Vec::new(),
        ),
    }
}

/// Whether nothing can come of a payout any more.
pub(super) fn is_over(status: &PayoutStatus) -> bool {
    matches!(status, PayoutStatus::Rejected | PayoutStatus::Cancelled)
}

/// How far a payout is, for choosing the batch that must not be overlooked.
fn progress(status: &PayoutStatus) -> u8 {
    match status {
        PayoutStatus::Rejected | PayoutStatus::Cancelled | PayoutStatus::RejectedNotChecked => 0,
        PayoutStatus::New | PayoutStatus::Creating => 1,
        PayoutStatus::Waiting | PayoutStatus::Other(_) => 2,
        PayoutStatus::Processing => 3,
        PayoutStatus::Sending | PayoutStatus::Failed => 4,
        PayoutStatus::Finished => 5,
    }
}

/// Pairs our rows with the provider's: for each of ours the index of its counterpart. `None` unless each has exactly one.
///
/// Rows are told apart by our ids, by the provider's once they are known, and otherwise by what they pay to whom, first at
/// the same place and then anywhere: rows that are alike in all of that are interchangeable. A row that pays a sum of money is
/// found elsewhere only by that sum: what it is in coins differs from one look to the next.
pub(super) fn pair(rows: &[PayableRow], payouts: &[&Payout]) -> Result<Option<Vec<usize>>, Failure> {
    if rows.len() != payouts.len() {
        return Ok(None);
    }
    let mut by_id = HashMap::new();
    let mut by_content = HashMap::<_, Vec<usize>>::new();
    for (index, payout) in payouts.iter().enumerate().rev() {
        match &payout.unique_external_id {
            Some(id) => drop(by_id.insert(id.as_str(), index)),
            None => {
                by_id.insert(payout.id.as_str(), index);
                by_content.entry((payout.currency.as_str(), paid(payout))).or_default().push(index);
            }
        }
    }
    let mut free = vec![true; payouts.len()];
    let mut pairs = vec![None; rows.len()];
    for (at, row) in rows.iter().enumerate() {
        let own = row.unique_external_id.as_deref().and_then(|id| by_id.get(id));
        if let Some(&index) = own.or_else(|| row.provider_id.as_deref().and_then(|id| by_id.get(id))) {
            let payout = payouts[index];
            // A sum of money that the payout does not show is not told apart by it: its id is ours.
            let is_silent = row.fiat_amount.is_some() && payout.fiat_amount.is_none();
            let is_same = if is_silent { may_be(row, payout) } else { is_like(row, &row.pays()?, payout) };
            if !is_same || !std::mem::take(&mut free[index]) {
                return Ok(None);
            }
            pairs[at] = Some(index);
        }
    }
    let is_nameless = |index: usize| payouts[index].unique_external_id.is_none();
    // Where no sum of money is shown, those rows take what the others leave.
    let are_silent = payouts.iter().all(|payout| payout.fiat_amount.is_none());
    let mut left: Vec<_> = rows.iter().enumerate().filter(|(at, _)| pairs[*at].is_none()).collect();
    left.sort_by_key(|(_, row)| row.fiat_amount.is_some());
    for (at, row) in left {
        let content = row.pays()?;
        let mut index =
            Some(at).filter(|&at| free[at] && is_nameless(at) && is_like(row, &content, payouts[at]));
        if index.is_none() {
            let like = by_content.get_mut(&(row.currency.as_str(), content));
            index = like.and_then(|like| {
                like.retain(|&index| free[index]);
                like.iter().rev().copied().find(|&index| same_recipient(row, payouts[index]))
            });
        }
        if index.is_none() && are_silent {
            index = (0..payouts.len()).find(|&index| {
                free[index] && is_nameless(index) && row.fiat_amount.is_some() && may_be(row, payouts[index])
            });
        }
        let Some(index) = index else { return Ok(None) };
        free[index] = false;
        pairs[at] = Some(index);
    }
    Ok(pairs.into_iter().collect())
}

/// What the provider's payout pays: the sum of money where it shows one, else the amount of the coin.
fn paid(payout: &Payout) -> PayoutAmount {
    let sum = payout.fiat_amount.clone();
    let fiat = sum.zip(payout.fiat_currency.as_ref().and_then(|currency| fiat::find(currency)));
    match fiat {
        Some((amount, currency)) => PayoutAmount::Fiat(FiatAmount { amount, currency }),
        None => PayoutAmount::Coin(payout.amount.clone()),
    }
}

/// Rows by what they pay, to find among many.
pub(super) struct Contents<'a> {
    /// By the coin and the amount or the sum of money.
    exact: HashMap<(&'a str, Content<'a>), Vec<&'a PayableRow>>,
    /// Those that pay sums of money, by the coin.
    sums: HashMap<&'a str, Vec<&'a PayableRow>>,
}

impl<'a> Contents<'a> {
    pub(super) fn of(rows: &'a [PayableRow]) -> Self {
        let (mut exact, mut sums) = (HashMap::<_, Vec<_>>::new(), HashMap::<_, Vec<_>>::new());
        for row in rows {
            exact.entry((row.currency.as_str(), row.content())).or_default().push(row);
            if row.fiat_amount.is_some() {
                sums.entry(row.currency.as_str()).or_default().push(row);
            }
        }
        Self { exact, sums }
    }

    /// The rows that pay what this payout pays.
    pub(super) fn alike(&self, payout: &Payout) -> Vec<&'a PayableRow> {
        // All amounts are in their canonical form.
        let (amount, fiat) = match paid(payout) {
            PayoutAmount::Coin(amount) => (amount.to_string(), None),
            PayoutAmount::Fiat(fiat) => (fiat.amount.to_string(), Some(fiat.currency)),
        };
        let rows = self.exact.get(&(payout.currency.as_str(), (amount.as_str(), fiat)));
        rows.into_iter().flatten().copied().filter(|row| same_recipient(row, payout)).collect()
    }

    /// Whether any row may be what this payout is: one that shows no sum of money may be any that pays one.
    pub(super) fn may_hold(&self, payout: &Payout) -> bool {
        let sums = self.sums.get(payout.currency.as_str()).into_iter().flatten();
        !self.alike(payout).is_empty()
            || payout.fiat_amount.is_none() && sums.into_iter().any(|row| same_recipient(row, payout))
    }
}

/// Whether the provider's payout is exactly what our row says, which pays this.
fn is_like(row: &PayableRow, pays: &PayoutAmount, payout: &Payout) -> bool {
    *pays == paid(payout) && may_be(row, payout)
}

/// Whether they pay the same coin to the same recipient, whatever the amount.
fn may_be(row: &PayableRow, payout: &Payout) -> bool {
    payout.currency == row.currency.as_str() && same_recipient(row, payout)
}

/// Whether they go to the same address and memo. The case of a hexadecimal address is a checksum and no more.
pub(super) fn same_recipient(row: &PayableRow, payout: &Payout) -> bool {
    let address = match row.address.strip_prefix("0x") {
        Some(_) => row.address.eq_ignore_ascii_case(&payout.address),
        None => row.address == payout.address,
    };
    // Some answers leave the memo out; one that is there must be ours.
    address && (payout.extra_id.is_none() || payout.extra_id == row.extra_id)
}

/// Whether a batch of this computer knows a payout.
pub(super) async fn is_ours(db: impl SqliteExecutor<'_>, payout: &Payout) -> Result<bool, Failure> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM payout_rows WHERE unique_external_id = ?)
             OR EXISTS (SELECT 1 FROM payout_batches WHERE provider_id = ?)",
    )
    .bind(payout.unique_external_id.as_deref())
    .bind(payout.batch_withdrawal_id.as_ref().map(PayoutBatchId::as_str))
    .fetch_one(db)
    .await?)
}

/// Whether a payout has an id that was given to a row here, whatever has become of that row and its batch.
pub(super) async fn was_tried_here(db: impl SqliteExecutor<'_>, payout: &Payout) -> Result<bool, Failure> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM payout_sent_ids WHERE unique_external_id = ?)")
        .bind(payout.unique_external_id.as_deref())
        .fetch_one(db)
        .await?)
}

/// The provider's batches that belong to other batches of this computer, and those of which a person said that they are not this
/// one.
pub(super) async fn taken(db: &mut SqliteConnection, batch: &str) -> Result<HashSet<String>, Failure> {
    let ids: Vec<String> = sqlx::query_scalar(
        "SELECT provider_id FROM payout_batches WHERE provider_id IS NOT NULL AND id <> ?1
         UNION SELECT provider_id FROM payout_candidates WHERE batch = ?1 AND not_ours_at IS NOT NULL",
    )
    .bind(batch)
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::{
        super::record::tests::{fiat_row, row},
        *,
    };

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    fn payout(batch: &str, id: u32, row: &PayableRow, status: &str) -> Payout {
        let json = serde_json::json!({
            "id": id.to_string(), "batch_withdrawal_id": batch, "status": status, "address": row.address,
            "currency": row.currency, "amount": row.in_coins().unwrap(), "unique_external_id": row.unique_external_id,
            "fiat_amount": row.fiat_amount, "fiat_currency": row.fiat_currency,
            "extra_id": row.extra_id, "created_at": at(1).to_rfc3339(),
        });
        serde_json::from_str(&json.to_string()).unwrap()
    }

    fn nameless(mut payout: Payout) -> Payout {
        payout.unique_external_id = None;
        payout
    }

    fn ours() -> Vec<PayableRow> {
        vec![row(1, "A", "trx", "1.5"), row(2, "B", "trx", "2"), row(3, "A", "trx", "1.5")]
    }

    #[track_caller]
    fn check(payouts: Vec<Payout>, expected: &str) {
        let rows = ours();
        let ids = rows.iter().filter_map(|row| row.unique_external_id.clone()).collect();
        let taken = HashSet::from(["99".to_owned()]);
        let listing = Listing { payouts, complete: true };
        let found = match find(&rows, &ids, &taken, &listing, at(0), false).unwrap() {
            Found::Nothing => "nothing".to_owned(),
            Found::Batch(id) => id.to_string(),
            Found::Unclear(..) => "unclear".to_owned(),
        };
        assert_eq!(found, expected);
    }

    fn batch(id: &str, from: u32, status: &str) -> Vec<Payout> {
        ours().iter().zip(from..).map(|(row, number)| payout(id, number, row, status)).collect()
    }

    fn nameless_batch(id: &str, from: u32, status: &str) -> Vec<Payout> {
        batch(id, from, status).into_iter().map(nameless).collect()
    }

    #[test]
    fn our_ids_find_the_batch_even_when_the_list_shows_a_part_of_it() {
        check(batch("7", 1, "CREATING"), "7");
        check(batch("7", 1, "CREATING")[1..2].to_vec(), "7");
        check(vec![], "nothing");
    }

    #[test]
    fn of_two_batches_with_our_ids_the_one_that_is_further_is_taken() {
        check([batch("7", 1, "CREATING"), batch("8", 4, "WAITING")].concat(), "8");
        check([batch("7", 1, "REJECTED"), batch("8", 4, "CREATING")].concat(), "8");
        check([batch("8", 1, "CREATING"), batch("7", 4, "CREATING")].concat(), "7");
    }

    #[test]
    fn without_ids_only_one_complete_batch_is_believed() {
        check(nameless_batch("7", 1, "CREATING"), "7");
        check(nameless_batch("7", 1, "CREATING")[..2].to_vec(), "unclear");
        check([nameless_batch("7", 1, "CREATING"), nameless_batch("8", 4, "CREATING")].concat(), "unclear");
        check([nameless_batch("7", 1, "REJECTED"), nameless_batch("8", 4, "REJECTED")].concat(), "7");
        check(nameless_batch("7", 1, "REJECTED")[..2].to_vec(), "nothing");
        check(
            [nameless_batch("7", 1, "CREATING"), nameless_batch("8", 4, "CANCELLED")[..1].to_vec()].concat(),
            "7",
        );
        check([nameless_batch("99", 1, "CREATING"), nameless_batch("8", 4, "CREATING")].concat(), "8");
    }

    #[test]
    fn what_is_older_or_somebody_elses_is_not_ours() {
        let mut older = nameless_batch("7", 1, "CREATING");
        older.iter_mut().for_each(|payout| payout.created_at = Some(at(-100)));
        check(older, "nothing");
        let mut run = nameless_batch("7", 1, "WAITING");
        run[0].execute_at = Some(at(3600));
        check(run, "nothing");
        let mut other = batch("7", 1, "CREATING");
        other.iter_mut().for_each(|payout| payout.unique_external_id = Some("other".to_owned()));
        check(other, "nothing");
        check(vec![nameless(payout("7", 1, &row(1, "Z", "trx", "1.5"), "CREATING"))], "nothing");
    }

    #[track_caller]
    fn pairs(payouts: &[Payout], expected: Option<&[usize]>) {
        let payouts: Vec<_> = payouts.iter().collect();
        assert_eq!(pair(&ours(), &payouts).unwrap().as_deref(), expected);
    }

    #[test]
    fn rows_are_paired_by_id_then_by_place_then_by_content() {
        let mut payouts = batch("7", 1, "CREATING");
        pairs(&payouts, Some(&[0, 1, 2]));
        payouts.swap(0, 2);
        pairs(&payouts, Some(&[2, 1, 0]));
        let mut payouts = nameless_batch("7", 1, "CREATING");
        pairs(&payouts, Some(&[0, 1, 2]));
        payouts.swap(0, 1);
        pairs(&payouts, Some(&[1, 0, 2]));
    }

    #[test]
    fn anything_that_differs_is_no_pair() {
        let changes: [fn(&mut Vec<Payout>); 6] = [
            |payouts| drop(payouts.pop()),
            |payouts| payouts.push(payouts[0].clone()),
            |payouts| payouts[1].amount = "2.000001".parse().unwrap(),
            |payouts| payouts[1].address = "b".to_owned(),
            |payouts| payouts[1].currency = "trc".parse().unwrap(),
            |payouts| payouts[1].extra_id = Some("5".to_owned()),
        ];
        for change in changes {
            let mut named = batch("7", 1, "CREATING");
            change(&mut named);
            pairs(&named, None);
            let mut unnamed = nameless_batch("7", 1, "CREATING");
            change(&mut unnamed);
            pairs(&unnamed, None);
        }
    }

    #[test]
    fn a_sum_of_money_is_paired_by_the_sum_and_not_by_what_it_is_in_coins() {
        let ours = |sum: &str, coins: &str| PayableRow {
            coin_amount: Some(coins.to_owned()),
            ..fiat_row(1, "A", "trx", sum, "eur")
        };
        let row = ours("250", "900");
        let pairs = |payout: Payout| pair(std::slice::from_ref(&row), &[&payout]).unwrap().is_some();
        assert!(pairs(payout("7", 1, &ours("250", "911.5"), "CREATING")));
        assert!(!pairs(payout("7", 1, &ours("250.01", "900"), "CREATING")));
        let mut silent = payout("7", 1, &ours("250", "911.5"), "CREATING");
        (silent.fiat_amount, silent.fiat_currency) = (None, None);
        assert!(pairs(silent.clone()), "its id is ours");
        // Nobody takes it for nothing, whose it may be.
        let listing = |payout: Payout| Listing { payouts: vec![payout], complete: true };
        let silent = nameless(silent);
        let rows = [row.clone(), self::row(2, "B", "trx", "1")];
        let found = find(&rows, &HashSet::new(), &HashSet::new(), &listing(silent), at(0), false).unwrap();
        assert!(matches!(found, Found::Unclear(..)), "{found:?}");
        // The same recipient gets an amount, too, and the payouts come in another order.
        let rows = [row.clone(), self::row(2, "A", "trx", "900")];
        let mut payouts =
            [payout("7", 2, &rows[1], "CREATING"), payout("7", 1, &ours("250", "911"), "CREATING")];
        let paired = |payouts: &[Payout; 2]| pair(&rows, &payouts.each_ref()).unwrap();
        payouts.iter_mut().for_each(|payout| payout.unique_external_id = None);
        assert_eq!(paired(&payouts).as_deref(), Some([1, 0].as_slice()));
        (payouts[1].fiat_amount, payouts[1].fiat_currency) = (None, None);
        assert_eq!(paired(&payouts).as_deref(), Some([1, 0].as_slice()), "what the other row leaves");
        // An amount of the coin is no sum of money.
        let coins = self::row(1, "A", "trx", "900");
        assert_eq!(pair(&[coins], &[&payout("7", 1, &row, "CREATING")]).unwrap(), None);
    }

    #[test]
    fn the_case_of_a_hexadecimal_address_does_not_matter() {
        let row = row(1, "0xAbC", "eth", "1");
        assert!(same_recipient(&row, &payout("7", 1, &self::row(1, "0xabc", "eth", "1"), "CREATING")));
        assert!(!same_recipient(
            &self::row(1, "AbC", "eth", "1"),
            &payout("7", 1, &self::row(1, "abc", "eth", "1"), "CREATING")
        ));
    }
}

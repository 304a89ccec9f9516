//! Was every row paid once? The simulator's books and its log of requests say so, and not Paydesk.

use std::collections::BTreeMap;

use nowpayments_simulator::{Fault, LedgerRow, LoggedCall, PayoutStatus};
use paydesk_core::payouts::batch::{BatchState, Step};

use crate::{
    journey::{Due, Row},
    owner::{Sight, Trouble},
};

/// All that is known of a journey.
pub(crate) struct Evidence {
    /// What must have become of each row.
    pub(crate) due: BTreeMap<Row, Due>,
    /// Whether the network did nothing wrong and every code came in time, so that what was created must have been approved.
    pub(crate) calm: bool,
    /// How many rows may be created at once, if the owner has said so.
    pub(crate) part_size: Option<u32>,
    /// Whether the rows were to be paid at some later time.
    pub(crate) is_scheduled: bool,
    /// How it ended.
    pub(crate) end: Result<(), Trouble>,
    /// What Paydesk said of its batches, and how many calls the log had then.
    pub(crate) seen: Vec<(usize, Vec<Sight>)>,
    /// The simulator's payouts, when nothing could change any more.
    pub(crate) ledger: Vec<LedgerRow>,
    /// Whether the simulator's books add up.
    pub(crate) conserved: bool,
    /// The calls that reached the simulator.
    pub(crate) log: Vec<LoggedCall>,
}

/// What came out of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Payments beyond what was owed.
    pub(crate) twice: u32,
    /// Payments short of what was owed.
    pub(crate) lost: u32,
    /// Whether it came to no end.
    pub(crate) stuck: bool,
    /// How often it was unknown whether a batch was created.
    pub(crate) unknown: u32,
    /// How often that did not end by looking.
    pub(crate) unresolved: u32,
    /// What else is wrong, and the details of all that is.
    pub(crate) wrong: Vec<String>,
}

impl Evidence {
    pub(crate) fn judge(&self) -> Verdict {
        let mut verdict = Verdict::default();
        self.judge_end(&mut verdict);
        self.judge_money(&mut verdict);
        self.judge_batches(&mut verdict);
        self.judge_words(&mut verdict);
        self.judge_unknowns(&mut verdict);
        self.judge_creations(&mut verdict);
        verdict
    }

    fn judge_end(&self, verdict: &mut Verdict) {
        if let Err(trouble) = &self.end {
            verdict.stuck = matches!(trouble, Trouble::Stuck(_));
            verdict.wrong.push(trouble.to_string());
        }
    }

    fn judge_money(&self, verdict: &mut Verdict) {
        let mut balance: BTreeMap<Row, (Due, Due)> = BTreeMap::new();
        for (row, due) in &self.due {
            balance.entry(row.clone()).or_default().0 = *due;
        }
        for row in &self.ledger {
            let paid = Row {
                address: row.address.clone(),
                currency: row.currency.clone(),
                amount: row.fiat_amount.unwrap_or(row.amount).to_string(),
                fiat: row.fiat_currency.clone(),
                extra_id: row.extra_id.clone(),
            };
            let done = &mut balance.entry(paid).or_default().1;
            done.paid += row.times_paid;
            done.failed += u32::from(row.status == PayoutStatus::Failed && row.times_paid == 0);
        }
        for (row, (due, done)) in balance {
            verdict.twice += done.paid.saturating_sub(due.paid);
            // What was to fail and was never tried is lost, too.
            verdict.lost += due.paid.saturating_sub(done.paid) + due.failed.saturating_sub(done.failed);
            if done.paid != due.paid {
                verdict.wrong.push(format!("paid {} times in place of {}: {row:?}", done.paid, due.paid));
            }
            if done.failed != due.failed {
                let Due { failed, .. } = due;
                verdict.wrong.push(format!("failed {} times in place of {failed}: {row:?}", done.failed));
            }
        }
        if !self.conserved {
            verdict.wrong.push("the simulator's books do not add up".to_owned());
        }
        if self.ledger.iter().any(|row| row.set_aside) {
            verdict.wrong.push("money is still set aside".to_owned());
        }
    }

    /// The batches that were created are those that the owner wanted: not too large, one after the other, and none in vain.
    fn judge_batches(&self, verdict: &mut Verdict) {
        let batches = self.batches();
        if let Some(most) = self.part_size.and_then(|size| usize::try_from(size).ok()) {
            for (id, rows) in batches.iter().filter(|(_, rows)| rows.len() > most) {
                verdict.wrong.push(format!("{} rows were created at once: {id}", rows.len()));
            }
        }
        let says_when =
            |call: &&LoggedCall| call.body.as_ref().is_some_and(|body| body.contains("\"execute_at\""));
        for call in self.log.iter().filter(|call| creates(call)) {
            if says_when(&call) != self.is_scheduled {
                verdict.wrong.push(format!("not when the owner wanted: {call:?}"));
            }
        }
        if !self.calm {
            return;
        }
        let was_approved = |rows: &[&LedgerRow]| rows.iter().all(|row| row.verified_at.is_some());
        for (id, rows) in batches.iter().filter(|(_, rows)| !was_approved(rows)) {
            verdict.wrong.push(format!("{} rows were created in vain: {id}", rows.len()));
        }
        let mut times: Vec<_> =
            batches.values().flatten().map(|row| (row.created_at, row.verified_at, &row.batch_id)).collect();
        times.sort();
        for ((_, verified, first), (created, _, next)) in times.iter().zip(&times[times.len().min(1)..]) {
            if first != next && verified.is_none_or(|verified| *created < verified) {
                verdict.wrong.push(format!("{next} was created before {first} was approved"));
            }
        }
    }

    /// What Paydesk says of its batches is what the simulator's books say.
    fn judge_words(&self, verdict: &mut Verdict) {
        if self.end.is_err() {
            return;
        }
        let mut theirs = BTreeMap::new();
        for (id, rows) in self.batches() {
            let count =
                |test: fn(&LedgerRow) -> bool| rows.iter().map(|row| u32::from(test(row))).sum::<u32>();
            let (all, paid) = (count(|_| true), count(|row| row.times_paid > 0));
            let failed = count(|row| row.times_paid == 0 && row.status == PayoutStatus::Failed);
            if paid + failed > 0 {
                theirs.insert(id, (paid, failed, all));
            }
        }
        let mut ours = BTreeMap::new();
        for sight in self.last() {
            let ((paid, failed), is_finished) = (sight.rows, sight.state == BatchState::Finished);
            if !is_finished && sight.state != BatchState::FinishedWithFailures {
                continue;
            }
            if let Some(id) = &sight.provider_id {
                ours.insert(id.as_str(), (paid, failed, paid + failed));
            }
            if is_finished != (failed == 0) {
                verdict.wrong.push(format!("Paydesk says that it is finished, and not: {sight:?}"));
            }
            let parts: Vec<_> =
                self.last().iter().filter(|part| part.whole.as_ref() == Some(&sight.id)).collect();
            let paid_by_parts = parts.iter().map(|part| part.rows.0).sum::<u32>();
            if !parts.is_empty() && paid_by_parts != paid {
                verdict.wrong.push(format!("its parts have paid {paid_by_parts} rows: {sight:?}"));
            }
        }
        if theirs != ours {
            verdict
                .wrong
                .push(format!("{theirs:?} were paid and have failed, and Paydesk says that {ours:?} have"));
        }
    }

    /// The rows of each batch that was ever created.
    fn batches(&self) -> BTreeMap<&str, Vec<&LedgerRow>> {
        let mut batches = BTreeMap::<_, Vec<_>>::new();
        for row in &self.ledger {
            batches.entry(row.batch_id.as_str()).or_default().push(row);
        }
        batches
    }

    /// How the batches stood in the end.
    fn last(&self) -> &[Sight] {
        self.seen.last().map(|(_, sights)| sights.as_slice()).unwrap_or_default()
    }

    /// Each `unknown` among the steps of a batch was followed by a look at the provider's list before it ended.
    fn judge_unknowns(&self, verdict: &mut Verdict) {
        for Sight { id, provider_id, steps, .. } in self.last() {
            for (begin, end) in unknowns(steps) {
                verdict.unknown += 1;
                let calls = self.calls_between(id, begin, end.unwrap_or(begin));
                // What was created after its approval is another batch, as the next part.
                let approval = calls.iter().position(|call| approves_batch(call, provider_id.as_deref()));
                let calls = &calls[..approval.unwrap_or(calls.len())];
                let resolved = end.is_some_and(|end| {
                    let good = matches!(steps[end].state, BatchState::Created | BatchState::Checked);
                    // What arrives late may be of an earlier try, whose end was another stay.
                    let own = calls.iter().rposition(|call| creates(call) && !call.held);
                    let created = own.or_else(|| calls.iter().position(creates)).map_or(0, |at| at + 1);
                    good && calls[created..].iter().any(reads_the_list)
                });
                if !resolved {
                    verdict.unresolved += 1;
                    verdict
                        .wrong
                        .push(format!("an unknown end was not resolved by looking: {steps:#?}, {calls:#?}"));
                }
            }
        }
    }

    /// All calls, and maybe some more, that were made between two steps of a batch.
    fn calls_between(&self, id: &str, begin: usize, end: usize) -> &[LoggedCall] {
        // Between reading a batch and the counting of the calls Paydesk may have gone on, so it is counted from the sight before.
        let before = self.seen.iter().rposition(|(_, sights)| known(sights, id) <= begin);
        let from = before.and_then(|at| self.seen.get(at.checked_sub(1)?)).map_or(0, |(calls, _)| *calls);
        let after = self.seen.iter().find(|(_, sights)| known(sights, id) > end);
        let to = after.map_or(self.log.len(), |(calls, _)| *calls);
        self.log.get(from..to).unwrap_or_default()
    }

    /// After a creation whose end the network has hidden, the list is read before anything is created or approved.
    fn judge_creations(&self, verdict: &mut Verdict) {
        // Who made a call that was held is dead and was told nothing: how that ends is in the steps of the batch.
        let leaves_open = |call: &LoggedCall| creates(call) && is_hidden(call) && !call.held;
        for (at, _) in self.log.iter().enumerate().filter(|(_, call)| leaves_open(call)) {
            let rest = &self.log[at + 1..];
            let goes_on = |call: &LoggedCall| (creates(call) || approves(call)) && !call.held;
            let Some(next) = rest.iter().position(goes_on) else { continue };
            if !rest[..next].iter().any(reads_the_list) {
                verdict.unresolved += 1;
                let (hidden, next) = (&self.log[at], &rest[next]);
                verdict.wrong.push(format!("nobody has looked between {hidden:?} and {next:?}"));
            }
        }
    }
}

/// Where each stay in `unknown` begins, and the step that ends it.
fn unknowns(steps: &[Step]) -> Vec<(usize, Option<usize>)> {
    let is_unknown = |at: usize| steps[at].state == BatchState::Unknown;
    (0..steps.len())
        .filter(|&at| is_unknown(at) && (at == 0 || !is_unknown(at - 1)))
        .map(|begin| (begin, (begin..steps.len()).find(|&at| !is_unknown(at))))
        .collect()
}

/// How many steps of a batch were seen.
fn known(sights: &[Sight], id: &str) -> usize {
    sights.iter().find(|sight| sight.id == id).map_or(0, |sight| sight.steps.len())
}

fn creates(call: &LoggedCall) -> bool {
    call.method == "POST" && path(call) == "/payout"
}

fn approves(call: &LoggedCall) -> bool {
    call.method == "POST" && path(call).ends_with("/verify")
}

fn approves_batch(call: &LoggedCall, provider_id: Option<&str>) -> bool {
    approves(call) && provider_id.is_some_and(|id| path(call) == format!("/payout/{id}/verify"))
}

fn reads_the_list(call: &LoggedCall) -> bool {
    call.method == "GET" && path(call) == "/payout" && call.status == Some(200) && !is_hidden(call)
}

fn path(call: &LoggedCall) -> &str {
    call.target.split('?').next().unwrap_or_default().trim_end_matches('/')
}

/// Whether the caller cannot know from the answer what was done.
fn is_hidden(call: &LoggedCall) -> bool {
    match &call.fault {
        None => false,
        // The log names the fault that struck, and not the chance for it.
        Some(fault) => !matches!(
            fault,
            Fault::Slow { .. }
                | Fault::OutOfOrder { .. }
                | Fault::Stale
                | Fault::Duplicated
                // Clearly not done: the same call may be made again.
                | Fault::ExpiredToken
        ),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use BatchState::{Checked, Created, Finished, FinishedWithFailures, Submitting, Unknown};

    use super::*;

    const ONCE: Due = Due { paid: 1, failed: 0 };
    const FAILED: Due = Due { paid: 0, failed: 1 };

    const AT: DateTime<Utc> = DateTime::from_timestamp(1_800_000_000, 0).unwrap();

    fn row() -> Row {
        Row {
            address: "A".to_owned(),
            currency: "trx".to_owned(),
            amount: "1.5".to_owned(),
            fiat: None,
            extra_id: None,
        }
    }

    fn payout(batch: &str, times_paid: u32) -> LedgerRow {
        LedgerRow {
            id: format!("{batch}1"),
            batch_id: batch.to_owned(),
            status: if times_paid > 0 { PayoutStatus::Finished } else { PayoutStatus::Rejected },
            address: "A".to_owned(),
            currency: "trx".to_owned(),
            amount: serde_json::from_str("\"1.5\"").unwrap(),
            fiat_amount: None,
            fiat_currency: None,
            fee: serde_json::from_str("\"0\"").unwrap(),
            extra_id: None,
            unique_external_id: None,
            hash: None,
            times_paid,
            created_at: AT,
            verified_at: (times_paid > 0).then_some(AT),
            execute_at: None,
            set_aside: false,
        }
    }

    fn call(words: &str, fault: Option<Fault>) -> LoggedCall {
        let (method, target) = words.split_once(' ').unwrap();
        let status = (fault != Some(Fault::DropBefore)).then_some(200);
        let (method, target) = (method.to_owned(), target.to_owned());
        LoggedCall { at: AT, method, target, body: None, status, fault, held: false }
    }

    fn create(fault: Option<Fault>) -> LoggedCall {
        call("POST /payout", fault)
    }

    fn list(fault: Option<Fault>) -> LoggedCall {
        call("GET /payout?page=0", fault)
    }

    fn verify() -> LoggedCall {
        call("POST /payout/7/verify", None)
    }

    /// A batch that has gone through these states.
    fn sight(states: &[BatchState]) -> Vec<Sight> {
        let step = |state: &BatchState| Step { at: AT, state: *state, note: String::new() };
        vec![Sight {
            id: "ours".to_owned(),
            state: *states.last().unwrap(),
            provider_id: Some("7".to_owned()),
            whole: None,
            rows: (u32::from(*states.last().unwrap() == Finished), 0),
            steps: states.iter().map(step).collect(),
        }]
    }

    /// A row that was owed once and paid once.
    fn good() -> Evidence {
        Evidence {
            due: BTreeMap::from([(row(), ONCE)]),
            calm: false,
            part_size: None,
            is_scheduled: false,
            end: Ok(()),
            seen: vec![(2, sight(&[Created, Finished]))],
            ledger: vec![payout("7", 1)],
            conserved: true,
            log: vec![create(None), verify()],
        }
    }

    /// The numbers of a verdict: paid twice, lost, stuck, unknown, unresolved; and a part of what it says, if anything.
    #[track_caller]
    fn check(evidence: &Evidence, numbers: [u32; 5], words: &str) {
        let Verdict { twice, lost, stuck, unknown, unresolved, wrong } = evidence.judge();
        assert_eq!([twice, lost, stuck.into(), unknown, unresolved], numbers, "{wrong:#?}");
        assert_eq!(wrong.is_empty(), words.is_empty(), "{wrong:#?}");
        assert!(wrong.concat().contains(words), "{wrong:#?}");
    }

    #[test]
    fn a_row_that_was_owed_once_and_paid_once_is_good() {
        check(&good(), [0, 0, 0, 0, 0], "");
        check(&Evidence { ledger: vec![payout("7", 1), payout("8", 0)], ..good() }, [0, 0, 0, 0, 0], "");
    }

    #[test]
    fn a_row_that_was_paid_twice_is_noticed_however_that_came() {
        check(&Evidence { ledger: vec![payout("7", 2)], ..good() }, [1, 0, 0, 0, 0], "2 times in place of 1");
        let twice = vec![payout("7", 1), payout("8", 1)];
        check(&Evidence { ledger: twice, ..good() }, [1, 0, 0, 0, 0], "2 times in place of 1");
        let nobody = BTreeMap::new();
        check(&Evidence { due: nobody, ..good() }, [1, 0, 0, 0, 0], "1 times in place of 0");
    }

    #[test]
    fn a_row_that_was_not_paid_is_noticed() {
        check(&Evidence { ledger: Vec::new(), ..good() }, [0, 1, 0, 0, 0], "0 times in place of 1");
        check(&Evidence { ledger: vec![payout("7", 0)], ..good() }, [0, 1, 0, 0, 0], "0 times in place of 1");
        let other = Row { amount: "15".to_owned(), ..row() };
        check(&Evidence { due: BTreeMap::from([(other, ONCE)]), ..good() }, [1, 1, 0, 0, 0], "in place of");
    }

    #[test]
    fn a_batch_that_was_paid_in_the_name_of_another_is_noticed() {
        check(&Evidence { ledger: vec![payout("8", 1)], ..good() }, [0, 0, 0, 0, 0], "Paydesk says");
    }

    /// A payout that has failed.
    fn failed(batch: &str) -> LedgerRow {
        LedgerRow { status: PayoutStatus::Failed, verified_at: Some(AT), ..payout(batch, 0) }
    }

    #[test]
    fn a_row_that_was_to_fail_is_neither_lost_nor_paid_twice_and_is_created_once() {
        let seen = |rows| {
            let mut seen = sight(&[Created, FinishedWithFailures]);
            seen[0].rows = rows;
            vec![(2, seen)]
        };
        let due = || BTreeMap::from([(row(), FAILED)]);
        let good = || Evidence { due: due(), seen: seen((0, 1)), ledger: vec![failed("7")], ..good() };
        check(&good(), [0, 0, 0, 0, 0], "");
        let again = vec![failed("7"), failed("8")];
        check(&Evidence { ledger: again, ..good() }, [0, 0, 0, 0, 0], "failed 2 times in place of 1");
        let paid = vec![failed("7"), payout("8", 1)];
        check(&Evidence { ledger: paid, ..good() }, [1, 0, 0, 0, 0], "paid 1 times in place of 0");
        check(&Evidence { ledger: Vec::new(), ..good() }, [0, 1, 0, 0, 0], "failed 0 times in place of 1");
        // It was paid after all, or by another batch.
        let after_all = || BTreeMap::from([(row(), ONCE)]);
        check(&Evidence { due: after_all(), ..good() }, [0, 1, 0, 0, 0], "paid 0 times in place of 1");
        let both = BTreeMap::from([(row(), Due { paid: 1, failed: 1 })]);
        check(&Evidence { due: both, ..good() }, [0, 1, 0, 0, 0], "paid 0 times in place of 1");
        // And Paydesk must say so.
        check(&Evidence { seen: seen((1, 0)), ..good() }, [0, 0, 0, 0, 0], "Paydesk says");
        let finished = vec![(2, sight(&[Created, Finished]))];
        check(&Evidence { seen: finished, ..good() }, [0, 0, 0, 0, 0], "Paydesk says");
    }

    #[test]
    fn a_batch_that_is_larger_than_the_owner_wants_is_noticed() {
        let due = || BTreeMap::from([(row(), Due { paid: 2, failed: 0 })]);
        let ledger = || vec![payout("7", 1), payout("7", 1)];
        let mut seen = sight(&[Created, Finished]);
        seen[0].rows = (2, 0);
        let seen = || vec![(2, seen.clone())];
        let check = |part_size, words| {
            let evidence = Evidence { due: due(), ledger: ledger(), seen: seen(), part_size, ..good() };
            check(&evidence, [0, 0, 0, 0, 0], words);
        };
        check(None, "");
        check(Some(2), "");
        check(Some(1), "2 rows were created at once");
    }

    #[test]
    fn where_nothing_fails_the_next_part_is_created_after_the_one_before_was_approved() {
        let at = |seconds| AT + chrono::TimeDelta::seconds(seconds);
        let part = |batch: &str, created, verified| LedgerRow {
            created_at: at(created),
            verified_at: Some(at(verified)),
            ..payout(batch, 1)
        };
        let sight = |id: &str, batch: Option<&str>, rows| Sight {
            id: id.to_owned(),
            provider_id: batch.map(str::to_owned),
            whole: batch.map(|_| "whole".to_owned()),
            rows,
            ..sight(&[Created, Finished]).remove(0)
        };
        let due = BTreeMap::from([(row(), Due { paid: 2, failed: 0 })]);
        let words = |ledger, paid, words| {
            let sights = vec![
                sight("whole", None, (paid, 0)),
                sight("a", Some("7"), (1, 0)),
                sight("b", Some("8"), (1, 0)),
            ];
            let (due, seen) = (due.clone(), vec![(2, sights)]);
            check(&Evidence { due, seen, ledger, calm: true, ..good() }, [0, 0, 0, 0, 0], words);
        };
        words(vec![part("7", 0, 40), part("8", 40, 80)], 2, "");
        words(vec![part("7", 0, 40), part("8", 39, 80)], 2, "8 was created before 7 was approved");
        words(vec![part("7", 0, 40), part("8", 40, 80)], 1, "its parts have paid 2 rows");
    }

    #[test]
    fn what_was_sent_without_its_time_or_with_one_that_nobody_wanted_is_noticed() {
        let body = |body: &str| LoggedCall { body: Some(body.to_owned()), ..create(None) };
        let (with, without) = (body("{\"execute_at\":1}"), body("{}"));
        let check = |is_scheduled, call: &LoggedCall, words| {
            let evidence = Evidence { is_scheduled, log: vec![call.clone()], ..good() };
            check(&evidence, [0, 0, 0, 0, 0], words);
        };
        check(true, &with, "");
        check(true, &without, "not when the owner wanted");
        check(false, &without, "");
        check(false, &with, "not when the owner wanted");
    }

    #[test]
    fn money_that_is_still_set_aside_is_noticed() {
        let ledger = vec![payout("7", 1), LedgerRow { set_aside: true, ..payout("8", 0) }];
        check(&Evidence { ledger, ..good() }, [0, 0, 0, 0, 0], "still set aside");
    }

    #[test]
    fn where_nothing_fails_nothing_is_created_in_vain() {
        let ledger = vec![payout("7", 1), payout("8", 0)];
        check(&Evidence { calm: true, ledger, ..good() }, [0, 0, 0, 0, 0], "created in vain");
        check(&Evidence { calm: true, ..good() }, [0, 0, 0, 0, 0], "");
    }

    #[test]
    fn a_journey_that_ends_badly_is_noticed() {
        let end = || "why".to_owned();
        check(&Evidence { end: Err(Trouble::Stuck(end())), ..good() }, [0, 0, 1, 0, 0], "stuck: why");
        check(&Evidence { end: Err(Trouble::Wrong(end())), ..good() }, [0, 0, 0, 0, 0], "why");
        check(&Evidence { conserved: false, ..good() }, [0, 0, 0, 0, 0], "do not add up");
    }

    #[test]
    fn an_unknown_end_is_resolved_by_a_look_after_the_creation_and_by_nothing_else() {
        let seen = |calls| {
            vec![
                (0, sight(&[Checked])),
                (calls, sight(&[Checked, Submitting, Unknown, Unknown, Created])),
                (9, sight(&[Checked, Submitting, Unknown, Unknown, Created, Finished])),
            ]
        };
        let check = |calls, log: &[LoggedCall], unresolved| {
            let words = if unresolved == 0 { "" } else { "not resolved by looking" };
            let evidence = Evidence { seen: seen(calls), log: log.to_vec(), ..good() };
            check(&evidence, [0, 0, 0, 1, unresolved], words);
        };
        check(2, &[create(None), list(None), verify()], 0);
        check(3, &[list(None), create(None), list(None), verify()], 0);
        check(1, &[create(None), verify()], 1);
        check(2, &[list(None), create(None), verify()], 1);
        check(2, &[create(None), list(Some(Fault::Truncated)), verify()], 1);
        // A call of an earlier try that arrives after the look changes nothing; alone, it is what was looked for.
        let late = || LoggedCall { held: true, ..create(None) };
        check(3, &[create(None), list(None), late(), verify()], 0);
        check(2, &[late(), list(None), verify()], 0);
        check(2, &[list(None), late(), verify()], 1);
        // The next part is created after the approval of this one, before anybody sees how it stands.
        let next = || [verify(), create(None)];
        check(4, &[&[create(None), list(None)][..], &next()].concat(), 0);
        check(3, &[&[create(None)][..], &next()].concat(), 1);
        check(4, &[&[create(None)][..], &next(), &[list(None)]].concat(), 1);
        // Somebody looked, but only after it was taken for created.
        check(1, &[create(None), list(None), verify()], 1);
    }

    #[test]
    fn a_look_while_paydesk_said_that_it_had_not_begun_counts() {
        let states = [Checked, Submitting, Unknown, Created, Finished];
        let seen = vec![(0, sight(&states[..1])), (2, sight(&states[..2])), (3, sight(&states))];
        let log = vec![create(None), list(None), verify()];
        check(&Evidence { seen, log, ..good() }, [0, 0, 0, 1, 0], "");
    }

    #[test]
    fn an_unknown_end_that_does_not_end_or_is_simply_believed_is_noticed() {
        let check = |states: &[BatchState]| {
            let (seen, log) =
                (vec![(0, sight(&states[..1])), (2, sight(states))], vec![create(None), list(None)]);
            check(&Evidence { seen, log, ..good() }, [0, 0, 0, 1, 1], "not resolved by looking");
        };
        check(&[Submitting, Unknown]);
        check(&[Submitting, Unknown, Finished]);
    }

    #[test]
    fn after_a_creation_whose_end_was_hidden_somebody_must_look() {
        let check = |log: &[LoggedCall], unresolved| {
            let words = if unresolved == 0 { "" } else { "nobody has looked" };
            check(&Evidence { log: log.to_vec(), ..good() }, [0, 0, 0, 0, unresolved], words);
        };
        for hides in [Fault::DropBefore, Fault::DropAfter, Fault::Empty, Fault::BadGateway { handled: true }]
        {
            let hidden = create(Some(hides));
            check(&[hidden.clone(), list(None), verify()], 0);
            check(&[hidden.clone(), create(None), list(None)], 1);
            check(&[hidden.clone(), list(Some(Fault::DropAfter)), verify()], 1);
            check(&[hidden.clone(), verify()], 1);
            check(&[hidden], 0);
        }
        check(&[create(Some(Fault::ExpiredToken)), create(None), verify()], 0);
        // Nobody waits for the answer to a call that arrives after its caller was killed.
        let late = LoggedCall { held: true, ..create(Some(Fault::DropAfter)) };
        check(&[create(None), late.clone(), verify()], 0);
        let hidden = create(Some(Fault::DropAfter));
        check(&[hidden.clone(), late.clone(), list(None), verify()], 0);
        check(&[hidden, late, verify()], 1);
    }
}

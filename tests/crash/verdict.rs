//! Was every row paid once? The simulator's books and its log of requests say so, and not Paydesk.

use std::collections::{BTreeMap, BTreeSet};

use nowpayments_simulator::{Fault, LedgerRow, LoggedCall};
use paydesk_core::payouts::batch::{BatchState, Step};

use crate::{
    journey::Row,
    owner::{Sight, Trouble},
};

/// All that is known of a journey.
pub(crate) struct Evidence {
    /// How often each row was to be paid.
    pub(crate) owed: BTreeMap<Row, u32>,
    /// Whether the network did nothing wrong and every code came in time, so that what was created must have been paid.
    pub(crate) calm: bool,
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
        let mut balance: BTreeMap<Row, (u32, u32)> = BTreeMap::new();
        for (row, times) in &self.owed {
            balance.entry(row.clone()).or_default().0 += times;
        }
        for row in &self.ledger {
            let paid = Row {
                address: row.address.clone(),
                currency: row.currency.clone(),
                amount: row.amount.to_string(),
                extra_id: row.extra_id.clone(),
            };
            balance.entry(paid).or_default().1 += row.times_paid;
        }
        for (row, (owed, paid)) in balance {
            verdict.twice += paid.saturating_sub(owed);
            verdict.lost += owed.saturating_sub(paid);
            if paid != owed {
                verdict.wrong.push(format!("paid {paid} times in place of {owed}: {row:?}"));
            }
        }
        if !self.conserved {
            verdict.wrong.push("the simulator's books do not add up".to_owned());
        }
        let created: BTreeSet<_> = self.ledger.iter().map(|row| &row.batch_id).collect();
        let paid: BTreeSet<_> =
            self.ledger.iter().filter(|row| row.times_paid > 0).map(|row| &row.batch_id).collect();
        if self.calm && created != paid {
            verdict.wrong.push(format!("the batches {created:?} were created, and {paid:?} were paid"));
        }
        // What was paid is what Paydesk says was paid, batch by batch.
        let finished = self.last().iter().filter(|sight| sight.state == BatchState::Finished);
        let ours: Vec<_> = finished.filter_map(|sight| sight.provider_id.as_ref()).collect();
        if self.end.is_ok() && (ours.len() != paid.len() || !ours.iter().all(|id| paid.contains(id))) {
            verdict.wrong.push(format!("{paid:?} were paid, and Paydesk says that {ours:?} were"));
        }
    }

    /// How the batches stood in the end.
    fn last(&self) -> &[Sight] {
        self.seen.last().map(|(_, sights)| sights.as_slice()).unwrap_or_default()
    }

    /// Each `unknown` among the steps of a batch was followed by a look at the provider's list before it ended.
    fn judge_unknowns(&self, verdict: &mut Verdict) {
        for Sight { id, steps, .. } in self.last() {
            for (begin, end) in unknowns(steps) {
                verdict.unknown += 1;
                let resolved = end.is_some_and(|end| {
                    let good = matches!(steps[end].state, BatchState::Created | BatchState::Checked);
                    let calls = self.calls_between(id, begin, end);
                    let created = calls.iter().rposition(creates).map_or(0, |at| at + 1);
                    good && calls[created..].iter().any(reads_the_list)
                });
                if !resolved {
                    verdict.unresolved += 1;
                    verdict.wrong.push(format!("an unknown end was not resolved by looking: {steps:#?}"));
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
        for (at, _) in self.log.iter().enumerate().filter(|(_, call)| creates(call) && is_hidden(call)) {
            let rest = &self.log[at + 1..];
            let Some(next) = rest.iter().position(|call| creates(call) || approves(call)) else { continue };
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
    use nowpayments_simulator::PayoutStatus;

    use BatchState::{Checked, Created, Finished, Submitting, Unknown};

    use super::*;

    const AT: DateTime<Utc> = DateTime::from_timestamp(1_800_000_000, 0).unwrap();

    fn owed() -> Row {
        Row { address: "A".to_owned(), currency: "trx".to_owned(), amount: "1.5".to_owned(), extra_id: None }
    }

    fn payout(batch: &str, times_paid: u32) -> LedgerRow {
        LedgerRow {
            id: format!("{batch}1"),
            batch_id: batch.to_owned(),
            status: if times_paid > 0 { PayoutStatus::Finished } else { PayoutStatus::Rejected },
            address: "A".to_owned(),
            currency: "trx".to_owned(),
            amount: serde_json::from_str("\"1.5\"").unwrap(),
            fee: serde_json::from_str("\"0\"").unwrap(),
            extra_id: None,
            unique_external_id: None,
            hash: None,
            times_paid,
            created_at: AT,
            verified_at: None,
            execute_at: None,
            set_aside: false,
        }
    }

    fn call(words: &str, fault: Option<Fault>) -> LoggedCall {
        let (method, target) = words.split_once(' ').unwrap();
        let status = (fault != Some(Fault::DropBefore)).then_some(200);
        LoggedCall { at: AT, method: method.to_owned(), target: target.to_owned(), body: None, status, fault }
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
            steps: states.iter().map(step).collect(),
        }]
    }

    /// A row that was owed once and paid once.
    fn good() -> Evidence {
        Evidence {
            owed: BTreeMap::from([(owed(), 1)]),
            calm: false,
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
        check(&Evidence { owed: nobody, ..good() }, [1, 0, 0, 0, 0], "1 times in place of 0");
    }

    #[test]
    fn a_row_that_was_not_paid_is_noticed() {
        check(&Evidence { ledger: Vec::new(), ..good() }, [0, 1, 0, 0, 0], "0 times in place of 1");
        check(&Evidence { ledger: vec![payout("7", 0)], ..good() }, [0, 1, 0, 0, 0], "0 times in place of 1");
        let other = Row { amount: "15".to_owned(), ..owed() };
        check(&Evidence { owed: BTreeMap::from([(other, 1)]), ..good() }, [1, 1, 0, 0, 0], "in place of");
    }

    #[test]
    fn a_batch_that_was_paid_in_the_name_of_another_is_noticed() {
        check(&Evidence { ledger: vec![payout("8", 1)], ..good() }, [0, 0, 0, 0, 0], "Paydesk says");
    }

    #[test]
    fn where_nothing_fails_nothing_is_created_in_vain() {
        let ledger = vec![payout("7", 1), payout("8", 0)];
        check(&Evidence { calm: true, ledger, ..good() }, [0, 0, 0, 0, 0], "were created");
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
    }
}

//! The language that the window speaks is spoken by core, and kept. It belongs to the process: one test goes through all of it.
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

#[path = "common"]
mod common {
    pub(crate) mod payouts;
    pub(crate) mod world;
}

use chrono::{TimeDelta, Utc};
use paydesk_core::{
    Changed, Failure, Language,
    payouts::{
        batch::BatchState,
        schedule::{Interval, Repetition, Schedule},
    },
};

use crate::common::payouts::{FILE, Owner};

#[tokio::test]
async fn core_speaks_what_the_window_speaks_keeps_it_and_has_everything_read_again() {
    let mut owner = Owner::new().await;
    assert_eq!(owner.core.state().await.unwrap().spoken, Language::English);
    let repetition = Repetition { interval: Interval::MonthsByWeekday, every: 2, until: None };
    let schedule = Schedule { execute_at: Utc::now() + TimeDelta::hours(30), repetition: Some(repetition) };
    let batch = owner.import(FILE).await;
    let id = batch.summary.id.clone();
    let batch = owner.payouts().set_schedule(&id, Some(&schedule)).await.unwrap();

    let mut changes = owner.core.changes();
    owner.core.speak(Language::English).await.unwrap();
    assert!(changes.try_recv().is_err(), "it was spoken before");
    owner.core.speak(Language::German).await.unwrap();
    assert_eq!(changes.try_recv().unwrap(), Changed::Everything);
    assert_eq!(owner.core.state().await.unwrap().spoken, Language::German);
    let gone = || Failure::not_found("x").message;
    assert_eq!(gone(), "Es gibt x nicht (mehr).");
    owner.core.speak(Language::German).await.unwrap();
    assert!(changes.try_recv().is_err(), "it is spoken already");

    // What was written before stays, and what is exact does not depend on words.
    assert!(owner.get(&id).await.steps.last().unwrap().note.contains("every 2 months on the same weekday"));
    let sent = owner.payouts().send(&id, &batch.rows_hash, None).await.unwrap();
    assert_eq!(sent.summary.state, BatchState::Created, "{:?}", sent.trouble);

    // As a process that has just been started, without a window.
    owner.core.close().await;
    Language::English.speak();
    owner.open_again().await;
    assert_eq!(gone(), "Es gibt x nicht (mehr).");
    owner.core.speak(Language::English).await.unwrap();
    assert_eq!(gone(), "There is no such x.");
}

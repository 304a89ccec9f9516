//! The language that the window speaks is spoken by core, and kept; so is the day that weeks begin with. Both belong to the
//! process: one test goes through all of it.
#![allow(clippy::unwrap_used, reason = "a test that fails says so")]

#[path = "common"]
mod common {
    pub(crate) mod payouts;
    pub(crate) mod world;
}

use chrono::{Datelike, TimeDelta, Utc, Weekday};
use paydesk_core::{
    Changed, Core, Failure, Language, Settings,
    language::{Formats, WeekStart},
    payouts::{
        batch::BatchState,
        schedule::{Interval, Repetition, Schedule},
    },
    takings::TakingsStep,
};

use crate::common::payouts::{FILE, Owner};

#[tokio::test]
async fn core_speaks_what_the_window_speaks_keeps_it_and_has_everything_read_again() {
    let mut owner = Owner::new().await;
    assert_eq!(owner.core.state().await.unwrap().spoken, "");
    let repetition = Repetition { interval: Interval::MonthsByWeekday, every: 2, until: None };
    let schedule = Schedule { execute_at: Utc::now() + TimeDelta::hours(30), repetition: Some(repetition) };
    let batch = owner.import(FILE).await;
    let id = batch.summary.id.clone();
    let batch = owner.payouts().set_schedule(&id, Some(&schedule)).await.unwrap();

    let mut changes = owner.core.changes();
    owner.core.speak("fr-FR").await.unwrap();
    assert!(changes.try_recv().is_err(), "core speaks no French");
    owner.core.speak("de").await.unwrap();
    assert_eq!(changes.try_recv().unwrap(), Changed::Everything);
    assert_eq!(owner.core.state().await.unwrap().spoken, "de");
    let gone = || Failure::not_found("x").message;
    assert_eq!(gone(), "Es gibt x nicht (mehr).");
    owner.core.speak("de").await.unwrap();
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
    owner.core.speak("en-GB").await.unwrap();
    assert_eq!(gone(), "There is no such x.");
    assert_eq!(owner.core.state().await.unwrap().spoken, "en-GB");

    let begins = async |core: &Core| {
        let series = core.shop().unwrap().takings.series(TakingsStep::Week, 3, "usd").await.unwrap();
        series.steps.iter().map(|week| week.begins.weekday()).collect::<Vec<_>>()
    };
    assert_eq!(begins(&owner.core).await, [Weekday::Mon; 3]);
    // Where the owner has chosen no form, it is that of the system: after the next start, too.
    let mut changes = owner.core.changes();
    owner.core.speak("en-US").await.unwrap();
    assert_eq!(changes.try_recv().unwrap(), Changed::Everything);
    assert_eq!((begins(&owner.core).await, Formats::written()), (vec![Weekday::Sun; 3], Formats::EnglishUs));
    owner.core.close().await;
    Formats::System.are_those_of_the_system();
    owner.open_again().await;
    assert_eq!(begins(&owner.core).await, [Weekday::Sun; 3]);
    owner.core.speak("en-GB").await.unwrap();
    assert_eq!((begins(&owner.core).await, Formats::written()), (vec![Weekday::Mon; 3], Formats::EnglishUk));
    for (week_start, formats, day) in [
        (WeekStart::Saturday, Formats::System, Weekday::Sat),
        (WeekStart::Sunday, Formats::System, Weekday::Sun),
        (WeekStart::Formats, Formats::EnglishUs, Weekday::Sun),
        (WeekStart::Monday, Formats::EnglishUs, Weekday::Mon),
    ] {
        let mut changes = owner.core.changes();
        let settings = Settings { week_start, formats, ..Settings::default() };
        owner.core.save_settings(settings).await.unwrap();
        assert_eq!(changes.try_recv().unwrap(), Changed::Everything);
        assert_eq!(begins(&owner.core).await, [day; 3]);
    }
}

//! A walk through every screen, in English and in German. Where `PAYDESK_TOUR_PICTURES` is set it leaves pictures: in `target/tour`,
//! numbered, in both themes and at two sizes. It is walked in parts that need nothing of each other, so that two go side by side.

mod account;
mod payments;
mod payouts;
mod pictures;

use anyhow::Result;
use paydesk_window_tests::{Desktop, Keychain, Simulator, Window};

use self::pictures::Tour;

const ESCAPE: &str = "\u{e00c}";

/// The languages that Paydesk speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    English,
    German,
}

/// A part of the tour.
#[derive(Debug, Clone, Copy)]
enum Part {
    Payments,
    Account,
    Payouts,
}

#[tokio::test]
async fn the_screens_of_payouts_are_shown() -> Result<()> {
    walk(Part::Payouts, Language::English).await
}

#[tokio::test]
async fn the_screens_of_payments_are_shown() -> Result<()> {
    walk(Part::Payments, Language::English).await
}

#[tokio::test]
async fn the_screens_of_the_account_are_shown() -> Result<()> {
    walk(Part::Account, Language::English).await
}

#[tokio::test]
async fn the_screens_of_payouts_are_shown_in_german() -> Result<()> {
    walk(Part::Payouts, Language::German).await
}

#[tokio::test]
async fn the_screens_of_payments_are_shown_in_german() -> Result<()> {
    walk(Part::Payments, Language::German).await
}

#[tokio::test]
async fn the_screens_of_the_account_are_shown_in_german() -> Result<()> {
    walk(Part::Account, Language::German).await
}

async fn walk(part: Part, language: Language) -> Result<()> {
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    let simulator = Simulator::start().await?;
    let mut window = Window::open(&desktop, Some(&simulator), &[]).await?;
    window.sees("Try the demo shop").await?;
    if language == Language::German {
        window.speak("de").await?;
    }
    let mut tour = Tour::begin(&window, part, language)?;
    let walked = match part {
        Part::Payments => payments(&mut tour, &simulator).await,
        Part::Account => account(&mut tour, &simulator).await,
        Part::Payouts => payouts(&mut tour, &desktop, &simulator).await,
    };
    tour.end(walked)?;
    window.close().await
}

async fn payments(tour: &mut Tour<'_>, simulator: &Simulator) -> Result<()> {
    payments::connecting(tour).await?;
    payments::opening(tour).await?;
    payments::finding(tour).await?;
    payments::fetching(tour, simulator).await?;
    payments::making(tour).await?;
    payments::links(tour).await?;
    payments::needing_attention(tour).await
}

async fn account(tour: &mut Tour<'_>, simulator: &Simulator) -> Result<()> {
    payments::entering(tour).await?;
    account::overview(tour).await?;
    account::balances(tour).await?;
    account::subscriptions(tour).await?;
    account::custody(tour).await?;
    account::conversions(tour).await?;
    account::bank(tour).await?;
    account::callbacks(tour, simulator).await
}

async fn payouts(tour: &mut Tour<'_>, desktop: &Desktop, simulator: &Simulator) -> Result<()> {
    payments::entering(tour).await?;
    payouts::second_factor(tour, simulator).await?;
    payouts::importing(tour, desktop).await?;
    payouts::sending(tour, desktop, simulator).await?;
    payouts::paying_sums(tour, desktop).await?;
    payouts::guarding(tour).await?;
    payouts::in_parts(tour, desktop).await?;
    payouts::locking(tour).await
}

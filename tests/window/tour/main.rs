//! A walk through every screen. Where `PAYDESK_TOUR_PICTURES` is set it leaves pictures: in `target/tour`, numbered, in both themes and
//! at two sizes.

mod account;
mod payments;
mod payouts;
mod pictures;

use anyhow::Result;
use paydesk_window_tests::{Desktop, Keychain, Simulator, Window};

use self::pictures::Tour;

const ESCAPE: &str = "\u{e00c}";

#[tokio::test]
async fn the_tour_shows_every_screen() -> Result<()> {
    let desktop = Desktop::start(Keychain::Unlocked).await?;
    let simulator = Simulator::start().await?;
    let window = Window::open(&desktop, Some(&simulator), &[]).await?;
    let mut tour = Tour::begin(&window)?;
    let walked = walk(&mut tour, &desktop, &simulator).await;
    tour.end(walked)?;
    window.close().await
}

async fn walk(tour: &mut Tour<'_>, desktop: &Desktop, simulator: &Simulator) -> Result<()> {
    payments::connecting(tour).await?;
    payments::opening(tour).await?;
    payments::finding(tour).await?;
    payments::fetching(tour, simulator).await?;
    payments::making(tour).await?;
    payments::links(tour).await?;
    payments::needing_attention(tour).await?;
    account::overview(tour).await?;
    account::balances(tour).await?;
    account::subscriptions(tour).await?;
    account::custody(tour).await?;
    account::conversions(tour).await?;
    account::bank(tour).await?;
    account::callbacks(tour, simulator).await?;
    account::second_factor(tour, simulator).await?;
    payouts::importing(tour, desktop).await?;
    payouts::sending(tour, desktop, simulator).await?;
    payouts::paying_sums(tour, desktop).await?;
    payouts::guarding(tour).await?;
    payouts::in_parts(tour, desktop).await?;
    payouts::locking(tour).await
}

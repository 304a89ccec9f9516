//! Finding out what became of a call whose answer was lost.

use std::time::Duration;

use super::{
    MoveState, Moves,
    journal::{self, MoveRow},
    lists::{BackTo, List},
    words,
};
use crate::{
    failure::{Failure, FailureCode},
    language::said,
    second_factor::provider_now,
};

/// How soon what is not found is looked for again, at first and later.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_mins(2);

/// How long to wait after so many looks that found nothing.
pub(super) fn pause_after(looks: u32) -> Duration {
    LONGEST_PAUSE.min(FIRST_PAUSE * (1 << looks.clamp(1, 6)) / 2)
}

impl Moves {
    /// Looks through what NOWPayments shows since the call.
    pub(super) async fn look(&self, id: &str) -> Result<(), Failure> {
        let row = MoveRow::load(&self.ctx.db, id).await?;
        if row.state != MoveState::Unknown {
            return Ok(());
        }
        if row.list == List::Transfers && !List::Users.is_whole(&self.ctx.db).await? {
            // Who is no user is the shop.
            self.read_list(List::Users, None, BackTo::Known).await?;
        }
        let owner = row.to_user.as_deref().filter(|_| row.list == List::Payments);
        let window = BackTo::Time(row.sent_at - journal::STILL_ON_ITS_WAY);
        let seen = self.read_list(row.list, owner, window).await?;
        // By the clock that the last answer showed: it was true of that moment.
        let looked_at = provider_now(&self.ctx);
        let mut db = self.ctx.write().await?;
        // An empty list has nothing to be taken from while it is read.
        journal::take_found(&mut db, row.list, self.ctx.now()).await?;
        if seen.unreadable {
            journal::make_unclear(&mut db, &row, words::unreadable(), self.ctx.now()).await?;
        }
        journal::count_look(&mut db, id, looked_at).await?;
        db.commit().await?;
        Ok(())
    }

    /// Believes the owner that a move was not made, after one more look.
    pub(super) async fn give_up_unknown(&self, id: &str) -> Result<(), Failure> {
        let stale = || {
            Failure::new(
                FailureCode::Stale,
                said!(
                    en: "Nothing was changed: this is settled by now, or Paydesk is still looking for it.",
                    de: "Es wurde nichts geändert: Dies ist inzwischen geklärt, oder Paydesk sucht noch danach."
                ),
            )
        };
        if !MoveRow::load(&self.ctx.db, id).await?.may_give_up() {
            return Err(stale());
        }
        self.look(id).await?;
        let mut db = self.ctx.write().await?;
        let row = MoveRow::load(&mut *db, id).await?;
        if !row.may_give_up() {
            return Err(stale());
        }
        journal::settle(&mut db, &row, MoveState::GivenUp, Some(words::given_up()), self.ctx.now()).await?;
        db.commit().await?;
        Ok(())
    }
}

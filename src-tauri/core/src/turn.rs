//! A question that is asked anew while somebody types.

use std::sync::{Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::{
    failure::{Failure, FailureCode},
    language::said,
};

/// A question of which only the newest is of interest.
#[derive(Debug, Default)]
pub(crate) struct Turn(Mutex<CancellationToken>);

impl Turn {
    /// Answers a question, unless a newer one comes first.
    pub(crate) async fn take<T>(
        &self,
        question: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let mine = CancellationToken::new();
        let earlier = {
            let mut newest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *newest, mine.clone())
        };
        earlier.cancel();
        let superseded = || {
            Err(Failure::new(
                FailureCode::Stale,
                said!(
                    en: "Another amount or coin is being asked about.",
                    de: "Inzwischen wird nach einem anderen Betrag oder Coin gefragt."
                ),
            ))
        };
        mine.run_until_cancelled(question).await.unwrap_or_else(superseded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_newer_question_ends_an_older_one() {
        let turn = Turn::default();
        let older = turn.take(std::future::pending::<Result<(), Failure>>());
        let newer = async {
            tokio::task::yield_now().await;
            turn.take(async { Ok(5) }).await
        };
        let (older, newer) = tokio::join!(older, newer);
        assert_eq!(older.unwrap_err().code, FailureCode::Stale);
        assert_eq!(newer.unwrap(), 5);
    }
}

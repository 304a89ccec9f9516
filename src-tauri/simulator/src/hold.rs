//! Calls that are held on their way, for a test that wants something to happen in between.

use tokio::sync::{oneshot, watch};

use crate::api::fits;

/// Where a call is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// It has arrived and was not handled.
    Arrived,
    /// It was handled, and nothing of its answer was sent.
    Handled,
}

/// A call that is held, or will be once it has come. It goes on when this is dropped, even if its caller has hung up.
#[derive(Debug)]
pub struct Held {
    reached: watch::Receiver<bool>,
    lose: oneshot::Sender<()>,
}

impl Held {
    /// Waits until the call is held; for ever when it is cut off before by a fault.
    pub async fn reached(&mut self) {
        if self.reached.wait_for(|reached| *reached).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Cuts the call off where it is held: one that was not handled never is, and none is answered.
    pub fn lose(self) {
        // Nobody listening: the call is over, or will never come.
        let _ = self.lose.send(());
    }
}

/// The simulator's side of a [`Held`].
pub(crate) struct Hold {
    /// The method and the path of the calls that it is for; all, if absent.
    only: Option<(String, String)>,
    /// So many calls pass first.
    skip: u64,
    pub(crate) point: Point,
    reached: watch::Sender<bool>,
    lost: oneshot::Receiver<()>,
}

impl Hold {
    pub(crate) fn new(only: Option<(String, String)>, skip: u64, point: Point) -> (Self, Held) {
        let ((tell, reached), (lose, lost)) = (watch::channel(false), oneshot::channel());
        (Self { only, skip, point, reached: tell, lost }, Held { reached, lose })
    }

    /// The hold of the call that has just come.
    pub(crate) fn next(holds: &mut Vec<Self>, method: &str, path: &str) -> Option<Self> {
        let due = holds.iter().position(|hold| hold.skip == 0 && hold.is_for(method, path));
        for hold in holds.iter_mut().filter(|hold| hold.is_for(method, path)) {
            hold.skip = hold.skip.saturating_sub(1);
        }
        due.map(|at| holds.remove(at))
    }

    fn is_for(&self, method: &str, path: &str) -> bool {
        self.only.as_ref().is_none_or(|(its_method, its_path)| {
            its_method.eq_ignore_ascii_case(method) && fits(its_path, path).is_some()
        })
    }

    /// Holds the call. True when it is to be cut off.
    pub(crate) async fn wait(self) -> bool {
        self.reached.send_replace(true);
        self.lost.await.is_ok()
    }
}

//! The one long job that may run at a time: a backup, a restore, an export of everything.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};
use specta::Type;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::work::Work;
use crate::{
    app::Core, backup::BackupReport, changes::Changed, exports::ExportState, failure::Failure, language::said,
};

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum DataJobKind {
    /// A shop is written into a sealed file.
    Backup,
    /// A shop is read out of one.
    Restore,
    /// All that a shop has is written as tables.
    Everything,
}

/// How a job stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DataJob {
    /// What it does.
    pub kind: DataJobKind,
    /// Whether it has ended, and how.
    pub state: ExportState,
    /// How much is done: rows of an export, else of no certain unit.
    #[specta(type = u32)]
    pub done: u64,
    /// Of how much; 0 while that is not known.
    #[specta(type = u32)]
    pub total: u64,
    /// The file.
    pub path: String,
    /// What was backed up or restored.
    pub report: Option<BackupReport>,
    /// Why it failed.
    pub failure: Option<Failure>,
}

/// The job that runs, or ran last.
#[derive(Debug, Default)]
pub(crate) struct Jobs {
    latest: Mutex<Option<Latest>>,
    tasks: TaskTracker,
}

#[derive(Debug)]
struct Latest {
    status: DataJob,
    path: PathBuf,
    stop: CancellationToken,
}

impl Jobs {
    /// Stops the job that runs, and waits for its end.
    pub(crate) async fn stop(&self) {
        self.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.tasks.reopen();
    }

    /// Forgets the job that ran last.
    pub(crate) fn forget(&self) {
        *self.latest() = None;
    }

    fn cancel(&self) {
        if let Some(latest) = self.latest().as_ref() {
            latest.stop.cancel();
        }
    }

    fn begin(&self, kind: DataJobKind, path: &Path) -> Result<CancellationToken, Failure> {
        let mut latest = self.latest();
        if latest.as_ref().is_some_and(|latest| latest.status.state == ExportState::Running) {
            return Err(Failure::other(said!(
                en: "A backup, a restore or an export of everything is running already. Wait for its end, or cancel it.",
                de: "Es läuft schon eine Sicherung, eine Wiederherstellung oder ein Gesamtexport. Warten Sie, bis das \
                     fertig ist, oder brechen Sie es ab.",
            )));
        }
        let stop = CancellationToken::new();
        let status = DataJob {
            kind,
            state: ExportState::Running,
            done: 0,
            total: 0,
            path: path.display().to_string(),
            report: None,
            failure: None,
        };
        *latest = Some(Latest { status, path: path.to_owned(), stop: stop.clone() });
        Ok(stop)
    }

    /// Writes down how far it is; says whether that is worth telling: each hundredth is.
    fn progress(&self, done: u64, total: u64) -> bool {
        let hundredth = |done: u64| done.saturating_mul(100) / total.max(1);
        let mut latest = self.latest();
        let Some(Latest { status, .. }) = latest.as_mut() else { return false };
        let before = (status.total, hundredth(status.done));
        (status.done, status.total) = (done, total);
        before != (total, hundredth(done))
    }

    fn latest(&self) -> MutexGuard<'_, Option<Latest>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Core {
    /// How the backup, restore or export of everything stands that runs, or ran last.
    ///
    /// # Errors
    /// When the app is locked.
    pub fn data_job(&self) -> Result<Option<DataJob>, Failure> {
        self.unlocked()?;
        Ok(self.inner.jobs.latest().as_ref().map(|latest| latest.status.clone()))
    }

    /// Stops the one that runs. What was there before stays as it was.
    ///
    /// # Errors
    /// When the app is locked.
    pub fn cancel_data_job(&self) -> Result<(), Failure> {
        self.unlocked()?;
        self.inner.jobs.cancel();
        Ok(())
    }

    /// The file of the one that ran last.
    ///
    /// # Errors
    /// When there is none, it was not of this kind or has not ended like this, or the app is locked.
    pub fn data_file(&self, states: &[ExportState], kinds: &[DataJobKind]) -> Result<PathBuf, Failure> {
        self.unlocked()?;
        let latest = self.inner.jobs.latest();
        let fits =
            |Latest { status, .. }: &&Latest| states.contains(&status.state) && kinds.contains(&status.kind);
        let path = latest.as_ref().filter(fits).map(|latest| latest.path.clone());
        path.ok_or_else(|| Failure::not_found(said!(en: "file", de: "diese Datei")))
    }

    /// Begins a job, unless one runs.
    pub(super) fn begin_job<F>(
        &self,
        kind: DataJobKind,
        path: &Path,
        run: impl FnOnce(Self, PathBuf, Work) -> F,
    ) -> Result<(), Failure>
    where
        F: Future<Output = Result<Option<BackupReport>, Failure>> + Send + 'static,
    {
        let stop = self.inner.jobs.begin(kind, path)?;
        self.announce(Changed::Data);
        let teller = self.clone();
        let work = Work::new(stop.clone(), move |done, total| {
            if teller.inner.jobs.progress(done, total) {
                teller.announce(Changed::Data);
            }
        });
        let running = Running { core: self.clone() };
        let job = run(self.clone(), path.to_owned(), work);
        self.inner.jobs.tasks.spawn(async move {
            let ended = job.await;
            running.end(ended, stop.is_cancelled());
        });
        Ok(())
    }
}

/// A job while it runs. However it is left, it has ended.
struct Running {
    core: Core,
}

impl Running {
    fn end(self, ended: Result<Option<BackupReport>, Failure>, stopped: bool) {
        let mut latest = self.core.inner.jobs.latest();
        if let Some(Latest { status, .. }) = latest.as_mut() {
            (status.state, status.report, status.failure) = match ended {
                Ok(report) => (ExportState::Done, report, None),
                Err(_) if stopped => (ExportState::Cancelled, None, None),
                Err(failure) => (ExportState::Failed, None, Some(failure)),
            };
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(Latest { status, .. }) = self.core.inner.jobs.latest().as_mut()
            && status.state == ExportState::Running
        {
            status.state = ExportState::Cancelled;
        }
        self.core.announce(Changed::Data);
    }
}

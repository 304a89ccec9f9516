//! One export from the database to the disk.

use std::{
    fs::File,
    io::{self, BufWriter},
    path::Path,
};

use tempfile::TempPath;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    ExportNotes, ExportRequest, Exports,
    columns::Columns,
    writer::{Stoppable, Writer},
};
use crate::{
    failure::Failure,
    language::{said, words},
    payments::{Which, WholeList, WholePayment},
};

/// How an export has ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Done(ExportNotes),
    Cancelled,
    Failed(Failure),
}

/// What writes a file, on a thread of its own.
type ToDisk = Writer<BufWriter<Stoppable<File>>>;

impl Exports {
    /// Writes the file at `path`. Until it is whole it has another name beside that, and is gone if this is dropped.
    pub(super) async fn write(
        &self,
        which: Which,
        request: &ExportRequest,
        path: &Path,
        cancel: &CancellationToken,
    ) -> Ended {
        let exports = self.clone();
        let progress = move |done, total| exports.progress(done, total);
        match self.write_with(which, request, path, cancel, progress).await {
            Ok(notes) => Ended::Done(notes),
            Err(_) if cancel.is_cancelled() => Ended::Cancelled,
            Err(failure) => Ended::Failed(failure),
        }
    }

    /// The same, with `progress` told how many of how many payments are written.
    pub(super) async fn write_with(
        &self,
        which: Which,
        request: &ExportRequest,
        path: &Path,
        cancel: &CancellationToken,
        progress: impl Fn(u32, u32) + Send + 'static,
    ) -> Result<ExportNotes, Failure> {
        let list = WholeList::open(&self.payments, which).await?;
        let total = list.total();
        progress(0, total);
        let (file, half) = beside(path).map_err(|error| not_written(path, &error))?;
        let stop = cancel.child_token();
        let _stops_the_thread = stop.clone().drop_guard();
        let to = BufWriter::with_capacity(1 << 16, Stoppable::new(file, stop.clone()));
        let columns = Columns::new(request, &self.ctx.surroundings);
        let choices = request.choices.clone();

        let (send, receive) = mpsc::channel(2);
        let thread = tokio::task::spawn_blocking(move || {
            let writer = Writer::new(to, columns, &choices)?;
            write_all(writer, receive, &stop, |done| progress(done, total))
        });
        let (read, written) = tokio::join!(cancel.run_until_cancelled(list.hand_to(send)), thread);
        match read {
            None => return Err(stopped()),
            Some(read) => read?,
        }
        let notes = written
            .map_err(|error| {
                tracing::error!(%error, "an export broke off");
                Failure::other(said!(
                    en: "Paydesk failed inside while it wrote the file. There is no file.",
                    de: "In Paydesk ist ein Fehler aufgetreten, während die Datei geschrieben wurde. Es gibt keine Datei.",
                ))
            })?
            .map_err(|error| not_written(path, &error))?;
        if cancel.is_cancelled() {
            return Err(stopped());
        }
        half.persist(path).map_err(|error| not_written(path, &error.error))?;
        Ok(notes)
    }
}

fn stopped() -> Failure {
    Failure::other(said!(
        en: "The export was cancelled. There is no file.",
        de: "Der Export wurde abgebrochen. Es gibt keine Datei.",
    ))
}

/// Writes all that comes, and has it on the disk in the end.
fn write_all(
    mut writer: ToDisk,
    mut payments: mpsc::Receiver<Vec<WholePayment>>,
    stop: &CancellationToken,
    progress: impl Fn(u32),
) -> io::Result<ExportNotes> {
    let mut done = 0;
    while let Some(batch) = payments.blocking_recv() {
        for payment in &batch {
            writer.payment(payment)?;
            done += 1;
        }
        progress(done);
        if stop.is_cancelled() {
            return Err(io::Error::other("stopped"));
        }
    }
    let (to, notes) = writer.finish()?;
    to.into_inner().map_err(io::IntoInnerError::into_error)?.into_inner().sync_all()?;
    Ok(notes)
}

/// A new file beside `path`, with the rights that any new file has.
fn beside(path: &Path) -> io::Result<(File, TempPath)> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".paydesk-").suffix(".part");
    #[cfg(unix)]
    let rights = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    #[cfg(unix)]
    builder.permissions(rights);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    Ok(builder.tempfile_in(folder.unwrap_or(Path::new(".")))?.into_parts())
}

/// Why the file is not there, in words.
pub(crate) fn not_written(path: &Path, error: &io::Error) -> Failure {
    use io::ErrorKind as K;
    let path = path.display();
    Failure::other(match error.kind() {
        K::StorageFull | K::QuotaExceeded | K::FileTooLarge => words!(
            en: "The disk has no room for {path}. What was there before has not changed. Make room, choose another \
                 place, or export less at once.",
            de: "Auf der Platte ist kein Platz für {path}. Was vorher da war, ist unverändert. Schaffen Sie Platz, \
                 wählen Sie einen anderen Ort, oder exportieren Sie weniger auf einmal.",
        ),
        K::PermissionDenied | K::ReadOnlyFilesystem => words!(
            en: "Paydesk may not write {path}. What was there before has not changed. Choose another place.",
            de: "Paydesk darf {path} nicht schreiben. Was vorher da war, ist unverändert. Wählen Sie einen anderen \
                 Ort.",
        ),
        K::NotFound => words!(
            en: "The folder of {path} is not there any more. Choose another place.",
            de: "Den Ordner von {path} gibt es nicht mehr. Wählen Sie einen anderen Ort.",
        ),
        _ => words!(
            en: "The file {path} could not be written ({error}). What was there before has not changed. Close it in \
                 other programs, or choose another place.",
            de: "Die Datei {path} konnte nicht geschrieben werden ({error}). Was vorher da war, ist unverändert. \
                 Schließen Sie sie in anderen Programmen, oder wählen Sie einen anderen Ort.",
        ),
    })
}

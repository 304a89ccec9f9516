//! Work on a whole table: cut into pieces, done on all processors, and put together again in the order of the file.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher, RandomState},
    num::NonZero,
    ops::ControlFlow,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc,
    },
    thread,
};

use super::{
    Choices, Column, FileError, FileErrorCode, FileNote, FileNoteCode, OpenAmount, RejectedRow, Row, Summary,
    Warning, WarningCode,
    amounts::{self, Numbers, Points, Reading},
    record::Record,
    rows::{self, Aside, CheckedRow, Checker},
    table::{Document, Piece, Table},
};
use crate::coins::Catalogue;

/// A job that can be watched and stopped from another thread.
#[derive(Debug, Default)]
pub struct Job {
    done: AtomicU32,
    stopped: AtomicBool,
}

impl Job {
    /// How much is done, from 0 to 1000.
    #[must_use]
    pub fn done(&self) -> u32 {
        self.done.load(Ordering::Relaxed)
    }

    /// Has it stop soon. It ends with [`FileErrorCode::Stopped`].
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// How many examples of open amounts are kept.
const EXAMPLES: usize = 5;

/// What the amounts and ids of a whole file show.
pub(super) struct Shown {
    points: Points,
    /// Amounts whose meaning depends on how the file writes numbers.
    pub(super) open: Vec<OpenAmount>,
    /// How many there are.
    pub(super) open_count: u32,
    repeated: HashMap<u64, u32>,
    hasher: RandomState,
}

/// Goes through the file once, before rows are checked.
pub(super) fn look(table: &Table<'_>, job: &Job) -> Result<Shown, FileError> {
    /// What one piece shows.
    #[derive(Default)]
    struct Part {
        decimal: bool,
        unsettled: bool,
        /// Open when nothing shows what a point means, and even when something does.
        open: [(u32, Vec<OpenAmount>); 2],
        ids: Vec<(u64, u32)>,
    }
    let header = &table.header;
    let has_ids = header.position(Column::ExternalId).is_some();
    let hasher = RandomState::new();
    let work = |piece: &Piece<'_>| {
        let mut part = Part::default();
        piece.each(|record, _| {
            let Some(cells) = (!record.blank).then(|| header.cells(record).ok()).flatten() else { return };
            let amount = cells.get(Column::Amount);
            if !amount.text.bytes().all(|byte| byte.is_ascii_digit()) && amount.cell.is_text() {
                match Points::shown_by(amount.text) {
                    Some(Points::Decimal) => part.decimal = true,
                    Some(Points::Unsettled) => part.unsettled = true,
                    None => {}
                }
                for (points, (count, examples)) in
                    [Points::Unsettled, Points::Decimal].into_iter().zip(&mut part.open)
                {
                    if amounts::is_open(amount.text, points) {
                        *count += 1;
                        if examples.len() < EXAMPLES {
                            examples.push(OpenAmount {
                                line: record.line,
                                text: amount.text.to_owned(),
                                with_point: Numbers::Point.plain(amount.text),
                                with_comma: Numbers::Comma.plain(amount.text),
                            });
                        }
                    }
                }
            }
            let id = cells.get(Column::ExternalId).text;
            if has_ids && rows::is_external_id(id) {
                part.ids.push((hasher.hash_one(id), record.line));
            }
        });
        part
    };
    let mut all = Part::default();
    let mut first = HashMap::new();
    let mut repeated = HashMap::new();
    each_piece(table, job, 0..300, work, |part| {
        all.decimal |= part.decimal;
        all.unsettled |= part.unsettled;
        for ((count, examples), (more, others)) in all.open.iter_mut().zip(part.open) {
            *count += more;
            examples.extend(others);
            examples.truncate(EXAMPLES);
        }
        for (id, line) in part.ids {
            let earlier = *first.entry(id).or_insert(line);
            if earlier != line {
                repeated.insert(id, earlier);
            }
        }
        ControlFlow::Continue(())
    })?;
    let points = if all.decimal && !all.unsettled { Points::Decimal } else { Points::Unsettled };
    let [unsettled, decimal] = all.open;
    let (open_count, open) = if points == Points::Decimal { decimal } else { unsettled };
    Ok(Shown { points, open, open_count, repeated, hasher })
}

/// Checks each row, by itself and against the others, and hands them over in the order of the file.
pub(super) fn check(
    document: &Document<'_>,
    choices: &Choices,
    coins: &Catalogue,
    job: &Job,
    mut sink: impl FnMut(Vec<Row>) -> ControlFlow<()>,
) -> Result<Summary, FileError> {
    /// What one piece holds.
    #[derive(Default)]
    struct Part {
        records: u32,
        blank: u32,
        rows: Vec<Result<CheckedRow, Box<RejectedRow>>>,
        aside: Aside,
    }
    let table = document.table(choices, coins)?;
    let shown = look(&table, job)?;
    let checker = Checker {
        header: &table.header,
        coins,
        reading: choices.numbers.map_or(Reading::Shown(shown.points), Reading::Said),
        delimiter: table.delimiter,
        repeated: shown.repeated,
        hasher: shown.hasher,
    };
    let work = |piece: &Piece<'_>| {
        let mut part = Part::default();
        piece.each(|record: &Record<'_>, hidden| {
            part.records += 1;
            if record.blank {
                part.blank += 1;
            } else {
                part.rows.push(checker.check(record, hidden, &mut part.aside));
            }
        });
        part
    };
    let mut summary = Summary { rows: table.above, ..Summary::default() };
    let mut paid: HashMap<u64, u32> = HashMap::new();
    let mut translated: BTreeMap<(String, String), u32> = BTreeMap::new();
    each_piece(&table, job, 300..1000, work, |part| {
        summary.rows.records += part.records;
        summary.rows.blank += part.blank;
        for (written, count) in part.aside.translated {
            *translated.entry(written).or_default() += count;
        }
        let rows = part.rows.into_iter().map(|row| match row {
            Ok(CheckedRow { mut row, recipient }) => {
                summary.rows.accepted += 1;
                match summary.totals.get_mut(&row.currency) {
                    Some(total) => *total += &row.amount,
                    None => drop(summary.totals.insert(row.currency.clone(), row.amount.clone())),
                }
                let earlier = *paid.entry(recipient).or_insert(row.line);
                if earlier != row.line {
                    let message = format!(
                        "Line {earlier} pays {} to the same address already. Both will be paid.",
                        row.currency
                    );
                    row.warnings.insert(0, Warning { code: WarningCode::Duplicate, message });
                }
                Row::Accepted(row)
            }
            Err(row) => {
                summary.rows.rejected += 1;
                Row::Rejected(*row)
            }
        });
        sink(rows.collect())
    })?;
    summary.notes.clone_from(&document.notes);
    summary.notes.extend(translated.into_iter().map(|((written, ticker), count)| FileNote {
        code: FileNoteCode::Ticker,
        message: format!(
            "{written} was read as {ticker} ({}).",
            if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
        ),
    }));
    if choices.numbers.is_none() {
        (summary.open, summary.open_count) = (shown.open, shown.open_count);
    }
    Ok(summary)
}

/// Does `work` on each piece on all processors, and `merge`s what it gave in the order of the file. The job goes from one end of
/// `range` to the other meanwhile.
fn each_piece<T: Send>(
    table: &Table<'_>,
    job: &Job,
    range: std::ops::Range<u32>,
    work: impl Fn(&Piece<'_>) -> T + Sync,
    mut merge: impl FnMut(T) -> ControlFlow<()>,
) -> Result<(), FileError> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let pieces = Mutex::new(table.pieces().enumerate());
    let next = || pieces.lock().unwrap_or_else(PoisonError::into_inner).next();
    let stop = AtomicBool::new(false);
    let stopped = || stop.load(Ordering::Relaxed) || job.is_stopped();
    let (sender, receiver) = mpsc::sync_channel(2 * threads);
    let (work, next, stopped) = (&work, &next, &stopped);
    let mut result = Ok(());
    thread::scope(|scope| {
        for _ in 0..threads {
            let sender = sender.clone();
            scope.spawn(move || {
                while !stopped()
                    && let Some((index, (piece, done))) = next()
                {
                    if sender.send((index, done, work(&piece))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut turn = 0;
        for (index, done, part) in receiver {
            waiting.insert(index, (done, part));
            while let Some((done, part)) = waiting.remove(&turn) {
                turn += 1;
                job.done.store(range.start + (range.end - range.start) * done / 1000, Ordering::Relaxed);
                if result.is_ok() && merge(part).is_break() {
                    stop.store(true, Ordering::Relaxed);
                    result = Err(stopped_by_owner());
                }
            }
        }
    });
    if job.is_stopped() { Err(stopped_by_owner()) } else { result }
}

fn stopped_by_owner() -> FileError {
    FileError::new(FileErrorCode::Stopped, "Reading the file was stopped.")
}

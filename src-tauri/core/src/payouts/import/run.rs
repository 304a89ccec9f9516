//! Work on a whole table: cut into pieces, done on all processors, and put together again in the order of the file.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState},
    num::NonZero,
    ops::ControlFlow,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
        mpsc,
    },
    thread,
};

use nowpayments::Amount;

use super::{
    Choices, Column, FileError, FileErrorCode, FileNote, FileNoteCode, OpenAmount, Row, Summary, Warning,
    WarningCode,
    amounts::{self, Numbers, Points, Reading},
    record::Record,
    rows::{self, Aside, CheckedRow, Checker},
    table::{Document, Piece, Table},
};
use crate::{
    coins::Catalogue,
    language::{said, words},
    payouts::amount::PayoutAmount,
};

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

/// [`MOST_DECIMALS`](amounts::MOST_DECIMALS) as the client counts decimals.
const DECIMALS: u32 = 6;

/// For how many recipients there is room from the start, so that the table of them need not grow by copying itself. Nobody
/// knows before the check how many records are payouts at all.
const MOST_EXPECTED: usize = 2_000_000;

/// How many examples of open amounts are kept.
const EXAMPLES: usize = 5;

/// What the amounts and ids of a whole file show.
pub(super) struct Shown {
    points: Points,
    /// Amounts whose meaning depends on how the file writes numbers.
    pub(super) open: Vec<OpenAmount>,
    /// How many there are.
    pub(super) open_count: u32,
    /// Records that have as many fields as the header.
    records: usize,
    /// How many rows name a sum of money, and how many of them an amount of the coin as well.
    sums: u32,
    twice: u32,
    repeated: HashMap<u64, u32>,
    hasher: RandomState,
}

impl Shown {
    /// Whether each row with a sum of money has an amount of the coin beside it, so that one of the columns is something else.
    pub(super) fn says_amounts_twice(&self) -> bool {
        self.sums > 0 && self.twice == self.sums
    }
}

/// What an amount is when numbers are written in one way.
fn exact(numbers: Numbers, text: &str) -> Option<String> {
    Some(numbers.plain(text)?.parse::<Amount>().ok()?.to_string())
}

/// Goes through the file once, before rows are checked.
pub(super) fn look(table: &Table<'_>, job: &Job) -> Result<Shown, FileError> {
    /// What one piece shows.
    #[derive(Default)]
    struct Part {
        records: usize,
        decimal: bool,
        unsettled: bool,
        /// Open when nothing shows what a point means, and even when something does.
        open: [(u32, Vec<OpenAmount>); 2],
        sums: u32,
        twice: u32,
        ids: Vec<(u64, u32)>,
    }
    impl Part {
        fn see(&mut self, amount: &str, line: u32) {
            if amounts::is_plain_decimal(amount) {
                self.decimal = true;
                return;
            }
            match Points::shown_by(amount) {
                Some(Points::Decimal) => self.decimal = true,
                Some(Points::Unsettled) => self.unsettled = true,
                None => {}
            }
            for (points, (count, examples)) in
                [Points::Unsettled, Points::Decimal].into_iter().zip(&mut self.open)
            {
                if amounts::is_open(amount, points) {
                    *count += 1;
                    if examples.len() < EXAMPLES {
                        examples.push(OpenAmount {
                            line,
                            text: amount.to_owned(),
                            with_point: exact(Numbers::Point, amount),
                            with_comma: exact(Numbers::Comma, amount),
                        });
                    }
                }
            }
        }
    }
    let header = &table.header;
    let amounts_at = [Column::Amount, Column::FiatAmount].map(|column| header.position(column));
    let id_at = header.position(Column::ExternalId);
    let hasher = RandomState::new();
    let work = |piece: &Piece<'_>| {
        let mut part = Part::default();
        piece.each(|record, _| {
            // What a row is refused for shows nothing of the others.
            if record.blank || record.fault.is_some() || record.count != header.len() {
                return;
            }
            part.records += 1;
            let field = |at: Option<usize>| {
                record.fields.get(at?).and_then(|field| Some((field.text()?, field.cell)))
            };
            let amounts = amounts_at.map(field);
            if let [coins, Some((sum, _))] = amounts
                && !sum.is_empty()
            {
                part.sums += 1;
                part.twice += u32::from(coins.is_some_and(|(coins, _)| !coins.is_empty()));
            }
            for (amount, cell) in amounts.into_iter().flatten() {
                if cell.is_text() && !amount.bytes().all(|byte| byte.is_ascii_digit()) {
                    part.see(amount, record.line);
                }
            }
            if let Some((id, _)) = field(id_at)
                && rows::is_external_id(id)
            {
                part.ids.push((hasher.hash_one(id), record.line));
            }
        });
        part
    };
    let mut all = Part::default();
    let mut first: HashMap<u64, u32, BuildHasherDefault<Hashed>> = HashMap::default();
    let mut repeated = HashMap::new();
    each_piece(table, job, 0..300, work, |part| {
        all.records += part.records;
        all.decimal |= part.decimal;
        all.unsettled |= part.unsettled;
        all.sums += part.sums;
        all.twice += part.twice;
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
    let Part { records, sums, twice, open: [unsettled, decimal], .. } = all;
    let (open_count, open) = if points == Points::Decimal { decimal } else { unsettled };
    Ok(Shown { points, open, open_count, records, sums, twice, repeated, hasher })
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
    struct Part<'a> {
        records: u32,
        blank: u32,
        rows: Vec<Row>,
        /// Whom the accepted ones pay, as hashes.
        recipients: Vec<u64>,
        totals: Totals,
        fiat_totals: BTreeMap<&'static str, Amount>,
        aside: Aside<'a>,
    }
    let table = document.table(choices, coins)?;
    let shown = look(&table, job)?;
    let reading = choices.numbers.map_or(Reading::Shown(shown.points), Reading::Said);
    let checker = Checker::new(&table, coins, reading, shown.repeated, shown.hasher);
    let work = |piece: &Piece<'_>| {
        let mut part = Part { rows: Vec::with_capacity(piece.expected()), ..Part::default() };
        piece.each(|record: &Record<'_>, hidden| {
            part.records += 1;
            if record.blank {
                part.blank += 1;
                return;
            }
            part.rows.push(match checker.check(record, hidden, &mut part.aside) {
                Ok(CheckedRow { row, recipient }) => {
                    match &row.amount {
                        PayoutAmount::Coin(amount) => part.totals.add(&row.currency, amount),
                        PayoutAmount::Fiat(fiat) => {
                            *part.fiat_totals.entry(fiat.currency).or_default() += &fiat.amount;
                        }
                    }
                    part.recipients.push(recipient);
                    Row::Accepted(row)
                }
                Err(row) => Row::Rejected(*row),
            });
        });
        part
    };
    let mut summary = Summary { rows: table.above, ..Summary::default() };
    let expected = shown.records.min(MOST_EXPECTED);
    let mut paid: HashMap<u64, u32, BuildHasherDefault<Hashed>> =
        HashMap::with_capacity_and_hasher(expected, BuildHasherDefault::default());
    let mut translated: BTreeMap<(String, String), u32> = BTreeMap::new();
    each_piece(&table, job, 300..1000, work, |part| {
        summary.rows.records += part.records;
        summary.rows.blank += part.blank;
        for (written, count) in part.aside.translated {
            *translated.entry(written).or_default() += count;
        }
        part.totals.add_to(&mut summary.totals);
        for (currency, sum) in &part.fiat_totals {
            *summary.fiat_totals.entry(currency).or_default() += sum;
        }
        let accepted = u32::try_from(part.recipients.len()).unwrap_or(u32::MAX);
        summary.rows.accepted += accepted;
        summary.rows.rejected += part.records - part.blank - accepted;
        let mut rows = part.rows;
        let accepted = rows.iter_mut().filter_map(|row| match row {
            Row::Accepted(row) => Some(row),
            Row::Rejected(_) => None,
        });
        for (row, recipient) in accepted.zip(part.recipients) {
            let earlier = *paid.entry(recipient).or_insert(row.line);
            if earlier != row.line {
                let message = words!(
                    en: "Line {earlier} pays {} to the same address already. Both will be paid.",
                    de: "Schon Zeile {earlier} zahlt {} an dieselbe Adresse. Beide werden gezahlt.",
                    row.currency,
                );
                row.warnings.insert(0, Warning { code: WarningCode::Duplicate, message });
            }
        }
        sink(rows)
    })?;
    summary.notes.clone_from(&document.notes);
    summary.notes.extend(translated.into_iter().map(|((written, ticker), count)| FileNote {
        code: FileNoteCode::Ticker,
        message: words!(
            en: "{written} was read as {ticker} ({}).",
            de: "{written} wurde als {ticker} gelesen ({}).",
            if count == 1 { said!( en: "1 row", de: "1 Zeile", ).to_owned() } else { words!(en: "{count} rows", de: "{count} Zeilen") },
        ),
    }));
    if choices.numbers.is_none() {
        (summary.open, summary.open_count) = (shown.open, shown.open_count);
    }
    Ok(summary)
}

/// Checks the first row of a document whose amounts were typed; `None` when it is blank, or there is none.
pub(super) fn check_one(
    document: &Document<'_>,
    choices: &Choices,
    coins: &Catalogue,
) -> Result<Option<Row>, FileError> {
    let table = document.table(choices, coins)?;
    let checker = Checker::new(&table, coins, Reading::Typed, HashMap::new(), RandomState::new());
    let mut row = None;
    for (piece, _) in table.pieces() {
        piece.each(|record, hidden| {
            if row.is_none() && !record.blank {
                row = Some(match checker.check(record, hidden, &mut Aside::default()) {
                    Ok(CheckedRow { row, .. }) => Row::Accepted(row),
                    Err(row) => Row::Rejected(*row),
                });
            }
        });
    }
    Ok(row)
}

/// The hash of what is a hash already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// Exact sums, which are added up as whole numbers as long as those hold them.
#[derive(Debug, Default)]
struct Totals {
    /// In units of the smallest decimal that is sent.
    units: BTreeMap<String, i128>,
    rest: BTreeMap<String, Amount>,
}

impl Totals {
    fn add(&mut self, currency: &str, amount: &Amount) {
        let units = match self.units.get_mut(currency) {
            Some(units) => units,
            None => self.units.entry(currency.to_owned()).or_default(),
        };
        match amount.in_units(DECIMALS).and_then(|more| units.checked_add(more)) {
            Some(sum) => *units = sum,
            None => *self.rest.entry(currency.to_owned()).or_default() += amount,
        }
    }

    fn add_to(self, totals: &mut BTreeMap<String, Amount>) {
        let sums =
            self.units.into_iter().map(|(currency, units)| (currency, Amount::of_units(units, DECIMALS)));
        for (currency, sum) in sums.chain(self.rest) {
            *totals.entry(currency).or_default() += &sum;
        }
    }
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
    FileError::new(
        FileErrorCode::Stopped,
        said!(
            en: "Reading the file was stopped.",
            de: "Das Lesen der Datei wurde angehalten.",
        ),
    )
}

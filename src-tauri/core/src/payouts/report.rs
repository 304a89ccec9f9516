//! The report of a batch: what became of every row of the file.

use chrono::SecondsFormat;
use nowpayments::Amount;

use super::{
    Payouts,
    batch::RowStatus,
    reading::{StoredRow, rows_after},
    record::Record,
};
use crate::{failure::Failure, spreadsheet};

const HEADER: [&str; 16] = [
    "line",
    "address",
    "currency",
    "amount",
    "extra_id",
    "description",
    "external_id",
    "status",
    "reason",
    "removed_at",
    "fee",
    "transaction",
    "provider_status",
    "provider_payout_id",
    "provider_batch_id",
    "reference",
];

/// The columns of a file of bad rows: those that a file of payouts has, and what is wrong.
const BAD_HEADER: [&str; 9] =
    ["address", "currency", "amount", "extra_id", "description", "external_id", "line", "problem", "as_read"];

impl Payouts {
    pub(super) async fn report(&self, id: &str) -> Result<String, Failure> {
        self.table(id, HEADER, |row, record| Some(fields(row, record))).await
    }

    pub(super) async fn bad_rows(&self, id: &str) -> Result<String, Failure> {
        let is_bad = |row: &StoredRow| row.removed_at.is_none() && row.status == RowStatus::Bad;
        self.table(id, BAD_HEADER, |row, _| is_bad(&row).then(|| bad_fields(row))).await
    }

    /// A line for each row of a batch that `fields` makes one of, below a header.
    async fn table<const COLUMNS: usize>(
        &self,
        id: &str,
        header: [&str; COLUMNS],
        fields: impl Fn(StoredRow, &Record) -> Option<[String; COLUMNS]>,
    ) -> Result<String, Failure> {
        let mut tx = self.ctx.db.begin().await?;
        let record = Record::load(&mut *tx, id).await?;
        let mut table = String::new();
        line(&mut table, &header.map(str::to_owned));
        let mut after = 0;
        loop {
            let rows = rows_after(&mut *tx, id, after).await?;
            let Some(last) = rows.last() else { return Ok(table) };
            after = last.number;
            for fields in rows.into_iter().filter_map(|row| fields(row, &record)) {
                line(&mut table, &fields);
            }
        }
    }
}

fn bad_fields(row: StoredRow) -> [String; 9] {
    let problems = row.all_problems().into_iter().map(|problem| match problem.column {
        Some(column) => format!("{column}: {}", problem.message),
        None => problem.message,
    });
    let problems: Vec<String> = problems.collect();
    [
        text(row.address),
        text(row.currency),
        number(row.amount),
        text(row.extra_id.unwrap_or_default()),
        text(row.description.unwrap_or_default()),
        text(row.external_id.unwrap_or_default()),
        row.line.to_string(),
        text(problems.join(" ")),
        text(row.raw.unwrap_or_default()),
    ]
}

fn fields(row: StoredRow, record: &Record) -> [String; 16] {
    let status = match row.status {
        _ if row.removed_at.is_some() => "removed",
        RowStatus::Bad => "refused",
        RowStatus::Ready => "not sent",
        RowStatus::Waiting => "waiting for approval",
        RowStatus::Processing => "processing",
        RowStatus::Sending => "sending",
        RowStatus::Paid => "paid",
        RowStatus::Failed => "failed",
        RowStatus::Rejected => "rejected",
    };
    let reasons: Vec<_> =
        row.all_problems().into_iter().map(|problem| problem.message).chain(row.error.clone()).collect();
    let provider_batch = record.provider_id.clone().filter(|_| row.provider_id.is_some());
    [
        row.line.to_string(),
        text(row.address),
        text(row.currency),
        number(row.amount),
        text(row.extra_id.unwrap_or_default()),
        text(row.description.unwrap_or_default()),
        text(row.external_id.unwrap_or_default()),
        status.to_owned(),
        text(reasons.join(" ")),
        row.removed_at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default(),
        number(row.fee.unwrap_or_default()),
        text(row.hash.unwrap_or_default()),
        text(row.provider_status.unwrap_or_default()),
        text(row.provider_id.unwrap_or_default()),
        text(provider_batch.unwrap_or_default()),
        text(row.unique_external_id.unwrap_or_default()),
    ]
}

/// One line as RFC 4180 says.
fn line(report: &mut String, fields: &[String]) {
    let fields: Vec<_> = fields.iter().map(|field| spreadsheet::quoted(field)).collect();
    report.push_str(&fields.join(","));
    report.push_str("\r\n");
}

/// A text that no spreadsheet takes for a formula.
fn text(text: String) -> String {
    spreadsheet::guarded(&text, ',').into_owned()
}

/// An amount stands as it is, a negative one as well; anything else in its place is a text.
fn number(amount: String) -> String {
    if amount.parse::<Amount>().is_ok() { amount } else { text(amount) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_made_harmless_and_amounts_are_left_alone() {
        for (given, shown) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+1", "'+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t'=1"), // a tab is where another cell may begin
            (" -2+3", "' -2+3"),
            ("salary, May", "salary, May"),
        ] {
            assert_eq!(text(given.to_owned()), shown);
        }
        for (given, shown) in [
            ("-1.5", "-1.5"),
            ("200", "200"),
            ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"),
            ("=1", "'=1"),
        ] {
            assert_eq!(number(given.to_owned()), shown);
        }
    }

    #[test]
    fn fields_are_quoted_only_where_they_must_be() {
        let mut report = String::new();
        line(&mut report, &["a", "b,c", "d\"e", "f\ng", " h", ""].map(str::to_owned));
        assert_eq!(report, "a,\"b,c\",\"d\"\"e\",\"f\ng\",\" h\",\r\n");
    }
}

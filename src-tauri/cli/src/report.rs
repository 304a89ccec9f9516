//! What `check` prints: for people, and for programs.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use nowpayments::Amount;
use paydesk_core::payouts::{
    batch::FileCounts,
    import::{AcceptedRow, Import, ProblemCode, Warning},
};
use serde::Serialize;

#[derive(Serialize)]
struct Report<'a> {
    rows: FileCounts,
    accepted: Vec<Accepted<'a>>,
    rejected: Vec<Rejected<'a>>,
    totals: &'a BTreeMap<String, Amount>,
    /// Sums of money by currency: only in the answer to a file that has such rows, as their two keys are.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    fiat_totals: &'a BTreeMap<&'static str, Amount>,
}

#[derive(Serialize)]
struct Accepted<'a> {
    line: u32,
    address: &'a str,
    currency: &'a str,
    amount: Option<&'a Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fiat_amount: Option<&'a Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fiat_currency: Option<&'static str>,
    extra_id: Option<&'a str>,
    warnings: &'a [Warning],
}

#[derive(Serialize)]
struct Rejected<'a> {
    line: u32,
    column: Option<&'a str>,
    value: &'a str,
    code: ProblemCode,
    message: &'a str,
}

/// Writes the result as one JSON object.
pub(crate) fn write_json(out: &mut impl Write, import: &Import) -> io::Result<()> {
    let accepted = import.accepted.iter().map(|row| Accepted {
        line: row.line,
        address: &row.address,
        currency: &row.currency,
        amount: row.amount.coins(),
        fiat_amount: row.amount.fiat().map(|fiat| &fiat.amount),
        fiat_currency: row.amount.fiat().map(|fiat| fiat.currency),
        extra_id: row.extra_id.as_deref(),
        warnings: &row.warnings,
    });
    let rejected = import.rejected.iter().map(|row| Rejected {
        line: row.line,
        column: row.problem.column.as_deref(),
        value: &row.problem.value,
        code: row.problem.code,
        message: &row.problem.message,
    });
    let report = Report {
        rows: import.summary.rows,
        accepted: accepted.collect(),
        rejected: rejected.collect(),
        totals: &import.summary.totals,
        fiat_totals: &import.summary.fiat_totals,
    };
    serde_json::to_writer(&mut *out, &report)?;
    writeln!(out)
}

/// Writes why there is no result as one JSON object.
pub(crate) fn write_error(
    out: &mut impl Write,
    code: &str,
    message: &str,
    line: Option<u32>,
) -> io::Result<()> {
    let error = serde_json::json!({ "error": { "code": code, "message": message, "line": line } });
    serde_json::to_writer(&mut *out, &error)?;
    writeln!(out)
}

/// Writes the result for people. Nothing from the file reaches the terminal unseen.
pub(crate) fn write_text(out: &mut impl Write, file: &str, import: &Import) -> io::Result<()> {
    let FileCounts { records, header, blank, accepted, rejected } = import.summary.rows;
    writeln!(
        out,
        "{}: {records} records = {header} header + {blank} blank + {accepted} accepted + {rejected} rejected",
        visible(file)
    )?;
    for note in &import.summary.notes {
        writeln!(out, "{}", visible(&note.message))?;
    }
    if accepted + rejected == 0 {
        return writeln!(out, "\nThere are no payouts in the file, only its header.");
    }

    let count = |is: &dyn Fn(&AcceptedRow) -> bool| import.accepted.iter().filter(|row| is(row)).count();
    let coins = import.summary.totals.iter().map(|(ticker, total)| {
        let rows = count(&|row| row.currency == *ticker && row.amount.coins().is_some());
        (ticker.clone(), total.to_string(), rows)
    });
    let fiat = import.summary.fiat_totals.iter().map(|(currency, total)| {
        let rows = count(&|row| row.amount.fiat().is_some_and(|fiat| fiat.currency == *currency));
        (format!("{} in coins", currency.to_ascii_uppercase()), total.to_string(), rows)
    });
    let amounts: Vec<(String, String, usize)> = coins.chain(fiat).collect();
    if !amounts.is_empty() {
        let ticker_width = amounts.iter().map(|(ticker, ..)| ticker.len()).max().unwrap_or_default();
        let whole_width = amounts.iter().map(|(_, total, _)| whole(total).len()).max().unwrap_or_default();
        let total_width = amounts
            .iter()
            .map(|(_, total, _)| whole_width - whole(total).len() + total.len())
            .max()
            .unwrap_or_default();
        writeln!(out, "\nTotals of the accepted rows")?;
        for (ticker, total, rows) in amounts {
            let total = format!("{}{total}", " ".repeat(whole_width - whole(&total).len()));
            let rows = if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
            writeln!(out, "  {ticker:ticker_width$}  {total:total_width$}  {rows}")?;
        }
    }

    let warned =
        || import.accepted.iter().flat_map(|row| row.warnings.iter().map(move |warning| (row, warning)));
    let last = import
        .accepted
        .last()
        .map_or(0, |row| row.line)
        .max(import.rejected.last().map_or(0, |row| row.line));
    let width = last.to_string().len();
    if warned().next().is_some() {
        writeln!(out, "\nAccepted with a warning")?;
    }
    for (row, warning) in warned() {
        writeln!(
            out,
            "  line {:>width$}  {}  {}{}{}",
            row.line,
            visible(&row.address),
            row.amount,
            if row.amount.fiat().is_some() { " in " } else { " " },
            row.currency
        )?;
        writeln!(out, "       {:width$}  {}", "", visible(&warning.message))?;
    }

    if rejected > 0 {
        writeln!(out, "\nRejected")?;
    }
    for row in &import.rejected {
        for (index, problem) in std::iter::once(&row.problem).chain(&row.also).enumerate() {
            let column = problem.column.as_deref().unwrap_or("row");
            let label = if index == 0 { format!("line {:>width$}", row.line) } else { " ".repeat(width + 5) };
            writeln!(out, "  {label}  {}: {}", visible(column), shown(&problem.value))?;
            writeln!(out, "       {:width$}  {}", "", visible(&problem.message))?;
        }
    }
    if import.summary.open_count > 0 {
        writeln!(
            out,
            "\nAmounts that mean different things in different countries: {}.",
            import.summary.open_count
        )?;
        writeln!(
            out,
            "Say how the file writes its numbers with --numbers point (1,234.5) or --numbers comma (1.234,5)."
        )?;
    }
    Ok(())
}

/// The digits before the point.
fn whole(amount: &str) -> &str {
    amount.split('.').next().unwrap_or_default()
}

/// A value in quotes, not too long for a line.
fn shown(value: &str) -> String {
    const MOST: usize = 80;
    if value.is_empty() {
        return "(empty)".to_owned();
    }
    let short: String = value.chars().take(MOST).collect();
    let more = if short.len() < value.len() { "…" } else { "" };
    format!("\"{}{more}\"", visible(&short))
}

/// The text with every character that a terminal would obey or hide written as its code.
pub(crate) fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '"' | '\'' | '\\') {
            visible.push(c);
        } else {
            visible.extend(c.escape_debug());
        }
    }
    visible
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn nothing_that_a_terminal_obeys_or_hides_is_printed() {
        for (text, expected) in [
            ("é \"quoted\" \\ 中", "é \"quoted\" \\ 中"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("a\r\nb\t", "a\\r\\nb\\t"),
            ("\u{9b}0m", "\\u{9b}0m"),
            ("abc\u{202e}def", "abc\\u{202e}def"),
            ("a\u{200b}b\u{feff}", "a\\u{200b}b\\u{feff}"),
            ("\0\u{7f}", "\\0\\u{7f}"),
        ] {
            assert_eq!(visible(text), expected);
        }
    }
}

//! What is done with each input. The fuzzer runs it on inputs of its own; the test `fuzz` runs it on the corpus and on
//! damaged files, so that it stays true between two runs of the fuzzer.

use std::sync::OnceLock;

use nowpayments::{Amount, read_full_currencies};
use paydesk_core::{
    coins::Catalogue,
    payouts::import::{Choices, FileErrorCode, Import, Job, Numbers, import, survey},
};

fn coins() -> &'static Catalogue {
    static COINS: OnceLock<Catalogue> = OnceLock::new();
    COINS.get_or_init(|| {
        let coins = include_bytes!("../tests/corpus/coins.json");
        Catalogue::new(read_full_currencies(coins).unwrap_or_default())
    })
}

/// Takes the input for a file of payouts.
pub(crate) fn payouts(input: &[u8]) {
    let plain = Choices::default();
    let read = import(input, &plain, coins());
    let looked = survey(input, &plain, coins(), &Job::default());
    match (&read, &looked) {
        (Ok(import), Ok(survey)) => {
            is_whole(import);
            assert_eq!(import.summary.open_count, survey.open_count);
        }
        // What cannot be read is asked about, or cannot be read whatever is said.
        (Err(_), Ok(survey)) => assert!(!survey.asks.is_empty()),
        (Err(error), Err(other)) => assert_eq!(error, other),
        (Ok(_), Err(error)) => panic!("it is read, but {error}"),
    }
    if let Err(error) = &read {
        assert!(error.code != FileErrorCode::Stopped && error.message.ends_with('.'), "{error}");
        return;
    }
    // What has one meaning keeps it, whatever is said of the others.
    let Ok(silent) = read else { return };
    for numbers in [Numbers::Point, Numbers::Comma] {
        let said = import(input, &Choices { numbers: Some(numbers), ..Choices::default() }, coins());
        let said = said.unwrap_or_else(|error| panic!("it was read before, but {error}"));
        is_whole(&said);
        assert_eq!(said.summary.open_count, 0);
        if numbers == Numbers::Point {
            for row in &silent.accepted {
                let same = said.accepted.iter().find(|other| other.line == row.line);
                assert_eq!(same.map(|other| &other.amount), Some(&row.amount), "line {}", row.line);
            }
        }
    }
}

fn is_whole(import: &Import) {
    let rows = import.summary.rows;
    assert_eq!(rows.records, rows.header + rows.blank + rows.accepted + rows.rejected);
    assert_eq!(
        (rows.accepted as usize, rows.rejected as usize),
        (import.accepted.len(), import.rejected.len())
    );
    let mut lines = import.accepted.iter().map(|row| row.line);
    let sorted = lines.clone().is_sorted() && import.rejected.iter().map(|row| row.line).is_sorted();
    assert!(sorted && lines.all(|line| line > 0));
    for (ticker, total) in &import.summary.totals {
        let rows = import.accepted.iter().filter(|row| row.currency == *ticker);
        assert_eq!(rows.filter_map(|row| row.amount.coins()).sum::<Amount>(), *total, "{ticker}");
    }
    for (currency, total) in &import.summary.fiat_totals {
        let sums = import.accepted.iter().filter_map(|row| row.amount.fiat());
        let sums = sums.filter(|fiat| fiat.currency == *currency);
        assert_eq!(sums.map(|fiat| &fiat.amount).sum::<Amount>(), *total, "{currency}");
    }
    for row in &import.accepted {
        let amount = row.amount.coins().or(row.amount.fiat().map(|fiat| &fiat.amount)).unwrap();
        assert!(amount.is_positive() && row.address.bytes().all(|byte| byte.is_ascii_graphic()));
        assert_eq!(amount.to_string().parse().as_ref(), Ok(amount));
    }
}

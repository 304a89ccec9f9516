//! A file of payouts checked: by Paydesk's importer, by a program for Node that uses the usual packages of npm, and by bare crates
//! that only read it and compute the checksums.

use std::{
    collections::HashMap,
    fs,
    io::{BufWriter, Write},
    ops::ControlFlow,
    path::Path,
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use bech32::{Hrp, segwit};
use paydesk_core::{
    coins::Catalogue,
    payouts::import::{self, Choices, Job},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sha3::Keccak256;

use crate::{Used, measure};

/// What came out of checking a file, and what it took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Checked {
    /// Rows that can be paid.
    pub(crate) accepted: u32,
    /// The exact sums per ticker.
    pub(crate) totals: HashMap<String, String>,
    /// From the first byte read to the last row checked.
    pub(crate) elapsed: u64,
    /// Processor time and most memory of the whole process.
    pub(crate) used: Used,
}

/// The coins of the file: the ticker, and how their addresses are made.
const COINS: [(&str, Form); 8] = [
    ("btc", Form::Base58(0)),
    ("btc", Form::Segwit("bc")),
    ("eth", Form::Evm),
    ("usdterc20", Form::Evm),
    ("trx", Form::Base58(0x41)),
    ("usdttrc20", Form::Base58(0x41)),
    ("ltc", Form::Base58(48)),
    ("doge", Form::Base58(30)),
];

#[derive(Clone, Copy)]
enum Form {
    Base58(u8),
    Segwit(&'static str),
    Evm,
}

/// Writes a file of `rows` payouts, each to another address, the same ones each time.
pub(crate) fn write(file: &Path, rows: u32) -> Result<()> {
    let mut out = BufWriter::new(fs::File::create(file)?);
    writeln!(out, "address,currency,amount")?;
    for row in 0..rows {
        let seed: [u8; 32] = Sha256::digest(row.to_le_bytes()).into();
        let (ticker, form) = COINS[usize::from(seed[31]) % COINS.len()];
        let account = &seed[..20];
        let address = match form {
            Form::Base58(version) => bs58::encode([&[version], account].concat()).with_check().into_string(),
            Form::Segwit(hrp) => segwit::encode_v0(Hrp::parse(hrp)?, account)?,
            Form::Evm => checksummed(account),
        };
        let whole = u32::from_le_bytes([seed[20], seed[21], 0, 0]);
        let decimals = u32::from_le_bytes([seed[22], seed[23], seed[24], 0]) % 1_000_000;
        writeln!(out, "{address},{ticker},{whole}.{decimals:06}")?;
    }
    Ok(out.flush()?)
}

/// An address of Ethereum as EIP-55 writes it.
fn checksummed(account: &[u8]) -> String {
    let digits: String = account.iter().map(|byte| format!("{byte:02x}")).collect();
    let hash = Keccak256::digest(&digits);
    let upper = |index: usize| hash[index / 2] >> (4 * (1 - index % 2)) & 8 != 0;
    let digit = |(index, c): (usize, char)| if upper(index) { c.to_ascii_uppercase() } else { c };
    format!("0x{}", digits.chars().enumerate().map(digit).collect::<String>())
}

/// By Paydesk's importer, which hands each row over and keeps none.
pub(crate) fn paydesk(file: &Path, coins: &Path) -> Result<Checked> {
    let coins = Catalogue::new(nowpayments::read_full_currencies(&fs::read(coins)?)?);
    let before = measure::processor_time()?;
    let begun = Instant::now();
    let bytes = import::read(file)?;
    let summary =
        import::check(&bytes, &Choices::default(), &coins, &Job::default(), |_| ControlFlow::Continue(()))?;
    let elapsed = begun.elapsed();
    Ok(Checked {
        accepted: summary.rows.accepted,
        totals: summary.totals.into_iter().map(|(ticker, total)| (ticker, total.to_string())).collect(),
        elapsed: u64::try_from(elapsed.as_micros())?,
        used: Used::since(before, summary.rows.records)?,
    })
}

/// By the crate `csv` and the bare hash functions: it reads each field, and hashes what a checksum is made of.
pub(crate) fn bare(file: &Path) -> Result<Checked> {
    let before = measure::processor_time()?;
    let begun = Instant::now();
    let mut reader = csv::Reader::from_path(file)?;
    let mut record = csv::ByteRecord::new();
    let (mut rows, mut odd) = (0_u32, 0_u32);
    while reader.read_byte_record(&mut record)? {
        let address = record.get(0).context("a row without an address")?;
        // What is hashed has the right length; taking addresses apart is left out.
        let byte = match address {
            [b'0', b'x', digits @ ..] => Keccak256::digest(digits)[0],
            [b'b', b'c', b'1', rest @ ..] => rest.iter().fold(0, |sum: u8, byte| sum.wrapping_mul(31) ^ byte),
            other => Sha256::digest(Sha256::digest(&other[..21]))[0],
        };
        odd += u32::from(byte & 1);
        rows += 1;
    }
    let elapsed = begun.elapsed();
    // So that no hash can be left out.
    ensure!(odd > 0 && odd < rows, "every hash is alike");
    Ok(Checked {
        accepted: rows,
        totals: HashMap::new(),
        elapsed: u64::try_from(elapsed.as_micros())?,
        used: Used::since(before, rows)?,
    })
}

//! The fuzzer's target, on the corpus and on damaged files of it. The fuzzer itself finds more: `fuzz/README.md`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where it fails")]

use std::fs;

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

#[path = "common"]
mod common {
    pub(crate) mod corpus;
}

#[path = "../fuzz/targets.rs"]
mod targets;

use crate::common::corpus;

/// Files of the corpus that are quickly read.
fn files() -> Vec<Vec<u8>> {
    corpus::cases()
        .iter()
        .map(|case| fs::read(&case.path).unwrap())
        .filter(|file| file.len() < 20_000)
        .collect()
}

#[test]
fn it_holds_on_the_corpus() {
    for file in files() {
        targets::payouts(&file);
    }
}

#[test]
fn it_holds_on_damaged_files() {
    let damage = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4);
    let damaged = (prop::sample::select(files()), damage, any::<prop::sample::Index>()).prop_map(
        |(mut file, damage, end)| {
            let length = file.len();
            for (at, byte) in damage.into_iter().filter(|_| length > 0) {
                file[at.index(length)] = byte;
            }
            let end = end.index(2 * file.len() + 1).min(file.len());
            file.truncate(end);
            file
        },
    );
    let mut runner = TestRunner::deterministic();
    for _ in 0..1_500 {
        targets::payouts(&damaged.new_tree(&mut runner).unwrap().current());
    }
}

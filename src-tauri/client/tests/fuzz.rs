//! The fuzzer's targets, on their seeds and on bodies made up. The fuzzer itself finds more: `fuzz/README.md`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::{fs, path::PathBuf};

use proptest::prelude::*;

#[path = "callbacks/bodies.rs"]
mod bodies;
#[path = "../fuzz/targets.rs"]
mod targets;

use bodies::{any_json, made_up, payments};
use targets::READERS;

/// The seeds of a target, by name.
fn seeds(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut seeds: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|problem| panic!("{}: {problem}", folder.display()))
        .map(|file| file.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    seeds.sort();
    assert!(seeds.len() >= 10, "{} has lost its seeds", folder.display());
    seeds
}

/// The body with its bytes changed here and there.
fn damaged(body: impl Strategy<Value = String>) -> impl Strategy<Value = Vec<u8>> {
    let damage = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
    (body, damage).prop_map(|(body, damage)| {
        let mut body = body.into_bytes();
        for (at, byte) in damage {
            let at = at.index(body.len());
            body[at] = byte;
        }
        body
    })
}

#[test]
fn callbacks_hold_on_their_seeds() {
    for (_, seed) in seeds("callback") {
        targets::callback(&seed);
        for end in 0..seed.len() {
            targets::callback(&seed[..end]);
        }
    }
}

#[test]
fn callbacks_hold_on_bodies_made_up() {
    for body in made_up(500, &damaged(any_json())).iter().chain(&made_up(200, &damaged(payments()))) {
        targets::callback(body);
    }
}

#[test]
fn every_reader_takes_one_of_the_seeds() {
    let seeds = seeds("answers");
    for (name, read) in READERS {
        assert!(seeds.iter().any(|(_, seed)| read(&seed[1..])), "no seed is an answer to {name}");
    }
}

#[test]
fn answers_hold_on_their_seeds_whatever_was_called() {
    for (_, seed) in seeds("answers") {
        targets::answers(&seed);
        for (_, read) in READERS {
            read(&seed[1..]);
            for end in 1..seed.len() {
                read(&seed[1..end]);
            }
        }
    }
}

#[test]
fn answers_hold_on_bodies_made_up() {
    let damaged_seeds = prop::sample::select(seeds("answers"))
        .prop_filter_map("text", |(_, seed)| String::from_utf8(seed[1..].to_vec()).ok());
    for body in made_up(200, &damaged(any_json())).iter().chain(&made_up(500, &damaged(damaged_seeds))) {
        for (_, read) in READERS {
            read(body);
        }
    }
}

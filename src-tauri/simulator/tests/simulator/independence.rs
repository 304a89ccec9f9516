//! Two readings of the same documents: neither crate knows the other, so that a misreading on one side shows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The packages of the workspace as cargo sees them, by name.
fn packages() -> BTreeMap<String, Value> {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.map(|package| (package["name"].as_str().unwrap().to_owned(), package.clone())).collect()
}

/// Everything in the workspace that a package needs to be built, and that they need in turn. What its tests need is
/// left out.
fn needs(packages: &BTreeMap<String, Value>, package: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![package.to_owned()];
    while let Some(next) = open.pop() {
        for dependency in packages[&next]["dependencies"].as_array().unwrap() {
            let name = dependency["name"].as_str().unwrap();
            if dependency["kind"] != "dev" && packages.contains_key(name) && found.insert(name.to_owned()) {
                open.push(name.to_owned());
            }
        }
    }
    found
}

/// All Rust files below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn neither_the_client_nor_the_simulator_is_built_with_the_other() {
    let packages = packages();
    let (simulator, client) = ("nowpayments-simulator", "nowpayments");
    assert_eq!(needs(&packages, simulator), BTreeSet::new(), "the simulator needs nothing of the workspace");
    assert!(!needs(&packages, client).contains(simulator));
    // The question is the right one: the desktop is built with both.
    let desktop = needs(&packages, "paydesk");
    assert!(desktop.contains(simulator) && desktop.contains(client), "{desktop:?}");
}

#[test]
fn the_simulator_does_not_use_the_client_even_in_its_tests() {
    let manifest = &packages()["nowpayments-simulator"];
    let names: Vec<_> =
        manifest["dependencies"].as_array().unwrap().iter().map(|found| &found["name"]).collect();
    assert!(!names.iter().any(|name| *name == "nowpayments" || *name == "paydesk-core"), "{names:?}");
    let files = sources(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert!(files.len() > 30, "{files:?}");
    let uses =
        regex::Regex::new(r"\b(nowpayments|paydesk_core)::|\buse (nowpayments|paydesk_core)\b|/client/")
            .unwrap();
    for file in files.iter().filter(|file| !file.ends_with("independence.rs")) {
        let text = std::fs::read_to_string(file).unwrap();
        let found = text.lines().find(|line| uses.is_match(line));
        assert_eq!(found, None, "{}", file.display());
    }
}

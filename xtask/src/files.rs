//! What must be true of the files in the repository.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::step;

const CRATES: &str = "registry+https://github.com/rust-lang/crates.io-index";
const PACKAGES: &str = "https://registry.npmjs.org/";

/// The lock files must work for everybody: no private mirror in them.
pub(crate) fn lock_files() -> Result<()> {
    for lock in ["Cargo.lock", "src-tauri/client/fuzz/Cargo.lock", "src-tauri/core/fuzz/Cargo.lock"] {
        let cargo = fs::read_to_string(lock)?;
        nothing(
            cargo.lines().filter(|line| !crate_is_public(line)),
            &format!("{lock} names another registry"),
        )?;
    }
    for lock in ["package-lock.json", "tests/bench/npm-baseline/package-lock.json"] {
        let npm = fs::read_to_string(lock)?;
        nothing(
            npm.lines().filter(|line| !package_is_public(line)),
            &format!("{lock} names another registry"),
        )?;
    }
    Ok(())
}

/// No tracked file may hold a path of the machine that it was written on.
pub(crate) fn paths() -> Result<()> {
    let known = [Some(step::root().display().to_string()), env::var("HOME").ok()];
    // One folder deep says too little: `/src` may well be somewhere in the text.
    let mut private: Vec<String> =
        known.into_iter().flatten().filter(|path| path.matches(['/', '\\']).count() > 1).collect();
    // Written in two so that this file does not hold them.
    private.extend(
        [["/ho", "me/"], ["/Us", "ers/"], ["/ro", "ot/"], ["C:\\Us", "ers\\"]].map(|halves| halves.concat()),
    );
    // The folder may belong to another user than the one who tests, as it often does in containers.
    let listed = step::ask(Command::new("git").args(["-c", "safe.directory=*", "ls-files", "-z"]));
    let listed = listed.context("`git ls-files` failed; this check needs a git clone")?;
    let mut found = Vec::new();
    for file in listed.split('\0').filter(|file| !file.is_empty()) {
        // What is not text holds no path that a person wrote, and what was just removed is not there.
        let Ok(text) = fs::read_to_string(file) else { continue };
        for (number, line) in text.lines().enumerate() {
            if private.iter().any(|path| holds_path(line, path)) {
                found.push(format!("{file}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    nothing(found.iter().map(String::as_str), "a path of somebody's machine is in a tracked file")
}

/// The catalogues of all languages must have the same keys and placeholders.
pub(crate) fn messages() -> Result<()> {
    const FOLDER: &str = "ui/messages";
    let english = fs::read_to_string(format!("{FOLDER}/en.json"))?;
    let english = catalogue(&english);
    ensure!(!english.is_empty(), "{FOLDER}/en.json holds no message");
    let mut found = Vec::new();
    for file in fs::read_dir(FOLDER)? {
        let path = file?.path();
        let other = fs::read_to_string(&path)?;
        found.extend(
            differences(&english, &catalogue(&other))
                .iter()
                .map(|what| format!("{}: {what}", path.display())),
        );
    }
    nothing(found.iter().map(String::as_str), "the languages differ from English")
}

fn nothing<'a>(found: impl Iterator<Item = &'a str>, what: &str) -> Result<()> {
    let found: Vec<&str> = found.map(str::trim).collect();
    ensure!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
    Ok(())
}

fn crate_is_public(line: &str) -> bool {
    line.strip_prefix("source = ").is_none_or(|source| source.trim_matches('"') == CRATES)
}

fn package_is_public(line: &str) -> bool {
    line.trim().strip_prefix("\"resolved\": \"").is_none_or(|address| {
        // An address without a scheme is a folder of this repository.
        address.starts_with(PACKAGES) || !address.contains(':')
    })
}

/// Whether a line holds the path where a path would begin, and not within an address or a longer path.
fn holds_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !(c.is_alphanumeric() || "/._-*}".contains(c)))
    })
}

/// The messages of a catalogue as Prettier writes it, each key with its placeholders.
fn catalogue(json: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut messages = BTreeMap::new();
    let mut key = "";
    for line in json.lines() {
        if let Some((name, _)) = line.strip_prefix("  \"").and_then(|rest| rest.split_once("\":")) {
            key = name;
        }
        if !key.is_empty() && !key.starts_with('$') {
            messages.entry(key).or_insert_with(BTreeSet::new).extend(placeholders(line));
        }
    }
    messages
}

fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

fn differences(
    english: &BTreeMap<&str, BTreeSet<&str>>,
    other: &BTreeMap<&str, BTreeSet<&str>>,
) -> Vec<String> {
    let keys: BTreeSet<&str> = english.keys().chain(other.keys()).copied().collect();
    let difference = |key| match (english.get(key), other.get(key)) {
        (Some(_), None) => Some(format!("{key} is missing")),
        (None, Some(_)) => Some(format!("{key} is not in English")),
        (Some(here), Some(there)) if here != there => {
            Some(format!("{key} has {there:?} in place of {here:?}"))
        }
        _ => None,
    };
    keys.into_iter().filter_map(difference).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_may_name_only_the_public_registries() {
        assert!(crate_is_public(&format!("source = \"{CRATES}\"")));
        assert!(crate_is_public("name = \"source\""));
        assert!(!crate_is_public("source = \"registry+https://crates.example.com/index\""));
        assert!(!crate_is_public("source = \"git+https://github.com/a/b#c\""));
        assert!(package_is_public(
            "      \"resolved\": \"https://registry.npmjs.org/vite/-/vite-8.3.8.tgz\","
        ));
        assert!(package_is_public("      \"resolved\": \"ui\","));
        assert!(!package_is_public("      \"resolved\": \"http://10.0.0.1:8080/vite.tgz\","));
    }

    #[test]
    fn a_path_is_found_where_a_path_begins() {
        let check = |line, held| assert_eq!(holds_path(line, "/srv/ann/"), held, "{line}");
        check("see /srv/ann/notes", true);
        check("/srv/ann/", true);
        check("\"/srv/ann/x\"", true);
        check("https://example.com/srv/ann/", false);
        check("./srv/ann/", false);
    }

    #[test]
    fn a_catalogue_that_differs_from_english_is_described() {
        let english = catalogue("{\n  \"$schema\": \"x\",\n  \"a\": \"{n} of {all}\",\n  \"b\": \"B\"\n}\n");
        assert_eq!(english.keys().copied().collect::<Vec<_>>(), ["a", "b"]);
        let check = |json, expected: &[&str]| {
            assert_eq!(differences(&english, &catalogue(json)), expected);
        };
        check("{\n  \"b\": \"B!\",\n  \"a\": \"{all}: {n}\"\n}\n", &[]);
        check("{\n  \"a\": \"{n} {all}\"\n}\n", &["b is missing"]);
        check("{\n  \"a\": \"{n} {all}\",\n  \"b\": \"\",\n  \"c\": \"\"\n}\n", &["c is not in English"]);
        check("{\n  \"a\": \"{n}\",\n  \"b\": \"\"\n}\n", &["a has {\"n\"} in place of {\"all\", \"n\"}"]);
    }

    #[test]
    fn the_forms_of_a_plural_belong_to_their_message() {
        let plural = "{\n  \"payouts\": [\n    {\n      \"match\": {\n        \"form=one\": \"{n} payout\"\n      }\n    }\n  ]\n}";
        assert_eq!(catalogue(plural), BTreeMap::from([("payouts", BTreeSet::from(["n"]))]));
    }
}

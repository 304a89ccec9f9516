//! Everything that core and the shell write for the owner is in all languages: no sentence stands outside of `words!` and `said!`.

#![allow(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use regex::Regex;

/// What may be in one language: by the end of a file's path, and the beginning of the text.
const EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("addresses.rs", "Ethereum or a network like it", "`Family::name` says it in the others"),
    ("audit.rs", "paydesk audit 1", "is hashed"),
    ("callbacks/sample.rs", "{{\"message\":\"Paydesk has sent this", "is the body of a callback"),
    ("callbacks/server.rs", "", "answers are read by the program that posts a callback"),
    ("callbacks/take.rs", "", "answers are read by the program that posts a callback"),
    (
        "payments/sync/walk.rs",
        "page {page} is the one before it",
        "is the technical part of a failure, as the client's are",
    ),
    ("custody/transfers.rs", ", f.name AS from_name", "is SQL"),
    ("moves/cache.rs", " SET status = ", "is SQL"),
    ("fiat_payouts/accounts.rs", "paydesk bank account 1", "is hashed"),
    ("moves/journal.rs", " OR pay_amount = ", "is SQL"),
    ("moves/preview.rs", "paydesk move 1", "is hashed"),
    ("payouts/control.rs", "amount {index}", "names a field of a form"),
    ("payouts/control.rs", "currency {index}", "names a field of a form"),
    ("payouts/import.rs", "address,currency,amount", "is a file that the importer reads"),
    (
        "payouts/import/workbook.rs",
        "the workbook is too large",
        "is never shown: `too_large` is said instead",
    ),
    ("payouts/parts.rs", "paydesk parts to be sent 1", "is hashed"),
    ("payouts/record.rs", "paydesk payout rows 1", "is hashed"),
    ("payouts/record.rs", "paid at {}", "is hashed"),
    ("payouts/record.rs", "{}, rows {}", "is a reference: the batch and the hash of its rows"),
    ("payouts/report.rs", "not sent", "is a status in a file that programs read"),
    ("payouts/report.rs", "waiting for approval", "is a status in a file that programs read"),
    ("payouts/schedule.rs", "month on the same weekday", "is hashed"),
    ("payouts/schedule.rs", "every {one}", "is hashed"),
    ("payouts/schedule.rs", "every {every} {many}", "is hashed"),
    ("payouts/schedule.rs", "months on the same weekday", "is hashed"),
    ("secrets.rs", "it did not keep what it was given", "is never shown: `unusable` is said instead"),
    ("shell/lib.rs", "Paydesk cannot start: {error}", "is for a terminal"),
    ("subscriptions/list.rs", "subscriptions.id, subscriptions.plan", "is SQL"),
    ("subscriptions/list.rs", " AS sort_key", "is SQL"),
    ("subscriptions/list.rs", ", subscription_plans.amount", "is SQL"),
    ("subscriptions/list.rs", ", coalesce(subscriptions.billed_at", "is SQL"),
];

/// Inside of these, words are in all languages, or are for nobody who uses Paydesk.
fn is_at_home(opener: &str) -> bool {
    let name = opener.rsplit("::").next().unwrap_or_default();
    opener.starts_with("tracing::")
        || matches!(
            name,
            "words!" | "said!" | "#" | "#!" | "expect" | "assert!" | "debug_assert!" | "unreachable!"
        )
        || name.starts_with("query")
}

/// These take words for the owner and nothing else.
fn takes_words(opener: &str) -> bool {
    matches!(
        opener,
        "Failure::other" | "Failure::new" | "Failure::not_found" | "FileError::new" | "Fault::format"
    )
}

/// The texts of a source in which words of one language stand, each with its line.
fn words_of_one_language(source: &str) -> Vec<(usize, String)> {
    let placeholder = Regex::new(r"\{[^{}]*\}").unwrap();
    let phrase = Regex::new(r"(\pL{2,}|¤) \p{Ll}{2,}|\p{Ll}{2,} ¤").unwrap();
    let sentence = Regex::new(r"(^\p{Lu}| ).*\p{Ll}{2,}¤?\.$").unwrap();
    let sql =
        Regex::new(r"\b(SELECT|INSERT|UPDATE|DELETE|RETURNING|WITH|FROM|WHERE|AND|JOIN|CASE|VACUUM|MATCH|GROUP BY|ORDER BY)\b").unwrap();
    let is_word = |text: &str, openers: &[String]| {
        let plain = placeholder.replace_all(text, "¤");
        let spoken = phrase.is_match(&plain) && !plain.contains('<') && !sql.is_match(&plain);
        spoken
            || sentence.is_match(&plain)
            || openers.last().is_some_and(|opener| takes_words(opener)) && plain.contains(char::is_alphabetic)
    };
    let mut found = Vec::new();
    for Literal { line, text, openers, .. } in literals(source) {
        if !openers.iter().any(|opener| is_at_home(opener)) && is_word(&text, &openers) {
            found.push((line, text));
        }
    }
    found
}

struct Literal {
    line: usize,
    /// Without the breaks of its lines.
    text: String,
    /// It is the German one of two.
    german: bool,
    /// What stands before each bracket that is open there: `Failure::other`, `words!`, `#` of an attribute.
    openers: Vec<String>,
}

/// All texts of a source but those in comments and in what is compiled for tests only.
fn literals(source: &str) -> Vec<Literal> {
    let (bytes, mut found, mut openers) = (source.as_bytes(), Vec::new(), Vec::<String>::new());
    let line_break = Regex::new(r"\\\n\s*").unwrap();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &source[at..];
        if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if rest.starts_with("#[cfg(test)]\n") {
            at += test_only(rest);
        } else if let Some((prefix, hashes)) = opens_raw(source, at) {
            let end = format!("\"{}", "#".repeat(hashes));
            let start = at + prefix;
            let length = source[start..].find(&end).unwrap();
            push(&mut found, source, at, source[start..start + length].to_owned(), &openers);
            at = start + length + end.len();
        } else if bytes[at] == b'"' {
            let mut end = at + 1;
            while bytes[end] != b'"' {
                end += if bytes[end] == b'\\' { 2 } else { 1 };
            }
            // A text of bytes is no text.
            if at == 0 || bytes[at - 1] != b'b' {
                let text = line_break.replace_all(&source[at + 1..end], "").replace("\\\"", "\"");
                push(&mut found, source, at, text, &openers);
            }
            at = end + 1;
        } else if bytes[at] == b'\'' {
            at += character(rest);
        } else {
            match bytes[at] {
                b'(' | b'[' | b'{' => openers.push(before(&source[..at])),
                b')' | b']' | b'}' => drop(openers.pop()),
                _ => {}
            }
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    found
}

fn push(found: &mut Vec<Literal>, source: &str, at: usize, text: String, openers: &[String]) {
    let line = source[..at].matches('\n').count() + 1;
    let german = source[..at].trim_end().ends_with("de:");
    found.push(Literal { line, text, german, openers: openers.to_vec() });
}

/// The length of `#[cfg(test)]` and of the item behind it.
fn test_only(rest: &str) -> usize {
    let open = rest.find(['{', ';']).unwrap_or(rest.len());
    if !rest[open..].starts_with('{') {
        return open;
    }
    // As rustfmt leaves it: the item ends at the first brace that stands where the attribute does, at the line's beginning.
    rest.find("\n}\n").map_or(rest.len(), |end| end + 2)
}

/// Whether a raw text begins at a place: the length of what opens it, and how many `#` it has.
fn opens_raw(source: &str, at: usize) -> Option<(usize, usize)> {
    let named = source[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let rest = source[at..].strip_prefix('r').filter(|_| !named)?;
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    rest[hashes..].starts_with('"').then_some((hashes + 2, hashes))
}

/// The length of a character in quotes, or of the quote of a lifetime.
fn character(rest: &str) -> usize {
    let quoted = Regex::new(r"^'(\\[^']*'?|[^\\'])'").unwrap();
    quoted.find(rest).map_or(1, |quoted| quoted.end())
}

/// The path, method or macro that a bracket follows.
fn before(text: &str) -> String {
    let text = text.trim_end();
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '!' | '#');
    text[text.trim_end_matches(is_part).len()..].to_owned()
}

fn sources() -> Vec<PathBuf> {
    let core = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![core.join("src"), core.join("../shell")];
    let (mut files, mut of_tests) = (Vec::new(), BTreeSet::new());
    let test_module = Regex::new(r"#\[cfg\(test\)\]\n(?:pub(?:\(\w+\))? )?mod (\w+);").unwrap();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = fs::read_to_string(&path).unwrap();
                let module = path.with_extension("");
                let tests = test_module.captures_iter(&source).map(|found| found[1].to_owned());
                of_tests.extend(tests.map(|name| module.join(name).with_extension("rs")));
                files.push(path);
            }
        }
    }
    files.retain(|path| !of_tests.contains(path) && !path.ends_with("core/src/language.rs"));
    files.sort();
    files
}

#[test]
fn no_word_for_the_owner_is_in_one_language_only() {
    let (mut wrong, mut used) = (Vec::new(), BTreeSet::new());
    for path in sources() {
        for (line, text) in words_of_one_language(&fs::read_to_string(&path).unwrap()) {
            let exception = EXCEPTIONS
                .iter()
                .position(|(file, beginning, _)| path.ends_with(file) && text.starts_with(beginning));
            match exception {
                Some(exception) => drop(used.insert(exception)),
                None => wrong.push(format!("{}:{line}: {text}", path.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "not in all languages; use `words!` or `said!`:\n{}", wrong.join("\n"));
    let unused: Vec<_> = (0..EXCEPTIONS.len()).filter(|n| !used.contains(n)).map(|n| EXCEPTIONS[n]).collect();
    assert!(unused.is_empty(), "no longer there, so no exceptions: {unused:?}");
}

#[test]
fn what_stands_for_german_is_german() {
    let english = Regex::new(r"(?i)\b(the|is|are|of|and|not|has|were|this|that|there|your|with)\b").unwrap();
    // What is put into a sentence has a name that nobody reads.
    let names = Regex::new(r"\{[^{}]*\}").unwrap();
    let mut count = 0;
    for path in sources() {
        for literal in
            literals(&fs::read_to_string(&path).unwrap()).into_iter().filter(|literal| literal.german)
        {
            assert!(
                !english.is_match(&names.replace_all(&literal.text, "")),
                "{}:{}: {}",
                path.display(),
                literal.line,
                literal.text
            );
            count += 1;
        }
    }
    assert!(count > 500, "only {count} were found");
}

#[test]
fn a_sentence_outside_of_the_macros_is_found_wherever_it_stands() {
    let check = |source: &str, expected: &[&str]| {
        let found: Vec<_> = words_of_one_language(source).into_iter().map(|(_, text)| text).collect();
        assert_eq!(found, expected, "{source}");
    };
    check(r#"Failure::other("Gone.")"#, &["Gone."]);
    check(r#"Failure::not_found("row")"#, &["row"]);
    check(r#"Failure::new(Code::File, format!("{name} was lost"))"#, &["{name} was lost"]);
    check(r#"format!(" (line {line})")"#, &[" (line {line})"]);
    check("let note = \"It was \\\n        removed\";", &["It was removed"]);
    check(r##"notes.push(r#"a "raw" text that is long"#)"##, &[r#"a "raw" text that is long"#]);
    check(r#"words!(en: "{n} rows were removed.", de: "{n} Zeilen wurden entfernt.")"#, &[]);
    check(
        r#"said!(en: "It is (not) there.", de: match kind { A => "Es ist da.", _ => "Es ist weg." })"#,
        &[],
    );
    check(r#"tracing::warn!(%error, "a view cannot be written")"#, &[]);
    check(r#"#[error("this is for programs")] struct Error;"#, &[]);
    check(r#"// "this is a comment of two words""#, &[]);
    check(r#"let quote = '"'; let at = "name"; let sql = "SELECT a FROM rows of it";"#, &[]);
    check(
        "#[cfg(test)]\nmod tests {\n    const A: &str = \"the words of a test\";\n}\nfn f<'a>() -> &'a str { \"here again\" }",
        &["here again"],
    );
}

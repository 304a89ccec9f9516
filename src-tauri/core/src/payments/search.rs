//! What somebody types into the search box, as an expression of FTS5.

use crate::failure::Failure;

/// An expression that finds what has each word of `typed`, or words that begin with it. `None`: nothing was typed.
///
/// Each word is quoted, so that nothing in it is ever syntax. What has neither letter nor digit cannot be found, since
/// the index has only these: it is left out, and when nothing remains nothing is found.
///
/// # Errors
/// When it is longer than anybody would type.
pub(super) fn expression(typed: &str) -> Result<Option<String>, Failure> {
    const LONGEST: usize = 500;
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    if typed.chars().count() > LONGEST {
        return Err(Failure::invalid("search", format!("Search for at most {LONGEST} characters.")));
    }
    let words: Vec<_> = typed
        .split_whitespace()
        .filter(|word| word.contains(char::is_alphanumeric))
        .map(|word| format!("\"{}\"*", word.replace('"', "\"\"").replace('\0', " ")))
        .collect();
    Ok(Some(if words.is_empty() { "\"\"".to_owned() } else { words.join(" ") }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_never_syntax() {
        #[track_caller]
        fn check(typed: &str, expected: Option<&str>) {
            assert_eq!(expression(typed).unwrap().as_deref(), expected);
        }
        check("", None);
        check("  \t", None);
        check("coffee", Some("\"coffee\"*"));
        check("coffee beans", Some("\"coffee\"* \"beans\"*"));
        check("order-17", Some("\"order-17\"*"));
        check("a\" OR \"b", Some("\"a\"\"\"* \"OR\"* \"\"\"b\"*"));
        check("id:5 ^y* a\0b", Some("\"id:5\"* \"^y*\"* \"a b\"*"));
        check("-- ' \0 %", Some("\"\""));
    }

    #[test]
    fn an_endless_search_is_refused() {
        assert_eq!(expression(&"a".repeat(501)).unwrap_err().field.as_deref(), Some("search"));
    }
}

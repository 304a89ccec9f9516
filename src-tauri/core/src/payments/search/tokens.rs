//! Cutting what was typed into words, phrases and operators with their values.

/// A piece of what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// A `-` stood before it.
    pub(super) excluded: bool,
    /// The letters before a sign, as typed, and the sign (`:`, `>`, `>=`, `<`, `<=`, `=`).
    pub(super) operator: Option<(&'a str, &'a str)>,
    /// What stands behind the sign, or all of it where there is none.
    pub(super) value: &'a str,
    /// The value was in quotes that were closed: these words and no others.
    pub(super) exact: bool,
    /// The whole of it as typed, without the `-`.
    pub(super) typed: &'a str,
}

/// Cuts what was typed at its spaces, but for those in quotes. A quote that is not closed goes on to the end.
pub(super) fn tokens(typed: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = typed.trim_start();
    while !rest.is_empty() {
        let excluded = rest
            .strip_prefix('-')
            .filter(|rest| rest.starts_with(|first: char| first.is_alphanumeric() || first == '"'));
        let start = excluded.unwrap_or(rest);
        let operator = operator(start);
        let behind = operator.map_or(start, |(name, sign)| &start[name.len() + sign.len()..]);
        let (value, exact, after) = value(behind);
        let typed = &start[..start.len() - after.len()];
        tokens.push(Token { excluded: excluded.is_some(), operator, value, exact, typed });
        rest = after.trim_start();
    }
    tokens
}

/// The name and the sign of an operator, known or not. `amount:>5` is `amount>5`.
fn operator(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_alphabetic())?;
    let (name, rest) = text.split_at_checked(end).filter(|(name, _)| !name.is_empty())?;
    let signs = [":>=", ":<=", ":>", ":<", ">=", "<=", ">", "<", "=", ":"];
    let sign = signs.into_iter().find(|sign| rest.starts_with(sign))?;
    Some((name, &rest[..sign.len()]))
}

/// The value at the beginning of `text`, whether it is exact, and what comes after it.
fn value(text: &str) -> (&str, bool, &str) {
    match text.strip_prefix('"') {
        Some(quoted) => match quoted.split_once('"') {
            Some((value, after)) => (value, true, after),
            None => (quoted, false, ""),
        },
        None => {
            let end = text.find(char::is_whitespace).unwrap_or(text.len());
            let (value, after) = text.split_at(end);
            (value, false, after)
        }
    }
}

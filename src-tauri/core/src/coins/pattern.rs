//! The patterns that NOWPayments gives for addresses and memos.

use regex::Regex;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// A pattern that all of a text must match, whatever anchors it has or lacks.
#[derive(Debug)]
pub struct Pattern {
    regex: Regex,
    /// The same for a pattern that is as simple as most are: `^T[1-9A-HJ-NP-Za-km-z]{33}$`. A text matches that has one of them.
    forms: Option<Vec<Form>>,
}

/// What comes after one another in a text.
type Form = Vec<Run>;

/// Bytes of one sort, between so many and so many.
#[derive(Debug, Clone)]
struct Run {
    bytes: Box<[bool; 256]>,
    least: usize,
    most: usize,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// When it cannot be understood, or is far too large.
    pub fn new(pattern: &str) -> Result<Self, regex::Error> {
        // By itself first: `a)|(b` would be something else within the brackets.
        Regex::new(pattern)?;
        let regex = Regex::new(&format!("^(?:{pattern})$"))?;
        let forms = regex_syntax::parse(pattern).ok().and_then(|parsed| forms(&parsed, true, true));
        Ok(Self { regex, forms: forms.filter(|forms| forms.iter().all(has_one_reading)) })
    }

    /// Whether all of a text matches.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        match &self.forms {
            Some(forms) => forms.iter().any(|form| has_form(text.as_bytes(), form)),
            None => self.regex.is_match(text),
        }
    }

    /// The pattern between its anchors.
    pub(super) fn regex(&self) -> &Regex {
        &self.regex
    }
}

/// The forms that a part of a pattern allows, which is the `first`, or the `last`, of all: an anchor elsewhere is not simple.
/// `None` for what is not.
fn forms(part: &Hir, first: bool, last: bool) -> Option<Vec<Form>> {
    /// More are seldom, and the regex is as fast then.
    const MOST: usize = 8;
    let forms = match part.kind() {
        HirKind::Empty => vec![Form::new()],
        HirKind::Look(Look::Start) if first => vec![Form::new()],
        HirKind::Look(Look::End) if last => vec![Form::new()],
        HirKind::Look(_) => return None,
        HirKind::Literal(literal) => vec![literal.0.iter().map(|byte| Run::one([(*byte, *byte)])).collect()],
        HirKind::Class(class) => {
            let ascii = match class {
                Class::Unicode(class) => class.to_byte_class()?,
                Class::Bytes(_) => return None,
            };
            vec![vec![Run::one(ascii.iter().map(|range| (range.start(), range.end())))]]
        }
        HirKind::Capture(capture) => forms(&capture.sub, first, last)?,
        HirKind::Repetition(repetition) => {
            let mut once = forms(&repetition.sub, false, false)?;
            match (once.as_slice(), repetition.min, repetition.max) {
                ([form], least, most) if matches!(form.as_slice(), [run] if (run.least, run.most) == (1, 1)) =>
                {
                    let most = most.map_or(Some(usize::MAX), |most| usize::try_from(most).ok())?;
                    vec![vec![Run { least: usize::try_from(least).ok()?, most, ..form[0].clone() }]]
                }
                (_, 0, Some(1)) => {
                    once.push(Form::new());
                    once
                }
                _ => return None,
            }
        }
        HirKind::Alternation(parts) => {
            let parts: Option<Vec<_>> = parts.iter().map(|part| forms(part, first, last)).collect();
            parts?.concat()
        }
        HirKind::Concat(parts) => {
            let mut all = vec![Form::new()];
            for (index, part) in parts.iter().enumerate() {
                let next = forms(part, first && index == 0, last && index + 1 == parts.len())?;
                all =
                    all.iter().flat_map(|form| next.iter().map(|next| [&form[..], next].concat())).collect();
                if all.len() > MOST {
                    return None;
                }
            }
            all
        }
    };
    (forms.len() <= MOST).then_some(forms)
}

/// Whether there is one way to cut a text into its runs: only the last one has no certain length.
fn has_one_reading(form: &Form) -> bool {
    form.iter().rev().skip(1).all(|run| run.least == run.most)
}

fn has_form(mut text: &[u8], form: &Form) -> bool {
    let Some((last, certain)) = form.split_last() else { return text.is_empty() };
    for run in certain {
        match text.split_at_checked(run.least) {
            Some((bytes, rest)) if run.takes(bytes) => text = rest,
            _ => return false,
        }
    }
    (last.least..=last.most).contains(&text.len()) && last.takes(text)
}

impl Run {
    /// One byte of these ranges.
    fn one(ranges: impl IntoIterator<Item = (u8, u8)>) -> Self {
        let mut bytes = Box::new([false; 256]);
        for (start, end) in ranges {
            bytes[usize::from(start)..=usize::from(end)].fill(true);
        }
        Self { bytes, least: 1, most: 1 }
    }

    fn takes(&self, text: &[u8]) -> bool {
        text.iter().fold(true, |all, byte| all & self.bytes[usize::from(*byte)])
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    const SIMPLE: [&str; 15] = [
        "^(0x)[0-9A-Fa-f]{40}$",
        "^T[1-9A-HJ-NP-Za-km-z]{33}$",
        "^[13][a-km-zA-HJ-NP-Z1-9]{25,80}$|^(bc1)[0-9A-Za-z]{25,80}$",
        "^(L|M|3)[A-Za-z0-9]{25,33}$|^(ltc1)[0-9A-Za-z]{39}$",
        "^([13][a-km-zA-HJ-NP-Z1-9]{25,34})$|^((bitcoincash:)?(q|p)[a-z0-9]{41})$",
        "^[48][a-zA-Z0-9]{94}([a-zA-Z0-9]{11})?$",
        "^([1-9A-HJ-NP-Za-km-z]{59,104})$|^(addr1)[0-9A-Za-z]{45,110}$",
        "[1-9A-HJ-NP-Za-km-z]{32,44}",
        "[a-z0-9._-]{2,64}",
        "a|ab",
        "^a$|ab*",
        "ab|ß",
        "$",
        "(a|b){2}",
        "(?:)",
    ];

    const OTHERS: [&str; 13] = [
        "(?i)^ßk$",
        "(?m)^a$",
        "(?s).{0,3}",
        "a^b|a$b",
        "a*b",
        "a{0,2}a",
        "(ab)+",
        "^(^a|b$)$",
        "é+?|ß",
        "(^a)?",
        r"\ba\b",
        r"\w{1,20}",
        "[aé]b?",
    ];

    static ALL: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
        SIMPLE.into_iter().chain(OTHERS).map(|pattern| Pattern::new(pattern).unwrap()).collect()
    });

    #[test]
    fn a_pattern_as_those_of_addresses_is_simple_and_one_with_more_than_one_reading_is_not() {
        for pattern in SIMPLE {
            assert!(Pattern::new(pattern).unwrap().forms.is_some(), "{pattern}");
        }
        for pattern in OTHERS {
            assert!(Pattern::new(pattern).unwrap().forms.is_none(), "{pattern}");
        }
    }

    #[test]
    fn what_is_no_pattern_by_itself_is_refused() {
        for pattern in ["(a", "a)|(b", "[", r"\w{1000000}"] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn a_text_matches_where_the_regex_matches(
            text in prop_oneof![
                "(0x)?[0-9A-Fa-fg]{38,42}",
                "[TLM134]?[1-9A-HJ-NP-Za-km-z]{24,36}",
                "[48][1-9A-Za-z]{92,96}([0-9A-Za-z]{10,12})?",
                "(bc1|ltc1|addr1|bitcoincash:|)[qp]?[0-9a-z]{38,46}",
                "[ab\n]{0,4}",
                "[aAkKßẞéé_ ]{0,4}",
                ".{0,4}",
            ],
        ) {
            for pattern in ALL.iter() {
                prop_assert_eq!(pattern.is_match(&text), pattern.regex.is_match(&text), "{:?}", pattern.regex);
            }
        }

        #[test]
        fn any_simple_pattern_is_the_same_as_its_regex(pattern in "[\\^$]?[ab(|)?*\\[\\]{},1-3-]{0,12}[\\^$]?", text in "[ab]{0,5}") {
            if let Ok(pattern) = Pattern::new(&pattern) {
                prop_assert_eq!(pattern.is_match(&text), pattern.regex.is_match(&text));
            }
        }
    }
}

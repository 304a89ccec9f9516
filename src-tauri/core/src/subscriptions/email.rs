//! E-mail addresses: what certainly is none, said so that it can be corrected.

use crate::{
    addresses::characters,
    language::{said, words},
};

/// The longest address that can be delivered to (RFC 5321), and the longest part of it before the @.
const LONGEST: usize = 254;
const LONGEST_NAME: usize = 64;

/// The address as it is kept: without the spaces around it.
///
/// # Errors
/// What is wrong, in words. Whether somebody reads it, nobody can tell from its letters.
pub(super) fn check(text: &str) -> Result<String, String> {
    let text = text.trim_matches([' ', '\t']);
    if text.is_empty() {
        return Err(said!(en: "The e-mail address is missing.", de: "Die E-Mail-Adresse fehlt.").to_owned());
    }
    if let Some((position, c)) = characters::first_strange(text) {
        let name = characters::name(c);
        return Err(words!(
            en: "Position {position} holds {name}, which no e-mail address here can have.",
            de: "An Stelle {position} steht {name}; das kann keine E-Mail-Adresse hier enthalten."
        ));
    }
    if text.len() > LONGEST {
        return Err(said!(
            en: "This is too long for an e-mail address: it has 254 characters at the most.",
            de: "Das ist zu lang für eine E-Mail-Adresse: Sie hat höchstens 254 Zeichen."
        )
        .to_owned());
    }
    let refused = ['"', '(', ')', ',', ':', ';', '<', '>', '[', '\\', ']'];
    if let Some(c) = text.chars().find(|c| refused.contains(c)) {
        return Err(words!(
            en: "It holds “{c}”: write the bare address, and one in each row.",
            de: "Es steht „{c}“ darin: Schreiben Sie die bloße Adresse, und eine in jede Zeile."
        ));
    }
    let not = |why: &str| Err(why.to_owned());
    let Some((name, host)) = text.split_once('@') else {
        return not(
            said!(en: "There is no @ in it: this is not an e-mail address.", de: "Es fehlt ein @: Das ist keine E-Mail-Adresse."),
        );
    };
    if host.contains('@') {
        return not(said!(en: "There is more than one @ in it.", de: "Es steht mehr als ein @ darin."));
    }
    let has_empty_part = |text: &str| text.split('.').any(str::is_empty);
    if name.is_empty() || name.len() > LONGEST_NAME || has_empty_part(name) {
        return not(
            said!(en: "What stands before the @ is not right.", de: "Was vor dem @ steht, stimmt nicht."),
        );
    }
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_name = host.contains('.') && host.split('.').all(is_label);
    if !is_name || last.len() < 2 || last.bytes().all(|b| b.is_ascii_digit()) {
        return not(
            said!(en: "What stands behind the @ is no name of a mail server, such as example.com.", de: "Was hinter dem @ steht, ist kein Name eines Mailservers wie example.com."),
        );
    }
    Ok(text.to_owned())
}

/// By what two addresses are taken to be the same. Only the part behind the @ is sure to be in any case, but there is no
/// mail server that tells two people apart by the case of their names.
pub(super) fn key(email: &str) -> String {
    email.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_delivered_to_is_taken_as_it_stands() {
        for email in ["ann@post.example", "A.b+c_d'e@sub-1.example.org", "x@y.zz", "1@2.museum"] {
            assert_eq!(check(email).as_deref(), Ok(email));
        }
        assert_eq!(check(" ann@post.example\t").as_deref(), Ok("ann@post.example"));
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (email, words) in [
            ("", "missing"),
            ("ann", "no @"),
            ("ann@", "behind the @"),
            ("@post.example", "before the @"),
            ("a@b@c.example", "more than one @"),
            ("ann@post", "behind the @"),
            ("ann@post..example", "behind the @"),
            ("ann..b@post.example", "before the @"),
            ("ann@-post.example", "behind the @"),
            ("ann@10.0.0.1", "behind the @"),
            ("Ann <ann@post.example>", "Position 4 holds a space"),
            ("<ann@post.example>", "“<”"),
            ("a@b.example,c@d.example", "“,”"),
            ("ann\u{200B}@post.example", "Position 4 holds U+200B, an invisible zero width space"),
            ("аnn@post.example", "Position 1 holds U+0430, a letter that only looks like \"a\""),
        ] {
            let said = check(email).unwrap_err();
            assert!(said.contains(words), "{email:?}: {said}");
        }
        assert!(check(&format!("{}@post.example", "a".repeat(65))).is_err());
    }
}

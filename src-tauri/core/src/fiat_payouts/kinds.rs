//! What the kinds of bank accounts are called. NOWPayments names them where an account is made known; of an account and of a
//! payout it tells the code only.

use crate::language::said;

/// So many letters are taken for an abbreviation.
const ABBREVIATED: usize = 3;

/// The kind of account with this code, in words; of one that this Paydesk does not know the code, so that it can be read.
pub(super) fn name(code: &str) -> String {
    known(code).map_or_else(|| readable(code), str::to_owned)
}

/// The name of a kind that NOWPayments' documents have. Banks go by their own names.
pub(super) fn known(code: &str) -> Option<&'static str> {
    Some(match code.to_ascii_lowercase().as_str() {
        "sepa_bank" => said!(en: "SEPA bank transfer", de: "SEPA-Überweisung"),
        "ph_aib" | "php_aib" => "Al-Amanah Islamic Bank",
        "ph_mega" => "Mega International Commercial Bank",
        "ph_onb" => "BDO Network Bank",
        _ => return None,
    })
}

/// `id_bca` is `BCA (ID)`: the words, after them the country that some codes begin with.
fn readable(code: &str) -> String {
    let parts: Vec<&str> = code.split(['_', '-', ' ']).filter(|part| !part.is_empty()).collect();
    let (country, words) = match parts.as_slice() {
        [country, words @ ..] if country.len() == 2 && !words.is_empty() => (Some(country), words),
        words => (None, words),
    };
    let text = words.iter().map(|part| word(part)).collect::<Vec<_>>().join(" ");
    match country {
        Some(country) => format!("{text} ({})", country.to_uppercase()),
        None => text,
    }
}

fn word(part: &str) -> String {
    if part.chars().count() <= ABBREVIATED {
        return part.to_uppercase();
    }
    let mut letters = part.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_its_name_and_an_unknown_one_its_code_as_it_can_be_read() {
        for (code, text) in [
            ("sepa_bank", "SEPA bank transfer"),
            ("SEPA_BANK", "SEPA bank transfer"),
            ("php_aib", "Al-Amanah Islamic Bank"),
            ("id_bca", "BCA (ID)"),
            ("my_maybank", "Maybank (MY)"),
            ("local_bank_wire", "Local Bank Wire"),
            ("wire", "Wire"),
            ("", ""),
        ] {
            assert_eq!(name(code), text);
        }
    }
}

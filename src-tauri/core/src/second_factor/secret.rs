//! A TOTP secret as the owner has it (base32 text or an `otpauth://` link), the codes it makes, and the rules for PINs.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use totp_rs::{Algorithm, Builder, Totp};
use url::form_urlencoded;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::language::{said, words};

/// How long a code is valid (RFC 6238's default, and the only one that NOWPayments and phones agree on).
pub(crate) const STEP_SECONDS: i64 = 30;

/// RFC 4226 asks for 128 bits; 80 are common in the wild, less is a mistake.
const SHORTEST: usize = 10;
const LONG_ENOUGH: usize = 16;

/// A TOTP secret (SHA-1, 6 digits, 30 seconds).
pub(crate) struct TotpSecret(Zeroizing<Vec<u8>>);

impl TotpSecret {
    pub(crate) fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// Reads what the owner typed, pasted or scanned.
    pub(crate) fn read(text: &SecretString) -> Result<Self, Failure> {
        let text = text.expose_secret().trim();
        if text.get(..10).is_some_and(|scheme| scheme.eq_ignore_ascii_case("otpauth://")) {
            return Self::from_link(text);
        }
        Self::from_base32(text)
    }

    fn from_link(link: &str) -> Result<Self, Failure> {
        let refused = |message: &str| Err(Failure::invalid("secret", message));
        let (label, query) = link[10..].split_once('?').unwrap_or((&link[10..], ""));
        if !label.split('/').next().is_some_and(|kind| kind.eq_ignore_ascii_case("totp")) {
            return refused(said!(
                en: "This link is not for codes that change with time (otpauth://totp). NOWPayments takes only \
                     those.",
                de: "Dieser Link ist nicht für Codes, die sich mit der Zeit ändern (otpauth://totp). NOWPayments \
                     nimmt nur solche.",
            ));
        }
        let mut secret = None;
        for (name, value) in form_urlencoded::parse(query.split('#').next().unwrap_or_default().as_bytes()) {
            match name.as_ref() {
                "secret" => secret = Some(Zeroizing::new(value.into_owned())),
                "algorithm"
                    if !matches!(value.to_ascii_uppercase().as_str(), "SHA1" | "SHA-1" | "HMACSHA1") =>
                {
                    return refused(said!(
                        en: "This link asks for another algorithm than SHA-1. Paydesk makes codes with SHA-1 \
                             only, as NOWPayments does.",
                        de: "Dieser Link verlangt ein anderes Verfahren als SHA-1. Paydesk macht Codes nur mit \
                             SHA-1, wie NOWPayments auch.",
                    ));
                }
                "digits" if value != "6" => {
                    return refused(said!(
                        en: "This link asks for codes that do not have 6 digits. NOWPayments takes 6.",
                        de: "Dieser Link verlangt Codes, die nicht 6 Ziffern haben. NOWPayments nimmt 6.",
                    ));
                }
                "period" if value != "30" => {
                    return refused(said!(
                        en: "This link asks for codes that do not change every 30 seconds. Those of NOWPayments \
                             do.",
                        de: "Dieser Link verlangt Codes, die sich nicht alle 30 Sekunden ändern. Die von \
                             NOWPayments tun das.",
                    ));
                }
                _ => {}
            }
        }
        match secret {
            Some(secret) => Self::from_base32(&secret),
            None => refused(said!(
                en: "There is no secret in this link.",
                de: "In diesem Link ist kein Geheimnis.",
            )),
        }
    }

    fn from_base32(text: &str) -> Result<Self, Failure> {
        let refused = |message: &str| Err(Failure::invalid("secret", message));
        let spaces = |letter: char| letter.is_whitespace() || letter == '-';
        let letters: Zeroizing<String> = Zeroizing::new(
            text.trim_end_matches(|letter| letter == '=' || spaces(letter))
                .chars()
                .filter(|letter| !spaces(*letter))
                .map(|letter| letter.to_ascii_uppercase())
                .collect(),
        );
        if letters.is_empty() {
            return refused(said!(
                en: "Enter the secret that NOWPayments showed beside the QR code.",
                de: "Geben Sie das Geheimnis ein, das NOWPayments neben dem QR-Code gezeigt hat.",
            ));
        }
        if let Some(other) = letters.chars().find(|letter| !matches!(letter, 'A'..='Z' | '2'..='7')) {
            return refused(&words!(
                en: "A secret has only the letters A to Z and the digits 2 to 7; here is a “{}”.",
                de: "Ein Geheimnis hat nur die Buchstaben A bis Z und die Ziffern 2 bis 7; hier steht ein „{}“.",
                other.escape_default(),
            ));
        }
        let Ok(secret) = totp_rs::Secret::try_from_base32(letters.as_str()) else {
            return refused(said!(
                en: "This secret is not complete: a letter is missing or too many.",
                de: "Dieses Geheimnis ist nicht vollständig: Ein Buchstabe fehlt oder ist zu viel.",
            ));
        };
        if secret.as_bytes().len() < SHORTEST {
            return refused(said!(
                en: "This secret is too short: at least 16 letters and digits are needed. Copy it again, whole.",
                de: "Dieses Geheimnis ist zu kurz: Mindestens 16 Buchstaben und Ziffern sind nötig. Kopieren Sie \
                     es noch einmal ganz.",
            ));
        }
        Ok(Self(Zeroizing::new(secret.as_bytes().to_vec())))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Shorter than RFC 4226 asks for.
    pub(crate) fn is_short(&self) -> bool {
        self.0.len() < LONG_ENOUGH
    }

    /// The code of a 30-second step.
    pub(crate) fn code(&self, step: i64) -> SecretString {
        self.totp().generate(seconds(step)).to_string().into()
    }

    /// Whether `code` is the one of `step` or of a neighbour of it.
    pub(crate) fn proves(&self, code: &SecretString, step: i64) -> bool {
        self.totp().check(code.expose_secret(), seconds(step)).is_some()
    }

    fn totp(&self) -> Totp {
        // Not checked for its length: short secrets are taken, and said to be short.
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(6)
            .with_skew(1)
            .with_step_duration(30)
            .with_secret(totp_rs::Secret::new(self.0.as_slice().into()))
            .build_noncompliant()
    }
}

fn seconds(step: i64) -> u64 {
    u64::try_from(step * STEP_SECONDS).unwrap_or_default()
}

/// The 30-second step of a moment.
pub(crate) fn step_of(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(STEP_SECONDS)
}

/// The first moment of a step.
pub(crate) fn start_of(step: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(step * STEP_SECONDS, 0).unwrap_or_default()
}

/// A code as typed: six digits, spaces between them do not matter.
pub(crate) fn read_code(text: &SecretString) -> Result<SecretString, Failure> {
    let text = text.expose_secret();
    let digits: Zeroizing<String> =
        Zeroizing::new(text.chars().filter(|letter| !letter.is_whitespace()).collect());
    if digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(digits.as_str().into());
    }
    Err(Failure::invalid(
        "code",
        said!(
            en: "A code has 6 digits. Enter the one that is shown now.",
            de: "Ein Code hat 6 Ziffern. Geben Sie den ein, der jetzt gezeigt wird.",
        ),
    ))
}

/// Whether a PIN may seal a secret.
pub(crate) fn accept_pin(pin: &SecretString) -> Result<(), Failure> {
    let letters: Zeroizing<Vec<char>> = Zeroizing::new(pin.expose_secret().chars().collect());
    let refused = |message: Cow<'static, str>| Err(Failure::invalid("pin", message));
    if !(6..=64).contains(&letters.len()) {
        return refused(
            words!(
                en: "A PIN has 6 to 64 characters; this one has {}.",
                de: "Eine PIN hat 6 bis 64 Zeichen; diese hat {}.",
                letters.len(),
            )
            .into(),
        );
    }
    let repeats = |length: usize| letters.iter().zip(letters.iter().skip(length)).all(|(a, b)| a == b);
    let counts = |by: i64| {
        letters.windows(2).all(|pair| match (pair[0].to_digit(36), pair[1].to_digit(36)) {
            // 7890 counts on as well.
            (Some(a), Some(b)) => {
                i64::from(b) - i64::from(a) == by
                    || (a, b) == (9, 0) && by == 1
                    || (a, b) == (0, 9) && by == -1
            }
            _ => false,
        })
    };
    if (1..=letters.len() / 2).any(repeats) || counts(1) || counts(-1) {
        return refused(said!(
            en: "This PIN is one of the first that a thief would try. Choose one that does not repeat or count on.",
            de: "Diese PIN ist eine der ersten, die ein Dieb versuchen würde. Wählen Sie eine, die sich nicht \
                 wiederholt und nicht weiterzählt.",
        ).into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        let secret = TotpSecret::read(&SECRET.into()).unwrap();
        // Appendix B, SHA-1, the last six digits.
        for (time, code) in
            [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")]
        {
            assert_eq!(secret.code(time / STEP_SECONDS).expose_secret(), code, "{time}");
        }
    }

    #[test]
    fn a_secret_is_read_in_any_dress() {
        let plain = TotpSecret::read(&SECRET.into()).unwrap();
        for text in [
            "gezd gnbv gy3t qojq gezd gnbv gy3t qojq",
            " GEZDGNBV-GY3TQOJQ-GEZDGNBV-GY3TQOJQ\n",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ====",
            "otpauth://totp/NOWPayments:shop%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=NOWPayments",
            "OTPAUTH://TOTP/x?algorithm=sha1&digits=6&period=30&secret=gezdgnbvgy3tqojqgezdgnbvgy3tqojq%3D",
        ] {
            assert_eq!(TotpSecret::read(&text.into()).unwrap().bytes(), plain.bytes(), "{text}");
        }
    }

    #[test]
    fn what_is_no_secret_is_refused_in_words() {
        for (text, word) in [
            ("", "Enter"),
            ("GEZDGNBVGY3TQOJ1", "digits 2 to 7"),
            ("GEZDGNBVGY3TQOJÖ", "letters A to Z"),
            ("GEZDGNBV", "too short"),
            ("otpauth://hotp/x?secret=GEZDGNBVGY3TQOJQ&counter=1", "change with time"),
            ("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&algorithm=SHA256", "SHA-1"),
            ("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&digits=8", "6 digits"),
            ("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&period=60", "30 seconds"),
            ("otpauth://totp/x?issuer=y", "no secret"),
        ] {
            let failure = TotpSecret::read(&text.into()).err().unwrap_or_else(|| panic!("{text} was taken"));
            assert!(failure.message.contains(word), "{text}: {}", failure.message);
            assert_eq!(failure.field.as_deref(), Some("secret"), "{text}");
        }
    }

    #[test]
    fn eighty_bits_are_taken_and_called_short() {
        assert!(TotpSecret::read(&"GEZDGNBVGY3TQOJQ".into()).unwrap().is_short());
        assert!(!TotpSecret::read(&SECRET.into()).unwrap().is_short());
    }

    #[test]
    fn a_code_proves_the_secret_one_step_around() {
        let secret = TotpSecret::read(&SECRET.into()).unwrap();
        for (step, proves) in [(98, false), (99, true), (100, true), (101, true), (102, false)] {
            assert_eq!(secret.proves(&secret.code(step), 100), proves, "{step}");
        }
    }

    #[test]
    fn a_code_is_six_digits() {
        assert_eq!(read_code(&" 123 456 ".into()).unwrap().expose_secret(), "123456");
        for text in ["", "12345", "1234567", "12345a", "１２３４５６", "+12345"] {
            assert!(read_code(&text.into()).is_err(), "{text}");
        }
    }

    #[test]
    fn a_pin_that_anybody_would_try_is_refused() {
        for pin in [
            "",
            "12345",
            "000000",
            "123456",
            "654321",
            "567890",
            "098765",
            "121212",
            "123123",
            "abcdef",
            &"x7".repeat(33),
        ] {
            assert!(accept_pin(&pin.into()).is_err(), "{pin}");
        }
        for pin in ["402917", "correct horse", "größte Börse 7", "112358"] {
            assert_eq!(accept_pin(&pin.into()), Ok(()), "{pin}");
        }
    }
}

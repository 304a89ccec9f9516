//! What may have happened to a callback whose signature is not right. Whatever is found here, it stays refused.

use nowpayments::callbacks::{self, CallbackError, Form};
use secrecy::{ExposeSecret, SecretString};

use super::super::{sample, tokens};

/// What a text that is no signature looks like.
pub(super) fn of_signature(signature: &str) -> Vec<String> {
    let signature = signature.trim();
    let is_hex = signature.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_base64 = || signature.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte));
    let note = match signature.len() {
        0 => {
            "Without the header x-nowpayments-sig a callback is not signed, and anybody can have sent it. If it did come \
             from NOWPayments, something on the way has dropped the header."
        }
        64 if is_hex => {
            "64 digits are those of an HMAC-SHA256. NOWPayments signs with HMAC-SHA512: this one was made by \
             something else."
        }
        86..=88 if is_base64() => "It looks like Base64. NOWPayments writes signatures in hex.",
        _ => return Vec::new(),
    };
    vec![note.to_owned()]
}

/// Why a signature may not be that of the body.
pub(super) fn of_mismatch(body: &[u8], signature: &str, secret: &SecretString) -> Vec<String> {
    let suspicion = of_secret(body, signature, secret).or_else(|| of_body(body, signature, secret));
    let unknown = || {
        "Either it was signed with another secret, or something in the body was added, left out or changed after it was \
         signed."
            .to_owned()
    };
    vec![suspicion.unwrap_or_else(unknown)]
}

/// Whether the signature is that of exactly these bytes.
fn fits(text: &[u8], signature: &str, secret: &SecretString) -> bool {
    match callbacks::verify(text, signature, secret) {
        Ok(verified) => verified.form() == Form::Raw,
        Err(CallbackError::Unreadable { signed, .. }) => signed,
        Err(_) => false,
    }
}

/// A secret that was copied with the space around it.
fn of_secret(body: &[u8], signature: &str, secret: &SecretString) -> Option<String> {
    let bare = secret.expose_secret().trim();
    let canonical = Form::Canonical.text(body).ok();
    let texts = || [Some(body), canonical.as_deref().map(str::as_bytes)].into_iter().flatten();
    [("", "\n"), ("", "\r\n"), ("", " "), (" ", "")].iter().find_map(|(before, after)| {
        let padded = SecretString::from(format!("{before}{bare}{after}"));
        texts().any(|text| sample::has_signed(&padded, text, signature)).then(|| {
            "It was made with this secret and a space or line break at its end or beginning. Whatever signs or checks with \
             it has read the secret with more than its characters."
                .to_owned()
        })
    })
}

/// A body that was changed on the way, or while it was copied.
fn of_body(body: &[u8], signature: &str, secret: &SecretString) -> Option<String> {
    let fits = |text: &[u8]| fits(text, signature, secret);
    let trimmed = body.trim_ascii();
    if trimmed.len() < body.len() && fits(trimmed) {
        return Some("It is that of the body without the space or line break around it.".to_owned());
    }
    if ["\n", "\r\n"].iter().any(|end| fits(&[trimmed, end.as_bytes()].concat())) {
        return Some(
            "It is that of the body with a line break at its end, which is missing here.".to_owned(),
        );
    }
    let text = str::from_utf8(trimmed).ok()?;
    if fits(text.replace("\r\n", "\n").as_bytes()) {
        return Some(
            "It is that of the body with other line breaks: something has made those of Windows of them."
                .to_owned(),
        );
    }
    if let Ok(inner) = serde_json::from_str::<String>(text)
        && callbacks::verify(inner.as_bytes(), signature, secret).is_ok()
    {
        return Some(
            "The body is here as a quoted text inside of another one. Take the quotes and the backslashes away."
                .to_owned(),
        );
    }
    if let Some(read_right) = misread(text)
        && callbacks::verify(&read_right, signature, secret).is_ok()
    {
        return Some(
            "It is that of the body with other characters: something has read its UTF-8 as Latin-1, so that é has \
             become Ã©."
                .to_owned(),
        );
    }
    let compact = tokens::compact(text);
    if fits(compact.as_bytes()) {
        return Some(
            "It is that of the body without the spaces and line breaks between its parts: something has laid it out \
             anew after it was signed."
                .to_owned(),
        );
    }
    let canonical = Form::Canonical.text(trimmed).ok()?;
    let escaped = [compact, canonical].iter().any(|text| {
        let ascii = in_ascii(text);
        [ascii.replace('/', "\\/"), text.replace('/', "\\/"), ascii].iter().any(|text| fits(text.as_bytes()))
    });
    escaped.then(|| {
        "It is that of the body with some characters escaped (such as \\u00e9 for é, or \\/ for /), as Python and PHP \
         write JSON. NOWPayments does not sign such a text: something else has."
            .to_owned()
    })
}

/// A text whose UTF-8 was read as Latin-1, as it was before.
fn misread(text: &str) -> Option<Vec<u8>> {
    if text.is_ascii() {
        return None;
    }
    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
}

/// JSON with everything beyond ASCII escaped.
fn in_ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            let mut units = [0; 2];
            out.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    out
}

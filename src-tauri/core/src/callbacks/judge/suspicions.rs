//! What may have happened to a callback whose signature is not right. Whatever is found here, it stays refused.

use nowpayments::callbacks::{self, CallbackError, Form};
use secrecy::{ExposeSecret, SecretString};

use super::super::{sample, tokens};
use crate::language::said;

/// What a text that is no signature looks like.
pub(super) fn of_signature(signature: &str) -> Vec<String> {
    let signature = signature.trim();
    let is_hex = signature.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_base64 = || signature.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=-_".contains(&byte));
    let note = match signature.len() {
        0 => {
            said!(
                en: "Without the header x-nowpayments-sig a callback is not signed, and anybody can have sent it. If \
                     it did come from NOWPayments, something on the way has dropped the header.",
                de: "Ohne die Kopfzeile x-nowpayments-sig ist eine Rückmeldung nicht unterschrieben, und jeder kann \
                     sie gesendet haben. Kam sie doch von NOWPayments, hat etwas unterwegs die Kopfzeile weggelassen.",
            )
        }
        64 if is_hex => {
            said!(
                en: "64 digits are those of an HMAC-SHA256. NOWPayments signs with HMAC-SHA512: this one was made by \
                     something else.",
                de: "64 Ziffern sind die eines HMAC-SHA256. NOWPayments unterschreibt mit HMAC-SHA512: Diese \
                     Signatur hat etwas anderes gemacht.",
            )
        }
        86..=88 if is_base64() => said!(
            en: "It looks like Base64. NOWPayments writes signatures in hex.",
            de: "Sie sieht aus wie Base64. NOWPayments schreibt Signaturen in Hexziffern.",
        ),
        _ => return Vec::new(),
    };
    vec![note.to_owned()]
}

/// Why a signature may not be that of the body.
pub(super) fn of_mismatch(body: &[u8], signature: &str, secret: &SecretString) -> Vec<String> {
    let suspicion = of_secret(body, signature, secret).or_else(|| of_body(body, signature, secret));
    let unknown = || {
        said!(
            en: "Either it was signed with another secret, or something in the body was added, left out or changed \
                 after it was signed.",
            de: "Entweder wurde sie mit einem anderen Geheimnis gemacht, oder im Inhalt wurde nach dem \
                 Unterschreiben etwas hinzugefügt, weggelassen oder geändert.",
        ).to_owned()
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
            said!(
                en: "It was made with this secret and a space or line break at its end or beginning. Whatever signs \
                     or checks with it has read the secret with more than its characters.",
                de: "Sie wurde mit diesem Geheimnis und einem Leerzeichen oder Zeilenumbruch an seinem Ende oder \
                     Anfang gemacht. Was damit unterschreibt oder prüft, hat das Geheimnis mit mehr als seinen \
                     Zeichen gelesen.",
            ).to_owned()
        })
    })
}

/// A body that was changed on the way, or while it was copied.
fn of_body(body: &[u8], signature: &str, secret: &SecretString) -> Option<String> {
    let fits = |text: &[u8]| fits(text, signature, secret);
    let trimmed = body.trim_ascii();
    if trimmed.len() < body.len() && fits(trimmed) {
        return Some(
            said!(
                en: "It is that of the body without the space or line break around it.",
                de: "Sie ist die des Inhalts ohne das Leerzeichen oder den Zeilenumbruch um ihn herum.",
            )
            .to_owned(),
        );
    }
    if ["\n", "\r\n"].iter().any(|end| fits(&[trimmed, end.as_bytes()].concat())) {
        return Some(
            said!(
                en: "It is that of the body with a line break at its end, which is missing here.",
                de: "Sie ist die des Inhalts mit einem Zeilenumbruch am Ende, der hier fehlt.",
            )
            .to_owned(),
        );
    }
    let text = str::from_utf8(trimmed).ok()?;
    if fits(text.replace("\r\n", "\n").as_bytes()) {
        return Some(
            said!(
                en: "It is that of the body with other line breaks: something has made those of Windows of them.",
                de: "Sie ist die des Inhalts mit anderen Zeilenumbrüchen: Etwas hat daraus die von Windows gemacht.",
            ).to_owned(),
        );
    }
    if let Ok(inner) = serde_json::from_str::<String>(text)
        && callbacks::verify(inner.as_bytes(), signature, secret).is_ok()
    {
        return Some(
            said!(
                en: "The body is here as a quoted text inside of another one. Take the quotes and the backslashes \
                     away.",
                de: "Der Inhalt steht hier als Text in Anführungszeichen in einem anderen. Entfernen Sie die \
                     Anführungszeichen und die umgekehrten Schrägstriche.",
            ).to_owned(),
        );
    }
    if let Some(read_right) = misread(text)
        && callbacks::verify(&read_right, signature, secret).is_ok()
    {
        return Some(
            said!(
                en: "It is that of the body with other characters: something has read its UTF-8 as Latin-1, so that \
                     é has become Ã©.",
                de: "Sie ist die des Inhalts mit anderen Zeichen: Etwas hat sein UTF-8 als Latin-1 gelesen, sodass \
                     aus é ein Ã© wurde.",
            ).to_owned(),
        );
    }
    let compact = tokens::compact(text);
    if fits(compact.as_bytes()) {
        return Some(
            said!(
                en: "It is that of the body without the spaces and line breaks between its parts: something has laid \
                     it out anew after it was signed.",
                de: "Sie ist die des Inhalts ohne die Leerzeichen und Zeilenumbrüche zwischen seinen Teilen: Etwas \
                     hat ihn nach dem Unterschreiben neu angeordnet.",
            ).to_owned(),
        );
    }
    let canonical = Form::Canonical.text(trimmed).ok()?;
    let escaped = [compact, canonical].iter().any(|text| {
        let ascii = in_ascii(text);
        [ascii.replace('/', "\\/"), text.replace('/', "\\/"), ascii].iter().any(|text| fits(text.as_bytes()))
    });
    escaped.then(|| {
        said!(
            en: "It is that of the body with some characters escaped (such as \\u00e9 for é, or \\/ for /), as \
                 Python and PHP write JSON. NOWPayments does not sign such a text: something else has.",
            de: "Sie ist die des Inhalts mit umschriebenen Zeichen (etwa \\u00e9 statt é oder \\/ statt /), wie \
                 Python und PHP JSON schreiben. NOWPayments unterschreibt keinen solchen Text: etwas anderes hat es \
                 getan.",
        ).to_owned()
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

//! Addresses of Ethereum and of the networks that took them over: `0x` and 40 hexadecimal digits.

use sha3::{Digest, Keccak256};

use super::Fault;
use crate::language::{said, words};

/// Whether it has the shape of such an address, whatever its checksum says.
pub(super) fn has_shape(address: &str) -> bool {
    address.strip_prefix("0x").is_some_and(is_forty_digits)
}

/// Checks the shape, and the checksum in the case of the letters (EIP-55; `chain` for the one of EIP-1191) when
/// both cases occur. All lower case and all upper case carry no checksum and are taken.
pub(super) fn check(address: &str, chain: Option<u32>) -> Result<Vec<u8>, Fault> {
    let Some(digits) = address.strip_prefix("0x") else {
        return Err(if is_forty_digits(address) {
            Fault::format(said!(en: "lacks the 0x at its beginning", de: "hat am Anfang kein 0x"))
        } else if address.strip_prefix("0X").is_some_and(is_forty_digits) {
            Fault::format(said!(en: "begins with 0X; write 0x", de: "beginnt mit 0X; schreiben Sie 0x"))
        } else {
            Fault::format(said!(en: "does not begin with 0x", de: "beginnt nicht mit 0x"))
        });
    };
    // Without a way out at the first wrong one, several are looked at in one step.
    if !digits.bytes().fold(true, |all, byte| all & byte.is_ascii_hexdigit())
        && let Some((index, c)) = digits.char_indices().find(|(_, c)| !c.is_ascii_hexdigit())
    {
        return Err(Fault::format(words!(
            en: "has \"{c}\" at position {}, which is not 0 to 9 or a to f",
            de: "hat an Stelle {} „{c}“, das nicht 0 bis 9 oder a bis f ist",
            index + 3,
        )));
    }
    match digits.len() {
        40 => {}
        64 => return Err(Fault::secret_or_signature()),
        other => {
            return Err(Fault::format(words!(
                en: "has {other} characters after 0x instead of 40",
                de: "hat nach 0x {other} Zeichen statt 40",
            )));
        }
    }
    let lower = digits.to_ascii_lowercase();
    let has_lower = digits.bytes().any(|byte| byte.is_ascii_lowercase());
    let has_upper = digits.bytes().any(|byte| byte.is_ascii_uppercase());
    if has_lower
        && has_upper
        && !is_in_case(digits, &lower, "")
        && chain.is_none_or(|id| !is_in_case(digits, &lower, &format!("{id}0x")))
    {
        return Err(Fault::checksum());
    }
    Ok(lower.into_bytes())
}

fn is_forty_digits(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether the letters are in the case that the hash of the lower-case digits gives them.
fn is_in_case(digits: &str, lower: &str, salt: &str) -> bool {
    let hash = Keccak256::new().chain_update(salt).chain_update(lower).finalize();
    let (pairs, _) = digits.as_bytes().as_chunks::<2>();
    let is_wrong =
        |digit: u8, upper: bool| digit.is_ascii_alphabetic() & (digit.is_ascii_uppercase() != upper);
    // All of them, without a branch that nobody can foresee.
    !pairs.iter().zip(hash).fold(false, |wrong, ([first, second], byte)| {
        wrong | is_wrong(*first, byte & 0x80 != 0) | is_wrong(*second, byte & 0x08 != 0)
    })
}

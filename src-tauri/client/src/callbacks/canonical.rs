//! The texts that are signed in place of the body: the body as JavaScript writes it again with its keys sorted.
//!
//! Both follow `JSON.stringify` to the letter ([SerializeJSONProperty][json]): no spaces, numbers as [Number::toString]
//! [number] prints them, strings with the fewest escapes. They hold everything that the body holds. In particular a key
//! `__proto__` stays: the published JavaScript copies objects by assignment, which loses that key, and a signature
//! over what is left would cover less than the body.
//!
//! [json]: https://tc39.es/ecma262/#sec-serializejsonproperty
//! [number]: https://tc39.es/ecma262/#sec-numeric-types-number-tostring

use std::{iter::Enumerate, slice};

use super::document::{Document, Node, units};

#[cfg(test)]
mod tests;

/// What becomes of arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrays {
    /// They stay.
    Kept,
    /// They become objects whose keys are the places of the elements.
    AsObjects,
}

/// An array or object that is being written.
struct Open<'d> {
    held: Enumerate<slice::Iter<'d, usize>>,
    keys: Keys,
    end: char,
}

/// What stands before a value.
#[derive(Clone, Copy)]
enum Keys {
    /// Nothing.
    None,
    /// The key that it has.
    Own,
    /// Its place in the array.
    Places,
}

/// Writes the body with sorted keys.
pub(super) fn write(document: &Document<'_>, arrays: Arrays) -> String {
    let nodes = document.nodes();
    let mut out = String::with_capacity(document.text().len());
    let mut open = Vec::new();
    open.extend(begin(document, 0, arrays, &mut out));
    while let Some(Open { held, keys, end }) = open.last_mut() {
        let Some((place, &held)) = held.next() else {
            out.push(*end);
            open.pop();
            continue;
        };
        if place > 0 {
            out.push(',');
        }
        let value = match (*keys, &nodes[held]) {
            (Keys::Own, Node::Key(raw)) => {
                push_string(&mut out, raw);
                out.push(':');
                held + 1
            }
            (Keys::Places, _) => {
                push_string(&mut out, &place.to_string());
                out.push(':');
                held
            }
            _ => held,
        };
        open.extend(begin(document, value, arrays, &mut out));
    }
    out
}

/// Writes a value, or the beginning of one that holds others.
fn begin<'d>(document: &'d Document<'_>, node: usize, arrays: Arrays, out: &mut String) -> Option<Open<'d>> {
    let (held, keys, [start, end]) = match &document.nodes()[node] {
        Node::Literal(raw) => {
            out.push_str(raw);
            return None;
        }
        Node::Number(raw) => {
            out.push_str(&number(raw));
            return None;
        }
        Node::Text(raw) | Node::Key(raw) => {
            push_string(out, raw);
            return None;
        }
        Node::Object(held) => (held, Keys::Own, ['{', '}']),
        Node::Array(held) if arrays == Arrays::AsObjects => (held, Keys::Places, ['{', '}']),
        Node::Array(held) => (held, Keys::None, ['[', ']']),
    };
    out.push(start);
    Some(Open { held: document.held(held).iter().enumerate(), keys, end })
}

/// A JSON number as ECMAScript prints it. What a double cannot hold is lost, as it is lost to who signs.
pub(super) fn number(token: &str) -> String {
    // The reader has refused what is no finite number.
    let value = token.parse().unwrap_or(f64::NAN);
    ryu_js::Buffer::new().format(value).to_owned()
}

/// Writes a string, which is given as it stands between its quotes. Half of a surrogate pair is escaped in lower case.
fn push_string(out: &mut String, raw: &str) {
    out.push('"');
    if raw.contains('\\') {
        for c in char::decode_utf16(units(raw)) {
            match c {
                Ok('"') => out.push_str("\\\""),
                Ok('\\') => out.push_str("\\\\"),
                Ok('\u{8}') => out.push_str("\\b"),
                Ok('\u{c}') => out.push_str("\\f"),
                Ok('\n') => out.push_str("\\n"),
                Ok('\r') => out.push_str("\\r"),
                Ok('\t') => out.push_str("\\t"),
                Ok(c) if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
                Ok(c) => out.push(c),
                Err(half) => out.push_str(&format!("\\u{:04x}", half.unpaired_surrogate())),
            }
        }
    } else {
        // Without an escape there is nothing that needs one.
        out.push_str(raw);
    }
    out.push('"');
}

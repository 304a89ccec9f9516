//! A body as JSON: read once, strictly, and in one pass.
//!
//! `serde_json` does not serve here. Of two equal keys it may take either, it refuses half a surrogate pair, which
//! JavaScript signs without a word, and it forgets how a number was spelled. This reader follows the grammar of RFC 8259
//! to the letter, as `JSON.parse` does, and keeps every token as it stands. It has a stack of its own, so that no
//! nesting can exhaust the thread's, and touches each byte a bounded number of times.

use std::{cmp::Ordering, iter, ops::Range};

use super::{DEEPEST, LARGEST_BODY, MOST_VALUES, UnreadableBody};
use crate::wire::shortened;

#[cfg(test)]
mod tests;

/// A body that is JSON, in which no object has a key twice.
#[derive(Debug)]
pub(super) struct Document<'b> {
    text: &'b str,
    /// The values and keys in the order of the text. The value of a key is the node after it.
    nodes: Vec<Node<'b>>,
    /// What the arrays and objects hold: places in `nodes`, of elements in their order, of keys in that of
    /// [`enumerated`].
    held: Vec<usize>,
}

/// A value or a key.
#[derive(Debug, Clone)]
pub(super) enum Node<'b> {
    /// `null`, `true` or `false`.
    Literal(&'b str),
    /// A number, as it was spelled.
    Number(&'b str),
    /// A string, as it stands between its quotes.
    Text(&'b str),
    /// A key, as it stands between its quotes.
    Key(&'b str),
    /// An array, by its range of what is held.
    Array(Range<usize>),
    /// An object, by its range of what is held.
    Object(Range<usize>),
}

impl<'b> Document<'b> {
    /// Reads a body of at most [`LARGEST_BODY`] bytes.
    pub(super) fn read(body: &'b [u8]) -> Result<Self, UnreadableBody> {
        if body.len() > LARGEST_BODY {
            return Err(UnreadableBody::TooLarge);
        }
        let text = str::from_utf8(body).map_err(|problem| UnreadableBody::NotJson {
            at: problem.valid_up_to(),
            message: "expected UTF-8".to_owned(),
        })?;
        Self::of(text)
    }

    /// Reads a text of any size.
    pub(super) fn of(text: &'b str) -> Result<Self, UnreadableBody> {
        Reader { text, at: 0, open: Vec::new(), waiting: Vec::new(), nodes: Vec::new(), held: Vec::new() }
            .read()
    }

    /// The text that was read.
    pub(super) fn text(&self) -> &'b str {
        self.text
    }

    /// The nodes in the order of the text; the first is the whole.
    pub(super) fn nodes(&self) -> &[Node<'b>] {
        &self.nodes
    }

    /// What an array or object holds.
    pub(super) fn held(&self, range: &Range<usize>) -> &[usize] {
        &self.held[range.clone()]
    }

    /// Whether there is an array anywhere.
    pub(super) fn has_arrays(&self) -> bool {
        self.nodes.iter().any(|node| matches!(node, Node::Array(_)))
    }

    /// The key nearest to the first half of a surrogate pair; empty when there is none before it.
    pub(super) fn half_a_pair(&self) -> Option<String> {
        let mut nearest = "";
        for node in &self.nodes {
            let (Node::Key(raw) | Node::Text(raw)) = node else { continue };
            if let Node::Key(raw) = node {
                nearest = raw;
            }
            if char::decode_utf16(units(raw)).any(|c| c.is_err()) {
                return Some(decoded(nearest));
            }
        }
        None
    }

    /// The value of a key of the whole, if that is an object and has the key.
    pub(super) fn get(&self, key: &str) -> Option<&Node<'b>> {
        let Some(Node::Object(range)) = self.nodes.first() else { return None };
        let found = self.held(range).iter().find(|&&place| match &self.nodes[place] {
            Node::Key(raw) => units(raw).eq(key.encode_utf16()),
            _ => false,
        })?;
        self.nodes.get(found + 1)
    }
}

/// The order in which ECMAScript enumerates the keys of an object into which they were put sorted: first those that
/// are array indices, as numbers, then the others by UTF-16 code units ([OrdinaryOwnPropertyKeys][keys]). Both are
/// given as they stand between their quotes.
///
/// [keys]: https://tc39.es/ecma262/#sec-ordinaryownpropertykeys
fn enumerated(one: &str, other: &str) -> Ordering {
    worked(one.len().min(other.len()));
    match (array_index(one), array_index(other)) {
        (Some(one), Some(other)) => one.cmp(&other),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => units(one).cmp(units(other)),
    }
}

/// The number that a key spells, if it is an array index: the digits of an integer below 2^32 - 1, without zeros in
/// front.
fn array_index(key: &str) -> Option<u32> {
    let mut index: u64 = 0;
    for (place, unit) in units(key).enumerate() {
        let digit = char::from_u32(unit.into())?.to_digit(10)?;
        if place >= 10 || (place > 0 && index == 0) {
            return None;
        }
        index = index * 10 + u64::from(digit);
    }
    u32::try_from(index).ok().filter(|index| *index != u32::MAX && !key.is_empty())
}

/// The UTF-16 code units of a string that stands thus between its quotes in a [`Document`].
pub(super) fn units(raw: &str) -> impl Iterator<Item = u16> {
    let mut chars = raw.chars();
    let mut second = None;
    iter::from_fn(move || {
        if let Some(unit) = second.take() {
            return Some(unit);
        }
        let c = match chars.next()? {
            '\\' => match chars.next()? {
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => {
                    let unit =
                        chars.as_str().get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
                    chars.nth(3);
                    return unit;
                }
                c => c,
            },
            c => c,
        };
        let mut pair = [0; 2];
        c.encode_utf16(&mut pair);
        second = (c.len_utf16() == 2).then_some(pair[1]);
        Some(pair[0])
    })
}

/// The string itself, with U+FFFD for half a surrogate pair: for names and messages.
pub(super) fn decoded(raw: &str) -> String {
    char::decode_utf16(units(raw)).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// An array or object whose end has not come.
struct Open {
    /// Its place in the nodes.
    node: usize,
    /// Where what it holds begins in what waits.
    first: usize,
    is_object: bool,
}

struct Reader<'b> {
    text: &'b str,
    at: usize,
    open: Vec<Open>,
    /// What the open ones hold so far, the innermost last.
    waiting: Vec<usize>,
    nodes: Vec<Node<'b>>,
    held: Vec<usize>,
}

impl<'b> Reader<'b> {
    fn read(mut self) -> Result<Document<'b>, UnreadableBody> {
        loop {
            // Here a value begins.
            self.skip_space();
            match self.peek() {
                Some(b'{') => {
                    self.open(true)?;
                    if self.peek() == Some(b'}') {
                        self.close()?;
                    } else {
                        self.key()?;
                        continue;
                    }
                }
                Some(b'[') => {
                    self.open(false)?;
                    if self.peek() != Some(b']') {
                        continue;
                    }
                    self.close()?;
                }
                Some(b'"') => {
                    let text = self.string()?;
                    self.add(Node::Text(text))?;
                }
                Some(b'-' | b'0'..=b'9') => {
                    let number = self.number()?;
                    self.add(Node::Number(number))?;
                }
                _ => {
                    let literal = self.literal()?;
                    self.add(Node::Literal(literal))?;
                }
            }
            // Here it has ended: what holds it goes on, or ends as well.
            loop {
                self.skip_space();
                match (self.peek(), self.open.last().map(|open| open.is_object)) {
                    (Some(b','), Some(true)) => {
                        self.at += 1;
                        self.skip_space();
                        self.key()?;
                        break;
                    }
                    (Some(b','), Some(false)) => {
                        self.at += 1;
                        break;
                    }
                    (Some(b'}'), Some(true)) | (Some(b']'), Some(false)) => self.close()?,
                    (_, Some(true)) => return Err(self.expected("a comma or }")),
                    (_, Some(false)) => return Err(self.expected("a comma or ]")),
                    (None, None) => {
                        return Ok(Document { text: self.text, nodes: self.nodes, held: self.held });
                    }
                    (Some(_), None) => return Err(self.expected("the end")),
                }
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        self.skip(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    }

    /// Skips the bytes of a kind, and returns how many they were.
    fn skip(&mut self, is: impl Fn(u8) -> bool) -> usize {
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest.iter().position(|byte| !is(*byte)).unwrap_or(rest.len());
        worked(length + 1);
        self.at += length;
        length
    }

    fn add(&mut self, node: Node<'b>) -> Result<(), UnreadableBody> {
        if self.nodes.len() == MOST_VALUES {
            return Err(UnreadableBody::TooLarge);
        }
        // An object holds its keys, which hold their values; an array holds its elements.
        let is_key = matches!(node, Node::Key(_));
        if self.open.last().is_some_and(|open| open.is_object == is_key) {
            self.waiting.push(self.nodes.len());
        }
        self.nodes.push(node);
        Ok(())
    }

    fn open(&mut self, is_object: bool) -> Result<(), UnreadableBody> {
        if self.open.len() == DEEPEST {
            return Err(UnreadableBody::TooDeep);
        }
        self.at += 1;
        self.skip_space();
        // The range follows when it closes.
        self.add(if is_object { Node::Object(0..0) } else { Node::Array(0..0) })?;
        self.open.push(Open { node: self.nodes.len() - 1, first: self.waiting.len(), is_object });
        Ok(())
    }

    fn close(&mut self) -> Result<(), UnreadableBody> {
        self.at += 1;
        let Some(Open { node, first, is_object }) = self.open.pop() else { return Ok(()) };
        let start = self.held.len();
        self.held.extend(self.waiting.drain(first..));
        let held = start..self.held.len();
        worked(held.len());
        if is_object {
            let key = |place: &usize| match self.nodes[*place] {
                Node::Key(raw) => raw,
                _ => "",
            };
            self.held[held.clone()].sort_unstable_by(|one, other| enumerated(key(one), key(other)));
            let twice = self.held[held.clone()]
                .windows(2)
                .find(|pair| enumerated(key(&pair[0]), key(&pair[1])) == Ordering::Equal);
            if let Some(pair) = twice {
                let units: Vec<u16> = units(key(&pair[0])).collect();
                return Err(UnreadableBody::DuplicateKey {
                    key: shortened(&String::from_utf16_lossy(&units)),
                });
            }
        }
        self.nodes[node] = if is_object { Node::Object(held) } else { Node::Array(held) };
        Ok(())
    }

    /// Reads a key and its colon.
    fn key(&mut self) -> Result<(), UnreadableBody> {
        if self.peek() != Some(b'"') {
            return Err(self.expected("a key in double quotes"));
        }
        let key = self.string()?;
        self.add(Node::Key(key))?;
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.expected("a colon"));
        }
        self.at += 1;
        Ok(())
    }

    /// Reads a string whose opening quote is next, and returns what stands between the quotes.
    fn string(&mut self) -> Result<&'b str, UnreadableBody> {
        self.at += 1;
        let start = self.at;
        loop {
            self.skip(|byte| byte >= b' ' && !matches!(byte, b'"' | b'\\'));
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.at += 1,
                Some(_) => return Err(self.expected("a control character to be escaped")),
                None => return Err(self.expected("a closing quote")),
            }
            match self.peek() {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
                Some(b'u') => {
                    let digits = self.text.as_bytes().get(self.at + 1..self.at + 5);
                    if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                        return Err(self.expected("an escape with four hex digits"));
                    }
                    self.at += 5;
                }
                _ => return Err(self.expected("an escape that JSON knows")),
            }
        }
        let text = &self.text[start..self.at];
        self.at += 1;
        Ok(text)
    }

    fn number(&mut self) -> Result<&'b str, UnreadableBody> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        // No digit may follow a zero in front.
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        let number = &self.text[start..self.at];
        if number.parse::<f64>().is_ok_and(f64::is_finite) {
            Ok(number)
        } else {
            Err(UnreadableBody::NotFinite { number: shortened(number) })
        }
    }

    fn digits(&mut self) -> Result<(), UnreadableBody> {
        if self.skip(|byte| byte.is_ascii_digit()) == 0 { Err(self.expected("a digit")) } else { Ok(()) }
    }

    fn literal(&mut self) -> Result<&'b str, UnreadableBody> {
        let rest = &self.text[self.at..];
        let known = ["null", "true", "false"].into_iter().find(|literal| rest.starts_with(literal));
        let literal = known.ok_or_else(|| self.expected("a value"))?;
        self.at += literal.len();
        Ok(literal)
    }

    #[cold]
    fn expected(&self, what: &str) -> UnreadableBody {
        let message = match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(c) => format!("expected {what}, found {c:?}"),
            None => format!("expected {what}, found the end"),
        };
        UnreadableBody::NotJson { at: self.at, message }
    }
}

/// Counts the work that is done, in bytes looked at; for the tests, which measure it without a clock.
#[inline]
fn worked(bytes: usize) {
    #[cfg(test)]
    tests::WORK.set(tests::WORK.get() + bytes);
    #[cfg(not(test))]
    let _ = bytes;
}

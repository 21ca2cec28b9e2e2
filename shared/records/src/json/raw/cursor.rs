//! Goes over JSON whose grammar has been checked, once, from the front to the back.

use memchr::memchr2;

use super::{Raw, Text};

/// What is left of a checked text. What it is asked for is there, since the grammar says so: nothing here can fail.
pub(crate) struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    /// Stands before a value.
    pub(crate) const fn at(value: Raw<'a>) -> Self {
        Self(value.text())
    }

    /// The first byte, which shows what kind of value comes.
    pub(crate) fn first(&self) -> u8 {
        self.0.bytes().next().unwrap_or_default()
    }

    /// Goes over a byte and the white space behind it, if it is there.
    pub(crate) fn takes(&mut self, byte: u8) -> bool {
        let is_there = self.first() == byte;
        if is_there {
            self.go(1);
        }
        is_there
    }

    /// Goes over what stands between the items of a container, or over its end; says whether it was that.
    pub(crate) fn ends(&mut self, end: u8) -> bool {
        self.takes(end) || {
            self.takes(b',');
            self.0.is_empty()
        }
    }

    /// Goes over a key and its colon.
    pub(crate) fn key(&mut self) -> Text<'a> {
        let key = self.text();
        self.takes(b':');
        key
    }

    /// Goes over a string: what comes is one.
    pub(crate) fn text(&mut self) -> Text<'a> {
        let (length, is_plain) = self.string_length();
        Text { written: self.go(length).text(), is_plain }
    }

    /// Goes over a value, whatever it is, and however deep: without recursion.
    pub(crate) fn value(&mut self) -> Raw<'a> {
        let length = match self.first() {
            b'"' => self.string_length().0,
            b'[' | b'{' => self.container_length(),
            _ => self.until(|byte| matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n')),
        };
        self.go(length)
    }

    /// Goes so far, and over white space there.
    fn go(&mut self, length: usize) -> Raw<'a> {
        let (before, rest) = self.0.split_at_checked(length).unwrap_or((self.0, ""));
        self.0 = rest;
        let blank = self.until(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
        self.0 = rest.get(blank..).unwrap_or_default();
        Raw(before)
    }

    /// How far it is to such a byte, or to the end.
    fn until(&self, is_there: impl Fn(u8) -> bool) -> usize {
        self.0.bytes().position(is_there).unwrap_or(self.0.len())
    }

    /// How long the string is that comes, with its quotes, and whether nothing in it is escaped.
    fn string_length(&self) -> (usize, bool) {
        let bytes = self.0.as_bytes();
        let (mut at, mut is_plain) = (1, true);
        while let Some(rest) = bytes.get(at..)
            && let Some(length) = memchr2(b'"', b'\\', rest)
        {
            at += length + 1;
            if rest.get(length) == Some(&b'"') {
                return (at, is_plain);
            }
            // What is escaped, be it a quote, ends nothing.
            (at, is_plain) = (at + 1, false);
        }
        (bytes.len(), is_plain)
    }

    /// How long the array or object is that comes, with its brackets.
    fn container_length(&self) -> usize {
        let (mut inner, mut open) = (Cursor(self.0), 0_usize);
        while !inner.0.is_empty() {
            let length = match inner.first() {
                b'"' => inner.string_length().0,
                b'[' | b'{' => {
                    open += 1;
                    1
                }
                b']' | b'}' => {
                    open -= 1;
                    1
                }
                _ => inner.until(|byte| matches!(byte, b'"' | b'[' | b'{' | b']' | b'}')),
            };
            inner.0 = inner.0.get(length..).unwrap_or_default();
            if open == 0 {
                break;
            }
        }
        self.0.len() - inner.0.len()
    }
}

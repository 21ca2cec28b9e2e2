//! JSON not yet taken apart: its grammar is checked, its text is borrowed, nothing is built.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::value::RawValue;

mod cursor;

pub(super) use cursor::Cursor;

use crate::envelope::dry_run;

/// A piece of a line whose grammar has been checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'a>(pub(super) &'a str);

/// Checks a whole text against JSON's grammar, in one pass without recursion; `None` when it breaks it.
pub(crate) fn grammar(text: &str) -> Option<Raw<'_>> {
    serde_json::from_str::<&RawValue>(text).map(|raw| Raw(raw.get())).ok()
}

impl<'a> Raw<'a> {
    /// A text that went through [`grammar`] before.
    pub(super) fn checked_before(text: &'a str) -> Self {
        Self(text.trim_ascii())
    }

    /// The text of the value, without white space around it.
    pub(crate) const fn text(self) -> &'a str {
        self.0
    }

    /// Whether the value is null.
    pub(crate) fn is_null(self) -> bool {
        self.0 == "null"
    }

    /// The text of a string, `None` when the value is no string or holds a lone surrogate.
    pub(crate) fn string(self) -> Option<Cow<'a, str>> {
        self.0.starts_with('"').then(|| Cursor::at(self).text())?.string()
    }

    /// The members that a first look needs, in one pass; `None` when the value is no object.
    pub(crate) fn wanted(self) -> Option<Wanted<'a>> {
        (self.0.starts_with('{')).then(|| Wanted::of(&mut Cursor::at(self), 2))
    }
}

/// A string whose grammar has been checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    /// As it is written, with its quotes.
    written: &'a str,
    /// Whether nothing in it is escaped.
    is_plain: bool,
}

impl<'a> Text<'a> {
    /// The text, `None` when it holds a lone surrogate.
    pub(crate) fn string(self) -> Option<Cow<'a, str>> {
        if self.is_plain {
            self.written.strip_prefix('"')?.strip_suffix('"').map(Cow::Borrowed)
        } else {
            serde_json::from_str(self.written).ok().map(Cow::Owned)
        }
    }

    /// The text, with `U+FFFD` for what is not Unicode.
    pub(crate) fn lossy_string(self) -> String {
        serde_json::from_str::<Lossy>(self.written).unwrap_or_default().0
    }
}

/// The members of an object by which a line is known; of a key given twice, the first.
#[derive(Debug, Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) data: Option<Inner<'a>>,
    pub(crate) record_type: Option<Raw<'a>>,
    pub(crate) attributes: Option<Inner<'a>>,
    pub(crate) external_ref: Option<Raw<'a>>,
    /// What is no member of a record.
    pub(crate) dry_run: Option<Raw<'a>>,
}

/// A value inside which there may be more of what is wanted.
#[derive(Debug)]
pub(crate) enum Inner<'a> {
    Object(Box<Wanted<'a>>),
    Null,
    Other,
}

impl<'a> Wanted<'a> {
    /// Goes over an object, and over those in its `data` and `attributes`, so many levels deep.
    fn of(text: &mut Cursor<'a>, levels: u8) -> Self {
        let mut wanted = Self::default();
        text.takes(b'{');
        while !text.ends(b'}') {
            match text.key().string().as_deref() {
                Some("data") if levels == 2 && wanted.data.is_none() => wanted.data = Some(Inner::of(text, 1)),
                Some("attributes") if levels > 0 && wanted.attributes.is_none() => {
                    wanted.attributes = Some(Inner::of(text, 0));
                }
                Some("type") => _ = wanted.record_type.get_or_insert(text.value()),
                Some("external_ref") => _ = wanted.external_ref.get_or_insert(text.value()),
                Some(key) if dry_run::is_meant(key) => _ = wanted.dry_run.get_or_insert(text.value()),
                _ => _ = text.value(),
            }
        }
        wanted
    }
}

impl<'a> Inner<'a> {
    fn of(text: &mut Cursor<'a>, levels: u8) -> Self {
        match text.first() {
            b'{' => Self::Object(Box::new(Wanted::of(text, levels))),
            _ if text.value().is_null() => Self::Null,
            _ => Self::Other,
        }
    }
}

/// A string read as bytes: there `serde_json` lets a lone surrogate pass.
#[derive(Default)]
struct Lossy(String);

impl<'de> Deserialize<'de> for Lossy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = Lossy;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Lossy, E> {
                Ok(Lossy(String::from_utf8_lossy(bytes).into_owned()))
            }
        }

        deserializer.deserialize_bytes(Bytes)
    }
}

//! What the strict reading finds wrong.

use std::fmt;

use super::{Path, Shown};
use crate::limits::{MAX_DEPTH, MAX_KEY_BYTES};

/// One thing wrong with a text, and where in it.
#[derive(Clone, Copy, Debug)]
pub struct JsonError<'a> {
    pub path: &'a Path<'a>,
    pub reason: Reason<'a>,
}

/// What is wrong. `Display` writes the sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason<'a> {
    /// The text breaks JSON's grammar: how, and where.
    NotJson(&'a str),
    /// The text is no object but this.
    NotAnObject(&'static str),
    /// A list or an object is nested deeper than 32 levels.
    TooDeep,
    /// This key stood in the same object before.
    DuplicateKey(&'a str),
    /// A key has no characters.
    EmptyKey,
    /// A key holds a NUL.
    NulInKey,
    /// A key has this many bytes, more than the database takes.
    KeyTooLong(usize),
    /// A key is not Unicode.
    LoneSurrogateInKey,
    /// A string is not Unicode.
    LoneSurrogate,
    /// The database can't hold a number, for this reason.
    NumberOutOfRange(&'a str),
}

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(problem) => f.write_str(problem),
            Self::NotAnObject(kind) => write!(f, "the line must be a JSON object, not {kind}"),
            Self::TooDeep => write!(f, "nested deeper than {MAX_DEPTH} levels"),
            Self::DuplicateKey(key) => write!(f, "the key {} is given twice", Shown(key)),
            Self::EmptyKey => f.write_str("a key must not be empty"),
            Self::NulInKey => f.write_str("a key must not hold a NUL"),
            Self::KeyTooLong(bytes) => {
                write!(f, "the key is {bytes} bytes long, at most {MAX_KEY_BYTES} can be stored")
            }
            Self::LoneSurrogateInKey => f.write_str("the key holds a lone surrogate, which is not Unicode"),
            Self::LoneSurrogate => f.write_str("the string holds a lone surrogate, which is not Unicode"),
            Self::NumberOutOfRange(problem) => write!(f, "the number {problem}"),
        }
    }
}

//! What the strict reading finds wrong.

use std::fmt;

use super::{Json, Path};
use crate::{
    limits::{MAX_DEPTH, MAX_KEY_BYTES},
    quote::{Shown, Value},
};

/// Of a character beyond U+FFFF, which `\u` writes in two halves.
const HALF: &str = ", a \\u from d800 to dfff without the other half; it was cut in two, write the character itself";

/// What to do with what is nested too deep.
pub(crate) const FLATTER: &str = "put fewer objects and lists inside of each other";

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
    NotAnObject(&'a Json),
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
            Self::NotAnObject(found) => {
                write!(f, "the line must be an object {{…}}, not {}{}", Value(found), cure(found))
            }
            Self::TooDeep => write!(f, "nested deeper than {MAX_DEPTH} levels: {FLATTER}"),
            Self::DuplicateKey(key) => write!(f, "the key {} is given twice: take one away", Shown(key)),
            Self::EmptyKey => f.write_str("a key must not be empty: write the name of an attribute, or take it away"),
            Self::NulInKey => f.write_str("a key must not hold a NUL (U+0000): take it out"),
            Self::KeyTooLong(bytes) => {
                write!(f, "the key is {bytes} bytes long, at most {MAX_KEY_BYTES} can be stored: shorten it")
            }
            Self::LoneSurrogateInKey => write!(f, "the key holds half a character{HALF}"),
            Self::LoneSurrogate => write!(f, "the text holds half a character{HALF}"),
            Self::NumberOutOfRange(problem) => {
                write!(f, "the number {problem}: round it, or write it as a text in double quotes")
            }
        }
    }
}

/// What to do with a line that is JSON but no object.
fn cure(found: &Json) -> &'static str {
    match found {
        Json::Array(items) if items.is_empty() => ": take the line away",
        Json::Array(_) => ": take the [ and ] away, and give each object a line of its own",
        Json::String(text) if text.trim_start().starts_with('{') => {
            ": the object was put in quotes, encoded twice; write it without them"
        }
        _ => ": write the whole object, such as {\"type\":\"subscription_product\",\"name\":\"Tea box\"}",
    }
}

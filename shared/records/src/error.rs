//! Why a line was not imported.

use std::fmt;

use serde::{Deserialize, Serialize};
use strum::VariantArray;

use crate::{
    json::{JsonError, Path, Reason},
    limits::{MAX_ERROR_BYTES, MAX_ERRORS, MAX_FIELD_BYTES, MAX_PROBLEM_BYTES},
};

/// One thing wrong with one line; data, not a failure of the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordError {
    /// The stable word for this kind of error.
    pub code: RecordErrorCode,
    /// The JSON path within the line, for example `data.attributes.name`; empty when the line as a whole is wrong, `…` for its
    /// middle when it is longer than 3 KiB.
    pub field: String,
    /// What is wrong and the limit it broke, without the path.
    pub problem: String,
    /// The line whose failure caused this one.
    pub blocked_by: Option<u32>,
}

impl RecordError {
    /// Makes an error at a JSON path. Of a long path and of a long sentence the middle is left out.
    #[must_use]
    pub fn new(code: RecordErrorCode, field: impl Into<String>, problem: impl Into<String>) -> Self {
        let field = without_middle(field.into(), MAX_FIELD_BYTES);
        Self { code, field, problem: without_middle(problem.into(), MAX_PROBLEM_BYTES), blocked_by: None }
    }

    /// The sentence shown to the caller: the path first, then what is wrong.
    #[must_use]
    pub fn detail(&self) -> String {
        if self.field.is_empty() { self.problem.clone() } else { format!("{}: {}", self.field, self.problem) }
    }
}

/// Shortens a text to so many bytes, with `…` for what is left out.
fn without_middle(text: String, most: usize) -> String {
    if text.len() <= most {
        return text;
    }
    let half = most.saturating_sub('…'.len_utf8()) / 2;
    let (start, _) = text.split_at(text.floor_char_boundary(half));
    let (_, end) = text.split_at(text.ceil_char_boundary(text.len() - half));
    format!("{start}…{end}")
}

/// The errors of one line, in the order in which they were found, 50 of them at most, and 8 KiB of text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordErrors {
    kept: Vec<RecordError>,
    /// What the kept ones say, in bytes.
    bytes: usize,
    more: usize,
}

impl RecordErrors {
    /// Adds an error at a path. Errors over the limit are only counted, so that a line full of errors costs no more
    /// than a good one.
    pub fn add(&mut self, code: RecordErrorCode, path: &Path<'_>, problem: impl fmt::Display) {
        if self.is_full() {
            self.more = self.more.saturating_add(1);
        } else {
            self.push(RecordError::new(code, path.to_string(), problem.to_string()));
        }
    }

    /// Adds what the strict reading has found.
    pub fn add_json(&mut self, JsonError { path, reason }: JsonError<'_>) {
        let code = match reason {
            Reason::NotJson(_) => RecordErrorCode::NotJson,
            Reason::NotAnObject(_) => RecordErrorCode::NotAnObject,
            Reason::TooDeep => RecordErrorCode::TooDeep,
            Reason::DuplicateKey(_) => RecordErrorCode::DuplicateKey,
            Reason::EmptyKey | Reason::NulInKey | Reason::KeyTooLong(_) => RecordErrorCode::InvalidKey,
            Reason::LoneSurrogateInKey | Reason::LoneSurrogate => RecordErrorCode::LoneSurrogate,
            Reason::NumberOutOfRange(_) => RecordErrorCode::NumberOutOfRange,
        };
        self.add(code, path, reason);
    }

    /// Adds an error made elsewhere.
    pub fn push(&mut self, error: RecordError) {
        let bytes = self.bytes + error.field.len() + error.problem.len();
        if self.is_full() || (bytes > MAX_ERROR_BYTES && !self.kept.is_empty()) {
            self.more = self.more.saturating_add(1);
        } else {
            self.bytes = bytes;
            self.kept.push(error);
        }
    }

    /// Says of a missing attribute that it stands beside `attributes`; `false` where it is not noted as missing.
    pub(super) fn explain_missing(&mut self, path: &Path<'_>, cure: &str) -> bool {
        let field = without_middle(path.to_string(), MAX_FIELD_BYTES);
        let missing =
            self.kept.iter_mut().find(|error| error.code == RecordErrorCode::Required && error.field == field);
        let Some(missing) = missing else { return false };
        let name = path.name();
        let problem = format!("{name} is required among the attributes; it stands beside them{cure}");
        self.bytes = (self.bytes + problem.len()).saturating_sub(missing.problem.len());
        missing.problem = problem;
        true
    }

    /// Whether no more are kept. Once one was left out, all later ones are.
    pub(super) const fn is_full(&self) -> bool {
        self.more > 0 || self.kept.len() >= MAX_ERRORS
    }

    /// Whether an error of this kind is noted at a path.
    pub(super) fn has(&self, code: RecordErrorCode, path: &Path<'_>) -> bool {
        let is_there = |error: &RecordError| error.field == without_middle(path.to_string(), MAX_FIELD_BYTES);
        self.kept.iter().filter(|error| error.code == code).any(is_there)
    }

    /// Whether the line is without an error.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The errors kept. The last one says how many were left out.
    #[must_use]
    pub fn into_vec(mut self) -> Vec<RecordError> {
        if let (Some(last), true) = (self.kept.last_mut(), self.more > 0) {
            last.problem = format!("{} (and {} more errors in this line)", last.problem, self.more);
        }
        self.kept.shrink_to_fit();
        self.kept
    }
}

/// The stable words for what can be wrong, the `meta.code` of an import error. Listed in `openapi.yaml`.
#[derive(Clone, Copy, Debug, VariantArray, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordErrorCode {
    /// The line is longer than 1 MiB.
    LineTooLong,
    /// The line holds bytes that are not UTF-8.
    NotUtf8,
    /// The line breaks JSON's grammar.
    NotJson,
    /// The line is JSON, but no object.
    NotAnObject,
    /// A key is given twice in one object.
    DuplicateKey,
    /// A key is empty, holds a NUL, or is too long.
    InvalidKey,
    /// A key or a string holds half of a surrogate pair.
    LoneSurrogate,
    /// A number has too many digits, or is too large or too small, to be stored.
    NumberOutOfRange,
    /// The line, or the finished object, is nested deeper than can be stored.
    TooDeep,
    /// The finished object is larger than can be stored.
    TooLarge,
    /// `type` is none of the six.
    UnknownType,
    /// A required attribute is missing or null.
    Required,
    /// An attribute is of another JSON type.
    WrongType,
    /// A string is too short or too long, or a list or map has too few or too many entries.
    WrongLength,
    /// A number is below or above its bounds.
    OutOfRange,
    /// A value is none of those allowed.
    NotAllowed,
    /// A string is not written as it has to be: a UUID, an email address, a time.
    Malformed,
    /// An attribute that nothing reads, where `unknown` is `refuse`.
    UnknownAttribute,
    /// Two attributes say the same thing in different ways.
    Conflicting,
    /// What an attribute refers to is neither in the file nor stored.
    ReferenceNotFound,
    /// What an attribute refers to is a line that was not imported itself.
    ReferenceFailed,
    /// A plan that is chosen, priced or configured is none of the offering's.
    PlanNotInOffering,
    /// A pricing option that is chosen or associated is none of the offering's, or none of the chosen plan's.
    PricingOptionNotInOffering,
    /// A feature that is configured is none of the offering's.
    FeatureNotInOffering,
    /// A line before has the same type and `external_ref`.
    DuplicateExternalRef,
    /// An object with the same type and `external_ref` is stored already.
    AlreadyExists,
    /// The database would not take the object.
    RefusedByDatabase,
    /// An option that came with the file can't be read.
    InvalidOption,
    /// A file that was put later under the same name was imported before.
    Superseded,
    /// The file is gone.
    FileMissing,
    /// The file holds no object.
    FileEmpty,
    /// The file is larger than 256 MiB, unpacked, or 257 MiB as it is stored.
    FileTooLarge,
    /// The file is of another kind, or damaged.
    FileUnreadable,
    /// The file holds more than 50,000 objects.
    TooManyObjects,
    /// Not one object of the file could be imported.
    NothingImported,
    /// The service could not finish the import, or not before the line was imported.
    GivenUp,
    /// The import was cancelled before the line was imported.
    Cancelled,
    /// The service failed over the line.
    Internal,
}

impl RecordErrorCode {
    /// Every code.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// Whether something that is named is none of the offering's.
    #[must_use]
    pub const fn is_not_in_offering(self) -> bool {
        matches!(self, Self::PlanNotInOffering | Self::PricingOptionNotInOffering | Self::FeatureNotInOffering)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of so many errors are kept, at a path of this length, and how many more the last one mentions.
    fn check(errors: usize, path: usize, kept: usize, more: usize) {
        let key = "k".repeat(path);
        let mut noted = RecordErrors::default();
        (0..errors).for_each(|_| noted.push(RecordError::new(RecordErrorCode::Malformed, key.as_str(), "is wrong")));
        let noted = noted.into_vec();
        assert_eq!(noted.len(), kept);
        let last =
            if more == 0 { "is wrong".to_owned() } else { format!("is wrong (and {more} more errors in this line)") };
        assert_eq!(noted.last().unwrap().problem, last);
    }

    #[test]
    fn a_line_tells_fifty_errors_or_eight_kibibytes_of_them() {
        check(50, 100, 50, 0);
        check(51, 100, 50, 1);
        check(50, 1016, 8, 42);
        check(3, 3064, 2, 1);
        check(3, 100_000, 2, 1);
    }

    #[test]
    fn a_long_path_and_a_long_sentence_lose_their_middle() {
        let error = |length| {
            let text = format!("a{}z", "é".repeat(length));
            RecordError::new(RecordErrorCode::Malformed, text.as_str(), text.as_str())
        };
        let whole = error(1_535);
        assert_eq!((whole.field.len(), &whole.field), (3_072, &whole.problem));
        let cut = error(100_000);
        assert_eq!(cut.field, format!("a{0}…{0}z", "é".repeat(766)));
        assert_eq!(cut.problem, format!("a{0}…{0}z", "é".repeat(1_022)));
        assert!(cut.field.len() <= MAX_FIELD_BYTES && cut.problem.len() <= MAX_PROBLEM_BYTES);
    }
}

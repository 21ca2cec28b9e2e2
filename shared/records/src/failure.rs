//! Why lines were not imported: one, to those that refer to it; all of a file, in short.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fmt,
};

use crate::error::{RecordError, RecordErrorCode};

/// Why a line was not imported, as far as it matters to the lines that refer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Something is wrong with it.
    Faulty,
    /// Only that an object of its name is stored already.
    Stored,
    /// Only that this line, to which it refers, was not imported.
    Waits(u32),
    /// The job ended before its turn.
    Untried,
    /// The service or the database failed over it.
    Service,
}

impl Failure {
    /// Why a line with these errors was not imported.
    #[must_use]
    pub fn of(errors: &[RecordError]) -> Self {
        let any = |codes: &[RecordErrorCode]| errors.iter().any(|error| codes.contains(&error.code));
        let first = errors.iter().find_map(|error| error.blocked_by);
        match first {
            Some(line) if errors.iter().all(|error| error.blocked_by.is_some()) => Self::Waits(line),
            _ if errors.iter().all(|error| error.code == RecordErrorCode::AlreadyExists) => Self::Stored,
            _ if any(&[RecordErrorCode::Cancelled, RecordErrorCode::GivenUp]) => Self::Untried,
            _ if any(&[RecordErrorCode::RefusedByDatabase, RecordErrorCode::Internal]) => Self::Service,
            _ => Self::Faulty,
        }
    }
}

/// Why the lines of a file were refused: of each kind of reason how many, and the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reasons {
    by_code: BTreeMap<RecordErrorCode, Reason>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Reason {
    lines: usize,
    first: u32,
    detail: String,
}

impl Reasons {
    /// Adds a line that was refused. Its reason is its first error; one that is its own goes before one that follows from
    /// another line's.
    pub fn add(&mut self, line: u32, errors: &[RecordError]) {
        let own = errors.iter().find(|error| error.blocked_by.is_none());
        let Some(error) = own.or(errors.first()) else { return };
        let new = || Reason { lines: 0, first: line, detail: error.detail() };
        let reason = self.by_code.entry(error.code).or_insert_with(new);
        reason.lines += 1;
        if line < reason.first {
            (reason.first, reason.detail) = (line, error.detail());
        }
    }

    /// Adds the lines of others.
    pub(crate) fn merge(&mut self, others: Self) {
        for (code, other) in others.by_code {
            match self.by_code.entry(code) {
                Entry::Vacant(entry) => {
                    entry.insert(other);
                }
                Entry::Occupied(mut entry) => {
                    let reason = entry.get_mut();
                    let lines = reason.lines + other.lines;
                    if other.first < reason.first {
                        *reason = other;
                    }
                    reason.lines = lines;
                }
            }
        }
    }

    /// Whether most lines that have a reason of their own were refused for this one.
    #[must_use]
    pub fn are_mostly(&self, code: RecordErrorCode) -> bool {
        let own = self.by_code.iter().filter(|(code, _)| **code != RecordErrorCode::ReferenceFailed);
        let all: usize = own.map(|(_, reason)| reason.lines).sum();
        self.by_code.get(&code).is_some_and(|reason| 2 * reason.lines > all)
    }

    /// What is wrong with the first line that was refused for the most frequent reason.
    pub(crate) fn detail(&self) -> &str {
        self.sorted().first().map_or("", |(_, reason)| reason.detail.as_str())
    }

    /// The reasons, the most frequent first; what waits for other lines last.
    fn sorted(&self) -> Vec<(RecordErrorCode, &Reason)> {
        let mut sorted: Vec<_> = self.by_code.iter().map(|(code, reason)| (*code, reason)).collect();
        sorted.sort_by_key(|(code, reason)| (*code == RecordErrorCode::ReferenceFailed, usize::MAX - reason.lines));
        sorted
    }
}

/// How many lines were refused for which reason, then the first that was for the most frequent.
impl fmt::Display for Reasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sorted = self.sorted();
        let Some((code, most)) = sorted.first() else { return Ok(()) };
        let counts = sorted.iter().map(|(code, reason)| format!("{}: {}", reason.lines, code.in_short()));
        let counts =
            if sorted.len() == 1 { format!("all: {}", code.in_short()) } else { counts.collect::<Vec<_>>().join("; ") };
        write!(f, "({counts})")?;
        if *code == RecordErrorCode::AlreadyExists {
            return Ok(());
        }
        write!(f, "; line {}: {}", most.first, most.detail)
    }
}

impl RecordErrorCode {
    /// What is wrong with a line, in a few words.
    #[must_use]
    pub const fn in_short(self) -> &'static str {
        use RecordErrorCode as Code;
        match self {
            Code::LineTooLong => "the line is too long",
            Code::NotUtf8 => "not UTF-8",
            Code::NotJson => "not JSON",
            Code::NotAnObject => "no object",
            Code::DuplicateKey => "a key is given twice",
            Code::InvalidKey => "a key that can't be stored",
            Code::LoneSurrogate => "half a character",
            Code::NumberOutOfRange => "a number that can't be stored",
            Code::TooDeep => "nested too deep",
            Code::TooLarge => "too large",
            Code::UnknownType => "a type that is not known",
            Code::Required => "an attribute is missing",
            Code::WrongType => "a value of the wrong kind",
            Code::WrongLength => "too short or too long",
            Code::OutOfRange => "a number out of its bounds",
            Code::NotAllowed => "a word that is not allowed",
            Code::Malformed => "a value that is not written as it has to be",
            Code::UnknownAttribute => "an attribute that is not known",
            Code::Conflicting => "attributes that do not go together",
            Code::ReferenceNotFound => "a reference to nothing",
            Code::ReferenceFailed => "only waits for another line",
            Code::PlanNotInOffering | Code::PricingOptionNotInOffering | Code::FeatureNotInOffering => {
                "a name that the offering does not have"
            }
            Code::DuplicateExternalRef => "the external_ref of an earlier line",
            Code::AlreadyExists => "stored already",
            Code::RefusedByDatabase => "refused by the database",
            Code::Internal => "the service failed over it",
            Code::FileMissing => "the file is not there",
            Code::FileEmpty => "the file is empty",
            Code::FileTooLarge => "the file is too large",
            Code::FileUnreadable => "the file can't be read",
            Code::TooManyObjects => "more objects than a file may have",
            Code::NothingImported => "no line was imported",
            Code::InvalidOption | Code::Superseded | Code::GivenUp | Code::Cancelled => "not tried",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: RecordErrorCode, field: &str) -> RecordError {
        RecordError::new(code, field, "is wrong")
    }

    #[test]
    fn the_most_frequent_reason_comes_first_with_its_first_line() {
        use RecordErrorCode::{AlreadyExists, Malformed, ReferenceFailed};
        let waits = RecordError { blocked_by: Some(7), ..error(ReferenceFailed, "c") };
        let mut reasons = Reasons::default();
        reasons.add(1, std::slice::from_ref(&waits));
        reasons.add(2, std::slice::from_ref(&waits));
        reasons.add(9, &[error(Malformed, "a")]);
        reasons.add(7, &[waits, error(Malformed, "b")]);
        reasons.add(3, &[error(AlreadyExists, "external_ref")]);
        assert_eq!(
            reasons.to_string(),
            "(2: a value that is not written as it has to be; 1: stored already; 2: only waits for another line); line 7: b: is wrong"
        );
        assert!(reasons.are_mostly(Malformed) && !reasons.are_mostly(AlreadyExists));
    }

    #[test]
    fn a_failure_is_what_those_that_refer_to_the_line_have_to_know() {
        use RecordErrorCode::{AlreadyExists, Cancelled, Internal, Malformed, ReferenceFailed};
        let of = |codes: &[RecordErrorCode]| {
            let errors: Vec<_> = codes.iter().map(|code| error(*code, "")).collect();
            Failure::of(&errors)
        };
        assert_eq!(of(&[AlreadyExists]), Failure::Stored);
        assert_eq!(of(&[AlreadyExists, Malformed]), Failure::Faulty);
        assert_eq!(of(&[Cancelled]), Failure::Untried);
        assert_eq!(of(&[Internal]), Failure::Service);
        let waits = RecordError { blocked_by: Some(7), ..error(ReferenceFailed, "") };
        assert_eq!(Failure::of(std::slice::from_ref(&waits)), Failure::Waits(7));
        assert_eq!(Failure::of(&[waits, error(Malformed, "")]), Failure::Faulty);
    }
}

//! What a filter asks, and why one can't be read.

use chrono::{DateTime, Datelike, Utc};

use crate::{
    import::{Import, ImportStatus},
    time::to_micros,
};

/// The longest filter, in characters: enough for any `external_ref`, each of its characters escaped.
pub const MAX_LENGTH: usize = 8_192;
/// The most values of a filter, those of all its conditions together. The database takes no more in one `IN`, and 4 KB of
/// expression, which these don't fill.
pub const MAX_VALUES: usize = 100;

/// What is asked of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The status is one of these.
    Status(Vec<ImportStatus>),
    /// The `external_ref` is one of these; a job without one has none of them.
    ExternalRef(Vec<String>),
    /// The time of creation, to the microsecond, compares so with this one.
    CreatedAt(Comparison, DateTime<Utc>),
}

/// How a field compares with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Gt,
    Ge,
    Lt,
    Le,
}

impl Condition {
    pub(super) fn values(&self) -> usize {
        match self {
            Self::Status(any) => any.len(),
            Self::ExternalRef(any) => any.len(),
            Self::CreatedAt(..) => 1,
        }
    }

    pub(super) fn matches(&self, import: &Import) -> bool {
        match self {
            Self::Status(any) => any.contains(&import.status),
            Self::ExternalRef(any) => import.options.external_ref.as_ref().is_some_and(|name| any.contains(name)),
            Self::CreatedAt(Comparison::Gt, time) => import.created_at > *time,
            Self::CreatedAt(Comparison::Ge, time) => import.created_at >= *time,
            Self::CreatedAt(Comparison::Lt, time) => import.created_at < *time,
            Self::CreatedAt(Comparison::Le, time) => import.created_at <= *time,
        }
    }
}

/// Reads a time as the database can compare it, which is as text: in UTC, to the microsecond, its year of four digits.
pub(super) fn comparable_time(text: &str) -> Option<DateTime<Utc>> {
    // A plus sign that a caller did not percent-encode reaches us as a space.
    let time = DateTime::parse_from_rfc3339(&text.replace(' ', "+")).ok()?.to_utc();
    (0..=9_999).contains(&time.year()).then(|| to_micros(time))
}

/// Why a filter can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    #[error("the parameter \"filter\" may be given once only; join conditions with \":\"")]
    GivenTwice,
    #[error("a filter has at most {max} characters, this one has {0}", max = MAX_LENGTH)]
    TooLong(usize),
    #[error("a filter has at most {max} values, this one has {0}", max = MAX_VALUES)]
    TooManyValues(usize),
    /// `position` counts characters from 1.
    #[error("at character {position}: expected {expected}, found {found}{instead}")]
    Unreadable { position: usize, expected: &'static str, found: String, instead: String },
}

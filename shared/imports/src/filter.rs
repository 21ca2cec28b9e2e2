//! The filter of the job list: read once, bounded, and of one meaning in the database and in memory.
//!
//! ```text
//! in(status,success,failed):ge(created_at,2026-01-31T00:00:00Z):eq(external_ref,"a, b")
//! ```

use chrono::{DateTime, Datelike, TimeDelta, Utc};

use crate::import::{Import, ImportStatus, to_micros};

mod parse;

/// The longest filter, in characters: enough for any `external_ref`, each of its characters escaped.
pub const MAX_LENGTH: usize = 8_192;
/// The most values of a filter, those of all its conditions together. The database takes no more in one `IN`, and 4 KB of
/// expression, which these don't fill.
pub const MAX_VALUES: usize = 100;

const FILTER: &str = "filter";

/// What a job must be to be listed. The default asks nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    conditions: Vec<Condition>,
}

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

impl Filter {
    /// Reads the parameter `filter` of a query; without it, nothing is asked.
    ///
    /// # Errors
    /// [`FilterError`], also when the parameter is given twice, or is empty.
    pub fn from_query(query: &[(String, String)]) -> Result<Self, FilterError> {
        let mut given = query.iter().filter(|(name, _)| name == FILTER).map(|(_, text)| text);
        match (given.next(), given.next()) {
            (None, _) => Ok(Self::default()),
            (Some(text), None) => Self::parse(text),
            (Some(_), Some(_)) => Err(FilterError::GivenTwice),
        }
    }

    /// Reads conditions joined by `:`, all of which must hold.
    ///
    /// # Errors
    /// [`FilterError`], when the text is no such thing or goes beyond the bounds.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let length = text.chars().count();
        if length > MAX_LENGTH {
            return Err(FilterError::TooLong(length));
        }
        let conditions = parse::conditions(text)?;
        let values = conditions.iter().map(Condition::values).sum();
        if values > MAX_VALUES {
            return Err(FilterError::TooManyValues(values));
        }
        Ok(Self { conditions })
    }

    /// What is asked; nothing when every job will do.
    #[must_use]
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// The first and the last time of creation that may be asked for; `None` where there is no such bound.
    #[must_use]
    pub fn created_between(&self) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
        let step = TimeDelta::microseconds(1);
        let (mut since, mut until) = (None, None);
        for condition in &self.conditions {
            // `None` is the least of options: a bound that is not there gives way to any.
            let (from, to) = match condition {
                Condition::CreatedAt(Comparison::Gt, time) => (Some(*time + step), None),
                Condition::CreatedAt(Comparison::Ge, time) => (Some(*time), None),
                Condition::CreatedAt(Comparison::Lt, time) => (None, Some(*time - step)),
                Condition::CreatedAt(Comparison::Le, time) => (None, Some(*time)),
                Condition::Status(_) | Condition::ExternalRef(_) => (None, None),
            };
            since = since.max(from);
            until = [until, to].into_iter().flatten().min();
        }
        (since, until)
    }

    /// Whether a job meets every condition.
    #[must_use]
    pub fn matches(&self, import: &Import) -> bool {
        self.conditions.iter().all(|condition| condition.matches(import))
    }
}

impl Condition {
    fn values(&self) -> usize {
        match self {
            Self::Status(any) => any.len(),
            Self::ExternalRef(any) => any.len(),
            Self::CreatedAt(..) => 1,
        }
    }

    fn matches(&self, import: &Import) -> bool {
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
fn comparable_time(text: &str) -> Option<DateTime<Utc>> {
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
    #[error("at character {position}: expected {expected}, found {found}")]
    Unreadable { position: usize, expected: &'static str, found: String },
}

#[cfg(test)]
mod tests;

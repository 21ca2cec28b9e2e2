//! The filter of the job list: read once, bounded, and of one meaning in the database and in memory.
//!
//! ```text
//! in(status,success,failed):ge(created_at,2026-01-31T00:00:00Z):eq(external_ref,"a, b")
//! ```

use chrono::{DateTime, TimeDelta, Utc};

use crate::import::Import;

mod condition;
pub(crate) mod meant;
mod parse;

pub use condition::{Comparison, Condition, FilterError, MAX_LENGTH, MAX_VALUES};

const FILTER: &str = "filter";

/// What a job must be to be listed. The default asks nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    conditions: Vec<Condition>,
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

#[cfg(test)]
mod tests;

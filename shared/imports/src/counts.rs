//! How many records of each type.

use std::collections::HashMap;

use enum_map::EnumMap;
use records::RecordType;
use serde::{Deserialize, Serialize};

use crate::report::Action;

/// A number for each record type. Written with all of them, in their order; a type missing when read counts zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "HashMap<RecordType, u32>")]
pub struct RecordCounts(EnumMap<RecordType, u32>);

impl From<HashMap<RecordType, u32>> for RecordCounts {
    fn from(counts: HashMap<RecordType, u32>) -> Self {
        Self(counts.into_iter().collect())
    }
}

impl RecordCounts {
    /// The number for one type.
    #[must_use]
    pub fn get(&self, record_type: RecordType) -> u32 {
        self.0[record_type]
    }

    /// Adds to the number of one type.
    pub fn add(&mut self, record_type: RecordType, more: u32) {
        self.0[record_type] = self.get(record_type).saturating_add(more);
    }

    fn at_least(&self, other: &Self) -> Self {
        Self(EnumMap::from_fn(|record_type| self.get(record_type).max(other.get(record_type))))
    }

    /// The sum over all types.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.0.values().copied().fold(0, u32::saturating_add)
    }
}

/// What was done with the imported records; in a dry run what would have been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionCounts {
    pub created: RecordCounts,
    pub updated: RecordCounts,
    pub skipped: RecordCounts,
}

impl ActionCounts {
    fn of(&mut self, action: Action) -> &mut RecordCounts {
        match action {
            Action::Created => &mut self.created,
            Action::Updated => &mut self.updated,
            Action::Skipped => &mut self.skipped,
        }
    }

    fn at_least(&self, other: &Self) -> Self {
        Self {
            created: self.created.at_least(&other.created),
            updated: self.updated.at_least(&other.updated),
            skipped: self.skipped.at_least(&other.skipped),
        }
    }

    /// The sum over all actions and types.
    #[must_use]
    pub fn total(&self) -> u32 {
        [self.created, self.updated, self.skipped].iter().map(RecordCounts::total).fold(0, u32::saturating_add)
    }
}

/// How many records of each type were found and how many were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Lines that are well-formed JSON of a known type, valid or not.
    pub uploaded: RecordCounts,
    /// Records that were validated and written; in a dry run those that could have been.
    pub imported: RecordCounts,
    /// The same records by what was done with them. Zero for jobs that ended before that was counted.
    pub actions: ActionCounts,
    /// How many of the imported lines have warnings.
    pub warnings: u32,
}

impl Tally {
    /// Counts an imported record.
    pub fn add_imported(&mut self, record_type: RecordType, action: Action, more: u32) {
        self.imported.add(record_type, more);
        self.actions.of(action).add(record_type, more);
    }

    /// The greater of the two, count by count.
    #[must_use]
    pub fn at_least(self, other: Self) -> Self {
        Self {
            uploaded: self.uploaded.at_least(&other.uploaded),
            imported: self.imported.at_least(&other.imported),
            actions: self.actions.at_least(&other.actions),
            warnings: self.warnings.max(other.warnings),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_written_with_every_type_in_its_order_and_read_with_or_without() {
        let mut counts = RecordCounts::default();
        counts.add(RecordType::Subscription, 7);
        let json = serde_json::to_string(&counts).unwrap();
        let zero = |record_type: &RecordType| format!("\"{record_type}\":{}", counts.get(*record_type));
        assert_eq!(json, format!("{{{}}}", RecordType::ALL.iter().map(zero).collect::<Vec<_>>().join(",")));
        for text in [json.as_str(), "{\"subscription\":7}"] {
            assert_eq!(serde_json::from_str::<RecordCounts>(text).unwrap(), counts);
        }
    }
}

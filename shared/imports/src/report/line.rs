//! What a report says of a line.

use records::{RecordError, RecordId, RecordType, RecordWarning};
use strum::{IntoStaticStr, VariantArray};

/// What was done with an imported line.
#[derive(Clone, Copy, Debug, IntoStaticStr, VariantArray, PartialEq, Eq)]
#[strum(serialize_all = "snake_case")]
pub enum Action {
    /// The object is new.
    Created,
    /// It replaced the stored one.
    Updated,
    /// The stored one stayed.
    Skipped,
}

impl Action {
    /// Every action.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// What a dry run says, which does nothing.
    #[must_use]
    pub const fn in_dry_run(self) -> &'static str {
        match self {
            Self::Created => "would_create",
            Self::Updated => "would_update",
            Self::Skipped => "would_skip",
        }
    }
}

/// How a line went: the id of its object and what was done, or all its errors.
pub type LineOutcome = Result<(RecordId, Action), Vec<RecordError>>;

/// A line of the import file, as a report shows it.
#[derive(Clone, Copy, Debug)]
pub struct ReportLine<'a> {
    pub number: u32,
    /// The line as it stands in the file, without its line feed.
    pub raw: &'a [u8],
    pub record_type: Option<RecordType>,
    pub external_ref: Option<&'a str>,
    pub outcome: &'a LineOutcome,
    /// What is to be said of an imported line.
    pub warnings: &'a [RecordWarning],
}

//! The kinds of what a job owes.

use chrono::{DateTime, Utc};
use strum::{IntoStaticStr, VariantArray};

use crate::import::Import;

/// Something that a job owes.
#[derive(Clone, Copy, Debug, IntoStaticStr, VariantArray, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[strum(serialize_all = "snake_case")]
pub enum Debt {
    /// To whoever dropped its file, once it has ended.
    Receipt,
    /// That others are told of its first start.
    Started,
    /// And of its end.
    Ended,
}

impl Debt {
    /// All that there is.
    pub const ALL: &[Self] = Self::VARIANTS;
    /// Those that are events.
    pub const EVENTS: &[Self] = &[Self::Started, Self::Ended];

    /// The word used in the database and the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Since when a job owes it.
    #[must_use]
    pub const fn since(self, import: &Import) -> Option<DateTime<Utc>> {
        match self {
            Self::Started => import.started_at,
            Self::Receipt | Self::Ended => import.finished_at,
        }
    }
}

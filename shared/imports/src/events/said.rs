//! What every event says: who sends it, and how its job has ended.

use records::RecordErrorCode;
use strum::IntoStaticStr;

use crate::import::{Import, ImportStatus};

/// Who sends events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// The stack's name.
    pub stack: String,
    /// How the addresses of the API begin: scheme and host.
    pub origin: String,
}

/// How a job has ended, for those who act on it.
#[derive(Clone, Copy, Debug, IntoStaticStr, PartialEq, Eq)]
#[strum(serialize_all = "snake_case")]
pub enum EventOutcome {
    /// Every line was imported, or would have been.
    Success,
    /// Some were not.
    Partial,
    Failed,
    Cancelled,
}

impl EventOutcome {
    /// The outcome of a job that has ended.
    pub(super) fn of(import: &Import) -> Option<Self> {
        let report = import.report.as_ref()?;
        Some(match (import.status, report.failure.as_ref().map(|failure| failure.code)) {
            (_, Some(RecordErrorCode::Cancelled)) => Self::Cancelled,
            (ImportStatus::Success, _) if report.errors == 0 => Self::Success,
            (ImportStatus::Success, _) => Self::Partial,
            _ => Self::Failed,
        })
    }
}

//! Why a line was not imported.

use serde::{Deserialize, Serialize};

/// One thing wrong with one line; data, not a failure of the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordError {
    /// The stable word for this kind of error.
    pub code: RecordErrorCode,
    /// The JSON path within the line, for example `data.attributes.name`; empty when the line as a whole is wrong.
    pub field: String,
    /// What is wrong and the limit it broke, without the path.
    pub problem: String,
    /// The line whose failure caused this one.
    pub blocked_by: Option<u32>,
}

impl RecordError {
    /// Makes an error at a JSON path.
    #[must_use]
    pub fn new(code: RecordErrorCode, field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { code, field: field.into(), problem: problem.into(), blocked_by: None }
    }

    /// The sentence shown to the caller: the path first, then what is wrong.
    #[must_use]
    pub fn detail(&self) -> String {
        if self.field.is_empty() { self.problem.clone() } else { format!("{}: {}", self.field, self.problem) }
    }
}

/// The stable words for what can be wrong (API.md §2, `meta.code`). Listed in `openapi.yaml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordErrorCode {
    /// A required attribute is missing or null.
    Required,
}

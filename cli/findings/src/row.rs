//! One thing wrong with one line.

use std::borrow::Cow;

use serde::Serialize;

/// Whether a line is refused for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Error,
    Warning,
}

/// One thing wrong with one line, whether this tool found it or the service did: codes and types are the service's words, which
/// may be newer than this tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row<'a> {
    pub kind: Kind,
    /// From 1; 0 is the file as a whole.
    pub line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_ref: Option<Cow<'a, str>>,
    pub code: Cow<'a, str>,
    /// The JSON path within the line; empty for the line as a whole.
    pub field: Cow<'a, str>,
    /// The sentence, its path first.
    pub error: Cow<'a, str>,
    /// The line whose failure caused this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked_by: Option<u32>,
    /// The line as it stands in the file, where it is known.
    #[serde(skip)]
    pub bytes: Option<Cow<'a, [u8]>>,
}

impl Row<'_> {
    /// What is wrong, without the path in front.
    #[must_use]
    pub fn problem(&self) -> &str {
        let behind = self.error.strip_prefix(&*self.field).and_then(|rest| rest.strip_prefix(": "));
        behind.unwrap_or(&self.error)
    }
}

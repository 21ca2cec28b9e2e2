//! One thing wrong with one line.

use std::{borrow::Cow, ops::Range};

use records::{CheckedLine, FileFault, RecordError, RecordWarning, json::place, jsonl::seen};
use serde::Serialize;

/// Whether a line is refused for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
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
    /// Where the line is in the file that refused lines were put into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_line: Option<u32>,
    /// The line as it stands in the file, where it is known.
    #[serde(skip)]
    pub bytes: Option<Cow<'a, [u8]>>,
}

impl<'a> Row<'a> {
    /// All that is wrong with a line that was checked, and what is noticed of it.
    #[must_use]
    pub fn of_line(line: &CheckedLine<'a>) -> Vec<Row<'a>> {
        let row = |kind, code: String, field: &str, error: String, blocked_by| Row {
            kind,
            line: line.line,
            r#type: line.record_type.map(|record_type| record_type.as_str().into()),
            external_ref: line.external_ref.map(Cow::Borrowed),
            code: code.into(),
            field: field.to_owned().into(),
            error: error.into(),
            blocked_by,
            kept_line: None,
            bytes: Some(Cow::Borrowed(line.raw)),
        };
        let error =
            |error: &RecordError| row(Kind::Error, word(error.code), &error.field, error.detail(), error.blocked_by);
        let warning =
            |warning: &RecordWarning| row(Kind::Warning, word(warning.code), &warning.field, warning.detail(), None);
        line.errors.iter().map(error).chain(line.warnings.iter().map(warning)).collect()
    }

    /// What is wrong with a file as a whole.
    #[must_use]
    pub fn of_fault(fault: &FileFault) -> Self {
        let error = fault.error();
        Row {
            kind: Kind::Error,
            line: 0,
            r#type: None,
            external_ref: None,
            code: word(error.code).into(),
            field: "".into(),
            error: error.detail().into(),
            blocked_by: None,
            kept_line: None,
            bytes: None,
        }
    }

    /// What is wrong, without the path in front.
    #[must_use]
    pub fn problem(&self) -> &str {
        let behind = self.error.strip_prefix(&*self.field).and_then(|rest| rest.strip_prefix(": "));
        behind.filter(|_| !self.field.is_empty()).unwrap_or(&self.error)
    }

    /// Which bytes of the line it is about, where that can be told.
    #[must_use]
    pub fn culprit(&self) -> Option<Range<usize>> {
        let raw = self.bytes.as_deref()?;
        let line = seen(raw);
        let begin = line.as_ptr().addr() - raw.as_ptr().addr();
        let range = place(line, &self.field)?.range();
        Some(begin + range.start..begin + range.end)
    }

    /// The columns of the culprit, in characters from 1; the end is the first column behind it.
    pub(crate) fn columns(&self) -> Option<(usize, usize)> {
        let range = self.culprit()?;
        let raw = self.bytes.as_deref()?;
        let column = |end: usize| raw.get(..end).map(|before| String::from_utf8_lossy(before).chars().count() + 1);
        Some((column(range.start)?, column(range.end)?))
    }
}

/// A code as it stands in documents.
pub(crate) fn word(code: impl Serialize) -> String {
    serde_json::to_value(code).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

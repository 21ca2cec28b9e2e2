//! What a report says of a line, as JSON.

use std::borrow::Cow;

use serde::Serialize;
use serde_with::skip_serializing_none;

use super::ReportLine;
use records::{RecordError, RecordErrorCode, RecordId, RecordType, RecordWarning, WarningCode, limits::MAX_LINE_BYTES};

/// How much is shown of a line that is too long to be imported, in bytes.
const SHOWN: usize = 1 << 10;

/// A line of the results.
#[skip_serializing_none]
#[derive(Serialize)]
pub(super) struct ResultDocument<'a> {
    line: u32,
    r#type: Option<RecordType>,
    external_ref: Option<&'a str>,
    id: Option<RecordId>,
    action: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: Vec<ResultErrorDocument<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    warnings: Vec<ResultWarningDocument<'a>>,
}

#[skip_serializing_none]
#[derive(Serialize)]
struct ResultWarningDocument<'a> {
    code: WarningCode,
    field: &'a str,
    warning: String,
    did_you_mean: Option<&'static str>,
}

#[skip_serializing_none]
#[derive(Serialize)]
struct ResultErrorDocument<'a> {
    code: RecordErrorCode,
    field: &'a str,
    error: String,
    blocked_by: Option<u32>,
}

/// A line of the results of failed lines: what the results say, and what whoever corrects the line needs beside it.
#[skip_serializing_none]
#[derive(Serialize)]
pub(super) struct FailedResultDocument<'a> {
    #[serde(flatten)]
    result: &'a ResultDocument<'a>,
    text: Cow<'a, str>,
    /// Says how `text` differs from the line; without it the two are equal.
    text_note: Option<String>,
    /// The line that this one waits for: it fails for no reason of its own.
    blocked_by: Option<u32>,
}

impl<'a> ResultDocument<'a> {
    /// Shows a line; in a dry run, what a real run would do with it.
    pub(super) fn new(line: &ReportLine<'a>, is_dry_run: bool) -> Self {
        let (id, action, errors) = match line.outcome {
            Ok((id, action)) => (Some(*id), if is_dry_run { action.in_dry_run() } else { action.into() }, &[][..]),
            Err(errors) => (None, "failed", errors.as_slice()),
        };
        let shown = |error: &'a RecordError| ResultErrorDocument {
            code: error.code,
            field: &error.field,
            error: error.detail(),
            blocked_by: error.blocked_by,
        };
        let warned = |warning: &'a RecordWarning| ResultWarningDocument {
            code: warning.code,
            field: &warning.field,
            warning: warning.detail(),
            did_you_mean: warning.did_you_mean,
        };
        Self {
            line: line.number,
            r#type: line.record_type,
            external_ref: line.external_ref,
            id,
            action,
            errors: errors.iter().map(shown).collect(),
            warnings: line.warnings.iter().map(warned).collect(),
        }
    }
}

impl<'a> FailedResultDocument<'a> {
    pub(super) fn new(result: &'a ResultDocument<'a>, raw: &'a [u8]) -> Self {
        let (text, text_note) = text(raw);
        let blocked = result.errors.iter().all(|error| error.blocked_by.is_some());
        let first = result.errors.first().and_then(|error| error.blocked_by);
        Self { result, text, text_note, blocked_by: first.filter(|_| blocked) }
    }
}

/// A line as text and, where that is not the line byte for byte, a sentence about the difference.
fn text(raw: &[u8]) -> (Cow<'_, str>, Option<String>) {
    // A CR at the end does not count to a line's length.
    let is_cut = raw.len() > MAX_LINE_BYTES + 1;
    let shown = if is_cut { beginning(raw) } else { raw };
    let text = String::from_utf8_lossy(shown);
    let differences = [
        is_cut.then(|| format!("these are the first {} of the line's {} bytes", shown.len(), raw.len())),
        matches!(text, Cow::Owned(_)).then(|| "\u{FFFD} stands for bytes that are not UTF-8".to_owned()),
    ];
    let differences: Vec<_> = differences.into_iter().flatten().collect();
    let note = format!("{}; the failed lines have the line as it came", differences.join(", and "));
    (text, (!differences.is_empty()).then_some(note))
}

/// What is shown of a long line. It does not end within a character.
fn beginning(raw: &[u8]) -> &[u8] {
    let begins_character = |place: &usize| raw.get(*place).is_some_and(|byte| byte & 0xC0 != 0x80);
    let end = (SHOWN - 3..=SHOWN).rev().find(begins_character).unwrap_or(SHOWN);
    raw.get(..end).unwrap_or(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &[u8], expected: &str, note: Option<&str>) {
        let (text, noted) = text(raw);
        let note = note.map(|note| format!("{note}; the failed lines have the line as it came"));
        assert_eq!((&*text, noted), (expected, note));
    }

    #[test]
    fn a_line_is_shown_as_it_came_and_where_it_is_not_a_note_says_how() {
        check(b"{\"a\": \"\xC3\xA9\"}\r", "{\"a\": \"é\"}\r", None);
        check(b"a\xFFb\x00", "a\u{FFFD}b\u{0}", Some("\u{FFFD} stands for bytes that are not UTF-8"));
        let longest = "x".repeat(MAX_LINE_BYTES + 1);
        check(longest.as_bytes(), &longest, None);
        let first = |shown: usize| format!("these are the first {shown} of the line's {} bytes", MAX_LINE_BYTES + 2);
        check(format!("{longest}x").as_bytes(), &longest[..SHOWN], Some(&first(SHOWN)));
        let moon = format!("{}🌙{}", &longest[..SHOWN - 2], &longest[..MAX_LINE_BYTES - SHOWN]);
        check(moon.as_bytes(), &longest[..SHOWN - 2], Some(&first(SHOWN - 2)));
        let other = [b"\xFF", longest.as_bytes()].concat();
        let note = format!("{}, and \u{FFFD} stands for bytes that are not UTF-8", first(SHOWN));
        check(&other, &format!("\u{FFFD}{}", &longest[..SHOWN - 1]), Some(&note));
    }
}

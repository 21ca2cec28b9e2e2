//! The Static Analysis Results Interchange Format, 2.1.0: one run over all files.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use records::{RecordErrorCode, WarningCode};
use serde_json::{Value, json};

use crate::row::{Kind, Row, word};

/// What stands for something else in a URI reference, or not at all.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b':')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

pub(super) fn begin(out: &mut impl Write) -> io::Result<()> {
    let codes: BTreeSet<_> = RecordErrorCode::ALL.iter().map(word).chain(WarningCode::ALL.iter().map(word)).collect();
    let rules: Vec<_> = codes.iter().map(|code| json!({"id": code})).collect();
    let tool = json!({"driver": {"name": "imports", "version": env!("CARGO_PKG_VERSION"), "rules": rules}});
    write!(
        out,
        "{{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{tool},\
         \"columnKind\":\"unicodeCodePoints\",\"results\":["
    )
}

fn place(file: &str) -> Value {
    json!({"artifactLocation": {"uri": utf8_percent_encode(file, ENCODED).to_string()}})
}

pub(super) fn of_row(row: &Row<'_>, file: &str) -> Value {
    let mut place = place(file);
    if row.line > 0 {
        let mut region = json!({"startLine": row.line});
        if let Some((begin, end)) = row.columns() {
            region = json!({"startLine": row.line, "startColumn": begin, "endColumn": end});
        }
        if let Some(place) = place.as_object_mut() {
            place.insert("region".to_owned(), region);
        }
    }
    let level = match row.kind {
        // It needs nothing itself.
        Kind::Error if row.blocked_by.is_some() => "note",
        Kind::Error => "error",
        Kind::Warning => "warning",
    };
    json!({"ruleId": row.code, "level": level, "message": {"text": row.error},
        "locations": [{"physicalLocation": place}]})
}

/// Ends the run. That a file could not be checked is said of the run: it is nothing that was found in the file.
pub(super) fn end(out: &mut impl Write, unchecked: &[(String, String)], exit: u8) -> io::Result<()> {
    let notes = unchecked.iter().map(|(file, why)| {
        json!({"level": "error", "message": {"text": why}, "locations": [{"physicalLocation": place(file)}]})
    });
    let invocation = json!({"executionSuccessful": unchecked.is_empty(), "exitCode": exit,
        "toolExecutionNotifications": notes.collect::<Vec<_>>()});
    writeln!(out, "\n],\"invocations\":[{invocation}]}}]}}")
}

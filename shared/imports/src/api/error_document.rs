//! An error row as callers see it, and as a report holds it.

use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::{import::Import, owner::Owner, time::time};
use records::{RecordError, RecordErrorCode};

/// A reason why a line, or with line number 0 the whole file, was not imported.
#[derive(Debug, Serialize)]
pub struct ImportErrorDocument<'a> {
    id: String,
    r#type: &'static str,
    meta: ImportErrorMeta<'a>,
}

#[skip_serializing_none]
#[derive(Debug, Serialize)]
struct ImportErrorMeta<'a> {
    owner: Owner,
    timestamps: ErrorTimestamps,
    line_number: u32,
    field: &'a str,
    error: String,
    external_ref: Option<&'a str>,
    code: RecordErrorCode,
    blocked_by: Option<u32>,
}

#[derive(Debug, Serialize)]
struct ErrorTimestamps {
    created_at: String,
    updated_at: String,
}

impl<'a> ImportErrorDocument<'a> {
    /// Shows the `row`-th error (from 0) of a job. Its id is derived, so that a report written twice is the same report.
    #[must_use]
    pub fn new(
        import: &Import,
        row: u64,
        line_number: u32,
        external_ref: Option<&'a str>,
        error: &'a RecordError,
    ) -> Self {
        let written = time(import.started_at.unwrap_or(import.created_at));
        // The row of the file as a whole is not counted among those of its lines.
        let name = if line_number == 0 { "failure".to_owned() } else { format!("error {row}") };
        Self {
            id: uuid::Uuid::new_v5(&import.id.as_uuid(), name.as_bytes()).to_string(),
            r#type: "subscription_import_error",
            meta: ImportErrorMeta {
                owner: import.owner,
                timestamps: ErrorTimestamps { created_at: written.clone(), updated_at: written },
                line_number,
                field: &error.field,
                error: error.detail(),
                external_ref,
                code: error.code,
                blocked_by: error.blocked_by,
            },
        }
    }
}

//! `GET /v2/subscriptions/imports/{id}/errors`: the lines that were not imported and why, by line number.

use std::ops::Range;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use imports::{
    api::{ApiError, Call, ImportErrorDocument, ListDocument, Reply, failed_results_address, import_address},
    import::Import,
    page::{ListMeta, Page},
    parameters::{Parameter, unread},
    ports::{Files, Imports, PortError, PortResult},
    report::{Report, index_range, rows_range},
};
use serde::Serialize;
use serde_json::value::RawValue;
use tracing::warn;

/// The most bytes that the rows of a page take; the first row is given whatever its size.
const MAX_PAGE_BYTES: u64 = 5 << 19;

/// The most bytes of JSON that a Lambda may answer. The document is a string in it, in which a byte may take two.
const MAX_ANSWER_BYTES: u64 = 6_291_556;

// Leaves a mebibyte for the row of line 0, for links, which repeat the query, and for headers.
const _: () = assert!(2 * MAX_PAGE_BYTES + (1 << 20) <= MAX_ANSWER_BYTES);

/// Answers one page of a job's error rows. The page ends early where more rows would not fit an answer. A job that has not
/// ended has no rows yet.
///
/// # Errors
/// [`ApiError::NotFound`] when the caller's store has no such job, [`ApiError::ReportMissing`] when somebody has deleted its
/// report, [`ApiError::Validation`] when the page can't be read or is out of bounds, or a parameter is nearly one that is read.
pub async fn handle(
    imports: &impl Imports,
    files: &impl Files,
    now: DateTime<Utc>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let ignored = unread(&call.query, Parameter::OF_PAGES)?;
    let page = Page::from_query(&call.query)?;
    let id = call.import_id()?;
    let import = imports.get(&call.store, id, now).await?.ok_or(ApiError::NotFound)?;
    let total = import.report.as_ref().map_or(0, |report| report.errors);
    let rows = match &import.report {
        Some(report) => rows(files, &import, report, page).await?,
        None => Vec::new(),
    };
    let (given, url) =
        (u64::try_from(rows.len()).unwrap_or(u64::MAX), format!("{}/errors", import_address(&call.origin, id)));
    let links = page.links_after(given, &url, &call.query, total);
    let rest =
        page.beyond(given, total).map(|errors| Rest { errors, results: failed_results_address(&call.origin, id) });
    let meta = ErrorsMeta { list: page.meta(total, ignored), rest };
    Reply::ok(&ListDocument { data: rows, links, meta })
}

/// The `meta` of a page of errors.
#[derive(Debug, Serialize)]
struct ErrorsMeta {
    #[serde(flatten)]
    list: ListMeta,
    #[serde(skip_serializing_if = "Option::is_none")]
    rest: Option<Rest>,
}

/// The errors that no page shows: how many, and where they are found with all others.
#[derive(Debug, Serialize)]
struct Rest {
    errors: u64,
    results: String,
}

/// Reads the rows of a page. The row of line 0, which stands in the job itself, comes before those of the report.
async fn rows(
    files: &impl Files,
    import: &Import,
    report: &Report,
    page: Page,
) -> Result<Vec<Box<RawValue>>, ApiError> {
    let unreadable = |error| {
        ApiError::Internal(PortError::Permanent(format!("the report of import {} can't be read: {error}", import.id)))
    };
    let first = u64::from(page.offset()).min(report.errors);
    let end = (first + u64::from(page.limit())).min(report.errors);
    let ahead = u64::from(report.failure.is_some());
    let mut rows = Vec::new();
    if let Some(failure) = report.failure.as_ref().filter(|_| first == 0 && end > 0) {
        let document = ImportErrorDocument::new(import, 0, 0, None, failure);
        rows.push(serde_json::value::to_raw_value(&document).map_err(unreadable)?);
    }
    let of_lines = line_rows(files, report, first.saturating_sub(ahead)..end.saturating_sub(ahead)).await?;
    let of_lines = of_lines.ok_or_else(|| {
        warn!(import.id = %import.id, store = %import.store, "the report of an import is missing");
        ApiError::ReportMissing
    })?;
    for row in of_lines.split(|byte| *byte == b'\n').filter(|row| !row.is_empty()) {
        rows.push(serde_json::from_slice(row).map_err(unreadable)?);
    }
    Ok(rows)
}

/// Reads a range of the report's rows with two ranged reads: of the index, then of the rows that fit. `None` when a file is
/// missing; a range without rows needs no file.
async fn line_rows(files: &impl Files, report: &Report, rows: Range<u64>) -> PortResult<Option<Bytes>> {
    let first = rows.start;
    let index = files.read_range(&Report::errors_index_key(&report.prefix), index_range(rows)).await?;
    let Some(index) = index else { return Ok(None) };
    let Some(range) = rows_range(first, &index, MAX_PAGE_BYTES) else { return Ok(Some(Bytes::new())) };
    files.read_range(&Report::errors_key(&report.prefix), range).await
}

#[cfg(test)]
mod tests;

//! `GET /v2/subscriptions/imports/{id}/errors`: the lines that were not imported and why, by line number.

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use shared::{
    api::{ApiError, Call, ListDocument, Reply, import_address},
    import::Report,
    page::Page,
    ports::{FileStore, ImportStore, StoreError},
    report,
};

/// Answers one page of a job's error rows. A job that has not ended has none yet.
///
/// # Errors
/// [`ApiError::NotFound`] when the caller's store has no such job, [`ApiError::Validation`] when the page can't be read
/// or is out of bounds.
pub async fn handle(
    imports: &impl ImportStore,
    files: &impl FileStore,
    now: DateTime<Utc>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let page = Page::from_query(&call.query)?;
    let id = call.import_id()?;
    let import = imports.get(&call.store, id, now).await?.ok_or(ApiError::NotFound)?;
    let total = import.report.as_ref().map_or(0, |report| report.errors);
    let rows = match &import.report {
        Some(report) => rows(files, report, page).await?,
        None => Vec::new(),
    };
    Reply::ok(&ListDocument {
        data: rows,
        links: page.links(&format!("{}/errors", import_address(&call.origin, id)), &call.query, total),
        meta: page.meta(total),
    })
}

/// Reads the rows of a page, whatever its offset, with two ranged reads: of the index, then of the rows.
async fn rows(files: &impl FileStore, report: &Report, page: Page) -> Result<Vec<Box<RawValue>>, StoreError> {
    let first = u64::from(page.offset()).min(report.errors);
    let end = (first + u64::from(page.limit())).min(report.errors);
    let index = files.read_range(&Report::errors_index_key(&report.prefix), report::index_range(first..end)).await?;
    let Some(range) = report::rows_range(first, &index) else { return Ok(Vec::new()) };
    let rows = files.read_range(&Report::errors_key(&report.prefix), range).await?;
    let row = |line: &[u8]| serde_json::from_slice(line);
    let rows = rows.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(row).collect::<Result<_, _>>();
    rows.map_err(|error| StoreError::Permanent(format!("the report can't be read: {error}")))
}

#[cfg(test)]
mod tests;

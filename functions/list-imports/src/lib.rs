//! `GET /v2/subscriptions/imports`: a store's jobs, newest first, all or those that match a filter.

use chrono::{DateTime, Utc};
use imports::{
    api::{ApiError, Call, IMPORTS_PATH, ImportDocument, ListDocument, Reply},
    filter::Filter,
    line::Line,
    page::Page,
    ports::Imports,
};

/// Answers one page of the caller's jobs.
///
/// # Errors
/// [`ApiError::Validation`] when the page can't be read or is out of bounds, [`ApiError::Filter`] when the filter can't be
/// read.
pub async fn handle(imports: &impl Imports, now: DateTime<Utc>, call: &Call) -> Result<Reply, ApiError> {
    let page = Page::from_query(&call.query)?;
    let filter = Filter::from_query(&call.query)?;
    let listing = imports.list(&call.store, &filter, page, now).await?;
    let line = Line::read(imports, &listing.imports).await?;
    let show = |import| {
        let position = line.position(&import);
        ImportDocument::new(import, position, &call.origin)
    };
    Reply::ok(&ListDocument {
        data: listing.imports.into_iter().map(show).collect(),
        links: page.links(&format!("{}{IMPORTS_PATH}", call.origin), &call.query, listing.total),
        meta: page.meta(listing.total),
    })
}

#[cfg(test)]
mod tests;

//! `GET /v2/subscriptions/imports/{id}`: one job.

use chrono::{DateTime, Utc};
use imports::{
    api::{ApiError, Call, Document, ImportDocument, Reply},
    backlog::Backlog,
    ports::Imports,
};

/// Answers the job that the path names.
///
/// # Errors
/// [`ApiError::NotFound`] when the caller's store has no such job.
pub async fn handle(imports: &impl Imports, now: DateTime<Utc>, call: &Call) -> Result<Reply, ApiError> {
    let import = imports.get(&call.store, call.import_id()?, now).await?.ok_or(ApiError::NotFound)?;
    let position = Backlog::position_of(imports, &import).await?;
    Reply::ok(&Document { data: ImportDocument::new(import, position, &call.origin) })
}

#[cfg(test)]
mod tests;

//! `POST /v2/subscriptions/imports`: takes a file in and makes an import job of it.

pub mod idempotency;
pub mod upload;

use chrono::{DateTime, Utc};
use imports::{
    api::{ApiError, Call, Document, ImportDocument, Reply, import_address},
    import::{ImportFile, ImportId, NewImport},
    line::Line,
    ports::{Created, Files, Imports, Queue},
    submit::submit,
};
use upload::Upload;

/// Stores the file, then the job, and answers once both are durable. A file whose job could not be stored is removed by
/// the bucket's lifecycle. `now` is asked as late as possible, so that jobs wait in the order in which they were stored.
///
/// A call made again under its key is answered with the job that the first one made, and stores nothing.
///
/// # Errors
/// [`ApiError::Validation`] and [`ApiError::PayloadTooLarge`] as [`Upload::read`] and [`idempotency::of`] say;
/// [`ApiError::Conflict`] when the key stands for another call.
pub async fn handle(
    files: &impl Files,
    imports: &impl Imports,
    queue: &impl Queue,
    now: impl Fn() -> DateTime<Utc>,
    id: ImportId,
    mut call: Call,
) -> Result<Reply, ApiError> {
    let (store, origin) = (call.store.clone(), call.origin.clone());
    let key = call.idempotency_key.take();
    let upload = Upload::read(call).await?;
    let idempotency = idempotency::of(key, &upload)?;
    if let Some(idempotency) = &idempotency
        && let Some(before) = imports.recall(&store, idempotency, now()).await?
    {
        return answer(imports, before, &origin).await;
    }
    let key = format!("imports/{store}/{id}.jsonl");
    files.put(&key, upload.file).await?;
    let file = ImportFile { key, version: None };
    let new = NewImport { options: upload.options, idempotency, ..NewImport::new(id, store, file) };
    let created = submit(imports, queue, new, now()).await?;
    answer(imports, created, &origin).await
}

async fn answer(imports: &impl Imports, created: Created, origin: &str) -> Result<Reply, ApiError> {
    let (import, new) = match created {
        Created::Now(import) => (import, true),
        Created::Before(import) => (import, false),
        Created::KeyTaken => return Err(idempotency::conflict()),
    };
    // The job is made: that its place can't be told now is no reason to say otherwise.
    let position = Line::position_of(imports, &import).await.unwrap_or_default();
    let location = import_address(origin, import.id);
    let document = Document { data: ImportDocument::new(import, position, origin) };
    if new { Reply::created(&document, Some(location)) } else { Reply::ok(&document) }
}

#[cfg(test)]
mod tests;

//! `POST /v2/subscriptions/imports`: stores a file and makes an import job of it.

mod error;
mod form;
pub mod idempotency;
pub mod upload;

use chrono::{DateTime, Utc};
use imports::{
    api::{ApiError, Call, Document, ImportDocument, Reply, import_address, key_taken},
    creation::submit,
    import::{Import, ImportFile, ImportId, NewImport},
    ports::{Created, Files, Imports, Queue},
    queue_position::Turns,
};
use upload::Upload;

/// Stores the file, then the job, and answers once both are durable. The bucket's lifecycle removes a file whose job could
/// not be stored. `now` is read as late as possible, so that jobs wait in the order in which they are stored.
///
/// A call that is repeated under its key stores nothing and is answered with the job of the first call.
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
        return answer(imports, before, upload.ignored, &origin).await;
    }
    let key = format!("imports/{store}/{id}.jsonl");
    files.put(&key, upload.file.clone()).await?;
    let file = ImportFile { key, version: None };
    let Upload { options, ignored, .. } = upload;
    let new = NewImport { options, ignored: ignored.clone(), idempotency, ..NewImport::new(id, store, file) };
    let created = submit(imports, queue, new, now()).await?;
    answer(imports, created, ignored, &origin).await
}

/// Answers a job, with what means nothing in this call, whichever call made the job.
async fn answer(
    imports: &impl Imports,
    created: Created,
    ignored: Vec<String>,
    origin: &str,
) -> Result<Reply, ApiError> {
    let (import, new) = match created {
        Created::Now(import) => (import, true),
        Created::Before(import) => (import, false),
        Created::KeyTaken(holder) => return Err(key_taken("file or other options", holder)),
    };
    // The job is stored, so the call has succeeded even if the queue position can't be read.
    let position = Turns::position_of(imports, &import).await.unwrap_or_default();
    let location = import_address(origin, import.id);
    let import = Import { ignored, ..import };
    let document = Document::new(ImportDocument::new(import, position, origin));
    if new { Reply::created(&document, Some(location)) } else { Reply::ok(&document) }
}

#[cfg(test)]
mod tests;

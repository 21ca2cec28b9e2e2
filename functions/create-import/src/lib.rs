//! `POST /v2/subscriptions/imports`: takes a file in and makes an import job of it.

pub mod idempotency;
pub mod upload;

use chrono::{DateTime, Utc};
use shared::{
    api::{ApiError, Call, Document, ImportDocument, Reply, import_address},
    import::{ImportFile, ImportId, NewImport},
    ports::{Created, FileStore, ImportQueue, ImportStore},
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
    files: &impl FileStore,
    imports: &impl ImportStore,
    queue: &impl ImportQueue,
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
        return answer(before, &origin);
    }
    let key = format!("imports/{store}/{id}.jsonl");
    files.put(&key, upload.file).await?;
    let file = ImportFile { key, version: None };
    let new = NewImport { options: upload.options, idempotency, ..NewImport::new(id, store, file) };
    answer(submit(imports, queue, new, now()).await?, &origin)
}

fn answer(created: Created, origin: &str) -> Result<Reply, ApiError> {
    match created {
        Created::Now(import) => {
            let location = import_address(origin, import.id);
            Reply::created(&Document { data: ImportDocument::new(import, origin) }, Some(location))
        }
        Created::Before(import) => Reply::ok(&Document { data: ImportDocument::new(import, origin) }),
        Created::KeyTaken => Err(idempotency::conflict()),
    }
}

#[cfg(test)]
mod tests;

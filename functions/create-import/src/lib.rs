//! `POST /v2/subscriptions/imports`: takes a file in and makes an import job of it.

pub mod upload;

use chrono::{DateTime, Utc};
use shared::{
    api::{ApiError, Call, Document, ImportDocument, Reply, import_address},
    import::{ImportFile, ImportId, NewImport},
    line::Line,
    options::ImportOptions,
    ports::{FileStore, ImportQueue, ImportStore},
    submit::submit,
};
use upload::Upload;

/// Stores the file, then the job, and answers once both are durable. A file whose job could not be stored is removed by
/// the bucket's lifecycle. `now` is asked as late as possible, so that jobs wait in the order in which they were stored.
///
/// # Errors
/// [`ApiError::Validation`] and [`ApiError::PayloadTooLarge`] as [`Upload::read`] says.
pub async fn handle(
    files: &impl FileStore,
    imports: &impl ImportStore,
    queue: &impl ImportQueue,
    now: impl Fn() -> DateTime<Utc>,
    id: ImportId,
    call: Call,
) -> Result<Reply, ApiError> {
    let (store, origin) = (call.store.clone(), call.origin.clone());
    let upload = Upload::read(call).await?;
    let key = format!("imports/{store}/{id}.jsonl");
    files.put(&key, upload.file).await?;
    let file = ImportFile { key, version: None };
    let options = ImportOptions { external_ref: upload.external_ref, ..ImportOptions::default() };
    let new = NewImport { options, ..NewImport::new(id, store, file) };
    let import = submit(imports, queue, new, now()).await?.into_import();
    // The job is made: that its place can't be told now is no reason to say otherwise.
    let position = Line::position_of(imports, &import).await.unwrap_or_default();
    let location = import_address(&origin, import.id);
    Reply::created(&Document { data: ImportDocument::new(import, position, &origin) }, location)
}

#[cfg(test)]
mod tests;

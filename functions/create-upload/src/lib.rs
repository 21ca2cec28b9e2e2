//! `POST /v2/subscriptions/imports/uploads`: promises an import of a file that is too large for a call.

mod document;
mod request;

use chrono::{DateTime, TimeDelta, Utc};
use document::UploadDocument;
use imports::{
    api::{ApiError, Call, Document, Reply},
    import::ImportId,
    ports::{UploadForms, UploadPromise, UploadTerms, Uploads},
    upload,
};
use records::limits::MAX_FILE_BYTES;

/// Makes a form with which one file can be put within `time`, and stores the promise: the file becomes an import job with
/// this id and the options of the call. There is no job before the file is there.
///
/// # Errors
/// [`ApiError::Validation`] when the body can't be read; its detail names the path that is wrong.
pub async fn handle(
    forms: &impl UploadForms,
    uploads: &impl Uploads,
    time: TimeDelta,
    now: DateTime<Utc>,
    id: ImportId,
    call: &Call,
) -> Result<Reply, ApiError> {
    let options = request::read(&call.body)?;
    let expires_at = now + time;
    let terms = UploadTerms { key: upload::key(&call.store, id), max_bytes: MAX_FILE_BYTES, expires_at };
    let form = forms.form(&terms, now).await?;
    let promise = UploadPromise { store: call.store.clone(), id, options, expires_at: expires_at + upload::REMEMBERED };
    uploads.promise(&promise).await?;
    Reply::created(&Document { data: UploadDocument::new(id, form, &terms, &call.origin) }, None)
}

#[cfg(test)]
mod tests;

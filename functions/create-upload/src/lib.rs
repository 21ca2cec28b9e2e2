//! `POST /v2/subscriptions/imports/uploads`: promises an import of a file that is too large for a call.

mod document;
mod idempotency;
mod request;

use chrono::{DateTime, TimeDelta, Utc};
use document::UploadDocument;
use imports::{
    api::{ApiError, Call, Document, Reply, key_taken},
    import::ImportId,
    ports::{Promised, Reserved, UploadForms, UploadPromise, UploadTerms, Uploads},
    upload,
};
use records::limits::MAX_FILE_BYTES;

/// Makes a form with which one file can be put within `time`, and stores the promise: the file becomes an import job with
/// this id and the options of the call, and names what the call said in vain. There is no job before the file is there.
///
/// A call that is repeated under its key is answered with the id of the first one, and a form anew.
///
/// # Errors
/// [`ApiError::Validation`] when the body can't be read; its detail names the path that is wrong. [`ApiError::Conflict`] when
/// the key stands for other options.
pub async fn handle(
    forms: &impl UploadForms,
    uploads: &impl Uploads,
    time: TimeDelta,
    now: DateTime<Utc>,
    id: ImportId,
    call: &Call,
) -> Result<Reply, ApiError> {
    let (options, ignored) = request::read(call)?;
    let reserved = match idempotency::of(call.idempotency_key.clone(), &options)? {
        Some(idempotency) => uploads.reserve(&call.store, &idempotency, id, now).await?,
        None => Reserved::Now,
    };
    let (id, is_new) = match reserved {
        Reserved::Now => (id, true),
        Reserved::Before(id) => (id, false),
        Reserved::KeyTaken(holder) => return Err(key_taken("upload with other options", holder)),
    };
    let expires_at = now + time;
    let terms = UploadTerms { key: upload::key(&call.store, id), max_bytes: MAX_FILE_BYTES, expires_at };
    let form = forms.form(&terms, now).await?;
    let promised = Promised { options, ignored: ignored.clone() };
    let promise =
        UploadPromise { store: call.store.clone(), id, promised, expires_at: expires_at + upload::REMEMBERED };
    uploads.promise(&promise).await?;
    let document = Document::new(UploadDocument::new(id, form, &terms, ignored, &call.origin));
    if is_new { Reply::created(&document, None) } else { Reply::ok(&document) }
}

#[cfg(test)]
mod tests;

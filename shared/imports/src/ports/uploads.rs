//! Uploads: what callers were promised, and the forms that they put files with.

use std::future::Future;

use chrono::{DateTime, Utc};

use super::PortResult;
use crate::{idempotency::Idempotency, import::ImportId, options::ImportOptions};
use records::StoreId;

/// An upload that a caller was promised: the job that it becomes once its bytes are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadPromise {
    pub store: StoreId,
    pub id: ImportId,
    pub promised: Promised,
    /// When the promise may be forgotten.
    pub expires_at: DateTime<Utc>,
}

/// What a promised upload's job is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Promised {
    pub options: ImportOptions,
    /// What came with the call for it and means nothing.
    pub ignored: Vec<String>,
}

/// For which upload a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// For this one, from now on.
    Now,
    /// For the one that an equal call asked for.
    Before(ImportId),
    /// For the one that another call asked for.
    KeyTaken(ImportId),
}

/// The uploads that were promised.
pub trait Uploads: Sync {
    /// Lets a key stand for the upload with this id, for [`crate::idempotency::REMEMBERED`], unless it stands for one already.
    /// Keys of uploads and keys of imports know nothing of each other.
    fn reserve(
        &self,
        store: &StoreId,
        idempotency: &Idempotency,
        id: ImportId,
        now: DateTime<Utc>,
    ) -> impl Future<Output = PortResult<Reserved>> + Send;

    /// Remembers a promise.
    fn promise(&self, promise: &UploadPromise) -> impl Future<Output = PortResult<()>> + Send;

    /// Finds what was promised with an upload. One of another store, or one that has expired, is not found.
    fn promised(
        &self,
        store: &StoreId,
        id: ImportId,
        now: DateTime<Utc>,
    ) -> impl Future<Output = PortResult<Option<Promised>>> + Send;
}

/// A form by which anybody who has it can put one file: where to post it, and its fields beside the one named `file`,
/// which comes last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadForm {
    pub url: String,
    pub fields: Vec<(&'static str, String)>,
}

/// What may be put with a form, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadTerms {
    pub key: String,
    /// The most bytes; one is the least.
    pub max_bytes: usize,
    pub expires_at: DateTime<Utc>,
}

/// Makes the forms of uploads.
pub trait UploadForms: Sync {
    /// Makes a form for a file under exactly this key.
    fn form(&self, terms: &UploadTerms, now: DateTime<Utc>) -> impl Future<Output = PortResult<UploadForm>> + Send;
}

//! The document of a promised upload: where and how to put the file, until when, and where its job will be.

use std::collections::BTreeMap;

use imports::{
    api::{import_address, time},
    import::ImportId,
    ports::{UploadForm, UploadTerms},
};
use serde::Serialize;

/// A promised upload as callers see it.
#[derive(Debug, Serialize)]
pub(crate) struct UploadDocument {
    id: ImportId,
    r#type: &'static str,
    meta: UploadMeta,
    links: UploadLinks,
}

#[derive(Debug, Serialize)]
struct UploadMeta {
    upload: UploadRequest,
    expires_at: String,
    max_bytes: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ignored: Vec<String>,
}

/// The request that puts the file: a form with these fields and, last, the file as `file`.
#[derive(Debug, Serialize)]
struct UploadRequest {
    method: &'static str,
    url: String,
    fields: BTreeMap<&'static str, String>,
}

#[derive(Debug, Serialize)]
struct UploadLinks {
    import: String,
}

impl UploadDocument {
    /// Describes the upload that becomes the import `id`, with what means nothing in the call, for a caller who reached the service at `origin`.
    pub(crate) fn new(id: ImportId, form: UploadForm, terms: &UploadTerms, ignored: Vec<String>, origin: &str) -> Self {
        Self {
            id,
            r#type: crate::request::TYPE,
            meta: UploadMeta {
                upload: UploadRequest { method: "POST", url: form.url, fields: form.fields.into_iter().collect() },
                expires_at: time(terms.expires_at),
                max_bytes: terms.max_bytes,
                ignored,
            },
            links: UploadLinks { import: import_address(origin, id) },
        }
    }
}

//! The documents a caller sees, and the one table from what went wrong to what is answered.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use crate::{
    import::{Import, ImportId, RecordCounts, Tally},
    options::OnConflict,
    owner::{Owner, StoreId},
    page::{Links, ListMeta, PageError},
    ports::StoreError,
    record::{RecordError, RecordErrorCode},
};

/// The path of the list of imports; every call's path begins with it.
pub const IMPORTS_PATH: &str = "/v2/subscriptions/imports";

/// A call as a handler sees it: who calls (verified), what for, and with what.
#[derive(Clone, Debug)]
pub struct Call {
    /// The store that the caller acts for.
    pub store: StoreId,
    /// Scheme and host of the address the caller used, for absolute links.
    pub origin: String,
    /// The `{id}` of the path.
    pub id: Option<String>,
    /// The decoded query, in order.
    pub query: Vec<(String, String)>,
    pub content_type: Option<String>,
    /// The caller's own key for this call, from the header `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    pub body: bytes::Bytes,
}

impl Call {
    /// The import that the path names.
    ///
    /// # Errors
    /// [`ApiError::NotFound`] when it is no UUID: there is no such import.
    pub fn import_id(&self) -> Result<ImportId, ApiError> {
        let id = self.id.as_deref().unwrap_or_default();
        ImportId::parse(id).ok_or(ApiError::NotFound)
    }
}

/// An answer: a status, a JSON document and, for something made, where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub location: Option<String>,
    pub body: String,
}

impl Reply {
    /// Answers 200 with a document.
    ///
    /// # Errors
    /// [`ApiError::Internal`] when the document can't be written, which would be a mistake of ours.
    pub fn ok(document: &impl Serialize) -> Result<Self, ApiError> {
        Ok(Self { status: 200, location: None, body: to_json(document)? })
    }

    /// Answers 201 with a document and, when it can be asked for already, the address of what was made.
    ///
    /// # Errors
    /// As [`Self::ok`].
    pub fn created(document: &impl Serialize, location: Option<String>) -> Result<Self, ApiError> {
        Ok(Self { status: 201, location, body: to_json(document)? })
    }
}

fn to_json(document: &impl Serialize) -> Result<String, ApiError> {
    serde_json::to_string(document)
        .map_err(|error| ApiError::Internal(StoreError::Permanent(format!("could not write a document: {error}"))))
}

/// Why a call is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// 400; the detail names the parameter first, then what is wrong and the limit it broke.
    Validation(String),
    /// 403: the caller is known, but no store is.
    Forbidden(String),
    /// 404, the same bytes for an import of another store as for none at all.
    NotFound,
    /// 409: the call is at odds with what is there.
    Conflict(String),
    /// 413.
    PayloadTooLarge(String),
    /// 500: what happened inside goes to the log, never to the caller.
    Internal(StoreError),
}

impl From<PageError> for ApiError {
    fn from(error: PageError) -> Self {
        Self::Validation(error.to_string())
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        Self::Internal(error)
    }
}

impl ApiError {
    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Validation(_) => 400,
            Self::Forbidden(_) => 403,
            Self::NotFound => 404,
            Self::Conflict(_) => 409,
            Self::PayloadTooLarge(_) => 413,
            Self::Internal(_) => 500,
        }
    }

    /// The errors document. A 500 carries the request's id, under which the log tells what happened.
    #[must_use]
    pub fn reply(&self, request_id: &str) -> Reply {
        let (title, detail) = match self {
            Self::Validation(detail) => ("Validation Error", detail.as_str()),
            Self::Forbidden(detail) => ("Forbidden", detail.as_str()),
            Self::NotFound => ("Not Found", "There is no import with this id."),
            Self::Conflict(detail) => ("Write Conflict", detail.as_str()),
            Self::PayloadTooLarge(detail) => ("Payload Too Large", detail.as_str()),
            Self::Internal(_) => ("Internal Server Error", "An internal error has occurred."),
        };
        let status = self.status();
        let meta = matches!(self, Self::Internal(_)).then(|| ErrorMeta { request_id: request_id.to_owned() });
        let document = ErrorsDocument { errors: [ErrorDocument { status: status.to_string(), title, detail, meta }] };
        // Strings alone: this can't fail, and an empty body would still be a true 500.
        Reply { status, location: None, body: serde_json::to_string(&document).unwrap_or_default() }
    }
}

#[derive(Serialize)]
struct ErrorsDocument<'a> {
    errors: [ErrorDocument<'a>; 1],
}

#[derive(Serialize)]
struct ErrorDocument<'a> {
    status: String,
    title: &'static str,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<ErrorMeta>,
}

#[derive(Serialize)]
struct ErrorMeta {
    request_id: String,
}

/// `{"data": …}`.
#[derive(Debug, Serialize)]
pub struct Document<T> {
    pub data: T,
}

/// `{"data": […], "links": …, "meta": …}`.
#[derive(Debug, Serialize)]
pub struct ListDocument<T> {
    pub data: Vec<T>,
    pub links: Links,
    pub meta: ListMeta,
}

/// An import job as callers see it.
#[derive(Debug, Serialize)]
pub struct ImportDocument {
    id: ImportId,
    r#type: &'static str,
    attributes: ImportAttributes,
    meta: ImportMeta,
    links: ImportLinks,
}

#[derive(Debug, Serialize)]
struct ImportAttributes {
    #[serde(skip_serializing_if = "Option::is_none")]
    external_ref: Option<String>,
    status: &'static str,
}

#[derive(Debug, Serialize)]
struct ImportMeta {
    owner: Owner,
    timestamps: ImportTimestamps,
    records: ImportRecords,
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_conflict: Option<OnConflict>,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<u64>,
}

/// The counts of a job. A dry run writes nothing, so nothing of it is imported; what could be is told apart.
#[derive(Debug, Serialize)]
struct ImportRecords {
    uploaded: RecordCounts,
    imported: RecordCounts,
    #[serde(skip_serializing_if = "Option::is_none")]
    importable: Option<RecordCounts>,
}

impl ImportRecords {
    fn new(tally: Tally, dry_run: bool) -> Self {
        let Tally { uploaded, imported } = tally;
        if dry_run {
            Self { uploaded, imported: RecordCounts::default(), importable: Some(imported) }
        } else {
            Self { uploaded, imported, importable: None }
        }
    }
}

#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "the names on the wire")]
struct ImportTimestamps {
    created_at: String,
    updated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_requested_at: Option<String>,
}

#[derive(Debug, Serialize)]
struct ImportLinks {
    #[serde(rename = "self")]
    this: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<String>,
}

impl ImportDocument {
    /// Shows a job to a caller who reached the service at `origin`.
    #[must_use]
    pub fn new(import: Import, origin: &str) -> Self {
        let address = import_address(origin, import.id);
        let errors = import.report.as_ref().map(|report| report.errors);
        Self {
            id: import.id,
            r#type: "subscription_import",
            attributes: ImportAttributes { external_ref: import.options.external_ref, status: import.status.as_str() },
            meta: ImportMeta {
                owner: import.owner,
                timestamps: ImportTimestamps {
                    created_at: time(import.created_at),
                    updated_at: time(import.updated_at),
                    started_at: import.started_at.map(time),
                    finished_at: import.finished_at.map(time),
                    cancel_requested_at: import.cancel_requested_at.map(time),
                },
                records: ImportRecords::new(import.tally, import.options.dry_run),
                dry_run: import.options.dry_run.then_some(true),
                on_conflict: Some(import.options.on_conflict).filter(|policy| *policy != OnConflict::Fail),
                errors,
            },
            links: ImportLinks { errors: errors.map(|_| format!("{address}/errors")), this: address },
        }
    }
}

/// The address of an import.
#[must_use]
pub fn import_address(origin: &str, id: ImportId) -> String {
    format!("{origin}{IMPORTS_PATH}/{id}")
}

/// A time as documents and the database write it: RFC 3339, UTC, microseconds.
#[must_use]
pub fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A reason why a line, or with line number 0 the whole file, was not imported.
#[derive(Debug, Serialize)]
pub struct ImportErrorDocument<'a> {
    id: String,
    r#type: &'static str,
    meta: ImportErrorMeta<'a>,
}

#[derive(Debug, Serialize)]
struct ImportErrorMeta<'a> {
    owner: Owner,
    timestamps: ErrorTimestamps,
    line_number: u32,
    field: &'a str,
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_ref: Option<&'a str>,
    code: RecordErrorCode,
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked_by: Option<u32>,
}

#[derive(Debug, Serialize)]
struct ErrorTimestamps {
    created_at: String,
    updated_at: String,
}

impl<'a> ImportErrorDocument<'a> {
    /// Shows the `row`-th error (from 0) of a job. Its id is derived, so that a report written twice is the same report.
    #[must_use]
    pub fn new(
        import: &Import,
        row: u64,
        line_number: u32,
        external_ref: Option<&'a str>,
        error: &'a RecordError,
    ) -> Self {
        let written = time(import.started_at.unwrap_or(import.created_at));
        Self {
            id: uuid::Uuid::new_v5(&import.id.as_uuid(), format!("error {row}").as_bytes()).to_string(),
            r#type: "subscription_import_error",
            meta: ImportErrorMeta {
                owner: import.owner,
                timestamps: ErrorTimestamps { created_at: written.clone(), updated_at: written },
                line_number,
                field: &error.field,
                error: error.detail(),
                external_ref,
                code: error.code,
                blocked_by: error.blocked_by,
            },
        }
    }
}

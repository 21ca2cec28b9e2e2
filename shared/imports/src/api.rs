//! The documents a caller sees, and the one table from what went wrong to what is answered.

mod calls;
mod error_document;
mod event_document;
mod idempotency_key;
mod import_document;

pub use calls::{CALLS, no_such_call};
pub use error_document::ImportErrorDocument;
pub use event_document::EventDocument;
pub use idempotency_key::{check_key, key_taken};
pub use import_document::{ImportDocument, LeftAsideDocument, ReceiptDocument};

pub use crate::time::time;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::{
    filter::FilterError,
    import::ImportId,
    page::{Links, ListMeta, PageError},
    ports::PortError,
};
use records::StoreId;

/// The path of the list of imports; every call's path begins with it.
pub const IMPORTS_PATH: &str = "/v2/subscriptions/imports";

/// After how many seconds a call is worth another try that was answered with 503, or did not wait though it was asked to.
pub const RETRY_AFTER: u16 = 5;

/// Below an import's address: the results of the failed lines alone.
pub const FAILED_RESULTS: &str = "results?only=failed";

/// A call as a handler sees it: who calls (verified), what for, and with what.
#[derive(Clone, Debug)]
pub struct Call {
    /// The store that the caller acts for.
    pub store: StoreId,
    /// The address the caller used up to the API's own path, for absolute links: scheme, host, what a domain maps the API to.
    pub origin: String,
    /// The path as it was called.
    pub path: String,
    /// The `{id}` of the path.
    pub id: Option<String>,
    /// The decoded query, in order.
    pub query: Vec<(String, String)>,
    /// All headers by their names in small letters; with their values where [`may_ask`](crate::options::may_ask) says so,
    /// others have none.
    pub headers: Vec<(String, String)>,
    pub content_type: Option<String>,
    /// The caller's own key for this call, from the header `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// What the caller has of this answer already, from the header `If-None-Match`.
    pub if_none_match: Option<String>,
    pub body: bytes::Bytes,
}

impl Call {
    /// The import that the path names.
    ///
    /// # Errors
    /// [`ApiError::NotFound`] when it is no UUID in its usual form: there is no such import.
    pub fn import_id(&self) -> Result<ImportId, ApiError> {
        let id = self.id.as_deref().unwrap_or_default();
        ImportId::parse(id).ok_or(ApiError::NotFound)
    }
}

/// An answer: a status, a JSON document if it has any, and what its headers say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    /// Where something is that was made, or asked for.
    pub location: Option<String>,
    /// What this answer is known by.
    pub etag: Option<String>,
    /// After how many seconds to call again.
    pub retry_after: Option<u16>,
    /// Which methods the path takes.
    pub allow: Option<String>,
    pub body: String,
}

impl Reply {
    /// Answers a status with a text that is a JSON document.
    #[must_use]
    pub const fn new(status: u16, body: String) -> Self {
        Self { status, location: None, etag: None, retry_after: None, allow: None, body }
    }

    /// Answers 200 with a document.
    ///
    /// # Errors
    /// [`ApiError::Internal`] when the document can't be written, which would be a mistake of ours.
    pub fn ok(document: &impl Serialize) -> Result<Self, ApiError> {
        Ok(Self::new(200, to_json(document)?))
    }

    /// Answers 304: the caller has it already.
    #[must_use]
    pub const fn not_modified() -> Self {
        Self::new(304, String::new())
    }

    /// Answers 201 with a document and, when it can be asked for already, the address of what was made.
    ///
    /// # Errors
    /// As [`Self::ok`].
    pub fn created(document: &impl Serialize, location: Option<String>) -> Result<Self, ApiError> {
        Ok(Self { location, ..Self::new(201, to_json(document)?) })
    }

    /// Answers where a file is, which anyone can fetch there until then: as a redirect (307), or to those who fetch it
    /// themselves as a document alone (200).
    ///
    /// # Errors
    /// As [`Self::ok`].
    pub fn download(link: String, expires_at: DateTime<Utc>, redirect: bool) -> Result<Self, ApiError> {
        let links = DownloadLinks { download: &link };
        let body = to_json(&DownloadDocument { links, meta: DownloadMeta { expires_at: time(expires_at) } })?;
        Ok(if redirect { Self { location: Some(link), ..Self::new(307, body) } } else { Self::new(200, body) })
    }
}

/// Where a file is.
#[derive(Serialize)]
struct DownloadDocument<'a> {
    links: DownloadLinks<'a>,
    meta: DownloadMeta,
}

#[derive(Serialize)]
struct DownloadLinks<'a> {
    download: &'a str,
}

#[derive(Serialize)]
struct DownloadMeta {
    expires_at: String,
}

fn to_json(document: &impl Serialize) -> Result<String, ApiError> {
    serde_json::to_string(document)
        .map_err(|error| ApiError::Internal(PortError::Permanent(format!("could not write a document: {error}"))))
}

/// Why a call is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiError {
    /// 400; the detail names the parameter first, then what is wrong and the limit it broke.
    Validation(String),
    /// 400; the reason says where the filter of a list can't be read, and what is allowed there.
    Filter(FilterError),
    /// 403: the caller is known, but no store is.
    Forbidden(String),
    /// 404, the same bytes for an import of another store as for none at all.
    NotFound,
    /// 404: there is no call of this method and path.
    NoSuchCall(String),
    /// 405: there are calls of this path, with these methods.
    NoSuchMethod { detail: String, allow: String },
    /// 404: the upload was promised, and its file is not there yet.
    UploadAwaited,
    /// 404: the import is there, but its report was deleted.
    ReportMissing,
    /// 409: the thing is not in a state that allows it.
    Conflict(String),
    /// 413.
    PayloadTooLarge(String),
    /// 500, or 503 where another try may succeed: what happened inside goes to the log, never to the caller.
    Internal(PortError),
}

impl From<PageError> for ApiError {
    fn from(error: PageError) -> Self {
        Self::Validation(error.to_string())
    }
}

impl From<FilterError> for ApiError {
    fn from(error: FilterError) -> Self {
        Self::Filter(error)
    }
}

impl From<PortError> for ApiError {
    fn from(error: PortError) -> Self {
        Self::Internal(error)
    }
}

impl ApiError {
    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Validation(_) | Self::Filter(_) => 400,
            Self::Forbidden(_) => 403,
            Self::NotFound | Self::NoSuchCall(_) | Self::UploadAwaited | Self::ReportMissing => 404,
            Self::NoSuchMethod { .. } => 405,
            Self::Conflict(_) => 409,
            Self::PayloadTooLarge(_) => 413,
            Self::Internal(PortError::Transient(_)) => 503,
            Self::Internal(_) => 500,
        }
    }

    /// The errors document. A 500 or 503 carries the request's id, under which the log says what happened.
    #[must_use]
    pub fn reply(&self, request_id: &str) -> Reply {
        let (title, detail) = match self {
            Self::Validation(detail) => ("Validation Error", detail.as_str()),
            Self::Filter(_) => ("Validation Error", "Could not parse the supplied filter"),
            Self::Forbidden(detail) => ("Forbidden", detail.as_str()),
            Self::NotFound => ("Not Found", "There is no import with this id."),
            Self::NoSuchCall(detail) => ("Not Found", detail.as_str()),
            Self::NoSuchMethod { detail, .. } => ("Method Not Allowed", detail.as_str()),
            Self::UploadAwaited => (
                "Not Found",
                "The file of this upload has not arrived yet. The import is here soon after the file has been put with the \
                 upload's form; ask again then, or ask for a new form if its time is over.",
            ),
            Self::ReportMissing => (
                "Not Found",
                "The report of this import has been deleted. Send the file again to learn what is wrong with it.",
            ),
            Self::Conflict(detail) => ("Write Conflict", detail.as_str()),
            Self::PayloadTooLarge(detail) => ("Payload Too Large", detail.as_str()),
            Self::Internal(PortError::Transient(_)) => (
                "Service Unavailable",
                "The service could not do this in time. Try again in some seconds; a call that makes something may have made it \
                 all the same, and makes it only once with the header Idempotency-Key.",
            ),
            Self::Internal(_) => ("Internal Server Error", "An internal error has occurred."),
        };
        let status = self.status();
        let meta = match self {
            Self::Internal(_) => Some(ErrorMeta { request_id: Some(request_id), reason: None }),
            Self::Filter(error) => Some(ErrorMeta { request_id: None, reason: Some(error.to_string()) }),
            Self::Validation(_)
            | Self::Forbidden(_)
            | Self::NotFound
            | Self::NoSuchCall(_)
            | Self::NoSuchMethod { .. }
            | Self::UploadAwaited
            | Self::ReportMissing
            | Self::Conflict(_)
            | Self::PayloadTooLarge(_) => None,
        };
        let document = ErrorsDocument { errors: [ErrorDocument { status: status.to_string(), title, detail, meta }] };
        // Strings alone: this can't fail, and an empty body would still be a true 500.
        let body = serde_json::to_string(&document).unwrap_or_default();
        let is_transient = matches!(self, Self::Internal(PortError::Transient(_)));
        let allow = if let Self::NoSuchMethod { allow, .. } = self { Some(allow.clone()) } else { None };
        Reply { retry_after: is_transient.then_some(RETRY_AFTER), allow, ..Reply::new(status, body) }
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
    meta: Option<ErrorMeta<'a>>,
}

#[skip_serializing_none]
#[derive(Serialize)]
struct ErrorMeta<'a> {
    request_id: Option<&'a str>,
    reason: Option<String>,
}

/// `{"data": …}`, and `"meta"` where the call said something that means nothing.
#[derive(Debug, Serialize)]
pub struct Document<T> {
    data: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<DocumentMeta>,
}

#[derive(Debug, Serialize)]
struct DocumentMeta {
    ignored: Vec<String>,
}

impl<T> Document<T> {
    /// A document, which says by itself what was ignored of the call that made it, if anything was.
    pub const fn new(data: T) -> Self {
        Self { data, meta: None }
    }

    /// A document, and the names of what was ignored of the call that asked for it.
    pub fn ignoring(ignored: Vec<String>, data: T) -> Self {
        Self { data, meta: (!ignored.is_empty()).then_some(DocumentMeta { ignored }) }
    }
}

/// `{"data": […], "links": …, "meta": …}`.
#[derive(Debug, Serialize)]
pub struct ListDocument<T, M = ListMeta> {
    pub data: Vec<T>,
    pub links: Links,
    pub meta: M,
}

/// The address of an import.
#[must_use]
pub fn import_address(origin: &str, id: ImportId) -> String {
    format!("{origin}{IMPORTS_PATH}/{id}")
}

/// The address of the results of an import's failed lines.
#[must_use]
pub fn failed_results_address(origin: &str, id: ImportId) -> String {
    format!("{}/{FAILED_RESULTS}", import_address(origin, id))
}

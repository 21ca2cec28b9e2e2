//! A record as it is stored.

mod wire;

pub use wire::wire_bytes;

use chrono::{DateTime, Utc};
use records::{RecordId, RecordType, StoreId, json::Object};

use crate::import::ImportId;

/// An object as the database holds it: whole, with everything it refers to copied in.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRecord {
    pub id: RecordId,
    pub store: StoreId,
    pub record_type: RecordType,
    pub external_ref: Option<String>,
    pub attributes: Object,
    /// The job that wrote it last, and the line it came from.
    pub import_id: ImportId,
    pub line: u32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What there is to know of a stored object without reading its attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub id: RecordId,
    /// The job that wrote it last.
    pub import_id: ImportId,
    pub created_at: DateTime<Utc>,
}

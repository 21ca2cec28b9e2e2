//! What a line of an import file may be: JSON, the six record types and their rules, and what they refer to.
//!
//! Nothing here waits, asks the time or knows of AWS: what a line is depends on the line alone.

mod draft;
mod envelope;
mod error;
mod feature;
mod field;
mod format;
pub mod json;
pub mod jsonl;
mod offering;
mod plan;
mod product;
mod record_id;
mod record_type;
mod reference;
mod storable;
mod store;
mod subscriber;
mod subscription;

pub use draft::{Draft, Record, read};
pub use envelope::{Outline, outline};
pub use error::{MAX_ERROR_BYTES, MAX_ERRORS, RecordError, RecordErrorCode, RecordErrors};
pub use record_id::RecordId;
pub use record_type::RecordType;
pub use reference::{LookUp, Reference, Resolution, Snapshot};
pub use storable::{MAX_ITEM_BYTES, MAX_ITEM_DEPTH, check_storable};
pub use store::{STORE_RULE, StoreId};

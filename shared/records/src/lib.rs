//! What an import file may be: its lines, JSON, the six record types and their rules, references inside the file, and the
//! [check](check()) of a whole file.
//!
//! Nothing here waits, asks the time or calls AWS: what a file is depends on its bytes alone.

mod check;
mod draft;
mod envelope;
mod error;
mod explain;
mod failure;
mod fault;
mod feature;
mod feature_configuration;
mod field;
mod file;
mod format;
mod generation;
mod guard;
pub mod json;
pub mod jsonl;
mod kept;
pub mod limits;
pub mod near;
mod offering;
mod payment_authority;
mod plan;
mod product;
mod quote;
mod record_id;
mod record_type;
mod reference;
mod references;
mod relationship;
mod side_by_side;
mod storable;
mod store;
mod subscriber;
mod subscription;
pub mod unpack;
mod warning;

pub use check::{Checked, CheckedLine, Counts, Unchecked, check, check_strictly};
pub use draft::{Draft, LookedUp, Record, read};
pub use envelope::{Outline, outline};
pub use error::{RecordError, RecordErrorCode, RecordErrors};
pub use failure::{Failure, Reasons};
pub use fault::FileFault;
pub use file::{FileLine, FileLines, Standing, by_level};
pub use kept::Kept;
pub use record_id::RecordId;
pub use record_type::RecordType;
pub use reference::{LookUp, Reference, Resolution, Snapshot};
pub use references::{Ids, References, Stored};
pub use storable::check_storable;
pub use store::{STORE_RULE, StoreId};
pub use warning::{RecordWarning, WarningCode};

//! An import job: what it is, how far it has come and how it ends.

use chrono::{DateTime, Utc};
use records::StoreId;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::{idempotency::Idempotency, options::ImportOptions, owner::Owner, report::Report};

pub use crate::{
    counts::{ActionCounts, RecordCounts, Tally},
    import_id::ImportId,
    time::to_micros,
};

/// How many claims a job gets. One claimed more often than this kills its workers, and is ended as failed.
pub const MAX_ATTEMPTS: u32 = 3;

/// Where a job stands: `pending` → `started` → `success` or `failed`.
#[derive(Clone, Copy, Debug, EnumString, IntoStaticStr, VariantArray, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ImportStatus {
    Pending,
    Started,
    Success,
    Failed,
}

impl ImportStatus {
    /// Every status.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The word used on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether the job has reached a status it never leaves.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        match self {
            Self::Pending | Self::Started => false,
            Self::Success | Self::Failed => true,
        }
    }
}

/// Where the bytes of an import file lie.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImportFile {
    /// The object's key in the service's bucket.
    pub key: String,
    /// The object's version, for a drop: a later put to the same key is another job's file.
    pub version: Option<String>,
}

/// A job about to be made: everything its caller decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewImport {
    pub id: ImportId,
    pub store: StoreId,
    pub options: ImportOptions,
    pub file: ImportFile,
    /// S3's `sequencer` of a dropped file's put: it shows which of two puts under one key came later.
    pub sequencer: Option<String>,
    /// What is wrong with the options that came with the file. With it the file is not tried.
    pub refused: Option<String>,
    /// What came with the file and means nothing: parts, parameters, metadata.
    pub ignored: Vec<String>,
    /// The key under which the caller makes the job, to make no second one with it.
    pub idempotency: Option<Idempotency>,
}

impl NewImport {
    /// A job of a file, with the default options.
    #[must_use]
    pub fn new(id: ImportId, store: StoreId, file: ImportFile) -> Self {
        Self {
            id,
            store,
            options: ImportOptions::default(),
            file,
            sequencer: None,
            refused: None,
            ignored: Vec::new(),
            idempotency: None,
        }
    }
}

/// An import job as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    pub id: ImportId,
    pub store: StoreId,
    pub owner: Owner,
    pub options: ImportOptions,
    pub file: ImportFile,
    /// S3's `sequencer` of a dropped file's put.
    pub sequencer: Option<String>,
    /// Why the file is not tried: what is wrong with the options that came with it.
    pub refused: Option<String>,
    /// What came with the file and means nothing.
    pub ignored: Vec<String>,
    pub status: ImportStatus,
    pub created_at: DateTime<Utc>,
    /// How many-th job of its lane it is, from 1. A job that was not stored after all leaves its ordinal unused.
    pub ordinal: u64,
    pub updated_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    /// When the job was asked to stop.
    pub cancel_requested_at: Option<DateTime<Utc>>,
    pub tally: Tally,
    /// How the job ended; present exactly when the status is terminal.
    pub report: Option<Report>,
}

impl Import {
    /// Makes the pending job that `new` asks for.
    #[must_use]
    pub fn pending(new: NewImport, created_at: DateTime<Utc>, ordinal: u64) -> Self {
        Self {
            id: new.id,
            store: new.store,
            owner: Owner::Store,
            options: new.options,
            file: new.file,
            sequencer: new.sequencer,
            refused: new.refused,
            ignored: new.ignored,
            status: ImportStatus::Pending,
            created_at,
            ordinal,
            updated_at: created_at,
            started_at: None,
            finished_at: None,
            cancel_requested_at: None,
            tally: Tally::default(),
            report: None,
        }
    }
}

/// The right to work on a job: which job, and the epoch of the claim. Every write to the job carries the epoch, so a worker
/// whose lease ran out can't change a job that another worker has taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub store: StoreId,
    pub id: ImportId,
    pub created_at: DateTime<Utc>,
    pub epoch: u64,
    /// Which attempt at the job it is, from 1. It counts once it has begun, unless the job is given back.
    pub attempt: u32,
}

/// What a worker that asks for the next job gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// A job to run. `resumed` says that there was an earlier claim, given back or not: it may have written objects.
    Run { import: Box<Import>, lease: Lease, resumed: bool },
    /// Another worker runs a job and its lease holds until then.
    Busy { until: DateTime<Utc> },
    /// No job waits.
    Idle,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub ending: Ending,
    pub tally: Tally,
    pub report: Report,
    /// When the job may be forgotten.
    pub expires_at: DateTime<Utc>,
    /// Whether whoever dropped the file is to find a receipt beside it.
    pub owes_receipt: bool,
}

/// The two ways a job ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Success,
    Failed,
}

impl From<Ending> for ImportStatus {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Success => Self::Success,
            Ending::Failed => Self::Failed,
        }
    }
}

//! An import job: what it is, how far it has come and how it ends.

use std::fmt;

use chrono::{DateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};
use uuid::Uuid;

use crate::{idempotency::Idempotency, options::ImportOptions, owner::Owner, report::Report};
use records::{RecordType, StoreId};

/// How many claims a job gets. One claimed more often than this kills its workers, and is ended as failed.
pub const MAX_ATTEMPTS: u32 = 3;

/// The longest `external_ref`, in characters, of an import and of every record.
pub const MAX_EXTERNAL_REF: usize = 2048;

/// The id of an import job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImportId(Uuid);

impl ImportId {
    /// Wraps a fresh random UUID.
    #[must_use]
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// Derives the id of the job that an object put under `drops/` becomes, so that an announcement delivered twice
    /// names one job. `version` is the object's version id or, in a bucket without versions, its `ETag` and sequencer.
    #[must_use]
    pub fn of_drop(bucket: &str, key: &str, version: &str) -> Self {
        // No bucket name or version holds a newline, so no two triples read alike.
        let name = format!("{bucket}\n{version}\n{key}");
        Self(Uuid::new_v5(&DROPS, name.as_bytes()))
    }

    /// Reads an id from a path or a message; `None` when it is no UUID in its usual form of 36 characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().filter(|_| text.len() == 36).map(Self)
    }

    /// The id as a UUID.
    #[must_use]
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }
}

/// The namespace of job ids derived from drops. Changing it would import every announced drop again.
const DROPS: Uuid = Uuid::from_u128(0x1c3a_51e8_2f6b_5d0e_9b57_40d2_8e6f_a9c1);

impl fmt::Display for ImportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a job stands: `pending` → `started` → `success` or `failed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportStatus {
    Pending,
    Started,
    Success,
    Failed,
}

impl ImportStatus {
    const ALL: [Self; 4] = [Self::Pending, Self::Started, Self::Success, Self::Failed];

    /// The word used on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Started => "started",
            Self::Success => "success",
            Self::Failed => "failed",
        }
    }

    /// The status with this name, `None` when there is none.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
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

/// A number for each record type, all six always present.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RecordCounts {
    product: u32,
    plan: u32,
    feature: u32,
    subscriber: u32,
    offering: u32,
    subscription: u32,
}

impl RecordCounts {
    /// The number for one type.
    #[must_use]
    pub const fn get(&self, record_type: RecordType) -> u32 {
        match record_type {
            RecordType::SubscriptionProduct => self.product,
            RecordType::SubscriptionPlan => self.plan,
            RecordType::SubscriptionFeature => self.feature,
            RecordType::SubscriptionSubscriber => self.subscriber,
            RecordType::SubscriptionOffering => self.offering,
            RecordType::Subscription => self.subscription,
        }
    }

    /// Adds to the number of one type.
    pub const fn add(&mut self, record_type: RecordType, more: u32) {
        let count = match record_type {
            RecordType::SubscriptionProduct => &mut self.product,
            RecordType::SubscriptionPlan => &mut self.plan,
            RecordType::SubscriptionFeature => &mut self.feature,
            RecordType::SubscriptionSubscriber => &mut self.subscriber,
            RecordType::SubscriptionOffering => &mut self.offering,
            RecordType::Subscription => &mut self.subscription,
        };
        *count = count.saturating_add(more);
    }

    fn at_least(mut self, other: &Self) -> Self {
        for record_type in RecordType::ALL {
            self.add(record_type, other.get(record_type).saturating_sub(self.get(record_type)));
        }
        self
    }

    /// The sum over all types.
    #[must_use]
    pub fn total(&self) -> u32 {
        RecordType::ALL.into_iter().map(|record_type| self.get(record_type)).fold(0, u32::saturating_add)
    }
}

impl Tally {
    /// The greater of the two, count by count.
    #[must_use]
    pub fn at_least(self, other: Self) -> Self {
        let (uploaded, imported) = (self.uploaded.at_least(&other.uploaded), self.imported.at_least(&other.imported));
        Self { uploaded, imported }
    }
}

impl Serialize for RecordCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(RecordType::ALL.len()))?;
        for record_type in RecordType::ALL {
            map.serialize_entry(record_type.as_str(), &self.get(record_type))?;
        }
        map.end()
    }
}

/// How many records of each type were found and how many were written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Lines that are well-formed JSON of a known type, valid or not.
    pub uploaded: RecordCounts,
    /// Records that were validated and written; in a dry run those that could have been.
    pub imported: RecordCounts,
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
    /// S3's `sequencer` of a dropped file's put: it tells which of two puts under one key came later.
    pub sequencer: Option<String>,
    /// What is wrong with the options that came with the file, should they be such that it must not be tried.
    pub refused: Option<String>,
    /// The key under which the caller makes the job, to make no second one with it.
    pub idempotency: Option<Idempotency>,
}

impl NewImport {
    /// A job of a file, with the default options.
    #[must_use]
    pub fn new(id: ImportId, store: StoreId, file: ImportFile) -> Self {
        Self { id, store, options: ImportOptions::default(), file, sequencer: None, refused: None, idempotency: None }
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
    pub status: ImportStatus,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    /// When somebody asked that the job be stopped.
    pub cancel_requested_at: Option<DateTime<Utc>>,
    pub tally: Tally,
    /// How the job ended; present exactly when the status is terminal.
    pub report: Option<Report>,
}

impl Import {
    /// Makes the pending job that `new` asks for.
    #[must_use]
    pub fn pending(new: NewImport, created_at: DateTime<Utc>) -> Self {
        Self {
            id: new.id,
            store: new.store,
            owner: Owner::Store,
            options: new.options,
            file: new.file,
            sequencer: new.sequencer,
            refused: new.refused,
            status: ImportStatus::Pending,
            created_at,
            updated_at: created_at,
            started_at: None,
            finished_at: None,
            cancel_requested_at: None,
            tally: Tally::default(),
            report: None,
        }
    }
}

/// The right to work on a job: which job, and the epoch of the claim. Every write to the job carries it, so that a
/// worker whose lease ran out can't change a job that another worker has taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub store: StoreId,
    pub id: ImportId,
    pub created_at: DateTime<Utc>,
    pub epoch: u64,
}

/// What a worker that asks for the next job gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// A job to run. `attempt` counts the claims of this job from 1, this one included; one that was given back does not
    /// count. `resumed` says that there was an earlier claim, given back or not: it may have written objects.
    Run { import: Box<Import>, lease: Lease, attempt: u32, resumed: bool },
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

/// Cuts a time to the microsecond, the precision that documents and the database keep.
#[must_use]
pub fn to_micros(time: DateTime<Utc>) -> DateTime<Utc> {
    time.trunc_subsecs(6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_uuid_in_its_usual_form_and_nothing_near_it() {
        let id = "5f0c9a3e-7a52-4b6e-9f0e-1d2c3b4a5e6f";
        assert_eq!(ImportId::parse(id).map(|read| read.to_string()).as_deref(), Some(id));
        assert_eq!(ImportId::parse(&id.to_uppercase()), ImportId::parse(id));
        let others = [id.replace('-', ""), format!("{{{id}}}"), format!("urn:uuid:{id}"), id.replace('-', "_")];
        for other in others.iter().map(String::as_str).chain(["", "x", &id[1..], &format!("{id}0")]) {
            assert_eq!(ImportId::parse(other), None, "{other}");
        }
    }
}

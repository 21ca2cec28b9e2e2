//! The items of the imports table, and their keys.
//!
//! | pk | sk | what |
//! | --- | --- | --- |
//! | store | `import#{id}` | a job |
//! | store | `counter` | the store's highest number, and until when its ended jobs are kept |
//! | store | `key#{idempotency key}` | the job that was made under a key |
//! | store | `upload#{id}` | an upload that was promised |
//! | store | `upk#{idempotency key}` | the upload that was promised under a key |
//! | store | `put#{digest of the key}` | the latest put of a dropped file that was imported |
//! | `#line` | `clock` | the time of creation and the ordinal of the newest job of all |
//! | `#line` | `horizon` | the jobs of all stores that are kept since then or earlier are forgotten |
//! | `#line` | `lease` | which job runs, under which epoch, until when; the ordinal of the latest whose turn has come |
//! | `#line` | `open#{created_at}#{id}` | a job that has no number yet, or has not ended |
//! | `#line` | `receipt#{created_at}#{id}` | an ended job whose receipt may not be written yet |
//! | `#line` | `started#…`, `ended#…` | a job of whose start, of whose end others may not have been told yet |
//! | `#waiting` | `seats` | the seats of calls that wait, and until when each is taken |
//! | `#line#{ordinal}` | `hole` | the lane went on without this job: it can't be created any more |
//!
//! The index `by_position` sorts a store's jobs for listing: a claimed job by its number, a waiting one by its time of
//! creation, which is larger than any number. It holds what filters and counting need, and no more: a job is read whole
//! by its key. An attribute that the template does not project there would be fetched from the table, job by job.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};
use serde_with::skip_serializing_none;
use uuid::Uuid;

use imports::{
    api::time,
    debts::Debt,
    import::{ActionCounts, Import, ImportFile, ImportId, ImportStatus, RecordCounts, Tally},
    options::ImportOptions,
    owner::Owner,
    ports::{ImportRef, PortError, PortResult},
    report::Report,
    retention::Retention,
};
use records::{RecordError, RecordErrorCode, StoreId};

/// An item as the SDK carries it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// The partition of the lane, under the name that it has in stored tables. No store id holds a `#`.
pub(super) const LANE: &str = "#line";
pub(super) const CLOCK: &str = "clock";
pub(super) const HORIZON: &str = "horizon";
pub(super) const LEASE: &str = "lease";
const HOLE: &str = "hole";
pub(super) const OPEN: &str = "open#";
pub(super) const COUNTER: &str = "counter";
pub(super) const BY_POSITION: &str = "by_position";

/// The first position that is no number: numbers stay below, microseconds since 1970 have been above since 2001.
pub(super) const FIRST_UNNUMBERED: u64 = 1_000_000_000_000_000;

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

#[expect(clippy::needless_pass_by_value, reason = "a number is copied")]
pub(super) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(super) fn key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    HashMap::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

pub(super) fn import_key(store: &StoreId, id: ImportId) -> Item {
    key(store.as_str(), import_sort_key(id))
}

pub(super) fn import_sort_key(id: ImportId) -> String {
    format!("import#{id}")
}

pub(super) fn open_key(created_at: DateTime<Utc>, id: ImportId) -> Item {
    key(LANE, format!("{OPEN}{}#{id}", time(created_at)))
}

pub(super) fn hole_key(ordinal: u64) -> Item {
    key(format!("{LANE}#{ordinal}"), HOLE)
}

pub(super) fn debt_key(debt: Debt, import: &ImportRef) -> Item {
    key(LANE, format!("{}{}#{}", debts(debt), time(import.created_at), import.id))
}

/// How the sort keys of debts of a kind begin.
pub(super) fn debts(debt: Debt) -> String {
    format!("{}#", debt.as_str())
}

/// What stands for an `external_ref` in the index: short, however long that is.
pub(super) fn ref_digest(external_ref: &str) -> String {
    digest(external_ref)
}

/// A short text that stands for a long one.
pub(super) fn digest(text: &str) -> String {
    Uuid::new_v5(&EXTERNAL_REFS, text.as_bytes()).simple().to_string()
}

/// The namespace of the digests. Changing it would hide the stored jobs from filters by `external_ref`.
const EXTERNAL_REFS: Uuid = Uuid::from_u128(0x7d0c_4a92_5be1_5f3a_9c68_e017_42b9_d35f);

/// The position of a job that no worker has claimed yet.
pub(super) fn unnumbered(created_at: DateTime<Utc>) -> u64 {
    u64::try_from(created_at.timestamp_micros()).unwrap_or_default().max(FIRST_UNNUMBERED + 1)
}

/// A job as stored.
#[skip_serializing_none]
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ImportItem {
    pub(super) pk: String,
    pub(super) sk: String,
    id: ImportId,
    owner: Owner,
    #[serde(flatten)]
    options: ImportOptions,
    ref_digest: Option<String>,
    file_key: String,
    file_version: Option<String>,
    sequencer: Option<String>,
    refused: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ignored: Vec<String>,
    status: ImportStatus,
    /// Filters compare it as text.
    #[serde(serialize_with = "with_micros")]
    created_at: DateTime<Utc>,
    /// Missing in jobs from before they were counted.
    #[serde(default)]
    pub(super) ordinal: u64,
    #[serde(serialize_with = "with_micros")]
    updated_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
    cancel_requested_at: Option<DateTime<Utc>>,
    uploaded: RecordCounts,
    imported: RecordCounts,
    /// Missing in jobs from before there were warnings.
    #[serde(default)]
    warnings: u32,
    /// Missing in jobs from before they were counted.
    #[serde(default)]
    actions: ActionCounts,
    report: Option<String>,
    failure: Option<FailureItem>,
    errors: Option<u64>,
    blocked: Option<u64>,
    pub(super) epoch: u64,
    pub(super) attempt: u32,
    pub(super) position: u64,
    /// With the next one, how long the job is kept: both are set once it has ended and has its number.
    #[serde(serialize_with = "with_micros_if_any")]
    kept_from: Option<DateTime<Utc>>,
    /// Seconds since 1970. The database deletes the job within days of it.
    expires_at: Option<i64>,
    /// What `expires_at` becomes at least once a job that was cancelled while it waited gets its number.
    keep_until: Option<i64>,
}

impl ImportItem {
    /// Writes a job that nobody has claimed.
    pub(super) fn pending(import: &Import) -> Self {
        Self {
            pk: import.store.to_string(),
            sk: import_sort_key(import.id),
            id: import.id,
            owner: import.owner,
            options: import.options.clone(),
            ref_digest: import.options.external_ref.as_deref().map(ref_digest),
            file_key: import.file.key.clone(),
            file_version: import.file.version.clone(),
            sequencer: import.sequencer.clone(),
            refused: import.refused.clone(),
            ignored: import.ignored.clone(),
            status: import.status,
            created_at: import.created_at,
            ordinal: import.ordinal,
            updated_at: import.updated_at,
            started_at: None,
            finished_at: None,
            cancel_requested_at: None,
            uploaded: import.tally.uploaded,
            imported: import.tally.imported,
            warnings: import.tally.warnings,
            actions: import.tally.actions,
            report: None,
            failure: None,
            errors: None,
            blocked: None,
            epoch: 0,
            attempt: 0,
            position: unnumbered(import.created_at),
            kept_from: None,
            expires_at: None,
            keep_until: None,
        }
    }

    pub(super) fn is_pending(&self) -> bool {
        self.status == ImportStatus::Pending
    }

    pub(super) fn is_terminal(&self) -> bool {
        self.status.is_terminal()
    }

    pub(super) fn exists(&self, now: DateTime<Utc>, horizon: Option<DateTime<Utc>>) -> bool {
        kept(self.kept_from, self.expires_at).is_none_or(|kept| kept.holds(now, horizon))
    }

    /// How long a job that was cancelled while it waited is kept by itself.
    pub(super) fn kept_by_itself(&self) -> Option<Retention> {
        kept(self.finished_at, self.keep_until)
    }

    /// Reads a job.
    pub(super) fn into_import(self) -> PortResult<Import> {
        let store = StoreId::from_own_record(&self.pk)
            .ok_or_else(|| PortError::Permanent("a job's partition key is no store id".to_owned()))?;
        let report = self.report.map(|prefix| Report {
            prefix,
            failure: self.failure.map(|FailureItem { code, problem }| RecordError::new(code, "", problem)),
            errors: self.errors.unwrap_or_default(),
            blocked: self.blocked.unwrap_or_default(),
        });
        Ok(Import {
            id: self.id,
            store,
            owner: self.owner,
            options: self.options,
            file: ImportFile { key: self.file_key, version: self.file_version },
            sequencer: self.sequencer,
            refused: self.refused,
            ignored: self.ignored,
            status: self.status,
            created_at: self.created_at,
            ordinal: self.ordinal,
            updated_at: self.updated_at,
            started_at: self.started_at,
            finished_at: self.finished_at,
            cancel_requested_at: self.cancel_requested_at,
            tally: Tally {
                uploaded: self.uploaded,
                imported: self.imported,
                actions: self.actions,
                warnings: self.warnings,
            },
            report,
        })
    }
}

/// Why a job failed as a whole.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FailureItem {
    code: RecordErrorCode,
    problem: String,
}

impl From<&RecordError> for FailureItem {
    fn from(error: &RecordError) -> Self {
        Self { code: error.code, problem: error.problem.clone() }
    }
}

/// The one item that says which job runs. Its epoch outlives the job, so that epochs only ever rise.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct LeaseItem {
    #[serde(default)]
    pub(super) epoch: u64,
    #[serde(default)]
    pub(super) running: Option<OpenItem>,
    /// Milliseconds since 1970.
    #[serde(default)]
    pub(super) lease_until: i64,
    /// The ordinal of the latest job whose turn has come.
    #[serde(default)]
    pub(super) last_turn: u64,
}

/// A job of the lane that has not ended, or that owes something.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct OpenItem {
    pub(super) store: String,
    pub(super) id: ImportId,
    pub(super) created_at: DateTime<Utc>,
    /// Of a job that waits for its turn.
    #[serde(default)]
    pub(super) ordinal: u64,
    /// The job has ended already, and waits for nothing but its number.
    #[serde(default)]
    pub(super) cancelled: bool,
}

impl OpenItem {
    pub(super) fn into_ref(self) -> PortResult<ImportRef> {
        let store = StoreId::from_own_record(&self.store)
            .ok_or_else(|| PortError::Permanent("an open entry names no store".to_owned()))?;
        Ok(ImportRef { store, id: self.id, created_at: self.created_at })
    }

    pub(super) fn of(open: &ImportRef) -> Self {
        Self { store: open.store.to_string(), id: open.id, created_at: open.created_at, ordinal: 0, cancelled: false }
    }
}

/// The jobs that have a number, in short.
#[derive(Debug, Default, Deserialize)]
pub(super) struct CounterItem {
    /// The highest number.
    #[serde(default)]
    pub(super) last_number: u64,
    kept_from: Option<DateTime<Utc>>,
    keep_until: Option<i64>,
}

impl CounterItem {
    /// How long the job is kept that ended last of those with a number.
    pub(super) fn kept(&self) -> Option<Retention> {
        kept(self.kept_from, self.keep_until)
    }
}

/// A job with a number, as the index has it.
#[derive(Debug, Deserialize)]
pub(super) struct NumberedItem {
    #[serde(rename = "position")]
    pub(super) number: u64,
    pub(super) created_at: DateTime<Utc>,
    kept_from: Option<DateTime<Utc>>,
    expires_at: Option<i64>,
}

impl NumberedItem {
    pub(super) fn exists(&self, now: DateTime<Utc>, horizon: Option<DateTime<Utc>>) -> bool {
        kept(self.kept_from, self.expires_at).is_none_or(|kept| kept.holds(now, horizon))
    }
}

/// Reads how long a job is kept; `None` while that is open.
fn kept(from: Option<DateTime<Utc>>, expires_at: Option<i64>) -> Option<Retention> {
    Some(Retention { from: from?, expires_at: DateTime::from_timestamp(expires_at?, 0)? })
}

/// Reads an item into one of the types above.
pub(super) fn read<T: for<'de> Deserialize<'de>>(item: Item) -> PortResult<T> {
    serde_dynamo::from_item(item).map_err(|error| PortError::Permanent(format!("an item can't be read: {error}")))
}

/// Writes one of the types above as an item.
pub(super) fn write(value: &impl Serialize) -> PortResult<Item> {
    serde_dynamo::to_item(value).map_err(|error| PortError::Permanent(format!("an item can't be written: {error}")))
}

/// Writes one of the types above as the item of a key.
pub(super) fn keyed(value: &impl Serialize, key: Item) -> PortResult<Item> {
    let mut item = write(value)?;
    item.extend(key);
    Ok(item)
}

/// Writes counts of a tally as an attribute.
pub(super) fn counts_attribute(counts: &impl Serialize) -> PortResult<AttributeValue> {
    write(counts).map(AttributeValue::M)
}

/// Writes a time so that later ones sort after it; chrono alone leaves out a fraction of zeros.
fn with_micros<S: Serializer>(written: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time(*written))
}

#[expect(clippy::ref_option, reason = "serde hands it over so")]
fn with_micros_if_any<S: Serializer>(written: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    written.map(time).serialize(serializer)
}

#[cfg(test)]
mod tests;

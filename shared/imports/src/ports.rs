//! The ports: what the service needs of databases, files and queues, in its own words. The AWS adapters (crate `aws`) and the
//! twins in memory (crate `twins`) pass one and the same conformance suite.

mod seats;
mod uploads;

pub use seats::{Seat, Seats};
pub use uploads::{Promised, Reserved, UploadForm, UploadForms, UploadPromise, UploadTerms, Uploads};

use std::{collections::HashMap, future::Future, ops::Range, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::timeout;

use crate::{
    debt::Debt,
    filter::Filter,
    idempotency::Idempotency,
    import::{Claim, Import, ImportFile, ImportId, Lease, NewImport, Outcome, Tally},
    message::Tick,
    page::Page,
    stored::{Mark, StoredRecord},
    times::duration,
    used::Used,
};
use records::{RecordId, StoreId};

/// A call through a port that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// Worth another try: throttled, timed out, unreachable.
    #[error("transient: {0}")]
    Transient(String),
    /// The thing is no longer as the caller believed; for a job, the lease is lost.
    #[error("conflict: {0}")]
    Conflict(String),
    /// The system is set up wrongly: a permission, a key, a table, a bucket or the queue is missing. Nobody's job is to blame,
    /// and once the operator has mended it the same call succeeds.
    #[error("refused: {0}")]
    Refused(String),
    /// Another try would fail alike.
    #[error("permanent: {0}")]
    Permanent(String),
}

/// The result of every port.
pub type PortResult<T> = Result<T, PortError>;

/// Makes a call for which there is only so much time. It may have its effect all the same.
///
/// # Errors
/// Those of the call; a transient one when it takes longer.
pub async fn in_time<T>(time: TimeDelta, call: impl Future<Output = PortResult<T>>) -> PortResult<T> {
    let late = |_| Err(PortError::Transient("no answer in time".to_owned()));
    timeout(duration(time), call).await.unwrap_or_else(late)
}

/// The result of a request to make a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// The job is stored and waits.
    Now(Import),
    /// A job with this id, or made by an equal call under the same key, was there already; nothing was changed.
    Before(Import),
    /// The key stands for another call, which made this job; nothing was changed.
    KeyTaken(ImportId),
}

impl Created {
    /// The job, whenever it was made.
    #[must_use]
    pub fn into_import(self) -> Option<Import> {
        match self {
            Self::Now(import) | Self::Before(import) => Some(import),
            Self::KeyTaken(_) => None,
        }
    }
}

/// A page of a store's jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    pub imports: Vec<Import>,
    /// How many jobs of the store the filter lets through, on all pages.
    pub total: u64,
}

/// A job as the lane knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportRef {
    pub store: StoreId,
    pub id: ImportId,
    pub created_at: DateTime<Utc>,
}

impl From<&Import> for ImportRef {
    fn from(import: &Import) -> Self {
        Self { store: import.store.clone(), id: import.id, created_at: import.created_at }
    }
}

impl From<&Lease> for ImportRef {
    fn from(lease: &Lease) -> Self {
        Self { store: lease.store.clone(), id: lease.id, created_at: lease.created_at }
    }
}

/// The import jobs and their lane.
pub trait Imports: Sync {
    /// Stores a pending job at the end of the lane, durably and at once. `created_at` is `now` or, should
    /// another job have been created at or after `now`, just after that: it rises strictly in the order of creation, and
    /// [`Import::ordinal`] with it.
    /// Its idempotency key, if it has one, is stored with it, and remembered for [`crate::idempotency::REMEMBERED`].
    fn create(&self, new: NewImport, now: DateTime<Utc>) -> impl Future<Output = PortResult<Created>> + Send;

    /// Looks up what [`Self::create`] would find under a key. `None` when the key is free: never used, or its job is gone. A
    /// key can be taken between this call and `create`, which decides.
    fn recall(
        &self,
        store: &StoreId,
        idempotency: &Idempotency,
        now: DateTime<Utc>,
    ) -> impl Future<Output = PortResult<Option<Created>>> + Send;

    /// Finds a job of a store. A job of another store, or one kept long enough, is not found. How long a job is kept is
    /// decided by [`crate::retention::Retention`]; one that has not ended, or has no number in its store's list yet, is not forgotten.
    fn get(
        &self,
        store: &StoreId,
        id: ImportId,
        now: DateTime<Utc>,
    ) -> impl Future<Output = PortResult<Option<Import>>> + Send;

    /// Reads a job that was found before for half the price: what was written within the last second may be missing.
    fn glance(&self, store: &StoreId, id: ImportId) -> impl Future<Output = PortResult<Option<Import>>> + Send;

    /// Lists those of a store's jobs that the filter lets through, newest first: of those that [`Self::get`] finds. A page
    /// costs the same at every offset unless the filter asks for a status or an `external_ref`.
    fn list(
        &self,
        store: &StoreId,
        filter: &Filter,
        page: Page,
        now: DateTime<Utc>,
    ) -> impl Future<Output = PortResult<Listing>> + Send;

    /// Claims the next job: a started one whose lease has run out, else the earliest pending one. No job is claimed before
    /// one that was created earlier: for one that is being created the call waits, [`crate::times::CREATION`] at most.
    fn claim_next(&self, now: DateTime<Utc>) -> impl Future<Output = PortResult<Claim>> + Send;

    /// Counts the attempt that a claim is: from now on the job is to blame should its worker die. A worker that never learns of
    /// its claim does not begin.
    fn begin(&self, lease: &Lease) -> impl Future<Output = PortResult<()>> + Send;

    /// Renews the lease. A conflict says that it is lost.
    fn extend_lease(&self, lease: &Lease, now: DateTime<Utc>) -> impl Future<Output = PortResult<()>> + Send;

    /// Shows how far the job has come. The answer says whether it was asked to stop.
    fn record_progress(
        &self,
        lease: &Lease,
        tally: &Tally,
        now: DateTime<Utc>,
    ) -> impl Future<Output = PortResult<bool>> + Send;

    /// Ends the job and frees the lane, in one write. Under one lease a second call changes nothing.
    fn finish(
        &self,
        lease: &Lease,
        outcome: &Outcome,
        now: DateTime<Utc>,
    ) -> impl Future<Output = PortResult<()>> + Send;

    /// Gives an unfinished job back, to be claimed again at once; the attempt, begun or not, does not count.
    fn release(&self, lease: &Lease) -> impl Future<Output = PortResult<()>> + Send;

    /// Ends a job that no worker has claimed. Its place in the order of creation stays. A conflict says that the job is not
    /// pending any more.
    fn cancel_pending(
        &self,
        import: &Import,
        outcome: &Outcome,
        now: DateTime<Utc>,
    ) -> impl Future<Output = PortResult<()>> + Send;

    /// Asks the worker that runs a job to stop it, and answers the job. A conflict says that the job does not run.
    fn request_cancel(
        &self,
        store: &StoreId,
        id: ImportId,
        now: DateTime<Utc>,
    ) -> impl Future<Output = PortResult<Import>> + Send;

    /// Forgets the ended jobs that are kept since `until` or earlier, of all stores and for good: a later call with an
    /// earlier time changes nothing.
    fn forget(&self, until: DateTime<Utc>) -> impl Future<Output = PortResult<()>> + Send;

    /// Lists jobs that have not ended, earliest first, at most `limit`.
    fn open(&self, limit: u32) -> impl Future<Output = PortResult<Vec<ImportRef>>> + Send;

    /// The ordinal of the latest job whose turn has come: that was claimed, or passed over as it had been cancelled. 0 when
    /// there was none.
    fn last_turn(&self) -> impl Future<Output = PortResult<u64>> + Send;

    /// Lists jobs that are not known to have paid a debt of a kind, earliest first, at most `limit`. A job owes
    /// [`Debt::Started`] from its first claim on, [`Debt::Ended`] from its end, and [`Debt::Receipt`] where its outcome says so.
    fn owed(&self, debt: Debt, limit: u32) -> impl Future<Output = PortResult<Vec<ImportRef>>> + Send;

    /// Notes that a put of a dropped file is about to be imported. `false` when a later put of the same key was noted before.
    /// Puts differ by S3's `sequencer`, and remembered for [`crate::times::PUT_REMEMBERED`].
    fn note_put(
        &self,
        store: &StoreId,
        key: &str,
        sequencer: &str,
        now: DateTime<Utc>,
    ) -> impl Future<Output = PortResult<bool>> + Send;

    /// Notes that a debt is paid.
    fn settle(&self, debt: Debt, import: &ImportRef) -> impl Future<Output = PortResult<()>> + Send;
}

/// The result of a batch read: the items found, and the ids it did not get to.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchRead<T> {
    pub found: Vec<T>,
    pub unprocessed: Vec<RecordId>,
}

/// The result of a batch write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchWrite {
    /// All are written but these, which are worth sending again.
    Written { unprocessed: Vec<RecordId> },
    /// None is written: at least one item is one that the database will not take, and the whole batch fell with it.
    Refused { reason: String },
}

/// The imported objects.
pub trait Records: Sync {
    /// The most ids a batch read takes.
    const READ_BATCH: usize = 100;
    /// The most records a batch write takes.
    const WRITE_BATCH: usize = 25;
    /// The most bytes that go with a batch write of more than one record, by [`crate::stored::wire_bytes`]. `DynamoDB` takes
    /// 16 MB; the names of table and request are beside it.
    const WRITE_BYTES: usize = 15_000_000;

    /// Reads up to [`Self::READ_BATCH`] objects by id, consistently. Ids must differ.
    fn read_batch(&self, ids: &[RecordId]) -> impl Future<Output = PortResult<BatchRead<StoredRecord>>> + Send;

    /// The same, without attributes: however large the objects are, the answer is small.
    fn read_marks(&self, ids: &[RecordId]) -> impl Future<Output = PortResult<BatchRead<Mark>>> + Send;

    /// Writes up to [`Self::WRITE_BATCH`] objects whole, of [`Self::WRITE_BYTES`] together. Ids must differ.
    fn write_batch(&self, records: &[StoredRecord]) -> impl Future<Output = PortResult<BatchWrite>> + Send;

    /// What all calls so far have used up.
    fn used(&self) -> Used;
}

/// A version of a file. Whoever puts another over it names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileVersion {
    /// Different for every version of the file.
    pub tag: String,
    /// The metadata it was put with: texts under names in lower case.
    pub metadata: HashMap<String, String>,
}

/// The result of reading a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileRead {
    /// It was read to its end, or until no more was wanted.
    Done,
    /// There is no such file.
    Missing,
    /// It has more bytes than may be read, so many: nothing was read.
    TooLarge { bytes: u64 },
    /// It lies in a storage class from which it has to be restored first: the class, in S3's words.
    Archived { class: String },
    /// It alone is encrypted with a key that is not this system's, and that the system may not use.
    Locked,
}

/// The files: uploads, drops and reports.
pub trait Files: Sync {
    /// A report file that grows.
    type Writer: FileWriter + Send;

    /// Stores an uploaded file whole.
    fn put(&self, key: &str, bytes: Bytes) -> impl Future<Output = PortResult<()>> + Send;

    /// Finds the newest version of a file; `None` when there is no such file.
    fn newest(&self, key: &str) -> impl Future<Output = PortResult<Option<FileVersion>>> + Send;

    /// Puts a file, with metadata, over exactly the version `over`, or where there is none. A conflict says that the
    /// file was put or removed meanwhile: nothing was changed.
    fn put_over(
        &self,
        key: &str,
        over: Option<&FileVersion>,
        bytes: Bytes,
        metadata: HashMap<String, String>,
    ) -> impl Future<Output = PortResult<()>> + Send;

    /// Reads an import file of at most `most` bytes and hands its bytes on, piece by piece, until `take` answers `false`.
    /// Other tasks run between the pieces, as the work on one may take a while.
    fn read(
        &self,
        file: &ImportFile,
        most: u64,
        take: impl FnMut(&[u8]) -> bool + Send,
    ) -> impl Future<Output = PortResult<FileRead>> + Send;

    /// Reads the metadata that a file was put with: texts under names in lower case. `None` when there is no such file.
    fn metadata(&self, file: &ImportFile) -> impl Future<Output = PortResult<Option<HashMap<String, String>>>> + Send;

    /// Reads a stretch of a report file; `None` when there is no such file.
    fn read_range(&self, key: &str, range: Range<u64>) -> impl Future<Output = PortResult<Option<Bytes>>> + Send;

    /// Begins a report file. Nothing is visible under the key until [`FileWriter::finish`].
    fn writer(&self, key: String) -> Self::Writer;

    /// The address of a file for clients of the store that holds it.
    fn address(&self, key: &str) -> String;
}

/// Addresses under which anyone can fetch a file for a while.
pub trait DownloadLinks: Sync {
    /// Makes an address of a report file, good for so long from now on, which is saved under a name of its own.
    fn download_link(
        &self,
        key: &str,
        file_name: &str,
        good_for: Duration,
    ) -> impl Future<Output = PortResult<String>> + Send;
}

/// A file being written.
pub trait FileWriter {
    /// Adds bytes, sending them on when enough have gathered.
    fn write(&mut self, bytes: &[u8]) -> impl Future<Output = PortResult<()>> + Send;

    /// Sends the rest and makes the file visible.
    fn finish(self) -> impl Future<Output = PortResult<()>> + Send;
}

/// The queue that wakes the worker.
pub trait Queue: Sync {
    /// Sends a tick. Within five minutes a second one with the same `deduplication` is dropped.
    fn send(&self, tick: &Tick, deduplication: &str) -> impl Future<Output = PortResult<()>> + Send;

    /// Hides a received message for so long from now on; its group waits with it.
    fn hide(&self, receipt_handle: &str, time: Duration) -> impl Future<Output = PortResult<()>> + Send;

    /// Counts the messages that wait or are being handled, approximately.
    fn depth(&self) -> impl Future<Output = PortResult<u64>> + Send;
}

//! The database takes and gives many objects a call. The batches of lines under way share their calls, so that these are
//! full, and follow each other no faster than the database does them.

mod batcher;
mod pace;

use std::{collections::BTreeMap, future::Future};

use batcher::{Batcher, Item, Outcome, Size};
use futures_util::future::join3;
use imports::{
    ports::{BatchRead, BatchWrite, PortResult, Records},
    stored::{Mark, StoredRecord, wire_bytes},
};
use records::RecordId;

/// The objects, read and written in full calls.
#[derive(Debug)]
pub(crate) struct Bulk<'a, R> {
    records: &'a R,
    wholes: Batcher<RecordId, StoredRecord>,
    marks: Batcher<RecordId, Mark>,
    /// What is answered for an object says why the database refuses it.
    writes: Batcher<StoredRecord, String>,
}

impl<'a, R: Records> Bulk<'a, R> {
    pub(crate) fn new(records: &'a R) -> Self {
        let read = Size { items: R::READ_BATCH, bytes: 0 };
        let write = Size { items: R::WRITE_BATCH, bytes: R::WRITE_BYTES };
        Self { records, wholes: Batcher::new(read), marks: Batcher::new(read), writes: Batcher::new(write) }
    }

    /// Runs `work`, and sends the calls that it wants. No call goes on once `work` has ended or is dropped.
    pub(crate) async fn serve<T>(&self, work: impl Future<Output = T>) -> T {
        let calls = join3(
            self.wholes.run(async |ids| self.records.read_batch(ids).await.map(Outcome::from)),
            self.marks.run(async |ids| self.records.read_marks(ids).await.map(Outcome::from)),
            self.writes.run(async |records| self.records.write_batch(records).await.map(Outcome::from)),
        );
        // In this order always, so that a simulation runs the same way again.
        tokio::select! {
            biased;
            (never, _, _) = calls => match never {},
            done = work => done,
        }
    }

    /// Reads all objects of `ids` there are. Ids must differ.
    pub(crate) async fn read_all(&self, ids: Vec<RecordId>) -> PortResult<BTreeMap<RecordId, StoredRecord>> {
        self.wholes.ask(ids).await
    }

    /// Reads the marks of all objects of `ids` there are. Ids must differ.
    pub(crate) async fn read_marks(&self, ids: Vec<RecordId>) -> PortResult<BTreeMap<RecordId, Mark>> {
        self.marks.ask(ids).await
    }

    /// Writes objects, and says of those that the database refuses why. A refused one does its neighbours no harm. Their
    /// ids must differ from each other and from those under way.
    pub(crate) async fn write_all(&self, records: Vec<StoredRecord>) -> PortResult<BTreeMap<RecordId, String>> {
        self.writes.ask(records).await
    }
}

impl Item for RecordId {
    fn id(&self) -> RecordId {
        *self
    }

    fn bytes(&self) -> usize {
        0
    }
}

impl Item for StoredRecord {
    fn id(&self) -> RecordId {
        self.id
    }

    fn bytes(&self) -> usize {
        wire_bytes(self)
    }
}

impl From<BatchRead<StoredRecord>> for Outcome<StoredRecord> {
    fn from(BatchRead { found, unprocessed: left }: BatchRead<StoredRecord>) -> Self {
        Self::Done { answers: found.into_iter().map(|record| (record.id, record)).collect(), left }
    }
}

impl From<BatchRead<Mark>> for Outcome<Mark> {
    fn from(BatchRead { found, unprocessed: left }: BatchRead<Mark>) -> Self {
        Self::Done { answers: found.into_iter().map(|mark| (mark.id, mark)).collect(), left }
    }
}

impl From<BatchWrite> for Outcome<String> {
    fn from(write: BatchWrite) -> Self {
        match write {
            BatchWrite::Written { unprocessed: left } => Self::Done { answers: BTreeMap::new(), left },
            BatchWrite::Refused { reason } => Self::Refused(reason),
        }
    }
}

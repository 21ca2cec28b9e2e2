//! The database takes and gives many objects a call. The batches of lines under way share their calls, so that these are
//! full, and follow each other no faster than the database does them.

mod batcher;
mod pace;

use std::collections::BTreeMap;

use batcher::{Batcher, Item, Outcome};
use futures_util::future::join3;
use imports::{
    ports::{BatchRead, BatchWrite, Records},
    stored::{Mark, StoredRecord, wire_bytes},
};
use records::RecordId;

/// The objects, read and written in full calls. The ids of what is asked for together must differ.
#[derive(Debug)]
pub(crate) struct Bulk<'a, R> {
    records: &'a R,
    /// Reads objects, as far as they are stored.
    pub(crate) wholes: Batcher<RecordId, StoredRecord>,
    /// Reads the marks of objects, as far as they are stored.
    pub(crate) marks: Batcher<RecordId, Mark>,
    /// Writes objects. Answers only for those that the database refuses, and why: they do their neighbours no harm.
    pub(crate) writes: Batcher<StoredRecord, String>,
}

impl<'a, R: Records> Bulk<'a, R> {
    pub(crate) fn new(records: &'a R) -> Self {
        let (wholes, marks) = (Batcher::new(R::READ_BATCH, 0), Batcher::new(R::READ_BATCH, 0));
        Self { records, wholes, marks, writes: Batcher::new(R::WRITE_BATCH, R::WRITE_BYTES) }
    }

    /// Runs `work`, and makes the calls that it asks for. No call goes on once `work` has ended or is dropped.
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
}

impl Item for RecordId {
    fn id(&self) -> RecordId {
        *self
    }
}

impl Item for Mark {
    fn id(&self) -> RecordId {
        self.id
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

impl<T: Item> From<BatchRead<T>> for Outcome<T> {
    fn from(BatchRead { found, unprocessed: left }: BatchRead<T>) -> Self {
        Self::Done { answers: found.into_iter().map(|item| (item.id(), item)).collect(), left }
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

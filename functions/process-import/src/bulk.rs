//! The database takes and gives many objects a call. The batches of lines under way share their calls, so that these are
//! full, and follow each other no faster than the database does them.

mod batcher;
mod pace;

use std::collections::BTreeMap;

use batcher::{Batcher, Item, Outcome};
use futures_util::future::join3;
use imports::{
    ports::{BatchRead, BatchWrite, PortResult, Records},
    stored::{Mark, StoredRecord, wire_bytes},
};
use records::RecordId;

use crate::progress::Progress;

/// The objects, read and written in full calls. The ids of what is asked for together must differ.
#[derive(Debug)]
pub(crate) struct Bulk<'a, R> {
    records: &'a R,
    progress: &'a Progress,
    /// Reads objects, as far as they are stored.
    pub(crate) wholes: Batcher<RecordId, StoredRecord>,
    /// Reads the marks of objects, as far as they are stored.
    pub(crate) marks: Batcher<RecordId, Mark>,
    /// Writes objects. Answers only for those that the database refuses, and why: they do their neighbours no harm.
    pub(crate) writes: Batcher<StoredRecord, String>,
}

impl<'a, R: Records> Bulk<'a, R> {
    /// `progress` learns of what the database does not do.
    pub(crate) fn new(records: &'a R, progress: &'a Progress) -> Self {
        let (wholes, marks) = (Batcher::new(R::READ_BATCH, 0), Batcher::new(R::READ_BATCH, 0));
        Self { records, progress, wholes, marks, writes: Batcher::new(R::WRITE_BATCH, R::WRITE_BYTES) }
    }

    /// Runs `work`, and makes the calls that it asks for. No call goes on once `work` has ended or is dropped.
    pub(crate) async fn serve<T>(&self, work: impl Future<Output = T>) -> T {
        let calls = join3(
            self.wholes.run(async |ids| self.heed(self.records.read_batch(ids).await)),
            self.marks.run(async |ids| self.heed(self.records.read_marks(ids).await)),
            self.writes.run(async |records| self.heed(self.records.write_batch(records).await)),
        );
        // In this order always, so that a simulation runs the same way again.
        tokio::select! {
            biased;
            (never, _, _) = calls => match never {},
            done = work => done,
        }
    }

    /// Notes what failed or was left over.
    fn heed<A>(&self, answer: PortResult<impl Into<Outcome<A>>>) -> PortResult<Outcome<A>> {
        let outcome = self.progress.heed(answer)?.into();
        if matches!(&outcome, Outcome::Done { left, .. } if !left.is_empty()) {
            self.progress.trouble();
        }
        Ok(outcome)
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

//! What the database does for many objects in one call.

use std::{collections::HashMap, future::Future};

use imports::{
    ports::{BatchRead, BatchWrite, PortResult, Records},
    stored::{Mark, StoredRecord, wire_bytes},
};
use records::RecordId;

/// A kind of call that does something for each of many items.
pub(super) trait Operation {
    /// What goes with a call.
    type Item;
    /// What there is to say of an item once it is done.
    type Answer: Clone;
    /// The most items of a call.
    const MOST_ITEMS: usize;
    /// The most bytes of a call that has more than one item.
    const MOST_BYTES: usize;

    fn id(item: &Self::Item) -> RecordId;

    /// How many bytes of a call an item takes.
    fn bytes(item: &Self::Item) -> usize;

    fn call(&self, items: &[Self::Item]) -> impl Future<Output = PortResult<Outcome<Self::Answer>>> + Send;
}

/// What a call came to.
#[derive(Debug)]
pub(super) enum Outcome<A> {
    /// All items are done but those `left`, which are worth sending again. Some have an answer.
    Done { answers: HashMap<RecordId, A>, left: Vec<RecordId> },
    /// None is done, for at least one that the database will not take.
    Refused(A),
}

/// Reads objects whole.
#[derive(Debug)]
pub(super) struct ReadWholes<'a, R>(pub(super) &'a R);

impl<R: Records> Operation for ReadWholes<'_, R> {
    type Item = RecordId;
    type Answer = StoredRecord;
    const MOST_ITEMS: usize = R::READ_BATCH;
    const MOST_BYTES: usize = 0;

    fn id(id: &RecordId) -> RecordId {
        *id
    }

    fn bytes(_: &RecordId) -> usize {
        0
    }

    async fn call(&self, ids: &[RecordId]) -> PortResult<Outcome<StoredRecord>> {
        Ok(found(self.0.read_batch(ids).await?, |record| record.id))
    }
}

/// Reads who wrote objects and when.
#[derive(Debug)]
pub(super) struct ReadMarks<'a, R>(pub(super) &'a R);

impl<R: Records> Operation for ReadMarks<'_, R> {
    type Item = RecordId;
    type Answer = Mark;
    const MOST_ITEMS: usize = R::READ_BATCH;
    const MOST_BYTES: usize = 0;

    fn id(id: &RecordId) -> RecordId {
        *id
    }

    fn bytes(_: &RecordId) -> usize {
        0
    }

    async fn call(&self, ids: &[RecordId]) -> PortResult<Outcome<Mark>> {
        Ok(found(self.0.read_marks(ids).await?, |mark| mark.id))
    }
}

fn found<T>(read: BatchRead<T>, id: fn(&T) -> RecordId) -> Outcome<T> {
    let answers = read.found.into_iter().map(|found| (id(&found), found)).collect();
    Outcome::Done { answers, left: read.unprocessed }
}

/// Writes objects. The answer of one says why it is refused.
#[derive(Debug)]
pub(super) struct Write<'a, R>(pub(super) &'a R);

impl<R: Records> Operation for Write<'_, R> {
    type Item = StoredRecord;
    type Answer = String;
    const MOST_ITEMS: usize = R::WRITE_BATCH;
    const MOST_BYTES: usize = R::WRITE_BYTES;

    fn id(record: &StoredRecord) -> RecordId {
        record.id
    }

    fn bytes(record: &StoredRecord) -> usize {
        wire_bytes(record)
    }

    async fn call(&self, records: &[StoredRecord]) -> PortResult<Outcome<String>> {
        Ok(match self.0.write_batch(records).await? {
            BatchWrite::Written { unprocessed } => Outcome::Done { answers: HashMap::new(), left: unprocessed },
            BatchWrite::Refused { reason } => Outcome::Refused(reason),
        })
    }
}

//! The database takes and gives many objects a call. What the batches of lines under way want of it goes together, so that
//! calls are full, and no faster than the database does it.

mod batcher;
mod operations;
mod pace;

use std::future::Future;

use batcher::Batcher;
use futures_util::future::join3;
use imports::{
    ports::{PortResult, Records},
    stored::{Mark, StoredRecord},
};
use operations::{ReadMarks, ReadWholes, Write};
use records::RecordId;

/// A record that the database refuses, and why.
pub(crate) type Refused = (RecordId, String);

/// The objects, read and written in full calls.
#[derive(Debug)]
pub(crate) struct Bulk<'a, R> {
    records: &'a R,
    wholes: Batcher<RecordId, StoredRecord>,
    marks: Batcher<RecordId, Mark>,
    writes: Batcher<StoredRecord, String>,
}

impl<'a, R: Records> Bulk<'a, R> {
    pub(crate) fn new(records: &'a R) -> Self {
        Self { records, wholes: Batcher::new(), marks: Batcher::new(), writes: Batcher::new() }
    }

    /// Runs `work`, and sends the calls that it wants. No call goes on once `work` has ended or is dropped.
    pub(crate) async fn serve<T>(&self, work: impl Future<Output = T>) -> T {
        let calls = join3(
            self.wholes.run(ReadWholes(self.records)),
            self.marks.run(ReadMarks(self.records)),
            self.writes.run(Write(self.records)),
        );
        // In this order always, so that a simulation runs the same way again.
        tokio::select! {
            biased;
            (never, _, _) = calls => match never {},
            done = work => done,
        }
    }

    /// Reads all objects of `ids` there are. Ids must differ.
    pub(crate) async fn read_all(&self, ids: &[RecordId]) -> PortResult<Vec<StoredRecord>> {
        self.wholes.ask(ids.to_vec()).await.map(values)
    }

    /// Reads the marks of all objects of `ids` there are. Ids must differ.
    pub(crate) async fn read_marks(&self, ids: &[RecordId]) -> PortResult<Vec<Mark>> {
        self.marks.ask(ids.to_vec()).await.map(values)
    }

    /// Writes objects until each is written or found to be refused; a refused one does its neighbours no harm. Their ids
    /// must differ from each other and from those under way.
    pub(crate) async fn write_all(&self, records: Vec<StoredRecord>) -> PortResult<Vec<Refused>> {
        self.writes.ask(records).await
    }
}

fn values<T>(answers: Vec<(RecordId, T)>) -> Vec<T> {
    answers.into_iter().map(|(_, answer)| answer).collect()
}

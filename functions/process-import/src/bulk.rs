//! The database takes and gives many objects a call. What the batches under way want of it goes together, so that calls
//! are full whatever was left over or failed before: what is left over goes with what comes next, and a call that is
//! refused is halved until the culprit is found.

mod line;
mod reads;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::try_join_all;
use imports::{
    ports::{BatchWrite, PortError, PortResult, Records},
    stored::{Mark, StoredRecord, wire_bytes},
};
use line::{Batch, Line, Room};
use reads::Reads;
use records::RecordId;

/// How many calls in a row may come to nothing.
const TRIES: u32 = 8;

/// How many calls are made side by side for what one batch wants.
const SIDE_BY_SIDE: usize = 4;

/// A record that the database refuses, and why.
pub(crate) type Refused = (RecordId, String);

/// The objects, read and written in full calls.
#[derive(Debug)]
pub(crate) struct Bulk<'a, R> {
    records: &'a R,
    wholes: Reads<StoredRecord>,
    marks: Reads<Mark>,
    writes: Line<StoredRecord>,
    writers: Mutex<HashMap<RecordId, Shared<Writer>>>,
}

type Shared<T> = Arc<Mutex<T>>;

/// Somebody who has objects written.
#[derive(Debug)]
struct Writer {
    waits_for: usize,
    refused: Vec<Refused>,
}

impl<'a, R: Records> Bulk<'a, R> {
    pub(crate) fn new(records: &'a R) -> Self {
        let (wholes, marks) = (Reads::new(R::READ_BATCH), Reads::new(R::READ_BATCH));
        let room = Room { items: R::WRITE_BATCH, bytes: R::WRITE_BYTES, bytes_of: wire_bytes };
        Self { records, wholes, marks, writes: Line::new(room), writers: Mutex::default() }
    }

    /// Reads all objects of `ids` there are. Ids must differ.
    pub(crate) async fn read_all(&self, ids: &[RecordId]) -> PortResult<Vec<StoredRecord>> {
        self.wholes.read_all(self.records, ids).await
    }

    /// Reads the marks of all objects of `ids` there are. Ids must differ.
    pub(crate) async fn read_marks(&self, ids: &[RecordId]) -> PortResult<Vec<Mark>> {
        self.marks.read_all(self.records, ids).await
    }

    /// Writes objects until each is written or found to be refused; a refused one does its neighbours no harm. Their ids
    /// must differ from each other and from those under way.
    pub(crate) async fn write_all(&self, records: Vec<StoredRecord>) -> PortResult<Vec<Refused>> {
        let count = records.len();
        let writer = Arc::new(Mutex::new(Writer { waits_for: count, refused: Vec::new() }));
        lock(&self.writers).extend(records.iter().map(|record| (record.id, Arc::clone(&writer))));
        self.writes.add(records);
        let is_done = || lock(&writer).waits_for == 0;
        try_join_all((0..calls(count, R::WRITE_BATCH)).map(|_| self.carry_writes(is_done))).await?;
        let refused = std::mem::take(&mut lock(&writer).refused);
        Ok(refused)
    }

    /// Sends queued calls, for any caller, until this caller's items are settled.
    async fn carry_writes(&self, is_done: impl Fn() -> bool) -> PortResult<()> {
        let mut tries = 0;
        while !is_done() {
            let Some(Batch { mut items, is_suspect }) = self.writes.take().await else { continue };
            match self.records.write_batch(&items).await {
                Ok(BatchWrite::Written { unprocessed }) => {
                    tries = if unprocessed.len() < items.len() { 0 } else { tries + 1 };
                    let (left, written) = items.into_iter().partition(|record| unprocessed.contains(&record.id));
                    items = left;
                    for record in written {
                        self.settle(record.id, None);
                    }
                    if !items.is_empty() {
                        self.writes.changed.notify_waiters();
                        pause(tries).await?;
                    }
                    self.writes.give_back(items);
                }
                Ok(BatchWrite::Refused { reason }) => {
                    if let [culprit] = items.as_slice() {
                        self.settle(culprit.id, Some(reason));
                        items.clear();
                    }
                    let rest = items.split_off(items.len() / 2);
                    self.writes.suspect([items, rest]);
                }
                Err(PortError::Transient(_)) if tries + 1 < TRIES => {
                    tries += 1;
                    pause(tries).await?;
                    if is_suspect { self.writes.suspect([items]) } else { self.writes.give_back(items) }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn settle(&self, id: RecordId, refused: Option<String>) {
        if let Some(writer) = lock(&self.writers).remove(&id) {
            let mut writer = lock(&writer);
            writer.waits_for = writer.waits_for.saturating_sub(1);
            writer.refused.extend(refused.map(|reason| (id, reason)));
        }
    }
}

/// How many calls are made side by side for so many items.
fn calls(items: usize, most: usize) -> usize {
    items.div_ceil(most).min(SIDE_BY_SIDE)
}

/// Waits longer the more tries have come to nothing, and gives up after [`TRIES`].
async fn pause(tries: u32) -> PortResult<()> {
    if tries >= TRIES {
        return Err(PortError::Transient("the database kept leaving items over".to_owned()));
    }
    let most = 25_u64 << tries;
    tokio::time::sleep(Duration::from_millis(fastrand::u64(most / 2..=most))).await;
    Ok(())
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

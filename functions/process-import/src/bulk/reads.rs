//! Reads that several wait for: each object is asked for once, and calls are full.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
};

use futures_util::future::try_join_all;
use imports::{
    ports::{BatchRead, PortError, PortResult, Records},
    stored::{Mark, StoredRecord},
};
use records::RecordId;

use super::{
    Shared, TRIES, calls,
    line::{Line, Room},
    lock, pause,
};

/// What is read of objects, and who waits for it.
#[derive(Debug)]
pub(super) struct Reads<T> {
    line: Line<RecordId>,
    readers: Mutex<HashMap<RecordId, Vec<Shared<Reader<T>>>>>,
}

/// Somebody who wants objects.
#[derive(Debug)]
struct Reader<T> {
    /// How many of them have no answer yet.
    waits_for: usize,
    found: Vec<T>,
}

/// What can be read of an object.
pub(super) trait Readable: Clone {
    fn id(&self) -> RecordId;

    async fn read(records: &impl Records, ids: &[RecordId]) -> PortResult<BatchRead<Self>>;
}

impl Readable for StoredRecord {
    fn id(&self) -> RecordId {
        self.id
    }

    async fn read(records: &impl Records, ids: &[RecordId]) -> PortResult<BatchRead<Self>> {
        records.read_batch(ids).await
    }
}

impl Readable for Mark {
    fn id(&self) -> RecordId {
        self.id
    }

    async fn read(records: &impl Records, ids: &[RecordId]) -> PortResult<BatchRead<Self>> {
        records.read_marks(ids).await
    }
}

impl<T: Readable> Reads<T> {
    pub(super) fn new(most: usize) -> Self {
        Self { line: Line::new(Room { items: most, bytes: 0, bytes_of: |_| 0 }), readers: Mutex::default() }
    }

    pub(super) async fn read_all<R: Records>(&self, records: &R, ids: &[RecordId]) -> PortResult<Vec<T>> {
        let reader = Arc::new(Mutex::new(Reader { waits_for: ids.len(), found: Vec::new() }));
        let mut asked = Vec::new();
        for id in ids {
            let mut readers = lock(&self.readers);
            let readers = readers.entry(*id).or_default();
            // What another has asked for and not got yet is asked once for both.
            if readers.is_empty() {
                asked.push(*id);
            }
            readers.push(Arc::clone(&reader));
        }
        self.line.add(asked);
        let is_done = || lock(&reader).waits_for == 0;
        try_join_all((0..calls(ids.len(), R::READ_BATCH)).map(|_| self.carry(records, is_done))).await?;
        let found = std::mem::take(&mut lock(&reader).found);
        Ok(found)
    }

    /// Sends queued calls, for any caller, until this caller's items are settled.
    async fn carry(&self, records: &impl Records, is_done: impl Fn() -> bool) -> PortResult<()> {
        let mut tries = 0;
        while !is_done() {
            let Some(batch) = self.line.take().await else { continue };
            let left = match T::read(records, &batch.items).await {
                Ok(read) => {
                    let mut found: BTreeMap<_, _> = read.found.into_iter().map(|found| (found.id(), found)).collect();
                    tries = if read.unprocessed.len() < batch.items.len() { 0 } else { tries + 1 };
                    for id in batch.items.iter().filter(|id| !read.unprocessed.contains(id)) {
                        self.answer(*id, found.remove(id).as_ref());
                    }
                    read.unprocessed
                }
                Err(PortError::Transient(_)) if tries + 1 < TRIES => {
                    tries += 1;
                    batch.items
                }
                Err(error) => return Err(error),
            };
            if !left.is_empty() {
                self.line.changed.notify_waiters();
                pause(tries).await?;
            }
            self.line.give_back(left);
        }
        Ok(())
    }

    fn answer(&self, id: RecordId, found: Option<&T>) {
        for reader in lock(&self.readers).remove(&id).unwrap_or_default() {
            let mut reader = lock(&reader);
            reader.waits_for = reader.waits_for.saturating_sub(1);
            reader.found.extend(found.cloned());
        }
    }
}

//! The database takes and gives many objects a call. What the batches under way want of it goes together, so that calls
//! are full whatever was left over or failed before: what is left over goes with what comes next, and a call that is
//! refused is halved until the culprit is found.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::try_join_all;
use shared::{
    ports::{BatchRead, BatchWrite, Outside, RecordStore, StoreError},
    record::{Mark, RecordId, StoredRecord},
};
use tokio::{sync::Notify, time::timeout};

/// How many calls in a row may come to nothing.
const TRIES: u32 = 8;

/// How many calls are made side by side for what one batch wants.
const SIDE_BY_SIDE: usize = 4;

/// How many calls of a kind are made at once.
const MOST_UNDER_WAY: usize = 32;

/// How long less than a full batch waits for what other calls leave over.
const LINGER: Duration = Duration::from_secs(3);

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

/// What is read of objects, and who waits for it.
#[derive(Debug)]
struct Reads<T> {
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
trait Readable: Clone {
    fn id(&self) -> RecordId;

    async fn read(records: &impl RecordStore, ids: &[RecordId]) -> Outside<BatchRead<Self>>;
}

impl Readable for StoredRecord {
    fn id(&self) -> RecordId {
        self.id
    }

    async fn read(records: &impl RecordStore, ids: &[RecordId]) -> Outside<BatchRead<Self>> {
        records.read_batch(ids).await
    }
}

impl Readable for Mark {
    fn id(&self) -> RecordId {
        self.id
    }

    async fn read(records: &impl RecordStore, ids: &[RecordId]) -> Outside<BatchRead<Self>> {
        records.read_marks(ids).await
    }
}

/// Somebody who has objects written.
#[derive(Debug)]
struct Writer {
    waits_for: usize,
    refused: Vec<Refused>,
}

impl<'a, R: RecordStore> Bulk<'a, R> {
    pub(crate) fn new(records: &'a R) -> Self {
        let (wholes, marks) = (Reads::new(R::READ_BATCH), Reads::new(R::READ_BATCH));
        Self { records, wholes, marks, writes: Line::new(R::WRITE_BATCH), writers: Mutex::default() }
    }

    /// Reads all objects of `ids` there are. Ids must differ.
    pub(crate) async fn read_all(&self, ids: &[RecordId]) -> Outside<Vec<StoredRecord>> {
        self.wholes.read_all(self.records, ids).await
    }

    /// Reads the marks of all objects of `ids` there are. Ids must differ.
    pub(crate) async fn read_marks(&self, ids: &[RecordId]) -> Outside<Vec<Mark>> {
        self.marks.read_all(self.records, ids).await
    }

    /// Writes objects until each is written or found to be refused; a refused one does its neighbours no harm. Their ids
    /// must differ from each other and from those under way.
    pub(crate) async fn write_all(&self, records: Vec<StoredRecord>) -> Outside<Vec<Refused>> {
        let count = records.len();
        let writer = Arc::new(Mutex::new(Writer { waits_for: count, refused: Vec::new() }));
        lock(&self.writers).extend(records.iter().map(|record| (record.id, Arc::clone(&writer))));
        self.writes.add(records);
        let is_done = || lock(&writer).waits_for == 0;
        try_join_all((0..calls(count, R::WRITE_BATCH)).map(|_| self.carry_writes(is_done))).await?;
        let refused = std::mem::take(&mut lock(&writer).refused);
        Ok(refused)
    }

    /// Makes calls, whoever they are for, until `is_done`.
    async fn carry_writes(&self, is_done: impl Fn() -> bool) -> Outside<()> {
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
                Err(StoreError::Transient(_)) if tries + 1 < TRIES => {
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

impl<T: Readable> Reads<T> {
    fn new(most: usize) -> Self {
        Self { line: Line::new(most), readers: Mutex::default() }
    }

    async fn read_all<R: RecordStore>(&self, records: &R, ids: &[RecordId]) -> Outside<Vec<T>> {
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

    /// Makes calls, whoever they are for, until `is_done`.
    async fn carry(&self, records: &impl RecordStore, is_done: impl Fn() -> bool) -> Outside<()> {
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
                Err(StoreError::Transient(_)) if tries + 1 < TRIES => {
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

/// What waits for a call.
#[derive(Debug)]
struct Line<T> {
    /// How many go with one call.
    most: usize,
    waiting: Mutex<Waiting<T>>,
    /// Something came, or a call has ended.
    changed: Notify,
}

#[derive(Debug)]
struct Waiting<T> {
    items: VecDeque<T>,
    /// Parts of refused batches: each goes by itself.
    suspects: Vec<Vec<T>>,
    under_way: usize,
}

/// What goes with one call.
#[derive(Debug)]
struct Batch<T> {
    items: Vec<T>,
    is_suspect: bool,
}

impl<T> Line<T> {
    fn new(most: usize) -> Self {
        let waiting = Waiting { items: VecDeque::new(), suspects: Vec::new(), under_way: 0 };
        Self { most, waiting: Mutex::new(waiting), changed: Notify::new() }
    }

    fn add(&self, items: impl IntoIterator<Item = T>) {
        lock(&self.waiting).items.extend(items);
        self.changed.notify_waiters();
    }

    /// Takes what goes next, to be given back or settled. Less than a full batch waits a little while others are under way:
    /// they may leave something over. `None` after a change, where there is nothing to take.
    async fn take(&self) -> Option<Batch<T>> {
        let changed = self.changed.notified();
        if let Some(batch) = self.next(false) {
            return Some(batch);
        }
        match timeout(LINGER, changed).await {
            Ok(()) => None,
            Err(_) => self.next(true),
        }
    }

    fn next(&self, has_waited: bool) -> Option<Batch<T>> {
        let mut waiting = lock(&self.waiting);
        let batch = if let Some(items) = waiting.suspects.pop() {
            Batch { items, is_suspect: true }
        } else {
            let count = waiting.items.len().min(self.most);
            if count == 0
                || waiting.under_way >= MOST_UNDER_WAY
                || (count < self.most && waiting.under_way > 0 && !has_waited)
            {
                return None;
            }
            Batch { items: waiting.items.drain(..count).collect(), is_suspect: false }
        };
        waiting.under_way += 1;
        Some(batch)
    }

    /// Ends a call that left `items` over: they go first.
    fn give_back(&self, items: Vec<T>) {
        let mut waiting = lock(&self.waiting);
        waiting.under_way = waiting.under_way.saturating_sub(1);
        items.into_iter().rev().for_each(|item| waiting.items.push_front(item));
        drop(waiting);
        self.changed.notify_waiters();
    }

    /// Ends a call that was refused: each part of it goes by itself.
    fn suspect(&self, parts: impl IntoIterator<Item = Vec<T>>) {
        lock(&self.waiting).suspects.extend(parts.into_iter().filter(|part| !part.is_empty()));
        self.give_back(Vec::new());
    }
}

/// How many calls are made side by side for so many items.
fn calls(items: usize, most: usize) -> usize {
    items.div_ceil(most).min(SIDE_BY_SIDE)
}

/// Waits longer the more tries have come to nothing, and gives up after [`TRIES`].
async fn pause(tries: u32) -> Outside<()> {
    if tries >= TRIES {
        return Err(StoreError::Transient("the database kept leaving items over".to_owned()));
    }
    let most = 25_u64 << tries;
    tokio::time::sleep(Duration::from_millis(fastrand::u64(most / 2..=most))).await;
    Ok(())
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The imported objects in memory, with the limits of the database.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    sync::{Arc, Mutex},
};

use super::{Call, Faults, faults::LeftOver, lock, manners::Manners};
use imports::{
    ports::{BatchRead, BatchWrite, PortError, PortResult, Records},
    stored::{Mark, StoredRecord, wire_bytes},
    used::Used,
};
use records::{
    RecordId,
    json::{Decimal, Json, Object},
};
use tokio::time::Instant;

/// The largest item of `DynamoDB`, in bytes.
const MAX_BYTES: usize = 400 * 1024;
/// The largest call of `DynamoDB`, in bytes on the wire. Whoever makes one is at fault, and not one of its items.
const MAX_CALL_BYTES: usize = 16 * 1000 * 1000;
/// The deepest value, its innermost scalar counted.
const MAX_DEPTH: usize = 32;
/// The longest name of an attribute, in bytes.
const MAX_NAME: usize = 65_535;

/// A [`Records`] in memory. Clones share their objects.
#[derive(Clone, Debug, Default)]
pub struct MemoryRecords {
    state: Arc<Mutex<State>>,
    faults: Faults,
}

type Predicate = Box<dyn Fn(&StoredRecord) -> bool + Send>;
type Watch = Box<dyn FnMut(&StoredRecord) + Send>;

#[derive(Default)]
struct State {
    records: BTreeMap<RecordId, StoredRecord>,
    refuses: Option<Predicate>,
    watch: Option<Watch>,
    used: Used,
}

impl MemoryRecords {
    /// Begins without an object; `faults` befall its calls.
    #[must_use]
    pub fn new(faults: Faults) -> Self {
        Self { state: Arc::default(), faults }
    }

    /// Refuses the records that `refuses` picks, beside those over the limits.
    pub fn refuse(&self, refuses: impl Fn(&StoredRecord) -> bool + Send + 'static) {
        lock(&self.state).refuses = Some(Box::new(refuses));
    }

    /// Tells `watch` of every object as it is written.
    pub fn watch(&self, watch: impl FnMut(&StoredRecord) + Send + 'static) {
        lock(&self.state).watch = Some(Box::new(watch));
    }

    /// Shows every object, by id.
    pub fn each(&self, show: impl FnMut(&StoredRecord)) {
        lock(&self.state).records.values().for_each(show);
    }

    /// All objects, by id.
    #[must_use]
    pub fn all(&self) -> Vec<StoredRecord> {
        lock(&self.state).records.values().cloned().collect()
    }
}

impl Records for MemoryRecords {
    async fn read_batch(&self, ids: &[RecordId]) -> PortResult<BatchRead<StoredRecord>> {
        self.read(Call::ReadBatch, ids, read_back).await
    }

    async fn read_marks(&self, ids: &[RecordId]) -> PortResult<BatchRead<Mark>> {
        let mark =
            |record: &StoredRecord| Mark { id: record.id, import_id: record.import_id, created_at: record.created_at };
        self.read(Call::ReadMarks, ids, mark).await
    }

    async fn write_batch(&self, records: &[StoredRecord]) -> PortResult<BatchWrite> {
        if records.iter().map(wire_bytes).sum::<usize>() > MAX_CALL_BYTES {
            return Err(PortError::Permanent("the call is larger than 16 MB".to_owned()));
        }
        let (state, records, faults) = (Arc::clone(&self.state), records.to_vec(), self.faults.clone());
        let write = move |left_over: LeftOver| {
            let through = |records: &[StoredRecord]| faults.manners(|manners| get_through(manners, records));
            lock(&state).write(&records, left_over, through)
        };
        self.faults.around_change(Call::WriteBatch, write).await
    }

    fn used(&self) -> Used {
        lock(&self.state).used
    }
}

impl MemoryRecords {
    async fn read<T>(
        &self,
        call: Call,
        ids: &[RecordId],
        show: impl Fn(&StoredRecord) -> T + Send,
    ) -> PortResult<BatchRead<T>> {
        let read = |left_over: LeftOver| {
            check_batch(ids, Self::READ_BATCH).map_err(PortError::Permanent)?;
            let mut state = lock(&self.state);
            let (done, left) = ids.split_at(left_over.done_of(ids.len()));
            // What is not there costs a unit to look for.
            let cost = |id| state.records.get(id).map_or(1.0, |record| units(record, 4 << 10));
            let read_units = done.iter().map(cost).sum();
            state.used += Used { read_units, calls: 1, ..Used::default() };
            Ok(BatchRead {
                found: done.iter().filter_map(|id| state.records.get(id)).map(show).collect(),
                unprocessed: left.to_vec(),
            })
        };
        self.faults.around_batch(call, read).await
    }
}

impl State {
    fn write(
        &mut self,
        records: &[StoredRecord],
        left_over: LeftOver,
        through: impl FnOnce(&[StoredRecord]) -> PortResult<usize>,
    ) -> PortResult<BatchWrite> {
        let ids: Vec<RecordId> = records.iter().map(|record| record.id).collect();
        let refused = |record| self.refused(record);
        if let Some(reason) =
            check_batch(&ids, MemoryRecords::WRITE_BATCH).err().or_else(|| records.iter().find_map(refused))
        {
            return Ok(BatchWrite::Refused { reason });
        }
        let (done, _) = records.split_at(left_over.done_of(records.len()));
        let (done, left) = records.split_at(through(done)?);
        let write_units = done.iter().map(|record| units(record, 1 << 10)).sum();
        self.used += Used { write_units, calls: 1, ..Used::default() };
        for record in done {
            if let Some(watch) = &mut self.watch {
                watch(record);
            }
            self.records.insert(record.id, record.clone());
        }
        Ok(BatchWrite::Written { unprocessed: left.iter().map(|record| record.id).collect() })
    }

    fn refused(&self, record: &StoredRecord) -> Option<String> {
        if self.refuses.as_ref().is_some_and(|refuses| refuses(record)) {
            return Some("refused by the test".to_owned());
        }
        let bytes = size(&record.attributes) + record.external_ref.as_ref().map_or(0, String::len);
        if bytes > MAX_BYTES {
            return Some("Item size has exceeded the maximum allowed size".to_owned());
        }
        if record.attributes.depth() + 1 > MAX_DEPTH {
            return Some("Nesting Levels have exceeded supported limits".to_owned());
        }
        problem(&record.attributes)
    }
}

/// How many of a batch's records the table takes now.
///
/// # Errors
/// When it takes none.
fn get_through(manners: &mut Manners, records: &[StoredRecord]) -> PortResult<usize> {
    let now = Instant::now();
    let mut taken =
        |record: &&StoredRecord| manners.take("records", &record.id.to_string(), units(record, 1 << 10), now).is_ok();
    let through = records.iter().take_while(|record| taken(record)).count();
    let left_over = records.len() - through;
    if through == 0 && left_over > 0 {
        manners.figures.throttled += 1;
        return Err(PortError::Transient("the table is at its limit".to_owned()));
    }
    manners.figures.left_over += u64::try_from(left_over).unwrap_or(u64::MAX);
    Ok(through)
}

/// About how many units a record takes of which one is so many bytes.
fn units(record: &StoredRecord, unit: usize) -> f64 {
    f64::from(u32::try_from(size(&record.attributes).div_ceil(unit)).unwrap_or(u32::MAX).max(1))
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("records", &self.records).finish_non_exhaustive()
    }
}

fn check_batch(ids: &[RecordId], most: usize) -> Result<(), String> {
    if !(1..=most).contains(&ids.len()) {
        return Err(format!("a batch has 1 to {most} items"));
    }
    let different: HashSet<_> = ids.iter().collect();
    if different.len() == ids.len() { Ok(()) } else { Err("a batch contains duplicates".to_owned()) }
}

/// A map in the database has no order.
fn read_back(record: &StoredRecord) -> StoredRecord {
    StoredRecord { attributes: sorted(&record.attributes), ..record.clone() }
}

fn sorted(object: &Object) -> Object {
    let members: BTreeMap<String, Json> =
        object.iter().map(|(name, value)| (name.to_owned(), sorted_value(value))).collect();
    members.into_iter().collect()
}

fn sorted_value(value: &Json) -> Json {
    match value {
        Json::Object(object) => Json::Object(sorted(object)),
        Json::Array(items) => Json::Array(items.iter().map(sorted_value).collect()),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => value.clone(),
    }
}

/// The first name or number that the database does not take.
fn problem(object: &Object) -> Option<String> {
    let of_name = |name: &str| (!(1..=MAX_NAME).contains(&name.len())).then(|| "an attribute's name".to_owned());
    object.iter().find_map(|(name, value)| of_name(name).or_else(|| value_problem(value)))
}

fn value_problem(value: &Json) -> Option<String> {
    match value {
        Json::Object(object) => problem(object),
        Json::Array(items) => items.iter().find_map(value_problem),
        Json::Number(text) => Decimal::from_text(text).problem(),
        Json::Null | Json::Bool(_) | Json::String(_) => None,
    }
}

/// What an object takes, as `DynamoDB`'s documentation reckons.
fn size(object: &Object) -> usize {
    3 + object.iter().map(|(name, value)| 1 + name.len() + value_size(value)).sum::<usize>()
}

fn value_size(value: &Json) -> usize {
    match value {
        Json::Null | Json::Bool(_) => 1,
        Json::Number(text) => Decimal::from_text(text).count().div_ceil(2) + 1,
        Json::String(text) => text.len(),
        Json::Array(items) => 3 + items.iter().map(|item| 1 + value_size(item)).sum::<usize>(),
        Json::Object(object) => size(object),
    }
}

//! The stored objects of a job's store, as far as its lines need them.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex},
};

use imports::{
    ports::{PortResult, Records},
    stored::{Mark, StoredRecord},
};
use records::{Kept, RecordId, Snapshot, StoreId, Stored};

use crate::{bulk::Bulk, lock};

/// Reads stored objects; those that lines refer to are kept for a while.
#[derive(Debug)]
pub(crate) struct StoredObjects<'a, R> {
    store: &'a StoreId,
    records: &'a Bulk<'a, R>,
    kept: Mutex<Kept<RecordId, Stored>>,
}

impl<'a, R: Records> StoredObjects<'a, R> {
    pub(crate) fn new(store: &'a StoreId, records: &'a Bulk<'a, R>) -> Self {
        Self { store, records, kept: Mutex::default() }
    }

    /// Looks at the objects that are stored under some ids.
    pub(crate) async fn marks(&self, ids: impl Iterator<Item = RecordId>) -> PortResult<BTreeMap<RecordId, Mark>> {
        // Two lines may have the same.
        let ids: BTreeSet<RecordId> = ids.collect();
        self.records.marks.ask(ids.into_iter().collect()).await
    }

    /// Copies the objects that are stored under some ids. Each id gets an answer.
    pub(crate) async fn copies(&self, ids: BTreeSet<RecordId>) -> PortResult<HashMap<RecordId, Stored>> {
        let mut copies: HashMap<_, _> = self.with_kept(|kept| {
            let copy = |id| (id, kept.get(&id).unwrap_or(Stored::Unknown));
            ids.into_iter().map(copy).collect()
        });
        let unknown = copies.iter().filter(|(_, copy)| matches!(copy, Stored::Unknown));
        let unknown: Vec<RecordId> = unknown.map(|(id, _)| *id).collect();
        let mut found: HashMap<_, _> = unknown.iter().map(|id| (*id, Stored::Nothing)).collect();
        for (id, record) in self.records.wholes.ask(unknown).await? {
            // Another store's object is as missing as one that never was.
            if record.store == *self.store {
                found.insert(id, Stored::Object(Arc::new(copy(record))));
            }
        }
        self.with_kept(|kept| {
            for (id, copy) in &found {
                let bytes = if let Stored::Object(copy) = copy { copy.weight() } else { 0 };
                kept.insert(*id, copy.clone(), size_of::<RecordId>() + bytes);
            }
        });
        copies.extend(found);
        Ok(copies)
    }

    fn with_kept<T>(&self, use_it: impl FnOnce(&mut Kept<RecordId, Stored>) -> T) -> T {
        use_it(&mut lock(&self.kept))
    }
}

fn copy(record: StoredRecord) -> Snapshot {
    let StoredRecord { id, record_type, external_ref, attributes, .. } = record;
    Snapshot::new(id, record_type, external_ref, attributes)
}

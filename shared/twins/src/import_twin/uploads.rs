//! The promised uploads in memory.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::MemoryImports;
use crate::{Call, keys::Keys, lock};
use imports::{
    idempotency::Idempotency,
    import::ImportId,
    ports::{PortResult, Promised, Reserved, UploadPromise, Uploads},
};
use records::StoreId;

/// The promises by store and id, and what was promised under a key.
#[derive(Debug, Default)]
pub(super) struct Promises {
    by_id: HashMap<(StoreId, ImportId), UploadPromise>,
    keys: Keys,
}

impl Uploads for MemoryImports {
    async fn reserve(
        &self,
        store: &StoreId,
        idempotency: &Idempotency,
        id: ImportId,
        now: DateTime<Utc>,
    ) -> PortResult<Reserved> {
        let reserve = || {
            let keys = &mut lock(&self.uploads).keys;
            Ok(match keys.find(store, idempotency, now) {
                Some((before, true)) => Reserved::Before(before),
                Some((other, false)) => Reserved::KeyTaken(other),
                None => {
                    keys.remember(store, idempotency, id, now);
                    Reserved::Now
                }
            })
        };
        self.faults.around(Call::Reserve, reserve).await
    }

    async fn promise(&self, promise: &UploadPromise) -> PortResult<()> {
        let keep = || {
            lock(&self.uploads).by_id.insert((promise.store.clone(), promise.id), promise.clone());
            Ok(())
        };
        self.faults.around(Call::Promise, keep).await
    }

    async fn promised(&self, store: &StoreId, id: ImportId, now: DateTime<Utc>) -> PortResult<Option<Promised>> {
        let find = || {
            let uploads = lock(&self.uploads);
            let promise = uploads.by_id.get(&(store.clone(), id));
            let kept = promise.filter(|promise| promise.expires_at.timestamp() > now.timestamp());
            Ok(kept.map(|promise| promise.promised.clone()))
        };
        self.faults.around(Call::Promised, find).await
    }
}

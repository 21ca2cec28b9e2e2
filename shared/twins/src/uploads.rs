//! The promised uploads in memory.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::{Call, MemoryImports, lock};
use imports::{
    import::ImportId,
    options::ImportOptions,
    ports::{PortResult, UploadPromise, Uploads},
};
use records::StoreId;

/// The promises by store and id.
pub(super) type Promises = HashMap<(StoreId, ImportId), UploadPromise>;

impl Uploads for MemoryImports {
    async fn promise(&self, promise: &UploadPromise) -> PortResult<()> {
        let keep = || {
            lock(&self.uploads).insert((promise.store.clone(), promise.id), promise.clone());
            Ok(())
        };
        self.faults.around(Call::Promise, keep).await
    }

    async fn promised(&self, store: &StoreId, id: ImportId, now: DateTime<Utc>) -> PortResult<Option<ImportOptions>> {
        let find = || {
            let uploads = lock(&self.uploads);
            let promise = uploads.get(&(store.clone(), id));
            let kept = promise.filter(|promise| promise.expires_at.timestamp() > now.timestamp());
            Ok(kept.map(|promise| promise.options.clone()))
        };
        self.faults.around(Call::Promised, find).await
    }
}

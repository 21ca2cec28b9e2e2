//! Uploads that were promised.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::ImportTable;
use crate::{
    error::sort,
    import_item::{Item, key, read, write},
};
use imports::{
    import::ImportId,
    options::{ImportOptions, OnConflict},
    ports::{PortResult, UploadPromise, Uploads},
};
use records::StoreId;

#[derive(Debug, Serialize, Deserialize)]
struct UploadItem {
    #[serde(skip_serializing_if = "Option::is_none")]
    external_ref: Option<String>,
    dry_run: bool,
    on_conflict: OnConflict,
    /// Seconds since 1970.
    expires_at: i64,
}

fn upload_key(store: &StoreId, id: ImportId) -> Item {
    key(store.as_str(), format!("upload#{id}"))
}

impl Uploads for ImportTable {
    async fn promise(&self, promise: &UploadPromise) -> PortResult<()> {
        let ImportOptions { external_ref, dry_run, on_conflict } = promise.options.clone();
        let expires_at = promise.expires_at.timestamp();
        let mut item = write(&UploadItem { external_ref, dry_run, on_conflict, expires_at })?;
        item.extend(upload_key(&promise.store, promise.id));
        self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await.map_err(sort)?;
        Ok(())
    }

    async fn promised(&self, store: &StoreId, id: ImportId, now: DateTime<Utc>) -> PortResult<Option<ImportOptions>> {
        let call = self.client.get_item().table_name(&self.table).set_key(Some(upload_key(store, id)));
        let item: Option<Item> = call.consistent_read(true).send().await.map_err(sort)?.item;
        let item = item.map(read::<UploadItem>).transpose()?.filter(|item| item.expires_at > now.timestamp());
        Ok(item.map(|item| ImportOptions {
            external_ref: item.external_ref,
            dry_run: item.dry_run,
            on_conflict: item.on_conflict,
        }))
    }
}

//! Idempotency keys: which job was made under one, and by which call.

use aws_sdk_dynamodb::types::TransactWriteItem;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{ImportTable, putting};
use crate::import_item::{Item, key, number, text};
use imports::{
    idempotency::{Idempotency, REMEMBERED},
    import::{Import, ImportId},
    ports::{Created, Imports, PortResult},
};
use records::StoreId;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KeyItem {
    pub(super) import_id: ImportId,
    pub(super) fingerprint: String,
    /// Seconds since 1970.
    expires_at: i64,
}

impl KeyItem {
    pub(super) fn new(import_id: ImportId, idempotency: &Idempotency, now: DateTime<Utc>) -> Self {
        let expires_at = (now + REMEMBERED).timestamp();
        Self { import_id, fingerprint: idempotency.fingerprint.clone(), expires_at }
    }
}

/// When a key can be taken at `:now`.
pub(super) const FREE: &str = "attribute_not_exists(pk) OR expires_at <= :now";

/// What stands behind a key.
pub(super) enum KeyUse {
    Free,
    /// It is free all the same: the job that was made under it is gone.
    OfNoJob(ImportId),
    Taken(Box<Created>),
}

/// With 255 characters of four bytes each, exactly the 1024 bytes that a sort key may have.
fn key_key(store: &StoreId, idempotency: &Idempotency) -> Item {
    key(store.as_str(), format!("key#{}", idempotency.key))
}

impl ImportTable {
    pub(super) async fn recall_import(
        &self,
        store: &StoreId,
        idempotency: &Idempotency,
        now: DateTime<Utc>,
    ) -> PortResult<KeyUse> {
        let item = self.stored::<KeyItem>(key_key(store, idempotency)).await?;
        let Some(item) = item.filter(|item| item.expires_at > now.timestamp()) else { return Ok(KeyUse::Free) };
        let Some(import) = self.get(store, item.import_id, now).await? else {
            return Ok(KeyUse::OfNoJob(item.import_id));
        };
        let is_equal = idempotency.equals(&item.fingerprint);
        let created = if is_equal { Created::Before(import) } else { Created::KeyTaken(item.import_id) };
        Ok(KeyUse::Taken(Box::new(created)))
    }

    /// Writes a key with its job. One that is still remembered can't be taken, unless it stands for the job `gone`.
    pub(super) fn take_key(
        &self,
        import: &Import,
        idempotency: &Idempotency,
        gone: Option<ImportId>,
        now: DateTime<Utc>,
    ) -> PortResult<TransactWriteItem> {
        let item = KeyItem::new(import.id, idempotency, now);
        let put = self
            .put(&item, key_key(&import.store, idempotency))?
            .expression_attribute_values(":now", number(now.timestamp()));
        let put = match gone {
            Some(gone) => put
                .condition_expression(format!("{FREE} OR import_id = :gone"))
                .expression_attribute_values(":gone", text(gone.to_string())),
            None => put.condition_expression(FREE),
        };
        putting(put)
    }
}

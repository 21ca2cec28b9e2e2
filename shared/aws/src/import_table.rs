//! The import jobs in DynamoDB.

mod claim;
mod create;
mod end;
mod horizon;
mod key;
mod lane;
mod list;
mod matching;
mod numbers;
mod put_order;
mod seats;
mod upload;

use std::time::Duration;

use aws_sdk_dynamodb::{
    Client,
    types::{
        Delete, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
        builders::{PutBuilder, UpdateBuilder},
    },
};
use backon::Retryable;
use chrono::{DateTime, Utc};
use futures_util::future::try_join;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use self::key::KeyUse;
use super::{
    error::{Cancelled, sort, sort_transaction, unbuilt},
    import_item::{
        ImportItem, Item, LANE, LEASE, counts_attribute, import_key, key, keyed, number, open_key, read, receipt_key,
        text,
    },
};
use imports::{
    api::time,
    back_off::BACK_OFF,
    filter::Filter,
    idempotency::Idempotency,
    import::{Claim, Import, ImportId, ImportStatus, Lease, NewImport, Outcome, Tally},
    page::Page,
    ports::{Created, ImportRef, Imports, Listing, PortError, PortResult},
    times,
};
use records::StoreId;

/// An [`Imports`] in a DynamoDB table.
#[derive(Clone, Debug)]
pub struct ImportTable {
    client: Client,
    table: String,
}

impl ImportTable {
    /// Uses the table of that name.
    #[must_use]
    pub const fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    async fn item(&self, store: &StoreId, id: ImportId) -> PortResult<Option<ImportItem>> {
        self.stored(import_key(store, id)).await
    }

    /// Reads the item of a key, as the last write left it.
    async fn stored<T: for<'de> Deserialize<'de>>(&self, key: Item) -> PortResult<Option<T>> {
        let call = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        call.send().await.map_err(sort)?.item.map(read).transpose()
    }

    /// Writes all of `actions` or none. On AWS the SDK's idempotency token makes its own retries harmless.
    async fn transact(&self, actions: Vec<TransactWriteItem>) -> Result<(), Cancelled> {
        let call = self.client.transact_write_items().set_transact_items(Some(actions));
        call.send().await.map(|_| ()).map_err(sort_transaction)
    }

    /// Writes `actions`, again while other transactions are in the way. A condition that does not hold is a conflict.
    async fn transact_until_clear(&self, actions: Vec<TransactWriteItem>) -> PortResult<()> {
        let transact = || self.transact(actions.clone());
        let is_contended = |cancelled: &Cancelled| matches!(cancelled, Cancelled::Contended);
        transact.retry(BACK_OFF).when(is_contended).await.map_err(|cancelled| match cancelled {
            Cancelled::Contended => contended(),
            Cancelled::Condition(..) => PortError::Conflict("the lease is lost".to_owned()),
            Cancelled::Failed(error) => error,
        })
    }

    /// Begins an update of an item of this table.
    fn update(&self, key: Item, expression: &str) -> UpdateBuilder {
        Update::builder()
            .table_name(&self.table)
            .set_key(Some(key))
            .update_expression(expression)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::None)
    }

    /// Begins to write an item of this table under a key.
    fn put(&self, item: &impl Serialize, key: Item) -> PortResult<PutBuilder> {
        Ok(Put::builder().table_name(&self.table).set_item(Some(keyed(item, key)?)))
    }

    /// Takes the lease from a job that has ended or is gone.
    fn free_lease(&self, epoch: u64) -> PortResult<TransactWriteItem> {
        let free = self
            .update(key(LANE, LEASE), "REMOVE running SET lease_until = :zero")
            .condition_expression("epoch = :epoch")
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":epoch", number(epoch));
        updating(free)
    }

    fn remove_open(&self, open: &ImportRef) -> PortResult<TransactWriteItem> {
        let delete = Delete::builder().table_name(&self.table).set_key(Some(open_key(open.created_at, open.id)));
        Ok(TransactWriteItem::builder().delete(delete.build().map_err(unbuilt)?).build())
    }
}

impl Imports for ImportTable {
    async fn create(&self, new: NewImport, now: DateTime<Utc>) -> PortResult<Created> {
        self.create_import(new, now).await
    }

    async fn recall(
        &self,
        store: &StoreId,
        idempotency: &Idempotency,
        now: DateTime<Utc>,
    ) -> PortResult<Option<Created>> {
        Ok(match self.recall_import(store, idempotency, now).await? {
            KeyUse::Taken(created) => Some(*created),
            KeyUse::Free | KeyUse::OfNoJob(_) => None,
        })
    }

    async fn get(&self, store: &StoreId, id: ImportId, now: DateTime<Utc>) -> PortResult<Option<Import>> {
        let (item, horizon) = try_join(self.item(store, id), self.horizon()).await?;
        item.filter(|item| item.exists(now, horizon)).map(ImportItem::into_import).transpose()
    }

    async fn glance(&self, store: &StoreId, id: ImportId) -> PortResult<Option<Import>> {
        let call = self.client.get_item().table_name(&self.table).set_key(Some(import_key(store, id)));
        let item = call.send().await.map_err(sort)?.item;
        item.map(|item| read::<ImportItem>(item)?.into_import()).transpose()
    }

    async fn list(&self, store: &StoreId, filter: &Filter, page: Page, now: DateTime<Utc>) -> PortResult<Listing> {
        self.list_imports(store, filter, page, now).await
    }

    async fn claim_next(&self, now: DateTime<Utc>) -> PortResult<Claim> {
        self.claim_import(now).await
    }

    async fn begin(&self, lease: &Lease) -> PortResult<()> {
        let call = self.client.update_item().table_name(&self.table).set_key(Some(import_key(&lease.store, lease.id)));
        call.update_expression("SET attempt = :attempt")
            .condition_expression("epoch = :epoch AND #status = :started")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":started", text(ImportStatus::Started.as_str()))
            .expression_attribute_values(":attempt", number(lease.attempt))
            .expression_attribute_values(":epoch", number(lease.epoch))
            .send()
            .await
            .map_err(sort)?;
        Ok(())
    }

    async fn extend_lease(&self, lease: &Lease, now: DateTime<Utc>) -> PortResult<()> {
        let call = self.client.update_item().table_name(&self.table).set_key(Some(key(LANE, LEASE)));
        call.update_expression("SET lease_until = :until")
            .condition_expression("epoch = :epoch AND attribute_exists(running)")
            .expression_attribute_values(":until", number((now + times::LEASE).timestamp_millis()))
            .expression_attribute_values(":epoch", number(lease.epoch))
            .send()
            .await
            .map_err(sort)?;
        Ok(())
    }

    async fn record_progress(&self, lease: &Lease, tally: &Tally, now: DateTime<Utc>) -> PortResult<bool> {
        let call = self.client.update_item().table_name(&self.table).set_key(Some(import_key(&lease.store, lease.id)));
        let answer = call
            .update_expression(
                "SET uploaded = :uploaded, imported = :imported, actions = :actions, warnings = :warnings, updated_at = :now",
            )
            .condition_expression("epoch = :epoch AND #status = :started")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":uploaded", counts_attribute(&tally.uploaded)?)
            .expression_attribute_values(":imported", counts_attribute(&tally.imported)?)
            .expression_attribute_values(":warnings", number(tally.warnings))
            .expression_attribute_values(":actions", counts_attribute(&tally.actions)?)
            .expression_attribute_values(":now", text(time(now)))
            .expression_attribute_values(":epoch", number(lease.epoch))
            .expression_attribute_values(":started", text(ImportStatus::Started.as_str()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(sort)?;
        Ok(answer.attributes.is_some_and(|item| item.contains_key("cancel_requested_at")))
    }

    async fn finish(&self, lease: &Lease, outcome: &Outcome, now: DateTime<Utc>) -> PortResult<()> {
        self.finish_import(lease, outcome, now).await
    }

    async fn release(&self, lease: &Lease) -> PortResult<()> {
        // The epoch moves on: nothing more happens under this lease, not even a second release or a late heartbeat.
        let import = self
            .update(import_key(&lease.store, lease.id), "SET attempt = :before, epoch = :next")
            .condition_expression("epoch = :epoch AND #status = :started")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":started", text(ImportStatus::Started.as_str()))
            .expression_attribute_values(":before", number(lease.attempt.saturating_sub(1)))
            .expression_attribute_values(":next", number(lease.epoch + 1))
            .expression_attribute_values(":epoch", number(lease.epoch));
        let free = self
            .update(key(LANE, LEASE), "SET lease_until = :zero, epoch = :next")
            .condition_expression("epoch = :epoch")
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":next", number(lease.epoch + 1))
            .expression_attribute_values(":epoch", number(lease.epoch));
        self.transact_until_clear(vec![updating(import)?, updating(free)?]).await
    }

    async fn forget(&self, until: DateTime<Utc>) -> PortResult<()> {
        self.move_horizon(until).await
    }

    async fn open(&self, limit: u32) -> PortResult<Vec<ImportRef>> {
        self.open_imports(limit).await
    }

    async fn last_turn(&self) -> PortResult<u64> {
        self.latest_turn().await
    }

    async fn cancel_pending(&self, import: &Import, outcome: &Outcome, now: DateTime<Utc>) -> PortResult<()> {
        self.cancel_pending_import(import, outcome, now).await
    }

    async fn request_cancel(&self, store: &StoreId, id: ImportId, now: DateTime<Utc>) -> PortResult<Import> {
        self.request_cancel_of(store, id, now).await
    }

    async fn owed_receipts(&self, limit: u32) -> PortResult<Vec<ImportRef>> {
        self.receipts_owed(limit).await
    }

    async fn note_put(&self, store: &StoreId, key: &str, sequencer: &str, now: DateTime<Utc>) -> PortResult<bool> {
        self.note_latest_put(store, key, sequencer, now).await
    }

    async fn settle_receipt(&self, import: &ImportRef) -> PortResult<()> {
        let key = receipt_key(import.created_at, import.id);
        let call = self.client.delete_item().table_name(&self.table).set_key(Some(key));
        call.send().await.map_err(sort)?;
        Ok(())
    }
}

fn updating(update: UpdateBuilder) -> PortResult<TransactWriteItem> {
    Ok(TransactWriteItem::builder().update(update.build().map_err(unbuilt)?).build())
}

fn putting(put: PutBuilder) -> PortResult<TransactWriteItem> {
    Ok(TransactWriteItem::builder().put(put.build().map_err(unbuilt)?).build())
}

fn contended() -> PortError {
    PortError::Transient("other writes kept coming first".to_owned())
}

/// Waits before another try, if there is one.
async fn pause(pauses: &mut impl Iterator<Item = Duration>) -> PortResult<()> {
    sleep(pauses.next().ok_or_else(contended)?).await;
    Ok(())
}

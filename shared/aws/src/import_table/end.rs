//! How a job ends: by its worker, or cancelled before any had it. And what jobs owe.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, TransactWriteItem, builders::UpdateBuilder};
use chrono::{DateTime, Utc};

use super::{ImportTable, putting, updating};
use crate::{
    error::sort,
    import_item::{
        COUNTER, FailureItem, ImportItem, LANE, OpenItem, counts_attribute, debt_key, debts, import_key, key, number,
        open_key, read, text, write,
    },
};
use imports::{
    api::time,
    debts::Debt,
    import::{Import, ImportId, ImportStatus, Lease, Outcome, to_micros},
    ports::{ImportRef, PortError, PortResult},
    retention::Retention,
};
use records::StoreId;

impl ImportTable {
    pub(super) async fn finish_import(&self, lease: &Lease, outcome: &Outcome, now: DateTime<Utc>) -> PortResult<()> {
        let job = ImportRef::from(lease);
        // While this worker has the lease nobody else ends or numbers a job.
        let before = self.counter(&lease.store).await?.kept();
        let kept = Retention { from: to_micros(now), expires_at: outcome.expires_at }.after(before);
        let import = self
            .ended(&job, outcome, now, ", kept_from = :from, expires_at = :expires")?
            .expression_attribute_values(":from", text(time(kept.from)))
            .expression_attribute_values(":expires", number(kept.expires_at.timestamp()))
            .condition_expression("epoch = :epoch AND #status = :started")
            .expression_attribute_values(":started", text(ImportStatus::Started.as_str()))
            .expression_attribute_values(":epoch", number(lease.epoch));
        let mut actions = vec![
            updating(import)?,
            self.remove_open(&job)?,
            self.free_lease(lease.epoch)?,
            self.note_kept(&lease.store, kept)?,
        ];
        actions.extend(self.owe_at_end(&job, outcome)?);
        let conflict = match self.transact_until_clear(actions).await {
            Err(PortError::Conflict(text)) => PortError::Conflict(text),
            other => return other,
        };
        // Perhaps this very write went through earlier, and only its answer was lost.
        match self.item(&lease.store, lease.id).await? {
            Some(item) if item.epoch == lease.epoch && item.is_terminal() => Ok(()),
            _ => Err(conflict),
        }
    }

    /// Its entry in the lane stays, marked: a worker that comes by gives the job its number. Until then it does not expire.
    pub(super) async fn cancel_pending_import(
        &self,
        import: &Import,
        outcome: &Outcome,
        now: DateTime<Utc>,
    ) -> PortResult<()> {
        let job = ImportRef::from(import);
        let ended = self
            .ended(&job, outcome, now, ", cancel_requested_at = :now, keep_until = :until")?
            .expression_attribute_values(":until", number(outcome.expires_at.timestamp()))
            .condition_expression("#status = :pending")
            .expression_attribute_values(":pending", text(ImportStatus::Pending.as_str()));
        let mark = self
            .update(open_key(import.created_at, import.id), "SET cancelled = :true")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":true", AttributeValue::Bool(true));
        let mut actions = vec![updating(ended)?, updating(mark)?];
        actions.extend(self.owe_at_end(&job, outcome)?);
        self.transact_until_clear(actions).await
    }

    pub(super) async fn request_cancel_of(
        &self,
        store: &StoreId,
        id: ImportId,
        now: DateTime<Utc>,
    ) -> PortResult<Import> {
        let call = self.client.update_item().table_name(&self.table).set_key(Some(import_key(store, id)));
        let answer = call
            .update_expression("SET cancel_requested_at = if_not_exists(cancel_requested_at, :now)")
            .condition_expression("#status = :started")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":now", text(time(now)))
            .expression_attribute_values(":started", text(ImportStatus::Started.as_str()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(sort)?;
        read::<ImportItem>(answer.attributes.unwrap_or_default())?.into_import()
    }

    pub(super) async fn debts_owed(&self, debt: Debt, limit: u32) -> PortResult<Vec<ImportRef>> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :lane AND begins_with(sk, :debts)")
            .expression_attribute_values(":lane", text(LANE))
            .expression_attribute_values(":debts", text(debts(debt)))
            .consistent_read(true)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(sort)?;
        answer.items.unwrap_or_default().into_iter().map(|item| read::<OpenItem>(item)?.into_ref()).collect()
    }

    /// The update that ends a job; what it needs beside that is set by `more`.
    fn ended(
        &self,
        import: &ImportRef,
        outcome: &Outcome,
        now: DateTime<Utc>,
        more: &str,
    ) -> PortResult<UpdateBuilder> {
        let failure = outcome.report.failure.as_ref().map(|failure| write(&FailureItem::from(failure))).transpose()?;
        let set_failure = if failure.is_some() { ", failure = :failure" } else { "" };
        let expression = format!(
            "SET #status = :ended, finished_at = :now, updated_at = :now, uploaded = :uploaded, imported = :imported, \
             actions = :actions, warnings = :warnings, report = :report, errors = :errors, blocked = :blocked{set_failure}{more}"
        );
        let update = self
            .update(import_key(&import.store, import.id), &expression)
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":ended", text(ImportStatus::from(outcome.ending).as_str()))
            .expression_attribute_values(":now", text(time(now)))
            .expression_attribute_values(":uploaded", counts_attribute(&outcome.tally.uploaded)?)
            .expression_attribute_values(":imported", counts_attribute(&outcome.tally.imported)?)
            .expression_attribute_values(":warnings", number(outcome.tally.warnings))
            .expression_attribute_values(":actions", counts_attribute(&outcome.tally.actions)?)
            .expression_attribute_values(":report", text(&outcome.report.prefix))
            .expression_attribute_values(":errors", number(outcome.report.errors))
            .expression_attribute_values(":blocked", number(outcome.report.blocked));
        Ok(match failure {
            Some(failure) => update.expression_attribute_values(":failure", AttributeValue::M(failure)),
            None => update,
        })
    }

    /// Notes how long the job is kept that ended last of those with a number.
    fn note_kept(&self, store: &StoreId, kept: Retention) -> PortResult<TransactWriteItem> {
        let note = self
            .update(key(store.as_str(), COUNTER), "SET kept_from = :from, keep_until = :until")
            .expression_attribute_values(":from", text(time(kept.from)))
            .expression_attribute_values(":until", number(kept.expires_at.timestamp()));
        updating(note)
    }

    fn owe_at_end(&self, import: &ImportRef, outcome: &Outcome) -> PortResult<Vec<TransactWriteItem>> {
        let receipt = outcome.owes_receipt.then_some(Debt::Receipt);
        [Debt::Ended].into_iter().chain(receipt).map(|debt| self.owe(debt, import)).collect()
    }

    /// Writes down that a job owes something.
    pub(super) fn owe(&self, debt: Debt, import: &ImportRef) -> PortResult<TransactWriteItem> {
        putting(self.put(&OpenItem::of(import), debt_key(debt, import))?)
    }
}

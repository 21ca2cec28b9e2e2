//! Claiming the next job: the lease, the job and its number in the store's list, in one transaction.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use backon::BackoffBuilder;
use chrono::{DateTime, TimeZone, Utc};
use tokio::time::sleep;

use super::{ImportTable, pause, updating};
use crate::{
    error::{Cancelled, sort},
    import_item::{
        COUNTER, CounterItem, FIRST_UNNUMBERED, ImportItem, LANE, LEASE, LeaseItem, OPEN, OpenItem, import_key, key,
        number, read, text, write,
    },
};
use imports::{
    api::time,
    back_off::BACK_OFF,
    debts::Debt,
    import::{Claim, Import, ImportStatus, Lease, to_micros},
    ports::{ImportRef, PortError, PortResult},
    retention::Retention,
    times,
};
use records::StoreId;

/// How often a worker looks whether a job is there that is being created.
const LOOK: Duration = Duration::from_millis(100);

/// The head of the lane: the lease and the earliest job that has not ended.
struct Head {
    lease: LeaseItem,
    earliest: Option<OpenItem>,
}

impl ImportTable {
    pub(super) async fn claim_import(&self, now: DateTime<Utc>) -> PortResult<Claim> {
        let asked = now;
        let mut now = now;
        let mut pauses = BACK_OFF.build();
        loop {
            let Head { lease, earliest } = self.head().await?;
            let next = match (&lease.running, earliest) {
                (Some(_), _) if lease.lease_until > now.timestamp_millis() => {
                    let until = Utc.timestamp_millis_opt(lease.lease_until).single().unwrap_or(now);
                    return Ok(Claim::Busy { until });
                }
                (Some(running), _) => running.clone(),
                (None, None) => return Ok(Claim::Idle),
                (None, Some(earliest)) if earliest.ordinal > lease.last_turn + 1 => {
                    // A job that should come before it is not there, and is perhaps being created this very moment.
                    if now - earliest.created_at < times::CREATION && now - asked < times::CREATION {
                        sleep(LOOK).await;
                        now += LOOK;
                    } else if !self.close_holes(&lease, earliest.ordinal, now).await? {
                        pause(&mut pauses).await?;
                    }
                    continue;
                }
                (None, Some(earliest)) => earliest,
            };
            let ordinal = next.ordinal;
            let next = next.into_ref()?;
            let item = match self.item(&next.store, next.id).await? {
                Some(item) if !item.is_terminal() => item,
                Some(item) if item.position >= FIRST_UNNUMBERED => {
                    // Cancelled before its turn, which is now: it gets its number, and the next one is looked at.
                    if !self.pass_over(&next, &item, &lease).await? {
                        pause(&mut pauses).await?;
                    }
                    continue;
                }
                // Somebody deleted the job by hand. Its entry must not block the lane.
                _ => {
                    self.forget(&next, ordinal, &lease).await?;
                    pause(&mut pauses).await?;
                    continue;
                }
            };
            match self.claim(&next, item, &lease, now).await? {
                Ok(claim) => return Ok(claim),
                // Another worker was quicker, or the job changed: look again.
                Err(Cancelled::Condition(..) | Cancelled::Contended) => pause(&mut pauses).await?,
                Err(Cancelled::Failed(error)) => return Err(error),
            }
        }
    }

    async fn head(&self) -> PortResult<Head> {
        // The lease sorts just before the open entries.
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :lane AND sk >= :lease")
            .expression_attribute_values(":lane", text(LANE))
            .expression_attribute_values(":lease", text(LEASE))
            .consistent_read(true)
            .limit(2)
            .send()
            .await
            .map_err(sort)?;
        let mut head = Head { lease: LeaseItem::default(), earliest: None };
        for item in answer.items.unwrap_or_default() {
            let sort_key = item.get("sk").and_then(|sort_key| sort_key.as_s().ok()).cloned().unwrap_or_default();
            if sort_key == LEASE {
                head.lease = read(item)?;
            } else if sort_key.starts_with(OPEN) && head.earliest.is_none() {
                head.earliest = Some(read(item)?);
            }
        }
        Ok(head)
    }

    async fn claim(
        &self,
        next: &ImportRef,
        item: ImportItem,
        held: &LeaseItem,
        now: DateTime<Utc>,
    ) -> PortResult<Result<Claim, Cancelled>> {
        let now = to_micros(now);
        let epoch = held.epoch + 1;
        let mut actions = vec![self.take_lease(next, item.ordinal, held, now)?];
        let mut position = item.position;
        if position >= FIRST_UNNUMBERED {
            let counter = self.counter(&next.store).await?;
            position = counter.last_number + 1;
            actions.push(self.count_up(&next.store, &counter, None)?);
        }
        let start = self
            .update(
                import_key(&next.store, next.id),
                "SET #status = :started, started_at = if_not_exists(started_at, :now), updated_at = :now, \
                 epoch = :epoch, #position = :position",
            )
            .condition_expression("epoch = :before AND (#status = :pending OR #status = :started)")
            .expression_attribute_names("#status", "status")
            .expression_attribute_names("#position", "position")
            .expression_attribute_values(":pending", text(ImportStatus::Pending.as_str()))
            .expression_attribute_values(":started", text(ImportStatus::Started.as_str()))
            .expression_attribute_values(":now", text(time(now)))
            .expression_attribute_values(":before", number(item.epoch))
            .expression_attribute_values(":epoch", number(epoch))
            .expression_attribute_values(":position", number(position));
        actions.push(updating(start)?);
        if item.is_pending() {
            actions.push(self.owe(Debt::Started, next)?);
        }
        if let Err(cancelled) = self.transact(actions).await {
            return Ok(Err(cancelled));
        }
        let attempt = item.attempt + 1;
        let import = item.into_import()?;
        let resumed = import.started_at.is_some();
        let import = Import {
            status: ImportStatus::Started,
            started_at: Some(import.started_at.unwrap_or(now)),
            updated_at: now,
            ..import
        };
        let lease = Lease { store: next.store.clone(), id: next.id, created_at: next.created_at, epoch, attempt };
        Ok(Ok(Claim::Run { import: Box::new(import), lease, resumed }))
    }

    fn take_lease(
        &self,
        next: &ImportRef,
        ordinal: u64,
        held: &LeaseItem,
        now: DateTime<Utc>,
    ) -> PortResult<TransactWriteItem> {
        // The lease as it was read: same epoch, and not renewed since.
        let condition =
            if held.epoch == 0 { "attribute_not_exists(epoch)" } else { "epoch = :before AND lease_until = :lapsed" };
        let mut take = self
            .update(key(LANE, LEASE), "SET epoch = :epoch, running = :running, lease_until = :until, last_turn = :turn")
            .condition_expression(condition)
            .expression_attribute_values(":turn", number(ordinal.max(held.last_turn)))
            .expression_attribute_values(":epoch", number(held.epoch + 1))
            .expression_attribute_values(":running", AttributeValue::M(write(&OpenItem::of(next))?))
            .expression_attribute_values(":until", number((now + times::LEASE).timestamp_millis()));
        if held.epoch > 0 {
            take = take
                .expression_attribute_values(":before", number(held.epoch))
                .expression_attribute_values(":lapsed", number(held.lease_until));
        }
        updating(take)
    }

    /// Numbers an ended job and takes it out of the lane. `false` when other writes were in the way.
    async fn pass_over(&self, ended: &ImportRef, item: &ImportItem, held: &LeaseItem) -> PortResult<bool> {
        let counter = self.counter(&ended.store).await?;
        let by_itself = item.kept_by_itself();
        let by_itself = by_itself.ok_or_else(|| PortError::Permanent("an ended job has no end".to_owned()))?;
        let kept = by_itself.after(counter.kept());
        let number_it = self
            .update(
                import_key(&ended.store, ended.id),
                "SET #position = :position, kept_from = :from, expires_at = :expires REMOVE keep_until",
            )
            .condition_expression("#position = :unnumbered")
            .expression_attribute_names("#position", "position")
            .expression_attribute_values(":position", number(counter.last_number + 1))
            .expression_attribute_values(":unnumbered", number(item.position))
            .expression_attribute_values(":from", text(time(kept.from)))
            .expression_attribute_values(":expires", number(kept.expires_at.timestamp()));
        let mut actions =
            vec![self.count_up(&ended.store, &counter, Some(kept))?, updating(number_it)?, self.remove_open(ended)?];
        actions.extend(self.note_turn(held, item.ordinal)?);
        match self.transact(actions).await {
            Ok(()) => Ok(true),
            Err(Cancelled::Condition(..) | Cancelled::Contended) => Ok(false),
            Err(Cancelled::Failed(error)) => Err(error),
        }
    }

    pub(super) async fn counter(&self, store: &StoreId) -> PortResult<CounterItem> {
        Ok(self.stored(key(store.as_str(), COUNTER)).await?.unwrap_or_default())
    }

    /// Gives the next number away; `kept` is how long the job is kept that ended last of those with a number.
    fn count_up(
        &self,
        store: &StoreId,
        counter: &CounterItem,
        kept: Option<Retention>,
    ) -> PortResult<TransactWriteItem> {
        let last = counter.last_number;
        let condition = if last == 0 { "attribute_not_exists(last_number)" } else { "last_number = :last" };
        let set_kept = if kept.is_some() { ", kept_from = :from, keep_until = :until" } else { "" };
        let mut count = self
            .update(key(store.as_str(), COUNTER), &format!("SET last_number = :next{set_kept}"))
            .condition_expression(condition)
            .expression_attribute_values(":next", number(last + 1));
        if last > 0 {
            count = count.expression_attribute_values(":last", number(last));
        }
        if let Some(kept) = kept {
            count = count
                .expression_attribute_values(":from", text(time(kept.from)))
                .expression_attribute_values(":until", number(kept.expires_at.timestamp()));
        }
        updating(count)
    }

    /// Takes a job that is no longer there out of the lane.
    async fn forget(&self, gone: &ImportRef, ordinal: u64, held: &LeaseItem) -> PortResult<()> {
        let mut actions = vec![self.remove_open(gone)?];
        if held.running.is_some() {
            actions.push(self.free_lease(held.epoch)?);
        } else {
            actions.extend(self.note_turn(held, ordinal)?);
        }
        match self.transact_until_clear(actions).await {
            // Another worker was quicker.
            Err(PortError::Conflict(_)) => Ok(()),
            other => other,
        }
    }
}

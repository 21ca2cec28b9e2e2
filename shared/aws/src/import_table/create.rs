//! Making a job: the job, its entry in the lane and the lane's clock, in one transaction.

use aws_sdk_dynamodb::types::{ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use backon::BackoffBuilder;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::{ImportTable, key::KeyUse, pause, putting, updating};
use crate::{
    error::Cancelled,
    import_item::{CLOCK, ImportItem, LANE, OpenItem, import_key, key, open_key, read, text},
};
use imports::{
    api::time,
    back_off::BACK_OFF,
    import::{Import, NewImport, to_micros},
    ports::{Created, ImportRef, PortResult},
};

/// The indexes of the actions in the transaction.
const IMPORT: usize = 0;
const CLOCK_MOVED: usize = 2;
const KEY: usize = 3;

#[derive(Deserialize)]
struct ClockItem {
    created_at: DateTime<Utc>,
}

impl ImportTable {
    pub(super) async fn create_import(&self, new: NewImport, now: DateTime<Utc>) -> PortResult<Created> {
        let mut created_at = to_micros(now);
        let mut gone = None;
        let mut pauses = BACK_OFF.build();
        loop {
            let import = Import::pending(new.clone(), created_at);
            let mut actions = self.creation(&import)?;
            if let Some(idempotency) = &new.idempotency {
                actions.push(self.take_key(&import, idempotency, gone, now)?);
            }
            match self.transact(actions).await {
                Ok(()) => return Ok(Created::Now(import)),
                Err(Cancelled::Condition(IMPORT, _)) => {
                    // Gone again in between can only mean expired: then it may be made anew.
                    if let Some(item) = self.item(&new.store, new.id).await? {
                        return Ok(Created::Before(item.into_import()?));
                    }
                }
                // Another job was created at this time or later: this one comes just after it.
                Err(Cancelled::Condition(CLOCK_MOVED, reason)) => {
                    if let Some(clock) = reason.item {
                        let newest = read::<ClockItem>(clock)?.created_at;
                        created_at = created_at.max(newest + TimeDelta::microseconds(1));
                    }
                }
                Err(Cancelled::Condition(KEY, _)) => {
                    if let Some(idempotency) = &new.idempotency {
                        match self.recall_import(&new.store, idempotency, now).await? {
                            KeyUse::Taken(before) => return Ok(*before),
                            KeyUse::OfNoJob(id) => gone = Some(id),
                            KeyUse::Free => {}
                        }
                    }
                }
                Err(Cancelled::Condition(..) | Cancelled::Contended) => {}
                Err(Cancelled::Failed(error)) => return Err(error),
            }
            pause(&mut pauses).await?;
        }
    }

    fn creation(&self, import: &Import) -> PortResult<Vec<TransactWriteItem>> {
        let job = self.put(&ImportItem::pending(import), import_key(&import.store, import.id))?;
        let job = job.condition_expression("attribute_not_exists(pk)");
        let open = self.put(&OpenItem::of(&ImportRef::from(import)), open_key(import.created_at, import.id))?;
        let clock = self
            .update(key(LANE, CLOCK), "SET created_at = :now")
            .condition_expression("attribute_not_exists(created_at) OR created_at < :now")
            .expression_attribute_values(":now", text(time(import.created_at)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(vec![putting(job)?, putting(open)?, updating(clock)?])
    }
}

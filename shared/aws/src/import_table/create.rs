//! Making a job: first the lane's clock moves, alone, then the job and its entry in the lane are written in one
//! transaction. It shares no item with that of another job, so that jobs made at one moment are not in each other's way.

use aws_sdk_dynamodb::types::{ConditionCheck, TransactWriteItem};
use backon::BackoffBuilder;
use chrono::{DateTime, Utc};

use super::{ImportTable, key::KeyUse, pause, putting};
use crate::{
    error::{Cancelled, unbuilt},
    import_item::{ImportItem, OpenItem, hole_key, import_key, open_key},
};
use imports::{
    back_off::BACK_OFF,
    import::{Import, NewImport},
    ports::{Created, ImportRef, PortResult},
};

/// The indexes of the actions in the transaction.
const IMPORT: usize = 0;
const IN_TIME: usize = 2;
const KEY: usize = 3;

/// How often a creation is tried again: where a partition takes no more, the last of many waits for seconds.
const AGAIN: usize = 20;

impl ImportTable {
    pub(super) async fn create_import(&self, new: NewImport, now: DateTime<Utc>) -> PortResult<Created> {
        let mut moment = self.move_clock(now).await?;
        let mut gone = None;
        let mut pauses = BACK_OFF.with_max_times(AGAIN).build();
        loop {
            let import = Import::pending(new.clone(), moment.created_at, moment.ordinal);
            let mut actions = self.creation(&import)?;
            if let Some(idempotency) = &new.idempotency {
                actions.push(self.take_key(&import, idempotency, gone, now)?);
            }
            match self.transact(actions).await {
                Ok(()) => return Ok(Created::Now(import)),
                Err(Cancelled::Condition(IMPORT)) => {
                    // Gone again in between can only mean expired: then it may be made anew.
                    if let Some(item) = self.item(&new.store, new.id).await? {
                        let stored = item.into_import()?;
                        // Perhaps this very write went through earlier, and only its answer was lost.
                        let is_this = stored.ordinal == import.ordinal;
                        return Ok(if is_this { Created::Now(stored) } else { Created::Before(stored) });
                    }
                }
                // The lane has gone on without this job: it comes at the end.
                Err(Cancelled::Condition(IN_TIME)) => moment = self.move_clock(now).await?,
                Err(Cancelled::Condition(KEY)) => {
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
        let open = OpenItem { ordinal: import.ordinal, ..OpenItem::of(&ImportRef::from(import)) };
        let open = self.put(&open, open_key(import.created_at, import.id))?;
        let in_time = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(hole_key(import.ordinal)))
            .condition_expression("attribute_not_exists(pk)");
        let in_time = TransactWriteItem::builder().condition_check(in_time.build().map_err(unbuilt)?).build();
        Ok(vec![putting(job)?, putting(open)?, in_time])
    }
}

//! The lane as a whole: its clock, the jobs in it that have not ended, and how many turns have come.

use std::time::Duration;

use aws_sdk_dynamodb::{
    Config,
    config::retry::RetryConfig,
    operation::update_item::{UpdateItemOutput, builders::UpdateItemFluentBuilder},
    types::{ReturnValue, TransactWriteItem},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{ImportTable, putting, updating};
use crate::{
    error::{Cancelled, sort},
    import_item::{CLOCK, LANE, LEASE, LeaseItem, OPEN, OpenItem, hole_key, key, number, read, text},
};
use imports::{
    import::to_micros,
    ports::{ImportRef, PortError, PortResult},
};

/// When a job is created, and how many-th of the lane it is.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub(super) created_at: DateTime<Utc>,
    pub(super) ordinal: u64,
}

/// The lane's clock. Both are numbers, so that the database itself can count on.
#[derive(Deserialize)]
struct ClockItem {
    /// Since 1970.
    micros: i64,
    last_ordinal: u64,
}

/// That nobody may create the job of an ordinal any more.
#[derive(Serialize)]
struct HoleItem {
    /// Seconds since 1970.
    expires_at: i64,
}

/// How long a hole is remembered: longer than any creation lives.
const HOLE_REMEMBERED: TimeDelta = TimeDelta::days(1);

/// How often a move of the clock is tried: of many creations at once each has its turn, as long as the call has time.
const TURNS: u32 = 20;

/// How long it waits at first, and at most, before it is tried again.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How many holes one transaction closes; it takes a hundred actions.
const HOLES: u64 = 99;

impl ImportTable {
    /// Moves the lane's clock to `now` or, where it is later already, on by a microsecond. Plain updates of one item wait
    /// for each other; transactions over it would be refused.
    pub(super) async fn move_clock(&self, now: DateTime<Utc>) -> PortResult<Moment> {
        let to_now = self
            .clock("SET micros = :now ADD last_ordinal :one")
            .condition_expression("attribute_not_exists(micros) OR micros < :now")
            .expression_attribute_values(":now", number(to_micros(now).timestamp_micros()));
        let moved = match in_turn(to_now).await {
            Err(PortError::Conflict(_)) => {
                in_turn(self.clock("SET micros = micros + :one ADD last_ordinal :one")).await?
            }
            moved => moved?,
        };
        let ClockItem { micros, last_ordinal } = read(moved.attributes.unwrap_or_default())?;
        let created_at = DateTime::from_timestamp_micros(micros)
            .ok_or_else(|| PortError::Permanent("the lane's clock shows no time".to_owned()))?;
        Ok(Moment { created_at, ordinal: last_ordinal })
    }

    fn clock(&self, expression: &str) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(key(LANE, CLOCK)))
            .update_expression(expression)
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::AllNew)
    }

    pub(super) async fn latest_turn(&self) -> PortResult<u64> {
        Ok(self.stored::<LeaseItem>(key(LANE, LEASE)).await?.unwrap_or_default().last_turn)
    }

    /// Notes that the turn of an ordinal has come, and with it that of all before; `None` when it had.
    pub(super) fn note_turn(&self, held: &LeaseItem, ordinal: u64) -> PortResult<Option<TransactWriteItem>> {
        if ordinal <= held.last_turn {
            return Ok(None);
        }
        let note = self
            .update(key(LANE, LEASE), "SET last_turn = :turn")
            .condition_expression("attribute_not_exists(last_turn) OR last_turn = :before")
            .expression_attribute_values(":before", number(held.last_turn))
            .expression_attribute_values(":turn", number(ordinal));
        updating(note).map(Some)
    }

    /// Goes on without the jobs that should come before `ordinal` and are not there: whoever still creates one of them is
    /// refused, and takes another ordinal. `false` when other writes were in the way.
    pub(super) async fn close_holes(&self, held: &LeaseItem, ordinal: u64, now: DateTime<Utc>) -> PortResult<bool> {
        let last = (ordinal - 1).min(held.last_turn + HOLES);
        let hole = HoleItem { expires_at: (now + HOLE_REMEMBERED).timestamp() };
        let holes = (held.last_turn + 1..=last).map(|ordinal| putting(self.put(&hole, hole_key(ordinal))?));
        let mut actions = holes.collect::<PortResult<Vec<_>>>()?;
        actions.extend(self.note_turn(held, last)?);
        match self.transact(actions).await {
            Ok(()) => Ok(true),
            Err(Cancelled::Condition(..) | Cancelled::Contended) => Ok(false),
            Err(Cancelled::Failed(error)) => Err(error),
        }
    }

    pub(super) async fn open_imports(&self, limit: u32) -> PortResult<Vec<ImportRef>> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :lane AND begins_with(sk, :open)")
            .expression_attribute_values(":lane", text(LANE))
            .expression_attribute_values(":open", text(OPEN))
            .consistent_read(true);
        let mut items = query.into_paginator().items().send();
        let mut open = Vec::new();
        while open.len() < limit
            && let Some(item) = items.try_next().await.map_err(sort)?
        {
            let item = read::<OpenItem>(item)?;
            if !item.cancelled {
                open.push(item.into_ref()?);
            }
        }
        Ok(open)
    }
}

/// Moves the clock, again while its partition takes no more.
async fn in_turn(clock: UpdateItemFluentBuilder) -> PortResult<UpdateItemOutput> {
    let retry = RetryConfig::standard().with_max_attempts(TURNS);
    let retry = retry.with_initial_backoff(FIRST_PAUSE).with_max_backoff(LONGEST_PAUSE);
    clock.customize().config_override(Config::builder().retry_config(retry)).send().await.map_err(sort)
}

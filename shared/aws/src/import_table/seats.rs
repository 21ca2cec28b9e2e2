//! The seats of calls that wait: attributes of one item, each with the time until which it is taken.

use std::collections::HashMap;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use serde_json::Value;

use super::ImportTable;
use crate::{
    error::sort,
    import_item::{Item, key, number},
};
use imports::{
    ports::{PortError, PortResult, Seat, Seats},
    times::API_TIMEOUT,
};

/// How often a call looks for a seat: another call may take the one it has found.
const LOOKS: u32 = 3;

fn seats_key() -> Item {
    key("#waiting", "seats")
}

fn name(seat: u16) -> String {
    format!("seat_{seat}")
}

impl Seats for ImportTable {
    async fn take_seat(&self, count: u16, now: DateTime<Utc>) -> PortResult<Option<Seat>> {
        let milliseconds = now.timestamp_millis();
        let until = (now + API_TIMEOUT).duration_trunc(TimeDelta::milliseconds(1)).unwrap_or(now);
        for _ in 0..LOOKS {
            let taken = self.stored::<HashMap<String, Value>>(seats_key()).await?.unwrap_or_default();
            let is_free = |seat: &u16| {
                let until = taken.get(&name(*seat)).and_then(Value::as_i64);
                until.is_none_or(|until| until <= milliseconds)
            };
            // Calls that come at once begin to look at different seats.
            let first = u16::try_from(now.timestamp_subsec_micros() % u32::from(count.max(1))).unwrap_or_default();
            let Some(seat) = (first..count).chain(0..first).find(is_free) else { return Ok(None) };
            let call = self.client.update_item().table_name(&self.table).set_key(Some(seats_key()));
            let took = call
                .update_expression("SET #seat = :until")
                .condition_expression("attribute_not_exists(#seat) OR #seat <= :now")
                .expression_attribute_names("#seat", name(seat))
                .expression_attribute_values(":until", number(until.timestamp_millis()))
                .expression_attribute_values(":now", number(milliseconds))
                .send()
                .await
                .map_err(sort);
            match took {
                Ok(_) => return Ok(Some(Seat { number: seat, until })),
                Err(PortError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    async fn leave_seat(&self, seat: &Seat) -> PortResult<()> {
        let call = self.client.update_item().table_name(&self.table).set_key(Some(seats_key()));
        let left = call
            .update_expression("REMOVE #seat")
            .condition_expression("#seat = :until")
            .expression_attribute_names("#seat", name(seat.number))
            .expression_attribute_values(":until", number(seat.until.timestamp_millis()))
            .send()
            .await
            .map_err(sort);
        match left {
            Ok(_) | Err(PortError::Conflict(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

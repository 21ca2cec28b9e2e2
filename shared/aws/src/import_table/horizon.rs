//! Until when all jobs are forgotten, whatever they expire by themselves.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::ImportTable;
use crate::{
    error::sort,
    import_item::{HORIZON, LANE, key, text},
};
use imports::{
    api::time,
    import::to_micros,
    ports::{PortError, PortResult},
};

#[derive(Deserialize)]
struct HorizonItem {
    until: DateTime<Utc>,
}

impl ImportTable {
    pub(super) async fn horizon(&self) -> PortResult<Option<DateTime<Utc>>> {
        Ok(self.stored::<HorizonItem>(key(LANE, HORIZON)).await?.map(|horizon| horizon.until))
    }

    pub(super) async fn move_horizon(&self, until: DateTime<Utc>) -> PortResult<()> {
        let call = self.client.update_item().table_name(&self.table).set_key(Some(key(LANE, HORIZON)));
        let moved = call
            .update_expression("SET #until = :until")
            .condition_expression("attribute_not_exists(#until) OR #until < :until")
            .expression_attribute_names("#until", "until")
            .expression_attribute_values(":until", text(time(to_micros(until))))
            .send()
            .await;
        match moved.map_err(sort) {
            // It is further on already.
            Ok(_) | Err(PortError::Conflict(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

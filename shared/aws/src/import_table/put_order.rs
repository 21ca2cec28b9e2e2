//! Which put of a dropped file is the latest that was imported.

use chrono::{DateTime, Utc};

use super::ImportTable;
use crate::{
    error::sort,
    import_item::{Item, digest, key, number, text},
};
use imports::{
    ports::{PortError, PortResult},
    put_order::comparable,
    times::PUT_REMEMBERED,
};
use records::StoreId;

/// The digest stands for the file's key, which may be longer than a sort key.
fn put_key(store: &StoreId, file: &str) -> Item {
    key(store.as_str(), format!("put#{}", digest(file)))
}

impl ImportTable {
    pub(super) async fn note_latest_put(
        &self,
        store: &StoreId,
        file: &str,
        sequencer: &str,
        now: DateTime<Utc>,
    ) -> PortResult<bool> {
        let call = self.client.update_item().table_name(&self.table).set_key(Some(put_key(store, file)));
        let noted = call
            .update_expression("SET latest_put = :put, expires_at = :expires")
            .condition_expression("attribute_not_exists(latest_put) OR latest_put <= :put")
            .expression_attribute_values(":put", text(comparable(sequencer)))
            .expression_attribute_values(":expires", number((now + PUT_REMEMBERED).timestamp()))
            .send()
            .await
            .map_err(sort);
        match noted {
            Ok(_) => Ok(true),
            Err(PortError::Conflict(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

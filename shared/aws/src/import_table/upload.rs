//! Uploads that were promised.

use aws_sdk_dynamodb::{operation::put_item::PutItemError, types::ReturnValuesOnConditionCheckFailure};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    ImportTable,
    key::{FREE, KeyItem},
};
use crate::{
    error::sort,
    import_item::{Item, key, keyed, number, read},
};
use imports::{
    idempotency::Idempotency,
    import::ImportId,
    options::ImportOptions,
    ports::{PortResult, Promised, Reserved, UploadPromise, Uploads},
};
use records::StoreId;

#[derive(Debug, Serialize, Deserialize)]
struct UploadItem {
    #[serde(flatten)]
    options: ImportOptions,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ignored: Vec<String>,
    /// Seconds since 1970.
    expires_at: i64,
}

impl UploadItem {
    fn of(promise: &UploadPromise) -> Self {
        let Promised { options, ignored } = promise.promised.clone();
        Self { options, ignored, expires_at: promise.expires_at.timestamp() }
    }
}

fn upload_key(store: &StoreId, id: ImportId) -> Item {
    key(store.as_str(), format!("upload#{id}"))
}

/// Of as many bytes beside the key as an import's: a sort key has no room for more.
fn upload_key_key(store: &StoreId, idempotency: &Idempotency) -> Item {
    key(store.as_str(), format!("upk#{}", idempotency.key))
}

impl Uploads for ImportTable {
    async fn reserve(
        &self,
        store: &StoreId,
        idempotency: &Idempotency,
        id: ImportId,
        now: DateTime<Utc>,
    ) -> PortResult<Reserved> {
        let item = keyed(&KeyItem::new(id, idempotency, now), upload_key_key(store, idempotency))?;
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(FREE)
            .expression_attribute_values(":now", number(now.timestamp()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else { return Ok(Reserved::Now) };
        let taken = match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => failed.item().cloned(),
            _ => None,
        };
        let taken: KeyItem = read(taken.ok_or_else(|| sort(error))?)?;
        let is_equal = taken.import_id == id || idempotency.equals(&taken.fingerprint);
        Ok(if is_equal { Reserved::Before(taken.import_id) } else { Reserved::KeyTaken(taken.import_id) })
    }

    async fn promise(&self, promise: &UploadPromise) -> PortResult<()> {
        let item = keyed(&UploadItem::of(promise), upload_key(&promise.store, promise.id))?;
        self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await.map_err(sort)?;
        Ok(())
    }

    async fn promised(&self, store: &StoreId, id: ImportId, now: DateTime<Utc>) -> PortResult<Option<Promised>> {
        let item = self.stored::<UploadItem>(upload_key(store, id)).await?;
        let kept = item.filter(|item| item.expires_at > now.timestamp());
        Ok(kept.map(|UploadItem { options, ignored, .. }| Promised { options, ignored }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use twins::fixture::{id, options, store};

    use super::*;
    use crate::import_item::write;

    #[test]
    fn a_promise_is_stored_with_its_options() {
        for options in [ImportOptions::default(), options("nightly")] {
            let expires_at = DateTime::from_timestamp(7, 0).unwrap();
            let promised = Promised { options: options.clone(), ignored: Vec::new() };
            let promise = UploadPromise { store: store(), id: id(1), promised, expires_at };
            let item = write(&UploadItem::of(&promise)).unwrap();
            assert_eq!(read::<Value>(item.clone()).unwrap()["expires_at"], 7);
            assert_eq!(read::<UploadItem>(item).unwrap().options, options);
        }
    }
}

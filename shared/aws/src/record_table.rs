//! The imported objects in DynamoDB: one item each, under its own id, attributes as native types.

use std::{
    collections::HashMap,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
};

use aws_sdk_dynamodb::{
    Client,
    error::{BuildError, ProvideErrorMetadata},
    operation::batch_write_item::builders::BatchWriteItemFluentBuilder,
    types::{AttributeValue, ConsumedCapacity, KeysAndAttributes, PutRequest, ReturnConsumedCapacity, WriteRequest},
};
use chrono::{DateTime, Utc};

use super::error::{sort, unbuilt};
use imports::{
    api::time,
    import::ImportId,
    ports::{BatchRead, BatchWrite, PortError, PortResult, Records},
    stored::{Mark, StoredRecord},
    used::Used,
};
use records::{
    RecordId, RecordType, StoreId,
    json::{Json, Object},
};

type Item = HashMap<String, AttributeValue>;

/// A [`Records`] in a DynamoDB table.
#[derive(Clone, Debug)]
pub struct RecordTable {
    client: Client,
    table: String,
    used: Arc<Mutex<Used>>,
}

impl RecordTable {
    /// Uses the table of that name.
    #[must_use]
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table, used: Arc::default() }
    }

    fn count(&self, more: Used) {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner) += Used { calls: 1, ..more };
    }

    fn write_call(&self, records: &[StoredRecord]) -> PortResult<BatchWriteItemFluentBuilder> {
        let put = |record| {
            let put = PutRequest::builder().set_item(Some(write(record))).build();
            put.map(|put| WriteRequest::builder().put_request(put).build())
        };
        let requests = records.iter().map(put).collect::<Result<Vec<_>, BuildError>>().map_err(unbuilt)?;
        let call = self.client.batch_write_item().request_items(&self.table, requests);
        Ok(call.return_consumed_capacity(ReturnConsumedCapacity::Total))
    }

    /// Reads items, or of each the parts that `projection` names.
    async fn read_items<T>(
        &self,
        ids: &[RecordId],
        projection: Option<&str>,
        read: fn(Item) -> Option<T>,
    ) -> PortResult<BatchRead<T>> {
        let keys = ids.iter().map(|id| HashMap::from([("id".to_owned(), AttributeValue::S(id.to_string()))])).collect();
        let wanted = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
        let wanted = wanted.set_projection_expression(projection.map(str::to_owned)).build().map_err(unbuilt)?;
        let call = self.client.batch_get_item().request_items(&self.table, wanted);
        let answer = call.return_consumed_capacity(ReturnConsumedCapacity::Total).send().await.map_err(sort)?;
        self.count(Used { read_units: units(answer.consumed_capacity()), ..Used::default() });
        let found = answer.responses.unwrap_or_default().remove(&self.table).unwrap_or_default();
        let unprocessed = answer.unprocessed_keys.unwrap_or_default().remove(&self.table);
        let unprocessed = unprocessed.map(|keys| keys.keys).unwrap_or_default();
        Ok(BatchRead {
            found: found.into_iter().map(read).collect::<Option<_>>().ok_or_else(unreadable)?,
            unprocessed: unprocessed.iter().map(id).collect::<Option<_>>().ok_or_else(unreadable)?,
        })
    }
}

impl Records for RecordTable {
    async fn read_batch(&self, ids: &[RecordId]) -> PortResult<BatchRead<StoredRecord>> {
        self.read_items(ids, None, read).await
    }

    async fn read_marks(&self, ids: &[RecordId]) -> PortResult<BatchRead<Mark>> {
        self.read_items(ids, Some("id, import_id, created_at"), |item| mark(&item)).await
    }

    async fn write_batch(&self, records: &[StoredRecord]) -> PortResult<BatchWrite> {
        let call = self.write_call(records)?;
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) if error.code() == Some("ValidationException") => {
                return Ok(BatchWrite::Refused { reason: error.message().unwrap_or_default().to_owned() });
            }
            Err(error) => return Err(sort(error)),
        };
        self.count(Used { write_units: units(answer.consumed_capacity()), ..Used::default() });
        let unprocessed = answer.unprocessed_items.unwrap_or_default().remove(&self.table).unwrap_or_default();
        let left = unprocessed.into_iter().map(|request| id(&request.put_request?.item));
        Ok(BatchWrite::Written { unprocessed: left.collect::<Option<_>>().ok_or_else(unreadable)? })
    }

    fn used(&self) -> Used {
        *self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn units(consumed: &[ConsumedCapacity]) -> f64 {
    consumed.iter().filter_map(|consumed| consumed.capacity_units).sum()
}

fn unreadable() -> PortError {
    PortError::Permanent("an item of the objects table can't be read".to_owned())
}

fn write(record: &StoredRecord) -> Item {
    let text = |value: String| AttributeValue::S(value);
    let mut item = HashMap::from([
        ("id".to_owned(), text(record.id.to_string())),
        ("store".to_owned(), text(record.store.to_string())),
        ("type".to_owned(), text(record.record_type.to_string())),
        ("attributes".to_owned(), write_object(&record.attributes)),
        ("import_id".to_owned(), text(record.import_id.to_string())),
        ("line".to_owned(), AttributeValue::N(record.line.to_string())),
        ("created_at".to_owned(), text(time(record.created_at))),
        ("updated_at".to_owned(), text(time(record.updated_at))),
    ]);
    if let Some(external_ref) = &record.external_ref {
        item.insert("external_ref".to_owned(), text(external_ref.clone()));
    }
    item
}

fn write_object(object: &Object) -> AttributeValue {
    AttributeValue::M(object.iter().map(|(name, value)| (name.to_owned(), write_json(value))).collect())
}

fn write_json(value: &Json) -> AttributeValue {
    match value {
        Json::Null => AttributeValue::Null(true),
        Json::Bool(value) => AttributeValue::Bool(*value),
        Json::Number(digits) => AttributeValue::N(digits.to_string()),
        Json::String(value) => AttributeValue::S(value.clone()),
        Json::Array(items) => AttributeValue::L(items.iter().map(write_json).collect()),
        Json::Object(object) => write_object(object),
    }
}

fn id(item: &Item) -> Option<RecordId> {
    RecordId::parse(item.get("id")?.as_s().ok()?)
}

/// Reads an item back; `None` when another hand has written something there that no import writes.
fn read(mut item: Item) -> Option<StoredRecord> {
    let id = id(&item)?;
    let mut text = |name: &str| match item.remove(name) {
        Some(AttributeValue::S(text)) => Some(text),
        _ => None,
    };
    let store = StoreId::from_own_record(&text("store")?)?;
    let record_type: RecordType = text("type")?.parse().ok()?;
    let external_ref = text("external_ref");
    let import_id = ImportId::parse(&text("import_id")?)?;
    let created_at = DateTime::<Utc>::from_str(&text("created_at")?).ok()?;
    let updated_at = DateTime::<Utc>::from_str(&text("updated_at")?).ok()?;
    let line = item.get("line")?.as_n().ok()?.parse().ok()?;
    let AttributeValue::M(attributes) = item.remove("attributes")? else { return None };
    let attributes = read_object(attributes)?;
    Some(StoredRecord { id, store, record_type, external_ref, attributes, import_id, line, created_at, updated_at })
}

/// Reads who wrote an item and when; `None` as above.
fn mark(item: &Item) -> Option<Mark> {
    let text = |name: &str| item.get(name)?.as_s().ok();
    let created_at = DateTime::<Utc>::from_str(text("created_at")?).ok()?;
    Some(Mark { id: id(item)?, import_id: ImportId::parse(text("import_id")?)?, created_at })
}

fn read_object(map: Item) -> Option<Object> {
    let mut pairs: Vec<(String, AttributeValue)> = map.into_iter().collect();
    // A map in the database has no order; a copy of it is to be the same every time.
    pairs.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
    pairs.into_iter().map(|(name, value)| Some((name, read_json(value)?))).collect()
}

fn read_json(value: AttributeValue) -> Option<Json> {
    Some(match value {
        AttributeValue::Null(_) => Json::Null,
        AttributeValue::Bool(value) => Json::Bool(value),
        AttributeValue::N(digits) => Json::Number(digits.into()),
        AttributeValue::S(value) => Json::String(value),
        AttributeValue::L(items) => Json::Array(items.into_iter().map(read_json).collect::<Option<_>>()?),
        AttributeValue::M(map) => Json::Object(read_object(map)?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;

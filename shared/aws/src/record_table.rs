//! The imported objects in DynamoDB: one item each, under its own id, attributes as native types.

mod body;

use std::{
    collections::HashMap,
    str::FromStr,
    sync::{Arc, Mutex, PoisonError},
};

use aws_sdk_dynamodb::{
    Client,
    error::ProvideErrorMetadata,
    types::{AttributeValue, ConsumedCapacity, KeysAndAttributes, ReturnConsumedCapacity},
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use lambda_http::http::header::CONTENT_LENGTH;

use super::error::{sort, unbuilt};
use imports::{
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
        let body = body::of(&self.table, records).map_err(|error| PortError::Permanent(error.to_string()))?;
        let body = Bytes::from(body);
        // The client signs it, sends it, and sends it again, with a body of our own.
        let call = self.client.batch_write_item().request_items(&self.table, Vec::new()).customize();
        let call = call.mutate_request(move |request| {
            request.headers_mut().insert(CONTENT_LENGTH.as_str(), body.len().to_string());
            *request.body_mut() = body.clone().into();
        });
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
        AttributeValue::S(value) => value.into(),
        AttributeValue::L(items) => Json::Array(items.into_iter().map(read_json).collect::<Option<_>>()?),
        AttributeValue::M(map) => Json::Object(read_object(map)?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;

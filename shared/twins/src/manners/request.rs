//! Requests and answers in DynamoDB's JSON.

use serde_json::{Value, json};

/// One write of a request.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) table: String,
    /// The partition's key.
    pub(super) partition: String,
    /// Table and key.
    pub(super) item: String,
    /// What it costs outside of a transaction.
    pub(super) units: f64,
}

impl Write {
    /// Reads a write that names its table: an action of a transaction, or a whole request.
    pub(super) fn of(write: &Value) -> Self {
        let key = if write["Key"].is_object() { &write["Key"] } else { &write["Item"] };
        Self::to(write["TableName"].as_str().unwrap_or_default(), key)
    }

    fn to(table: &str, item: &Value) -> Self {
        // Jobs have two keys, objects one.
        let partition = if item["pk"].is_object() { &item["pk"] } else { &item["id"] }.to_string();
        let units = u32::try_from(size(item).div_ceil(1 << 10)).unwrap_or(u32::MAX);
        Self {
            table: table.to_owned(),
            item: format!("{table} {partition} {}", item["sk"]),
            partition,
            units: units.max(1).into(),
        }
    }
}

/// About how many bytes the database counts of an item.
fn size(item: &Value) -> usize {
    match item {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(members) => members.iter().map(|(name, value)| name.len() + size(value)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    }
}

/// The actions of a transaction.
pub(super) fn actions(body: &Value) -> impl Iterator<Item = &Value> {
    body["TransactItems"].as_array().into_iter().flatten().filter_map(|action| action.as_object()?.values().next())
}

/// The writes of a batch, each with its table and as it was asked for.
pub(super) fn writes(body: &Value) -> impl Iterator<Item = (&str, &Value, Write)> {
    body["RequestItems"].as_object().into_iter().flatten().flat_map(|(table, requests)| {
        let requests = requests.as_array().into_iter().flatten();
        requests.map(move |request| (table.as_str(), request, Write::to(table, &request["PutRequest"]["Item"])))
    })
}

/// A failed request, in DynamoDB's words.
pub(super) fn refusal(kind: &str) -> Value {
    json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"), "message": "the weather"})
}

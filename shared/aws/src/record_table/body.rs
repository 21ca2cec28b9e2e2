//! The body of a call that writes records, straight from them: the client's own values of all that is in them would have to be
//! built and dropped for it.

use imports::{api::time, stored::StoredRecord};
use records::json::{Json, Object};
use serde::{Serialize, Serializer};
use serde_with::skip_serializing_none;

/// Writes the body of a `BatchWriteItem` that puts records into a table.
pub(super) fn of(table: &str, records: &[StoredRecord]) -> serde_json::Result<Vec<u8>> {
    let puts: Vec<_> = records.iter().map(Put::of).collect();
    serde_json::to_vec(&Body { request_items: Entry(table, puts), return_consumed_capacity: "TOTAL" })
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Body<'a> {
    request_items: Entry<'a, Vec<Put<'a>>>,
    return_consumed_capacity: &'static str,
}

/// An object with one member.
struct Entry<'a, V>(&'a str, V);

impl<V: Serialize> Serialize for Entry<'_, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map([(self.0, &self.1)])
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Put<'a> {
    put_request: PutRequest<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct PutRequest<'a> {
    item: Item<'a>,
}

#[skip_serializing_none]
#[derive(Serialize)]
struct Item<'a> {
    id: Text<String>,
    store: Text<&'a str>,
    r#type: Text<&'static str>,
    external_ref: Option<Text<&'a str>>,
    attributes: Map<'a>,
    import_id: Text<String>,
    line: Number<String>,
    created_at: Text<String>,
    updated_at: Text<String>,
}

impl<'a> Put<'a> {
    fn of(record: &'a StoredRecord) -> Self {
        let item = Item {
            id: Text { s: record.id.to_string() },
            store: Text { s: record.store.as_str() },
            r#type: Text { s: record.record_type.as_str() },
            external_ref: record.external_ref.as_deref().map(|s| Text { s }),
            attributes: Map(&record.attributes),
            import_id: Text { s: record.import_id.to_string() },
            line: Number { n: record.line.to_string() },
            created_at: Text { s: time(record.created_at) },
            updated_at: Text { s: time(record.updated_at) },
        };
        Self { put_request: PutRequest { item } }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "UPPERCASE")]
struct Text<T> {
    s: T,
}

#[derive(Serialize)]
#[serde(rename_all = "UPPERCASE")]
struct Number<T> {
    n: T,
}

/// A value with its type, as the database takes it.
struct Typed<'a>(&'a Json);

impl Serialize for Typed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Json::Null => Entry("NULL", true).serialize(serializer),
            Json::Bool(value) => Entry("BOOL", value).serialize(serializer),
            Json::Number(digits) => Number { n: digits.as_str() }.serialize(serializer),
            Json::String(text) => Text { s: text.as_str() }.serialize(serializer),
            Json::Array(items) => Entry("L", Items(items)).serialize(serializer),
            Json::Object(object) => Map(object).serialize(serializer),
        }
    }
}

struct Items<'a>(&'a [Json]);

impl Serialize for Items<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Typed))
    }
}

struct Map<'a>(&'a Object);

impl Serialize for Map<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Entry("M", Members(self.0)).serialize(serializer)
    }
}

struct Members<'a>(&'a Object);

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, Typed(value))))
    }
}

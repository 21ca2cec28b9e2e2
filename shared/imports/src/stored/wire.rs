//! How much of a call to the database a record takes.
//!
//! `DynamoDB` bounds calls by what goes over the wire. There each value carries its type, and a character may take six
//! bytes. Reckoned, because writing a record out only to measure it would cost as much as sending it; held to what is
//! written by a test beside the adapter.

use super::StoredRecord;
use records::json::{Json, Object};

/// What stands around the attributes: the request, the names of what is stored beside them, ids, times and the line.
const FRAME: usize = 512;

/// What stands around a value: `{"S":"…"}`, `{"N":"…"}`, `{"L":[…]}`, `{"M":{…}}`.
const TYPED: usize = 8;

/// Returns how many bytes of a call a record takes, at most.
#[must_use]
pub fn wire_bytes(record: &StoredRecord) -> usize {
    let external_ref = record.external_ref.as_deref().map_or(0, text_bytes);
    FRAME + record.store.to_string().len() + external_ref + object_bytes(&record.attributes)
}

fn object_bytes(object: &Object) -> usize {
    // Two quotes, a colon and a comma.
    object.iter().fold(TYPED, |bytes, (name, value)| bytes + 4 + text_bytes(name) + value_bytes(value))
}

fn value_bytes(value: &Json) -> usize {
    match value {
        Json::Null => r#"{"NULL":true}"#.len(),
        Json::Bool(_) => r#"{"BOOL":false}"#.len(),
        Json::Number(digits) => TYPED + digits.len(),
        Json::String(text) => TYPED + text_bytes(text),
        Json::Array(items) => items.iter().fold(TYPED, |bytes, item| bytes + 1 + value_bytes(item)),
        Json::Object(object) => object_bytes(object),
    }
}

/// A control character takes six bytes at most, `\u001f`; a quote or backslash two.
fn text_bytes(text: &str) -> usize {
    let more = |byte: u8| 5 * usize::from(byte < 0x20) + usize::from(byte == b'"' || byte == b'\\');
    text.len() + text.bytes().map(more).sum::<usize>()
}

//! What S3 announces: puts, its own test, and things that are fine to leave alone.

use aws_lambda_events::s3::{S3Event, S3EventRecord};
use serde_json::Value;
use shared::owner::StoreId;

/// The prefix of all drops; the next part of the key is the store's.
const PREFIX: &str = "drops/";

/// One thing that S3 announced.
#[derive(Debug, PartialEq, Eq)]
pub enum Announcement {
    /// A file to import.
    Drop(Drop),
    /// The event S3 sends when the notification is set up.
    Test,
    /// A key that ends in a slash: consoles make such an object when a person makes a folder.
    Folder,
    /// A key outside any store's folder, or in one whose name can be no store's.
    Stray,
}

/// An object put by a partner.
#[derive(Debug, PartialEq, Eq)]
pub struct Drop {
    pub bucket: String,
    pub key: String,
    pub store: StoreId,
    /// The key below the store's folder.
    pub name: String,
    /// The object's version, when the bucket keeps versions.
    pub version: Option<String>,
    /// What tells this put from every other to the same key, when the bucket keeps no versions.
    pub put: String,
}

/// Reads an event.
///
/// # Errors
/// When it is neither a notification nor S3's test of one.
pub fn read(event: Value) -> Result<Vec<Announcement>, serde_json::Error> {
    if event.get("Event").and_then(Value::as_str) == Some("s3:TestEvent") {
        return Ok(vec![Announcement::Test]);
    }
    let event: S3Event = serde_json::from_value(event)?;
    Ok(event.records.into_iter().map(announcement).collect())
}

fn announcement(record: S3EventRecord) -> Announcement {
    let (bucket, object) = (record.s3.bucket, record.s3.object);
    let key = decode(&object.key.unwrap_or_default());
    if key.ends_with('/') {
        return Announcement::Folder;
    }
    let Some((folder, name)) = key.strip_prefix(PREFIX).and_then(|rest| rest.split_once('/')) else {
        return Announcement::Stray;
    };
    let Some(store) = StoreId::from_drop_prefix(folder) else { return Announcement::Stray };
    Announcement::Drop(Drop {
        bucket: bucket.name.unwrap_or_default(),
        store,
        name: name.to_owned(),
        // "null" is the version of an object put while the bucket kept none; the next such put replaces it.
        version: object.version_id.filter(|version| !version.is_empty() && version != "null"),
        put: format!("{}/{}", object.e_tag.unwrap_or_default(), object.sequencer.unwrap_or_default()),
        key,
    })
}

/// Undoes the encoding of keys in S3's events: that of HTML forms, a space being a plus.
fn decode(key: &str) -> String {
    // The key stands where a form has a name; "&" and "=" within it are encoded.
    form_urlencoded::parse(key.as_bytes()).next().map(|(key, _)| key.into_owned()).unwrap_or_default()
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    /// What S3 announces of puts: their keys and versions.
    pub(crate) fn event(puts: &[(&str, &str)]) -> Value {
        let record = |(key, version): &(&str, &str)| {
            json!({
                "eventTime": "2026-01-10T11:41:19.244Z",
                "userIdentity": {},
                "requestParameters": {},
                "responseElements": {},
                "s3": {
                    "bucket": {"name": "imports"},
                    "object": {"key": key, "eTag": "e", "sequencer": "7", "versionId": version},
                },
            })
        };
        json!({"Records": puts.iter().map(record).collect::<Vec<_>>()})
    }

    fn read_one(key: &str, version: &str) -> Announcement {
        read(event(&[(key, version)])).unwrap().remove(0)
    }

    #[test]
    fn a_key_is_decoded_as_a_form_is() {
        let Announcement::Drop(drop) = read_one("drops/main/n%C3%A4chtlich+a%2Bb%26c%3Dd.jsonl", "v1") else {
            panic!("not a drop")
        };
        assert_eq!(drop.key, "drops/main/nächtlich a+b&c=d.jsonl");
        assert_eq!(drop.name, "nächtlich a+b&c=d.jsonl");
        assert_eq!(drop.store.as_str(), "main");
        assert_eq!((drop.version.as_deref(), drop.put.as_str()), (Some("v1"), "e/7"));
    }

    #[test]
    fn a_put_without_a_version_is_told_by_its_etag_and_sequencer() {
        let Announcement::Drop(drop) = read_one("drops/main/a.jsonl", "null") else { panic!("not a drop") };
        assert_eq!(drop.version, None);
    }

    #[test]
    fn what_is_no_file_of_a_store_is_left_alone() {
        assert_eq!(read_one("drops/main/2026/", "v"), Announcement::Folder);
        assert_eq!(read_one("drops/a.jsonl", "v"), Announcement::Stray);
        assert_eq!(read_one("drops/no+store/a.jsonl", "v"), Announcement::Stray);
        assert_eq!(read_one("drops/../a.jsonl", "v"), Announcement::Stray);
        assert_eq!(read_one("imports/main/a.jsonl", "v"), Announcement::Stray);
        assert_eq!(read(json!({"Service": "Amazon S3", "Event": "s3:TestEvent"})).unwrap(), [Announcement::Test]);
    }

    #[test]
    fn an_event_of_another_kind_is_an_error() {
        assert!(read(json!({"detail-type": "Scheduled Event"})).is_err());
    }
}

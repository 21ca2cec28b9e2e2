//! What S3 announces: puts, its own test, and objects that no import is made of.

use aws_lambda_events::s3::{S3Event, S3EventRecord};
use imports::{
    import::{ImportFile, ImportId},
    receipt::DROPS,
    upload,
};
use records::StoreId;
use serde_json::Value;

use crate::aside;

/// One thing that S3 announced.
#[derive(Debug, PartialEq, Eq)]
pub enum Announcement {
    /// A file to import.
    Drop(Drop),
    /// A file that was put with the form of a promised upload, or under such a key by other means.
    Upload(Upload),
    /// The event S3 sends when the notification is set up.
    Test,
    /// An empty object whose key ends in a slash, which consoles create when a person creates a folder.
    Folder,
    /// A file beside those that partners mean, and why it is not imported.
    LeftAside(Drop, String),
    /// A key outside any store's folder, or in a folder whose name can't be a store's.
    Stray { key: String },
}

/// An object put by a partner.
#[derive(Debug, PartialEq, Eq)]
pub struct Drop {
    /// The id of the import that this put becomes.
    pub id: ImportId,
    pub store: StoreId,
    /// The key below the store's folder.
    pub name: String,
    pub file: ImportFile,
    /// S3's `sequencer`, which tells which of two puts under one key came later.
    pub sequencer: Option<String>,
}

/// An object put where a promised upload goes.
#[derive(Debug, PartialEq, Eq)]
pub struct Upload {
    pub id: ImportId,
    pub store: StoreId,
    pub file: ImportFile,
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
    // "null" is the version of an object that was put while versioning was off; the next such put replaces it.
    let version = object.version_id.filter(|version| !version.is_empty() && version != "null");
    if key.starts_with(upload::PREFIX) {
        return match upload::of_key(&key) {
            Some((store, id)) => Announcement::Upload(Upload { id, store, file: ImportFile { key, version } }),
            None => Announcement::Stray { key },
        };
    }
    if key.ends_with('/') && object.size.unwrap_or_default() == 0 {
        return Announcement::Folder;
    }
    let Some((folder, name)) = key.strip_prefix(DROPS).and_then(|rest| rest.split_once('/')) else {
        return Announcement::Stray { key };
    };
    let Some(store) = StoreId::from_drop_prefix(folder) else { return Announcement::Stray { key } };
    let sequencer = object.sequencer;
    // Without versions: ETag and sequencer tell this put from every other under the same key.
    let put = || format!("{}/{}", object.e_tag.unwrap_or_default(), sequencer.clone().unwrap_or_default());
    let bucket = bucket.name.unwrap_or_default();
    let id = ImportId::of_drop(&bucket, &key, &version.clone().unwrap_or_else(put));
    let name = name.to_owned();
    let reason = aside::reason(&name);
    let drop = Drop { id, store, name, file: ImportFile { key, version }, sequencer };
    match reason {
        Some(reason) => Announcement::LeftAside(drop, reason),
        None => Announcement::Drop(drop),
    }
}

/// Decodes a key of an S3 event. S3 encodes keys as HTML forms do, with a plus for a space.
fn decode(key: &str) -> String {
    // The whole key is read as a form's first name: "&" and "=" within it are encoded.
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
                    "object": {"key": key, "size": 100, "eTag": "e", "sequencer": "7", "versionId": version},
                },
            })
        };
        json!({"Records": puts.iter().map(record).collect::<Vec<_>>()})
    }

    fn read_one(event: Value) -> Announcement {
        read(event).unwrap().remove(0)
    }

    fn read_key(key: &str) -> Announcement {
        read_one(event(&[(key, "v")]))
    }

    /// Reads the announcement of a drop; its key and name must come out like this.
    fn check_drop(key: &str, expected: &str, name: &str) {
        let Announcement::Drop(drop) = read_key(key) else { panic!("{key} is not a drop") };
        assert_eq!((drop.file.key.as_str(), drop.name.as_str(), drop.store.as_str()), (expected, name, "main"));
    }

    fn check_stray(key: &str) {
        assert_eq!(read_key(key), Announcement::Stray { key: key.replace('+', " ") });
    }

    #[test]
    fn a_key_is_decoded_as_a_form_is() {
        let name = "nächtlich a+b&c=d.jsonl";
        check_drop("drops/main/n%C3%A4chtlich+a%2Bb%26c%3Dd.jsonl", &format!("drops/main/{name}"), name);
        check_drop("drops/main/100%2525%3F.jsonl", "drops/main/100%25?.jsonl", "100%25?.jsonl");
        check_drop("drops/main/%22%27%F0%9F%8C%99%01%0A", "drops/main/\"'🌙\u{1}\n", "\"'🌙\u{1}\n");
        check_drop("drops/main//a//b", "drops/main//a//b", "/a//b");
    }

    #[test]
    fn a_put_is_known_by_its_version_or_else_by_its_etag_and_sequencer() {
        let drop = |event: Value| match read_one(event) {
            Announcement::Drop(drop) => drop,
            other => panic!("not a drop: {other:?}"),
        };
        let of = |version| drop(event(&[("drops/main/a.jsonl", version)]));
        assert_eq!(of("v1").file.version.as_deref(), Some("v1"));
        assert_eq!(of("null").file.version, None);
        assert_eq!(of("null").sequencer.as_deref(), Some("7"));
        assert_eq!(of("v1").id, of("v1").id);
        assert_ne!(of("v1").id, of("v2").id);
        let mut later = event(&[("drops/main/a.jsonl", "null")]);
        later["Records"][0]["s3"]["object"]["sequencer"] = json!("8");
        assert_ne!(drop(later).id, of("null").id);
    }

    #[test]
    fn a_folder_is_empty_and_a_file_whose_key_ends_in_a_slash_is_not() {
        let mut folder = event(&[("drops/main/2026/", "v")]);
        folder["Records"][0]["s3"]["object"]["size"] = json!(0);
        assert_eq!(read_one(folder), Announcement::Folder);
        check_drop("drops/main/2026/", "drops/main/2026/", "2026/");
        check_drop("drops/main/", "drops/main/", "");
    }

    #[test]
    fn the_key_of_an_upload_tells_which_one() {
        let key = "uploads/main/5f0c9a3e-7a52-4b6e-9f0e-1d2c3b4a5e6f";
        let Announcement::Upload(upload) = read_key(key) else { panic!("not an upload") };
        assert_eq!((upload::key(&upload.store, upload.id).as_str(), upload.file.key.as_str()), (key, key));
        for near in ["uploads/main/a.jsonl", "uploads/main/5F0C9A3E-7A52-4B6E-9F0E-1D2C3B4A5E6F", "uploads/main/"] {
            check_stray(near);
        }
    }

    #[test]
    fn what_is_no_file_of_a_store_is_left_alone() {
        check_stray("drops/a.jsonl");
        check_stray("drops/no+store/a.jsonl");
        check_stray("drops/../a.jsonl");
        check_stray("drops//a.jsonl");
        check_stray("drops/undefined/a.jsonl");
        check_stray("drops/42/a.jsonl");
        check_stray("imports/main/a.jsonl");
        assert_eq!(read(json!({"Service": "Amazon S3", "Event": "s3:TestEvent"})).unwrap(), [Announcement::Test]);
    }

    #[test]
    fn a_marker_is_left_aside() {
        let Announcement::LeftAside(drop, reason) = read_key("drops/main/2026/_SUCCESS") else { panic!("not aside") };
        assert_eq!(drop.name, "2026/_SUCCESS");
        assert!(reason.contains("\"_SUCCESS\"; to import it, put it under"), "{reason}");
        check_stray("drops/_SUCCESS");
    }

    #[test]
    fn an_event_of_another_kind_is_an_error() {
        assert!(read(json!({"detail-type": "Scheduled Event"})).is_err());
    }
}

//! Where in the bucket a promised upload is put.

use chrono::TimeDelta;

use crate::import::ImportId;
use records::StoreId;

/// The prefix of all promised uploads.
pub const PREFIX: &str = "uploads/";

/// How long a promise outlives its form. A put that the form allowed may take a day. S3's announcement of it is tried for
/// six hours, and then waits among the dead letters for up to fourteen days, the longest that SQS keeps a message.
pub const REMEMBERED: TimeDelta = TimeDelta::days(16);

/// The key of the upload that becomes an import.
#[must_use]
pub fn key(store: &StoreId, id: ImportId) -> String {
    format!("{PREFIX}{store}/{id}")
}

/// The store and the import that a key is for; `None` when it is no key of an upload.
#[must_use]
pub fn of_key(text: &str) -> Option<(StoreId, ImportId)> {
    let (store, id) = text.strip_prefix(PREFIX)?.split_once('/')?;
    let (store, id) = (StoreId::from_own_record(store)?, ImportId::parse(id)?);
    // A UUID can be written in many ways, of which one is ours.
    (key(&store, id) == text).then_some((store, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_its_store_and_import_and_nothing_near_it_does() {
        let store = StoreId::from_own_record("main").unwrap();
        let id = ImportId::parse("5f0c9a3e-7a52-4b6e-9f0e-1d2c3b4a5e6f").unwrap();
        assert_eq!(key(&store, id), "uploads/main/5f0c9a3e-7a52-4b6e-9f0e-1d2c3b4a5e6f");
        assert_eq!(of_key(&key(&store, id)), Some((store, id)));
        for near in [
            "",
            "uploads/",
            "uploads/main/",
            "uploads/main/a.jsonl",
            "uploads/5f0c9a3e-7a52-4b6e-9f0e-1d2c3b4a5e6f",
            "uploads//5f0c9a3e-7a52-4b6e-9f0e-1d2c3b4a5e6f",
            "uploads/main/5F0C9A3E-7A52-4B6E-9F0E-1D2C3B4A5E6F",
            "uploads/main/5f0c9a3e7a524b6e9f0e1d2c3b4a5e6f",
            "uploads/main/{5f0c9a3e-7a52-4b6e-9f0e-1d2c3b4a5e6f}",
            "uploads/main/5f0c9a3e-7a52-4b6e-9f0e-1d2c3b4a5e6f/",
            "uploads/no store/5f0c9a3e-7a52-4b6e-9f0e-1d2c3b4a5e6f",
            "drops/main/5f0c9a3e-7a52-4b6e-9f0e-1d2c3b4a5e6f",
        ] {
            assert_eq!(of_key(near), None, "{near}");
        }
    }
}

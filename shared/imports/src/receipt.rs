//! Receipts: what a partner who drops files finds beside them.

use std::{cmp::Ordering, collections::HashMap};

use chrono::{DateTime, Utc};
use records::StoreId;
use serde::Serialize;

use crate::{
    api::{LeftAsideDocument, ReceiptDocument},
    import::{Import, ImportFile, ImportId},
    ports::{Files, PortError, PortResult},
    put_order::comparable,
    time::time,
};

/// The prefix of all drops; the next part of the key is the store's.
pub const DROPS: &str = "drops/";

/// The longest key that S3 takes, in bytes.
const MAX_KEY: usize = 1024;

/// How often a receipt is tried again when another one was put first.
const LOOKS: u32 = 5;

/// The key of a job's receipt, `receipts/{store}/{name}.json` for a file dropped as `drops/{store}/{name}`. Where that would
/// be too long for a key, the job's id stands for the name. `None` for a job whose file was not dropped.
#[must_use]
pub fn receipt_key(import: &Import) -> Option<String> {
    key_beside(&import.store, import.id, &import.file)
}

fn key_beside(store: &StoreId, id: ImportId, file: &ImportFile) -> Option<String> {
    let name = file.key.strip_prefix(DROPS)?.strip_prefix(store.as_str())?.strip_prefix('/')?;
    let key = format!("receipts/{store}/{name}.json");
    Some(if key.len() > MAX_KEY { format!("receipts/{store}/{id}.json") } else { key })
}

/// A dropped file that no job is made of.
#[derive(Clone, Debug)]
pub struct LeftAside<'a> {
    pub store: &'a StoreId,
    /// The id that its job would have.
    pub id: ImportId,
    pub file: &'a ImportFile,
    pub sequencer: Option<&'a str>,
    pub reason: &'a str,
}

impl LeftAside<'_> {
    /// Writes the receipt that says so, unless that of a newer put is there.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn write_receipt(&self, files: &impl Files, now: DateTime<Utc>) -> PortResult<()> {
        let Some(key) = key_beside(self.store, self.id, self.file) else { return Ok(()) };
        let put = Put { sequencer: self.sequencer.unwrap_or_default().to_owned(), created_at: time(now) };
        let receipt = LeftAsideDocument::new(self.reason, self.file, |key| files.address(key));
        put_over_older(files, &key, &put, &receipt).await
    }
}

/// Puts a job's receipt, unless that of a newer put under the same key is there.
pub(crate) async fn put_receipt(files: &impl Files, import: Import) -> PortResult<()> {
    let (Some(key), put) = (receipt_key(&import), Put::of(&import)) else { return Ok(()) };
    let Some(receipt) = ReceiptDocument::new(import, |key| files.address(key)) else { return Ok(()) };
    put_over_older(files, &key, &put, &receipt).await
}

async fn put_over_older(files: &impl Files, key: &str, put: &Put, receipt: &impl Serialize) -> PortResult<()> {
    let json = serde_json::to_vec_pretty(receipt).map_err(|error| PortError::Permanent(error.to_string()))?;
    let json = bytes::Bytes::from(json);
    // Usually there is no receipt yet: the first try does without looking.
    let mut there = None;
    for _ in 0..LOOKS {
        match files.put_over(key, there.as_ref(), json.clone(), put.to_metadata()).await {
            Err(PortError::Conflict(_)) => {}
            done => return done,
        }
        there = files.newest(key).await?;
        if there.as_ref().is_some_and(|there| Put::read(&there.metadata).cmp(put) != Ordering::Less) {
            return Ok(());
        }
    }
    Err(PortError::Transient("other receipts kept coming first".to_owned()))
}

/// One put of a dropped file, to be compared with others under the same key. A receipt carries it as its metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Put {
    /// S3's `sequencer`; empty where S3 gave none.
    sequencer: String,
    created_at: String,
}

impl Put {
    const SEQUENCER: &str = "put-sequencer";
    const CREATED_AT: &str = "import-created-at";

    fn of(import: &Import) -> Self {
        Self { sequencer: import.sequencer.clone().unwrap_or_default(), created_at: time(import.created_at) }
    }

    /// Reads the metadata of a receipt. One without any is older than all others.
    fn read(metadata: &HashMap<String, String>) -> Self {
        let text = |name| metadata.get(name).cloned().unwrap_or_default();
        Self { sequencer: text(Self::SEQUENCER), created_at: text(Self::CREATED_AT) }
    }

    fn to_metadata(&self) -> HashMap<String, String> {
        let texts = [(Self::SEQUENCER, &self.sequencer), (Self::CREATED_AT, &self.created_at)];
        let texts = texts.into_iter().filter(|(_, text)| !text.is_empty());
        texts.map(|(name, text)| (name.to_owned(), text.clone())).collect()
    }

    /// Which of two puts came later: by sequencer, else by the creation of their jobs.
    fn cmp(&self, other: &Self) -> Ordering {
        let by_sequencer = if self.sequencer.is_empty() || other.sequencer.is_empty() {
            Ordering::Equal
        } else {
            comparable(&self.sequencer).cmp(&comparable(&other.sequencer))
        };
        by_sequencer.then_with(|| self.created_at.cmp(&other.created_at))
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;
    use crate::import::NewImport;

    fn check(key: &str, expected: Option<&str>) {
        let (id, store) = (ImportId::new(Uuid::nil()), StoreId::from_configuration("main").unwrap());
        let file = ImportFile { key: key.to_owned(), version: None };
        let import = Import::pending(NewImport::new(id, store, file), DateTime::UNIX_EPOCH, 1);
        assert_eq!(receipt_key(&import).as_deref(), expected, "{key}");
    }

    #[test]
    fn a_receipt_lies_beside_the_drops_under_the_same_name() {
        check("drops/main/nightly.jsonl.gz", Some("receipts/main/nightly.jsonl.gz.json"));
        check("drops/main/2026/11/a b+é.jsonl", Some("receipts/main/2026/11/a b+é.jsonl.json"));
        check("drops/mainly/a.jsonl", None);
        check("imports/main/a.jsonl", None);
        check("uploads/main/a.jsonl", None);
    }

    #[test]
    fn a_name_too_long_for_a_receipt_gives_way_to_the_id() {
        let name = "x".repeat(1_005);
        check(&format!("drops/main/{name}"), Some(&format!("receipts/main/{name}.json")));
        check(&format!("drops/main/{name}x"), Some("receipts/main/00000000-0000-0000-0000-000000000000.json"));
    }

    fn put(sequencer: &str, created_at: &str) -> Put {
        Put { sequencer: sequencer.to_owned(), created_at: created_at.to_owned() }
    }

    #[test]
    fn of_two_puts_the_one_with_the_greater_sequencer_is_newer() {
        for (older, newer) in [
            (put("0066", "2"), put("0067", "1")),
            (put("00669", "2"), put("0066A2", "1")),
            (put("0066a1", "2"), put("0066A2", "1")),
            (put("0066", "2"), put("00660001", "1")),
            (put("0066", "1"), put("0066", "2")),
            (put("", "1"), put("0066", "2")),
            (put("0066", "1"), put("", "2")),
            (Put::default(), put("", "1")),
        ] {
            assert_eq!(
                (older.cmp(&newer), newer.cmp(&older)),
                (Ordering::Less, Ordering::Greater),
                "{older:?} {newer:?}"
            );
            assert_eq!(Put::read(&newer.to_metadata()), newer);
        }
        assert_eq!(put("0066", "1").cmp(&put("00660", "1")), Ordering::Equal);
    }
}

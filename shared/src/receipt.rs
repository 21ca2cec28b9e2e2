//! Receipts: what a partner who drops files finds beside them. Owed from the moment a job has ended, so that one whose
//! worker died just then is written by another.

use chrono::{DateTime, TimeDelta, Utc};
use tracing::{info, warn};

use crate::{
    api::ReceiptDocument,
    import::Import,
    ports::{FileStore, ImportRef, ImportStore, Outside, StoreError},
};

/// The prefix of all drops; the next part of the key is the store's.
pub const DROPS: &str = "drops/";

/// How many receipts are written at once.
const MOST: u32 = 25;

/// The longest key that S3 takes, in bytes.
const MAX_KEY: usize = 1024;

/// The key of a job's receipt, `receipts/{store}/{name}.json` for a file dropped as `drops/{store}/{name}`. Where that would
/// be too long for a key, the job's id stands for the name. `None` for a job whose file was not dropped.
#[must_use]
pub fn receipt_key(import: &Import) -> Option<String> {
    let Import { id, store, file, .. } = import;
    let name = file.key.strip_prefix(DROPS)?.strip_prefix(store.as_str())?.strip_prefix('/')?;
    let key = format!("receipts/{store}/{name}.json");
    Some(if key.len() > MAX_KEY { format!("receipts/{store}/{id}.json") } else { key })
}

/// Writes the receipts that are owed by jobs that ended at least so long ago. What can't be written now stays owed.
pub async fn write_receipts(
    imports: &impl ImportStore,
    files: &impl FileStore,
    ended_for: TimeDelta,
    clock: &impl Fn() -> DateTime<Utc>,
) {
    let owed = match imports.owed_receipts(MOST).await {
        Ok(owed) => owed,
        Err(error) => return warn!(%error, "could not look for receipts to write; they stay owed"),
    };
    for import in owed {
        match write_receipt(imports, files, &import, ended_for, clock()).await {
            Ok(true) => info!(import.id = %import.id, "receipt written"),
            Ok(false) => {}
            Err(error) => warn!(import.id = %import.id, %error, "could not write a receipt; it stays owed"),
        }
    }
}

async fn write_receipt(
    imports: &impl ImportStore,
    files: &impl FileStore,
    owed: &ImportRef,
    ended_for: TimeDelta,
    now: DateTime<Utc>,
) -> Outside<bool> {
    // One that is kept no longer has nobody to tell.
    if let Some(import) = imports.get(&owed.store, owed.id, now).await? {
        if import.finished_at.is_some_and(|finished_at| now - finished_at < ended_for) {
            return Ok(false);
        }
        if let Some(key) = receipt_key(&import)
            && let Some(receipt) = ReceiptDocument::new(import, |key| files.address(key))
        {
            let json = serde_json::to_vec_pretty(&receipt).map_err(|error| StoreError::Permanent(error.to_string()))?;
            files.put(&key, json.into()).await?;
        }
    }
    imports.settle_receipt(owed).await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;
    use crate::{
        import::{ImportFile, ImportId, NewImport},
        owner::StoreId,
    };

    fn check(key: &str, expected: Option<&str>) {
        let (id, store) = (ImportId::new(Uuid::nil()), StoreId::from_configuration("main").unwrap());
        let file = ImportFile { key: key.to_owned(), version: None };
        let import = Import::pending(NewImport::new(id, store, file), DateTime::UNIX_EPOCH);
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
}

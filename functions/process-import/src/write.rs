//! Batches against the database: what is left over is sent again, what sinks a batch is found by halving it.

use std::time::Duration;

use shared::{
    ports::{BatchWrite, Outside, RecordStore, StoreError},
    record::{RecordId, StoredRecord},
};

/// How often a batch is sent again without getting any further.
const TRIES: u32 = 8;

/// A record that the database refuses, and why.
pub(crate) type Refused = (RecordId, String);

/// Reads all objects of `ids` there are. Ids must differ.
pub(crate) async fn read_all<R: RecordStore>(records: &R, ids: &[RecordId]) -> Outside<Vec<StoredRecord>> {
    let mut found = Vec::new();
    for batch in ids.chunks(R::READ_BATCH) {
        let mut left = batch.to_vec();
        let mut tries = 0;
        while !left.is_empty() {
            match records.read_batch(&left).await {
                Ok(read) => {
                    tries = if read.unprocessed.len() < left.len() { 0 } else { tries + 1 };
                    found.extend(read.found);
                    left = read.unprocessed;
                    if left.is_empty() {
                        break;
                    }
                }
                Err(StoreError::Transient(_)) if tries + 1 < TRIES => tries += 1,
                Err(error) => return Err(error),
            }
            pause(tries).await?;
        }
    }
    Ok(found)
}

/// Writes one batch until every record is written or found to be refused; a refused one does its neighbours no harm.
pub(crate) async fn write_batch<R: RecordStore>(records: &R, batch: Vec<StoredRecord>) -> Outside<Vec<Refused>> {
    let mut refused = Vec::new();
    let mut batches = vec![batch];
    let mut tries = 0;
    while let Some(mut batch) = batches.pop() {
        if batch.is_empty() {
            continue;
        }
        match records.write_batch(&batch).await {
            Ok(BatchWrite::Written { unprocessed }) if unprocessed.is_empty() => tries = 0,
            Ok(BatchWrite::Written { unprocessed }) => {
                tries = if unprocessed.len() < batch.len() { 0 } else { tries + 1 };
                batch.retain(|record| unprocessed.contains(&record.id));
                batches.push(batch);
                pause(tries).await?;
            }
            Ok(BatchWrite::Refused { reason }) => match batch.as_slice() {
                [culprit] => refused.push((culprit.id, reason)),
                _ => {
                    batches.push(batch.split_off(batch.len() / 2));
                    batches.push(batch);
                }
            },
            Err(StoreError::Transient(_)) if tries + 1 < TRIES => {
                tries += 1;
                batches.push(batch);
                pause(tries).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(refused)
}

/// Waits longer the more tries have come to nothing, and gives up after [`TRIES`].
async fn pause(tries: u32) -> Outside<()> {
    if tries >= TRIES {
        return Err(StoreError::Transient("the database kept leaving items over".to_owned()));
    }
    let most = 25_u64 << tries;
    tokio::time::sleep(Duration::from_millis(fastrand::u64(most / 2..=most))).await;
    Ok(())
}

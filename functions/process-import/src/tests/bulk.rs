//! Batches against a database that refuses, leaves over and fails.

use std::collections::BTreeMap;

use futures_util::future::{join, join_all};
use imports::ports::{PortError, PortResult};
use records::{RecordId, RecordType, json::Object};

use super::*;
use crate::{bulk::Bulk, progress::Progress};

pub(super) fn record(line: u32) -> StoredRecord {
    StoredRecord {
        id: RecordId::from_line(Uuid::nil(), line),
        store: store(),
        record_type: RecordType::SubscriptionPlan,
        external_ref: None,
        attributes: Object::new(),
        import_id: id(1),
        line,
        created_at: noon(),
        updated_at: noon(),
    }
}

fn batch(lines: u32) -> Vec<StoredRecord> {
    (0..lines).map(record).collect()
}

fn lines_of<'r>(records: impl IntoIterator<Item = &'r StoredRecord>) -> Vec<u32> {
    let mut lines: Vec<u32> = records.into_iter().map(|record| record.line).collect();
    lines.sort_unstable();
    lines
}

async fn write(records: &MemoryRecords, batch: Vec<StoredRecord>) -> PortResult<BTreeMap<RecordId, String>> {
    let progress = Progress::default();
    let bulk = Bulk::new(records, &progress);
    bulk.serve(bulk.writes.ask(batch)).await
}

async fn read(records: &MemoryRecords, ids: &[RecordId]) -> PortResult<BTreeMap<RecordId, StoredRecord>> {
    let progress = Progress::default();
    let bulk = Bulk::new(records, &progress);
    bulk.serve(bulk.wholes.ask(ids.to_vec())).await
}

/// Writes 25 records, of which the database refuses those of `poison`: exactly those must be reported, all others written.
async fn check_poison(poison: &'static [u32]) -> usize {
    let faults = Faults::default();
    let records = MemoryRecords::new(faults.clone());
    records.refuse(|record| poison.contains(&record.line));
    let refused: Vec<RecordId> = write(&records, batch(25)).await.unwrap().into_keys().collect();
    let mut expected: Vec<RecordId> = poison.iter().map(|line| record(*line).id).collect();
    expected.sort_unstable();
    assert_eq!(refused, expected);
    let written = lines_of(&records.all());
    assert_eq!(written, (0..25).filter(|line| !poison.contains(line)).collect::<Vec<_>>());
    faults.calls(Call::WriteBatch)
}

#[tokio::test(start_paused = true)]
async fn a_refused_record_does_its_neighbours_no_harm() {
    assert_eq!(check_poison(&[]).await, 1);
    // Halving 25 takes at most 5 rounds of two.
    assert!(check_poison(&[0]).await <= 11);
    assert!(check_poison(&[12]).await <= 11);
    assert!(check_poison(&[24]).await <= 11);
    check_poison(&[0, 24]).await;
    check_poison(&[3, 4, 5, 17]).await;
    check_poison(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24]).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_write_leaves_over_is_sent_again() {
    let faults = Faults::default();
    let records = MemoryRecords::new(faults.clone());
    for left in [20, 25, 7, 1] {
        faults.plan(Call::WriteBatch, Fault::LeaveOver(left));
    }
    assert_eq!(write(&records, batch(25)).await, Ok(BTreeMap::new()));
    assert_eq!(lines_of(&records.all()), (0..25).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_found_among_what_was_left_over() {
    let faults = Faults::default();
    let records = MemoryRecords::new(faults.clone());
    records.refuse(|record| record.line == 20);
    faults.plan(Call::WriteBatch, Fault::transient());
    for _ in 0..4 {
        faults.plan(Call::WriteBatch, Fault::LeaveOver(3));
    }
    let refused = write(&records, batch(25)).await.unwrap();
    assert!(refused.into_keys().eq([record(20).id]));
    assert_eq!(records.all().len(), 24);
}

#[tokio::test(start_paused = true)]
async fn a_read_goes_on_until_nothing_is_left_over() {
    let faults = Faults::default();
    let records = MemoryRecords::new(faults.clone());
    for chunk in batch(240).chunks(25) {
        write(&records, chunk.to_vec()).await.unwrap();
    }
    for fault in [Fault::LeaveOver(60), Fault::transient(), Fault::LeaveOver(59), Fault::LeaveOver(100)] {
        faults.plan(Call::ReadBatch, fault);
    }
    let ids: Vec<RecordId> = batch(250).iter().map(|record| record.id).collect();
    assert_eq!(lines_of(read(&records, &ids).await.unwrap().values()), (0..240).collect::<Vec<_>>());
}

/// Plans `times` faults alike and compares whether reads and writes come through.
async fn check_tries(times: usize, fault: Fault, comes_through: bool) {
    let faults = Faults::default();
    let records = MemoryRecords::new(faults.clone());
    for call in [Call::WriteBatch, Call::ReadBatch] {
        for _ in 0..times {
            faults.plan(call, fault.clone());
        }
    }
    let written = write(&records, batch(2)).await;
    let read = read(&records, &[record(0).id]).await;
    assert_eq!((written.is_ok(), read.is_ok()), (comes_through, comes_through), "{written:?} {read:?}");
}

#[tokio::test(start_paused = true)]
async fn a_transient_failure_is_tried_again_but_not_forever() {
    check_tries(11, Fault::transient(), true).await;
    check_tries(12, Fault::transient(), false).await;
    check_tries(11, Fault::LeaveOver(2), true).await;
    check_tries(12, Fault::LeaveOver(2), false).await;
    check_tries(3, Fault::After(PortError::Transient("lost".to_owned())), true).await;
    check_tries(1, Fault::permanent(), false).await;
}

#[tokio::test(start_paused = true)]
async fn giving_up_takes_seconds_not_minutes() {
    let began = tokio::time::Instant::now();
    check_tries(100, Fault::transient(), false).await;
    assert!((1..20).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

/// Writes so many records in batches of a hundred at once, of which each call leaves a share over; counts the calls.
async fn calls_for(lines: u32, percent: usize) -> usize {
    let faults = Faults::default();
    let records = MemoryRecords::new(faults.clone());
    faults.draw(move |_| Some(Fault::LeaveShare { percent, rounding: 0 }));
    let progress = Progress::default();
    let bulk = Bulk::new(&records, &progress);
    let batches = batch(lines);
    let writes = join_all(batches.chunks(100).map(|batch| bulk.writes.ask(batch.to_vec())));
    let written = bulk.serve(writes).await;
    assert!(written.into_iter().all(|refused| refused == Ok(BTreeMap::new())));
    assert_eq!(lines_of(&records.all()), (0..lines).collect::<Vec<_>>());
    faults.calls(Call::WriteBatch)
}

#[tokio::test(start_paused = true)]
async fn what_is_left_over_goes_with_what_others_write() {
    assert_eq!(calls_for(730, 0).await, 30);
    // Each call does 15: 49 full ones, and the last few.
    let calls = calls_for(730, 40).await;
    assert!((49..54).contains(&calls), "{calls}");
}

#[tokio::test(start_paused = true)]
async fn what_two_want_is_read_once() {
    let faults = Faults::default();
    let records = MemoryRecords::new(faults.clone());
    let progress = Progress::default();
    let bulk = Bulk::new(&records, &progress);
    write(&records, batch(3)).await.unwrap();
    faults.plan(Call::ReadBatch, Fault::Slow(Duration::from_secs(1)));
    let ids: Vec<RecordId> = batch(4).iter().map(|record| record.id).collect();
    let (one, other) = bulk.serve(join(bulk.wholes.ask(ids[..3].to_vec()), bulk.wholes.ask(ids[1..].to_vec()))).await;
    assert_eq!((lines_of(one.unwrap().values()), lines_of(other.unwrap().values())), (vec![0, 1, 2], vec![1, 2]));
    assert_eq!(faults.calls(Call::ReadBatch), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_is_no_larger_than_the_database_takes() {
    let large = |line, text: &str| {
        let attributes = Object::from_iter([("text".to_owned(), text.repeat(390_000).into())]);
        StoredRecord { attributes, ..record(line) }
    };
    // On the wire these take one, two and six bytes a character.
    for (text, calls) in [("x", 1), ("\"", 2), ("\u{1}", 5)] {
        let faults = Faults::default();
        let records = MemoryRecords::new(faults.clone());
        let batch: Vec<StoredRecord> = (0..25).map(|line| large(line, text)).collect();
        assert_eq!(write(&records, batch).await, Ok(BTreeMap::new()));
        assert_eq!((records.all().len(), faults.calls(Call::WriteBatch)), (25, calls), "{text:?}");
    }
}

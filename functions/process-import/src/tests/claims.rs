//! Jobs that need several claims: what one has written no later one writes again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use records::RecordId;

use super::*;

/// How often each object was written.
type Writes = Arc<Mutex<HashMap<RecordId, usize>>>;

fn count_writes(world: &World) -> Writes {
    let writes = Writes::default();
    let counted = Arc::clone(&writes);
    world.worker.records.watch(move |record| *counted.lock().unwrap().entry(record.id).or_default() += 1);
    writes
}

fn check_written_once(writes: &Writes, objects: usize) {
    let writes = writes.lock().unwrap();
    let again = writes.values().filter(|times| **times > 1).count();
    assert_eq!((writes.len(), again), (objects, 0), "objects, and those written again");
}

/// Runs a file whose writes are slow, with few seconds a claim; tells how many claims and writing calls it took.
async fn run_in_short_claims(file: String, options: ImportOptions) -> (usize, usize) {
    let lines = file.lines().count();
    let world = World::new();
    let writes = count_writes(&world);
    world.submit_with(1, file, options.clone()).await;
    world.faults.draw(|call| (call == Call::WriteBatch).then_some(Fault::Slow(Duration::from_secs(2))));
    let mut claims = 0;
    while !world.import(1).await.status.is_terminal() {
        assert!(claims < 20, "it comes no further: {}", world.outcome(1).await);
        claims += usize::from(world.turn_with(TimeDelta::seconds(38)).await.is_some());
        pass(TimeDelta::seconds(1)).await;
    }
    assert_eq!(world.outcome(1).await, format!("success, {lines} of {lines}\n"));
    check_written_once(&writes, if options.dry_run { 0 } else { lines });
    (claims, world.faults.calls(Call::WriteBatch))
}

#[tokio::test(start_paused = true)]
async fn lines_without_a_name_take_no_more_claims_and_calls_than_named_ones() {
    let named = run_in_short_claims(products(12_000), ImportOptions::default()).await;
    let unnamed = run_in_short_claims(unnamed(12_000), ImportOptions::default()).await;
    assert!(named.0 > 2, "{named:?}");
    assert_eq!(unnamed, named);
    assert_eq!(unnamed.1, 12_000 / 25);
}

#[tokio::test(start_paused = true)]
async fn a_first_claim_asks_for_no_object_without_a_name() {
    let world = World::with(unnamed(1_000)).await;
    world.run().await;
    assert_eq!(world.outcome(1).await, "success, 1000 of 1000\n");
    assert_eq!(world.faults.calls(Call::ReadMarks), 0);
}

#[tokio::test(start_paused = true)]
async fn what_killed_workers_wrote_is_not_written_again() {
    for file in [unnamed(5_000), products(5_000)] {
        let world = World::with(file).await;
        let writes = count_writes(&world);
        world.faults.draw(|call| (call == Call::WriteBatch).then_some(Fault::Late(Duration::from_secs(1))));
        for seconds in [3, 2] {
            let died = tokio::time::timeout(Duration::from_secs(seconds), world.turn()).await;
            assert!(died.is_err());
            pass(LEASE).await;
        }
        world.faults.clear();
        world.run().await;
        assert_eq!(world.outcome(1).await, "success, 5000 of 5000\n");
        check_written_once(&writes, 5_000);
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_outlasts_the_hand_over_is_found_by_the_next_claim() {
    let world = World::with(unnamed(3_000)).await;
    let writes = count_writes(&world);
    world.faults.plan(Call::WriteBatch, Fault::Late(Duration::from_secs(25)));
    world.faults.draw(|call| (call == Call::WriteBatch).then_some(Fault::Slow(Duration::from_secs(3))));
    let began = twins::now();
    assert_eq!(world.turn_with(TimeDelta::seconds(34)).await, Some(true));
    assert!(twins::now() - began < TimeDelta::seconds(30), "{}", twins::now() - began);
    assert_eq!(world.faults.calls(Call::Release), 1);
    world.faults.clear();
    world.run().await;
    assert_eq!(world.outcome(1).await, "success, 3000 of 3000\n");
    check_written_once(&writes, 3_000);
}

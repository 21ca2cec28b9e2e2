//! Workers that lose their lease, and calls that outlive their worker.

use std::{
    future::{Future, pending},
    sync::{Arc, mpsc},
    thread,
};

use imports::{import::ImportStatus, ports::PortError};
use tokio::{
    runtime::Handle,
    task::{spawn_blocking, yield_now},
    time::advance,
};

use super::*;
use crate::heartbeat::apart;

/// Lets a turn go on for so long, and then stand still for as long as `meanwhile` takes.
async fn stand_still<T>(turn: impl Future<Output = T>, after: Duration, meanwhile: impl Future<Output = ()>) -> T {
    let mut turn = Box::pin(turn);
    assert!(tokio::time::timeout(after, &mut turn).await.is_err(), "it has ended before");
    meanwhile.await;
    turn.await
}

/// A heart that stands still as well.
fn without_heartbeat(_: Task) -> Task {
    Box::pin(pending())
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_stood_still_writes_nothing_over_what_a_later_job_wrote() {
    let mut world = World::with(product("tea")).await;
    world.worker.beside = without_heartbeat;
    world.faults.plan(Call::WriteBatch, Fault::Slow(Duration::from_secs(5)));
    let meanwhile = async {
        pass(LEASE).await;
        world.run().await;
        let options = ImportOptions { on_conflict: OnConflict::Update, ..ImportOptions::default() };
        world.submit_with(2, product("tea").replace("Tea", "Green tea"), options).await;
        world.run().await;
        assert_eq!(world.import(2).await.status, ImportStatus::Success);
    };
    assert_eq!(Box::pin(stand_still(world.turn(), Duration::from_secs(1), meanwhile)).await, Some(false));
    assert_eq!(world.faults.calls(Call::WriteBatch), 3);
    assert!(world.worker.records.all().iter().all(|record| record.import_id == id(2)));
}

#[tokio::test(start_paused = true)]
async fn a_lease_counts_from_when_it_was_asked_for() {
    let world = World::with(products(1)).await;
    world.faults.plan(Call::ClaimNext, Fault::Late(Duration::from_secs(35)));
    world.faults.plan(Call::WriteBatch, Fault::Slow(Duration::from_secs(30)));
    world.faults.draw(|call| (call == Call::ExtendLease).then(Fault::transient));
    assert_eq!(world.turn().await, Some(false));
    assert!(twins::now() - noon() < LEASE - TimeDelta::seconds(15), "{}", twins::now() - noon());
    assert_eq!(world.objects(), Vec::<String>::new());
}

/// What was written when a turn was done is all that is ever written under its claim.
async fn check_aftermath(world: &World, time: TimeDelta) {
    assert_eq!(world.turn_with(time).await, Some(true));
    let written = world.worker.records.all().len();
    assert!(written > 0);
    pass(TimeDelta::seconds(30)).await;
    assert_eq!(world.worker.records.all().len(), written);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_ends_early_waits_for_its_last_writes() {
    let world = World::with(products(300)).await;
    world.faults.plan(Call::WriteBatch, Fault::Adrift(Duration::from_secs(9)));
    world.faults.plan(Call::WriteBatch, Fault::permanent());
    check_aftermath(&world, WORKER_TIMEOUT).await;
    assert_eq!(world.import(1).await.status, ImportStatus::Failed);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_handed_over_waits_for_its_last_writes() {
    let world = World::with(products(3_000)).await;
    let mut reads = 0;
    world.faults.draw(move |call| match call {
        // Every other batch is three seconds behind.
        Call::ReadMarks => {
            reads += 1;
            Some(Fault::Slow(Duration::from_secs(3 * (reads % 2))))
        }
        Call::WriteBatch => Some(Fault::Adrift(Duration::from_secs(9))),
        _ => None,
    });
    check_aftermath(&world, TimeDelta::seconds(45)).await;
    assert_eq!(world.import(1).await.status, ImportStatus::Started);
    world.faults.clear();
    world.run().await;
    assert_eq!(world.outcome(1).await, "success, 3000 of 3000\n");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_gone_stops_no_job() {
    let world = World::with(products(1)).await;
    world.faults.plan(Call::Hide, Fault::Before(PortError::Permanent("no such message".to_owned())));
    assert_eq!(world.turn().await, Some(true));
    assert_eq!(world.outcome(1).await, "success, 1 of 1\n");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_keeps_no_other_from_the_heartbeat() {
    for hangs in [Call::Hide, Call::RecordProgress, Call::ExtendLease] {
        let world = World::with(products(1)).await;
        world.faults.plan(Call::WriteBatch, Fault::Slow(Duration::from_mins(10)));
        let mut calls = 0;
        world.faults.draw(move |call| {
            // Of the calls that renew the lease every other one: it would be lost if all hung.
            calls += usize::from(call == hangs);
            (call == hangs && (call != Call::ExtendLease || calls % 2 == 1))
                .then_some(Fault::Slow(Duration::from_hours(1)))
        });
        assert_eq!(world.turn_with(TimeDelta::minutes(15)).await, Some(true), "{hangs:?}");
        assert_eq!(world.outcome(1).await, "success, 1 of 1\n");
    }
}

/// A heartbeat that had nothing to do with its worker any more would be frozen with it, and go on in the midst of another job.
#[tokio::test(start_paused = true)]
async fn no_heartbeat_outlasts_its_worker() {
    for time in [5, 60] {
        let world = World::with(products(1)).await;
        world.faults.plan(Call::WriteBatch, Fault::Slow(Duration::from_secs(10)));
        let ended = tokio::time::timeout(Duration::from_secs(time), world.turn()).await;
        assert_eq!(ended.ok(), (time > 10).then_some(Some(true)));
        let beats = || [Call::Hide, Call::RecordProgress, Call::ExtendLease].map(|call| world.faults.calls(call));
        let before = beats();
        assert!(before[1] > 0);
        pass(LEASE).await;
        assert_eq!(beats(), before);
    }
}

/// What is read without a pause holds its thread; another one has the heartbeat, and the time.
#[tokio::test(start_paused = true)]
async fn a_worker_that_reads_for_long_without_a_pause_keeps_its_lease() {
    let world = Arc::new(World::with(products(1)).await);
    let (begins, has_begun) = mpsc::channel();
    let end = noon() + LEASE * 3;
    world.faults.watch(move |call| {
        if call == Call::Read {
            begins.send(()).unwrap();
            while twins::now() < end {
                thread::sleep(Duration::from_millis(1));
            }
        }
    });
    let (working, runtime) = (Arc::clone(&world), Handle::current());
    let turn = spawn_blocking(move || {
        twins::set_clock(noon());
        runtime.block_on(working.turn_with(TimeDelta::minutes(15)))
    });
    while has_begun.try_recv().is_err() {
        yield_now().await;
    }
    let mut came_back = None;
    while twins::now() < end {
        advance(Duration::from_secs(1)).await;
        came_back = came_back.or_else(|| world.worker.queue.receive(twins::now()));
    }
    assert_eq!((turn.await.unwrap(), came_back), (Some(true), None));
    assert_eq!(world.outcome(1).await, "success, 1 of 1\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn work_without_a_pause_leaves_the_runtime_to_what_is_beside_it() {
    let work = tokio::spawn(apart(async {
        let (beats, has_beaten) = mpsc::channel();
        tokio::spawn(async move { beats.send(()) });
        has_beaten.recv_timeout(Duration::from_secs(5))
    }));
    assert_eq!(work.await.unwrap(), Ok(()));
}

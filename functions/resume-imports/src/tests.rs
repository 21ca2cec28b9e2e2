use imports::{
    import::{Ending, ImportId, Outcome},
    report::Report,
};
use twins::{
    Call as Port, Fault,
    fixture::{World, id, job, noon, outcome, store},
};

use super::*;

const RETENTION: TimeDelta = TimeDelta::days(30);

/// A world with jobs of these ages in seconds, oldest first, numbered from 0.
async fn with_jobs(ages: &[i64]) -> World {
    let world = World::new();
    for (number, age) in (0..).zip(ages) {
        world.imports.create(job(number), noon() - TimeDelta::seconds(*age)).await.unwrap();
    }
    world
}

async fn send(world: &World, number: u128) {
    world.queue.send(&Tick::of(&store(), id(number)), &number.to_string()).await.unwrap();
}

/// Resumes, so many seconds after noon.
async fn resume(world: &World, seconds: i64) -> Result<(), Error> {
    handle(
        &world.files,
        &world.imports,
        &world.queue,
        &world.events,
        || noon() + TimeDelta::seconds(seconds),
        RETENTION,
    )
    .await
}

/// Resumes, and compares the jobs that then have a message in the queue.
async fn check(world: &World, seconds: i64, expected: &[u128]) {
    resume(world, seconds).await.unwrap();
    let ticks: Vec<ImportId> = world.queue.ticks().into_iter().map(|tick| tick.import_id).collect();
    assert_eq!(ticks, expected.iter().copied().map(id).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_job_without_a_message_gets_one() {
    check(&with_jobs(&[90]).await, 0, &[0]).await;
    check(&with_jobs(&[90, 60, 30]).await, 0, &[0, 1, 2]).await;
}

#[tokio::test]
async fn a_young_job_is_left_to_its_own_message() {
    let world = with_jobs(&[31, 30, 29, 0]).await;
    check(&world, 0, &[0, 1]).await;
    assert_eq!(world.faults.calls(Port::Depth), 1);
}

#[tokio::test]
async fn nothing_is_sent_while_there_are_as_many_messages_as_jobs() {
    let world = with_jobs(&[90, 60]).await;
    send(&world, 0).await;
    send(&world, 1).await;
    check(&world, 0, &[0, 1]).await;
    // A message that is being handled counts.
    assert!(world.queue.receive(twins::now()).is_some());
    check(&world, 0, &[0, 1]).await;
}

#[tokio::test]
async fn only_as_many_as_are_missing_are_sent() {
    let world = with_jobs(&[90, 60, 50]).await;
    send(&world, 2).await;
    check(&world, 0, &[2, 0, 1]).await;
}

#[tokio::test]
async fn a_job_may_get_a_message_every_minute() {
    let world = with_jobs(&[90]).await;
    for minute in [0, 1, 2] {
        check(&world, 60 * minute, &[0]).await;
        let message = world.queue.receive(twins::now()).unwrap();
        world.queue.delete(&message.receipt_handle);
    }
}

#[tokio::test]
async fn without_jobs_the_queue_is_not_asked() {
    let world = with_jobs(&[]).await;
    check(&world, 0, &[]).await;
    assert_eq!(world.faults.calls(Port::Depth), 0);
}

/// Runs the next job to its end, after which it owes a receipt.
async fn finish_next(world: &World) {
    let (_, lease) = world.claim().await;
    let report = Report { prefix: String::new(), failure: None, errors: 0, blocked: 0 };
    let outcome = Outcome { owes_receipt: true, ..outcome(Ending::Success, report) };
    world.imports.finish(&lease, &outcome, noon()).await.unwrap();
}

/// The names of the receipts written.
fn receipts(world: &World) -> Vec<String> {
    world.files.keys().into_iter().filter(|key| key.starts_with("receipts/")).collect()
}

#[tokio::test(start_paused = true)]
async fn a_receipt_left_owed_is_written_whatever_the_queue_does() {
    let world = with_jobs(&[90, 60]).await;
    finish_next(&world).await;
    // Its own worker may still be about to.
    check(&world, 29, &[1]).await;
    assert_eq!(receipts(&world), Vec::<String>::new());
    world.faults.plan(Port::PutOver, Fault::transient());
    check(&world, 60, &[1]).await;
    assert_eq!(receipts(&world), Vec::<String>::new());
    world.faults.plan(Port::Depth, Fault::transient());
    assert!(resume(&world, 120).await.is_err());
    assert_eq!(receipts(&world), ["receipts/main/0.json"]);
    assert_eq!(world.imports.owed(Debt::Receipt, 9).await, Ok(vec![]));
}

#[tokio::test]
async fn a_queue_that_fails_fails_the_run() {
    let world = with_jobs(&[90]).await;
    world.faults.plan(Port::Send, Fault::transient());
    assert!(resume(&world, 0).await.is_err());
    check(&world, 60, &[0]).await;
}

#[tokio::test]
async fn jobs_that_ended_before_the_retention_are_forgotten_for_good() {
    let world = with_jobs(&[90, 60]).await;
    // By itself it is kept for ninety days, as the retention was.
    finish_next(&world).await;
    let is_found = async |number, now| world.imports.get(&store(), id(number), now).await.unwrap().is_some();
    let month = RETENTION.num_seconds();
    resume(&world, month - 1).await.unwrap();
    assert!(is_found(0, noon()).await);
    // Even while the queue can't be reached.
    world.faults.plan(Port::Depth, Fault::transient());
    assert!(resume(&world, month).await.is_err());
    assert!(!is_found(0, noon()).await);
    // An older run that comes late changes nothing; one that has not ended is never forgotten.
    resume(&world, 0).await.unwrap();
    assert!(!is_found(0, noon()).await);
    assert!(is_found(1, noon() + RETENTION * 9).await);
}

#[tokio::test]
async fn a_table_that_fails_fails_the_run_after_the_jobs_have_their_messages() {
    let world = with_jobs(&[90]).await;
    world.faults.plan(Port::Forget, Fault::transient());
    assert!(resume(&world, 0).await.is_err());
    check(&world, 0, &[0]).await;
    assert_eq!(world.faults.calls(Port::Send), 1);
}

#[tokio::test(start_paused = true)]
async fn an_event_left_owed_is_sent_and_a_bus_that_fails_or_hangs_keeps_no_job_from_its_tick() {
    let world = with_jobs(&[90, 60]).await;
    finish_next(&world).await;
    check(&world, 29, &[1]).await;
    assert_eq!(world.events.sent(), vec![], "its own worker may still be about to");
    world.faults.plan(Port::SendEvent, Fault::refused());
    check(&world, 60, &[1]).await;
    assert_eq!(world.events.sent().len(), 1, "the next kind is tried");
    world.faults.plan(Port::Open, Fault::transient());
    assert!(resume(&world, 120).await.is_err());
    let kinds: Vec<_> = world.events.sent().into_iter().map(|event| event.kind).collect();
    assert_eq!(kinds, ["Subscription Import Ended", "Subscription Import Started"]);
    assert_eq!(world.imports.owed(Debt::Started, 9).await, Ok(vec![]));
}

#[tokio::test(start_paused = true)]
async fn what_an_outage_left_owed_is_paid_in_one_go_as_far_as_the_time_goes() {
    let world = with_jobs(&[600; 60]).await;
    for _ in 0..60 {
        finish_next(&world).await;
    }
    // Each look at this clock takes a tenth of a second.
    let looks = std::sync::atomic::AtomicI64::new(0);
    let clock = || {
        let look = looks.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        noon() + TimeDelta::seconds(60) + TimeDelta::milliseconds(100 * look)
    };
    handle(&world.files, &world.imports, &world.queue, &world.events, clock, RETENTION).await.unwrap();
    assert_eq!(receipts(&world).len(), 60);
    assert_eq!(world.events.sent().len(), 120);

    let world = with_jobs(&[600; 60]).await;
    for _ in 0..60 {
        finish_next(&world).await;
    }
    let slow = || clock() + TimeDelta::milliseconds(900 * looks.load(std::sync::atomic::Ordering::Relaxed));
    handle(&world.files, &world.imports, &world.queue, &world.events, slow, RETENTION).await.unwrap();
    assert!((5..60).contains(&receipts(&world).len()), "{}", receipts(&world).len());
    assert!(!world.events.sent().is_empty(), "each kind has its time");
    resume(&world, 120).await.unwrap();
    assert_eq!((receipts(&world).len(), world.events.sent().len()), (60, 120));
}

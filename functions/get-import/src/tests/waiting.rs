//! Calls that wait, in virtual time.

use std::time::Duration;

use imports::{import::Lease, ports::PortError};
use tokio::time::{Instant, sleep};
use twins::{Call as Port, Fault};

use super::*;

const SEATS: u16 = 2;

/// What a call that waits is answered, and after how many seconds.
async fn wait(world: &World, seconds: u64, has: Option<&str>) -> (Reply, u64) {
    let call = Call {
        query: query(&[("wait", &seconds.to_string())]),
        if_none_match: has.map(str::to_owned),
        ..call_for("main", id(7))
    };
    let began = Instant::now();
    let reply = handle(&world.imports, SEATS, twins::now, &call).await.unwrap();
    (reply, began.elapsed().as_secs())
}

async fn end(world: &World, lease: &Lease) {
    let prefix = Report::prefix(&lease.store, lease.id, lease.epoch);
    let report = Report { prefix, failure: None, errors: 0, blocked: 0 };
    world.imports.finish(lease, &outcome(Ending::Success, report), twins::now()).await.unwrap();
}

/// Waits beside something that happens to the job after so many milliseconds.
async fn wait_while(world: &World, milliseconds: u64, happens: impl Future<Output = ()>) -> (Reply, u64) {
    let later = async {
        sleep(Duration::from_millis(milliseconds)).await;
        happens.await;
    };
    tokio::join!(wait(world, 25, None), later).0
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_is_answered_within_a_second_of_the_jobs_end() {
    for milliseconds in [1, 500, 9_900, 23_900] {
        let world = World::with_job(7).await;
        let (_, lease) = world.claim().await;
        let (reply, seconds) = wait_while(&world, milliseconds, end(&world, &lease)).await;
        assert!(reply.body.contains(r#""status":"success""#), "{}", reply.body);
        assert!((milliseconds / 1_000..=milliseconds / 1_000 + 1).contains(&seconds), "{milliseconds}: {seconds}");
        // At most one look a second, and what is shown is read twice.
        assert!(world.faults.calls(Port::Glance) <= usize::try_from(seconds).unwrap());
        assert_eq!((world.faults.calls(Port::Get), world.faults.calls(Port::LastTurn)), (2, 0));
        assert_eq!(world.faults.calls(Port::LeaveSeat), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_waits_has_changed_once_it_is_claimed_cancelled_or_further_in_front() {
    let claimed = async |world: &World| drop(world.claim().await);
    let world = World::with_job(7).await;
    let (reply, seconds) = wait_while(&world, 4_500, claimed(&world)).await;
    assert!(reply.body.contains(r#""status":"started""#) && seconds <= 6, "{seconds}: {}", reply.body);

    let world = World::with_job(7).await;
    let import = world.imports.glance(&store(), id(7)).await.unwrap().unwrap();
    let report = Report { prefix: String::new(), failure: None, errors: 0, blocked: 0 };
    let ended = outcome(Ending::Failed, report);
    let cancelled = async { world.imports.cancel_pending(&import, &ended, twins::now()).await.unwrap() };
    let (reply, seconds) = wait_while(&world, 4_500, cancelled).await;
    assert!(reply.body.contains(r#""status":"failed""#) && seconds <= 6, "{seconds}: {}", reply.body);

    let world = World::with_job(1).await;
    world.create(job(7)).await;
    let (reply, seconds) = wait_while(&world, 4_500, claimed(&world)).await;
    assert!(reply.body.contains(r#""queue":{"position":1}"#) && seconds <= 6, "{seconds}: {}", reply.body);
    let looks = world.faults.calls(Port::Glance) + world.faults.calls(Port::LastTurn);
    assert!(looks <= 6 + 2, "{looks} looks, two of them to show the job");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_stays_as_it_is_is_shown_when_the_time_is_over() {
    let world = World::with_job(7).await;
    let (reply, seconds) = wait(&world, 5, None).await;
    assert_eq!((reply.status, reply.retry_after, seconds), (200, None, 5));
    let etag = reply.etag.unwrap();
    assert_eq!(wait(&world, 5, Some(&etag)).await, (Reply { etag: Some(etag.clone()), ..Reply::not_modified() }, 5));
    assert_eq!(wait(&world, 0, Some(&etag)).await, (Reply { etag: Some(etag.clone()), ..Reply::not_modified() }, 0));

    // `updated_at` alone is no change.
    let (_, lease) = world.claim().await;
    let (reply, seconds) = wait_while(&world, 2_000, async {
        world.imports.record_progress(&lease, &Tally::default(), twins::now()).await.unwrap();
    })
    .await;
    assert_eq!((reply.status, seconds), (200, 25));
}

#[tokio::test(start_paused = true)]
async fn a_caller_whose_copy_is_old_and_one_whose_job_has_ended_do_not_wait() {
    let world = World::with_job(7).await;
    let (before, _) = wait(&world, 0, None).await;
    let (_, lease) = world.claim().await;
    let (reply, seconds) = wait(&world, 20, before.etag.as_deref()).await;
    assert_eq!((reply.status, seconds), (200, 0));
    end(&world, &lease).await;
    let (reply, seconds) = wait(&world, 20, reply.etag.as_deref()).await;
    assert_eq!((reply.status, seconds), (200, 0));
    let (reply, seconds) = wait(&world, 20, reply.etag.as_deref()).await;
    assert_eq!((reply.status, seconds), (304, 0));
    assert_eq!(world.faults.calls(Port::TakeSeat), 0);
}

#[tokio::test(start_paused = true)]
async fn with_all_seats_taken_a_call_is_answered_at_once_and_told_when_to_call_again() {
    let world = World::with_job(7).await;
    let over = async {
        sleep(Duration::from_secs(2)).await;
        wait(&world, 20, None).await
    };
    let (first, second, (reply, seconds)) = tokio::join!(wait(&world, 20, None), wait(&world, 4, None), over);
    assert_eq!((reply.status, reply.retry_after, seconds), (200, Some(RETRY_AFTER), 0));
    assert_eq!((first.1, second.1, first.0.retry_after), (20, 4, None));
    // A call that failed has left its seat too, and a seat that could not be left is free by itself.
    world.faults.plan(Port::Glance, Fault::permanent());
    let call = Call { query: query(&[("wait", "20")]), ..call_for("main", id(7)) };
    assert!(handle(&world.imports, 1, twins::now, &call).await.is_err());
    world.faults.plan(Port::LeaveSeat, Fault::Before(PortError::Transient("lost".to_owned())));
    for seconds in [3, 3] {
        assert_eq!(wait(&world, seconds, None).await.0.retry_after, None);
    }
    assert_eq!(handle(&world.imports, 1, twins::now, &call).await.unwrap().retry_after, Some(RETRY_AFTER));
    sleep(Duration::from_secs(30)).await;
    assert_eq!(handle(&world.imports, 1, twins::now, &call).await.unwrap().retry_after, None);
}

//! Jobs that are late to their turn, or never come: what the lane's worker does between their clock and their transaction.

use std::time::Duration;

use imports::{
    import::{Claim, Ending, Import},
    ports::Imports,
    report::Report,
};
use tokio::time::{Instant, sleep, timeout};
use twins::{
    fixture::{World, job, outcome},
    now,
};

use crate::dynamo::{Dynamo, Weather};

const SECOND: Duration = Duration::from_secs(1);

/// A lane whose first job has its moment, and whose second is stored already; the first is stored after `late`, or never.
async fn with_gap(late: Option<Duration>) -> (Dynamo, impl Future<Output = Option<Import>>) {
    let _world = World::new();
    let dynamo = Dynamo::new(Weather::default());
    dynamo.delay_transaction(Duration::from_hours(1).min(late.unwrap_or(Duration::MAX)));
    let table = dynamo.table();
    let first = tokio::spawn(async move { table.create(job(1), now()).await.unwrap().into_import() });
    sleep(Duration::from_millis(1)).await;
    dynamo.table().create(job(2), now()).await.unwrap();
    if late.is_none() {
        first.abort();
    }
    (dynamo, async { first.await.ok().flatten() })
}

/// Claims and ends the next job; answers it, and how long the claim took.
async fn next(dynamo: &Dynamo) -> (Import, Duration) {
    let (table, begun) = (dynamo.table(), Instant::now());
    let Claim::Run { import, lease, .. } = table.claim_next(now()).await.unwrap() else { panic!("no job to run") };
    let took = begun.elapsed();
    let prefix = Report::prefix(&lease.store, lease.id, lease.epoch);
    let report = Report { prefix, failure: None, errors: 0, blocked: 0 };
    table.finish(&lease, &outcome(Ending::Success, report), now()).await.unwrap();
    (*import, took)
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_late_is_waited_for() {
    let (dynamo, first) = with_gap(Some(SECOND)).await;
    let (ran, took) = next(&dynamo).await;
    assert_eq!(Some(ran.id), first.await.map(|import| import.id));
    assert!(took <= SECOND * 2, "{took:?}");
    assert_eq!(next(&dynamo).await.1, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_too_late_comes_at_the_end() {
    let (dynamo, first) = with_gap(Some(SECOND * 10)).await;
    let (second, took) = next(&dynamo).await;
    assert!(took <= SECOND * 2, "{took:?}");
    assert_eq!(second.id, job(2).id);
    assert_eq!(timeout(SECOND, dynamo.table().claim_next(now())).await, Ok(Ok(Claim::Idle)));
    // What is still to be stored under the earlier moment is refused.
    let first = first.await.unwrap();
    assert!((first.created_at, first.ordinal) > (second.created_at, second.ordinal));
    let (ran, took) = next(&dynamo).await;
    assert_eq!((ran.created_at, took), (first.created_at, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_died_holds_the_lane_up_once() {
    let (dynamo, _) = with_gap(None).await;
    for number in [3, 4] {
        dynamo.table().create(job(number), now()).await.unwrap();
    }
    assert_eq!(dynamo.table().last_turn().await, Ok(0));
    let (second, took) = next(&dynamo).await;
    assert!(took <= SECOND * 2, "{took:?}");
    assert_eq!((second.id, second.ordinal), (job(2).id, 2));
    for number in [3, 4] {
        let (ran, took) = next(&dynamo).await;
        assert_eq!((ran.id, took), (job(number).id, Duration::ZERO));
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_creations_that_died_long_ago() {
    let (dynamo, _) = with_gap(None).await;
    // More of them than one transaction closes.
    for number in 100..400 {
        dynamo.delay_transaction(SECOND);
        assert!(timeout(SECOND / 2, dynamo.table().create(job(number), now())).await.is_err());
    }
    dynamo.table().create(job(5), now()).await.unwrap();
    sleep(SECOND * 3).await;
    for number in [2, 5] {
        let (ran, took) = next(&dynamo).await;
        assert_eq!((ran.id, took), (job(number).id, Duration::ZERO));
    }
}

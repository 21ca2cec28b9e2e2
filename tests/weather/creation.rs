//! Jobs that many create at once: none fails, none waits long, and they run in the order of `created_at`, whose worker claims
//! them while others are still being created.

use std::{cell::Cell, rc::Rc, time::Duration};

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use imports::{
    import::{Claim, Ending},
    ports::Imports,
    report::Report,
};
use tokio::time::{Instant, sleep, sleep_until};
use twins::fixture::{World, call, id, outcome};

use crate::dynamo::{Dynamo, Weather};

const AT_WORST: Weather = Weather { hold: Some(20), limits: false };
const LINE: &str = "{\"type\":\"subscription_product\",\"name\":\"Tea\"}";

/// Posts files `every` so often, and runs their jobs; answers how long each post took.
async fn post(weather: Weather, posts: u32, every: Duration) -> Vec<Duration> {
    let (world, dynamo) = (World::new(), Dynamo::new(weather));
    let begun = Instant::now();
    let posted = Rc::new(Cell::new(0));
    let post = async |number: u32| {
        let at = begun + every * number;
        sleep_until(at).await;
        let call =
            imports::api::Call { content_type: Some("application/jsonl".to_owned()), body: LINE.into(), ..call() };
        // A fifth of the functions have clocks that are late.
        let now = move || twins::now() - Duration::from_millis(if number.is_multiple_of(5) { 300 } else { 0 });
        let table = dynamo.table();
        let answer = create_import::handle(&world.files, &table, &world.queue, now, id(number.into()), call);
        let answer = answer.await.unwrap_or_else(|error| panic!("post {number} failed: {error:?}"));
        assert_eq!(answer.status, 201);
        posted.set(posted.get() + 1);
        at.elapsed()
    };
    let (mut took, ran) = tokio::join!(join_all((0..posts).map(post)), run(&dynamo, posts));
    assert!(ran.is_sorted_by(|one, next| one < next), "not in the order of creation");
    assert_eq!(dynamo.throttled() > 0, weather.limits, "{} throttled", dynamo.throttled());
    took.sort_unstable();
    took
}

/// Runs so many jobs; answers when each was created.
async fn run(dynamo: &Dynamo, jobs: u32) -> Vec<DateTime<Utc>> {
    let table = dynamo.table();
    let mut ran = Vec::new();
    while ran.len() < usize::try_from(jobs).unwrap() {
        let Claim::Run { import, lease, .. } = table.claim_next(twins::now()).await.unwrap() else {
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        let prefix = Report::prefix(&lease.store, lease.id, lease.epoch);
        let report = Report { prefix, failure: None, errors: 0, blocked: 0 };
        table.finish(&lease, &outcome(Ending::Success, report), twins::now()).await.unwrap();
        ran.push(import.created_at);
    }
    ran
}

fn show(what: &str, took: &[Duration]) -> Duration {
    let share = |percent: usize| took[(took.len() * percent).div_ceil(100) - 1];
    let [middle, most, last] = [50, 99, 100].map(share);
    println!("{what}: p50 {middle:?}, p99 {most:?}, the longest {last:?}; none failed");
    most
}

#[tokio::test(start_paused = true)]
async fn two_hundred_posts_at_once_all_make_their_jobs() {
    let took = post(AT_WORST, 200, Duration::ZERO).await;
    assert!(show("200 posts at once", &took) <= Duration::from_secs(1));
}

/// `POST_SECONDS=60` posts for a minute.
#[tokio::test(start_paused = true)]
async fn fifty_posts_a_second_all_make_their_jobs() {
    let seconds = std::env::var("POST_SECONDS").map_or(5, |seconds| seconds.parse().unwrap());
    let took = post(AT_WORST, 50 * seconds, Duration::from_millis(20)).await;
    assert!(show(&format!("50 posts a second for {seconds} seconds"), &took) <= Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_posts_in_a_second_all_make_their_jobs() {
    let took = post(AT_WORST, 1_000, Duration::from_millis(1)).await;
    assert!(show("1,000 posts in a second", &took) <= Duration::from_secs(1));
}

/// More than the partition of the lane takes at once: some are tried again.
#[tokio::test(start_paused = true)]
async fn at_the_limits_of_a_partition_none_fails_either() {
    let took = post(Weather { limits: true, ..AT_WORST }, 1_000, Duration::ZERO).await;
    show("1,000 posts at once at the limits", &took);
}

//! Jobs that many create at once: none fails, none waits long, and they run in the order of `created_at`, whose worker claims
//! them while others are still being created.

use std::{cell::Cell, time::Duration};

use aws::ImportTable;
use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use imports::{
    import::{Claim, Ending},
    ports::Imports,
    report::Report,
};
use serde_json::json;
use tokio::time::{Instant, sleep, sleep_until};
use twins::fixture::{World, call, id, outcome};

use crate::dynamo::{Dynamo, Weather};

const AT_WORST: Weather = Weather { hold: Some(20), limits: false };
const LINE: &str = "{\"type\":\"subscription_product\",\"name\":\"Tea\"}";

/// Makes a job `every` so often, and runs them; answers how long each took to make.
async fn make(weather: Weather, jobs: u32, every: Duration, how: How) -> Vec<Duration> {
    let (world, dynamo) = (World::new(), Dynamo::new(weather));
    let (begun, used) = (Instant::now(), Cell::new(0.0));
    let made = async |number: u32| {
        let at = begun + every * number;
        sleep_until(at).await;
        match how {
            How::Post => post(&world, &dynamo.table(), number).await,
            How::Drop => drop_file(&world, &dynamo.table(), number).await,
        }
        used.set(dynamo.used());
        at.elapsed()
    };
    let (mut took, ran) = tokio::join!(join_all((0..jobs).map(made)), run(&dynamo, jobs));
    assert!(ran.is_sorted_by(|one, next| one < next), "not in the order of creation");
    let figures = dynamo.figures();
    if weather.limits {
        println!("{figures}; the busiest partition had used {} write units when all were made", used.get());
    }
    assert_eq!(figures.throttled > 0, weather.limits, "{figures}");
    took.sort_unstable();
    took
}

/// How jobs are made.
#[derive(Clone, Copy)]
enum How {
    Post,
    Drop,
}

/// The clock of a function: a fifth of them have one that is late.
fn clock(number: u32) -> impl Fn() -> DateTime<Utc> {
    move || twins::now() - Duration::from_millis(if number.is_multiple_of(5) { 300 } else { 0 })
}

async fn post(world: &World, table: &ImportTable, number: u32) {
    let call = imports::api::Call { content_type: Some("application/jsonl".to_owned()), body: LINE.into(), ..call() };
    let answer = create_import::handle(&world.files, table, &world.queue, clock(number), id(number.into()), call).await;
    assert_eq!(answer.unwrap_or_else(|error| panic!("post {number} failed: {error:?}")).status, 201);
}

/// Puts a file, and hands its announcement to the function.
async fn drop_file(world: &World, table: &ImportTable, number: u32) {
    let file = world.files.store(&format!("drops/main/{number}.jsonl"), LINE);
    let object =
        json!({"key": file.key, "size": LINE.len(), "eTag": "e", "sequencer": "0066", "versionId": file.version});
    let event = json!({"Records": [{
        "eventTime": "2026-05-29T12:00:00.000Z", "userIdentity": {}, "requestParameters": {}, "responseElements": {},
        "s3": {"bucket": {"name": "imports"}, "object": object},
    }]});
    let (queue, telemetry) = (&world.queue, &world.telemetry);
    let accepted = accept_drop::handle(&world.files, table, queue, telemetry, clock(number), event).await;
    accepted.unwrap_or_else(|error| panic!("the announcement of drop {number} failed: {error}"));
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
    let took = make(AT_WORST, 200, Duration::ZERO, How::Post).await;
    assert!(show("200 posts at once", &took) <= Duration::from_secs(1));
}

/// `POST_SECONDS=60` posts for a minute.
#[tokio::test(start_paused = true)]
async fn fifty_posts_a_second_all_make_their_jobs() {
    let seconds = std::env::var("POST_SECONDS").map_or(5, |seconds| seconds.parse().unwrap());
    let took = make(AT_WORST, 50 * seconds, Duration::from_millis(20), How::Post).await;
    assert!(show(&format!("50 posts a second for {seconds} seconds"), &took) <= Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_posts_in_a_second_all_make_their_jobs() {
    let took = make(AT_WORST, 1_000, Duration::from_millis(1), How::Post).await;
    assert!(show("1,000 posts in a second", &took) <= Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_drops_in_a_second_all_make_their_jobs() {
    let took = make(AT_WORST, 1_000, Duration::from_millis(1), How::Drop).await;
    assert!(show("1,000 drops in a second", &took) <= Duration::from_secs(1));
}

/// More than the partition of the lane takes at once: some are tried again.
#[tokio::test(start_paused = true)]
async fn at_the_limits_of_a_partition_none_fails_either() {
    let took = make(Weather { limits: true, ..AT_WORST }, 1_000, Duration::ZERO, How::Post).await;
    assert!(show("1,000 posts at once at the limits", &took) <= Duration::from_secs(10));
}

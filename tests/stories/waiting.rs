//! Calls that wait for a job to change, at the deployed API.

use std::time::{Duration, Instant};

use aws::ImportTable;
use chrono::{DateTime, Utc};
use imports::ports::Seats;
use reqwest::{Method, header::IF_NONE_MATCH};
use serde_json::Value;

use crate::{
    root,
    world::{Answer, IMPORTS, PATIENCE, World, gzip, send},
};

/// The default of `WaitingCalls`.
const SEATS: u16 = 20;

/// Waits for a job, and tells for how long it took.
async fn wait(world: &World, id: &str, seconds: u32, has: Option<&str>) -> (Answer, Duration) {
    let mut call = world.request(Method::GET, &format!("{IMPORTS}/{id}?wait={seconds}"));
    if let Some(etag) = has {
        call = call.header(IF_NONE_MATCH, etag);
    }
    let began = Instant::now();
    (send(call).await, began.elapsed())
}

fn etag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_waits_sees_the_end_of_a_job_about_a_second_after_it() {
    let world = World::own().await;
    let mut long = Vec::new();
    samples::generate(15_000, 3, 0, &mut long).unwrap();
    let id = world.submit(gzip(&long)).await;
    let (mut has, mut calls, began) = (None::<String>, 0, Instant::now());
    let ended = loop {
        assert!(began.elapsed() < PATIENCE, "no end after {calls} calls");
        let (answer, _) = wait(&world, &id, 20, has.as_deref()).await;
        calls += 1;
        if answer.status == 503 {
            // On a busy machine: asked again, as by a client.
            continue;
        }
        assert!([200, 304].contains(&answer.status), "{:#}", answer.body);
        has = Some(etag(&answer));
        if matches!(answer.body["data"]["attributes"]["status"].as_str(), Some("success" | "failed")) {
            break answer.body["data"].clone();
        }
    };
    let seen = Utc::now();
    let finished_at: DateTime<Utc> = ended["meta"]["timestamps"]["finished_at"].as_str().unwrap().parse().unwrap();
    let late = seen - finished_at;
    println!("{calls} calls, and the end was seen {} ms after it", late.num_milliseconds());
    assert!(late.num_milliseconds() < 3_000, "{late}");
    // It runs for seconds, and its counts change every two: no call came back without a change.
    assert!(f64::from(calls) <= began.elapsed().as_secs_f64() + 3.0, "{calls} calls");
    assert_eq!(wait(&world, &id, 20, has.as_deref()).await.0.status, 304);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_stays_as_it_is_is_answered_with_304_and_over_the_cap_at_once() {
    let world = World::own().await;
    root::feed_worker(&world.stack, false).await;
    let id = world.submit("{}").await;
    let (first, at_once) = wait(&world, &id, 0, None).await;
    let has = etag(&first);
    assert_eq!(first.expect(200)["data"]["meta"]["queue"]["position"], 1);
    for seconds in [0, 3] {
        let (same, took) = wait(&world, &id, seconds, Some(&has)).await;
        assert_eq!((same.status, etag(&same), same.body), (304, has.clone(), Value::String(String::new())));
        assert!(took >= Duration::from_secs(seconds.into()), "{took:?}");
    }
    assert!(at_once < Duration::from_secs(3), "{at_once:?}");

    let client = aws_sdk_dynamodb::Client::new(&world.stack.sdk_config());
    let table = ImportTable::new(client, world.stack.imports_table().to_owned());
    let mut taken = Vec::new();
    while let Some(seat) = table.take_seat(SEATS, Utc::now()).await.unwrap() {
        taken.push(seat);
    }
    // Those that waited have left theirs.
    assert_eq!(taken.len(), usize::from(SEATS));
    let (full, took) = wait(&world, &id, 20, None).await;
    assert_eq!((full.status, full.headers["retry-after"].to_str().unwrap()), (200, "5"));
    assert!(took < Duration::from_secs(10), "{took:?}");
    table.leave_seat(&taken[7]).await.unwrap();
    let cancel = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        send(world.request(Method::POST, &format!("{IMPORTS}/{id}/cancel"))).await.expect(200);
    };
    let ((changed, took), ()) = tokio::join!(wait(&world, &id, 25, None), cancel);
    assert!(!changed.headers.contains_key("retry-after") && took < Duration::from_secs(15), "{took:?}");
    assert_eq!(changed.expect(200)["data"]["attributes"]["status"], "failed");
}

//! Jobs that are stopped, waiting or running.

use std::time::{Duration, Instant};

use reqwest::Method;
use samples::generate;
use serde_json::{Value, json};

use crate::world::{Answer, IMPORTS, World, gzip, send, sum};

const LINE: &str = "{\"type\":\"subscription_product\",\"name\":\"Tea\"}";

/// How many lines a large file has, and how many of them are bad.
const LINES: usize = 20_000;
const BAD: usize = 100;

async fn cancel(world: &World, id: &str) -> Answer {
    send(world.request(Method::POST, &format!("{IMPORTS}/{id}/cancel"))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_stops_within_seconds_keeps_what_it_wrote_and_lets_the_next_one_start() {
    let world = World::own().await;
    let mut file = Vec::new();
    generate(LINES, 13, BAD, &mut file).unwrap();
    let running = world.submit(gzip(&file)).await;
    let waiting = world.submit(LINE).await;
    let next = world.submit(LINE).await;
    while sum(&world.import(&running).await, "imported") == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let asked = Instant::now();
    let job = cancel(&world, &running).await.expect(200)["data"].clone();
    assert_eq!(job["attributes"]["status"], "started");
    assert!(job["meta"]["timestamps"]["cancel_requested_at"].is_string());
    let cancelled = cancel(&world, &waiting).await.expect(200)["data"].clone();
    assert_eq!(cancelled["attributes"]["status"], "failed", "a pending job has ended at once");
    let job = world.ended(&running).await;
    let stopped = asked.elapsed();
    println!("stopped {:.1} s after it was asked to", stopped.as_secs_f64());
    assert_eq!(job["attributes"]["status"], "failed");
    assert_eq!(job["meta"]["failure"]["code"], "cancelled");
    check_accounts(&world, &running, &job).await;

    // The one behind it, and behind the one that was cancelled while it waited, starts.
    assert_eq!(world.ended(&next).await["attributes"]["status"], "success");
    let errors = world.errors(&waiting).await;
    assert_eq!(errors, [(0, "cancelled".to_owned(), String::new())]);
    assert_eq!(world.results(&waiting).await, Vec::<Value>::new());
    let listed: Vec<_> = world.all(IMPORTS, 2).await.iter().map(|job| job["id"].clone()).collect();
    assert_eq!(listed, [json!(next), json!(waiting), json!(running)], "cancelled or not, newest first");

    // What is left, posted again, makes the import whole. Of a name that a bad line repeats the stored object holds.
    let left = world.download(&running, "failed-lines").await;
    let rest = world.post(gzip(&left), &[("on_conflict", "skip")]).await.expect(201);
    world.ended_within(rest["data"]["id"].as_str().unwrap(), Duration::from_mins(5)).await;
    assert_eq!(world.objects().await.len(), LINES - BAD + 1, "every good line, and the one of the next job");
}

/// Every line is reported once: as an object that is there, or as one that was not reached.
async fn check_accounts(world: &World, id: &str, job: &Value) {
    let results = world.results(id).await;
    assert_eq!(results.len(), LINES);
    let created: Vec<_> = results.iter().filter(|row| row["action"] == "created").collect();
    let mut objects = world.objects().await;
    objects.retain(|object| object["import_id"].as_s().unwrap() == id);
    assert_eq!(created.len(), objects.len(), "what was written is reported, and nothing else");
    assert_eq!(usize::try_from(sum(job, "imported")).unwrap(), objects.len());
    assert!((1..LINES).contains(&objects.len()), "{}", objects.len());
    let failed = results.iter().filter(|row| row["action"] == "failed");
    let left = failed.filter(|row| row["errors"][0]["code"] == "cancelled").count();
    assert!(left > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_and_what_is_not_there_can_not_be_cancelled() {
    let world = World::shared().await;
    let job = world.run(LINE).await;
    let id = job["id"].as_str().unwrap();
    let refused = cancel(&world, id).await.expect(409);
    insta::assert_json_snapshot!(refused, @r#"
    {
      "errors": [
        {
          "detail": "The import has ended already (success); only a pending or started one can be cancelled.",
          "status": "409",
          "title": "Write Conflict"
        }
      ]
    }
    "#);
    let neighbour = world.neighbour();
    let foreign = cancel(&neighbour, id).await.expect(404);
    assert_eq!(foreign, cancel(&neighbour, "00000000-0000-4000-8000-000000000000").await.expect(404));
    assert_eq!(world.import(id).await, job);
}

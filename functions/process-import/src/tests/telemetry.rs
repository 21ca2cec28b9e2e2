//! The metrics of jobs, each logged once and with the numbers that its document shows.

use serde_json::Value;

use super::*;

/// The metrics logged since the last call.
fn logged() -> Vec<Value> {
    twins::lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn numbers(line: &Value) -> [&Value; 5] {
    ["Outcome", "RecordsUploaded", "RecordsImported", "RecordsFailed", "Attempts"].map(|name| &line[name])
}

#[tokio::test(start_paused = true)]
async fn an_ended_job_is_logged_once_with_what_became_of_its_lines() {
    let world =
        World::with(format!("{}{}nonsense\n{}", product("a"), product("b"), plan("a").replace("12", "-12"))).await;
    pass(TimeDelta::seconds(7)).await;
    world.faults.draw(|call| (call == Call::WriteBatch).then_some(Fault::Slow(Duration::from_secs(3))));
    world.run().await;
    let lines = logged();
    assert_eq!(lines.len(), 1);
    assert_eq!(numbers(&lines[0]).map(Value::to_string), [r#""success""#, "3", "2", "2", "1"]);
    assert_eq!([&lines[0]["QueueAge"], &lines[0]["JobDuration"]].map(Value::to_string), ["7000", "3000"]);
    let import = world.import(1).await;
    assert_eq!(lines[0]["import.id"], import.id.to_string());
    assert_eq!(lines[0]["_aws"]["Timestamp"], import.finished_at.unwrap().timestamp_millis());
    let failed = world.results(1).await.iter().filter(|(_, action)| action == "failed").count();
    assert_eq!(lines[0]["RecordsFailed"], failed);
    // Three were looked up, one of which failed before it was written.
    let used = ["WriteUnits", "ReadUnits", "DatabaseCalls", "WorkerTime"].map(|name| lines[0][name].to_string());
    assert_eq!(used, ["2.0", "3.0", "2", "3000"]);
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_ends_before_its_job_tells_what_it_used_up() {
    let world = World::with(products(500)).await;
    world.faults.draw(|call| (call == Call::WriteBatch).then(Fault::transient));
    world.turn().await;
    world.faults.clear();
    world.run().await;
    let lines = logged();
    let used = |name: &str| lines.iter().map(|line| line[name].as_f64().unwrap()).collect::<Vec<_>>();
    assert_eq!([used("WriteUnits"), used("ReadUnits")], [[0.0, 500.0], [500.0, 500.0]]);
    assert_eq!([&lines[0]["JobsFinished"], &lines[1]["JobsFinished"]], [&Value::Null, &Value::from(1)]);
}

#[tokio::test(start_paused = true)]
async fn a_job_taken_up_by_another_worker_is_logged_once_with_its_attempts() {
    let world = World::with(products(500)).await;
    world.faults.draw(|call| (call == Call::WriteBatch).then_some(Fault::Late(Duration::from_secs(1))));
    assert!(tokio::time::timeout(Duration::from_millis(500), world.turn()).await.is_err(), "the worker died");
    world.faults.clear();
    assert!(logged().is_empty());
    world.run().await;
    let lines = logged();
    assert_eq!(lines.len(), 1);
    assert_eq!(numbers(&lines[0]).map(Value::to_string), [r#""success""#, "500", "500", "0", "2"]);
}

#[tokio::test(start_paused = true)]
async fn failed_cancelled_and_dry_runs_are_distinguished() {
    let world = World::with("nonsense\n").await;
    world.run().await;
    assert_eq!(numbers(&logged()[0]).map(Value::to_string), [r#""failed""#, "0", "0", "1", "1"]);

    let world = World::new();
    let dry_run = ImportOptions { dry_run: true, ..ImportOptions::default() };
    world.submit_with(1, products(3), dry_run).await;
    world.run().await;
    assert_eq!(numbers(&logged()[0]).map(Value::to_string), [r#""success""#, "3", "0", "0", "1"]);

    let world = World::with(products(20_000)).await;
    world.faults.draw(|call| (call == Call::WriteBatch).then_some(Fault::Slow(Duration::from_secs(1))));
    let ask = async {
        pass(TimeDelta::milliseconds(2_500)).await;
        world.worker.imports.request_cancel(&store(), id(1), twins::now()).await.unwrap();
    };
    let (turn, ()) = tokio::join!(world.turn(), ask);
    assert_eq!(turn, Some(true));
    let line = &logged()[0];
    assert_eq!(line["Outcome"], "cancelled");
    let count = |name: &str| line[name].as_u64().unwrap();
    assert_eq!(count("RecordsImported") + count("RecordsFailed"), 20_000);
}

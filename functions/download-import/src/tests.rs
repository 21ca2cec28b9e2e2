use imports::{import::Ending, report::ReportWriter};
use insta::assert_snapshot;
use twins::fixture::{World, call_for, id, noon, outcome};

use super::*;

/// A world in which job 7 has ended.
async fn ended() -> World {
    let world = World::with_job(7).await;
    let (import, lease) = world.claim().await;
    let report = ReportWriter::begin(&world.files, &import, lease.epoch).finish(None).await.unwrap();
    world.imports.finish(&lease, &outcome(Ending::Success, report), noon()).await.unwrap();
    world
}

async fn get(world: &World, store: &str, id: &str, file: &str) -> Result<Reply, ApiError> {
    let call = Call { path: format!("/v2/subscriptions/imports/{id}/{file}"), ..call_for(store, id) };
    handle(&world.imports, &world.files, noon(), &call).await
}

const SEVEN: &str = "00000000-0000-0000-0000-000000000007";

#[tokio::test]
async fn an_ended_job_leads_to_its_files() {
    let world = ended().await;
    for (file, key) in [("results", "results.jsonl"), ("failed-lines", "failed-lines.jsonl")] {
        let reply = get(&world, "main", SEVEN, file).await.unwrap();
        let link = format!("memory://files/reports/main/{SEVEN}/1/{key}?as={SEVEN}-{key}&for=900s");
        assert_eq!((reply.status, reply.location.as_deref()), (307, Some(link.as_str())));
        assert_eq!(reply.body, format!("{{\"links\":{{\"download\":\"{link}\"}}}}"));
    }
}

#[tokio::test]
async fn a_job_that_has_not_ended_has_no_files_yet() {
    let world = World::with_job(7).await;
    let pending = get(&world, "main", SEVEN, "results").await.unwrap_err();
    assert_snapshot!(pending.reply("request-1").body, @r#"{"errors":[{"status":"409","title":"Write Conflict","detail":"The import has not ended yet (pending); its results and failed lines are there once it has."}]}"#);
    world.claim().await;
    assert_eq!(get(&world, "main", SEVEN, "failed-lines").await.unwrap_err().status(), 409);
}

#[tokio::test]
async fn a_foreign_a_missing_and_an_impossible_job_are_answered_alike() {
    let world = ended().await;
    for (store, id) in [("other", SEVEN), ("main", &id(0).to_string()), ("main", "no uuid")] {
        assert_eq!(get(&world, store, id, "results").await.unwrap_err(), ApiError::NotFound);
    }
}

use chrono::TimeDelta;
use imports::{
    import::{Ending, NewImport, Outcome, RecordCounts, Tally},
    options::ImportOptions,
    report::Report,
};
use insta::assert_snapshot;
use records::RecordType;
use twins::fixture::{World, call_for, id, job, noon, outcome};

use super::*;

async fn get(world: &World, store: &str, id: impl ToString) -> Result<Reply, ApiError> {
    handle(&world.imports, noon(), &call_for(store, id)).await
}

#[tokio::test]
async fn a_job_is_shown_from_its_wait_to_its_end() {
    let (world, later) = (World::new(), noon() + TimeDelta::nanoseconds(1_123_456_789));
    let options = ImportOptions { external_ref: Some("nightly".to_owned()), ..ImportOptions::default() };
    world.create(NewImport { options, ..job(7) }).await;
    assert_snapshot!(get(&world, "main", id(7)).await.unwrap().body, @r#"{"data":{"id":"00000000-0000-0000-0000-000000000007","type":"subscription_import","attributes":{"external_ref":"nightly","status":"pending"},"meta":{"owner":"store","timestamps":{"created_at":"2026-05-29T12:00:00.000000Z","updated_at":"2026-05-29T12:00:00.000000Z"},"records":{"uploaded":{"subscription_product":0,"subscription_plan":0,"subscription_feature":0,"subscription_subscriber":0,"subscription_offering":0,"subscription":0},"imported":{"subscription_product":0,"subscription_plan":0,"subscription_feature":0,"subscription_subscriber":0,"subscription_offering":0,"subscription":0}},"queue":{"position":1}},"links":{"self":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007"}}}"#);

    let (_, lease) = world.claim().await;
    let (mut uploaded, mut imported) = (RecordCounts::default(), RecordCounts::default());
    uploaded.add(RecordType::SubscriptionPlan, 3);
    imported.add(RecordType::SubscriptionPlan, 2);
    let tally = Tally { uploaded, imported };
    world.imports.record_progress(&lease, &tally, later).await.unwrap();
    assert_snapshot!(get(&world, "main", id(7)).await.unwrap().body, @r#"{"data":{"id":"00000000-0000-0000-0000-000000000007","type":"subscription_import","attributes":{"external_ref":"nightly","status":"started"},"meta":{"owner":"store","timestamps":{"created_at":"2026-05-29T12:00:00.000000Z","updated_at":"2026-05-29T12:00:01.123456Z","started_at":"2026-05-29T12:00:00.000000Z"},"records":{"uploaded":{"subscription_product":0,"subscription_plan":3,"subscription_feature":0,"subscription_subscriber":0,"subscription_offering":0,"subscription":0},"imported":{"subscription_product":0,"subscription_plan":2,"subscription_feature":0,"subscription_subscriber":0,"subscription_offering":0,"subscription":0}}},"links":{"self":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007"}}}"#);

    let report =
        Report { prefix: Report::prefix(&lease.store, lease.id, lease.epoch), failure: None, errors: 3, blocked: 1 };
    let outcome = Outcome { tally, ..outcome(Ending::Success, report) };
    world.imports.finish(&lease, &outcome, noon() + TimeDelta::seconds(2)).await.unwrap();
    assert_snapshot!(get(&world, "main", id(7)).await.unwrap().body, @r#"{"data":{"id":"00000000-0000-0000-0000-000000000007","type":"subscription_import","attributes":{"external_ref":"nightly","status":"success"},"meta":{"owner":"store","timestamps":{"created_at":"2026-05-29T12:00:00.000000Z","updated_at":"2026-05-29T12:00:02.000000Z","started_at":"2026-05-29T12:00:00.000000Z","finished_at":"2026-05-29T12:00:02.000000Z"},"records":{"uploaded":{"subscription_product":0,"subscription_plan":3,"subscription_feature":0,"subscription_subscriber":0,"subscription_offering":0,"subscription":0},"imported":{"subscription_product":0,"subscription_plan":2,"subscription_feature":0,"subscription_subscriber":0,"subscription_offering":0,"subscription":0}},"errors":3,"error_counts":{"root_causes":2,"blocked":1}},"links":{"self":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007","errors":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007/errors","results":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007/results","failed_lines":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007/failed-lines"}}}"#);
}

#[tokio::test]
async fn a_foreign_a_missing_and_an_impossible_job_are_answered_alike() {
    let world = World::with_job(7).await;
    for (store, id) in [("other", &*id(7).to_string()), ("main", &id(0).to_string()), ("main", "no uuid"), ("main", "")]
    {
        let error = get(&world, store, id).await.unwrap_err();
        assert_eq!(error.status(), 404);
        insta::allow_duplicates! {
            assert_snapshot!(error.reply("request-1").body, @r#"{"errors":[{"status":"404","title":"Not Found","detail":"There is no import with this id."}]}"#);
        }
    }
}

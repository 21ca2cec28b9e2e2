use bytes::Bytes;
use chrono::TimeDelta;
use imports::{
    import::{Claim, Ending, ImportFile, ImportId, NewImport, Outcome, RecordCounts, Tally},
    options::ImportOptions,
    report::Report,
};
use insta::assert_snapshot;
use records::{RecordType, StoreId};
use twins::MemoryImports;
use uuid::Uuid;

use super::*;

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_056_000, 123_456_789).unwrap()
}

fn call(store: &str, id: &str) -> Call {
    Call {
        store: StoreId::from_configuration(store).unwrap(),
        origin: "https://api.example.com".to_owned(),
        path: String::new(),
        id: Some(id.to_owned()),
        query: Vec::new(),
        content_type: None,
        idempotency_key: None,
        body: Bytes::new(),
    }
}

async fn with_one_job() -> (MemoryImports, String) {
    let imports = MemoryImports::default();
    let id = ImportId::new(Uuid::from_u128(7));
    let new = NewImport {
        options: ImportOptions { external_ref: Some("nightly".to_owned()), ..ImportOptions::default() },
        ..NewImport::new(
            id,
            call("main", "").store,
            ImportFile { key: "imports/main/7.jsonl".to_owned(), version: None },
        )
    };
    imports.create(new, noon()).await.unwrap();
    (imports, id.to_string())
}

#[tokio::test]
async fn a_job_is_shown_from_its_wait_to_its_end() {
    let (imports, id) = with_one_job().await;
    let call = call("main", &id);
    assert_snapshot!(handle(&imports, noon(), &call).await.unwrap().body, @r#"{"data":{"id":"00000000-0000-0000-0000-000000000007","type":"subscription_import","attributes":{"external_ref":"nightly","status":"pending"},"meta":{"owner":"store","timestamps":{"created_at":"2026-05-29T12:00:00.123456Z","updated_at":"2026-05-29T12:00:00.123456Z"},"records":{"uploaded":{"subscription_product":0,"subscription_plan":0,"subscription_feature":0,"subscription_subscriber":0,"subscription_offering":0,"subscription":0},"imported":{"subscription_product":0,"subscription_plan":0,"subscription_feature":0,"subscription_subscriber":0,"subscription_offering":0,"subscription":0}},"queue":{"position":1}},"links":{"self":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007"}}}"#);

    let later = noon() + TimeDelta::seconds(1);
    let Claim::Run { lease, .. } = imports.claim_next(later).await.unwrap() else { panic!("nothing to claim") };
    let (mut uploaded, mut imported) = (RecordCounts::default(), RecordCounts::default());
    uploaded.add(RecordType::SubscriptionPlan, 3);
    imported.add(RecordType::SubscriptionPlan, 2);
    let tally = Tally { uploaded, imported };
    imports.record_progress(&lease, &tally, later).await.unwrap();
    assert_snapshot!(handle(&imports, noon(), &call).await.unwrap().body, @r#"{"data":{"id":"00000000-0000-0000-0000-000000000007","type":"subscription_import","attributes":{"external_ref":"nightly","status":"started"},"meta":{"owner":"store","timestamps":{"created_at":"2026-05-29T12:00:00.123456Z","updated_at":"2026-05-29T12:00:01.123456Z","started_at":"2026-05-29T12:00:01.123456Z"},"records":{"uploaded":{"subscription_product":0,"subscription_plan":3,"subscription_feature":0,"subscription_subscriber":0,"subscription_offering":0,"subscription":0},"imported":{"subscription_product":0,"subscription_plan":2,"subscription_feature":0,"subscription_subscriber":0,"subscription_offering":0,"subscription":0}}},"links":{"self":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007"}}}"#);

    let report =
        Report { prefix: Report::prefix(&lease.store, lease.id, lease.epoch), failure: None, errors: 3, blocked: 1 };
    let outcome = Outcome {
        ending: Ending::Success,
        tally,
        report,
        expires_at: noon() + TimeDelta::days(90),
        owes_receipt: false,
    };
    imports.finish(&lease, &outcome, noon() + TimeDelta::seconds(2)).await.unwrap();
    assert_snapshot!(handle(&imports, noon(), &call).await.unwrap().body, @r#"{"data":{"id":"00000000-0000-0000-0000-000000000007","type":"subscription_import","attributes":{"external_ref":"nightly","status":"success"},"meta":{"owner":"store","timestamps":{"created_at":"2026-05-29T12:00:00.123456Z","updated_at":"2026-05-29T12:00:02.123456Z","started_at":"2026-05-29T12:00:01.123456Z","finished_at":"2026-05-29T12:00:02.123456Z"},"records":{"uploaded":{"subscription_product":0,"subscription_plan":3,"subscription_feature":0,"subscription_subscriber":0,"subscription_offering":0,"subscription":0},"imported":{"subscription_product":0,"subscription_plan":2,"subscription_feature":0,"subscription_subscriber":0,"subscription_offering":0,"subscription":0}},"errors":3,"error_counts":{"root_causes":2,"blocked":1}},"links":{"self":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007","errors":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007/errors","results":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007/results","failed_lines":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007/failed-lines"}}}"#);
}

#[tokio::test]
async fn a_foreign_a_missing_and_an_impossible_job_are_answered_alike() {
    let (imports, id) = with_one_job().await;
    for call in [call("other", &id), call("main", &Uuid::nil().to_string()), call("main", "no uuid"), call("main", "")]
    {
        let error = handle(&imports, noon(), &call).await.unwrap_err();
        assert_eq!(error.status(), 404);
        insta::allow_duplicates! {
            assert_snapshot!(error.reply("request-1").body, @r#"{"errors":[{"status":"404","title":"Not Found","detail":"There is no import with this id."}]}"#);
        }
    }
}

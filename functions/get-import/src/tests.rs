mod waiting;

use chrono::TimeDelta;
use imports::{
    import::{Ending, NewImport, Outcome, Tally},
    options::ImportOptions,
    ports::{Promised, UploadPromise},
    report::{Action, Report},
};
use insta::assert_snapshot;
use records::RecordType;
use twins::fixture::{World, call_for, id, job, noon, outcome, query, store};

use super::*;

async fn get(world: &World, store: &str, id: impl ToString) -> Result<Reply, ApiError> {
    handle(&world.imports, 0, noon, &call_for(store, id)).await
}

#[tokio::test]
async fn a_job_is_shown_from_its_wait_to_its_end() {
    let (world, later) = (World::new(), noon() + TimeDelta::nanoseconds(1_123_456_789));
    let options = ImportOptions { external_ref: Some("nightly".to_owned()), ..ImportOptions::default() };
    world.create(NewImport { options, ..job(7) }).await;
    assert_snapshot!(get(&world, "main", id(7)).await.unwrap().body);

    let (_, lease) = world.claim().await;
    let mut tally = Tally { warnings: 1, ..Tally::default() };
    tally.uploaded.add(RecordType::SubscriptionPlan, 9);
    for (count, action) in (1..).zip(Action::ALL) {
        tally.add_imported(RecordType::SubscriptionPlan, *action, count);
    }
    world.imports.record_progress(&lease, &tally, later).await.unwrap();
    assert_snapshot!(get(&world, "main", id(7)).await.unwrap().body);

    let report =
        Report { prefix: Report::prefix(&lease.store, lease.id, lease.epoch), failure: None, errors: 3, blocked: 1 };
    let outcome = Outcome { tally, ..outcome(Ending::Success, report) };
    world.imports.finish(&lease, &outcome, noon() + TimeDelta::seconds(2)).await.unwrap();
    assert_snapshot!(get(&world, "main", id(7)).await.unwrap().body);
}

#[tokio::test]
async fn a_job_whose_file_is_still_to_be_put_is_missing_and_says_so() {
    let world = World::new();
    let expires_at = noon() + TimeDelta::hours(1);
    let promise = UploadPromise { store: store(), id: id(7), promised: Promised::default(), expires_at };
    world.imports.promise(&promise).await.unwrap();
    let error = get(&world, "main", id(7)).await.unwrap_err();
    assert_snapshot!(error.reply("request-1").body, @r#"{"errors":[{"status":"404","title":"Not Found","detail":"The file of this upload has not arrived yet. The import is here soon after the file has been put with the upload's form; ask again then, or ask for a new form if its time is over."}]}"#);
    assert_eq!(get(&world, "other", id(7)).await, Err(ApiError::NotFound));
    world.create(job(7)).await;
    assert_eq!(get(&world, "main", id(7)).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_parameter_means_nothing_and_is_named() {
    let world = World::with_job(7).await;
    let call = Call { query: query(&[("page[limit]", "2"), ("include", "x")]), ..call_for("main", id(7)) };
    let body = handle(&world.imports, 0, noon, &call).await.unwrap().body;
    assert!(body.ends_with(r#""}},"meta":{"ignored":["page[limit]","include"]}}"#), "{body}");
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

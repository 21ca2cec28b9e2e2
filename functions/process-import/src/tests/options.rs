//! Dry runs, and what becomes of objects that are stored already.

use insta::assert_snapshot;
use records::json::Json;

use super::*;

fn with_policy(on_conflict: OnConflict) -> ImportOptions {
    ImportOptions { on_conflict, ..ImportOptions::default() }
}

fn dry() -> ImportOptions {
    ImportOptions { dry_run: true, ..ImportOptions::default() }
}

/// A world in which tea, a plan and a box of both were stored by job 1, an hour ago.
async fn stocked() -> World {
    let world = World::with([product("tea"), plan("monthly"), offering("box", "tea", "monthly")].concat()).await;
    world.run().await;
    pass(TimeDelta::hours(1)).await;
    world
}

/// The same names once more with other content, one that is new, one that is wrong, and those that refer to them.
fn second() -> String {
    [
        product("tea").replace("Tea tea", "New tea"),
        product("mug"),
        product("cup").replace("Tea cup", "T"),
        offering("set", "tea", "monthly"),
        offering("bad", "cup", "monthly"),
        subscription("ada", "box", "monthly"),
    ]
    .concat()
}

fn record(world: &World, external_ref: &str) -> StoredRecord {
    let records = world.worker.records.all();
    records.into_iter().find(|record| record.external_ref.as_deref() == Some(external_ref)).unwrap()
}

/// The name of the first product in a stored offering.
fn name_of_product(offering: &StoredRecord) -> String {
    let products = offering.attributes.get("products").and_then(Json::as_array).unwrap();
    let attributes = products[0].as_object().unwrap().get("attributes").and_then(Json::as_object).unwrap();
    attributes.get("name").and_then(Json::as_str).unwrap().to_owned()
}

fn actions(results: &[(u64, String)]) -> String {
    let lines: Vec<String> = results.iter().map(|(line, action)| format!("{line} {action}")).collect();
    lines.join("\n")
}

#[tokio::test(start_paused = true)]
async fn to_fail_is_to_refuse_what_is_stored() {
    let world = stocked().await;
    let tea = record(&world, "tea");
    world.submit_with(2, second(), with_policy(OnConflict::Fail)).await;
    world.run().await;
    assert_snapshot!(world.outcome(2).await, @"
    success, 2 of 6
    1: already_exists external_ref
    3: wrong_length name
    4: reference_failed products[0] because of line 1
    5: reference_failed products[0] because of line 3
    ");
    assert_eq!(record(&world, "tea"), tea);
}

#[tokio::test(start_paused = true)]
async fn to_skip_is_to_count_what_is_stored_and_to_leave_it() {
    let world = stocked().await;
    let tea = record(&world, "tea");
    world.submit_with(2, second(), with_policy(OnConflict::Skip)).await;
    world.run().await;
    assert_snapshot!(world.outcome(2).await, @"
    success, 4 of 6
    3: wrong_length name
    5: reference_failed products[0] because of line 3
    ");
    assert_snapshot!(actions(&world.results(2).await), @"
    1 skipped
    2 created
    3 failed
    4 created
    5 failed
    6 created
    ");
    assert_eq!(record(&world, "tea"), tea);
    // What refers to the line gets the object that holds.
    assert_eq!(name_of_product(&record(&world, "set")), "Tea tea");
}

#[tokio::test(start_paused = true)]
async fn to_update_is_to_replace_what_is_stored_under_its_id() {
    let world = stocked().await;
    let (tea, box_before) = (record(&world, "tea"), record(&world, "box"));
    world.submit_with(2, second(), with_policy(OnConflict::Update)).await;
    world.run().await;
    assert_snapshot!(world.outcome(2).await, @"
    success, 4 of 6
    3: wrong_length name
    5: reference_failed products[0] because of line 3
    ");
    assert_snapshot!(actions(&world.results(2).await), @"
    1 updated
    2 created
    3 failed
    4 created
    5 failed
    6 created
    ");
    let updated = record(&world, "tea");
    assert_eq!((updated.id, updated.created_at), (tea.id, tea.created_at));
    assert_eq!((updated.import_id, updated.updated_at), (id(2), world.import(2).await.started_at.unwrap()));
    assert_eq!(updated.attributes.get("name"), Some(&Json::from("New tea")));
    assert_eq!(name_of_product(&record(&world, "set")), "New tea");
    // An offering is a snapshot: what was made before stays as it was.
    assert_eq!(record(&world, "box"), box_before);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_wrong_is_refused_whatever_the_policy() {
    for policy in POLICIES {
        let world = stocked().await;
        let tea = record(&world, "tea");
        world.submit_with(2, product("tea").replace("Tea tea", "T"), with_policy(policy)).await;
        world.run().await;
        assert!(world.outcome(2).await.contains("1: wrong_length name\n"), "{policy:?}");
        assert_eq!(record(&world, "tea"), tea);
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_run_again_tells_the_same_actions() {
    for policy in POLICIES {
        let calm = stocked().await;
        calm.submit_with(2, second(), with_policy(policy)).await;
        calm.run().await;
        for call in [Call::FinishFile, Call::Finish, Call::ReadMarks, Call::WriteBatch] {
            let world = stocked().await;
            world.submit_with(2, second(), with_policy(policy)).await;
            world.faults.plan(call, Fault::After(imports::ports::PortError::Transient("lost".to_owned())));
            world.run().await;
            assert_eq!(world.outcome(2).await, calm.outcome(2).await, "{policy:?} {call:?}");
            assert_eq!(world.results(2).await, calm.results(2).await, "{policy:?} {call:?}");
            assert_eq!(record(&world, "tea").attributes, record(&calm, "tea").attributes);
            assert_eq!(record(&world, "tea").created_at, record(&calm, "tea").created_at);
        }
    }
}

/// Runs a file dry, then in earnest, in two worlds that are otherwise alike.
async fn check_dry(file: &str, on_conflict: OnConflict) {
    let (world, earnest) = (stocked().await, stocked().await);
    let before = world.worker.records.all();
    world.submit_with(2, file.to_owned(), ImportOptions { on_conflict, ..dry() }).await;
    earnest.submit_with(2, file.to_owned(), with_policy(on_conflict)).await;
    world.run().await;
    earnest.run().await;
    assert!(world.worker.records.all() == before, "a dry run has written");
    assert_eq!(world.outcome(2).await, earnest.outcome(2).await);
    let rehearsed = earnest.results(2).await.into_iter().map(|(line, action)| {
        let done = Action::ALL.iter().find(|done| <&str>::from(**done) == action);
        (line, done.map_or(action, |done| done.in_dry_run().to_owned()))
    });
    assert_eq!(world.results(2).await, rehearsed.collect::<Vec<_>>());
    assert!(world.results(2).await.iter().all(|(_, action)| action == "failed" || action.starts_with("would_")));
    let counts = async |world: &World| {
        let document = imports::api::ImportDocument::new(world.import(2).await, None, "https://api.example.com");
        serde_json::to_value(document).unwrap()["meta"]["records"].take()
    };
    let (rehearsed, done) = (counts(&world).await, counts(&earnest).await);
    for (would, did) in [("would_create", "created"), ("would_update", "updated"), ("would_skip", "skipped")] {
        assert_eq!((&rehearsed[would], rehearsed.get(did)), (&done[did], None), "{rehearsed}");
        assert!(done[did].is_object() && done.get(would).is_none(), "{done}");
    }
    assert_eq!(world.failed_lines(2).await, earnest.failed_lines(2).await);
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_writes_nothing_and_tells_what_a_real_one_would() {
    for policy in POLICIES {
        check_dry(&second(), policy).await;
        check_dry(&(second() + &products(250)), policy).await;
        check_dry("{}\n", policy).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_finds_by_its_id_what_a_real_one_would_have_stored() {
    let of_file = |record_type, name| records::RecordId::from_external_ref(&store(), record_type, name).to_string();
    let mug = of_file(records::RecordType::SubscriptionProduct, "mug");
    let yearly = of_file(records::RecordType::SubscriptionPlan, "yearly");
    let by_id = [product("mug"), plan("yearly"), offering("set", &mug, &yearly)].concat();
    check_dry(&by_id, OnConflict::Fail).await;
    // Known by id, the box of the file and not the stored one tells which plans there are.
    let offering_id = of_file(records::RecordType::SubscriptionOffering, "box");
    let chosen = subscription("ada", "box", "yearly")
        .replace("\"offering_external_ref\":\"box\"", &format!("\"offering_id\":\"{offering_id}\""));
    let updated = [plan("yearly"), offering("box", "tea", "yearly"), chosen].concat();
    for policy in POLICIES {
        check_dry(&updated, policy).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_that_is_asked_for_within_the_file_is_no_import() {
    let beside = product("tea").replace("\"type\"", "\"dry_run\":true,\"type\"");
    for file in [product("mug") + "{\"dry_run\":true}\n", product("mug") + &beside, product("mug") + "dry_run=true"] {
        let world = World::with(file.clone()).await;
        world.run().await;
        let outcome = world.outcome(1).await;
        assert!(outcome.starts_with("failed, 0 of "), "{outcome}");
        assert_eq!(outcome.matches("invalid_option").count(), 3, "{outcome}");
        assert_eq!(world.worker.records.all().len(), 0, "{file}");
        // With the option itself it is a rehearsal, and one that says no is none.
        for (number, file, options) in
            [(2, file.clone(), dry()), (3, file.replace("true", "false"), ImportOptions::default())]
        {
            world.submit_with(number, file, options).await;
            world.run().await;
            assert!(world.outcome(number).await.starts_with("success"), "{}", world.outcome(number).await);
        }
    }
}

//! References by id to objects that the file itself brings: they act as those by name.

use records::{RecordId, RecordType, json::Json};

use super::*;

fn id_of(record_type: RecordType, name: &str) -> String {
    RecordId::from_external_ref(&store(), record_type, name).to_string()
}

/// Runs a file where a tea, a plan and a box are stored already.
async fn run(file: String, options: ImportOptions) -> World {
    let world = World::new();
    world.submit(2, [product("tea"), plan("monthly"), offering("box", "tea", "monthly")].concat()).await;
    world.run().await;
    world.submit_with(1, file, options).await;
    world.run().await;
    world
}

/// Runs a file with names, and once more with ids in their place: both must have the same outcome, in earnest and dry.
async fn check_alike(by_name: &str, by_id: &str, on_conflict: OnConflict, expected: &str) {
    for dry_run in [false, true] {
        for file in [by_name, by_id] {
            let options = ImportOptions { on_conflict, dry_run, ..ImportOptions::default() };
            let world = run(file.to_owned(), options).await;
            assert_eq!(world.outcome(1).await.trim_end(), expected, "{on_conflict:?}, dry: {dry_run}, {file}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_reference_by_id_to_a_line_that_failed_fails_because_of_it() {
    let bad_tea = product("tea").replace("Tea tea", "T");
    let tea = id_of(RecordType::SubscriptionProduct, "tea");
    let bad_box = offering("box", "tea", "monthly").replace("Box", "B");
    let by_name = subscription("ada", "box", "monthly");
    let box_id = id_of(RecordType::SubscriptionOffering, "box");
    let by_id = by_name.replace("\"offering_external_ref\":\"box\"", &format!("\"offering_id\":\"{box_id}\""));
    for policy in POLICIES {
        // What a string of a list names, and an attribute that takes ids alone.
        let set = [offering("set", "tea", "monthly"), offering("set", &tea, "monthly")];
        let taken = if policy == OnConflict::Fail { "1: already_exists external_ref\n" } else { "" };
        let failed = format!("failed, 0 of 2\n0: nothing_imported \n1: wrong_length name\n{taken}2: reference_failed");
        let expected = &format!("{failed} products[0] because of line 1");
        check_alike(&(bad_tea.clone() + &set[0]), &(bad_tea.clone() + &set[1]), policy, expected).await;
        for (file, field) in [(&by_name, "offering_external_ref"), (&by_id, "offering_id")] {
            let expected = format!("{failed} {field} because of line 1");
            check_alike(&(bad_box.clone() + file), &(bad_box.clone() + file), policy, &expected).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_reference_by_id_to_a_line_whose_name_is_taken_goes_by_the_policy() {
    let green = product("tea").replace("Tea tea", "Green tea");
    let tea = id_of(RecordType::SubscriptionProduct, "tea");
    let sets = [offering("set", "tea", "monthly"), offering("set", &tea, "monthly")];
    let [by_name, by_id] = sets.map(|set| green.clone() + &set);
    let refused = "failed, 0 of 2\n0: nothing_imported \n1: already_exists external_ref\n2: reference_failed products[0] because of line 1";
    check_alike(&by_name, &by_id, OnConflict::Fail, refused).await;
    for (policy, name) in [(OnConflict::Skip, "Tea tea"), (OnConflict::Update, "Green tea")] {
        check_alike(&by_name, &by_id, policy, "success, 2 of 2").await;
        for file in [&by_name, &by_id] {
            let world = run(file.clone(), ImportOptions { on_conflict: policy, ..ImportOptions::default() }).await;
            let set =
                world.worker.records.all().into_iter().find(|record| record.external_ref.as_deref() == Some("set"));
            let text = Json::from(set.unwrap().attributes).to_string();
            assert!(text.contains(&format!("\"name\":\"{name}\"")), "{text}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_without_a_name_is_found_by_the_id_that_it_gets() {
    let of_line = RecordId::from_line(id(1).as_uuid(), 1).to_string();
    let good = unnamed(1);
    let bad = good.replace("Tea 0", "T");
    for dry_run in [false, true] {
        let options = ImportOptions { dry_run, ..ImportOptions::default() };
        let world = run(good.clone() + &offering("set", &of_line, "monthly"), options.clone()).await;
        assert_eq!(world.outcome(1).await, "success, 2 of 2\n", "dry: {dry_run}");
        let world = run(bad.clone() + &offering("set", &of_line, "monthly"), options).await;
        let expected = "failed, 0 of 2\n0: nothing_imported \n1: wrong_length name\n2: reference_failed products[0] because of line 1\n";
        assert_eq!(world.outcome(1).await, expected, "dry: {dry_run}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_of_another_type_is_no_answer() {
    let of_line = RecordId::from_line(id(1).as_uuid(), 1).to_string();
    let world = run(unnamed(1) + &offering("set", "tea", &of_line), ImportOptions::default()).await;
    assert_eq!(world.outcome(1).await, "success, 1 of 2\n2: reference_not_found plans[0]\n");
}

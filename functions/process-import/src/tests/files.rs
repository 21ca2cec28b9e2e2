//! Whole runs over small files.

use insta::assert_snapshot;
use records::json::Json;

use super::*;

/// Runs one file in a world of its own and tells of the job.
async fn check(file: impl Into<bytes::Bytes>) -> String {
    let world = World::with(file).await;
    world.run().await;
    world.outcome(1).await
}

#[tokio::test(start_paused = true)]
async fn references_are_found_in_any_order() {
    let parts =
        [product("tea"), plan("monthly"), offering("box", "tea", "monthly"), subscription("ada", "box", "monthly")];
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
        let world = World::with(order.map(|part| parts[part].clone()).concat()).await;
        world.run().await;
        assert_eq!(world.outcome(1).await, "success, 4 of 4\n");
        let kinds =
            ["subscription_product tea", "subscription_plan monthly", "subscription_offering box", "subscription ada"];
        let expected: Vec<String> = (1..).zip(order).map(|(line, part)| format!("{line}: {}", kinds[part])).collect();
        assert_eq!(world.objects(), expected);
        let records = world.worker.records.all();
        let subscription = records.iter().find(|record| record.external_ref.as_deref() == Some("ada")).unwrap();
        let text = Json::from(subscription.attributes.clone()).to_string();
        assert!(text.contains("\"name\":\"Tea tea\""), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_line_fails_those_that_need_it() {
    let bad = product("tea").replace("Tea tea", "T");
    let file =
        [subscription("ada", "box", "monthly"), offering("box", "tea", "monthly"), bad, plan("monthly")].concat();
    assert_snapshot!(check(file).await, @"
    success, 1 of 4
    1: reference_failed offering_external_ref because of line 2
    2: reference_failed products[0] because of line 3
    3: wrong_length name
    ");
}

#[tokio::test(start_paused = true)]
async fn a_reference_to_nothing_fails_its_line_alone() {
    assert_snapshot!(check([offering("box", "tea", "monthly"), plan("monthly")].concat()).await, @"
    success, 1 of 2
    1: reference_not_found products[0]
    ");
}

#[tokio::test(start_paused = true)]
async fn a_repeated_external_ref_fails_all_but_the_first() {
    let world = World::with([product("a"), product("b"), product("a"), plan("a"), product("a")].concat()).await;
    world.run().await;
    assert_snapshot!(world.outcome(1).await, @"
    success, 3 of 5
    3: duplicate_external_ref external_ref
    5: duplicate_external_ref external_ref
    ");
    assert_snapshot!(world.objects().join("\n"), @"
    1: subscription_product a
    2: subscription_product b
    4: subscription_plan a
    ");
}

#[tokio::test(start_paused = true)]
async fn an_object_stored_by_another_job_is_left_as_it_was() {
    let world = World::with(product("tea")).await;
    world.submit(2, [product("tea").replace("Tea tea", "Other"), product("mug")].concat()).await;
    world.run().await;
    assert_snapshot!([world.outcome(1).await, world.outcome(2).await].concat(), @"
    success, 1 of 1
    success, 1 of 2
    1: already_exists external_ref
    ");
    let records = world.worker.records.all();
    let tea = records.iter().find(|record| record.external_ref.as_deref() == Some("tea")).unwrap();
    assert_eq!(tea.attributes.get("name"), Some(&Json::from("Tea tea")));
}

#[tokio::test(start_paused = true)]
async fn a_stored_object_may_be_referred_to() {
    let world = World::with([product("tea"), plan("monthly")].concat()).await;
    world.submit(2, offering("box", "tea", "monthly")).await;
    world.submit(3, subscription("ada", "box", "monthly")).await;
    world.run().await;
    assert_eq!(world.outcome(2).await, "success, 1 of 1\n");
    assert_eq!(world.outcome(3).await, "success, 1 of 1\n");
}

#[tokio::test(start_paused = true)]
async fn lines_that_can_not_be_read_fail_alone() {
    let file =
        [&product("a"), "{\"type\":\n", "\n", "[]\n", "{\"type\":\"subscription_gift\"}\n", &product("b")].concat();
    assert_snapshot!(check(file).await, @"
    success, 2 of 2
    2: not_json 
    4: not_an_object 
    5: unknown_type type
    ");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_comes_to_nothing_says_why() {
    assert_snapshot!(check("").await, @"
    failed, 0 of 0
    0: file_empty
    ");
    assert_snapshot!(check("\n\n").await, @"
    failed, 0 of 0
    0: file_empty
    ");
    assert_snapshot!(check("[1]\n").await, @"
    failed, 0 of 0
    0: nothing_imported 
    1: not_an_object
    ");
    assert_snapshot!(check(vec![0x1f, 0x8b, 8, 0]).await, @"
    failed, 0 of 0
    0: file_unreadable
    ");
    assert_snapshot!(check("x\n".repeat(50_001)).await, @"
    failed, 0 of 0
    0: too_many_objects
    ");
    let world = World::with("").await;
    world.worker.files.remove("1");
    world.run().await;
    assert_snapshot!(world.outcome(1).await, @"
    failed, 0 of 0
    0: file_missing
    ");
}

#[tokio::test(start_paused = true)]
async fn what_the_database_refuses_fails_alone() {
    let world = World::with(products(250)).await;
    world.worker.records.refuse(|record| record.line % 100 == 50);
    world.run().await;
    assert_snapshot!(world.outcome(1).await, @"
    success, 247 of 250
    50: refused_by_database 
    150: refused_by_database 
    250: refused_by_database
    ");
    assert_eq!(world.objects().len(), 247);
}

#[tokio::test(start_paused = true)]
async fn lines_without_external_ref_are_objects_of_their_own() {
    let unnamed = "{\"type\":\"subscription_product\",\"name\":\"Tea\"}\n";
    let world = World::with(unnamed.repeat(3)).await;
    world.submit(2, unnamed).await;
    world.run().await;
    assert_eq!(world.worker.records.all().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn small_lines_that_become_large_objects_are_written_a_few_at_a_time() {
    let heavy = product("tea").replace("\"name\"", &format!("\"notes\":[{}0],\"name\"", "0,".repeat(50_000)));
    let offerings: String = (0..40).map(|number| offering(&number.to_string(), "tea", "monthly")).collect();
    let world = World::with([heavy, plan("monthly"), offerings].concat()).await;
    world.run().await;
    assert_eq!(world.outcome(1).await, "success, 42 of 42\n");
    // 40 go into two calls where they are small.
    let calls = world.faults.calls(Call::WriteBatch);
    assert!(calls > 15, "{calls} calls");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_too_large_as_it_is_stored_is_not_read() {
    let world = World::with(vec![b'x'; (257 << 20) + 1]).await;
    world.run().await;
    assert_eq!(world.outcome(1).await, "failed, 0 of 0\n0: file_too_large \n");
    let failure = world.import(1).await.report.unwrap().failure.unwrap();
    assert!(failure.problem.contains("it has 269484033 bytes as it is stored"), "{}", failure.problem);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_comes_too_slowly_is_given_up_while_there_is_time() {
    let world = World::with(products(3)).await;
    world.faults.plan(Call::Read, Fault::Slow(Duration::from_mins(10)));
    assert_eq!(world.turn().await, Some(false));
    assert_eq!(twins::now() - noon(), TimeDelta::seconds(70));
    world.run().await;
    assert_eq!(world.outcome(1).await, "success, 3 of 3\n");
}

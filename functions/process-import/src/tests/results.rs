//! What a report tells of every line, and the lines it hands out to be mended.

use insta::assert_snapshot;

use super::*;

/// The results as they are written.
async fn results(world: &World) -> String {
    let prefix = world.import(1).await.report.unwrap().prefix;
    let results = world.worker.files.content(&Report::results_key(&prefix)).unwrap();
    String::from_utf8(results.to_vec()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_line_that_is_not_blank_has_its_result_in_the_order_of_the_file() {
    let bad = product("mug").replace("Tea mug", "T");
    let file =
        [&subscription("ada", "box", "monthly"), "\n", &offering("box", "mug", "monthly"), &bad, "{]\n"].concat();
    let world = World::with(file + &product("tea")).await;
    world.run().await;
    assert_snapshot!(results(&world).await, @r#"
    {"line":1,"type":"subscription","external_ref":"ada","action":"failed","errors":[{"code":"reference_failed","field":"offering_external_ref","error":"offering_external_ref: refers to the subscription_offering of line 3, which was not imported: \"box\"; mend that line and send both again","blocked_by":3}]}
    {"line":3,"type":"subscription_offering","external_ref":"box","action":"failed","errors":[{"code":"reference_failed","field":"products[0]","error":"products[0]: refers to the subscription_product of line 4, which was not imported: \"mug\"; mend that line and send both again","blocked_by":4},{"code":"reference_not_found","field":"plans[0]","error":"plans[0]: no subscription_plan with this external_ref in the file, and none stored with this id or external_ref: \"monthly\"; correct it, or import that object too"}]}
    {"line":4,"type":"subscription_product","external_ref":"mug","action":"failed","errors":[{"code":"wrong_length","field":"name","error":"name: \"name\" must be 3 to 1024 characters long, \"T\" has 1: make it longer by 2"}]}
    {"line":5,"action":"failed","errors":[{"code":"not_json","field":"","error":"not JSON at character 2: a key in double quotes is wanted, found \"]\""}]}
    {"line":6,"type":"subscription_product","external_ref":"tea","id":"8400236a-562e-5254-b915-62c148ce5e7d","action":"created"}
    "#);
}

#[tokio::test(start_paused = true)]
async fn failed_lines_are_handed_out_byte_for_byte() {
    let bad = b"{\"type\":\"subscription_product\",\"name\":\"\xff\"}\r\n{ \r\n";
    let last = b"\t{\"type\":\"subscription_product\", \"name\":\"T\"}  ";
    let file = [product("tea").as_bytes(), bad, b"\n", product("mug").as_bytes(), last].concat();
    let world = World::with(file).await;
    world.run().await;
    assert_eq!(world.failed_lines(1).await, [&bad[..], last, b"\n"].concat());
}

#[tokio::test(start_paused = true)]
async fn failed_lines_once_mended_import_the_rest() {
    let bad = product("mug").replace("Tea mug", "T");
    let file = [&subscription("ada", "box", "monthly"), &offering("box", "mug", "monthly"), &bad, &plan("monthly")];
    let world = World::with(file.map(String::as_str).concat()).await;
    world.run().await;
    assert_eq!(world.objects().len(), 1);
    let failed = String::from_utf8(world.failed_lines(1).await.to_vec()).unwrap();
    world.submit(2, failed.replace("\"T\"", "\"Tea mug\"")).await;
    world.run().await;
    assert_eq!(world.outcome(2).await, "success, 3 of 3\n");
    assert_eq!(world.failed_lines(2).await, "");
    assert_eq!(world.objects().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_report_goes_out_while_the_job_runs() {
    let world = World::with(products(3_000)).await;
    world.faults.draw(|call| (call == Call::WriteBatch).then_some(Fault::Slow(Duration::from_secs(1))));
    let watch = async {
        pass(TimeDelta::milliseconds(2_500)).await;
        // Of two rounds of eight batches of a hundred lines each.
        let writes = world.faults.calls(Call::Write);
        assert!((1_000..3_000).contains(&writes), "{writes}");
    };
    tokio::join!(world.turn(), watch);
    assert_eq!(world.results(1).await.len(), 3_000);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_could_not_be_tried_has_empty_results() {
    let world = World::with("x\n".repeat(50_001)).await;
    world.run().await;
    assert_eq!(world.results(1).await, []);
    assert_eq!(world.failed_lines(1).await, "");
}

/// The results of the failed lines as they are written.
async fn failed_results(world: &World) -> String {
    let prefix = world.import(1).await.report.unwrap().prefix;
    let results = world.worker.files.content(&Report::failed_results_key(&prefix)).unwrap();
    String::from_utf8(results.to_vec()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_failed_line_is_reported_with_its_text_and_whether_it_only_waits_for_another() {
    let bad = product("mug").replace("Tea mug", "T");
    let file = [product("tea"), bad, plan("monthly"), offering("box", "mug", "monthly")].concat();
    let world = World::with([file.as_bytes(), b"{\"\xFF\"\r\n"].concat()).await;
    world.run().await;
    assert_snapshot!(failed_results(&world).await);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_also_has_an_error_of_its_own_does_not_only_wait() {
    let bad = product("mug").replace("Tea mug", "T");
    let both = offering("box", "mug", "monthly").replace("\"mug\"", "\"mug\",\"nothing\"");
    let world = World::with([bad, plan("monthly"), both].concat()).await;
    world.run().await;
    let results = failed_results(&world).await;
    let row: serde_json::Value = serde_json::from_str(results.lines().nth(1).unwrap()).unwrap();
    assert_eq!((&row["errors"][0]["blocked_by"], &row["blocked_by"]), (&1.into(), &serde_json::Value::Null), "{row}");
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_sent_again_says_what_to_ask_for() {
    let world = World::with(products(2)).await;
    world.submit(2, products(2)).await;
    world.submit(3, products(2) + "{]\n").await;
    world.submit(4, products(1)).await;
    world.run().await;
    let failure = async |number| world.import(number).await.report.unwrap().failure.unwrap().problem;
    let again = "send the file with on_conflict=skip to keep what is stored, or with on_conflict=update to replace it";
    assert_eq!(
        failure(2).await,
        format!("none of the 2 lines of the import file could be imported (all: stored already); {again}")
    );
    assert_eq!(
        failure(3).await,
        format!("none of the 3 lines of the import file could be imported (2: stored already; 1: not JSON); {again}")
    );
    let prefix = world.import(2).await.report.unwrap().prefix;
    let problem = format!("external_ref: a subscription_product with this \"external_ref\" is stored already; {again}");
    assert_eq!(failure(4).await, format!("the only line of the import file could not be imported: {problem}"));
    assert!(world.rows(&Report::errors_key(&prefix)).iter().all(|row| row["meta"]["error"] == problem));
}

#[tokio::test(start_paused = true)]
async fn a_job_that_came_to_nothing_says_how_many_lines_failed_for_what_and_shows_the_first_of_the_most() {
    let world = World::with(product("stored")).await;
    let bad = |name: &str| product(name).replace("\"name\"", "\"title\"");
    let file = [product("stored"), bad("a"), bad("b"), offering("box", "a", "monthly"), offering("set", "b", "a")];
    world.submit(2, file.concat().replace("\"monthly\"", "{\"external_ref\":\"a\"}")).await;
    world.submit(3, bad("a")).await;
    world.run().await;
    let failure = async |number| world.import(number).await.report.unwrap().failure.unwrap().problem;
    assert_snapshot!(failure(2).await, @r#"none of the 5 lines of the import file could be imported (2: an attribute is missing; 1: a value of the wrong kind; 1: a reference to nothing; 1: stored already); line 2: name: "name" is required: add "name":"…", 3 characters or more"#);
    assert_snapshot!(failure(3).await, @r#"the only line of the import file could not be imported: name: "name" is required: add "name":"…", 3 characters or more"#);
}

/// The errors of a job as they read.
async fn errors(world: &World, number: u128) -> String {
    let prefix = world.import(number).await.report.unwrap().prefix;
    let rows = world.rows(&Report::errors_key(&prefix));
    let told =
        rows.iter().map(|row| format!("{}: {}\n", row["meta"]["line_number"], row["meta"]["error"].as_str().unwrap()));
    told.collect::<Vec<_>>().concat()
}

#[tokio::test(start_paused = true)]
async fn a_line_that_refers_to_one_that_is_stored_already_says_how_it_comes_in() {
    let world = World::with(product("tea")).await;
    let file =
        [&product("tea"), &plan("monthly"), &offering("box", "tea", "monthly"), &subscription("ada", "box", "monthly")];
    let file = file.map(String::as_str).concat();
    world.submit(2, file.clone()).await;
    world.run().await;
    assert_snapshot!(errors(&world, 2).await, @r#"
    1: external_ref: a subscription_product with this "external_ref" is stored already; send the file with on_conflict=skip to keep what is stored, or with on_conflict=update to replace it
    3: products[0]: refers to the subscription_product of line 1, which was not imported, as it is stored already: "tea"; take line 1 out and send this one again: it then refers to what is stored; or send the file with on_conflict=skip or on_conflict=update
    4: offering_external_ref: refers to the subscription_offering of line 3, which only waits for line 1 itself: "box"; do what the error of line 3 says, and send this one with it
    "#);
    // Each way leads there: without the line, and with the policy.
    let failed = String::from_utf8(world.failed_lines(2).await.to_vec()).unwrap();
    let (_, others) = failed.split_once('\n').unwrap();
    let dry = ImportOptions { dry_run: true, ..ImportOptions::default() };
    world.submit_with(3, others.to_owned(), dry).await;
    world
        .submit_with(4, failed.clone(), ImportOptions { on_conflict: OnConflict::Skip, ..ImportOptions::default() })
        .await;
    world.run().await;
    assert_eq!(world.outcome(3).await, "success, 2 of 2\n");
    assert_eq!(world.outcome(4).await, "success, 3 of 3\n");
}

#[tokio::test(start_paused = true)]
async fn a_line_that_refers_to_one_over_which_the_database_failed_says_so() {
    let world = World::with([product("tea"), plan("monthly"), offering("box", "tea", "monthly")].concat()).await;
    world.worker.records.refuse(|record| record.external_ref.as_deref() == Some("tea"));
    world.run().await;
    assert_snapshot!(errors(&world, 1).await, @r#"
    1: the database refuses the object, though no rule does: tell the service's operator the job and the line; it says: refused by the test
    3: products[0]: refers to the subscription_product of line 1, over which the service or its database failed: "tea"; see the error of line 1; once that is settled, send both again
    "#);
}

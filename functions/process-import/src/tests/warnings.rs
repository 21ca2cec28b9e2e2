//! What is said of lines that are imported all the same.

use imports::options::Unknown;
use insta::assert_snapshot;

use super::*;

/// A product with an attribute that nothing reads, and one without.
fn file() -> String {
    product("mug").replace("\"name\"", "\"Price\":{},\"name\"") + &product("tea")
}

async fn results(world: &World, number: u128) -> String {
    let prefix = world.import(number).await.report.unwrap().prefix;
    String::from_utf8(world.worker.files.content(&Report::results_key(&prefix)).unwrap().to_vec()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_attribute_that_nothing_reads_is_a_warning_beside_the_line_and_the_job_counts_it() {
    for on_conflict in POLICIES {
        let world = World::new();
        for number in [1, 2] {
            world.submit_with(number, file(), ImportOptions { on_conflict, ..ImportOptions::default() }).await;
            world.run().await;
        }
        // Created, skipped or updated; refused where it is there already.
        let warnings = [world.import(1).await.tally.warnings, world.import(2).await.tally.warnings];
        assert_eq!(warnings, [1, u32::from(on_conflict != OnConflict::Fail)], "{on_conflict:?}");
        assert_eq!(results(&world, 1).await.matches("warnings").count(), 1);
    }
    let world = World::with(file()).await;
    world.run().await;
    assert_eq!(world.outcome(1).await, "success, 2 of 2\n");
    assert_snapshot!(results(&world, 1).await, @r#"{"line":1,"type":"subscription_product","external_ref":"mug","id":"f78586d3-66a5-513b-9198-e59002799f89","action":"created","warnings":[{"code":"unknown_attribute","field":"Price","warning":"Price: \"Price\" is not known here, and nothing reads it; did you mean \"price\"?","did_you_mean":"price"}]}
{"line":2,"type":"subscription_product","external_ref":"tea","id":"8400236a-562e-5254-b915-62c148ce5e7d","action":"created"}"#);
}

#[tokio::test(start_paused = true)]
async fn unknown_attributes_are_refused_where_that_is_asked_for() {
    for dry_run in [false, true] {
        let world = World::new();
        let options = ImportOptions { unknown: Unknown::Refuse, dry_run, ..ImportOptions::default() };
        world.submit_with(1, file(), options).await;
        world.run().await;
        assert_eq!(world.outcome(1).await, "success, 1 of 2\n1: unknown_attribute Price\n");
        assert_eq!(world.import(1).await.tally.warnings, 0);
    }
}

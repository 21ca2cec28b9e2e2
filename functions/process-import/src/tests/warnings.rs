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

/// The warnings of a job's results, by line, and how many lines the job says have one.
async fn warned(world: &World, number: u128) -> String {
    let rows: Vec<serde_json::Value> =
        results(world, number).await.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    let warnings = |row: &serde_json::Value| row["warnings"].as_array().cloned().unwrap_or_default();
    let told = rows.iter().flat_map(|row| warnings(row).into_iter().map(move |warning| (row["line"].clone(), warning)));
    let told = told.map(|(line, warning)| {
        format!("{line} {}: {}\n", warning["code"].as_str().unwrap(), warning["warning"].as_str().unwrap())
    });
    format!("{}{} lines", told.collect::<Vec<_>>().concat(), world.import(number).await.tally.warnings)
}

#[tokio::test(start_paused = true)]
async fn lines_without_a_name_of_their_own_are_warned_of_once_for_all() {
    let bad = unnamed(1).replace("Tea 0", "T");
    let world = World::with(bad + &product("tea") + &unnamed(3)).await;
    world.submit(2, product("mug") + &unnamed(1).replace("\"name\"", "\"Sku\":1,\"name\"")).await;
    world.submit(3, products(3)).await;
    world.run().await;
    assert_snapshot!(warned(&world, 1).await, @r#"
    3 no_external_ref: this line has no external_ref: sent again it makes a copy, as does each line that is imported without one; with "external_ref":"a name of your own" it is known again
    1 lines
    "#);
    assert_snapshot!(warned(&world, 2).await, @r#"
    2 unknown_attribute: Sku: "Sku" is not known here, and nothing reads it; did you mean "sku"?
    2 no_external_ref: this line has no external_ref: sent again it makes a copy, as does each line that is imported without one; with "external_ref":"a name of your own" it is known again
    1 lines
    "#);
    assert_eq!(warned(&world, 3).await, "0 lines");
}

#[tokio::test(start_paused = true)]
async fn a_subscription_in_a_currency_in_which_nothing_it_chooses_has_a_price_is_imported_with_a_warning() {
    let priced = |name: &str, price: &str| product(name).replace("\"name\"", &format!("\"price\":{price},\"name\""));
    let fixed = plan("fixed").replace("\"name\"", r#""fixed_price":{"usd":{"amount":900}},"name""#);
    let file = [
        priced("tea", r#"{"EUR":{"amount":450},"GBP":{"amount":400}}"#),
        plan("monthly"),
        fixed,
        offering("box", "tea", "monthly").replace("\"plans\":[", "\"plans\":[\"fixed\","),
        subscription("ada", "box", "monthly"),
        subscription("bob", "box", "fixed"),
        subscription("eve", "box", "monthly").replace("\"USD\"", "\"gbp\""),
        product("mug"),
        offering("unpriced", "mug", "monthly"),
        subscription("dan", "unpriced", "monthly"),
    ];
    let mut told = Vec::new();
    for dry_run in [false, true] {
        let world = World::new();
        world.submit_with(1, file.concat(), ImportOptions { dry_run, ..ImportOptions::default() }).await;
        world.run().await;
        assert_eq!(world.outcome(1).await, "success, 10 of 10\n");
        told.push(warned(&world, 1).await);
    }
    assert_eq!(told[0], told[1]);
    assert_snapshot!(told[0], @r#"
    5 no_price_in_currency: currency: what is chosen of the offering has no price in "USD", but in "EUR", "GBP": write one of these, or give it a price in "USD"
    1 lines
    "#);
}

//! Every kind of fault in one file, through the deployed functions: each is reported, and nothing else; what stands between them
//! arrives as if they were not there.

use std::collections::BTreeMap;

use samples::{FaultKind, Summary, generate};

use crate::world::{IMPORTS, World, essence, gzip};

/// Good lines for the faulty ones to stand between.
const GOOD: usize = 150;

/// What each object of a store is, by the line it came from.
async fn objects(world: &World) -> BTreeMap<u64, String> {
    let objects = world.objects().await;
    let reported: BTreeMap<_, _> =
        objects.iter().map(|object| (object["line"].as_n().unwrap().parse().unwrap(), essence(object))).collect();
    assert_eq!(reported.len(), objects.len());
    reported
}

fn without(file: &[u8], summary: &Summary) -> Vec<u8> {
    let is_bad = |number: u32| summary.bad.iter().any(|(line, _)| *line == number);
    let lines = (1..).zip(file.split(|byte| *byte == b'\n'));
    let kept: Vec<&[u8]> = lines.map(|(number, line)| if is_bad(number) { &[][..] } else { line }).collect();
    kept.join(&b'\n')
}

#[tokio::test(flavor = "multi_thread")]
async fn of_every_kind_of_fault_in_one_file_each_is_reported_and_nothing_else() {
    let (world, kinds) = (World::shared().await, FaultKind::ALL.len());
    let mut file = Vec::new();
    let summary = generate(GOOD + kinds, 23, kinds, &mut file).unwrap();
    assert!(FaultKind::ALL.iter().all(|kind| summary.bad.iter().any(|(_, planted)| planted == kind)));
    let job = world.run(gzip(&file)).await;
    let id = job["id"].as_str().unwrap();

    let reported = world.all(&format!("{IMPORTS}/{id}/errors"), 100).await.into_iter().map(|row| {
        let meta = &row["meta"];
        (meta["line_number"].clone(), meta["code"].clone(), meta["field"].clone(), meta["blocked_by"].clone())
    });
    let expected = summary.errors.iter().map(|error| {
        let code = serde_json::to_value(error.code).unwrap();
        (error.line.into(), code, error.field.as_str().into(), error.blocked_by.into())
    });
    assert_eq!(reported.collect::<Vec<_>>(), expected.collect::<Vec<_>>());

    let results = world.results(id).await;
    let failed: Vec<u64> =
        results.iter().filter(|row| row["action"] == "failed").map(|row| row["line"].as_u64().unwrap()).collect();
    assert_eq!(failed, summary.bad.iter().map(|(line, _)| u64::from(*line)).collect::<Vec<_>>());
    assert!(results.iter().map(|row| row["line"].as_u64().unwrap()).eq(1..=u64::try_from(GOOD + kinds).unwrap()));

    let clean = world.neighbour();
    let job = clean.run(gzip(&without(&file, &summary))).await;
    assert_eq!(job["meta"]["errors"], 0);
    let (neighbours, undisturbed) = (objects(&world).await, objects(&clean).await);
    assert_eq!(neighbours.len(), GOOD);
    assert!(neighbours == undisturbed, "the good lines arrive as they do without the bad ones");
    println!(
        "{kinds} kinds of fault: {} errors reported of {} lines, {GOOD} neighbours untouched",
        summary.errors.len(),
        failed.len()
    );
}

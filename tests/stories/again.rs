//! The same file once more: refused, skipped, or taken in place of what is stored; and rehearsed.

use std::{collections::BTreeMap, time::Duration};

use samples::generate;
use serde_json::{Value, json};

use crate::world::{IMPORTS, World, gzip, sum, whole};

const TIME: Duration = Duration::from_mins(5);

async fn run(world: &World, file: &[u8], options: &[(&'static str, &str)]) -> Value {
    let job = world.post(gzip(file), options).await.expect(201);
    world.ended_within(job["data"]["id"].as_str().unwrap(), TIME).await
}

/// How many lines there are of each action.
fn actions(results: &[Value]) -> BTreeMap<&str, usize> {
    let mut actions = BTreeMap::new();
    for row in results {
        *actions.entry(row["action"].as_str().unwrap()).or_default() += 1;
    }
    actions
}

/// Every object by id, as the database holds it.
async fn stored(world: &World) -> BTreeMap<String, String> {
    world.objects().await.iter().map(|object| (object["id"].as_s().unwrap().clone(), whole(object))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_lines_once_more_are_refused_skipped_or_taken_in_place() {
    let world = World::own().await;
    let (lines, bad) = (3_000, 100);
    let mut file = Vec::new();
    generate(lines, 17, bad, &mut file).unwrap();
    let first = run(&world, &file, &[]).await;
    let good = lines - bad;
    assert_eq!(usize::try_from(sum(&first, "imported")).unwrap(), good);
    let results = world.results(first["id"].as_str().unwrap()).await;
    assert_eq!(actions(&results), BTreeMap::from([("created", good), ("failed", bad)]));
    let objects = stored(&world).await;
    // Lines without a name of their own are new objects every time.
    let has_name = |row: &&Value| row["action"] == "created" && row["external_ref"].is_string();
    let named = results.iter().filter(has_name).count();
    let unnamed = good - named;
    assert!(named > 2_000 && unnamed > 50);

    // Once more, refused: what is stored already, and what refers to a line so refused.
    let refused = run(&world, &file, &[("on_conflict", "fail")]).await;
    let results = world.results(refused["id"].as_str().unwrap()).await;
    let imported = usize::try_from(sum(&refused, "imported")).unwrap();
    assert!(imported > 0 && imported <= unnamed, "{imported} of {unnamed}");
    assert_eq!(actions(&results), BTreeMap::from([("created", imported), ("failed", lines - imported)]));
    let conflicts = results.iter().filter(|row| {
        let errors = row["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().any(|error| error["code"] == "already_exists")
    });
    assert!(conflicts.count() >= named);
    assert!(refused["meta"]["on_conflict"].is_null());
    check_kept(&objects, &stored(&world).await, imported);

    // Skipped: as good as imported, and as it was.
    let skipped = run(&world, &file, &[("on_conflict", "skip")]).await;
    assert_eq!(usize::try_from(sum(&skipped, "imported")).unwrap(), good);
    assert_eq!(skipped["meta"]["on_conflict"], "skip");
    let results = world.results(skipped["id"].as_str().unwrap()).await;
    assert_eq!(actions(&results), BTreeMap::from([("created", unnamed), ("failed", bad), ("skipped", named)]));
    check_kept(&objects, &stored(&world).await, imported + unnamed);

    // Taken in place of what was there: same ids, same times of creation.
    let updated = run(&world, &file, &[("on_conflict", "update")]).await;
    assert_eq!(usize::try_from(sum(&updated, "imported")).unwrap(), good);
    assert_eq!(updated["meta"]["on_conflict"], "update");
    let results = world.results(updated["id"].as_str().unwrap()).await;
    assert_eq!(actions(&results), BTreeMap::from([("created", unnamed), ("failed", bad), ("updated", named)]));
    let now = world.objects().await;
    assert_eq!(now.len(), objects.len() + imported + 2 * unnamed);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (id, started) = (text(&updated["id"]), text(&updated["meta"]["timestamps"]["started_at"]));
    let first_started = text(&first["meta"]["timestamps"]["started_at"]);
    let replaced = now.iter().filter(|object| {
        object["import_id"].as_s() == Ok(&id)
            && object["created_at"].as_s() == Ok(&first_started)
            && object["updated_at"].as_s() == Ok(&started)
    });
    assert_eq!(replaced.count(), named);
}

/// Every object of before is there still, to the byte, and so many have been added.
fn check_kept(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>, added: usize) {
    assert_eq!(now.len(), before.len() + added);
    assert!(before.iter().all(|(id, object)| now.get(id) == Some(object)), "an object has changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_writes_nothing_and_its_errors_are_those_of_the_real_run() {
    let world = World::own().await;
    let (mut before, mut file) = (Vec::new(), Vec::new());
    generate(500, 19, 0, &mut before).unwrap();
    generate(2_000, 19, 150, &mut file).unwrap();
    run(&world, &before, &[]).await;
    for policy in ["fail", "skip", "update"] {
        let objects = stored(&world).await;
        let dry = run(&world, &file, &[("dry_run", "true"), ("on_conflict", policy)]).await;
        assert_eq!(stored(&world).await, objects, "a dry run has written");
        assert_eq!(dry["meta"]["dry_run"], true);
        assert_eq!(sum(&dry, "imported"), 0);

        let twin = world.neighbour();
        run(&twin, &before, &[]).await;
        let real = run(&twin, &file, &[("dry_run", "false"), ("on_conflict", policy)]).await;
        assert_eq!(real["meta"]["dry_run"], Value::Null);
        assert_eq!(dry["meta"]["records"]["importable"], real["meta"]["records"]["imported"]);
        assert_eq!(dry["meta"]["error_counts"], real["meta"]["error_counts"]);
        assert_eq!(outcome(&world, &dry).await, outcome(&twin, &real).await);
        let (of_dry, mut of_real) = (results(&world, &dry).await, results(&twin, &real).await);
        for row in &mut of_real {
            let rehearsed = match row["action"].as_str().unwrap() {
                "created" => "would_create",
                "updated" => "would_update",
                "skipped" => "would_skip",
                other => other,
            };
            row["action"] = rehearsed.to_owned().into();
        }
        assert!(of_dry == of_real, "the results differ");
        let [dry, real] = [&dry, &real].map(|job| job["id"].as_str().unwrap());
        assert_eq!(world.download(dry, "failed-lines").await, twin.download(real, "failed-lines").await);
    }
}

/// The errors of a job, without what differs from job to job.
async fn outcome(world: &World, job: &Value) -> Vec<Value> {
    let rows = world.all(&format!("{IMPORTS}/{}/errors", job["id"].as_str().unwrap()), 100).await;
    let essence = |row: Value| {
        let meta = &row["meta"];
        json!([
            meta["line_number"],
            meta["field"],
            meta["code"],
            meta["error"],
            meta["blocked_by"],
            meta["external_ref"]
        ])
    };
    rows.into_iter().map(essence).collect()
}

/// The results of a job, without ids: they differ from store to store.
async fn results(world: &World, job: &Value) -> Vec<Value> {
    let mut results = world.results(job["id"].as_str().unwrap()).await;
    for row in &mut results {
        let id = row.as_object_mut().unwrap().remove("id");
        assert_eq!(id.is_some(), row["action"] != "failed");
    }
    results
}

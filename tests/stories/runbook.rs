//! The runbook's commands, as an operator copies them from it, run by the AWS command line on the local AWS.

use std::{fs, process::Command};

use local::python::Environment;

use crate::{
    root,
    world::{IMPORTS, ROOT, World},
};

const AWS: Environment = Environment::new("aws", include_str!("../operator/requirements.txt"));

/// The first commands below a heading of the runbook, or below these words.
fn commands(below: &str) -> String {
    let runbook = fs::read_to_string(format!("{ROOT}/docs/operations.md")).unwrap();
    let (_, after) = runbook.split_once(below).unwrap_or_else(|| panic!("no {below:?}"));
    after.split("```sh\n").nth(1).unwrap().split("```").next().unwrap().to_owned()
}

/// Runs commands in a shell that knows the stack's outputs, as the runbook's first command makes it.
fn run(world: &World, commands: &str, more: &[(&str, &str)]) -> String {
    let python = AWS.interpreter().unwrap();
    let (id, secret) = world.stack.credentials();
    let path = format!("{}:{}", python.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let ran = Command::new("bash")
        .args(["-euo", "pipefail", "-c", commands])
        .envs([
            ("PATH", path.as_str()),
            ("AWS_ENDPOINT_URL", &world.stack.endpoint_url()),
            ("AWS_DEFAULT_REGION", world.stack.region()),
            ("AWS_ACCESS_KEY_ID", id),
            ("AWS_SECRET_ACCESS_KEY", secret),
            ("IMPORTS", &format!("{}{IMPORTS}", world.stack.endpoint_url())),
            ("AUTH", &format!("Authorization: Bearer {}", world.stack.token(&world.store, 3_600).unwrap())),
        ])
        .envs(
            ["ImportsTableName", "ObjectsTableName", "BucketName", "QueueUrl"]
                .map(|name| (name, world.stack.output(name))),
        )
        .envs(more.iter().copied())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{commands}\n{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

const PRODUCTS: &str = r#"{"type":"subscription_product","external_ref":"tea","name":"Tea"}
{"type":"subscription_product","external_ref":"mug","name":"Mug"}
"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_jobs_of_all_stores_are_seen_until_they_have_ended() {
    let world = World::own().await;
    let shown = || run(&world, &commands("## Symptoms"), &[]);
    assert_eq!(shown().trim(), "");
    root::feed_worker(&world.stack, false).await;
    let first = world.submit(PRODUCTS).await;
    let other = world.neighbour();
    let second = other.submit(PRODUCTS).await;
    let rows = shown();
    let rows: Vec<Vec<&str>> = rows.lines().map(|row| row.split('\t').collect()).collect();
    let seen: Vec<&[&str]> = rows.iter().map(|row| &row[..2]).collect();
    assert_eq!(seen, [[&*world.store, &*first], [&*other.store, &*second]]);
    root::feed_worker(&world.stack, true).await;
    other.ended(&second).await;
    assert_eq!(shown().trim(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_import_made_is_taken_back_and_nothing_else() {
    let world = World::shared().await.neighbour();
    world.run(PRODUCTS).await;
    let more = PRODUCTS.replace("tea", "pot").replace("Tea", "Pot");
    let taken = world.run(more).await;
    assert_eq!(world.objects().await.len(), 3);
    run(&world, &commands("### Take an import back"), &[("ID", taken["id"].as_str().unwrap())]);
    let mut left: Vec<String> =
        world.objects().await.iter().map(|object| object["external_ref"].as_s().unwrap().clone()).collect();
    left.sort();
    assert_eq!(left, ["mug", "tea"]);
}

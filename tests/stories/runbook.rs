//! The runbook's commands, as an operator copies them from it, run by the AWS command line on the local AWS.

use std::{fs, process::Command};

use local::python::Environment;
use serde_json::{Value, json};

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

/// The first commands of the runbook, which name the stack's outputs. The command line's own script can't be run in a folder
/// with a space in its name; and its first version takes the address of a queue for one of AWS, unless it is told otherwise.
fn named_outputs() -> String {
    "aws() { \"$PYTHON\" -m awscli --endpoint-url \"$AWS_ENDPOINT_URL\" \"$@\"; }\n".to_owned()
        + &commands("# Operations")
}

/// Runs commands in a shell that knows the stack's outputs, in a folder of their own.
fn run(world: &World, commands: &str, more: &[(&str, &str)]) -> String {
    let python = AWS.interpreter().unwrap();
    let (id, secret) = world.stack.credentials();
    let folder = format!("{}/runbook-{}-{}", env!("CARGO_TARGET_TMPDIR"), std::process::id(), world.store);
    fs::create_dir_all(&folder).unwrap();
    let ran = Command::new("bash")
        .current_dir(&folder)
        .args(["-euo", "pipefail", "-c", &(named_outputs() + commands)])
        .envs([
            ("PYTHON", python.to_str().unwrap()),
            ("AWS_ENDPOINT_URL", &world.stack.endpoint_url()),
            ("AWS_DEFAULT_REGION", world.stack.region()),
            ("AWS_ACCESS_KEY_ID", id),
            ("AWS_SECRET_ACCESS_KEY", secret),
            ("IMPORTS", &format!("{}{IMPORTS}", world.stack.endpoint_url())),
            ("AUTH", &format!("Authorization: Bearer {}", world.stack.token(&world.store, 3_600).unwrap())),
        ])
        .envs(more.iter().copied())
        .output()
        .unwrap();
    fs::remove_dir_all(folder).unwrap();
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

#[tokio::test(flavor = "multi_thread")]
async fn every_command_of_the_table_of_symptoms_runs_and_the_log_knows_a_job_by_its_id() {
    let world = World::shared().await.neighbour();
    world.drop_file("tea.jsonl", PRODUCTS).await;
    let id = world.job_of_drop("tea.jsonl").await;
    world.ended(&id).await;
    let runbook = fs::read_to_string(format!("{ROOT}/docs/operations.md")).unwrap();
    let table = runbook.split("| what you see |").nth(1).unwrap().split("\n\n").next().unwrap();
    let commands: Vec<&str> = table.split('`').filter(|text| text.starts_with("aws ")).collect();
    assert!(commands.len() >= 4, "{commands:?}");
    let shown: Vec<String> = commands.iter().map(|command| run(&world, command, &[("ID", &id)])).collect();
    assert!(shown.iter().any(|shown| shown.contains("import finished")), "{shown:#?}");
    assert!(shown.iter().any(|shown| shown.contains("\"State\": \"Enabled\"")), "{shown:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_given_room_and_last_night_is_asked_for_its_cost() {
    let world = World::shared().await.neighbour();
    assert!(run(&world, &commands("## Before a big import"), &[]).contains("WriteUnitsPerSecond"));
    assert!(run(&world, &commands("## Cost"), &[]).contains("queryId"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_of_the_last_hour_is_read() {
    let world = World::own().await;
    world.run(PRODUCTS).await;
    // The local AWS takes a filter over fields for none, and shows everything.
    assert!(run(&world, &commands("## Watch"), &[]).contains("import finished"));
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_of_the_queue_are_moved_back_and_wake_the_worker() {
    let world = World::own().await;
    root::feed_worker(&world.stack, false).await;
    let id = world.submit(PRODUCTS).await;
    // As if the job's tick had failed a thousand times.
    let letter = "body=$(aws sqs receive-message --queue-url $QueueUrl --query Messages[0].Body --output text)
        aws sqs purge-queue --queue-url $QueueUrl
        aws sqs send-message --queue-url $DeadLetterQueueUrl --message-body \"$body\" --message-group-id imports \\
          --message-deduplication-id again";
    run(&world, letter, &[]);
    root::feed_worker(&world.stack, true).await;
    let count = "aws sqs get-queue-attributes --queue-url $DeadLetterQueueUrl --attribute-names All --output text \
        --query Attributes.ApproximateNumberOfMessages";
    assert_eq!(
        (run(&world, count, &[]).trim(), &world.import(&id).await["attributes"]["status"]),
        ("1", &json!("pending"))
    );
    assert!(run(&world, &commands("## Dead letters"), &[]).contains("TaskHandle"));
    assert_eq!(world.ended(&id).await["attributes"]["status"], "success");
    assert_eq!(run(&world, count, &[]).trim(), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dead_letter_of_a_drop_becomes_an_import_once() {
    let world = World::own().await;
    // As if accept-drop had failed at it three times: nobody has heard of the file yet.
    let unheard =
        "aws s3api put-bucket-notification-configuration --bucket $BucketName --notification-configuration {}";
    run(&world, unheard, &[]);
    let key = format!("drops/{}/tea.jsonl", world.store);
    let version = world.put(&key, PRODUCTS, &[]).await;
    let mut event: Value = serde_json::from_str(include_str!("../../events/accept-drop.json")).unwrap();
    let s3 = &mut event["Records"][0]["s3"];
    s3["bucket"]["name"] = json!(world.stack.bucket());
    s3["object"] = json!({"key": key, "size": PRODUCTS.len(), "versionId": version, "sequencer": "0055AED6DCD90281E5"});
    let letter = json!({"requestPayload": event}).to_string();
    let send = "aws sqs send-message --queue-url $DropDeadLetterQueueUrl --message-body \"$LETTER\"";
    // Version 2 alone, which pip does not have, asks how bytes are written.
    let again = commands("Repeat until none is\nleft:").replace("--cli-binary-format raw-in-base64-out ", "");
    for _ in 0..2 {
        run(&world, send, &[("LETTER", &letter)]);
        let shown = run(&world, &again, &[]);
        assert!(!shown.contains("FunctionError"), "{shown}");
    }
    let job = world.job_of_drop("tea.jsonl").await;
    assert_eq!(world.ended(&job).await["attributes"]["status"], "success");
    assert_eq!(world.all(IMPORTS, 10).await.len(), 1);
    let left = "aws sqs get-queue-attributes --queue-url $DropDeadLetterQueueUrl --attribute-names All --output text \
        --query 'Attributes.[ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible]'";
    assert_eq!(run(&world, left, &[]).trim(), "0\t0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_table_takes_the_old_name_and_imports_go_on() {
    let world = World::own().await;
    world.run(PRODUCTS).await;
    let before = world.objects().await;
    let restore = commands("## Restore").replace("2026-01-31T08:00:00Z", "$(date -u +%FT%TZ)");
    run(&world, &restore, &[]);
    assert_eq!(world.objects().await, before);
    world.run(PRODUCTS.replace("tea", "pot")).await;
    assert_eq!(world.objects().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_leaves_leaves_nothing_and_takes_nothing_of_others_along() {
    let world = World::own().await;
    let stays = world.neighbour();
    for store in [&world, &stays] {
        store.run(PRODUCTS).await;
        store.drop_file("tea.jsonl", PRODUCTS).await;
        store.ended(&store.job_of_drop("tea.jsonl").await).await;
    }
    let files = || run(&world, "aws s3 ls --recursive s3://$BucketName", &[]);
    let of = |store: &World| files().matches(&format!("/{}/", store.store)).count();
    let (theirs, objects, jobs) = (of(&stays), stays.objects().await, stays.all(IMPORTS, 10).await);
    assert!(of(&world) > 0);

    let delete = commands("## Delete a store's data").replace("store=somebody", &format!("store={}", world.store));
    run(&world, &delete, &[]);
    assert_eq!((of(&world), world.objects().await.len(), world.all(IMPORTS, 10).await.len()), (0, 0, 0));
    assert_eq!(of(&stays), theirs);
    assert!(stays.objects().await == objects && stays.all(IMPORTS, 10).await == jobs);
}

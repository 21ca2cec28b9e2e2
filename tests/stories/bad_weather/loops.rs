//! Lambda takes a worker for a loop that wakes itself by the queue, and stops it after some sixteen rounds, unless the template
//! lets it.

use std::{fmt::Write, fs};

use imports::{
    import::{ImportId, ImportStatus},
    message::{MESSAGE_GROUP, Tick},
    times::HAND_OVER,
};
use records::StoreId;
use reqwest::Method;
use serde_json::json;

use super::{ended, job};
use crate::{
    proxy::{Proxy, manners::AwsManners},
    root::{self, Function},
    world::{PATIENCE, World},
};

/// After how many rounds Lambda stops a function.
const ROUNDS: u32 = 16;
const LINES: usize = 3_000;
/// How many write units a table takes a second: too few for a worker that has hardly time for anything but to hand over.
const UNITS: f64 = 100.0;

/// Posts a file whose tick a worker has sent in its fifteenth round.
async fn submit_late(world: &World, worker: &Function, name: &str) -> String {
    let mut file = String::new();
    for number in 0..LINES {
        writeln!(file, r#"{{"type":"subscription_product","external_ref":"{name}-{number}","name":"Box {number}"}}"#)
            .unwrap();
    }
    let stack = &world.stack;
    root::feed_worker(stack, false).await;
    let id = world.submit(file).await;
    root::json(stack, "sqs", "AmazonSQS.PurgeQueue", &json!({"QueueUrl": stack.queue_url()})).await;
    let store = StoreId::from_configuration(&world.store).unwrap();
    let tick = serde_json::to_string(&Tick::of(&store, ImportId::parse(&id).unwrap())).unwrap();
    let message = json!({
        "QueueUrl": stack.queue_url(), "MessageBody": tick, "MessageGroupId": MESSAGE_GROUP, "MessageDeduplicationId": name,
    });
    let trace = format!("Root=1-67891233-abcdef012345678912345678;Lineage=1:{}:{}", worker.name, ROUNDS - 1);
    let headers = [
        ("x-amz-target", "AmazonSQS.SendMessage"),
        ("content-type", "application/x-amz-json-1.0"),
        ("x-amzn-trace-id", trace.as_str()),
    ];
    root::call(stack, ("sqs", Method::POST, "/"), &headers, message.to_string()).await;
    root::feed_worker(stack, true).await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_handed_over_more_often_than_lambda_lets_a_loop_go_round() {
    let (world, proxy) = Proxy::world().await;
    let functions = root::functions(&world.stack).await;
    let worker = functions.iter().find(|function| function.folder == "process-import").unwrap();
    root::configure(&world.stack, worker, &json!({"Timeout": HAND_OVER.num_seconds() + 2})).await;
    proxy.manners(|manners| *manners = AwsManners::all(UNITS));
    let count = |text: &str| fs::read_to_string(world.stack.log()).unwrap().matches(text).count();
    let handed_over = || count("the import is handed over");

    let id = submit_late(&world, worker, "first").await;
    let job_ended = ended(&world, &id).await;
    assert_eq!((job_ended.status, handed_over() > 1), (ImportStatus::Success, true));
    println!("ended after {ROUNDS} rounds and {} more", handed_over());

    let path = format!("/2024-08-31/functions/{}/recursion-config", worker.name);
    let terminate = json!({"RecursiveLoop": "Terminate"}).to_string();
    root::call(&world.stack, ("lambda", Method::PUT, &path), &[], terminate).await;
    let before = handed_over();
    let id = submit_late(&world, worker, "second").await;
    world.wait("end of the loop", PATIENCE, async || (count("is in a loop") > 0).then_some(())).await;
    assert_eq!((handed_over(), job(&world, &id).await.status), (before + 1, ImportStatus::Started));
}

//! A drop or an upload that can't be accepted: its announcement is kept, to be handed in again.

use std::time::{Duration, Instant};

use serde_json::Value;
use uuid::Uuid;

use crate::{root, world::World};

const FILE: &str = "{\"type\":\"subscription_product\",\"name\":\"Tea\"}";

/// Waits for a dead letter about the object of this key, as S3 writes it.
async fn letter(world: &World, key: &str) -> Value {
    let queue = aws_sdk_sqs::Client::new(&world.stack.sdk_config());
    let began = Instant::now();
    loop {
        let receive = queue.receive_message().queue_url(world.stack.output("DropDeadLetterQueueUrl"));
        let answer = receive.wait_time_seconds(1).send().await.unwrap();
        let letters =
            answer.messages().iter().map(|letter| serde_json::from_str::<Value>(letter.body().unwrap()).unwrap());
        let mut letters = letters.filter(|letter| letter["requestPayload"]["Records"][0]["s3"]["object"]["key"] == key);
        if let Some(letter) = letters.next() {
            return letter;
        }
        assert!(began.elapsed() < Duration::from_mins(2), "lost; log: {}", world.stack.log().display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announcement_that_fails_is_kept_whole() {
    let world = World::own().await;
    let config = world.stack.sdk_config();
    let table = world.stack.imports_table();
    aws_sdk_dynamodb::Client::new(&config).delete_table().table_name(table).send().await.unwrap();
    world.drop_file("nightly +1.jsonl", FILE).await;

    let letter = letter(&world, &format!("drops/{}/nightly+%2B1.jsonl", world.store)).await;
    assert_eq!(letter["requestContext"]["approximateInvokeCount"], 3, "{letter}");
    let object = &letter["requestPayload"]["Records"][0]["s3"]["object"];
    assert!(object["versionId"].is_string(), "{letter}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_nobody_was_promised_is_kept_and_fails_again_when_it_is_played_back() {
    let world = World::shared().await;
    let key = format!("uploads/{}/{}", world.store, Uuid::new_v4());
    world.put(&key, FILE, &[]).await;
    let letter = letter(&world, &key).await;
    assert_eq!(
        letter["responsePayload"]["errorMessage"],
        "an object lies where uploads go, but no upload was promised there"
    );
    let functions = root::functions(&world.stack).await;
    let accept_drop = functions.iter().find(|function| function.folder == "accept-drop").unwrap();
    let answer = root::invoke(&world.stack, accept_drop, &letter["requestPayload"]).await;
    assert!(answer.is_err(), "{answer:?}");
}

//! A drop that can't be accepted: its announcement is kept, to be handed in again.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn an_announcement_that_fails_is_kept_whole() {
    let world = World::own().await;
    let config = world.stack.sdk_config();
    let table = world.stack.imports_table();
    aws_sdk_dynamodb::Client::new(&config).delete_table().table_name(table).send().await.unwrap();
    world.drop_file("nightly +1.jsonl", "{\"type\":\"subscription_product\",\"name\":\"Tea\"}").await;

    let queue = aws_sdk_sqs::Client::new(&config);
    let dropped = Instant::now();
    let letter = loop {
        let receive = queue.receive_message().queue_url(world.stack.output("DropDeadLetterQueueUrl"));
        let answer = receive.wait_time_seconds(1).send().await.unwrap();
        if let Some(letter) = answer.messages().first() {
            break serde_json::from_str::<Value>(letter.body().unwrap()).unwrap();
        }
        assert!(dropped.elapsed() < Duration::from_mins(2), "lost; log: {}", world.stack.log().display());
    };
    assert_eq!(letter["requestContext"]["approximateInvokeCount"], 3, "{letter}");
    let object = &letter["requestPayload"]["Records"][0]["s3"]["object"];
    assert_eq!(object["key"], format!("drops/{}/nightly+%2B1.jsonl", world.store), "{letter}");
    assert!(object["versionId"].is_string(), "{letter}");
}

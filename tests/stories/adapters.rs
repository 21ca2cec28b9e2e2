//! The AWS adapters keep every promise of their ports, on the tables, the bucket and the queue that the template makes.

use aws::{FileBucket, ImportTable, RecordTable, SqsQueue};
use aws_sdk_dynamodb::types::{BillingMode, LocalSecondaryIndex};
use aws_sdk_sqs::types::QueueAttributeName;
use imports::{
    message::Tick,
    ports::{PortResult, Queue},
};
use twins::conformance::queue::Consumer;
use uuid::Uuid;

use crate::world::World;

/// The jobs in an empty table like the deployed one: a promise about the lane needs the lane to itself.
async fn imports() -> ImportTable {
    let stack = World::shared().await.stack;
    let client = aws_sdk_dynamodb::Client::new(&stack.sdk_config());
    let deployed = client.describe_table().table_name(stack.imports_table()).send().await.unwrap().table.unwrap();
    let indexes = deployed.local_secondary_indexes.unwrap().into_iter().map(|index| {
        LocalSecondaryIndex::builder()
            .set_index_name(index.index_name)
            .set_key_schema(index.key_schema)
            .set_projection(index.projection)
            .build()
            .unwrap()
    });
    let name = format!("imports-{}", Uuid::new_v4());
    client
        .create_table()
        .table_name(&name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(deployed.attribute_definitions)
        .set_key_schema(deployed.key_schema)
        .set_local_secondary_indexes(Some(indexes.collect()))
        .send()
        .await
        .unwrap();
    ImportTable::new(client, name)
}

async fn records() -> RecordTable {
    let stack = World::shared().await.stack;
    RecordTable::new(aws_sdk_dynamodb::Client::new(&stack.sdk_config()), stack.objects_table().to_owned())
}

async fn files() -> FileBucket {
    let world = World::shared().await;
    FileBucket::new(world.s3(), world.stack.bucket().to_owned())
}

/// A queue of its own, and the side of it that Lambda has otherwise.
struct EmptiedQueue {
    port: SqsQueue,
    client: aws_sdk_sqs::Client,
    url: String,
}

async fn queue() -> EmptiedQueue {
    let client = aws_sdk_sqs::Client::new(&World::shared().await.stack.sdk_config());
    let name = format!("imports-{}.fifo", Uuid::new_v4());
    let created = client.create_queue().queue_name(name).attributes(QueueAttributeName::FifoQueue, "true").send().await;
    let url = created.unwrap().queue_url.unwrap();
    EmptiedQueue { port: SqsQueue::new(client.clone(), url.clone()), client, url }
}

impl Queue for EmptiedQueue {
    async fn send(&self, tick: &Tick, deduplication: &str) -> PortResult<()> {
        self.port.send(tick, deduplication).await
    }

    async fn hide(&self, receipt_handle: &str, time: std::time::Duration) -> PortResult<()> {
        self.port.hide(receipt_handle, time).await
    }

    async fn depth(&self) -> PortResult<u64> {
        self.port.depth().await
    }
}

impl Consumer for EmptiedQueue {
    async fn receive(&self) -> PortResult<Option<(String, Tick)>> {
        let received = self.client.receive_message().queue_url(&self.url).send().await.unwrap();
        let message = received.messages.unwrap_or_default().into_iter().next();
        let read = |body: String| serde_json::from_str(&body).unwrap();
        Ok(message.map(|message| (message.receipt_handle.unwrap(), read(message.body.unwrap()))))
    }

    async fn delete(&self, receipt_handle: &str) -> PortResult<()> {
        let call = self.client.delete_message().queue_url(&self.url).receipt_handle(receipt_handle);
        call.send().await.unwrap();
        Ok(())
    }
}

mod import_table {
    twins::imports_promises!(super::imports());
    twins::import_end_promises!(super::imports());
    twins::import_listing_promises!(super::imports());
    twins::idempotency_promises!(super::imports());
    twins::uploads_promises!(super::imports());
    twins::seats_promises!(super::imports());
}

mod record_table {
    twins::records_promises!(super::records());
}

mod file_bucket {
    use imports::import::ImportFile;
    use twins::conformance::files::check_metadata;

    use crate::world::World;

    twins::files_promises!(super::files());

    #[tokio::test]
    async fn what_is_said_of_a_file_is_said_of_that_version() {
        let (world, files) = (World::shared().await, super::files().await);
        let key = "conformance/with metadata";
        // ASCII, Latin-1 and beyond: S3 encodes the last two, each as if it were Latin-1.
        let said = [("external-ref", "nightly =?"), ("dry-run", "nächtlich"), ("other", "🌙, ä")];
        let older = world.put(key, "older", &said).await;
        let newer = world.put(key, "newer", &[]).await;
        for (version, expected) in [(older, said.as_slice()), (newer, &[])] {
            let file = ImportFile { key: key.to_owned(), version: Some(version) };
            check_metadata(&files, &file, expected).await;
        }
    }
}

mod post_forms {
    use aws::PostForms;

    use crate::world::World;

    twins::upload_forms_promises!(async {
        let stack = World::shared().await.stack;
        PostForms::new(stack.sdk_config(), stack.bucket().to_owned())
    });
}

mod event_bus {
    use std::time::Duration;

    use aws::EventBus;
    use imports::{
        events::{Event, Events, Sender},
        ports::PortResult,
    };
    use serde_json::json;
    use twins::conformance::events::Receiver;
    use uuid::Uuid;

    use crate::{others_are_told::Ear, world::World};

    /// The bus, and a queue that gets what is sent by it.
    struct Heard {
        bus: EventBus,
        ear: Ear,
    }

    impl Events for Heard {
        fn sender(&self) -> &Sender {
            self.bus.sender()
        }

        async fn send(&self, event: &Event) -> PortResult<()> {
            self.bus.send(event).await
        }
    }

    impl Receiver for Heard {
        async fn receive(&self) -> Vec<(String, String)> {
            for _ in 0..100 {
                let heard = self.ear.heard().await;
                if !heard.is_empty() {
                    let kind = |event: &serde_json::Value| event["detail-type"].as_str().unwrap().to_owned();
                    return heard.iter().map(|event| (kind(event), event["detail"].to_string())).collect();
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Vec::new()
        }
    }

    twins::events_promises!(async {
        let stack = World::shared().await.stack;
        let sender = Sender { stack: Uuid::new_v4().to_string(), origin: "https://api.example.com".to_owned() };
        let ear = Ear::to(&stack, json!({"stack": [sender.stack]})).await;
        let client = aws_sdk_eventbridge::Client::new(&stack.sdk_config());
        Heard { bus: EventBus::new(Some((client, "default".to_owned())), sender), ear }
    });
}

mod import_queue {
    twins::queue_promises!(super::queue());
}

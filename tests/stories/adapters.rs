//! The AWS adapters keep every promise of their ports, on the tables, the bucket and the queue that the template makes.

use aws_sdk_dynamodb::types::{BillingMode, LocalSecondaryIndex};
use aws_sdk_sqs::types::QueueAttributeName;
use shared::{
    aws::{FileBucket, ImportTable, RecordTable, SqsImportQueue},
    conformance::queue::Consumer,
    message::Tick,
    ports::{Depth, ImportQueue, Outside},
};
use uuid::Uuid;

use crate::world::World;

/// An empty table like the deployed one: a promise about the line needs the line to itself.
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
struct Queue {
    port: SqsImportQueue,
    client: aws_sdk_sqs::Client,
    url: String,
}

async fn queue() -> Queue {
    let client = aws_sdk_sqs::Client::new(&World::shared().await.stack.sdk_config());
    let name = format!("imports-{}.fifo", Uuid::new_v4());
    let created = client.create_queue().queue_name(name).attributes(QueueAttributeName::FifoQueue, "true").send().await;
    let url = created.unwrap().queue_url.unwrap();
    Queue { port: SqsImportQueue::new(client.clone(), url.clone()), client, url }
}

impl ImportQueue for Queue {
    async fn send(&self, tick: &Tick, deduplication: &str) -> Outside<()> {
        self.port.send(tick, deduplication).await
    }

    async fn send_aside(&self, tick: &Tick, deduplication: &str, group: &str) -> Outside<()> {
        self.port.send_aside(tick, deduplication, group).await
    }

    async fn hide(&self, receipt_handle: &str, time: std::time::Duration) -> Outside<()> {
        self.port.hide(receipt_handle, time).await
    }

    async fn depth(&self) -> Outside<Depth> {
        self.port.depth().await
    }
}

impl Consumer for Queue {
    async fn receive(&self) -> Outside<Option<(String, Tick)>> {
        let received = self.client.receive_message().queue_url(&self.url).send().await.unwrap();
        let message = received.messages.unwrap_or_default().into_iter().next();
        let read = |body: String| serde_json::from_str(&body).unwrap();
        Ok(message.map(|message| (message.receipt_handle.unwrap(), read(message.body.unwrap()))))
    }

    async fn delete(&self, receipt_handle: &str) -> Outside<()> {
        let call = self.client.delete_message().queue_url(&self.url).receipt_handle(receipt_handle);
        call.send().await.unwrap();
        Ok(())
    }
}

mod import_table {
    shared::import_store_promises!(super::imports());
    shared::import_end_promises!(super::imports());
    shared::import_listing_promises!(super::imports());
}

mod record_table {
    shared::record_store_promises!(super::records());
}

mod file_bucket {
    shared::file_store_promises!(super::files());
}

mod import_queue {
    shared::import_queue_promises!(super::queue());
}

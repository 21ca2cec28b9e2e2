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
    let (client, table) = imports_table().await;
    ImportTable::new(client, table)
}

async fn imports_table() -> (aws_sdk_dynamodb::Client, String) {
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
    (client, name)
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
    use aws::ImportTable;
    use aws_sdk_dynamodb::{Client, types::AttributeValue};
    use chrono::{DateTime, Utc};
    use twins::conformance::history::{self, Step};

    twins::imports_promises!(super::imports());
    twins::import_end_promises!(super::imports());
    twins::import_listing_promises!(super::imports());
    twins::idempotency_promises!(super::imports());
    twins::uploads_promises!(super::imports());
    twins::seats_promises!(super::imports());

    /// Deletes the jobs that have expired, as the database does in time.
    async fn sweep(client: &Client, table: &str, now: DateTime<Utc>) {
        let now = AttributeValue::N(now.timestamp().to_string());
        let call = client.scan().table_name(table).filter_expression("expires_at <= :now AND begins_with(sk, :job)");
        let call = call.expression_attribute_values(":now", now);
        let call = call.expression_attribute_values(":job", AttributeValue::S("import#".to_owned()));
        for item in call.send().await.unwrap().items.unwrap_or_default() {
            let call = client.delete_item().table_name(table);
            call.key("pk", item["pk"].clone()).key("sk", item["sk"].clone()).send().await.unwrap();
        }
    }

    #[tokio::test]
    async fn whatever_the_retention_was_every_way_to_ask_finds_the_same_jobs() {
        for _ in 0..4 {
            let seed = std::env::var("SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
            println!("SEED={seed}");
            let mut random = fastrand::Rng::with_seed(seed);
            let steps: Vec<Step> = (0..40).map(|_| Step::of([random.u8(..), random.u8(..), random.u8(..)])).collect();
            let (client, table) = super::imports_table().await;
            let imports = ImportTable::new(client.clone(), table.clone());
            history::check(&imports, &steps, async |now| sweep(&client, &table, now).await).await;
        }
    }
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

mod import_queue {
    twins::queue_promises!(super::queue());
}

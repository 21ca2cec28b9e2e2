//! Jobs that were stored but never announced to the worker, as when the queue could not be reached: the schedule finds
//! them.

use std::time::Duration;

use aws::ImportTable;
use imports::{
    import::{ImportFile, ImportId, NewImport},
    ports::Imports,
    times::RESUME_GRACE,
};
use records::StoreId;
use uuid::Uuid;

use crate::world::{World, sum};

/// Stores a job without a message, as one that is half a minute old: so long the schedule leaves jobs alone.
async fn store_job(world: &World, file: &str) -> String {
    let client = aws_sdk_dynamodb::Client::new(&world.stack.sdk_config());
    let imports = ImportTable::new(client, world.stack.imports_table().to_owned());
    let id = ImportId::new(Uuid::new_v4());
    let new = NewImport::new(
        id,
        StoreId::from_configuration(&world.store).unwrap(),
        ImportFile { key: file.to_owned(), version: None },
    );
    imports.create(new, chrono::Utc::now() - RESUME_GRACE).await.unwrap();
    id.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_without_a_message_runs_within_two_minutes_and_one_without_its_file_says_so() {
    let world = World::own().await;
    let line = "{\"type\":\"subscription_product\",\"name\":\"Tea\"}";
    let key = format!("imports/{}/forgotten.jsonl", world.store);
    world
        .s3()
        .put_object()
        .bucket(world.stack.bucket())
        .key(&key)
        .body(line.as_bytes().to_vec().into())
        .send()
        .await
        .unwrap();
    let forgotten = store_job(&world, &key).await;
    let gone = store_job(&world, &format!("imports/{}/gone.jsonl", world.store)).await;

    // Two minutes without that half, and the seconds in which the local schedule is late.
    let job = world.ended_within(&forgotten, Duration::from_secs(110)).await;
    assert_eq!(sum(&job, "imported"), 1);
    let job = world.ended(&gone).await;
    assert_eq!(job["attributes"]["status"], "failed");
    assert_eq!(world.errors(&gone).await, [(0, "file_missing".to_owned(), String::new())]);
}

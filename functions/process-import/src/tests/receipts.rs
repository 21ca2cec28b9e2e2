//! What a partner finds beside a dropped file.

use insta::assert_snapshot;
use shared::import::ImportStatus;

use super::*;

fn receipt(world: &World, name: &str) -> Option<String> {
    let receipt = world.worker.files.content(&format!("receipts/main/{name}.json"))?;
    Some(String::from_utf8(receipt.to_vec()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_drop_has_its_receipt_when_its_job_has_ended() {
    let world = World::new();
    world.drop_file(1, "nightly +1.jsonl", product("tea") + "{}\n").await;
    assert_eq!(receipt(&world, "nightly +1.jsonl"), None);
    world.run().await;
    assert_snapshot!(receipt(&world, "nightly +1.jsonl").unwrap());
    assert_eq!(world.worker.imports.owed_receipts(9).await, Ok(vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_file_that_was_not_dropped_has_none() {
    let world = World::with(product("tea")).await;
    world.run().await;
    assert!(world.worker.files.keys().iter().all(|key| !key.starts_with("receipts/")));
}

#[tokio::test(start_paused = true)]
async fn a_receipt_that_could_not_be_written_is_written_by_a_later_turn() {
    let world = World::new();
    world.drop_file(1, "a.jsonl", product("tea")).await;
    world.faults.plan(Call::Put, Fault::permanent());
    assert_eq!(world.turn().await, Some(true));
    assert_eq!(world.import(1).await.status, ImportStatus::Success);
    assert_eq!(receipt(&world, "a.jsonl"), None);
    // A tick that finds nothing else to do will do.
    submit_tick(&world).await;
    assert_eq!(world.turn().await, Some(true));
    assert!(receipt(&world, "a.jsonl").is_some());
}

async fn submit_tick(world: &World) {
    world.worker.queue.send(&Tick::of(&store(), id(1)), "again").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn of_two_drops_under_one_name_the_later_ones_receipt_stays() {
    let world = World::new();
    world.drop_file(1, "a.jsonl", product("tea")).await;
    world.drop_file(2, "a.jsonl", product("mug")).await;
    world.faults.plan(Call::Put, Fault::transient());
    world.run().await;
    let receipt: serde_json::Value = serde_json::from_str(&receipt(&world, "a.jsonl").unwrap()).unwrap();
    assert_eq!(receipt["data"]["id"], id(2).to_string());
    assert_eq!(receipt["file"]["version"], "2");
}

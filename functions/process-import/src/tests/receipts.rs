//! What a partner finds beside a dropped file.

use imports::{
    debts::{Debt, Round, pay},
    import::{Ending, ImportStatus, Outcome, Tally},
};
use insta::assert_snapshot;

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
    assert_eq!(world.worker.imports.owed(Debt::Receipt, 9).await, Ok(vec![]));
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
    world.faults.plan(Call::PutOver, Fault::permanent());
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
    world.faults.plan(Call::PutOver, Fault::transient());
    world.run().await;
    let receipt: serde_json::Value = serde_json::from_str(&receipt(&world, "a.jsonl").unwrap()).unwrap();
    assert_eq!(receipt["data"]["id"], id(2).to_string());
    assert_eq!(receipt["file"]["version"], "2");
}

/// Ends the pending job of a drop, as a cancel does.
async fn cancel(world: &World, number: u128) {
    let import = world.import(number).await;
    let report = Report { prefix: "reports/main/none".to_owned(), failure: None, errors: 0, blocked: 0 };
    let expires_at = twins::now() + TimeDelta::days(90);
    let outcome = Outcome { ending: Ending::Failed, tally: Tally::default(), report, expires_at, owes_receipt: true };
    world.worker.imports.cancel_pending(&import, &outcome, twins::now()).await.unwrap();
}

/// Which job the receipt of `a.jsonl` is for.
fn receipt_for(world: &World) -> ImportId {
    let receipt: serde_json::Value = serde_json::from_str(&receipt(world, "a.jsonl").unwrap()).unwrap();
    ImportId::parse(receipt["data"]["id"].as_str().unwrap()).unwrap()
}

async fn write_owed(world: &World) {
    let Worker { imports, files, events, .. } = &world.worker;
    pay(imports, files, events, Debt::ALL, Round::OF_WORKER, &twins::now).await;
}

#[tokio::test(start_paused = true)]
async fn a_newer_drop_that_ended_first_keeps_its_receipt() {
    let world = World::new();
    world.drop_file(1, "a.jsonl", product("tea")).await;
    world.drop_file(2, "a.jsonl", product("mug")).await;
    cancel(&world, 2).await;
    write_owed(&world).await;
    world.run().await;
    assert_eq!(receipt_for(&world), id(2));
    assert_eq!(world.worker.imports.owed(Debt::Receipt, 9).await, Ok(vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_slow_put_of_an_older_drops_receipt_does_not_replace_a_newer_ones() {
    let world = World::new();
    world.drop_file(1, "a.jsonl", product("tea")).await;
    world.drop_file(2, "a.jsonl", product("mug")).await;
    world.faults.plan(Call::PutOver, Fault::permanent());
    assert_eq!(world.turn().await, Some(true));
    world.faults.plan(Call::PutOver, Fault::Adrift(Duration::from_secs(20)));
    let slow = async {
        write_owed(&world).await;
    };
    let quick = async {
        pass(TimeDelta::seconds(1)).await;
        world.run().await;
        assert_eq!(receipt_for(&world), id(2));
    };
    tokio::join!(slow, quick);
    pass(TimeDelta::seconds(30)).await;
    assert_eq!(receipt_for(&world), id(2));
    assert_eq!(world.worker.imports.owed(Debt::Receipt, 9).await, Ok(vec![]));
}

#[tokio::test(start_paused = true)]
async fn of_two_drops_under_one_name_the_one_put_last_counts_whichever_was_announced_first() {
    let world = World::new();
    for (number, sequencer) in [(1, "0066A2"), (2, "00669")] {
        let file = world.worker.files.store("drops/main/a.jsonl", product(&number.to_string()));
        let new = NewImport { sequencer: Some(sequencer.to_owned()), ..NewImport::new(id(number), store(), file) };
        submit(&world.worker.imports, &world.worker.queue, new, twins::now()).await.unwrap();
    }
    world.run().await;
    assert_eq!(receipt_for(&world), id(1));
    assert_eq!(world.worker.imports.owed(Debt::Receipt, 9).await, Ok(vec![]));
}

//! A queue position costs one read unit, however many jobs wait.

use chrono::TimeDelta;
use imports::{filter::Filter, page::Page, ports::Imports, queue_position::Turns};
use serde_json::Value;
use tokio::sync::mpsc;
use twins::fixture::{World, call, call_for, id, job, noon};

use crate::dynamo::{Dynamo, Weather};

const WAITING: u32 = 3_000;
const LINE: &str = "{\"type\":\"subscription_product\",\"name\":\"Tea\"}";

/// The read units that the database counted since it was last asked.
fn read_units(log: &mut mpsc::UnboundedReceiver<(String, Value)>) -> f64 {
    let mut units = 0.0;
    while let Ok((operation, answer)) = log.try_recv() {
        let consumed = &answer["ConsumedCapacity"];
        let of_table = |consumed: &Value| consumed["CapacityUnits"].as_f64().unwrap();
        units += match operation.as_str() {
            "GetItem" | "Query" => of_table(consumed),
            "BatchGetItem" => consumed.as_array().unwrap().iter().map(of_table).sum(),
            _ => 0.0,
        };
    }
    units
}

fn position(body: &Value) -> u64 {
    body["meta"]["queue"]["position"].as_u64().unwrap()
}

#[tokio::test(start_paused = true)]
async fn with_three_thousand_waiting_a_position_costs_one_read_unit() {
    let world = World::new();
    let (sender, mut log) = mpsc::unbounded_channel();
    let dynamo = Dynamo::logged(Weather::default(), Some(sender));
    let table = dynamo.table();
    for number in 1..=WAITING {
        table.create(job(number.into()), noon() + TimeDelta::milliseconds(number.into())).await.unwrap();
    }
    let newest = table.get(&call().store, id(WAITING.into()), noon()).await.unwrap().unwrap();
    read_units(&mut log);
    assert_eq!(Turns::position_of(&table, &newest).await, Ok(Some(WAITING.into())));
    let alone = read_units(&mut log);
    println!("{alone} read units for a queue position with {WAITING} waiting jobs");
    assert!(alone <= 1.0);

    let body = |reply: imports::api::Reply| serde_json::from_str::<Value>(&reply.body).unwrap()["data"].take();
    let own = imports::api::Call { content_type: Some("application/jsonl".to_owned()), body: LINE.into(), ..call() };
    let posted = create_import::handle(&world.files, &table, &world.queue, noon, id(5_000), own).await.unwrap();
    assert_eq!(position(&body(posted)), u64::from(WAITING) + 1);
    let create = read_units(&mut log);

    table.list(&call().store, &Filter::default(), Page::default(), noon()).await.unwrap();
    let jobs = read_units(&mut log);
    let listed = list_imports::handle(&table, noon(), &call()).await.unwrap();
    let positions: Vec<u64> = body(listed).as_array().unwrap().iter().map(position).collect();
    assert_eq!(positions, (0..25).map(|place| u64::from(WAITING) + 1 - place).collect::<Vec<_>>());
    let list = read_units(&mut log) - jobs;

    table.get(&call().store, id(7), noon()).await.unwrap();
    let job = read_units(&mut log);
    let shown = get_import::handle(&table, 0, noon, &call_for("main", id(7))).await.unwrap();
    assert_eq!(position(&body(shown)), 7);
    let get = read_units(&mut log) - job;
    println!("read units for positions: {create} at a post, {list} on a page of 25, {get} at a poll");
    assert!([create, list, get].into_iter().all(|units| units <= 1.0));
}

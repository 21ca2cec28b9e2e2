//! Between the functions and AWS lies a network: it forgets connections, stands still in the middle of something, is slow. The
//! report is written all the same, by the first worker that tries.

use std::{
    fmt::Write,
    time::{Duration, Instant},
};

use crate::{
    proxy::{Idle, Mischief, Proxy},
    world::{World, sum},
};
use aws_sdk_dynamodb::types::AttributeValue;

/// Products for as many batches as go at once, each over a connection of its own; an offering and a subscription, for which a
/// worker goes back to the database; a bad line.
fn file(products: usize) -> String {
    let mut file = String::new();
    for number in 0..products {
        writeln!(file, r#"{{"type":"subscription_product","external_ref":"p{number}","name":"Box {number}"}}"#)
            .unwrap();
    }
    file += r#"{"type":"subscription_plan","external_ref":"m","name":"Monthly","billing_interval_type":"month","#;
    file += r#""billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true}"#;
    file += "\n";
    file += r#"{"type":"subscription_offering","external_ref":"o","name":"Club","products":["p1"],"plans":["m"]}"#;
    file += "\n";
    file +=
        r#"{"type":"subscription","account_id":"4dbb0891-17c3-4b93-8191-a45357163595","currency":"GBP","name":"Zoë","#;
    file += r#""email":"zoe@example.com","manual_payments":false,"offering_external_ref":"o","selected_plan":"m"}"#;
    file + "\n" + BAD + "\n"
}

/// In the head of a call that writes objects.
const WRITE: &str = "DynamoDB_20120810.BatchWriteItem";

const BAD: &str = r#"{"type":"subscription_product","name":""}"#;

/// Imports the file in a store of its own, and looks at what is reported of it. Says for people how it went.
async fn check(name: &str, world: &World, proxy: &Proxy, products: usize) -> String {
    let world = world.neighbour();
    let began = Instant::now();
    let job = world.run(file(products)).await;
    let account = format!("{name}: ended after {:.1} s; so far {proxy}", began.elapsed().as_secs_f64());
    assert_eq!(job["attributes"]["status"], "success", "{job:#}");
    let good = products + 3;
    assert_eq!(sum(&job, "imported"), u64::try_from(good).unwrap());
    let id = job["id"].as_str().unwrap();
    let results = world.results(id).await;
    assert_eq!(results.iter().filter(|row| row["action"] == "created").count(), good);
    assert_eq!(results.len(), good + 1);
    assert_eq!(world.errors(id).await.len(), 1);
    assert_eq!(world.download(id, "failed-lines").await, format!("{BAD}\n").into_bytes());
    assert_eq!(world.objects().await.len(), good);
    assert_eq!(attempts(&world, id).await, "1", "{name}: it took another worker");
    assert!(proxy.is_done(), "{name}: something planned did not happen");
    account
}

/// How often a job was claimed.
async fn attempts(world: &World, id: &str) -> String {
    let client = aws_sdk_dynamodb::Client::new(&world.stack.sdk_config());
    let call = client.get_item().table_name(world.stack.imports_table());
    let call = call.key("pk", AttributeValue::S(world.store.clone()));
    let call = call.key("sk", AttributeValue::S(format!("import#{id}")));
    call.send().await.unwrap().item.unwrap()["attempt"].as_n().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_lost_while_idle_do_not_keep_the_report_from_being_written() {
    let (world, proxy) = Proxy::world().await;
    // After twenty seconds S3 knows a connection no more. Meanwhile the database is slow, three times.
    proxy.idle(Idle::Forgotten(Duration::from_secs(20)));
    for text in ["Monthly", "Club", "zoe@example.com"] {
        proxy.plan([WRITE, text], Mischief::Hold(Duration::from_secs(9)));
    }
    println!("{}", check("forgotten", &world, &proxy, 2_000).await);
    assert_eq!(proxy.broken(), 0, "a request went over a connection that was forgotten");

    proxy.idle(Idle::Closed(Duration::from_millis(200)));
    println!("{}", check("closed", &world, &proxy, 2_000).await);
    proxy.idle(Idle::Reset(Duration::from_millis(200)));
    println!("{}", check("reset", &world, &proxy, 2_000).await);
    proxy.idle(Idle::Snapped(10));
    println!("{}", check("snapped", &world, &proxy, 2_000).await);
    assert!(proxy.broken() > 5, "{proxy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_stand_still_or_trickle_do_not_keep_the_report_from_being_written() {
    let (world, proxy) = Proxy::world().await;
    for texts in [["GET /", "/imports/"], [WRITE, "Club"], ["PUT /", "results.jsonl"]] {
        proxy.plan(texts, Mischief::Trickle(100));
    }
    println!("{}", check("slow", &world, &proxy, 1_000).await);

    // The import file on its way to the worker, an answer of the database, a file of the report on its way to S3.
    proxy.plan(["GET /", "/imports/"], Mischief::StallAnswer(50_000));
    proxy.plan([WRITE, "Club"], Mischief::StallAnswer(30));
    proxy.plan(["PUT /", "results.jsonl"], Mischief::StallRequest);
    println!("{}", check("standing still", &world, &proxy, 1_000).await);
}

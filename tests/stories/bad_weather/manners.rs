//! The AWS weather: overlapping transactions are refused, tables take so much and no more, each call takes its time.

use std::{
    collections::BTreeSet,
    fmt::Write,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use aws_sdk_dynamodb::{
    Client,
    config::retry::RetryConfig,
    error::ProvideErrorMetadata,
    types::{AttributeValue, Put, PutRequest, TransactWriteItem, WriteRequest},
};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use imports::{api::IMPORTS_PATH, import::ImportStatus};

use super::{attempts, ended, product};
use crate::{
    proxy::{Proxy, manners::AwsManners},
    world::World,
};

const LINES: usize = 5_000;
const POSTS: usize = 50;
const DROPS: usize = 20;
/// How many write units a table takes a second: fewer than are written on a busy machine.
const UNITS: f64 = 200.0;

/// A client of the database behind the proxy that tries nothing again.
fn client(world: &World, proxy: &Proxy) -> Client {
    let config = aws_sdk_dynamodb::config::Builder::from(&world.stack.sdk_config());
    Client::from_conf(config.endpoint_url(proxy.url()).retry_config(RetryConfig::disabled()).build())
}

fn text(value: &impl ToString) -> AttributeValue {
    AttributeValue::S(value.to_string())
}

async fn overlapping_transactions_are_refused(client: &Client, table: &str) {
    let transact = async |_| {
        let put = Put::builder().table_name(table).item("pk", text(&"bench")).item("sk", text(&"one")).build().unwrap();
        let call = client.transact_write_items().transact_items(TransactWriteItem::builder().put(put).build());
        call.send().await.map_err(|error| format!("{:?}", error.into_service_error()))
    };
    let answers = join_all((0..10).map(transact)).await;
    let done = answers.iter().filter(|answer| answer.is_ok()).count();
    let refused =
        answers.iter().filter(|answer| answer.as_ref().is_err_and(|error| error.contains("TransactionConflict")));
    assert_eq!((done.min(1), refused.count()), (1, 10 - done), "{answers:?}");
    assert!(done < 10, "none was refused");
}

/// Writes a batch under these ids; answers the ids that were left over.
async fn write(client: &Client, table: &str, ids: &[u32]) -> Result<BTreeSet<u32>, String> {
    let put = |id| PutRequest::builder().item("id", text(&id)).item("store", text(&"bench")).build().unwrap();
    let requests = ids.iter().map(|id| WriteRequest::builder().put_request(put(id)).build()).collect();
    let answer = client.batch_write_item().request_items(table, requests).send().await;
    let answer = answer.map_err(|error| error.code().unwrap_or_default().to_owned())?;
    let left = answer.unprocessed_items.unwrap_or_default().remove(table).unwrap_or_default();
    Ok(left.into_iter().map(|left| left.put_request.unwrap().item["id"].as_s().unwrap().parse().unwrap()).collect())
}

async fn batches_get_through_in_part(client: &Client, table: &str, past: &Client) {
    let ids: Vec<u32> = (0..250).collect();
    let answers = join_all(ids.chunks(25).map(|ids| write(client, table, ids))).await;
    let throttled = answers.iter().filter(|answer| answer.is_err()).count();
    let mut left: BTreeSet<u32> = answers.iter().flatten().flatten().copied().collect();
    for (ids, answer) in ids.chunks(25).zip(&answers) {
        assert!(answer.as_ref().err().is_none_or(|code| code == "ThrottlingException"), "{answer:?}");
        left.extend(ids.iter().filter(|_| answer.is_err()));
    }
    assert!(throttled > 0 && left.len() > 25 * throttled, "{throttled} throttled, {} left", left.len());
    let mut written = BTreeSet::new();
    for id in &ids {
        let item = past.get_item().table_name(table).key("id", text(&id)).send().await.unwrap().item;
        written.extend(item.map(|_| *id));
    }
    assert!(ids.iter().all(|id| written.contains(id) != left.contains(id)), "{written:?} and {left:?}");
}

fn file() -> String {
    let mut file = String::new();
    for number in 0..LINES {
        writeln!(file, r#"{{"type":"subscription_product","external_ref":"p{number}","name":"Box {number}"}}"#)
            .unwrap();
    }
    file
}

/// Lists and polls until it is told to stop; no call may fail. Answers how many there were.
async fn look(world: &World, id: &str, stop: &AtomicBool) -> u32 {
    let mut calls = 0;
    while !stop.load(Ordering::Relaxed) {
        for path in [IMPORTS_PATH.to_owned(), format!("{IMPORTS_PATH}/{id}")] {
            crate::world::send(world.request(reqwest::Method::GET, &path)).await.expect(200);
            calls += 1;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    calls
}

/// Answers how many calls looked meanwhile.
async fn everything_at_once(world: &World) -> u32 {
    let large = world.submit(file()).await;
    let post = async |number: usize| world.submit(product(&format!("post-{number}"))).await;
    let drop =
        async |number: usize| world.drop_file(&format!("{number}.jsonl"), product(&format!("drop-{number}"))).await;
    let stop = AtomicBool::new(false);
    let act = async {
        let (posted, _) = tokio::join!(join_all((0..POSTS).map(post)), join_all((0..DROPS).map(drop)));
        let mut ids = vec![large.clone()];
        ids.extend(posted);
        for number in 0..DROPS {
            ids.push(world.job_of_drop(&format!("{number}.jsonl")).await);
        }
        let mut jobs = Vec::new();
        for id in &ids {
            let job = ended(world, id).await;
            assert_eq!((job.status, attempts(world, id).await), (ImportStatus::Success, "1".to_owned()), "{id}");
            let lines = if *id == large { LINES } else { 1 };
            assert_eq!(usize::try_from(job.tally.imported.total()), Ok(lines));
            assert_eq!(world.results(id).await.len(), lines);
            jobs.push((job.created_at, job.started_at));
        }
        stop.store(true, Ordering::Relaxed);
        jobs.sort_unstable();
        assert!(jobs.is_sorted_by(|one, next| one.0 < next.0 && one.1 < next.1), "not in the order of creation");
    };
    let ((), calls) = tokio::join!(act, look(world, &large, &stop));
    assert_eq!(world.objects().await.len(), LINES + POSTS + DROPS);
    assert_eq!(world.all(IMPORTS_PATH, 100).await.len(), 1 + POSTS + DROPS);
    calls
}

/// A client that keeps its token over a redirect is refused by S3, and gets through where it asks for the address.
async fn a_link_wants_no_token(world: &World, proxy: &Proxy) {
    let id = world.submit(product("link")).await;
    ended(world, &id).await;
    let path = format!("{IMPORTS_PATH}/{id}/results");
    let link = world.get(&path).await.headers["location"].to_str().unwrap().to_owned();
    let client = reqwest::Client::new();
    let refused = client.get(&link).bearer_auth("token").send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert!(refused.text().await.unwrap().contains("Only one auth mechanism allowed"));
    assert_eq!(proxy.manners(AwsManners::take_figures).1, 1);
    let told = world.get(&format!("{path}?redirect=false")).await;
    assert!(!told.headers.contains_key("location"));
    let told = told.expect(200);
    let results = client.get(told["links"]["download"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(results.status(), 200);
    let expires_at = told["meta"]["expires_at"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    assert!(expires_at > Utc::now() + TimeDelta::minutes(13), "{told}");
    assert_eq!(world.results(&id).await.len(), 1);
    assert_eq!(proxy.manners(AwsManners::take_figures).1, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_aws_weather_nothing_is_lost_nothing_doubled_and_nothing_fails() {
    let (world, proxy) = Proxy::world().await;
    let (client, past) = (client(&world, &proxy), Client::new(&world.stack.sdk_config()));
    proxy.manners(|manners| *manners = AwsManners::all(60.0));
    overlapping_transactions_are_refused(&client, world.stack.imports_table()).await;
    batches_get_through_in_part(&client, world.stack.objects_table(), &past).await;
    let (figures, _) = proxy.manners(AwsManners::take_figures);
    println!("tried by itself: {figures}");
    assert!(figures.conflicts > 0 && figures.throttled > 0 && figures.left_over > 0, "{figures}");

    proxy.manners(|manners| *manners = AwsManners::all(UNITS));
    let began = Instant::now();
    let calls = everything_at_once(&world).await;
    let (figures, _) = proxy.manners(AwsManners::take_figures);
    println!(
        "in the AWS weather, with {calls} calls that looked: {figures}; ended after {:.1} s",
        began.elapsed().as_secs_f64()
    );
    assert!(figures.left_over > 0, "the table was never at its limit");
    a_link_wants_no_token(&world, &proxy).await;
}

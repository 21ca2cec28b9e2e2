//! Ten thousand jobs in one store: the last page costs the database what the first one does.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use aws_sdk_dynamodb::{
    Client,
    config::{self, ConfigBag, Intercept, RuntimeComponents, interceptors::AfterDeserializationInterceptorContextRef},
    error::BoxError,
    operation::query::QueryOutput,
    types::{AttributeValue, PutRequest, WriteRequest},
};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use shared::{api::time, aws::ImportTable, filter::Filter, owner::StoreId, page::Page, ports::ImportStore};
use uuid::Uuid;

use crate::world::{IMPORTS, World};

const JOBS: u64 = 10_000;

type Item = HashMap<String, AttributeValue>;

#[tokio::test(flavor = "multi_thread")]
async fn the_last_of_ten_thousand_jobs_are_as_cheap_as_the_first_and_nothing_lies_beyond() {
    let world = World::shared().await;
    let job = fill_store(&world).await;
    check_costs(&world, weight(&job)).await;
    check_api(&world).await;
}

/// Compares what pages cost at several offsets, and with what a walk over all jobs costs.
async fn check_costs(world: &World, weight: u64) {
    let meter = Meter { weight, units: Arc::default() };
    let config = config::Builder::from(&world.stack.sdk_config()).interceptor(meter.clone()).build();
    let imports = ImportTable::new(Client::from_conf(config), world.stack.imports_table().to_owned());
    let store = StoreId::from_configuration(&world.store).unwrap();
    let read = async |filter: &Filter, offset: u64| {
        let query = [("page[offset]".to_owned(), offset.to_string())];
        meter.units.store(0, Ordering::Relaxed);
        let listing = imports.list(&store, filter, Page::from_query(&query).unwrap(), Utc::now()).await.unwrap();
        assert_eq!(listing.total, JOBS);
        let ids: Vec<Uuid> = listing.imports.iter().map(|import| import.id.as_uuid()).collect();
        (ids, meter.units.load(Ordering::Relaxed))
    };
    let (_, first) = read(&Filter::default(), 0).await;
    for offset in [25, 5_000, 9_975] {
        let (ids, units) = read(&Filter::default(), offset).await;
        assert_eq!(ids, page(offset));
        assert!(units.abs_diff(first) * 5 <= first, "{units} read units at {offset}, {first} at 0");
    }
    // The meter tells a walk from a page: a filter has to look at every job.
    let (ids, walked) = read(&Filter::parse("eq(status,success)").unwrap(), 9_975).await;
    assert_eq!(ids, page(9_975));
    assert!(walked > 100 * first, "{walked} read units for all jobs, {first} for a page");
}

/// Asks the deployed API for the last jobs, and for more.
async fn check_api(world: &World) {
    let ids = |page: &Value| -> Vec<Uuid> {
        page["data"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().parse().unwrap()).collect()
    };
    let last = world.get(&format!("{IMPORTS}?page[offset]=9975")).await.expect(200);
    assert_eq!(ids(&last), page(9_975));
    assert_eq!(last["meta"]["results"]["total"], JOBS);
    assert_eq!(last["meta"]["page"]["total"], 400);
    assert_eq!(last["links"]["next"], Value::Null);
    assert_eq!(last["links"]["last"], last["links"]["current"]);

    let beyond = world.get(&format!("{IMPORTS}?page[offset]=10000")).await.expect(200);
    assert_eq!(beyond["data"], json!([]));
    assert_eq!(beyond["meta"]["results"]["total"], JOBS);

    // A walk over all of them ends before the gateway gives up.
    let third = last["data"][22]["meta"]["timestamps"]["created_at"].as_str().unwrap();
    let earliest = world.get(&format!("{IMPORTS}?filter=le(created_at,{third})")).await.expect(200);
    assert_eq!(ids(&earliest), page(9_997));
}

/// The ids on the page after so many jobs, newest first. They tell the jobs' numbers, except that of the newest.
fn page(offset: u64) -> Vec<Uuid> {
    (1..=JOBS - offset).rev().take(25).map(|number| Uuid::from_u128(number.into())).collect()
}

/// Brings one job to its end and puts as many copies of it before it as make ten thousand; answers its item.
async fn fill_store(world: &World) -> Item {
    let ended = world.run("{\"type\":\"subscription_product\",\"name\":\"Tea\"}").await;
    let newest: DateTime<Utc> = ended["meta"]["timestamps"]["created_at"].as_str().unwrap().parse().unwrap();
    let text = |value: String| AttributeValue::S(value);
    let number = |value: u64| AttributeValue::N(value.to_string());

    let client = Client::new(&world.stack.sdk_config());
    let get = async |sort_key: String| {
        let call = client.get_item().table_name(world.stack.imports_table()).consistent_read(true);
        call.key("pk", text(world.store.clone())).key("sk", text(sort_key)).send().await.unwrap().item.unwrap()
    };
    let job = get(format!("import#{}", ended["id"].as_str().unwrap())).await;
    let counter = get("counter".to_owned()).await;
    assert_eq!((&job["position"], &counter["last_number"]), (&number(1), &number(1)));

    let copies = (1..JOBS).map(|place| {
        let id = Uuid::from_u128(place.into()).to_string();
        let created_at = newest - TimeDelta::seconds(i64::try_from(JOBS - place).unwrap());
        changed(
            &job,
            [
                ("sk", text(format!("import#{id}"))),
                ("id", text(id)),
                ("created_at", text(time(created_at))),
                ("position", number(place)),
            ],
        )
    });
    let originals = [changed(&job, [("position", number(JOBS))]), changed(&counter, [("last_number", number(JOBS))])];
    let puts = copies.chain(originals).map(|item| {
        WriteRequest::builder().put_request(PutRequest::builder().set_item(Some(item)).build().unwrap()).build()
    });
    let puts: Vec<_> = puts.collect();
    stream::iter(puts.chunks(25))
        .for_each_concurrent(8, |batch| {
            let call = client.batch_write_item().request_items(world.stack.imports_table(), batch.to_vec());
            async { assert!(call.send().await.unwrap().unprocessed_items.unwrap_or_default().is_empty()) }
        })
        .await;
    job
}

fn changed<const N: usize>(item: &Item, attributes: [(&str, AttributeValue); N]) -> Item {
    let mut item = item.clone();
    for (name, value) in attributes {
        assert!(item.insert(name.to_owned(), value).is_some(), "a job has no {name}");
    }
    item
}

/// Counts the read units of a client's queries as DynamoDB does: one for each 4 KB, begun or full, of the items that a
/// query looked at. The local AWS reports one unit for every query, however much it read.
#[derive(Clone, Debug)]
struct Meter {
    /// What each item weighs, in bytes.
    weight: u64,
    units: Arc<AtomicU64>,
}

impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "meter"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let output = context.output_or_error().map_err(|error| format!("the call failed: {error:?}"))?;
        let query = output.downcast_ref::<QueryOutput>().ok_or("only queries are counted")?;
        let read = u64::try_from(query.scanned_count)? * self.weight;
        self.units.fetch_add(read.div_ceil(4_096).max(1), Ordering::Relaxed);
        Ok(())
    }
}

/// What an item weighs in the database's own count.
fn weight(item: &Item) -> u64 {
    let of_value = |value: &AttributeValue| match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(digits) => digits.len().div_ceil(2) + 1,
        AttributeValue::Bool(_) => 1,
        AttributeValue::M(map) => 3 + usize::try_from(weight(map)).unwrap() + map.len(),
        other => panic!("a job has no {other:?}"),
    };
    item.iter().map(|(name, value)| u64::try_from(name.len() + of_value(value)).unwrap()).sum()
}

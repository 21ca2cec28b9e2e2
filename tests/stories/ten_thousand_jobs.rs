//! Ten thousand jobs in one store: the last page costs the database what the first one does, and so does one within times
//! of creation. Three thousand that wait, their names as long as can be: a page reads its own jobs whole, and of the
//! others only small entries of the index.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use aws::ImportTable;
use aws_sdk_dynamodb::{
    Client,
    config::{self, ConfigBag, Intercept, RuntimeComponents, interceptors::AfterDeserializationInterceptorContextRef},
    error::BoxError,
    operation::{batch_get_item::BatchGetItemOutput, query::QueryOutput},
    types::{AttributeValue, PutRequest, WriteRequest},
};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, stream};
use imports::{
    api::time,
    filter::Filter,
    page::Page,
    ports::{Imports, Listing},
};
use records::StoreId;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{IMPORTS, World};

const JOBS: u64 = 10_000;
const WAITING: u64 = 3_000;

type Item = HashMap<String, AttributeValue>;

#[tokio::test(flavor = "multi_thread")]
async fn the_last_of_ten_thousand_jobs_are_as_cheap_as_the_first_and_nothing_lies_beyond() {
    let world = World::shared().await;
    let job = fill_store(&world).await;
    let walked = check_costs(&world, &job).await;
    println!("{walked} read units for a filter by status");
    check_api(&world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_three_thousand_waiting_jobs_with_long_names_a_page_reads_its_own_alone() {
    let world = World::own().await;
    let long = "🌙".repeat(2_048);
    let ended = world.run("{\"type\":\"subscription_product\",\"name\":\"Tea\"}").await;
    let (job, _) = stored(&world, ended["id"].as_str().unwrap()).await;
    let now = Utc::now();
    let waiting = (0..WAITING).map(|index| {
        let id = Uuid::from_u128(index.into()).to_string();
        let created_at = now + TimeDelta::milliseconds(i64::try_from(index).unwrap());
        let mut item = changed(
            &job,
            [
                ("sk", text(format!("import#{id}"))),
                ("id", text(id)),
                ("status", text("pending".to_owned())),
                ("created_at", text(time(created_at))),
                ("position", AttributeValue::N(created_at.timestamp_micros().to_string())),
            ],
        );
        item.retain(|name, _| !["kept_from", "expires_at", "report", "errors", "blocked"].contains(&name.as_str()));
        item.insert("external_ref".to_owned(), text(long.clone()));
        item.insert("ref_digest".to_owned(), text(Uuid::new_v4().simple().to_string()));
        item
    });
    put_all(&world, waiting.collect()).await;

    let meter = Meter::new(&world).await;
    let (listing, units) = meter.read(&Filter::default(), 0).await;
    assert_eq!((listing.imports.len(), listing.total), (25, WAITING + 1));
    // 8 KB each of the 25 jobs, and some 200 bytes each of the others: not 24 MB.
    println!("{units} read units for a page of 25 with {WAITING} waiting jobs");
    assert!(units < 350, "{units} read units");
    let window = format!("ge(created_at,{})", time(now + TimeDelta::milliseconds(2_990)));
    let (listing, units) = meter.read(&Filter::parse(&window).unwrap(), 0).await;
    assert_eq!((listing.imports.len(), listing.total), (10, 10));
    println!("{units} read units for the 10 newest of them");
    assert!(units < 40, "{units} read units");
    // None of them is read for a job that has ended.
    let (listing, units) = meter.read(&Filter::parse("eq(status,success)").unwrap(), 0).await;
    assert_eq!((listing.imports.len(), listing.total), (1, 1));
    assert!(units < 10, "{units} read units");
}

/// Compares what pages cost at several offsets, within times of creation, and what a walk over all jobs costs.
async fn check_costs(world: &World, newest: &Item) -> u64 {
    let meter = Meter::new(world).await;
    let ids = |listing: &Listing| listing.imports.iter().map(|import| import.id.as_uuid()).collect::<Vec<_>>();
    let (listing, first) = meter.read(&Filter::default(), 0).await;
    assert_eq!(listing.total, JOBS);
    for offset in [25, 5_000, 9_975] {
        let (listing, units) = meter.read(&Filter::default(), offset).await;
        assert_eq!((ids(&listing), listing.total), (page(offset), JOBS));
        assert!(units.abs_diff(first) * 5 <= first, "{units} read units at {offset}, {first} at 0");
    }
    let newest: DateTime<Utc> = newest["created_at"].as_s().unwrap().parse().unwrap();
    let before = |seconds: u64| time(newest - TimeDelta::seconds(i64::try_from(seconds).unwrap()));
    let check = async |filter: &str, offset: u64, expected: &[Uuid], total: u64| {
        let (listing, units) = meter.read(&Filter::parse(filter).unwrap(), offset).await;
        assert_eq!((ids(&listing).as_slice(), listing.total), (expected, total), "{filter}");
        units
    };
    // Ten among all of them: two bounds, each found by halves.
    let window = format!("ge(created_at,{}):le(created_at,{})", before(5_009), before(5_000));
    let units = check(&window, 0, &page(5_000)[..10], 10).await;
    assert!(units <= first + 2 * 14, "{units}");
    let units = check(&format!("le(created_at,{})", before(1_000)), 5_000, &page(6_000), JOBS - 1_000).await;
    assert!(units <= first + 14, "{units}");
    let units = check(&format!("{window}:eq(status,success)"), 0, &page(5_000)[..10], 10).await;
    assert!(units <= first + 2 * 14, "{units}");
    assert!(check("eq(status,started)", 0, &[], 0).await <= 5);
    assert!(check("eq(status,pending)", 0, &[], 0).await <= 2);
    // The meter tells a walk from a page: what has this status is not known without a look at each.
    let walked = check("eq(status,success)", 9_975, &page(9_975), JOBS).await;
    assert!(walked > 10 * first, "{walked} read units for all jobs, {first} for a page");
    walked
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
    let number = |value: u64| AttributeValue::N(value.to_string());
    let (job, counter) = stored(world, ended["id"].as_str().unwrap()).await;
    assert_eq!((&job["position"], &counter["last_number"]), (&number(1), &number(1)));

    let copies = (1..JOBS).map(|index| {
        let id = Uuid::from_u128(index.into()).to_string();
        let created_at = newest - TimeDelta::seconds(i64::try_from(JOBS - index).unwrap());
        changed(
            &job,
            [
                ("sk", text(format!("import#{id}"))),
                ("id", text(id)),
                ("created_at", text(time(created_at))),
                ("position", number(index)),
            ],
        )
    });
    let originals = [changed(&job, [("position", number(JOBS))]), changed(&counter, [("last_number", number(JOBS))])];
    put_all(world, copies.chain(originals).collect()).await;
    job
}

fn text(value: String) -> AttributeValue {
    AttributeValue::S(value)
}

/// The items of a job and of its store's counter.
async fn stored(world: &World, id: &str) -> (Item, Item) {
    let client = Client::new(&world.stack.sdk_config());
    let get = async |sort_key: String| {
        let call = client.get_item().table_name(world.stack.imports_table()).consistent_read(true);
        call.key("pk", text(world.store.clone())).key("sk", text(sort_key)).send().await.unwrap().item.unwrap()
    };
    (get(format!("import#{id}")).await, get("counter".to_owned()).await)
}

async fn put_all(world: &World, items: Vec<Item>) {
    let client = Client::new(&world.stack.sdk_config());
    let puts = items.into_iter().map(|item| {
        WriteRequest::builder().put_request(PutRequest::builder().set_item(Some(item)).build().unwrap()).build()
    });
    let puts: Vec<_> = puts.collect();
    stream::iter(puts.chunks(25))
        .for_each_concurrent(8, |batch| {
            let call = client.batch_write_item().request_items(world.stack.imports_table(), batch.to_vec());
            async { assert!(call.send().await.unwrap().unprocessed_items.unwrap_or_default().is_empty()) }
        })
        .await;
}

fn changed<const N: usize>(item: &Item, attributes: [(&str, AttributeValue); N]) -> Item {
    let mut item = item.clone();
    for (name, value) in attributes {
        assert!(item.insert(name.to_owned(), value).is_some(), "a job has no {name}");
    }
    item
}

/// What the index has of a job beside its keys, as the template says.
const PROJECTED: [&str; 8] = ["pk", "sk", "position", "status", "created_at", "ref_digest", "kept_from", "expires_at"];

/// Lists jobs, and counts the read units as DynamoDB does: one for each 4 KB, begun or full, of the entries that a query
/// looked at, and of each item that is read by its key. The local AWS reports one unit for every call.
struct Meter {
    imports: ImportTable,
    store: StoreId,
    units: Arc<AtomicU64>,
}

impl Meter {
    async fn new(world: &World) -> Self {
        let client = Client::new(&world.stack.sdk_config());
        let table =
            client.describe_table().table_name(world.stack.imports_table()).send().await.unwrap().table.unwrap();
        let index = table.local_secondary_indexes.unwrap().remove(0).projection.unwrap();
        let mut projected = index.non_key_attributes.unwrap();
        projected.extend(["pk", "sk", "position"].map(str::to_owned));
        assert_eq!(projected.iter().map(String::as_str).collect::<HashSet<_>>(), HashSet::from(PROJECTED));
        let units = Arc::<AtomicU64>::default();
        let config = config::Builder::from(&world.stack.sdk_config()).interceptor(Counting(Arc::clone(&units))).build();
        let imports = ImportTable::new(Client::from_conf(config), world.stack.imports_table().to_owned());
        Self { imports, store: StoreId::from_configuration(&world.store).unwrap(), units }
    }

    async fn read(&self, filter: &Filter, offset: u64) -> (Listing, u64) {
        let query = [("page[offset]".to_owned(), offset.to_string())];
        self.units.store(0, Ordering::Relaxed);
        let page = Page::from_query(&query).unwrap();
        let listing = self.imports.list(&self.store, filter, page, Utc::now()).await.unwrap();
        (listing, self.units.load(Ordering::Relaxed))
    }
}

#[derive(Clone, Debug)]
struct Counting(Arc<AtomicU64>);

/// What an entry of the index weighs: as much as one with all that may be projected, and what DynamoDB adds to each.
const ENTRY: u64 = 300;

impl Intercept for Counting {
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
        let units = |bytes: u64| bytes.div_ceil(4_096).max(1);
        let read = if let Some(query) = output.downcast_ref::<QueryOutput>() {
            let projects = |name: &String| PROJECTED.contains(&name.as_str());
            assert!(query.items().iter().flat_map(HashMap::keys).all(projects), "more than the index has");
            units(u64::try_from(query.scanned_count)? * ENTRY)
        } else if let Some(batch) = output.downcast_ref::<BatchGetItemOutput>() {
            batch.responses.iter().flat_map(HashMap::values).flatten().map(|item| units(weight(item))).sum()
        } else {
            1
        };
        self.0.fetch_add(read, Ordering::Relaxed);
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

//! The table of objects: batches of reads and writes, answered in one of three manners, and counted.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::Mutex,
    time::Duration,
};

use bytes::Bytes;
use dynoxide::Database;
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};
use tokio::time::{Instant, Interval, interval, sleep};

use super::{
    jobs::execute,
    limits::{self, Limit},
    size::{of_item, read_units, write_units},
};
use crate::{Outcome, lock};

pub(crate) const TABLE: &str = "objects";

/// How long the limited table is about a call.
const CALL: Duration = Duration::from_millis(5);

/// How far apart the paced table answers: an import of 50,000 good lines takes as long as at the limits.
const PACE: Duration = Duration::from_micros(6_667);

/// How the table answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Manner {
    /// At once, and keeping nothing: what is measured is the client's own cost.
    Null,
    /// The same one after the other, in as much time as the limits take: what waiting alone costs the client.
    Paced,
    /// As a database in memory does.
    Dynoxide,
    /// As AWS does at its limits.
    Aws,
}

pub(crate) struct Objects {
    table: Table,
    /// The bodies of writes and reads, which are counted later, when nobody waits. The limited table counts at once.
    writes: Mutex<Vec<Bytes>>,
    reads: Mutex<Vec<Bytes>>,
}

enum Table {
    Null,
    Paced(tokio::sync::Mutex<Interval>),
    Dynoxide(Database),
    Limited(Box<Mutex<Limited>>),
}

struct Limited {
    writes: Limit,
    reads: Limit,
    items: HashMap<String, Map<String, Value>>,
    counts: Counts,
}

/// What was asked of the table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) calls: u64,
    pub(crate) read_units: u64,
    pub(crate) write_units: u64,
    /// How often an item came with a write, and how often for nothing.
    pub(crate) offered: u64,
    pub(crate) in_vain: u64,
    /// The units of each item's latest write.
    pub(crate) items: BTreeMap<String, u64>,
    /// When the limited table was first and last asked to write.
    writes: Option<(Instant, Instant)>,
}

impl Counts {
    /// The units that writing each item once takes.
    pub(crate) fn needed_units(&self) -> u64 {
        self.items.values().sum()
    }

    /// The shortest time for these writes at the limits, in seconds.
    pub(crate) fn floor(&self) -> f64 {
        limits::floor(self.items.iter())
    }

    /// From the first write to the last, in seconds.
    pub(crate) fn writing(&self) -> f64 {
        self.writes.map_or(0.0, |(first, last)| (last - first).as_secs_f64())
    }

    fn write(&mut self, id: String, units: u64) {
        self.write_units += units;
        self.items.insert(id, units);
    }
}

impl fmt::Debug for Objects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Objects")
    }
}

impl Objects {
    pub(super) fn new(manner: Manner) -> Outcome<Self> {
        let table = match manner {
            Manner::Null => Table::Null,
            Manner::Paced => Table::Paced(tokio::sync::Mutex::new(interval(PACE))),
            Manner::Dynoxide => Table::Dynoxide(database()?),
            Manner::Aws => Table::Limited(Box::new(Mutex::new(Limited {
                writes: Limit::of_writes(),
                reads: Limit::of_reads(),
                items: HashMap::new(),
                counts: Counts::default(),
            }))),
        };
        Ok(Self { table, writes: Mutex::default(), reads: Mutex::default() })
    }

    /// Answers a call. A refusal is in DynamoDB's words.
    pub(super) async fn answer(&self, operation: &str, body: Bytes) -> Result<Value, String> {
        let is_write = operation == "BatchWriteItem";
        match &self.table {
            Table::Limited(limited) => {
                sleep(CALL).await;
                let mut limited = lock(limited);
                let answer = if is_write { limited.write(&body) } else { limited.read(&body) };
                answer.unwrap_or_else(|error| Err(error.to_string()))
            }
            Table::Null => Ok(self.record(is_write, body)),
            Table::Paced(pace) => {
                pace.lock().await.tick().await;
                Ok(self.record(is_write, body))
            }
            Table::Dynoxide(database) => {
                self.record(is_write, body.clone());
                let body = serde_json::from_slice(&body).map_err(|error| error.to_string())?;
                execute(database, operation, body).map_err(|error| error.to_json())
            }
        }
    }

    /// Keeps a body, and answers that nothing was found or left over.
    fn record(&self, is_write: bool, body: Bytes) -> Value {
        lock(if is_write { &self.writes } else { &self.reads }).push(body);
        if is_write { json!({"UnprocessedItems": {}}) } else { json!({"Responses": {}}) }
    }

    /// Gives the items that were written, each as the writer encoded it.
    pub(crate) fn written(&self) -> Outcome<Vec<String>> {
        let bodies = lock(&self.writes);
        let items = bodies.iter().map(|body| items(body)).collect::<Outcome<Vec<_>>>()?;
        Ok(items.into_iter().flatten().map(|item| item.raw.get().to_owned()).collect())
    }

    /// Counts what was asked.
    pub(crate) fn counts(&self) -> Outcome<Counts> {
        if let Table::Limited(limited) = &self.table {
            return Ok(lock(limited).counts.clone());
        }
        let mut counts = Counts::default();
        for body in lock(&self.writes).iter() {
            counts.calls += 1;
            for item in items(body)? {
                counts.offered += 1;
                counts.write(item.id, item.units);
            }
        }
        // Nothing is found, or what an import has of another: an item is seldom larger than a unit.
        for body in lock(&self.reads).iter() {
            counts.calls += 1;
            counts.read_units += keys(body)?.iter().map(|_| read_units(0)).sum::<u64>();
        }
        Ok(counts)
    }
}

impl Limited {
    fn write(&mut self, body: &[u8]) -> Outcome<Result<Value, String>> {
        self.counts.calls += 1;
        let now = Instant::now();
        self.counts.writes.get_or_insert((now, now)).1 = now;
        let (mut left, mut written) = (Vec::new(), 0);
        for item in items(body)? {
            self.counts.offered += 1;
            if self.writes.take(&item.id, item.units) {
                written += item.units;
                self.counts.write(item.id.clone(), item.units);
                self.items.insert(item.id, item.map);
            } else {
                self.counts.in_vain += 1;
                left.push(json!({"PutRequest": {"Item": item.map}}));
            }
        }
        if written == 0 {
            return Ok(Err(throttled()));
        }
        let left = if left.is_empty() { json!({}) } else { json!({TABLE: left}) };
        Ok(Ok(json!({"UnprocessedItems": left, "ConsumedCapacity": consumed(written)})))
    }

    fn read(&mut self, body: &[u8]) -> Outcome<Result<Value, String>> {
        self.counts.calls += 1;
        let (mut found, mut left, mut read) = (Vec::new(), Vec::new(), 0);
        for key in keys(body)? {
            let item = self.items.get(&key);
            let units = read_units(item.map(of_item).unwrap_or_default());
            if self.reads.take(&key, units) {
                read += units;
                // Whole items, whatever parts were asked for: the worker takes those out of them.
                found.extend(item.cloned());
            } else {
                left.push(json!({"id": {"S": key}}));
            }
        }
        self.counts.read_units += read;
        if read == 0 {
            return Ok(Err(throttled()));
        }
        let left = if left.is_empty() { json!({}) } else { json!({TABLE: {"Keys": left}}) };
        Ok(Ok(json!({"Responses": {TABLE: found}, "UnprocessedKeys": left, "ConsumedCapacity": consumed(read)})))
    }
}

fn throttled() -> String {
    json!({"__type": "com.amazon.coral.availability#ThrottlingException", "message": "too fast"}).to_string()
}

fn consumed(units: u64) -> Value {
    json!([{"TableName": TABLE, "CapacityUnits": units}])
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Writes<'a> {
    #[serde(borrow)]
    request_items: HashMap<&'a str, Vec<Write<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Write<'a> {
    #[serde(borrow)]
    put_request: Put<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Put<'a> {
    #[serde(borrow)]
    item: &'a RawValue,
}

/// An item that comes with a write.
struct Item<'a> {
    raw: &'a RawValue,
    map: Map<String, Value>,
    id: String,
    units: u64,
}

/// The items of a call that writes.
fn items(body: &[u8]) -> Outcome<Vec<Item<'_>>> {
    let Writes { request_items } = serde_json::from_slice(body)?;
    request_items.into_values().flatten().map(|write| Item::read(write.put_request.item)).collect()
}

impl<'a> Item<'a> {
    fn read(raw: &'a RawValue) -> Outcome<Self> {
        let map: Map<String, Value> = serde_json::from_str(raw.get())?;
        let id = map.get("id").and_then(|id| id["S"].as_str()).ok_or("an item has no id")?.to_owned();
        let units = write_units(of_item(&map));
        Ok(Self { raw, map, id, units })
    }
}

/// The ids that a call asks for.
fn keys(body: &[u8]) -> Outcome<Vec<String>> {
    let body: Value = serde_json::from_slice(body)?;
    let keys = body["RequestItems"][TABLE]["Keys"].as_array().cloned().unwrap_or_default();
    Ok(keys.iter().filter_map(|key| key["id"]["S"].as_str()).map(str::to_owned).collect())
}

fn database() -> Outcome<Database> {
    let database = Database::memory()?;
    let table = json!({
        "TableName": TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    });
    execute(&database, "CreateTable", table)?;
    Ok(database)
}

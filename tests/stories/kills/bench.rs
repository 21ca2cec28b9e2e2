//! A worker by hand: what SQS and Lambda do between them is done step by step, so that a worker can be killed at any moment
//! and time can pass without being waited for.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Mutex,
};

use aws::{ImportTable, SqsQueue};
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, Select, WriteRequest};
use aws_sdk_s3::types::NotificationConfiguration;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::try_join_all;
use imports::{
    import::{ImportFile, ImportId, NewImport},
    message::Tick,
    options::ImportOptions,
    ports::{Imports, Queue},
};
use records::StoreId;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::files::File;
use crate::{processes::kill_workers, world::World};

pub(super) type Item = HashMap<String, AttributeValue>;

/// The worker's name in the template.
pub(super) const WORKER: &str = "ProcessImport";

pub(super) struct Bench {
    pub(super) world: World,
    pub(super) imports: ImportTable,
    pub(super) queue: SqsQueue,
    pub(super) store: StoreId,
    pub(super) dynamodb: aws_sdk_dynamodb::Client,
    sqs: aws_sdk_sqs::Client,
    http: reqwest::Client,
    /// The functions' names, by those they have in the template.
    functions: HashMap<String, String>,
    began: DateTime<Utc>,
    /// The versions of the files that are stored, by key and content.
    versions: Mutex<HashMap<(String, String), String>>,
}

/// A message that was received and is hidden from others.
pub(super) struct Message {
    pub(super) id: String,
    receipt: String,
    body: String,
}

impl Bench {
    /// Takes a stack over: no message, no drop and no clock wakes a function any more but by these hands.
    pub(super) async fn over(world: World) -> Self {
        let config = world.stack.sdk_config();
        let dynamodb = aws_sdk_dynamodb::Client::new(&config);
        let sqs = aws_sdk_sqs::Client::new(&config);
        let mut bench = Self {
            functions: HashMap::new(),
            imports: ImportTable::new(dynamodb.clone(), world.stack.imports_table().to_owned()),
            queue: SqsQueue::new(sqs.clone(), world.stack.queue_url().to_owned()),
            store: StoreId::from_configuration(&world.store).unwrap(),
            http: world.stack.http_client().unwrap(),
            began: Utc::now() - TimeDelta::hours(1),
            versions: Mutex::default(),
            dynamodb,
            sqs,
            world,
        };
        for function in bench.lambda(Method::GET, "functions/", "").await["Functions"].as_array().unwrap() {
            let name = function["FunctionName"].as_str().unwrap();
            let short = name.split('-').find_map(|part| part.strip_suffix("Function")).unwrap();
            bench.functions.insert(short.to_owned(), name.to_owned());
        }
        let mappings = bench.lambda(Method::GET, "event-source-mappings/", "").await;
        for mapping in mappings["EventSourceMappings"].as_array().unwrap() {
            let path = format!("event-source-mappings/{}", mapping["UUID"].as_str().unwrap());
            let disabled = bench.lambda(Method::PUT, &path, "{\"Enabled\": false}").await;
            assert_ne!(disabled["State"], "Enabled");
        }
        for rule in bench.events("ListRules", json!({})).await["Rules"].as_array().unwrap() {
            bench.events("DisableRule", json!({"Name": rule["Name"]})).await;
        }
        let nothing = NotificationConfiguration::builder().build();
        let call = bench.world.s3().put_bucket_notification_configuration().bucket(bench.world.stack.bucket());
        call.notification_configuration(nothing).send().await.unwrap();
        bench
    }

    async fn lambda(&self, method: Method, path: &str, body: &str) -> Value {
        let url = format!("{}/2015-03-31/{path}", self.world.stack.endpoint_url());
        call(self.http.request(method, url), "lambda", body.to_owned()).await.unwrap()
    }

    async fn events(&self, operation: &str, body: Value) -> Value {
        let request = self.http.post(self.world.stack.endpoint_url());
        let request = request.header("x-amz-target", format!("AWSEvents.{operation}"));
        let request = request.header("content-type", "application/x-amz-json-1.1");
        call(request, "events", body.to_string()).await.unwrap()
    }

    /// Sets for how many seconds a function may run.
    pub(super) async fn set_time_out(&self, function: &str, seconds: u32) {
        let path = format!("functions/{}/configuration", self.functions[function]);
        self.lambda(Method::PUT, &path, &json!({"Timeout": seconds}).to_string()).await;
    }

    /// Invokes a function. `None` when it died.
    pub(super) fn invoke(&self, function: &str, event: &Value) -> JoinHandle<Option<Value>> {
        let path = format!("functions/{}/invocations", self.functions[function]);
        let url = format!("{}/2015-03-31/{path}", self.world.stack.endpoint_url());
        tokio::spawn(call(self.http.post(url), "lambda", event.to_string()))
    }

    /// Stores a file as a drop and makes its job, the same every time: one that owes a receipt.
    pub(super) async fn submit(&self, number: usize, file: &File) -> ImportId {
        let id = ImportId::new(Uuid::from_u128(0xf11e_0000 + u128::try_from(number).unwrap()));
        let key = format!("drops/{}/{number}.jsonl", self.world.store);
        let version = Some(self.version(&key, file).await);
        let file = NewImport {
            options: ImportOptions { on_conflict: file.on_conflict, ..ImportOptions::default() },
            ..NewImport::new(id, self.store.clone(), ImportFile { key, version })
        };
        let created_at = self.began + TimeDelta::seconds(i64::try_from(number).unwrap());
        self.imports.create(file, created_at).await.unwrap();
        self.queue.send(&Tick::of(&self.store, id), &Uuid::new_v4().to_string()).await.unwrap();
        id
    }

    /// Stores a file once, so that it has the same version every time.
    async fn version(&self, key: &str, file: &File) -> String {
        let stored = (key.to_owned(), file.lines.clone());
        if let Some(version) = self.versions.lock().unwrap().get(&stored) {
            return version.clone();
        }
        let version = self.world.put(key, file.lines.clone(), &[]).await;
        self.versions.lock().unwrap().insert(stored, version.clone());
        version
    }

    /// Receives the next message.
    pub(super) async fn receive(&self) -> Message {
        for _ in 0..50 {
            let call = self.sqs.receive_message().queue_url(self.world.stack.queue_url()).wait_time_seconds(1);
            let received = call.send().await.unwrap().messages.unwrap_or_default().into_iter().next();
            if let Some(message) = received {
                let [id, receipt, body] =
                    [message.message_id, message.receipt_handle, message.body].map(Option::unwrap);
                return Message { id, receipt, body };
            }
        }
        panic!("no message came");
    }

    /// Gives a message to the worker, as Lambda does.
    pub(super) fn wake(&self, message: &Message) -> JoinHandle<Option<Value>> {
        let Message { id, receipt, body } = message;
        let record = json!({
            "messageId": id, "receiptHandle": receipt, "body": body, "attributes": {}, "messageAttributes": {},
            "eventSource": "aws:sqs", "awsRegion": self.world.stack.region(),
        });
        self.invoke(WORKER, &json!({"Records": [record]}))
    }

    /// Does with a message what Lambda does after a turn. Whether it is gone.
    pub(super) async fn settle(&self, message: &Message, answer: Option<&Value>) -> bool {
        let is_done = answer.is_some_and(|answer| answer["batchItemFailures"] == json!([]));
        let url = self.world.stack.queue_url();
        if is_done {
            self.sqs.delete_message().queue_url(url).receipt_handle(&message.receipt).send().await.unwrap();
        }
        is_done
    }

    /// What a minute does for a worker that is dead: its lease is over, its message is back.
    pub(super) async fn let_time_pass(&self, message: &Message) {
        let call = self.dynamodb.update_item().table_name(self.world.stack.imports_table());
        let call = call.key("pk", text("#line")).key("sk", text("lease")).update_expression("SET lease_until = :past");
        let call = call.condition_expression("attribute_exists(running)");
        // Nothing runs where it died before its claim, or after the end.
        let _ = call.expression_attribute_values(":past", AttributeValue::N("1".to_owned())).send().await;
        let call = self.sqs.change_message_visibility().queue_url(self.world.stack.queue_url());
        call.receipt_handle(&message.receipt).visibility_timeout(0).send().await.unwrap();
    }

    /// Runs whatever waits on until a job has ended, undisturbed. Also tells how often the worker was woken.
    pub(super) async fn run_on(&self, id: ImportId) -> u32 {
        // Earlier jobs go first.
        for turn in 1..30 {
            let message = self.receive().await;
            let answer = self.wake(&message).await.unwrap();
            assert!(answer.is_some(), "the worker failed; log: {}", self.world.stack.log().display());
            if !self.settle(&message, answer.as_ref()).await {
                self.let_time_pass(&message).await;
            } else if self.has_ended(id).await {
                return turn;
            }
        }
        panic!("the job does not end");
    }

    pub(super) async fn job(&self, id: ImportId) -> Item {
        let call = self.dynamodb.get_item().table_name(self.world.stack.imports_table()).consistent_read(true);
        let call = call.key("pk", text(&self.world.store)).key("sk", text(&format!("import#{id}")));
        call.send().await.unwrap().item.unwrap()
    }

    pub(super) async fn has_ended(&self, id: ImportId) -> bool {
        matches!(self.job(id).await["status"].as_s().unwrap().as_str(), "success" | "failed")
    }

    /// Everything in the imports table.
    pub(super) async fn lane(&self) -> Vec<Item> {
        let scan = self.dynamodb.scan().table_name(self.world.stack.imports_table()).consistent_read(true);
        scan.into_paginator().items().send().collect::<Result<_, _>>().await.unwrap()
    }

    /// Whether the lane holds a job that has not ended, or a receipt that is owed.
    pub(super) async fn owes(&self) -> bool {
        let of_line = |item: &Item| item["pk"] == text("#line") && item["sk"].as_s().unwrap().contains('#');
        self.lane().await.iter().any(of_line)
    }

    /// Forgets all objects, jobs and receipts, so that the same jobs can be made again.
    pub(super) async fn clear(&self) {
        let objects = self.world.objects().await.into_iter();
        let objects = objects.map(|object| Item::from([("id".to_owned(), object["id"].clone())])).collect();
        self.delete(self.world.stack.objects_table(), objects).await;
        let items = self.lane().await.into_iter().filter(|item| item["sk"] != text("lease"));
        let items = items.map(|item| Item::from(["pk", "sk"].map(|name| (name.to_owned(), item[name].clone()))));
        self.delete(self.world.stack.imports_table(), items.collect()).await;
        for receipt in self.keys(&format!("receipts/{}/", self.world.store)).await {
            self.world.s3().delete_object().bucket(self.world.stack.bucket()).key(receipt).send().await.unwrap();
        }
    }

    async fn delete(&self, table: &str, keys: Vec<Item>) {
        let delete = |key: &Item| {
            let delete = DeleteRequest::builder().set_key(Some(key.clone())).build().unwrap();
            WriteRequest::builder().delete_request(delete).build()
        };
        let calls = keys.chunks(25).map(|keys| {
            let requests = keys.iter().map(delete).collect();
            self.dynamodb.batch_write_item().request_items(table, requests).send()
        });
        for answer in try_join_all(calls).await.unwrap() {
            assert!(answer.unprocessed_items.unwrap_or_default().is_empty());
        }
    }

    pub(super) fn kill(&self) -> bool {
        kill_workers(self.world.stack.pid())
    }

    /// How many objects a job has written.
    pub(super) async fn objects_of(&self, id: ImportId) -> usize {
        let count = self.dynamodb.scan().table_name(self.world.stack.objects_table()).consistent_read(true);
        let count = count.select(Select::Count).filter_expression("import_id = :job");
        let pages = count.expression_attribute_values(":job", text(&id.to_string())).into_paginator().send();
        let pages: Vec<_> = pages.collect::<Result<_, _>>().await.unwrap();
        pages.iter().map(|page| usize::try_from(page.count()).unwrap()).sum()
    }

    /// The keys in the bucket under a prefix.
    pub(super) async fn keys(&self, prefix: &str) -> Vec<String> {
        let call = self.world.s3().list_objects_v2().bucket(self.world.stack.bucket()).prefix(prefix);
        let listed = call.send().await.unwrap().contents.unwrap_or_default();
        listed.into_iter().filter_map(|object| object.key).collect()
    }

    pub(super) async fn file(&self, key: &str) -> Vec<u8> {
        let object = self.world.s3().get_object().bucket(self.world.stack.bucket()).key(key).send().await.unwrap();
        object.body.collect().await.unwrap().to_vec()
    }
}

pub(super) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

/// Makes a call of a service that no client is here for; the root user's signature may be any. `None` when it is an invocation
/// whose function died.
async fn call(call: RequestBuilder, service: &'static str, body: String) -> Option<Value> {
    let scope = format!("Credential=test/20000101/us-east-1/{service}/aws4_request");
    let call = call.header("authorization", format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"));
    let answer = call.body(body).send().await.unwrap();
    assert!(answer.status().is_success(), "{}: {}", answer.url().clone(), answer.text().await.unwrap());
    let has_failed = answer.headers().contains_key("x-amz-function-error");
    let body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default();
    // A function that fails without dying is a mistake of the test.
    assert!(!has_failed || body.to_string().contains("exited"), "{body}");
    (!has_failed).then_some(body)
}

/// What there is of some jobs and their objects in the end, for comparing. Only two things may differ between a run and
/// another of the same files: which claim wrote a report, and when a job began. The latter stands in for it by the job's number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome(pub(super) BTreeMap<String, Vec<u8>>);

impl Bench {
    pub(super) async fn outcome(&self, jobs: &[ImportId]) -> Outcome {
        let mut outcome = BTreeMap::new();
        let mut starts = HashMap::new();
        for (number, id) in jobs.iter().enumerate() {
            let mut job = self.job(*id).await;
            let started_at = job["started_at"].as_s().unwrap().clone();
            let start = format!("the start of job {number:<10}");
            let is_same = starts.insert(started_at.clone(), start.clone()).is_none();
            assert!(is_same, "two jobs began at once");
            assert_eq!(start.len(), started_at.len());
            let report = job.remove("report").unwrap().as_s().unwrap().clone();
            // When it ended, and by which claim.
            for name in ["attempt", "epoch", "finished_at", "updated_at", "expires_at", "kept_from"] {
                job.remove(name).unwrap();
            }
            outcome.insert(format!("job {number}"), show(&job, &starts).into_bytes());
            for key in self.keys(&format!("{report}/")).await {
                let file = String::from_utf8_lossy(&self.file(&key).await).replace(&started_at, &start);
                outcome.insert(format!("job {number}: {}", key.rsplit('/').next().unwrap()), file.into_bytes());
            }
            let mut receipt: Value =
                serde_json::from_slice(&self.file(&format!("receipts/{}/{number}.jsonl.json", self.world.store)).await)
                    .unwrap();
            let times = receipt["data"]["meta"]["timestamps"].as_object_mut().unwrap();
            assert_eq!(times.remove("started_at"), Some(json!(started_at)));
            times.retain(|name, _| name == "created_at");
            let receipt = receipt.to_string().replace(&report, "the report");
            outcome.insert(format!("job {number}: receipt"), receipt.into_bytes());
        }
        for object in self.world.objects().await {
            outcome.insert(format!("object {}", object["id"].as_s().unwrap()), show(&object, &starts).into_bytes());
        }
        assert!(!self.owes().await, "the lane still holds something");
        Outcome(outcome)
    }
}

impl Outcome {
    /// What differs, by name, and where it begins to.
    pub(super) fn difference(&self, other: &Self) -> Vec<String> {
        let names: BTreeSet<_> = self.0.keys().chain(other.0.keys()).collect();
        let differ = names.into_iter().filter(|name| self.0.get(*name) != other.0.get(*name));
        let differ = differ.map(|name| {
            let [left, right] = [self, other].map(|outcome| outcome.0.get(name).map(Vec::as_slice).unwrap_or_default());
            let same = left.iter().zip(right).take_while(|(left, right)| left == right).count();
            let shown = |side: &[u8]| {
                String::from_utf8_lossy(&side[same.saturating_sub(100)..side.len().min(same + 100)]).into_owned()
            };
            format!("{name}:\n  {}\n  {}", shown(left), shown(right))
        });
        differ.collect()
    }
}

fn show(item: &Item, starts: &HashMap<String, String>) -> String {
    let sorted: BTreeMap<_, _> = item.iter().map(|(name, value)| (name, show_value(value, starts))).collect();
    format!("{sorted:?}")
}

fn show_value(value: &AttributeValue, starts: &HashMap<String, String>) -> String {
    match value {
        AttributeValue::M(map) => show(map, starts),
        AttributeValue::L(list) => {
            format!("{:?}", list.iter().map(|item| show_value(item, starts)).collect::<Vec<_>>())
        }
        AttributeValue::S(text) => starts.get(text).unwrap_or(text).clone(),
        other => format!("{other:?}"),
    }
}

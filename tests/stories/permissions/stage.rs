//! What the scenes are played with: the lane and S3's announcements are turned off, so that a scene itself hands the
//! functions their events, and takes up the messages they send.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use aws_sdk_dynamodb::types::AttributeValue;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

use super::roles::Roles;
use crate::{
    root::{self, Function},
    world::{IMPORTS, World, send},
};

pub(super) const FILE: &str =
    "{\"type\":\"subscription_product\",\"name\":\"Tea\"}\n{\"type\":\"subscription_product\"}";

/// How long something may take that is to happen.
const PATIENCE: Duration = Duration::from_secs(40);
/// How long something is still waited for once a permission was refused.
const IMPATIENCE: Duration = Duration::from_millis(1_500);

pub(super) type Item = HashMap<String, AttributeValue>;

/// What fails, as a text.
pub(super) type Played<T = ()> = Result<T, String>;

pub(super) struct Stage {
    pub(super) world: World,
    pub(super) roles: Roles,
    /// A job that has ended, with an error.
    pub(super) ended: String,
    /// How much was refused before the scene.
    pub(super) before: AtomicUsize,
}

impl Stage {
    pub(super) async fn set(world: World, roles: Roles) -> Self {
        let stack = &world.stack;
        root::feed_worker(stack, false).await;
        let nothing = aws_sdk_s3::types::NotificationConfiguration::builder().build();
        let call = world.s3().put_bucket_notification_configuration().bucket(stack.bucket());
        call.notification_configuration(nothing).send().await.unwrap();
        let mut stage = Self { world, roles, ended: String::new(), before: AtomicUsize::new(0) };
        let id = stage.posted().await.unwrap();
        stage.run(&id).await.unwrap();
        stage.ended = id;
        stage.clear().await;
        stage
    }

    /// Posts a file; its job waits.
    pub(super) async fn posted(&self) -> Played<String> {
        Ok(id(&answered(self.world.posting(FILE, &[]), 201).await?).to_owned())
    }

    pub(super) async fn drop(&self) -> (String, String) {
        let key = format!("drops/{}/{}.jsonl", self.world.store, Uuid::new_v4());
        let version = self.world.put(&key, FILE, &[]).await;
        (key, version)
    }

    /// Drops a file; its job waits.
    pub(super) async fn dropped(&self) -> Played<String> {
        let (key, version) = self.drop().await;
        self.accept(&key, &version).await
    }

    /// Announces a drop, and tells of its job.
    pub(super) async fn accept(&self, key: &str, version: &str) -> Played<String> {
        root::invoke(&self.world.stack, self.function("accept-drop"), &announcement(&self.world, key, version)).await?;
        let name = key.rsplit('/').next().unwrap();
        let found = self.answer(Method::GET, &format!("{IMPORTS}?filter=eq(external_ref,{name})"), 200).await?;
        ensure(found["meta"]["results"]["total"] == 1, &found)?;
        Ok(found["data"][0]["id"].as_str().unwrap().to_owned())
    }

    /// Runs the job at the head of the lane, and waits for its end.
    pub(super) async fn run(&self, id: &str) -> Played {
        let work = async {
            self.work("no message").await;
            // It may have come to nothing.
            std::future::pending::<()>().await;
        };
        let ended = self.eventually("the end of the job", async || {
            let job = self.world.import(id).await;
            let has_ended = job["attributes"]["status"] == "success" && job["meta"]["errors"] == 1;
            let is_told = self.lane("started#").await.is_empty() && self.lane("ended#").await.is_empty();
            (has_ended && is_told).then_some(())
        });
        tokio::select! { ended = ended => ended, () = work => Ok(()) }
    }

    /// Hands the worker a message.
    pub(super) async fn work(&self, message: &str) {
        let event = json!({"Records": [{"messageId": "1", "receiptHandle": message, "body": "{}"}]});
        // A worker that gives up waits ten seconds before it says so: what it does is seen elsewhere.
        let (stack, worker) = (self.world.stack.clone(), self.function("process-import").clone());
        let _ = tokio::spawn(async move { root::invoke(&stack, &worker, &event).await }).await;
    }

    /// Takes up the message that was sent for a job.
    pub(super) async fn tick(&self, id: &str) -> Played<String> {
        self.eventually("a message", async || self.message(id).await).await
    }

    /// The message for a job, if there is one now.
    pub(super) async fn message(&self, id: &str) -> Option<String> {
        let received = self.received().await;
        received.into_iter().find(|(body, _)| body.contains(id)).map(|(_, handle)| handle)
    }

    pub(super) async fn received(&self) -> Vec<(String, String)> {
        let call = self.sqs().receive_message().queue_url(self.world.stack.queue_url()).max_number_of_messages(10);
        let messages = call.send().await.unwrap().messages.unwrap_or_default().into_iter();
        messages.map(|message| (message.body.unwrap(), message.receipt_handle.unwrap())).collect()
    }

    /// Waits until something is there: not for long once something has been refused.
    pub(super) async fn eventually<T>(&self, what: &str, look: impl AsyncFn() -> Option<T>) -> Played<T> {
        let (began, mut refused) = (Instant::now(), None::<Instant>);
        loop {
            if let Some(found) = look().await {
                return Ok(found);
            }
            if refused.is_none() && self.refusals() > self.before.load(Ordering::Relaxed) {
                refused = Some(Instant::now());
            }
            if began.elapsed() > PATIENCE || refused.is_some_and(|refused| refused.elapsed() > IMPATIENCE) {
                return Err(format!("there is not {what}"));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(super) fn refusals(&self) -> usize {
        self.roles.refusals()
    }

    /// Where the receipt of a dropped job belongs.
    async fn receipt_key(&self, id: &str) -> String {
        let key = self.dynamodb().get_item().table_name(self.world.stack.imports_table());
        let key = key.key("pk", text(&self.world.store)).key("sk", text(&format!("import#{id}")));
        let job = key.send().await.unwrap().item.unwrap();
        job["file_key"].as_s().unwrap().replacen("drops/", "receipts/", 1) + ".json"
    }

    /// Puts the receipt of an earlier drop under the same name.
    pub(super) async fn earlier_receipt(&self, id: &str) {
        self.world.put(&self.receipt_key(id).await, "{}", &[]).await;
    }

    /// Whether the job's own receipt is there.
    pub(super) async fn has_receipt(&self, id: &str) -> bool {
        let key = self.receipt_key(id).await;
        let object = self.world.s3().head_object().bucket(self.world.stack.bucket()).key(key).send().await;
        let is_its_own = object.is_ok_and(|object| object.metadata.is_some_and(|metadata| !metadata.is_empty()));
        is_its_own && self.lane("receipt#").await.is_empty()
    }

    /// Clears the lane, as if nothing had been played: an old worker that still runs has lost its lease.
    pub(super) async fn clear(&self) {
        for item in self.lane("").await {
            match item["sk"].as_s().unwrap().split('#').next().unwrap() {
                "open" | "receipt" | "started" | "ended" => self.delete(&item).await,
                "lease" => {
                    let mut lease = item.clone();
                    let epoch: u64 = lease["epoch"].as_n().unwrap().parse().unwrap();
                    lease.remove("running");
                    lease.insert("epoch".to_owned(), AttributeValue::N((epoch + 1).to_string()));
                    self.put(lease).await;
                }
                _ => {}
            }
        }
        self.discard().await;
    }

    pub(super) async fn discard(&self) {
        self.sqs().purge_queue().queue_url(self.world.stack.queue_url()).send().await.unwrap();
    }

    /// Items of the lane whose sort keys begin with a text.
    pub(super) async fn lane(&self, begin: &str) -> Vec<Item> {
        let call = self.dynamodb().query().table_name(self.world.stack.imports_table()).consistent_read(true);
        let call = call.key_condition_expression("pk = :line").expression_attribute_values(":line", text("#line"));
        let mut items = call.send().await.unwrap().items.unwrap();
        items.retain(|item| item["sk"].as_s().unwrap().starts_with(begin));
        items
    }

    pub(super) async fn put(&self, item: Item) {
        let call = self.dynamodb().put_item().table_name(self.world.stack.imports_table());
        call.set_item(Some(item)).send().await.unwrap();
    }

    pub(super) async fn delete(&self, item: &Item) {
        let call = self.dynamodb().delete_item().table_name(self.world.stack.imports_table());
        call.key("pk", item["pk"].clone()).key("sk", item["sk"].clone()).send().await.unwrap();
    }

    pub(super) fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.world.stack.sdk_config())
    }

    pub(super) fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.world.stack.sdk_config())
    }

    pub(super) fn function(&self, function: &str) -> &Function {
        self.roles.functions.iter().find(|other| other.folder == function).unwrap()
    }

    pub(super) async fn answer(&self, method: Method, path: &str, status: u16) -> Played<Value> {
        answered(self.world.request(method, path), status).await
    }
}

pub(super) fn announcement(world: &World, key: &str, version: &str) -> Value {
    let object = json!({"key": key, "size": FILE.len(), "eTag": "e", "versionId": version, "sequencer": "7"});
    json!({"Records": [{
        "eventTime": "2026-01-10T11:41:19.244Z",
        "userIdentity": {},
        "requestParameters": {},
        "responseElements": {},
        "s3": {"bucket": {"name": world.stack.bucket()}, "object": object},
    }]})
}

pub(super) fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

pub(super) fn id(document: &Value) -> &str {
    document["data"]["id"].as_str().unwrap()
}

pub(super) fn ensure(holds: bool, seen: &Value) -> Played {
    if holds { Ok(()) } else { Err(seen.to_string()) }
}

pub(super) async fn answered(call: RequestBuilder, status: u16) -> Played<Value> {
    let answer = send(call).await;
    if answer.status == status { Ok(answer.body) } else { Err(format!("{}: {}", answer.status, answer.body)) }
}

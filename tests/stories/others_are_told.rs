//! What others are told of jobs, through EventBridge.

use std::time::Duration;

use aws_sdk_eventbridge::types::Target;
use local::Stack;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    contract::judge,
    root,
    world::{IMPORTS, PATIENCE, ROOT, World, send},
};

const FILE: &str = "{\"type\":\"subscription_product\",\"name\":\"Canary\",\"external_ref\":\"canary\"}\n\
    {\"type\":\"subscription_product\",\"name\":[\"canary\"]}\n";

/// A queue that gets events.
pub(crate) struct Ear {
    sqs: aws_sdk_sqs::Client,
    url: String,
}

impl Ear {
    /// Gets those whose detail fits a pattern.
    pub(crate) async fn to(stack: &Stack, detail: Value) -> Self {
        let config = stack.sdk_config();
        let (sqs, events) = (aws_sdk_sqs::Client::new(&config), aws_sdk_eventbridge::Client::new(&config));
        let name = format!("ear-{}", Uuid::new_v4());
        let url = sqs.create_queue().queue_name(&name).send().await.unwrap().queue_url.unwrap();
        let arn = format!("arn:aws:sqs:{}:000000000000:{name}", stack.region());
        let pattern = json!({"source": ["subscriptions-import"], "detail": detail});
        events.put_rule().name(&name).event_pattern(pattern.to_string()).send().await.unwrap();
        let target = Target::builder().id("ear").arn(arn).build().unwrap();
        let put = events.put_targets().rule(&name).targets(target).send().await.unwrap();
        assert_eq!(put.failed_entry_count(), 0, "{put:?}");
        Self { sqs, url }
    }

    /// The events that have come since this was last asked.
    pub(crate) async fn heard(&self) -> Vec<Value> {
        let call = self.sqs.receive_message().queue_url(&self.url).max_number_of_messages(10);
        let messages = call.send().await.unwrap().messages.unwrap_or_default();
        messages.into_iter().map(|message| serde_json::from_str(&message.body.unwrap()).unwrap()).collect()
    }

    /// Waits for an event of this kind about a job, and keeps all that come before it.
    async fn hear(&self, world: &World, id: &str, kind: &str, heard: &mut Vec<Value>) -> Value {
        let is_it = |event: &Value| event["detail"]["data"]["id"] == id && event["detail-type"] == kind;
        let look = async || {
            heard.extend(self.heard().await);
            heard.iter().find(|event| is_it(event)).cloned()
        };
        world.wait(&format!("{kind} of {id}"), PATIENCE, look).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_hears_of_each_start_and_each_end_and_of_no_line() {
    let world = World::own().await;
    let ear = Ear::to(&world.stack, json!({"store": [world.store]})).await;
    let mut heard = Vec::new();
    let id = world.submit(FILE).await;
    let start = ear.hear(&world, &id, "Subscription Import Started", &mut heard).await;
    assert_eq!(start["detail"]["data"]["attributes"]["status"], "started");
    let end = ear.hear(&world, &id, "Subscription Import Ended", &mut heard).await;
    assert_eq!(end["detail"]["outcome"], "partial");
    let job = world.import(&id).await;
    for part in ["id", "type", "attributes", "meta"] {
        assert_eq!(end["detail"]["data"][part], job[part]);
    }

    // A job that never started has an end too, which the schedule tells.
    root::feed_worker(&world.stack, false).await;
    let waiting = world.submit("secret,canary\n").await;
    let cancel = world.request(reqwest::Method::POST, &format!("{IMPORTS}/{waiting}/cancel"));
    send(cancel).await.expect(200);
    let end = ear.hear(&world, &waiting, "Subscription Import Ended", &mut heard).await;
    assert_eq!(end["detail"]["outcome"], "cancelled");
    root::feed_worker(&world.stack, true).await;

    let failed = world.submit("canary,canary\n".repeat(3)).await;
    let end = ear.hear(&world, &failed, "Subscription Import Ended", &mut heard).await;
    assert_eq!(end["detail"]["outcome"], "failed");
    assert!(!heard.iter().any(|event| event.to_string().to_lowercase().contains("canary")), "{heard:?}");

    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut without = heard[0].clone();
    without["detail"].as_object_mut().unwrap().remove("links");
    let schema: &str = Box::leak(format!("{ROOT}/events/import-event.schema.json").into_boxed_str());
    let rows = heard.into_iter().map(|event| (event, true)).chain([(without, false)]);
    let rows = rows.flat_map(|(event, good)| ["ImportEvent", schema].map(|schema| (schema, event.clone(), good)));
    judge("told", rows);
}

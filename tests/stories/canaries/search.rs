//! Where canaries are looked for, and the few places where they may be.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use reqwest::Method;
use serde_json::{Value, json};

use super::feed::STEM;
use crate::{root, world::World};

/// What to look for.
#[derive(Debug)]
pub(super) struct Aviary {
    traces: Vec<String>,
    secrets: usize,
}

impl Aviary {
    pub(super) fn new(secrets: Vec<String>) -> Self {
        let count = secrets.len();
        let mut traces = secrets;
        traces.push(STEM.to_owned());
        // In base64 a text looks like one of three, by where it begins.
        for shift in 0..3 {
            let encoded = STANDARD_NO_PAD.encode(format!("{}{STEM}", &"   "[..shift]));
            let end = (shift + STEM.len()) / 3 * 4;
            traces.push(encoded[shift.div_ceil(3) * 4..end].to_owned());
        }
        Self { traces, secrets: count }
    }

    pub(super) fn secrets(&self) -> usize {
        self.secrets
    }

    /// A trace of a canary or a secret in a text.
    pub(super) fn found(&self, text: &str) -> Option<&str> {
        self.traces.iter().find(|trace| text.contains(*trace)).map(String::as_str)
    }
}

/// Looks through the logs of all functions and of the API, and through what the functions wrote to standard output.
pub(super) async fn search_logs(world: &World, aviary: &Aviary) -> usize {
    let stack = &world.stack;
    let groups = root::json(stack, "logs", "Logs_20140328.DescribeLogGroups", &json!({})).await;
    let groups: Vec<_> =
        groups["logGroups"].as_array().unwrap().iter().map(|group| group["logGroupName"].clone()).collect();
    assert!(groups.len() > 10, "{groups:?}");
    let (mut lines, mut hits) = (Vec::new(), Vec::new());
    for group in groups {
        let mut token = Value::Null;
        loop {
            let mut ask = json!({"logGroupName": group});
            if !token.is_null() {
                ask["nextToken"] = token;
            }
            let page = root::json(stack, "logs", "Logs_20140328.FilterLogEvents", &ask).await;
            let events = page["events"].as_array().unwrap().iter();
            lines.extend(events.map(|event| format!("{group} {}", event["message"].as_str().unwrap())));
            token = page["nextToken"].clone();
            if token.is_null() {
                break;
            }
        }
    }
    let output = std::fs::read_to_string(stack.log()).unwrap();
    lines.extend(output.lines().map(str::to_owned));
    for expected in
        ["import created", "import started", "the call failed", "the import stopped; it is tried again", "\"_aws\":"]
    {
        assert!(lines.iter().any(|line| line.contains(expected)), "no line with {expected:?} was found");
    }
    for line in &lines {
        if let Some(found) = aviary.found(line) {
            hits.push(format!("{found}: {}", line.chars().take(600).collect::<String>()));
        }
    }
    assert!(hits.is_empty(), "{} hits: {:#?}", hits.len(), &hits[..hits.len().min(5)]);
    let alarms = [("Action", "DescribeAlarms"), ("Version", "2010-08-01")];
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(alarms).finish();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let alarms = root::call(stack, ("monitoring", Method::POST, "/"), &headers, form).await;
    assert!(alarms.contains("<AlarmName>"), "{alarms}");
    assert_eq!(aviary.found(&alarms), None);
    lines.len()
}

/// The table of jobs holds what a job is called, where its file lies, which names meant nothing, and the keys of calls: nothing
/// else that was sent.
pub(super) async fn check_jobs(world: &World, aviary: &Aviary) {
    let client = aws_sdk_dynamodb::Client::new(&world.stack.sdk_config());
    let items = client.scan().table_name(world.stack.imports_table()).into_paginator().items().send();
    let items: Vec<_> = items.try_collect().await.unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for item in &items {
        let kind = item["sk"].as_s().unwrap().split('#').next().unwrap();
        for (name, value) in item {
            if aviary.found(&format!("{value:?}")).is_some() {
                seen.insert(format!("{kind} {name}"));
            }
        }
    }
    let expected =
        ["import external_ref", "import file_key", "import ignored", "key sk", "upload external_ref", "upload ignored"];
    let expected = expected.map(str::to_owned);
    assert_eq!(seen, expected.into());
}

/// Keys of objects are the service's own, but for those of drops and of the receipts beside them.
pub(super) async fn check_keys(world: &World, aviary: &Aviary) {
    let listed = world.s3().list_objects_v2().bucket(world.stack.bucket()).into_paginator().send();
    let listed: Vec<_> = listed.try_collect().await.unwrap();
    let keys: Vec<String> =
        listed.into_iter().flat_map(|page| page.contents.unwrap()).filter_map(|object| object.key).collect();
    let mut seen: Vec<&str> =
        keys.iter().filter(|key| aviary.found(key).is_some()).map(|key| key.split('/').next().unwrap()).collect();
    seen.dedup();
    assert_eq!(seen, ["drops", "receipts"]);
}

/// A message says which job waits. A letter about a drop that could not be accepted holds S3's own announcement, whole, and
/// so the name of the file: beside that nothing.
pub(super) async fn check_letters(world: &World, aviary: &Aviary) -> usize {
    let client = aws_sdk_sqs::Client::new(&world.stack.sdk_config());
    let mut count = 0;
    for queue in ["QueueUrl", "DeadLetterQueueUrl", "DropDeadLetterQueueUrl"] {
        let call = client.receive_message().queue_url(world.stack.output(queue)).max_number_of_messages(10);
        let call =
            call.message_attribute_names("All").message_system_attribute_names("All".into()).wait_time_seconds(1);
        for message in call.send().await.unwrap().messages.unwrap_or_default() {
            let mut body: Value = serde_json::from_str(message.body.as_deref().unwrap()).unwrap();
            if queue == "DropDeadLetterQueueUrl" {
                body.as_object_mut().unwrap().remove("requestPayload");
            }
            let all = format!("{body} {:?} {:?}", message.attributes, message.message_attributes);
            assert_eq!(aviary.found(&all), None, "{all}");
            count += 1;
        }
    }
    count
}

//! The queue, as far as the functions use it. Whoever plays Lambda takes the messages out.

use std::{collections::VecDeque, sync::Mutex};

use serde_json::{Value, json};

use crate::lock;

#[derive(Debug, Default)]
pub(crate) struct Queue {
    bodies: Mutex<VecDeque<String>>,
}

impl Queue {
    /// Takes the next message out, as the event that Lambda makes of it.
    pub(crate) fn take(&self) -> Option<Value> {
        let body = lock(&self.bodies).pop_front()?;
        Some(json!({"Records": [{
            "messageId": "8f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
            "receiptHandle": "receipt",
            "body": body,
            "attributes": {"ApproximateReceiveCount": "1", "MessageGroupId": "imports"},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "awsRegion": "us-east-1",
        }]}))
    }

    pub(super) fn answer(&self, operation: &str, body: &Value) -> Value {
        match operation {
            "SendMessage" => {
                let text = body["MessageBody"].as_str().unwrap_or_default();
                lock(&self.bodies).push_back(text.to_owned());
                json!({"MessageId": "8f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"})
            }
            "GetQueueAttributes" => {
                let waiting = lock(&self.bodies).len().to_string();
                let hidden = "ApproximateNumberOfMessagesNotVisible";
                json!({"Attributes": {"ApproximateNumberOfMessages": waiting, hidden: "0"}})
            }
            // ChangeMessageVisibility: what is taken out is hidden for good.
            _ => json!({}),
        }
    }
}

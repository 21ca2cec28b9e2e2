//! The queue on SQS: FIFO, one message group.

use std::time::Duration;

use aws_sdk_sqs::{Client, types::QueueAttributeName};

use super::error::sort;
use imports::{
    message::{MESSAGE_GROUP, Tick},
    ports::{PortError, PortResult, Queue},
};

/// A [`Queue`] on an SQS FIFO queue.
#[derive(Clone, Debug)]
pub struct SqsQueue {
    client: Client,
    url: String,
}

impl SqsQueue {
    /// Uses the queue at `url`.
    #[must_use]
    pub const fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }
}

impl Queue for SqsQueue {
    async fn send(&self, tick: &Tick, deduplication: &str) -> PortResult<()> {
        let body = serde_json::to_string(tick).map_err(|error| PortError::Permanent(error.to_string()))?;
        let call = self.client.send_message().queue_url(&self.url).message_body(body);
        let call = call.message_group_id(MESSAGE_GROUP).message_deduplication_id(deduplication);
        call.send().await.map_err(sort)?;
        Ok(())
    }

    async fn hide(&self, receipt_handle: &str, time: Duration) -> PortResult<()> {
        // Rounded up: a message that comes back early finds the lease still held.
        let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
        let seconds = i32::try_from(seconds).unwrap_or(i32::MAX);
        let call = self.client.change_message_visibility().queue_url(&self.url);
        let call = call.receipt_handle(receipt_handle).visibility_timeout(seconds);
        call.send().await.map_err(sort)?;
        Ok(())
    }

    async fn depth(&self) -> PortResult<u64> {
        let counts = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let answer = self
            .client
            .get_queue_attributes()
            .queue_url(&self.url)
            .set_attribute_names(Some(counts.to_vec()))
            .send()
            .await
            .map_err(sort)?;
        let count = |name| answer.attributes()?.get(&name)?.parse::<u64>().ok();
        counts
            .into_iter()
            .map(|name| count(name).ok_or_else(|| PortError::Permanent("the queue did not tell its depth".to_owned())))
            .sum()
    }
}

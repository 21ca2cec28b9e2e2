//! The queue on SQS: FIFO, one message group, and others for what must get past it.

use std::time::Duration;

use aws_sdk_sqs::{Client, types::QueueAttributeName};

use super::error::sort;
use crate::{
    message::{MESSAGE_GROUP, Tick},
    ports::{Depth, ImportQueue, Outside, StoreError},
};

/// An [`ImportQueue`] on an SQS FIFO queue.
#[derive(Clone, Debug)]
pub struct SqsImportQueue {
    client: Client,
    url: String,
}

impl SqsImportQueue {
    /// Uses the queue at `url`.
    #[must_use]
    pub const fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }
}

impl SqsImportQueue {
    async fn send_to(&self, group: &str, tick: &Tick, deduplication: &str) -> Outside<()> {
        let body = serde_json::to_string(tick).map_err(|error| StoreError::Permanent(error.to_string()))?;
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .message_group_id(group)
            .message_deduplication_id(deduplication)
            .send()
            .await
            .map_err(sort)?;
        Ok(())
    }
}

impl ImportQueue for SqsImportQueue {
    async fn send(&self, tick: &Tick, deduplication: &str) -> Outside<()> {
        self.send_to(MESSAGE_GROUP, tick, deduplication).await
    }

    async fn send_aside(&self, tick: &Tick, deduplication: &str, group: &str) -> Outside<()> {
        self.send_to(group, tick, deduplication).await
    }

    async fn hide(&self, receipt_handle: &str, time: Duration) -> Outside<()> {
        // Rounded up: a message that comes back early finds the lease still held.
        let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
        let seconds = i32::try_from(seconds).unwrap_or(i32::MAX);
        self.client
            .change_message_visibility()
            .queue_url(&self.url)
            .receipt_handle(receipt_handle)
            .visibility_timeout(seconds)
            .send()
            .await
            .map_err(sort)?;
        Ok(())
    }

    async fn depth(&self) -> Outside<Depth> {
        let (waiting, hidden) = (
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        );
        let answer = self
            .client
            .get_queue_attributes()
            .queue_url(&self.url)
            .attribute_names(waiting.clone())
            .attribute_names(hidden.clone())
            .send()
            .await
            .map_err(sort)?;
        let count = |name| {
            let count = answer.attributes().and_then(|counts| counts.get(&name)?.parse().ok());
            count.ok_or_else(|| StoreError::Permanent("the queue did not tell its depth".to_owned()))
        };
        Ok(Depth { waiting: count(waiting)?, hidden: count(hidden)? })
    }
}

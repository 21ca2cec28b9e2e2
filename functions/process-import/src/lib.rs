//! Runs import jobs, one message at a time. A message is a tick: it wakes the worker, which takes the next job of the
//! lane itself, whichever job the message was sent for.

mod batch;
mod bulk;
mod fault;
mod give_back;
mod heartbeat;
mod pass;
mod progress;
mod report;
mod run;
mod stored;

pub use give_back::Unreleased;
pub use heartbeat::Task;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use chrono::{DateTime, TimeDelta, Utc};
use imports::{
    back_off::again_after,
    debts::{Debt, Round, pay},
    events::Events,
    message::Tick,
    ports::{Files, Imports, Queue, Records},
    telemetry::Telemetry,
};
use tracing::{info, warn};

use crate::heartbeat::hide;

/// What the worker works with: its ports, and when it is.
#[derive(Debug)]
pub struct Worker<I, R, F, Q, E> {
    pub imports: I,
    pub records: R,
    pub files: F,
    pub queue: Q,
    pub events: E,
    /// How long an ended job is kept.
    pub retention: TimeDelta,
    pub clock: fn() -> DateTime<Utc>,
    pub telemetry: Telemetry,
    /// What a task becomes that is to run beside the work: itself, but in a simulation, where it stands still and dies with
    /// the function that began it.
    pub beside: fn(Task) -> Task,
    pub unreleased: Unreleased,
}

/// A worker's turn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Woken<'a> {
    /// The receipt of the message that woke it.
    pub(crate) receipt: &'a str,
    /// After how long the message comes back when a failure that may pass ends the turn.
    pub(crate) again: Duration,
    /// When Lambda stops the function.
    pub(crate) deadline: DateTime<Utc>,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It has done its work.
    Done,
    /// It is to come back after so long.
    Later(Duration),
}

impl<I, R, F, Q, E> Worker<I, R, F, Q, E>
where
    I: Imports + Clone + Send + 'static,
    R: Records,
    F: Files,
    Q: Queue + Clone + Send + 'static,
    E: Events,
{
    /// Runs one job for each message (the queue sends one at a time). A message is given back only where coming back
    /// helps; what a retry can't mend ends the job instead. `deadline` is when Lambda stops the function.
    ///
    /// # Errors
    /// When a message could not be given back, before anything is done for it. SQS sends none without id and receipt handle.
    pub async fn handle(&self, event: SqsEvent, deadline: DateTime<Utc>) -> Result<SqsBatchResponse, &'static str> {
        let mut given_back = SqsBatchResponse::default();
        for message in event.records {
            let id = message.message_id.ok_or("a message has no id")?;
            let receipt = message.receipt_handle.ok_or("a message has no receipt handle")?;
            let body = message.body.unwrap_or_default();
            let receives = message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok());
            let woken = Woken { receipt: &receipt, again: again_after(receives.unwrap_or(1)), deadline };
            let Some(delay) = self.take_turn(&body, woken).await else { continue };
            hide(&self.queue, &receipt, delay).await;
            given_back.add_failure(id);
        }
        Ok(given_back)
    }

    /// Handles a message; tells after how long it is to come back, if it is.
    async fn take_turn(&self, body: &str, woken: Woken<'_>) -> Option<Duration> {
        match serde_json::from_str::<Tick>(body) {
            Ok(tick) => info!(import.id = %tick.import_id, "woken"),
            // Whatever its body says, a message is a tick.
            Err(_) => warn!("woken by a message that is not ours"),
        }
        match self.run_next(woken).await {
            Turn::Later(delay) => Some(delay),
            Turn::Done => {
                let Self { imports, files, events, clock, .. } = self;
                pay(imports, files, events, Debt::ALL, Round::OF_WORKER, clock).await;
                None
            }
        }
    }
}

/// Locks state that is whole after every change, a panic or not.
fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;

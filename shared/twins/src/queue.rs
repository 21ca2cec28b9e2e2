//! The FIFO queue in memory: one message group, the first message first.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Call, Faults, lock};
use crate::conformance::queue::Consumer;
use imports::{
    message::{MOST_RECEIVES, Tick},
    ports::{PortError, PortResult, Queue},
    times::VISIBILITY,
};

/// For how long a deduplication key is remembered.
const REMEMBERED: TimeDelta = TimeDelta::minutes(5);

/// A [`Queue`] in memory. Clones share their messages.
#[derive(Clone, Debug)]
pub struct MemoryQueue {
    state: Arc<Mutex<State>>,
    clock: fn() -> DateTime<Utc>,
    faults: Faults,
}

#[derive(Debug, Default)]
struct State {
    /// In the order in which they were sent.
    messages: Vec<Message>,
    sent: HashMap<String, DateTime<Utc>>,
    count: u64,
    put_away: usize,
}

#[derive(Clone, Debug)]
struct Message {
    id: u64,
    tick: Tick,
    receives: u32,
    visible_at: DateTime<Utc>,
}

/// A message as its receiver gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub message_id: String,
    /// Of this receipt: a later one has another.
    pub receipt_handle: String,
    pub tick: Tick,
    /// How often it was received, this time included.
    pub receives: u32,
}

/// What can become of a message in a queue worse than the real one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mischief {
    Lose,
    Double,
    /// It waits for so long before it is received.
    Delay(Duration),
    /// The next message comes first.
    Swap,
}

impl MemoryQueue {
    /// Begins without a message; `faults` befall its calls.
    #[must_use]
    pub fn new(clock: fn() -> DateTime<Utc>, faults: Faults) -> Self {
        Self { state: Arc::default(), clock, faults }
    }

    /// Receives the first message, unless it is with another receiver: its group waits with it.
    #[must_use]
    pub fn receive(&self, now: DateTime<Utc>) -> Option<Received> {
        let mut state = lock(&self.state);
        let before = state.messages.len();
        state.messages.retain(|message| message.receives < MOST_RECEIVES || message.visible_at > now);
        state.put_away += before - state.messages.len();
        let message = state.messages.first_mut().filter(|message| message.visible_at <= now)?;
        message.receives += 1;
        message.visible_at = now + VISIBILITY;
        Some(Received {
            message_id: message.id.to_string(),
            receipt_handle: message.receipt(),
            tick: message.tick.clone(),
            receives: message.receives,
        })
    }

    /// Does mischief to the message at an index of the queue.
    pub fn disturb(&self, index: usize, mischief: Mischief) {
        let now = (self.clock)();
        let mut state = lock(&self.state);
        state.count += 1;
        let id = state.count;
        let messages = &mut state.messages;
        let Some(message) = messages.get_mut(index) else { return };
        match mischief {
            Mischief::Lose => drop(messages.remove(index)),
            Mischief::Double => {
                let double = Message { id, receives: 0, visible_at: now, ..message.clone() };
                messages.insert(index + 1, double);
            }
            Mischief::Delay(time) => message.visible_at = now + TimeDelta::from_std(time).unwrap_or(TimeDelta::MAX),
            Mischief::Swap if index + 1 < messages.len() => messages.swap(index, index + 1),
            Mischief::Swap => {}
        }
    }

    /// Deletes a message that was handled.
    pub fn delete(&self, receipt_handle: &str) {
        lock(&self.state).messages.retain(|message| message.receipt() != receipt_handle);
    }

    /// How many messages were put away as dead letters.
    #[must_use]
    pub fn put_away(&self) -> usize {
        lock(&self.state).put_away
    }

    /// The ticks that wait or are being handled, first one first.
    #[must_use]
    pub fn ticks(&self) -> Vec<Tick> {
        lock(&self.state).messages.iter().map(|message| message.tick.clone()).collect()
    }
}

impl Queue for MemoryQueue {
    async fn send(&self, tick: &Tick, deduplication: &str) -> PortResult<()> {
        let (tick, deduplication, clock) = (tick.clone(), deduplication.to_owned(), self.clock);
        let send = move |state: &mut State| {
            let now = clock();
            if state.sent.get(&deduplication).is_some_and(|sent| now - *sent < REMEMBERED) {
                return Ok(());
            }
            state.sent.insert(deduplication, now);
            state.count += 1;
            state.messages.push(Message { id: state.count, tick, receives: 0, visible_at: now });
            Ok(())
        };
        self.change(Call::Send, send).await
    }

    async fn hide(&self, receipt_handle: &str, time: Duration) -> PortResult<()> {
        let (receipt_handle, clock) = (receipt_handle.to_owned(), self.clock);
        let hide = move |state: &mut State| {
            let now = clock();
            let received = |message: &&mut Message| message.visible_at > now && message.receipt() == receipt_handle;
            let message = state.messages.iter_mut().find(received);
            let message =
                message.ok_or_else(|| PortError::Permanent("no message is out under this receipt".to_owned()))?;
            message.visible_at = now + TimeDelta::from_std(time).unwrap_or(TimeDelta::MAX);
            Ok(())
        };
        self.change(Call::Hide, hide).await
    }

    async fn depth(&self) -> PortResult<u64> {
        let depth = || Ok(u64::try_from(lock(&self.state).messages.len()).unwrap_or_default());
        self.faults.around(Call::Depth, depth).await
    }
}

impl MemoryQueue {
    async fn change<T: Send + 'static>(
        &self,
        call: Call,
        change: impl FnOnce(&mut State) -> PortResult<T> + Send + 'static,
    ) -> PortResult<T> {
        let state = Arc::clone(&self.state);
        self.faults.around_change(call, move |_| change(&mut lock(&state))).await
    }
}

impl Consumer for MemoryQueue {
    async fn receive(&self) -> PortResult<Option<(String, Tick)>> {
        let received = Self::receive(self, (self.clock)());
        Ok(received.map(|message| (message.receipt_handle, message.tick)))
    }

    async fn delete(&self, receipt: &str) -> PortResult<()> {
        Self::delete(self, receipt);
        Ok(())
    }
}

impl Message {
    fn receipt(&self) -> String {
        format!("{}/{}", self.id, self.receives)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use imports::import::ImportId;
    use records::StoreId;

    #[tokio::test(start_paused = true)]
    async fn a_deduplication_key_counts_again_after_five_minutes() {
        let queue = MemoryQueue::new(crate::now, Faults::default());
        crate::set_clock(DateTime::UNIX_EPOCH);
        let tick = Tick::of(&StoreId::from_configuration("main").unwrap(), ImportId::new(uuid::Uuid::nil()));
        for (wait, depth) in [(0, 1), (299, 1), (1, 2), (299, 2)] {
            tokio::time::advance(Duration::from_secs(wait)).await;
            queue.send(&tick, "key").await.unwrap();
            assert_eq!(queue.depth().await, Ok(depth));
        }
    }
}

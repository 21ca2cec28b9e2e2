//! Events that go nowhere: they are kept, to be looked at.

use std::sync::{Arc, Mutex};

use super::{Call, Faults, lock};
use imports::{
    events::{Event, Events, Sender},
    ports::PortResult,
};

/// An [`Events`] in memory. Clones share what was sent.
#[derive(Clone, Debug)]
pub struct MemoryEvents {
    sent: Arc<Mutex<Vec<Event>>>,
    sender: Sender,
    faults: Faults,
}

impl MemoryEvents {
    /// Begins with nothing sent; `faults` befall its calls.
    #[must_use]
    pub fn new(faults: Faults) -> Self {
        let sender = Sender { stack: "imports".to_owned(), origin: "https://api.example.com".to_owned() };
        Self { sent: Arc::default(), sender, faults }
    }

    /// All that was sent, in order.
    #[must_use]
    pub fn sent(&self) -> Vec<Event> {
        lock(&self.sent).clone()
    }
}

impl Events for MemoryEvents {
    fn sender(&self) -> &Sender {
        &self.sender
    }

    async fn send(&self, event: &Event) -> PortResult<()> {
        let (kept, event) = (Arc::clone(&self.sent), event.clone());
        let send = move |_| {
            lock(&kept).push(event);
            Ok(())
        };
        self.faults.around_change(Call::SendEvent, send).await
    }
}

//! What [`Events`] promise. Nobody else may send any meanwhile.

use super::promises;
use crate::fixture::{job, noon};
use imports::{
    events::{Event, Events},
    import::Import,
};

promises! { $ events_promises in events:
    an_event_that_was_sent_is_received_as_it_was,
    an_event_may_be_sent_again,
}

/// What receives the events.
pub trait Receiver: Events {
    /// Waits for the next ones, and gives the kind and the detail of each.
    fn receive(&self) -> impl Future<Output = Vec<(String, String)>> + Send;
}

fn started(events: &impl Events) -> Event {
    let import = Import { started_at: Some(noon()), ..Import::pending(job(7), noon(), 1) };
    Event::started(&import, events.sender()).unwrap().unwrap()
}

pub async fn an_event_that_was_sent_is_received_as_it_was(events: &impl Receiver) {
    let event = started(events);
    events.send(&event).await.unwrap();
    let received = events.receive().await;
    assert_eq!(received.len(), 1, "{received:?}");
    let (kind, detail) = received.first().unwrap();
    let read = |detail: &str| serde_json::from_str::<serde_json::Value>(detail).unwrap();
    assert_eq!((kind.as_str(), read(detail)), (event.kind, read(&event.detail)));
}

pub async fn an_event_may_be_sent_again(events: &impl Receiver) {
    let event = started(events);
    for _ in 0..2 {
        events.send(&event).await.unwrap();
    }
    assert!(!events.receive().await.is_empty());
}

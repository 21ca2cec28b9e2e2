//! Events on EventBridge.

use aws_sdk_eventbridge::{
    Client, operation::put_events::PutEventsOutput, primitives::DateTime, types::PutEventsRequestEntry,
};

use super::error::{is_throttling, sort};
use imports::{
    events::{Event, Events, SOURCE, Sender},
    ports::{PortError, PortResult},
};

/// [`Events`] on an EventBridge bus, or on none: then they go nowhere.
#[derive(Clone, Debug)]
pub struct EventBus {
    bus: Option<(Client, String)>,
    sender: Sender,
}

impl EventBus {
    /// Uses the bus of that name, if there is one.
    #[must_use]
    pub const fn new(bus: Option<(Client, String)>, sender: Sender) -> Self {
        Self { bus, sender }
    }
}

impl Events for EventBus {
    fn sender(&self) -> &Sender {
        &self.sender
    }

    async fn send(&self, event: &Event) -> PortResult<()> {
        let Some((client, bus)) = &self.bus else { return Ok(()) };
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(bus)
            .source(SOURCE)
            .detail_type(event.kind)
            .time(DateTime::from_millis(event.time.timestamp_millis()))
            .detail(&event.detail);
        taken(client.put_events().entries(entry.build()).send().await.map_err(sort)?)
    }
}

/// Whether the event was taken: a call that succeeded may not have taken it all the same.
fn taken(answer: PutEventsOutput) -> PortResult<()> {
    let failed = answer.entries.unwrap_or_default().into_iter().find_map(|entry| entry.error_code);
    match failed {
        Some(code) if is_throttling(&code) || code.starts_with("Internal") => Err(PortError::Transient(code)),
        Some(code) => Err(PortError::Permanent(code)),
        None if answer.failed_entry_count > 0 => Err(PortError::Transient("the event was not taken".to_owned())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_eventbridge::types::PutEventsResultEntry;

    use super::*;

    #[test]
    fn a_call_that_succeeded_may_have_a_failed_event() {
        let answer = |failed, code: Option<&str>| {
            let entry = PutEventsResultEntry::builder().set_error_code(code.map(str::to_owned)).build();
            taken(PutEventsOutput::builder().failed_entry_count(failed).entries(entry).build())
        };
        assert_eq!(answer(0, None), Ok(()));
        assert_eq!(answer(1, Some("ThrottlingException")), Err(PortError::Transient("ThrottlingException".to_owned())));
        assert_eq!(answer(1, Some("InternalFailure")), Err(PortError::Transient("InternalFailure".to_owned())));
        assert_eq!(answer(1, Some("MalformedDetail")), Err(PortError::Permanent("MalformedDetail".to_owned())));
        assert!(matches!(answer(1, None), Err(PortError::Transient(_))));
    }
}

//! Events: what others are told when a job starts and when it has ended. They say nothing of what is in a file.

mod said;

use std::future::Future;

use chrono::{DateTime, Utc};
use uuid::Uuid;

pub use said::{EventOutcome, Sender};

use crate::{
    api::EventDocument,
    counts::Tally,
    import::{Import, ImportStatus},
    ports::{PortError, PortResult},
};

/// What EventBridge knows the service by.
pub const SOURCE: &str = "subscriptions-import";

/// An event, as others get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// EventBridge's `detail-type`.
    pub kind: &'static str,
    /// When what it tells of happened.
    pub time: DateTime<Utc>,
    /// JSON: an [`EventDocument`].
    pub detail: String,
}

/// Where events go.
pub trait Events: Sync {
    /// Who sends them.
    fn sender(&self) -> &Sender;

    /// Sends an event, which may arrive more than once, and after later ones.
    fn send(&self, event: &Event) -> impl Future<Output = PortResult<()>> + Send;
}

impl Event {
    /// Tells that a job has started: as it was then, however much later it is sent. `None` of a job that has not.
    ///
    /// # Errors
    /// When it can't be written, which would be a mistake of ours.
    pub fn started(import: &Import, sender: &Sender) -> PortResult<Option<Self>> {
        let Some(time) = import.started_at else { return Ok(None) };
        let started = Import {
            status: ImportStatus::Started,
            updated_at: time,
            finished_at: None,
            cancel_requested_at: None,
            tally: Tally::default(),
            report: None,
            ..import.clone()
        };
        Self::new("Subscription Import Started", time, started, None, sender).map(Some)
    }

    /// Tells that a job has ended. `None` of a job that has not.
    ///
    /// # Errors
    /// As [`Self::started`].
    pub fn ended(import: &Import, sender: &Sender) -> PortResult<Option<Self>> {
        let Some((time, outcome)) = import.finished_at.zip(EventOutcome::of(import)) else { return Ok(None) };
        Self::new("Subscription Import Ended", time, import.clone(), Some(outcome), sender).map(Some)
    }

    fn new(
        kind: &'static str,
        time: DateTime<Utc>,
        import: Import,
        outcome: Option<EventOutcome>,
        sender: &Sender,
    ) -> PortResult<Self> {
        let id = Uuid::new_v5(&import.id.as_uuid(), import.status.as_str().as_bytes());
        let document = EventDocument::new(id, import, outcome, sender);
        let detail = serde_json::to_string(&document).map_err(|error| PortError::Permanent(error.to_string()))?;
        Ok(Self { kind, time, detail })
    }
}

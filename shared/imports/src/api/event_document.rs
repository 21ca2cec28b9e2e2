//! What an event says.

use serde::Serialize;
use uuid::Uuid;

use super::{
    import_address,
    import_document::{ImportLinks, Job},
};
use crate::{
    events::{EventOutcome, Sender},
    import::Import,
};
use records::StoreId;

/// What an event says of a job: its document, without the text of an error.
#[derive(Debug, Serialize)]
pub struct EventDocument<'a> {
    version: &'static str,
    id: Uuid,
    stack: &'a str,
    store: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    dry_run: bool,
    data: Job,
    links: ImportLinks,
}

impl<'a> EventDocument<'a> {
    /// Says of a job how it stands. `id` is the same whenever the same is said again.
    #[must_use]
    pub fn new(id: Uuid, import: Import, outcome: Option<EventOutcome>, sender: &'a Sender) -> Self {
        Self {
            version: "1",
            id,
            stack: &sender.stack,
            store: StoreId::to_string(&import.store),
            outcome: outcome.map(Into::into),
            dry_run: import.options.dry_run,
            links: ImportLinks::new(import_address(&sender.origin, import.id), import.report.is_some()),
            data: Job::new(import, None).without_text(),
        }
    }
}

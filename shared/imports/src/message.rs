//! The message in the queue. It is a tick, not an order: it says that a job may wait, not which one to run.

use serde::{Deserialize, Serialize};

use crate::import::ImportId;
use records::StoreId;

/// The body of a queue message: the job that caused it, for logs and local invocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    pub import_id: ImportId,
    pub store: String,
}

impl Tick {
    /// The tick that a job causes.
    #[must_use]
    pub fn of(store: &StoreId, import_id: ImportId) -> Self {
        Self { import_id, store: store.to_string() }
    }
}

/// How often a message is received before it is put away as a dead letter. In the template. Often: a message is a tick, and all
/// are alike, so none is to blame for what goes wrong; one put away in an outage would only have to be replaced.
pub const MOST_RECEIVES: u32 = 1_000;

/// The one message group: its messages are handled strictly one after another.
pub const MESSAGE_GROUP: &str = "imports";

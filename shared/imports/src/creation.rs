//! Making a job of a stored file: what an upload and a drop have in common.

use chrono::{DateTime, Utc};
use tracing::{info, warn};

use crate::{
    import::NewImport,
    message::Tick,
    ports::{Created, Imports, PortResult, Queue, in_time},
    times::TICK,
};

/// Stores the job of a file that is already stored, then wakes the worker. Once the job is stored it can't be lost: a
/// tick that fails to go out is only logged, since the resume function sends the missing one.
///
/// # Errors
/// When the job could not be stored.
pub async fn submit(
    imports: &impl Imports,
    queue: &impl Queue,
    new: NewImport,
    now: DateTime<Utc>,
) -> PortResult<Created> {
    let created = imports.create(new, now).await?;
    if let Created::Now(import) = &created {
        info!(import.id = %import.id, store = %import.store, "import created");
        let tick = Tick::of(&import.store, import.id);
        if let Err(error) = in_time(TICK, queue.send(&tick, &import.id.to_string())).await {
            warn!(import.id = %import.id, %error, "could not wake the worker; the resume function will");
        }
    }
    Ok(created)
}

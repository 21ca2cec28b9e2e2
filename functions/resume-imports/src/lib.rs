//! Wakes the worker for jobs that wait without a message, to run or for their receipt: the net under every tick that got
//! lost.

use chrono::{DateTime, TimeDelta, Utc};
use lambda_runtime::Error;
use shared::{
    message::Tick,
    ports::{ImportQueue, ImportStore},
};
use tracing::info;

/// How old a job is before it is looked after; a younger one's own tick may still be on its way.
const GRACE: TimeDelta = TimeDelta::seconds(30);

/// How many jobs are looked after at once. The others' turn comes as these end.
const MOST: u32 = 100;

/// Sends a tick for each job too many for the messages there are. A tick too many does no harm: it finds nothing to do.
///
/// # Errors
/// When the line or the queue can't be reached; the next schedule tries again.
pub async fn handle(imports: &impl ImportStore, queue: &impl ImportQueue, now: DateTime<Utc>) -> Result<(), Error> {
    let mut open = imports.open(MOST).await?;
    open.retain(|import| import.created_at <= now - GRACE);
    let owed = imports.owed_receipts(1).await?;
    if open.is_empty() && owed.is_empty() {
        return Ok(());
    }
    let messages = usize::try_from(queue.depth().await?).unwrap_or(usize::MAX);
    let missing = open.len().saturating_sub(messages);
    // Receipts are written by whichever message comes next: they need one of their own only where none will.
    let owed = owed.iter().filter(|_| open.is_empty() && messages == 0);
    for import in open.iter().take(missing).chain(owed) {
        // A key of its own each minute: the queue drops what repeats within five.
        let deduplication = format!("{}-{}", import.id, now.timestamp() / 60);
        queue.send(&Tick::of(&import.store, import.id), &deduplication).await?;
        info!(import.id = %import.id, "a job waited without a message; it has one now");
    }
    Ok(())
}

#[cfg(test)]
mod tests;

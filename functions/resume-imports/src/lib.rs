//! Wakes the worker for jobs that wait without a message, gets past a message that holds the line up, and writes the
//! receipts that a worker left owed: the net under everything that a function that died has not done.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use lambda_runtime::Error;
use shared::{
    message::Tick,
    ports::{FileStore, ImportQueue, ImportRef, ImportStore, Outside},
    receipt::write_receipts,
};
use tokio::time::sleep;
use tracing::{info, warn};

/// How old a job is before it is looked after; a younger one's own tick may still be on its way. So it is with receipts.
const GRACE: TimeDelta = TimeDelta::seconds(30);

/// How many jobs are looked after at once. The others' turn comes as these end.
const MOST: u32 = 100;

/// How long nothing may happen before the line is held up: between two jobs there is less.
const STILL: Duration = Duration::from_secs(10);

/// Writes receipts that were left owed, and sends a tick for each job too many for the messages there are. A tick too many
/// does no harm: it finds nothing to do.
///
/// A message whose worker died before it could say for how long it needs it comes back late, and the others of its group
/// wait with it. Where a message is being handled but no job runs the jobs get ticks in a group of their own.
///
/// # Errors
/// When the line or the queue can't be reached; the next schedule tries again.
pub async fn handle(
    files: &impl FileStore,
    imports: &impl ImportStore,
    queue: &impl ImportQueue,
    clock: impl Fn() -> DateTime<Utc>,
) -> Result<(), Error> {
    write_receipts(imports, files, GRACE, &clock).await;
    let mut open = imports.open(MOST).await?;
    open.retain(|import| import.created_at <= clock() - GRACE);
    let Some(next) = open.first() else { return Ok(()) };
    let depth = queue.depth().await?;
    let messages = usize::try_from(depth.total()).unwrap_or(usize::MAX);
    // A key of its own each minute: the queue drops what repeats within five.
    let minute = clock().timestamp() / 60;
    for import in open.iter().take(open.len().saturating_sub(messages)) {
        queue.send(&Tick::of(&import.store, import.id), &format!("{}-{minute}", import.id)).await?;
        info!(import.id = %import.id, "a job waited without a message; it has one now");
    }
    if depth.hidden > 0 && stands_still(imports, next, &clock).await? {
        warn!(import.id = %next.id, "a message is being handled, and no job runs; others are sent past it");
        for import in &open {
            let key = format!("{}-{minute}-aside", import.id);
            queue.send_aside(&Tick::of(&import.store, import.id), &key, &format!("aside-{minute}")).await?;
        }
    }
    Ok(())
}

/// Whether no worker runs a job, now and a while later, and the same job is still next.
async fn stands_still(
    imports: &impl ImportStore,
    next: &ImportRef,
    clock: &impl Fn() -> DateTime<Utc>,
) -> Outside<bool> {
    for pause in [Duration::ZERO, STILL] {
        sleep(pause).await;
        let is_run = imports.leased_until().await?.is_some_and(|until| until > clock());
        if is_run || imports.open(1).await?.first() != Some(next) {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests;

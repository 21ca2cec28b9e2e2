//! The safety net for whatever a dead function left undone: sends ticks for jobs that wait without a message, and writes
//! receipts that are still owed.

use chrono::{DateTime, TimeDelta, Utc};
use imports::{
    message::Tick,
    ports::{Files, Imports, Queue},
    receipt::write_receipts,
    times::{RESUME_EVERY, RESUME_GRACE},
};
use lambda_runtime::Error;
use tracing::info;

/// How many jobs are looked after at once. The others' turn comes as these end.
const MOST: u32 = 100;

/// Writes owed receipts, makes the jobs that ended more than `retention` ago disappear, and sends one tick for each open job
/// that exceeds the number of messages. A tick too many does no harm: the worker finds nothing to do.
///
/// # Errors
/// When the table or the queue can't be reached; the next run tries again.
pub async fn handle(
    files: &impl Files,
    imports: &impl Imports,
    queue: &impl Queue,
    clock: impl Fn() -> DateTime<Utc>,
    retention: TimeDelta,
) -> Result<(), Error> {
    write_receipts(imports, files, RESUME_GRACE, &clock).await;
    let forgotten = imports.forget(clock() - retention).await;
    let mut open = imports.open(MOST).await?;
    open.retain(|import| import.created_at <= clock() - RESUME_GRACE);
    if open.is_empty() {
        return Ok(forgotten?);
    }
    let messages = usize::try_from(queue.depth().await?).unwrap_or(usize::MAX);
    // A key of its own in each run: the queue drops what repeats within five minutes.
    let run = clock().timestamp() / RESUME_EVERY.num_seconds();
    for import in open.iter().take(open.len().saturating_sub(messages)) {
        queue.send(&Tick::of(&import.store, import.id), &format!("{}-{run}", import.id)).await?;
        info!(import.id = %import.id, "a job waited without a message; it has one now");
    }
    // Last: jobs that wait get their ticks even where forgetting failed.
    Ok(forgotten?)
}

#[cfg(test)]
mod tests;

//! Wakes the worker for jobs that wait without a message, and writes the receipts that a worker left owed: the net under
//! everything that a function that died has not done.

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

/// Writes receipts that were left owed, forgets the jobs that were kept for `retention`, and sends a tick for each job too many for the messages there are. A tick too many
/// does no harm: it finds nothing to do.
///
/// # Errors
/// When the table or the queue can't be reached; the next schedule tries again.
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
    // Whatever comes of that, the jobs that wait are served first.
    Ok(forgotten?)
}

#[cfg(test)]
mod tests;

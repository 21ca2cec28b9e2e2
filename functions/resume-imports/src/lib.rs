//! The safety net for whatever a dead function left undone: sends ticks for jobs that wait without a message, and pays the
//! receipts and events that are still owed.

use chrono::{DateTime, TimeDelta, Utc};
use imports::{
    debts::{Debt, Round, pay},
    events::Events,
    message::Tick,
    ports::{Files, Imports, Queue},
    times::{RESUME_EVERY, RESUME_GRACE},
};
use lambda_runtime::Error;
use tracing::info;

/// How many jobs are looked after at once. The others' turn comes as these end.
const MOST: u32 = 100;

/// Writes owed receipts, makes the jobs that ended more than `retention` ago disappear, sends one tick for each open job that
/// exceeds the number of messages, and sends owed events. A tick too many does no harm: the worker finds nothing to do.
///
/// # Errors
/// When the table or the queue can't be reached; the next run tries again.
pub async fn handle(
    files: &impl Files,
    imports: &impl Imports,
    queue: &impl Queue,
    events: &impl Events,
    clock: impl Fn() -> DateTime<Utc>,
    retention: TimeDelta,
) -> Result<(), Error> {
    pay(imports, files, events, &[Debt::Receipt], Round::OF_RESUME, &clock).await;
    let forgotten = imports.forget(clock() - retention).await;
    // Jobs that wait get their ticks even where forgetting failed, and before a bus that hangs takes the time.
    let woken = wake(imports, queue, &clock).await;
    pay(imports, files, events, Debt::EVENTS, Round::OF_RESUME, &clock).await;
    woken?;
    Ok(forgotten?)
}

async fn wake(imports: &impl Imports, queue: &impl Queue, clock: &impl Fn() -> DateTime<Utc>) -> Result<(), Error> {
    let mut open = imports.open(MOST).await?;
    open.retain(|import| import.created_at <= clock() - RESUME_GRACE);
    if open.is_empty() {
        return Ok(());
    }
    let messages = usize::try_from(queue.depth().await?).unwrap_or(usize::MAX);
    // A key of its own in each run: the queue drops what repeats within five minutes.
    let run = clock().timestamp() / RESUME_EVERY.num_seconds();
    for import in open.iter().take(open.len().saturating_sub(messages)) {
        queue.send(&Tick::of(&import.store, import.id), &format!("{}-{run}", import.id)).await?;
        info!(import.id = %import.id, "a job waited without a message; it has one now");
    }
    Ok(())
}

#[cfg(test)]
mod tests;

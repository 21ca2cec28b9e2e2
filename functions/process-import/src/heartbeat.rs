//! What a worker does beside its work: it keeps its message hidden, renews its lease, shows its progress.

use std::{
    future::{Future, pending, poll_fn},
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use imports::{
    import::{LEASE, Lease},
    ports::{Imports, PortError, Queue},
};
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tracing::warn;

use crate::progress::Progress;

/// How often progress is shown.
const SHOW: Duration = Duration::from_secs(2);
/// After how many of those the lease is renewed: four times within its length.
const RENEW_EVERY: u32 = 7;
/// How long before the lease runs out a worker that could not renew it stops: its last calls must have ended by then.
const MARGIN: TimeDelta = TimeDelta::seconds(20);

/// For how long a message is hidden, and a lease holds.
pub(crate) fn lease_time() -> Duration {
    LEASE.to_std().unwrap_or_default()
}

/// Until when a worker may work under its lease.
#[derive(Debug)]
pub(crate) struct Hold {
    /// When the lease was last asked for with success.
    asked: Mutex<DateTime<Utc>>,
    clock: fn() -> DateTime<Utc>,
}

impl Hold {
    /// Begins when a lease is about to be asked for: it counts from then, however long the answer takes.
    pub(crate) fn new(clock: fn() -> DateTime<Utc>) -> Self {
        Self { asked: Mutex::new(clock()), clock }
    }

    fn asked(&self) -> MutexGuard<'_, DateTime<Utc>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        (self.clock)() - *self.asked() > LEASE - MARGIN
    }
}

/// Works while the lease holds, which it makes sure of before each step: a worker that stood still must not write once
/// another may have its job. `None` when the lease was over first.
pub(crate) async fn while_held<T>(work: impl Future<Output = T>, hold: &Hold, progress: &Progress) -> Option<T> {
    let mut work = pin!(work);
    poll_fn(|context| {
        if hold.is_over() && !progress.is_closing() {
            return Poll::Ready(None);
        }
        work.as_mut().poll(context).map(Some)
    })
    .await
}

/// Beats until the lease is lost: another worker has the job, or the lease could not be renewed in time. It does not
/// end over a lease that the worker itself is giving up: that write tells how it went.
pub(crate) async fn beat(
    imports: &impl Imports,
    queue: &impl Queue,
    receipt: &str,
    lease: &Lease,
    progress: &Progress,
    hold: &Hold,
) {
    let clock = hold.clock;
    let mut ticks = interval_at(Instant::now() + SHOW, SHOW);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for beat in 1_u32.. {
        ticks.tick().await;
        if beat.is_multiple_of(RENEW_EVERY) {
            let asked = clock();
            if let Err(error) = queue.hide(receipt, lease_time()).await {
                warn!(import.id = %lease.id, %error, "could not keep the message hidden");
            }
            match imports.extend_lease(lease, clock()).await {
                Ok(()) => *hold.asked() = asked,
                Err(PortError::Conflict(_)) => return lost(progress).await,
                Err(error) => warn!(import.id = %lease.id, %error, "could not renew the lease"),
            }
        }
        if hold.is_over() {
            return lost(progress).await;
        }
        // Even where there is nothing new to show: it tells whether the job is to stop.
        match imports.record_progress(lease, &progress.shown(), clock()).await {
            Ok(true) => progress.cancel(),
            Ok(false) => {}
            Err(PortError::Conflict(_)) => return lost(progress).await,
            Err(error) => warn!(import.id = %lease.id, %error, "could not show the progress"),
        }
    }
}

async fn lost(progress: &Progress) {
    if progress.is_closing() {
        pending::<()>().await;
    }
}

//! What a worker does beside its work: it keeps its message hidden, renews its lease, shows its progress.

use std::{future::pending, time::Duration};

use chrono::{DateTime, Utc};
use shared::{
    import::{LEASE, Lease},
    ports::{ImportQueue, ImportStore, StoreError},
};
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tracing::warn;

use crate::progress::Progress;

/// How often progress is shown.
const SHOW: Duration = Duration::from_secs(2);
/// After how many of those the lease is renewed: four times within its length.
const RENEW_EVERY: u32 = 7;
/// How long before the lease runs out a worker that could not renew it stops: its last calls must have ended by then.
const MARGIN: Duration = Duration::from_secs(20);

/// For how long a message is hidden, and a lease holds.
pub(crate) fn lease_time() -> Duration {
    LEASE.to_std().unwrap_or_default()
}

/// Beats until the lease is lost: another worker has the job, or the lease could not be renewed in time. It does not
/// end over a lease that the worker itself is giving up: that write tells how it went.
pub(crate) async fn beat(
    imports: &impl ImportStore,
    queue: &impl ImportQueue,
    receipt: &str,
    lease: &Lease,
    progress: &Progress,
    clock: fn() -> DateTime<Utc>,
) {
    let mut renewed = Instant::now();
    let mut ticks = interval_at(renewed + SHOW, SHOW);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for beat in 1_u32.. {
        ticks.tick().await;
        if beat.is_multiple_of(RENEW_EVERY) {
            let asked = Instant::now();
            if let Err(error) = queue.hide(receipt, lease_time()).await {
                warn!(import.id = %lease.id, %error, "could not keep the message hidden");
            }
            match imports.extend_lease(lease, clock()).await {
                Ok(()) => renewed = asked,
                Err(StoreError::Conflict(_)) => return lost(progress).await,
                Err(error) => warn!(import.id = %lease.id, %error, "could not renew the lease"),
            }
        }
        if renewed.elapsed() > lease_time().saturating_sub(MARGIN) {
            return lost(progress).await;
        }
        // Even where there is nothing new to show: it tells whether the job is to stop.
        match imports.record_progress(lease, &progress.shown(), clock()).await {
            Ok(true) => progress.cancel(),
            Ok(false) => {}
            Err(StoreError::Conflict(_)) => return lost(progress).await,
            Err(error) => warn!(import.id = %lease.id, %error, "could not show the progress"),
        }
    }
}

async fn lost(progress: &Progress) {
    if progress.is_closing() {
        pending::<()>().await;
    }
}

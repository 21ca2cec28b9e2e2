//! What does not get through is tried again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use tokio::time::Instant;

use crate::Error;

/// Longer than this is waited for nobody: then the error is for the caller, who may come back.
const LONGEST_PAUSE: Duration = Duration::from_mins(2);

/// A service that has never answered is looked for so long: an address that is wrong does not get better.
const SEARCH: Duration = Duration::from_secs(5);

/// Learns how a call comes along, for those who wait for it.
pub trait Observer: Send + Sync {
    /// So many of an upload's bytes are sent.
    fn sent(&self, _bytes: u64, _of: u64) {}
    /// An upload has arrived; its job will have this id.
    fn arrived(&self, _id: &str) {}
    /// A call did not get through and is made again after this pause.
    fn waits(&self, _why: &Error, _pause: Duration) {}
}

/// Observes nothing.
pub(crate) struct Nobody;

impl Observer for Nobody {}

/// Pauses that grow from half a second, with chance in them, so that clients that failed together don't come back together.
fn pauses() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(500))
        .with_max_delay(Duration::from_secs(20))
        .with_max_times(5)
        .with_jitter()
}

/// Tries until it gets through, fails for good, or has failed six times; sooner where nothing has ever been there.
pub(crate) async fn until_through<T, F: Future<Output = Result<T, Error>>>(
    observer: &dyn Observer,
    has_answered: &AtomicBool,
    attempt: impl FnMut() -> F,
) -> Result<T, Error> {
    let (began, mut tries) = (Instant::now(), 1);
    let is_lost = |error: &Error, pause| {
        began.elapsed() + pause > SEARCH && error.found_nobody() && !has_answered.load(Ordering::Relaxed)
    };
    let result = attempt
        .retry(pauses())
        .when(Error::passes)
        .adjust(|error, pause| match (pause, error.retry_after()) {
            (Some(_), Some(asked)) if asked > LONGEST_PAUSE => None,
            // Not before it asks for.
            (Some(pause), Some(asked)) => Some(asked + pause / 10),
            (Some(pause), None) if is_lost(error, pause) => None,
            (pause, _) => pause,
        })
        .notify(|error, pause| {
            tries += 1;
            observer.waits(error, pause);
        })
        .await;
    result.map_err(|error| error.after(tries))
}

//! What a worker does beside its work, in a task of its own: it renews its lease, keeps its message hidden, shows its progress.

use std::{
    future::{Future, pending, poll_fn, ready},
    pin::{Pin, pin},
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use imports::{
    import::Lease,
    ports::{Imports, PortError, PortResult, Queue, in_time},
    times::{BEAT_CALL, LEASE, MARGIN, RENEW, SHOW, duration},
};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    task::block_in_place,
    time::{Instant, MissedTickBehavior, interval_at},
};
use tracing::warn;

use crate::{lock, progress::Progress};

/// A task that runs beside the work.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

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

    fn is_over(&self) -> bool {
        (self.clock)() - *lock(&self.asked) > LEASE - MARGIN
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

/// Works on a thread that the runtime does without meanwhile: however long the work goes on without a pause, the tasks
/// beside it go on. Only tests and the simulation have a runtime of one thread, which can't spare it.
pub(crate) async fn apart<T>(work: impl Future<Output = T>) -> T {
    let runtime = Handle::current();
    match runtime.runtime_flavor() {
        RuntimeFlavor::MultiThread => block_in_place(|| runtime.block_on(work)),
        _ => work.await,
    }
}

/// Keeps a claim and its message while the worker works.
#[derive(Debug)]
pub(crate) struct Heart<I, Q> {
    pub(crate) imports: I,
    pub(crate) queue: Q,
    pub(crate) receipt: String,
    pub(crate) lease: Lease,
    pub(crate) progress: Arc<Progress>,
    pub(crate) hold: Arc<Hold>,
}

impl<I: Imports, Q: Queue> Heart<I, Q> {
    /// Beats until the lease is lost: another worker has the job, or the lease could not be renewed in time. It does not
    /// end over a lease that the worker itself is giving up: that write tells how it went. No call waits for one of
    /// another kind.
    pub(crate) async fn beat(self) {
        tokio::select! {
            biased;
            () = until_lost(RENEW, || self.renew()) => {}
            () = until_lost(RENEW, || self.keep_hidden()) => {}
            () = until_lost(SHOW, || self.show()) => {}
            () = until_lost(SHOW, || ready(self.hold.is_over())) => {}
        }
        if self.progress.is_closing() {
            pending::<()>().await;
        }
    }

    /// Renews the lease. The answer says whether it is lost.
    async fn renew(&self) -> bool {
        let asked = (self.hold.clock)();
        let renewed = self.progress.heed(in_time(BEAT_CALL, self.imports.extend_lease(&self.lease, asked)).await);
        if renewed.is_ok() {
            *lock(&self.hold.asked) = asked;
        }
        self.is_lost("could not renew the lease", renewed)
    }

    async fn keep_hidden(&self) -> bool {
        hide(&self.queue, &self.receipt, duration(LEASE)).await;
        false
    }

    /// Shows the progress, even where there is nothing new to show: the answer tells whether the job is to stop.
    async fn show(&self) -> bool {
        let (tally, now) = (self.progress.shown(), (self.hold.clock)());
        let shown = in_time(BEAT_CALL, self.imports.record_progress(&self.lease, &tally, now)).await;
        if shown == Ok(true) {
            self.progress.cancel();
        }
        self.is_lost("could not show the progress", shown.map(drop))
    }

    fn is_lost(&self, failure: &str, outcome: PortResult<()>) -> bool {
        match outcome {
            Ok(()) => false,
            Err(PortError::Conflict(_)) => true,
            Err(error) => {
                warn!(import.id = %self.lease.id, %error, "{failure}");
                false
            }
        }
    }
}

/// Does something at each tick until it says that the lease is lost.
async fn until_lost<T: Future<Output = bool>>(every: TimeDelta, act: impl Fn() -> T) {
    let mut ticks = interval_at(Instant::now() + duration(every), duration(every));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if act().await {
            return;
        }
    }
}

/// Hides a message from now on for so long. One that could not be hidden comes back at its old time.
pub(crate) async fn hide(queue: &impl Queue, receipt: &str, time: Duration) {
    if let Err(error) = in_time(BEAT_CALL, queue.hide(receipt, time)).await {
        warn!(%error, "could not set when the message comes back; it comes when its time is up");
    }
}

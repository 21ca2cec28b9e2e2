//! The life of a claim: from taking the next job of the line to ending it, or giving it back.

use std::time::Duration;

use chrono::{DateTime, Utc};
use shared::{
    import::{Claim, MAX_ATTEMPTS},
    message::Tick,
    ports::{FileStore, ImportQueue, ImportStore, RecordStore, StoreError},
};
use tokio::time::sleep;
use tracing::{error, info, warn};

use crate::{
    Turn, Worker,
    fault::FileFault,
    heartbeat::{Hold, beat, lease_time, while_held},
    pass::{Pass, Stop},
    progress::Progress,
};

/// After how long a message comes back that could not do its work for a failure that may pass.
const SOON: Duration = Duration::from_secs(5);
/// How long a call may still take effect that nobody waits for any more. Before a job is given up or back, so that
/// nothing is written once another job may run.
const AFTERMATH: Duration = Duration::from_secs(10);

impl<I, R, F, Q> Worker<I, R, F, Q>
where
    I: ImportStore,
    R: RecordStore,
    F: FileStore,
    Q: ImportQueue,
{
    /// Takes the next job of the line, if there is one, and runs it.
    pub(crate) async fn run_next(&self, receipt: &str, deadline: DateTime<Utc>) -> Turn {
        // Should this worker die, the message comes back after the time of a lease and not after the queue's own, longer one.
        if let Err(error) = self.queue.hide(receipt, lease_time()).await {
            warn!(%error, "could not shorten the message's time");
        }
        let hold = Hold::new(self.clock);
        let (import, lease, attempt) = match self.imports.claim_next((self.clock)()).await {
            Ok(Claim::Run { import, lease, attempt }) => (*import, lease, attempt),
            Ok(Claim::Idle) => return Turn::Done,
            Ok(Claim::Busy { until }) => {
                info!("another worker runs a job; the message comes back when its lease is over");
                let wait = (until - (self.clock)()).to_std().unwrap_or_default();
                return Turn::Later(wait.max(Duration::from_secs(1)));
            }
            Err(error) => {
                error!(%error, "could not claim a job");
                return Turn::Later(SOON);
            }
        };
        info!(import.id = %import.id, store = %import.store, attempt, "import started");
        let given_up = attempt > MAX_ATTEMPTS;
        let progress = Progress::after(import.tally);
        if import.cancel_requested_at.is_some() {
            progress.cancel();
        }
        let pass = Pass { worker: self, import: &import, lease: &lease, attempt, progress: &progress, deadline };
        let work = while_held(self.see_through(&pass, given_up), &hold, &progress);
        // In this order always, so that a simulation runs the same way again.
        let turn = tokio::select! {
            biased;
            turn = work => turn,
            () = beat(&self.imports, &self.queue, receipt, &lease, &progress, &hold) => None,
        };
        turn.unwrap_or_else(|| {
            // Soon: perhaps nobody has it, and this message is the only one that wakes a worker.
            warn!(import.id = %import.id, "the lease is lost; whoever has it now goes on");
            Turn::Later(SOON)
        })
    }

    async fn see_through(&self, pass: &Pass<'_, I, R, F, Q>, given_up: bool) -> Turn {
        let passed =
            if given_up { pass.end_with(&FileFault::GivenUp).await.map_err(Stop::from) } else { pass.run().await };
        let id = pass.import.id;
        let ended = match passed {
            // A retry would fail alike: the job ends here, and says so.
            Err(Stop::Failed(StoreError::Permanent(reason))) => {
                error!(import.id = %id, error = %reason, "the import can't go on");
                sleep(AFTERMATH).await;
                pass.end_with(&FileFault::Unable).await.map_err(Stop::from)
            }
            passed => passed,
        };
        match ended {
            Ok(()) => Turn::Done,
            Err(Stop::OutOfTime) if pass.progress.has_advanced() => {
                sleep(AFTERMATH).await;
                self.hand_over(pass).await
            }
            Err(Stop::OutOfTime) => {
                // Not handed over but left to lapse, which counts as an attempt: else it could go round for ever.
                warn!(import.id = %id, "the function's time is nearly over, and the import has come no further than before");
                Turn::Later(lease_time())
            }
            Err(Stop::Failed(error)) => {
                // The lease runs out as the message comes back, and the job is claimed again.
                warn!(import.id = %id, %error, "the import stopped; it is tried again");
                Turn::Later(lease_time())
            }
        }
    }

    /// Gives the job back in good order, for a worker with more time.
    async fn hand_over(&self, pass: &Pass<'_, I, R, F, Q>) -> Turn {
        let lease = pass.lease;
        info!(import.id = %lease.id, "the function's time is nearly over; the import is handed over");
        let tick = Tick::of(&lease.store, lease.id);
        pass.progress.close();
        let handed = async {
            self.imports.release(lease).await?;
            self.queue.send(&tick, &format!("{}-{}", lease.id, lease.epoch)).await
        };
        match handed.await {
            Ok(()) => Turn::Done,
            Err(error) => {
                warn!(import.id = %lease.id, %error, "could not hand the import over; its lease runs out");
                Turn::Later(lease_time())
            }
        }
    }
}

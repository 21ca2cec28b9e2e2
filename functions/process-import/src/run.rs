//! The life of a claim: from taking the next job of the lane to ending it, or giving it back.

use std::{sync::Arc, time::Duration};

use imports::{
    debts::{Debt, pay_one},
    events::Events,
    import::{Claim, Import, Lease, MAX_ATTEMPTS},
    message::Tick,
    ports::{Files, ImportRef, Imports, PortError, Queue, Records, in_time},
    times::{AFTERMATH, ANNOUNCE, GIVE_BACK, LEASE, SOON, duration},
};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use tracing::{error, info, warn};

use crate::{
    Turn, Woken, Worker,
    fault::EarlyEnd,
    give_back::Stopped,
    heartbeat::{Heart, Hold, apart, hide, while_held},
    pass::{Pass, Stop},
    progress::Progress,
};

/// The claim after the last attempt imports nothing any more, but tells which lines were imported.
const LAST_CLAIM: u32 = MAX_ATTEMPTS + 1;

impl<I, R, F, Q, E> Worker<I, R, F, Q, E>
where
    I: Imports + Clone + Send + 'static,
    R: Records,
    F: Files,
    Q: Queue + Clone + Send + 'static,
    E: Events,
{
    /// Takes the next job of the lane, if there is one, and runs it.
    pub(crate) async fn run_next(&self, woken: Woken<'_>) -> Turn {
        // Should this worker die, the message comes back after the time of a lease and not after the queue's own, longer one.
        hide(&self.queue, woken.receipt, duration(LEASE)).await;
        if let Err(error) = self.give_back_kept().await {
            error!(%error, "could not give the last import back");
            return Turn::Later(woken.again);
        }
        let hold = Arc::new(Hold::new(self.clock));
        let (import, lease, resumed) = match self.imports.claim_next((self.clock)()).await {
            Ok(Claim::Run { import, lease, resumed }) => (*import, lease, resumed),
            Ok(Claim::Idle) => return Turn::Done,
            Ok(Claim::Busy { until }) => {
                info!("another worker runs a job; the message comes back when its lease is over");
                let wait = (until - (self.clock)()).to_std().unwrap_or_default();
                return Turn::Later(wait.max(Duration::from_secs(1)));
            }
            Err(error) => {
                error!(%error, "could not claim a job");
                return Turn::Later(woken.again);
            }
        };
        info!(import.id = %import.id, store = %import.store, attempt = lease.attempt, "import started");
        let began = ((self.clock)(), self.records.used());
        let progress = Arc::new(Progress::after(import.tally));
        if import.cancel_requested_at.is_some() {
            progress.cancel();
        }
        let deadline = woken.deadline;
        let pass = Pass { worker: self, import: &import, lease: &lease, resumed, progress: &progress, deadline, began };
        let heart = Heart {
            imports: self.imports.clone(),
            queue: self.queue.clone(),
            receipt: woken.receipt.to_owned(),
            lease: lease.clone(),
            progress: Arc::clone(&progress),
            hold: Arc::clone(&hold),
        };
        // The set ends its task when it is dropped, as with a function that is stopped.
        let mut beside = JoinSet::new();
        beside.spawn((self.beside)(Box::pin(heart.beat())));
        // Boxed: the state of an import is large, and would be moved about on the stack.
        let work =
            async { tokio::join!(biased; self.see_through(&pass, woken.again), self.announce(&import, resumed)).0 };
        let work = Box::pin(while_held(work, &hold, &progress));
        let turn = apart(async {
            // In this order always, so that a simulation runs the same way again.
            tokio::select! {
                biased;
                turn = work => turn,
                _ = beside.join_next() => None,
            }
        });
        let turn = turn.await;
        // Nothing may outlast the answer: Lambda freezes it, and it would go on in the midst of another message.
        beside.shutdown().await;
        turn.unwrap_or_else(|| {
            // Soon: perhaps nobody has it, and this message is the only one that wakes a worker.
            warn!(import.id = %import.id, "the lease is lost; whoever has it now goes on");
            // One that stood still has itself to blame, or its job.
            if progress.is_troubled() {
                self.keep(Stopped::now(&lease, (self.clock)()));
            }
            Turn::Later(woken.again)
        })
    }

    /// Tells others that the job has started. What can't be told now is told later.
    async fn announce(&self, import: &Import, resumed: bool) {
        if resumed {
            return;
        }
        let job = ImportRef::from(import);
        let told = pay_one(&self.imports, &self.files, &self.events, Debt::Started, &job, Some(import));
        if let Err(error) = in_time(ANNOUNCE, told).await {
            warn!(import.id = %import.id, %error, "could not tell that the import has started; it stays owed");
        }
    }

    async fn see_through(&self, pass: &Pass<'_, I, R, F, Q, E>, again: Duration) -> Turn {
        let Lease { id, attempt, .. } = *pass.lease;
        let time = (pass.deadline - (AFTERMATH + GIVE_BACK) - (self.clock)()).to_std().unwrap_or_default();
        let ended = timeout(time, self.end(pass)).await.unwrap_or(Err(Stop::OutOfTime));
        let stopped = Stopped::now(pass.lease, (self.clock)());
        if ended.is_err() {
            self.telemetry.claim_ended(id, &pass.work(), (self.clock)());
        }
        match ended {
            Ok(()) => return Turn::Done,
            Err(Stop::OutOfTime) if attempt <= MAX_ATTEMPTS && pass.progress.has_advanced() => {
                return self.hand_over(pass, stopped).await;
            }
            Err(Stop::OutOfTime) if !pass.progress.is_troubled() => {
                // Not handed over but left to lapse, which counts as an attempt: else it could go round for ever.
                warn!(import.id = %id, "the function's time is nearly over, and the import has come no further than before");
                return Turn::Later(duration(LEASE));
            }
            Err(Stop::Failed(PortError::Permanent(error))) => {
                error!(import.id = %id, %error, "the import can't even be ended; it is tried again");
                return Turn::Later(duration(LEASE));
            }
            Err(Stop::OutOfTime) => warn!(import.id = %id, "the import has come no further for calls that failed"),
            Err(Stop::Failed(error)) => warn!(import.id = %id, %error, "the import stopped; it is tried again"),
        }
        pass.progress.close();
        if let Err(error) = self.give_back(stopped).await {
            warn!(import.id = %id, %error, "could not give the import back; its lease runs out");
        }
        Turn::Later(again)
    }

    /// Takes the job to its end: imports its lines or, where that can't go on, tells which of them were imported before.
    async fn end(&self, pass: &Pass<'_, I, R, F, Q, E>) -> Result<(), Stop> {
        self.imports.begin(pass.lease).await?;
        let attempt = pass.lease.attempt;
        let (why, passed) = match attempt {
            ..=MAX_ATTEMPTS => (EarlyEnd::Unable, pass.run().await),
            LAST_CLAIM => (EarlyEnd::GivenUp, pass.leave(EarlyEnd::GivenUp).await),
            // Even reporting its lines brought the worker down, or failed.
            _ => (EarlyEnd::GivenUp, pass.end_unreported(EarlyEnd::GivenUp).await),
        };
        let Err(Stop::Failed(PortError::Permanent(reason))) = passed else { return passed };
        // A retry would fail alike: the job ends here, and says so.
        error!(import.id = %pass.import.id, error = %reason, "the import can't go on");
        sleep(duration(AFTERMATH)).await;
        if attempt <= MAX_ATTEMPTS {
            let left = pass.leave(why).await;
            let Err(Stop::Failed(PortError::Permanent(reason))) = left else { return left };
            error!(import.id = %pass.import.id, error = %reason, "can't tell which lines were imported");
        }
        pass.end_unreported(why).await
    }

    /// Gives the job back in good order, for a worker with more time.
    async fn hand_over(&self, pass: &Pass<'_, I, R, F, Q, E>, stopped: Stopped) -> Turn {
        let lease = pass.lease;
        info!(import.id = %lease.id, "the function's time is nearly over; the import is handed over");
        let tick = Tick::of(&lease.store, lease.id);
        pass.progress.close();
        let handed = async {
            self.give_back(stopped).await?;
            self.queue.send(&tick, &format!("{}-{}", lease.id, lease.epoch)).await
        };
        match handed.await {
            Ok(()) => Turn::Done,
            Err(error) => {
                warn!(import.id = %lease.id, %error, "could not hand the import over; its message comes back");
                Turn::Later(duration(SOON))
            }
        }
    }
}

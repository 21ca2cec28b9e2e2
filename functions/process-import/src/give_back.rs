//! Giving a job back whose worker can't go on through no fault of the job's: its attempt does not count.

use std::sync::Mutex;

use chrono::{DateTime, Utc};
use imports::{
    import::Lease,
    ports::{Files, Imports, PortError, PortResult, Queue, Records, in_time},
    times::{AFTERMATH, RELEASE},
};
use tokio::time::sleep;
use tracing::info;

use crate::{Worker, lock};

/// A job that its worker stopped at in good order and could not give back, as the database was out of reach. Lambda wakes
/// the same instance of the function with the message that comes back: it does then what it could not.
#[derive(Debug, Default)]
pub struct Unreleased(Mutex<Option<Stopped>>);

/// The lease of a job, and when all that was sent under it has had its effect.
#[derive(Clone, Debug)]
pub(crate) struct Stopped {
    lease: Lease,
    settled_at: DateTime<Utc>,
}

impl Stopped {
    pub(crate) fn now(lease: &Lease, now: DateTime<Utc>) -> Self {
        Self { lease: lease.clone(), settled_at: now + AFTERMATH }
    }
}

impl<I, R, F, Q, E> Worker<I, R, F, Q, E>
where
    I: Imports + Clone + Send + 'static,
    R: Records,
    F: Files,
    Q: Queue + Clone + Send + 'static,
{
    /// Gives a job back once nothing of it is under way any more. What can't be given back now is kept for later.
    pub(crate) async fn give_back(&self, stopped: Stopped) -> PortResult<()> {
        sleep((stopped.settled_at - (self.clock)()).to_std().unwrap_or_default()).await;
        match in_time(RELEASE, self.imports.release(&stopped.lease)).await {
            // It has ended, or another worker has it.
            Err(PortError::Conflict(_)) => Ok(()),
            Err(error @ (PortError::Transient(_) | PortError::Refused(_))) => {
                self.keep(stopped);
                Err(error)
            }
            released => released,
        }
    }

    /// Keeps a job to be given back later.
    pub(crate) fn keep(&self, stopped: Stopped) {
        *lock(&self.unreleased.0) = Some(stopped);
    }

    /// Gives the job back that an earlier turn could not, if there is one.
    pub(crate) async fn give_back_kept(&self) -> PortResult<()> {
        let kept = lock(&self.unreleased.0).take();
        let Some(stopped) = kept else { return Ok(()) };
        let id = stopped.lease.id;
        self.give_back(stopped).await?;
        info!(import.id = %id, "an import is given back that could not be before");
        Ok(())
    }
}

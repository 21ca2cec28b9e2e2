//! The queue position of each job that waits: how many turns of the lane are to come until its own.

use std::slice;

use crate::{
    import::{Import, ImportStatus},
    ports::{Imports, PortResult},
};

/// How many turns have come, as far as some jobs need that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turns(u64);

impl Turns {
    /// Reads it: once for all of `jobs`, and not at all when none is pending.
    ///
    /// # Errors
    /// When it can't be read.
    pub async fn read(imports: &impl Imports, jobs: &[Import]) -> PortResult<Self> {
        Ok(Self(if jobs.iter().any(is_pending) { imports.last_turn().await? } else { 0 }))
    }

    /// The queue position of one job.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn position_of(imports: &impl Imports, job: &Import) -> PortResult<Option<u64>> {
        Ok(Self::read(imports, slice::from_ref(job)).await?.position(job))
    }

    /// The queue position of a job: 1 is the next to start. It is the highest that the job can have: jobs that were
    /// cancelled before their turn, or never stored, count until it comes. `None` for a job that is not pending.
    #[must_use]
    pub fn position(self, job: &Import) -> Option<u64> {
        is_pending(job).then(|| job.ordinal.saturating_sub(self.0).max(1))
    }
}

fn is_pending(job: &Import) -> bool {
    job.status == ImportStatus::Pending
}

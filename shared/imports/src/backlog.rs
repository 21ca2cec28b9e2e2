//! The jobs that wait, and the queue position of each.

use std::slice;

use chrono::{DateTime, Utc};

use crate::{
    import::{Import, ImportStatus},
    ports::{Imports, PortResult},
};

/// The waiting jobs, up to the last of some jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// When the waiting jobs were created, earliest first.
    created_at: Vec<DateTime<Utc>>,
}

impl Backlog {
    /// Reads the backlog up to the last of `jobs`: once for all of them, and not at all when none is pending.
    ///
    /// # Errors
    /// When the backlog can't be read.
    pub async fn read(imports: &impl Imports, jobs: &[Import]) -> PortResult<Self> {
        let last = jobs.iter().filter(|job| is_pending(job)).map(|job| job.created_at).max();
        let created_at = match last {
            Some(last) => imports.backlog(last).await?,
            None => Vec::new(),
        };
        Ok(Self { created_at })
    }

    /// Reads the backlog up to one job, and returns the job's queue position.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn position_of(imports: &impl Imports, job: &Import) -> PortResult<Option<u64>> {
        Ok(Self::read(imports, slice::from_ref(job)).await?.position(job))
    }

    /// The queue position of a job: 1 is the next to start. `None` for a job that is not pending.
    #[must_use]
    pub fn position(&self, job: &Import) -> Option<u64> {
        let before = self.created_at.partition_point(|created_at| *created_at < job.created_at);
        is_pending(job).then(|| u64::try_from(before).unwrap_or(u64::MAX).saturating_add(1))
    }
}

fn is_pending(job: &Import) -> bool {
    job.status == ImportStatus::Pending
}

//! The line in which pending jobs wait, and where each of them stands.

use std::slice;

use chrono::{DateTime, Utc};

use crate::{
    import::{Import, ImportStatus},
    ports::{Imports, PortResult},
};

/// The line, as far as some jobs need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When the waiting jobs were created, earliest first.
    created_at: Vec<DateTime<Utc>>,
}

impl Line {
    /// Reads the line up to the last of `jobs`: once for all of them, and not at all when none is pending.
    ///
    /// # Errors
    /// When the line can't be read.
    pub async fn read(imports: &impl Imports, jobs: &[Import]) -> PortResult<Self> {
        let last = jobs.iter().filter(|job| is_pending(job)).map(|job| job.created_at).max();
        let created_at = match last {
            Some(last) => imports.line(last).await?,
            None => Vec::new(),
        };
        Ok(Self { created_at })
    }

    /// Reads the line up to one job, and tells where that stands in it.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn position_of(imports: &impl Imports, job: &Import) -> PortResult<Option<u64>> {
        Ok(Self::read(imports, slice::from_ref(job)).await?.position(job))
    }

    /// Where a job stands: 1 is the next to start. `None` for one that waits no more.
    #[must_use]
    pub fn position(&self, job: &Import) -> Option<u64> {
        let before = self.created_at.partition_point(|created_at| *created_at < job.created_at);
        is_pending(job).then(|| u64::try_from(before).unwrap_or(u64::MAX).saturating_add(1))
    }
}

fn is_pending(job: &Import) -> bool {
    job.status == ImportStatus::Pending
}

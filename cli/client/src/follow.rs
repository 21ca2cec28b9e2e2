//! Following a job to its end.

use std::time::{Duration, Instant};

use crate::calls::Change;
use crate::{Client, Error, Job};

/// How long to wait between two questions where the service does not wait by itself.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How long the first question has, however little time there is.
const FIRST_LOOK: Duration = Duration::from_secs(5);

/// A service that answers sooner than this did not wait.
const WAITED: Duration = Duration::from_secs(1);

impl Client {
    /// Asks for a job until it has ended or the time is up, and shows each of its changes. The job goes on whatever becomes
    /// of this: see [`Job::ended`].
    ///
    /// # Errors
    /// When a call does not get through; [`Error::NoWord`] when the time is up before there is word of the job.
    pub async fn follow(&self, id: &str, until: Option<Instant>, mut seen: impl FnMut(&Job)) -> Result<Job, Error> {
        let first =
            until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()).max(FIRST_LOOK));
        let first = tokio::time::timeout(first, self.show(id)).await;
        let mut job = first.map_err(|_| Error::NoWord { id: id.to_owned() })??;
        let (mut tag, mut waits, mut pause) = (None, true, FIRST_PAUSE);
        loop {
            seen(&job);
            let left = until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()));
            if job.ended() || left.is_zero() {
                return Ok(job);
            }
            let asked = Instant::now();
            let change = tokio::time::timeout(left, async {
                if waits {
                    return self.show_change(id, tag.as_deref()).await;
                }
                Ok(Change { job: Some(self.show(id).await?), ..Change::default() })
            });
            let change = match change.await {
                Err(_) => return Ok(job),
                Ok(Err(error)) if waits && error.status() == Some(400) => Change::default(),
                Ok(change) => change?,
            };
            (waits, tag) = (change.tag.is_some(), change.tag);
            job = change.job.unwrap_or(job);
            if asked.elapsed() < WAITED && !job.ended() {
                tokio::time::sleep(change.pause.unwrap_or_default().max(pause).min(left)).await;
                pause = (pause * 3 / 2).min(LONGEST_PAUSE);
            }
        }
    }
}

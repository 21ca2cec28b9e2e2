//! How long a job is kept after its end.
//!
//! A store's jobs are numbered in the order of creation, and each is kept at least as long as those before it
//! ([`Retention::after`]). So those that exist are always the newest ones, whatever the retention was and is, and a list can
//! count them by their numbers.

use chrono::{DateTime, Utc};

/// How long an ended job that has its number is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// When its retention began: at its end, or at that of a job before it, should that have ended later.
    pub from: DateTime<Utc>,
    /// When it is forgotten by the retention that was configured at its end.
    pub expires_at: DateTime<Utc>,
}

impl Retention {
    /// Keeps a job at least as long as the one before it.
    #[must_use]
    pub fn after(self, before: Option<Self>) -> Self {
        before.map_or(self, |before| Self {
            from: self.from.max(before.from),
            expires_at: self.expires_at.max(before.expires_at),
        })
    }

    /// Whether the job exists. One that is kept since `horizon` or earlier is forgotten, and one that has expired: in that
    /// very second, since the database may delete it then.
    #[must_use]
    pub fn holds(self, now: DateTime<Utc>, horizon: Option<DateTime<Utc>>) -> bool {
        self.expires_at.timestamp() > now.timestamp() && horizon.is_none_or(|horizon| self.from > horizon)
    }
}

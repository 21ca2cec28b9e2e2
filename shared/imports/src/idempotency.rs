//! Calls that may be made twice: the caller's own key for a call, and what the call was made with.

use chrono::TimeDelta;

/// How long a key is remembered. After that it is as good as new.
pub const REMEMBERED: TimeDelta = TimeDelta::hours(24);

/// The longest key, in characters.
pub const MAX_KEY: usize = 255;

/// The header in which a key comes, as the gateway writes it.
pub const HEADER: &str = "idempotency-key";

/// A key, and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// The caller's own text, at most 255 characters. It means something within its store alone.
    pub key: String,
    /// A digest of everything the call was made with: equal for equal calls only.
    pub fingerprint: String,
    /// What an older version took for the digest of the same call, where that differs: a key it remembered still counts.
    pub former: Option<String>,
}

impl Idempotency {
    /// Whether a call that was remembered with this fingerprint is equal.
    #[must_use]
    pub fn equals(&self, remembered: &str) -> bool {
        self.fingerprint == remembered || self.former.as_deref() == Some(remembered)
    }
}

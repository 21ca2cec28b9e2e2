//! Calls that may be made twice: the caller's own key for a call, and what the call was made with.

use chrono::TimeDelta;

/// How long a key is remembered. After that it is as good as new.
pub const REMEMBERED: TimeDelta = TimeDelta::hours(24);

/// A key, and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// The caller's own text, at most 255 characters. It means something within its store alone.
    pub key: String,
    /// A digest of everything the call was made with: equal for equal calls only.
    pub fingerprint: String,
}

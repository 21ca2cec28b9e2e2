//! Calls that may be made twice: the caller's own key for a call, and what the call was made with.

use chrono::TimeDelta;

use crate::{api::ApiError, import::ImportId};

/// How long a key is remembered. After that it is as good as new.
pub const REMEMBERED: TimeDelta = TimeDelta::hours(24);

/// The longest key, in characters.
pub const MAX_KEY: usize = 255;

/// The header in which a key comes, as the gateway writes it.
pub const HEADER: &str = "idempotency-key";

/// How an error's detail begins: the header's path, then its name.
const NAMED: &str = "header.idempotency-key: \"Idempotency-Key\"";

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
    /// Checks a key.
    ///
    /// # Errors
    /// [`ApiError::Validation`] when it is empty or has more than 255 characters.
    pub fn check(key: String) -> Result<String, ApiError> {
        if (1..=MAX_KEY).contains(&key.chars().count()) {
            return Ok(key);
        }
        Err(ApiError::Validation(format!("{NAMED} must be 1 to {MAX_KEY} characters long")))
    }

    /// Answers a call whose key stands for another `what`, which made the import `holder`.
    #[must_use]
    pub fn conflict(what: &str, holder: ImportId) -> ApiError {
        let hours = REMEMBERED.num_hours();
        ApiError::Conflict(format!(
            "{NAMED} was used for another {what}, by the import {holder}; a key is remembered for {hours} hours, a new \
             import needs a new one"
        ))
    }

    /// Whether a call that was remembered with this fingerprint is equal.
    #[must_use]
    pub fn equals(&self, remembered: &str) -> bool {
        self.fingerprint == remembered || self.former.as_deref() == Some(remembered)
    }
}

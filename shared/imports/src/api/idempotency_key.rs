//! Errors of a call's own key.

use super::ApiError;
use crate::{
    idempotency::{MAX_KEY, REMEMBERED},
    import_id::ImportId,
};

/// How an error's detail begins: the header's path, then its name.
const NAMED: &str = "header.idempotency-key: \"Idempotency-Key\"";

/// Checks a key.
///
/// # Errors
/// [`ApiError::Validation`] when it is empty or has more than 255 characters.
pub fn check_key(key: String) -> Result<String, ApiError> {
    if (1..=MAX_KEY).contains(&key.chars().count()) {
        return Ok(key);
    }
    Err(ApiError::Validation(format!("{NAMED} must be 1 to {MAX_KEY} characters long")))
}

/// Answers a call whose key stands for another `what`, which made the import `holder`.
#[must_use]
pub fn key_taken(what: &str, holder: ImportId) -> ApiError {
    let hours = REMEMBERED.num_hours();
    ApiError::Conflict(format!(
        "{NAMED} was used for another {what}, by the import {holder}; a key is remembered for {hours} hours, a new \
         import needs a new one"
    ))
}

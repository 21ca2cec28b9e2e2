//! The `Idempotency-Key` of a call, and what the call asks for.

use imports::{
    api::{ApiError, check_key},
    idempotency::Idempotency,
    options::ImportOptions,
    ports::PortError,
};

/// Pairs the key of a call with its options, in whatever way they were given.
///
/// # Errors
/// [`ApiError::Validation`] when the key is empty or has more than 255 characters.
pub(crate) fn of(key: Option<String>, options: &ImportOptions) -> Result<Option<Idempotency>, ApiError> {
    let Some(key) = key else { return Ok(None) };
    let key = check_key(key)?;
    let fingerprint = serde_json::to_string(options).map_err(|error| PortError::Permanent(error.to_string()))?;
    Ok(Some(Idempotency { key, fingerprint, former: None }))
}

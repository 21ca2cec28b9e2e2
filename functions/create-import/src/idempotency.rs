//! The `Idempotency-Key` of a call, and the digest of what the call asks for.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use imports::{
    api::ApiError,
    idempotency::{Idempotency, REMEMBERED},
    options::ImportOptions,
};
use sha2::{Digest, Sha256};

use crate::upload::Upload;

/// The longest key, in characters.
pub const MAX_KEY: usize = 255;

/// How an error's detail begins: the header's path, then its name.
const HEADER: &str = "header.idempotency-key: \"Idempotency-Key\"";

/// Pairs the key of a call with a digest of its file, byte for byte, and its options, in whatever way they were given.
///
/// # Errors
/// [`ApiError::Validation`] when the key is empty or has more than 255 characters.
pub fn of(key: Option<String>, upload: &Upload) -> Result<Option<Idempotency>, ApiError> {
    let Some(key) = key else { return Ok(None) };
    if !(1..=MAX_KEY).contains(&key.chars().count()) {
        return Err(ApiError::Validation(format!("{HEADER} must be 1 to {MAX_KEY} characters long")));
    }
    Ok(Some(Idempotency { key, fingerprint: fingerprint(upload) }))
}

/// Answers a call whose key was used for another file or other options.
#[must_use]
pub fn conflict() -> ApiError {
    let hours = REMEMBERED.num_hours();
    ApiError::Conflict(format!(
        "{HEADER} was used for another file or other options; a key is remembered for {hours} hours, a new import needs \
         a new one"
    ))
}

fn fingerprint(upload: &Upload) -> String {
    let ImportOptions { external_ref, dry_run, on_conflict } = &upload.options;
    let options = format!("{dry_run} {} {}", on_conflict.as_str(), external_ref.as_deref().unwrap_or_default());
    let mut digest = Sha256::new();
    // Options first, after their length: no two different calls give the same bytes.
    digest.update(format!("{} {options}", options.len()).as_bytes());
    digest.update(&upload.file);
    URL_SAFE_NO_PAD.encode(digest.finalize())
}

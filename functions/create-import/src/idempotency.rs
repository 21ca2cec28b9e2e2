//! The `Idempotency-Key` of a call, and the digest of what the call asks for.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use imports::{
    api::{ApiError, check_key},
    idempotency::Idempotency,
    options::{ImportOptions, Unknown},
};
use records::unpack::{Sink, Unpacker};
use sha2::{Digest, Sha256};

use crate::upload::Upload;

/// Pairs the key of a call with a digest of its file, unpacked as the worker does it, and its options, in whatever way they were
/// given.
///
/// # Errors
/// [`ApiError::Validation`] when the key is empty or has more than 255 characters.
pub fn of(key: Option<String>, upload: &Upload) -> Result<Option<Idempotency>, ApiError> {
    let Some(key) = key else { return Ok(None) };
    let key = check_key(key)?;
    let mut packed = Content::with(&upload.options);
    packed.add(&upload.file);
    let packed = packed.digest();
    let mut unpacker = Unpacker::new(Content::with(&upload.options));
    unpacker.take(&upload.file);
    // What can't be unpacked is what it is.
    let fingerprint = unpacker.into_sink().map_or_else(|_| packed.clone(), Content::digest);
    // Before files were unpacked for this, one was known by its packed bytes.
    let former = (packed != fingerprint).then_some(packed);
    Ok(Some(Idempotency { key, fingerprint, former }))
}

/// What is digested: options, then a file as it is written.
struct Content(Sha256);

impl Content {
    fn with(options: &ImportOptions) -> Self {
        let options = options_text(options);
        // After their length: no two different calls give the same bytes.
        Self(Sha256::new().chain_update(format!("{} {options}", options.len())))
    }

    fn digest(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.finalize())
    }
}

fn options_text(ImportOptions { external_ref, dry_run, on_conflict, unknown }: &ImportOptions) -> String {
    let (policy, external_ref) = (on_conflict.as_str(), external_ref.as_deref().unwrap_or_default());
    // The default is left out: keys that were remembered before there was this option still count.
    let unknown = if *unknown == Unknown::Warn { "" } else { "refuse " };
    format!("{unknown}{dry_run} {policy} {external_ref}")
}

impl Sink for Content {
    fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}

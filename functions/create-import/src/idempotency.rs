//! The `Idempotency-Key` of a call, and the digest of what the call asks for.

use std::io::{self, Read, Write};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::read::MultiGzDecoder;
use imports::{
    api::ApiError,
    idempotency::Idempotency,
    options::{ImportOptions, Unknown},
};
use records::limits::MAX_FILE_BYTES;
use sha2::{Digest, Sha256};

use crate::upload::Upload;

/// Pairs the key of a call with a digest of its file, unpacked, and its options, in whatever way they were given.
///
/// # Errors
/// [`ApiError::Validation`] when the key is empty or has more than 255 characters.
pub fn of(key: Option<String>, upload: &Upload) -> Result<Option<Idempotency>, ApiError> {
    let Some(key) = key else { return Ok(None) };
    let key = Idempotency::check(key)?;
    let packed = {
        let mut content = Content::with(&upload.options);
        content.0.update(&upload.file);
        content.digest()
    };
    let mut content = Content::with(&upload.options);
    Ok(Some(match unpack(&upload.file, &mut content) {
        // Before files were unpacked for this, one was known by its packed bytes.
        Ok(()) => Idempotency { key, fingerprint: content.digest(), former: Some(packed) },
        // What can't be unpacked is what it is.
        Err(_) => Idempotency { key, fingerprint: packed, former: None },
    }))
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

impl Write for Content {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Unpacks a gzip file, piece by piece.
fn unpack(file: &[u8], content: &mut Content) -> io::Result<()> {
    let most = u64::try_from(MAX_FILE_BYTES).unwrap_or(u64::MAX);
    let mut unpacked = MultiGzDecoder::new(file).take(most);
    let bytes = io::copy(&mut unpacked, content)?;
    // Larger than any import file.
    if bytes == most { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(()) }
}

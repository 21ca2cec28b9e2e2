//! Forms for uploads that nobody can post: they show what they would allow.

use chrono::{DateTime, Utc};

use super::{Call, Faults};
use imports::{
    api::time,
    ports::{PortResult, UploadForm, UploadForms, UploadTerms},
};

/// [`UploadForms`] without a signature.
#[derive(Clone, Debug, Default)]
pub struct MemoryForms {
    faults: Faults,
}

impl MemoryForms {
    /// Makes forms; `faults` befall its calls.
    #[must_use]
    pub const fn new(faults: Faults) -> Self {
        Self { faults }
    }
}

impl UploadForms for MemoryForms {
    async fn form(&self, terms: &UploadTerms, now: DateTime<Utc>) -> PortResult<UploadForm> {
        let fields = vec![
            ("key", terms.key.clone()),
            ("policy", format!("1 to {} bytes, {} to {}", terms.max_bytes, time(now), time(terms.expires_at))),
        ];
        let form = UploadForm { url: "https://bucket.example.com".to_owned(), fields };
        self.faults.around(Call::Form, || Ok(form)).await
    }
}

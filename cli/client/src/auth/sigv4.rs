//! Calls signed as AWS wants them.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use chrono::{DateTime, Utc};
use reqwest::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::printed;
use crate::Error;

/// Credentials that are good for less than this are asked for anew.
const RENEWED_BEFORE: Duration = Duration::from_mins(1);

/// Signs calls of an HTTP API in a region.
pub(crate) struct Signer {
    region: String,
    profile: Option<String>,
    held: Mutex<Option<Credentials>>,
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("region", &self.region).field("profile", &self.profile).finish_non_exhaustive()
    }
}

/// What `aws configure export-credentials --format process` prints.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Exported {
    access_key_id: String,
    secret_access_key: String,
    session_token: Option<String>,
    expiration: Option<DateTime<Utc>>,
}

impl Signer {
    pub(crate) fn new(region: String, profile: Option<String>) -> Self {
        Self { region, profile, held: Mutex::new(None) }
    }

    /// Adds the headers that sign a call.
    pub(crate) async fn sign(&self, call: &mut reqwest::Request) -> Result<(), Error> {
        let identity = self.credentials().await?.into();
        let failed = |why: String| Error::NoToken(format!("the call can't be signed: {why}"));
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("execute-api")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| failed(error.to_string()))?
            .into();
        let body = call.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
        let signable = SignableRequest::new(
            call.method().as_str(),
            call.url().as_str(),
            std::iter::empty(),
            SignableBody::Bytes(body),
        );
        let signed =
            signable.and_then(|signable| sign(signable, &parameters)).map_err(|error| failed(error.to_string()))?;
        for (name, text) in signed.into_parts().0.headers() {
            let name = HeaderName::try_from(name).map_err(|error| failed(error.to_string()))?;
            let mut text = HeaderValue::try_from(text).map_err(|error| failed(error.to_string()))?;
            text.set_sensitive(true);
            call.headers_mut().insert(name, text);
        }
        Ok(())
    }

    async fn credentials(&self) -> Result<Credentials, Error> {
        let mut held = self.held.lock().await;
        let soon = SystemTime::now() + RENEWED_BEFORE;
        if let Some(held) = held.as_ref().filter(|held| held.expiry().is_none_or(|end| soon < end)) {
            return Ok(held.clone());
        }
        let fresh = match of_environment().filter(|_| self.profile.is_none()) {
            Some(fresh) => fresh,
            None => self.exported().await?,
        };
        Ok(held.insert(fresh).clone())
    }

    /// Whatever the AWS CLI can log in with: profiles, roles, single sign-on.
    async fn exported(&self) -> Result<Credentials, Error> {
        let mut words = vec!["aws", "configure", "export-credentials", "--format", "process"];
        words.extend(self.profile.iter().flat_map(|profile| ["--profile", profile]));
        let printed = printed("there is no AWS_ACCESS_KEY_ID, and `aws configure export-credentials`", &words).await?;
        let exported: Exported = serde_json::from_str(&printed)
            .map_err(|_| Error::NoToken("`aws configure export-credentials` printed no credentials".to_owned()))?;
        let expiry = exported.expiration.map(SystemTime::from);
        let Exported { access_key_id, secret_access_key, session_token, .. } = exported;
        Ok(Credentials::new(access_key_id, secret_access_key, session_token, expiry, "aws"))
    }
}

fn of_environment() -> Option<Credentials> {
    let read = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
    let (id, secret) = (read("AWS_ACCESS_KEY_ID")?, read("AWS_SECRET_ACCESS_KEY")?);
    Some(Credentials::new(id, secret, read("AWS_SESSION_TOKEN"), None, "environment"))
}

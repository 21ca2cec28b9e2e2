//! Tokens of the local issuer: what they say, and how they are signed.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::Error;

/// The audience the local API's tokens are made for.
pub const AUDIENCE: &str = "subscriptions-import";

/// The claim that names the caller's store.
pub const STORE_CLAIM: &str = "store_id";

/// The scope that allows uploads.
pub const WRITE: &str = "imports:write";

/// The scope that allows everything else.
pub const READ: &str = "imports:read";

/// The client as which the page signs people in.
pub const WEB_CLIENT: &str = "imports-page";

pub(crate) const KEY_ID: &str = "local";

/// What a token says. The default one is good for everything, for an hour.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// The store, or none to leave the claim out.
    pub store: Option<String>,
    /// The scopes, joined by spaces.
    pub scope: String,
    /// Whom the token is for.
    pub audience: String,
    /// Who made it; none for this issuer.
    pub issuer: Option<String>,
    /// When it runs out, in seconds from now; may lie in the past.
    pub expires_in: i64,
}

impl Default for TokenRequest {
    fn default() -> Self {
        Self {
            store: Some("main".to_owned()),
            scope: format!("{WRITE} {READ}"),
            audience: AUDIENCE.to_owned(),
            issuer: None,
            expires_in: 3600,
        }
    }
}

/// Mints a token of the issuer at `url`.
pub(crate) fn token(url: &str, request: &TokenRequest, key: &EncodingKey) -> Result<String, Error> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs().cast_signed();
    let expires = now.saturating_add(request.expires_in);
    let mut claims = json!({
        "iss": request.issuer.as_deref().unwrap_or(url),
        "sub": "local",
        "aud": request.audience,
        "scope": request.scope,
        "iat": now.min(expires),
        "exp": expires,
    });
    if let (Some(store), Some(claims)) = (&request.store, claims.as_object_mut()) {
        claims.insert(STORE_CLAIM.to_owned(), json!(store));
    }
    encode(&claims, key)
}

pub(crate) fn encode(claims: &Value, key: &EncodingKey) -> Result<String, Error> {
    let mut header = Header::new(Algorithm::RS256);
    header.kid = Some(KEY_ID.to_owned());
    jsonwebtoken::encode(&header, claims, key).map_err(|error| failed(&format!("can't sign a token: {error}")))
}

pub(crate) fn failed(reason: &str) -> Error {
    Error::new(format!("the local token issuer does not work: {reason}"), "try again")
}

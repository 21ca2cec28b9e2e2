//! A small identity provider: the tokens the local API accepts come from here.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use axum::Router;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

pub use crate::token::{AUDIENCE, READ, STORE_CLAIM, TokenRequest, WEB_CLIENT, WRITE};

use crate::Error;
use crate::serve::serve;
use crate::sign_in;
use crate::token::{KEY_ID, encode, failed, token};

/// An issuer of tokens: an RSA key of its own, whose public half it serves on the loopback interface.
#[derive(Debug)]
pub struct Issuer {
    url: String,
    key: EncodingKey,
}

impl Issuer {
    /// Makes a key and serves it on a free port.
    ///
    /// # Errors
    /// When the key can't be made or no port is free.
    pub fn start() -> Result<Self, Error> {
        let key = make_key()?;
        let mut public = Jwk::from_encoding_key(&key, Algorithm::RS256)
            .map_err(|error| failed(&format!("its public key can't be shown: {error}")))?;
        public.common.key_id = Some(KEY_ID.to_owned());
        let keys = serde_json::to_string(&JwkSet { keys: vec![public] }).map_err(|error| failed(&error.to_string()))?;
        let url = serve(|url| router(url, keys, key.clone())).map_err(|error| failed(&error.to_string()))?;
        Ok(Self { url, key })
    }

    /// The issuer's URL, the `iss` of its tokens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Mints a token.
    ///
    /// # Errors
    /// When it can't be signed.
    pub fn token(&self, request: &TokenRequest) -> Result<String, Error> {
        self.sign(request, &self.key)
    }

    /// Mints a token that names this issuer's key but is signed with another: its signature is bad.
    ///
    /// # Errors
    /// When it can't be signed.
    pub fn forged_token(&self, request: &TokenRequest) -> Result<String, Error> {
        self.sign(request, &make_key()?)
    }

    /// The claims of a token that is good for everything, for an hour, for a store.
    #[must_use]
    pub fn claims(&self, store: &str) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        json!({
            "iss": self.url, "sub": "local", "aud": AUDIENCE, "scope": format!("{WRITE} {READ}"), "iat": now,
            "exp": now + 3600, STORE_CLAIM: store,
        })
    }

    /// Signs claims as they are, whatever they say.
    ///
    /// # Errors
    /// When they can't be signed.
    pub fn signed(&self, claims: &Value) -> Result<String, Error> {
        encode(claims, &self.key)
    }

    fn sign(&self, request: &TokenRequest, key: &EncodingKey) -> Result<String, Error> {
        token(&self.url, request, key)
    }
}

fn make_key() -> Result<EncodingKey, Error> {
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|error| failed(&error.to_string()))?;
    let der = pair.as_der().map_err(|error| failed(&error.to_string()))?;
    // As PEM, since there the wrapping that names the algorithm is understood.
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der.as_ref()));
    EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|error| failed(&error.to_string()))
}

fn router(url: &str, keys: String, key: EncodingKey) -> Router {
    let discovery = json!({
        "issuer": url,
        "jwks_uri": format!("{url}/jwks.json"),
        "id_token_signing_alg_values_supported": ["RS256"],
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "response_types_supported": ["code", "token"],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["public"],
    });
    let document = |text: String| {
        // A page of any origin may read what is public.
        get(([(CONTENT_TYPE, "application/json"), (ACCESS_CONTROL_ALLOW_ORIGIN, "*")], text))
    };
    sign_in::routes(url, key)
        .route("/.well-known/openid-configuration", document(discovery.to_string()))
        .route("/jwks.json", document(keys.clone()))
        .route("/.well-known/jwks.json", document(keys))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;
    use jsonwebtoken::{DecodingKey, Validation, decode};

    fn get(issuer: &Issuer, path: &str) -> String {
        let mut connection = TcpStream::connect(issuer.url().trim_start_matches("http://")).unwrap();
        write!(connection, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        connection.read_to_string(&mut text).unwrap();
        text
    }

    fn verified(issuer: &Issuer, token: &str) -> Result<Value, jsonwebtoken::errors::Error> {
        let answer = get(issuer, "/jwks.json");
        let keys: JwkSet = serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_audience(&[AUDIENCE]);
        decode::<Value>(token, &DecodingKey::from_jwk(&keys.keys[0])?, &validation).map(|token| token.claims)
    }

    #[test]
    fn a_token_holds_under_the_key_that_is_served() {
        let issuer = Issuer::start().unwrap();
        let claims = verified(&issuer, &issuer.token(&TokenRequest::default()).unwrap()).unwrap();
        assert_eq!(claims["iss"], issuer.url());
        assert_eq!(claims["store_id"], "main");
        assert_eq!(claims["scope"], "imports:write imports:read");
    }

    /// What is answered to a call, its head and its body.
    fn call(issuer: &Issuer, head: &str, body: &str) -> String {
        let mut connection = TcpStream::connect(issuer.url().trim_start_matches("http://")).unwrap();
        let length = body.len();
        let rest = format!("Host: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
        write!(connection, "{head} HTTP/1.1\r\n{rest}").unwrap();
        let mut text = String::new();
        connection.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn a_code_is_traded_for_a_token_once_by_whoever_began_the_sign_in() {
        let issuer = Issuer::start().unwrap();
        // The pair of RFC 7636, appendix B.
        let (verifier, challenge) =
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        let back = "http%3A%2F%2Fa.localhost%2Fimports-ui";
        let code = || {
            let query = format!(
                "response_type=code&client_id={WEB_CLIENT}&redirect_uri={back}&state=s&code_challenge={challenge}&code_challenge_method=S256"
            );
            let form = call(&issuer, &format!("GET /authorize?{query}"), "");
            let request = form.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
            let sent = call(&issuer, &format!("GET /sign-in?request={request}&store=shop"), "");
            assert!(sent.contains("location: http://a.localhost/imports-ui?code="), "{sent}");
            sent.split("?code=").nth(1).unwrap().split('&').next().unwrap().to_owned()
        };
        let trade = |code: &str, verifier: &str| {
            call(&issuer, "POST /token", &format!("code={code}&code_verifier={verifier}&redirect_uri={back}"))
        };
        let good = code();
        let answer = trade(&good, verifier);
        let token = answer.split("\"access_token\":\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(verified(&issuer, token).unwrap()["store_id"], "shop");
        for refused in [trade(&good, verifier), trade(&code(), "another"), trade("none", verifier)] {
            assert!(refused.contains("400 Bad Request") && refused.contains("invalid_grant"), "{refused}");
        }
        let elsewhere = call(&issuer, "GET /authorize?response_type=code&redirect_uri=http%3A%2F%2Fevil.example", "");
        assert!(elsewhere.contains("400 Bad Request"), "{elsewhere}");
    }

    #[test]
    fn a_forged_token_does_not_hold() {
        let issuer = Issuer::start().unwrap();
        assert!(verified(&issuer, &issuer.forged_token(&TokenRequest::default()).unwrap()).is_err());
    }

    #[test]
    fn discovery_names_the_issuer_and_its_keys() {
        let issuer = Issuer::start().unwrap();
        let answer = get(&issuer, "/.well-known/openid-configuration");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains(&format!("{}/jwks.json", issuer.url())), "{answer}");
        assert!(get(&issuer, "/other").starts_with("HTTP/1.1 404 Not Found\r\n"));
    }
}

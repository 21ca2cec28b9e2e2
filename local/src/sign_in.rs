//! How people sign in at the local issuer: by name alone, by authorization code with PKCE, as the page does at any issuer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::EncodingKey;
use serde_json::json;

use crate::token::{TokenRequest, WEB_CLIENT, token};

/// Where the page asks to be sent back to: on this machine, and to that page.
const RETURN: &str = "/imports-ui";

const FORM: &str = include_str!("sign_in.html");

type Pairs = HashMap<String, String>;

/// What was asked for, by a name made by chance: first that of the form, then the code.
#[derive(Clone)]
struct SignIns {
    issuer: String,
    key: EncodingKey,
    open: Arc<Mutex<HashMap<String, Pairs>>>,
}

/// The routes beneath an issuer's address.
pub(crate) fn routes(issuer: &str, key: EncodingKey) -> Router {
    let sign_ins = SignIns { issuer: issuer.to_owned(), key, open: Arc::default() };
    Router::new()
        .route("/authorize", get(authorize))
        .route("/sign-in", get(sign_in))
        .route("/token", post(trade))
        .with_state(sign_ins)
}

impl SignIns {
    fn keep(&self, asked: Pairs) -> Option<String> {
        let mut chance = [0; 18];
        rand::fill(&mut chance).ok()?;
        let name = URL_SAFE_NO_PAD.encode(chance);
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), asked);
        Some(name)
    }

    fn take(&self, name: &str) -> Option<Pairs> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(name)
    }
}

fn pairs(query: &[u8]) -> Pairs {
    form_urlencoded::parse(query).into_owned().collect()
}

fn text<'a>(pairs: &'a Pairs, name: &str) -> &'a str {
    pairs.get(name).map_or("", String::as_str)
}

/// Asks who it is.
async fn authorize(State(sign_ins): State<SignIns>, RawQuery(query): RawQuery) -> Response {
    let asked = pairs(query.unwrap_or_default().as_bytes());
    let back = text(&asked, "redirect_uri");
    let is_ours = back.starts_with("http://") && back.ends_with(RETURN) && text(&asked, "client_id") == WEB_CLIENT;
    let is_whole = text(&asked, "response_type") == "code" && text(&asked, "code_challenge_method") == "S256";
    if !is_ours || !is_whole {
        return refuse("this is no sign-in of the page for people who import");
    }
    sign_ins
        .keep(asked)
        .map_or_else(|| refuse("no chance"), |name| Html(FORM.replace("$request", &name)).into_response())
}

/// Sends whoever it is back with a code.
async fn sign_in(State(sign_ins): State<SignIns>, RawQuery(query): RawQuery) -> Response {
    let given = pairs(query.unwrap_or_default().as_bytes());
    let Some(mut asked) = sign_ins.take(text(&given, "request")) else { return refuse("this form was sent already") };
    let (back, state) = (text(&asked, "redirect_uri").to_owned(), text(&asked, "state").to_owned());
    asked.insert("store".to_owned(), text(&given, "store").to_owned());
    let Some(code) = sign_ins.keep(asked) else { return refuse("no chance") };
    let answer = form_urlencoded::Serializer::new(String::new())
        .append_pair("code", &code)
        .append_pair("state", &state)
        .finish();
    (StatusCode::FOUND, [(LOCATION, format!("{back}?{answer}"))]).into_response()
}

/// Trades a code for a token, once, with whoever began the sign-in.
async fn trade(State(sign_ins): State<SignIns>, body: String) -> Response {
    let given = pairs(body.as_bytes());
    let asked = sign_ins.take(text(&given, "code")).filter(|asked| {
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, text(&given, "code_verifier").as_bytes()));
        challenge == text(asked, "code_challenge") && text(&given, "redirect_uri") == text(asked, "redirect_uri")
    });
    let minted = asked.and_then(|asked| {
        let request = TokenRequest { store: Some(text(&asked, "store").to_owned()), ..TokenRequest::default() };
        token(&sign_ins.issuer, &request, &sign_ins.key).ok()
    });
    match minted {
        Some(token) => {
            json_answer(StatusCode::OK, &json!({"access_token": token, "token_type": "Bearer", "expires_in": 3600}))
        }
        None => json_answer(StatusCode::BAD_REQUEST, &json!({"error": "invalid_grant"})),
    }
}

fn json_answer(status: StatusCode, body: &serde_json::Value) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (ACCESS_CONTROL_ALLOW_ORIGIN, "*"), (CACHE_CONTROL, "no-store")];
    (status, headers, body.to_string()).into_response()
}

fn refuse(why: &str) -> Response {
    (StatusCode::BAD_REQUEST, format!("{why}\n")).into_response()
}

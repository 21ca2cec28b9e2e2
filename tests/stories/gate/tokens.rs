//! Tokens that must not let anybody in.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use local::issuer::{READ, TokenRequest, WRITE};
use serde_json::{Value, json};

use crate::world::World;

/// What a caller says of itself, and how it is refused: 401 where that is not to be believed, 403 where it is and does not
/// suffice.
pub(super) struct Bad {
    pub(super) what: &'static str,
    /// The whole header; none for no header.
    pub(super) authorization: Option<String>,
    pub(super) status: u16,
}

/// Every kind of bad token for calls that need a scope. But for what is named each is as good as can be.
pub(super) async fn bad(world: &World, scope: &str) -> Vec<Bad> {
    let mut all = malformed(world);
    all.extend(forged(world).await);
    all.extend(misdirected(world));
    all.extend(insufficient(world, scope));
    all
}

fn bearing(what: &'static str, status: u16, token: &str) -> Bad {
    Bad { what, authorization: Some(format!("Bearer {token}")), status }
}

fn malformed(world: &World) -> Vec<Bad> {
    let good = world.stack.token(&world.store, 3600).unwrap();
    let (unsigned, signature) = good.rsplit_once('.').unwrap();
    let mut other = world.stack.issuer().claims(&world.store);
    other["store_id"] = json!("another");
    let other = URL_SAFE_NO_PAD.encode(other.to_string());
    let header = good.split('.').next().unwrap();
    vec![
        Bad { what: "no header", authorization: None, status: 401 },
        Bad { what: "an empty header", authorization: Some(String::new()), status: 401 },
        Bad { what: "another scheme", authorization: Some("Basic bWFpbjptYWlu".to_owned()), status: 401 },
        bearing("no token", 401, ""),
        bearing("nonsense", 401, "nonsense"),
        bearing("dots", 401, ".."),
        bearing("nonsense in three parts", 401, "a.b.c"),
        bearing("a signature stripped", 401, &format!("{unsigned}.")),
        bearing("a signature stripped with its dot", 401, unsigned),
        bearing("half a signature", 401, &format!("{unsigned}.{}", &signature[..signature.len() / 2])),
        bearing("other claims under a good signature", 401, &format!("{header}.{other}.{signature}")),
    ]
}

async fn forged(world: &World) -> Vec<Bad> {
    let issuer = world.stack.issuer();
    let claims = issuer.claims(&world.store);
    let keys = reqwest::get(format!("{}/jwks.json", issuer.url())).await.unwrap().text().await.unwrap();
    let document: Value = serde_json::from_str(&keys).unwrap();
    let public = URL_SAFE_NO_PAD.decode(document["keys"][0]["n"].as_str().unwrap()).unwrap();
    let symmetric = |key: &[u8]| {
        let header = Header { kid: Some("local".to_owned()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(key)).unwrap()
    };
    let none = json!({"alg": "none", "typ": "JWT", "kid": "local"}).to_string();
    let none = format!("{}.{}.", URL_SAFE_NO_PAD.encode(none), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let request = TokenRequest { store: Some(world.store.clone()), ..TokenRequest::default() };
    vec![
        bearing("another key", 401, &issuer.forged_token(&request).unwrap()),
        bearing("no algorithm", 401, &none),
        bearing("no algorithm, and something for a signature", 401, &format!("{none}c2lnbmF0dXJl")),
        bearing("the public key as a secret", 401, &symmetric(&public)),
        bearing("the public key's document as a secret", 401, &symmetric(keys.as_bytes())),
    ]
}

/// A token of the issuer, with a claim changed or (by null) left out.
fn with(world: &World, claim: &str, value: Value) -> String {
    let issuer = world.stack.issuer();
    let mut claims = issuer.claims(&world.store);
    claims[claim] = value;
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    issuer.signed(&claims).unwrap()
}

fn misdirected(world: &World) -> Vec<Bad> {
    let now = chrono::Utc::now().timestamp();
    vec![
        bearing("expired", 401, &with(world, "exp", json!(now - 60))),
        bearing("not yet valid", 401, &with(world, "nbf", json!(now + 600))),
        bearing("made in the future", 401, &with(world, "iat", json!(now + 600))),
        bearing("another audience", 401, &with(world, "aud", json!("somebody-else"))),
        bearing("several other audiences", 401, &with(world, "aud", json!(["a", "b"]))),
        bearing("no audience", 401, &with(world, "aud", Value::Null)),
        bearing("another issuer", 401, &with(world, "iss", json!("https://issuer.example.com"))),
        bearing(
            "an issuer with more to its name",
            401,
            &with(world, "iss", json!(format!("{}/", world.stack.issuer().url()))),
        ),
        bearing("no issuer", 401, &with(world, "iss", Value::Null)),
    ]
}

fn insufficient(world: &World, scope: &str) -> Vec<Bad> {
    let other = if scope == READ { WRITE } else { READ };
    let store = |value: Value| {
        let issuer = world.stack.issuer();
        let mut claims = issuer.claims(&world.store);
        claims["store_id"] = value;
        issuer.signed(&claims).unwrap()
    };
    vec![
        bearing("no scope", 403, &with(world, "scope", Value::Null)),
        bearing("an empty scope", 403, &with(world, "scope", json!(""))),
        bearing("the other scope", 403, &with(world, "scope", json!(other))),
        bearing("a scope that begins alike", 403, &with(world, "scope", json!(format!("{scope}x imports imports:*")))),
        bearing("no store", 403, &with(world, "store_id", Value::Null)),
        bearing("null for a store", 403, &store(Value::Null)),
        bearing("an empty store", 403, &store(json!(""))),
        bearing("a flag for a store", 403, &store(json!(true))),
        bearing("a flag in words for a store", 403, &store(json!("False"))),
        bearing("a number for a store", 403, &store(json!(1))),
        bearing("a time for a store", 403, &store(json!("1768048879"))),
        bearing("undefined for a store", 403, &store(json!("undefined"))),
        bearing("None for a store", 403, &store(json!("None"))),
        bearing("NaN for a store", 403, &store(json!("NaN"))),
        bearing("a list of stores", 403, &store(json!([world.store]))),
        bearing("two stores", 403, &store(json!([world.store, "main"]))),
        bearing("an object for a store", 403, &store(json!({"id": world.store}))),
        bearing("the lane for a store", 403, &store(json!("#line"))),
        bearing("a store with a hash", 403, &store(json!(format!("{}#", world.store)))),
        bearing("a store with a slash", 403, &store(json!(format!("{}/a", world.store)))),
        bearing("dots for a store", 403, &store(json!(".."))),
        bearing("a store with a space", 403, &store(json!(format!("{} ", world.store)))),
        bearing("a store with a line feed", 403, &store(json!(format!("{}\n", world.store)))),
        bearing("a store of other letters", 403, &store(json!("störe"))),
        bearing("a store of 65 characters", 403, &store(json!("s".repeat(65)))),
        bearing("a huge store", 403, &store(json!("s".repeat(4_000)))),
    ]
}

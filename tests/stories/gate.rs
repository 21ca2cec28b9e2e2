//! Who may call, and what they may see.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use local::issuer::TokenRequest;
use reqwest::Method;

use crate::world::{IMPORTS, World, send};

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_without_a_good_token() {
    let world = World::shared().await;
    let issuer = world.stack.issuer();
    let bearing = async |token: &str| send(world.anonymous(Method::GET, IMPORTS).bearer_auth(token)).await.status;
    let store = || TokenRequest { store: Some("main".to_owned()), ..TokenRequest::default() };

    assert_eq!(bearing(&issuer.token(&store()).unwrap()).await, 200);
    assert_eq!(send(world.anonymous(Method::GET, IMPORTS)).await.status, 401);
    assert_eq!(bearing("nonsense").await, 401);
    assert_eq!(bearing(&issuer.forged_token(&store()).unwrap()).await, 401);
    assert_eq!(bearing(&issuer.token(&TokenRequest { expires_in: -60, ..store() }).unwrap()).await, 401);
    let other_audience = TokenRequest { audience: "somebody-else".to_owned(), ..store() };
    assert_eq!(bearing(&issuer.token(&other_audience).unwrap()).await, 401);
    let no_scope = TokenRequest { scope: String::new(), ..store() };
    assert_eq!(bearing(&issuer.token(&no_scope).unwrap()).await, 403);
    let no_store = TokenRequest { store: None, ..TokenRequest::default() };
    assert_eq!(bearing(&issuer.token(&no_store).unwrap()).await, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_another_store_is_as_missing_as_none() {
    let world = World::shared().await;
    let neighbour = world.neighbour();
    let id = world.submit("{\"type\":\"subscription_product\",\"name\":\"Tea\"}").await;
    let nobodys = "00000000-0000-4000-8000-000000000000";
    for path in ["", "/errors"] {
        let foreign = neighbour.get(&format!("{IMPORTS}/{id}{path}")).await.expect(404);
        let missing = neighbour.get(&format!("{IMPORTS}/{nobodys}{path}")).await.expect(404);
        let nonsense = neighbour.get(&format!("{IMPORTS}/not-a-uuid{path}")).await.expect(404);
        assert_eq!(foreign.to_string(), missing.to_string());
        assert_eq!(foreign.to_string(), nonsense.to_string());
    }
    assert!(neighbour.all(IMPORTS, 25).await.is_empty());
    world.get(&format!("{IMPORTS}/{id}")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_issuer_only_signed_calls_get_in_and_act_for_the_configured_store() {
    let world = World::with_parameters(&[("JwtIssuer", ""), ("JwtAudience", "")]).await;
    assert_eq!(send(world.anonymous(Method::GET, IMPORTS)).await.status, 403);

    let identity = Credentials::new("test", "test", None, None, "test").into();
    let settings = v4::SigningParams::builder()
        .identity(&identity)
        .region(world.stack.region())
        .name("execute-api")
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .unwrap();
    let url = world.stack.api_url() + IMPORTS;
    let call = SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::Bytes(&[])).unwrap();
    let (signature, _) = sign(call, &settings.into()).unwrap().into_parts();
    let call = world.anonymous(Method::GET, IMPORTS);
    let call = signature.headers().fold(call, |call, (name, value)| call.header(name, value));
    assert_eq!(send(call).await.expect(200)["data"], serde_json::json!([]));
}

//! The API's reference as a page for people: `openapi.yaml`, with every call to try on the stack that runs.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONNECTION, CONTENT_TYPE, HOST, LOCATION};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{any, get};
use swagger_ui_dist::{ApiDefinition, OpenApiSource, generate_routes};

use crate::serve::serve;
use crate::{Error, Stack, workspace};

const INDEX: &str = include_str!("page.html");

/// The API behind the page.
#[derive(Clone, Debug)]
struct Api {
    http: reqwest::Client,
    url: String,
}

/// Serves the reference until the process ends, and gives its address. Calls are tried with the token given.
///
/// The page brings Swagger UI along and asks nothing of the network. The API allows no other origin to call it, on AWS as
/// here, so the page's server takes the calls too and passes them on.
///
/// # Errors
/// When `openapi.yaml` can't be read or no port is free.
pub fn start(stack: &Stack, token: &str) -> Result<String, Error> {
    let path = workspace::root()?.join("openapi.yaml");
    let openapi = std::fs::read_to_string(&path).map_err(|error| Error::file("read", &path, &error))?;
    let api = Api { http: stack.http_client()?, url: stack.api_url() };
    let url = serve(|url| router(url, &openapi, token, api));
    url.map_err(|error| Error::new(format!("can't serve the API's reference: {error}"), "try again"))
}

fn router(url: &str, openapi: &str, token: &str, api: Api) -> Router {
    // The first server of the list is the one that the page calls.
    let here = format!("\nservers:\n  - url: {url}\n    description: The stack on this machine, through this page.\n");
    let openapi = openapi.replacen("\nservers:\n", &here, 1);
    let assets = ApiDefinition {
        uri_prefix: "/swagger-ui",
        api_definition: OpenApiSource::Uri("/openapi.yaml"),
        title: Some("Subscriptions Import"),
    };
    Router::new()
        .route("/", get(Html(INDEX.replace("$token", token))))
        .route("/openapi.yaml", get(([(CONTENT_TYPE, "application/yaml")], openapi)))
        .route("/v2/{*call}", any(pass_on))
        .with_state(api)
        .merge(generate_routes(assets))
}

async fn pass_on(State(api): State<Api>, call: Request) -> Response {
    let answer = send(&api, call).await;
    answer
        .unwrap_or_else(|error| (StatusCode::BAD_GATEWAY, format!("the API can't be reached: {error}")).into_response())
}

/// Sends a call to the API. A redirect is followed: the browser could not, since the bucket allows no other origin either.
async fn send(api: &Api, call: Request) -> Result<Response, Box<dyn std::error::Error>> {
    let (head, body) = call.into_parts();
    let mut headers = head.headers;
    for own in [HOST, CONNECTION] {
        headers.remove(own);
    }
    let body = to_bytes(body, usize::MAX).await?;
    let url = format!("{}{}", api.url, head.uri);
    let answer = api.http.request(head.method, url).headers(headers).body(body).send().await?;
    if let (true, Some(address)) = (answer.status().is_redirection(), answer.headers().get(LOCATION)) {
        let file = api.http.get(address.to_str()?).send().await?;
        // The page takes JSON Lines for broken JSON, and shows none of it.
        return Ok((file.status(), [(CONTENT_TYPE, "text/plain")], file.bytes().await?).into_response());
    }
    let mut response = Response::builder().status(answer.status());
    for name in [CONTENT_TYPE, LOCATION] {
        if let Some(value) = answer.headers().get(&name) {
            response = response.header(name, value);
        }
    }
    Ok(response.body(Body::from(answer.bytes().await?))?)
}

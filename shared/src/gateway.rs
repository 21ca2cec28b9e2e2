//! The HTTP face of a function: from the gateway's event to a [`Call`], from a [`Reply`] or an [`ApiError`] back.

use std::future::Future;

pub use lambda_http::Error;
use lambda_http::{
    Body, Request, RequestExt, Response,
    http::header::{CONTENT_TYPE, HOST, HeaderValue, LOCATION},
    request::RequestContext,
    service_fn, tracing as lambda_tracing,
};
use tracing::error;

use crate::{
    api::{ApiError, Call, Reply},
    config::StoreSource,
    owner::StoreId,
};

/// Serves calls until the function is shut down. Every failure that a caller can't mend is logged here, once, under the
/// request's id.
///
/// # Errors
/// When the runtime can't be reached.
pub async fn serve<H, F>(stores: StoreSource, handle: H) -> Result<(), Error>
where
    H: Fn(Call) -> F + Send + Sync,
    F: Future<Output = Result<Reply, ApiError>> + Send,
{
    lambda_tracing::init_default_subscriber();
    let (stores, handle) = (&stores, &handle);
    lambda_http::run(service_fn(move |request: Request| async move {
        let request_id = request.lambda_context().request_id;
        let result = match call(request, stores) {
            Ok(call) => handle(call).await,
            Err(refused) => Err(refused),
        };
        let reply = result.unwrap_or_else(|error| {
            if let ApiError::Internal(cause) = &error {
                error!(request.id = %request_id, error = %cause, "the call failed");
            }
            error.reply(&request_id)
        });
        respond(reply)
    }))
    .await
}

fn call(request: Request, stores: &StoreSource) -> Result<Call, ApiError> {
    let store = store(&request.request_context(), stores)?;
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    // AWS always tells it; a gateway that doesn't is one on this machine.
    let scheme = header("x-forwarded-proto").unwrap_or("http");
    let origin = format!("{scheme}://{}", header(HOST.as_str()).unwrap_or_default());
    let query = request.uri().query().unwrap_or_default();
    let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let path = request.raw_http_path().to_owned();
    let id = request.path_parameters().first("id").map(str::to_owned);
    let content_type = header(CONTENT_TYPE.as_str()).map(str::to_owned);
    let idempotency_key = request.headers().get("idempotency-key").map(text);
    let body = match request.into_body() {
        Body::Empty => bytes::Bytes::new(),
        Body::Text(text) => text.into(),
        Body::Binary(binary) => binary.into(),
        _ => return Err(ApiError::Validation("body: the body's form is not supported".to_owned())),
    };
    Ok(Call { store, origin, path, id, query, content_type, idempotency_key, body })
}

/// The text of a header that may hold anything: whatever its bytes are, it is there, and others are another text.
fn text(value: &HeaderValue) -> String {
    let latin = |bytes: &[u8]| bytes.iter().copied().map(char::from).collect();
    std::str::from_utf8(value.as_bytes()).map_or_else(|_| latin(value.as_bytes()), str::to_owned)
}

/// The store a call acts for: the verified token's claim or, for a call that IAM let through, the stack's own.
fn store(context: &RequestContext, stores: &StoreSource) -> Result<StoreId, ApiError> {
    let RequestContext::ApiGatewayV2(context) = context else {
        return Err(ApiError::Forbidden("The call did not come through the HTTP API.".to_owned()));
    };
    let Some(token) = context.authorizer.as_ref().and_then(|authorizer| authorizer.jwt.as_ref()) else {
        return Ok(stores.configured.clone());
    };
    let claim = token.claims.get(&stores.claim);
    claim.and_then(|claim| StoreId::from_verified_claim(claim)).ok_or_else(|| {
        let name = &stores.claim;
        ApiError::Forbidden(format!(
            "The token's claim \"{name}\" must name the store: 1 to 64 letters, digits, hyphens or underscores."
        ))
    })
}

fn respond(reply: Reply) -> Result<Response<Body>, Error> {
    let mut response = Response::builder().status(reply.status).header(CONTENT_TYPE, "application/json");
    if let Some(location) = reply.location {
        response = response.header(LOCATION, location);
    }
    Ok(response.body(Body::Text(reply.body))?)
}

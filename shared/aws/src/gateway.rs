//! The HTTP face of a function: from the gateway's event to a [`Call`], from a [`Reply`] or an [`ApiError`] back.
//!
//! The event is read as it comes. `lambda_http` would make an `http::Request` of it first, and goes down over a query that
//! is no URI's: to a caller who leaves a quote in it unencoded, an error without a word.

mod address;
mod query;

use std::{future::Future, panic::AssertUnwindSafe};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::FutureExt;
pub use lambda_http::Error;
pub use lambda_http::aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use lambda_http::{
    Body, LambdaEvent,
    aws_lambda_events::apigw::ApiGatewayV2httpRequestContext,
    http::header::{
        ALLOW, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, LOCATION, RETRY_AFTER,
        X_CONTENT_TYPE_OPTIONS,
    },
    lambda_runtime, service_fn,
};
use serde_json::Value;
use tokio::time::timeout;
use tracing::error;

use crate::config::{ApiConfig, StoreSource};
use imports::{
    api::{self, ApiError, Call, Reply},
    idempotency,
    options::may_ask,
    ports::PortError,
    times::{ANSWER, duration},
};
use records::{STORE_RULE, StoreId};

/// The route of calls that have no route.
const OTHER_CALLS: &str = "$default";

/// Serves calls until the function is shut down.
///
/// # Errors
/// When the runtime can't be reached.
pub async fn serve<H, F>(api: ApiConfig, handle: H) -> Result<(), Error>
where
    H: Fn(Call) -> F + Send + Sync,
    F: Future<Output = Result<Reply, ApiError>> + Send,
{
    let (api, handle) = (&api, &handle);
    lambda_runtime::run(service_fn(move |LambdaEvent { payload, context }: LambdaEvent<Value>| async move {
        // What does not fit is not quoted: the runtime logs this error.
        let event = serde_json::from_value(payload).map_err(|_| "the event is not one of the HTTP API")?;
        // Boxed, or the runtime's layers and the SDK's nest deeper than the compiler looks.
        Ok::<_, Error>(Box::pin(answer(api, handle, event, &context.request_id)).await)
    }))
    .await
}

/// Answers one call, whatever becomes of it: a handler that panics, or takes too long, has failed like any other. Every
/// failure that a caller can't mend is logged here, once, under the request's id.
pub async fn answer<H, F>(
    api: &ApiConfig,
    handle: &H,
    event: ApiGatewayV2httpRequest,
    request_id: &str,
) -> ApiGatewayV2httpResponse
where
    H: Fn(Call) -> F,
    F: Future<Output = Result<Reply, ApiError>>,
{
    let answered = AssertUnwindSafe(async { handle(call(event, api)?).await }).catch_unwind();
    let late = || ApiError::Internal(PortError::Transient("the call took too long".to_owned()));
    let panicked = || ApiError::Internal(PortError::Permanent("the function panicked".to_owned()));
    let answered = timeout(duration(ANSWER), answered).await.map_err(|_| late());
    let reply = answered.and_then(|answered| answered.unwrap_or_else(|_| Err(panicked()))).unwrap_or_else(|error| {
        if let ApiError::Internal(cause) = &error {
            error!(request.id = %request_id, error = %cause, "the call failed");
        }
        error.reply(request_id)
    });
    respond(reply)
}

fn call(event: ApiGatewayV2httpRequest, api: &ApiConfig) -> Result<Call, ApiError> {
    let store = store(&event.request_context, &api.stores)?;
    if event.route_key.as_deref() == Some(OTHER_CALLS) {
        let method = event.request_context.http.method.as_str();
        return Err(api::no_such_call(method, event.raw_path.as_deref().unwrap_or_default()));
    }
    let origin = address::origin(&event, api.scheme);
    let query = query::read(event.raw_query_string.as_deref().unwrap_or_default())?;
    let content_type = event.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let idempotency_key = event.headers.get(idempotency::HEADER).map(text);
    let if_none_match = event.headers.get(IF_NONE_MATCH).map(text);
    let header = |name: &str| event.headers.get(name).filter(|_| may_ask(name)).map(text).unwrap_or_default();
    let headers = event.headers.keys().map(|name| (name.as_str().to_owned(), header(name.as_str()))).collect();
    let path = event.raw_path.unwrap_or_default();
    let id = event.path_parameters.get("id").cloned();
    let body = body(event.body.unwrap_or_default(), event.is_base64_encoded)?;
    Ok(Call { store, origin, path, id, query, headers, content_type, idempotency_key, if_none_match, body })
}

fn body(text: String, is_encoded: bool) -> Result<Bytes, ApiError> {
    if !is_encoded {
        return Ok(text.into());
    }
    let unreadable = |error| ApiError::Validation(format!("body: the gateway's encoding of it can't be read: {error}"));
    STANDARD.decode(text).map(Bytes::from).map_err(unreadable)
}

/// The text of a header that may hold anything: whatever its bytes are, it is there, and others are another text.
fn text(value: &HeaderValue) -> String {
    let latin = |bytes: &[u8]| bytes.iter().copied().map(char::from).collect();
    std::str::from_utf8(value.as_bytes()).map_or_else(|_| latin(value.as_bytes()), str::to_owned)
}

/// The store a call acts for: what its verified token claims or, where calls are signed, the stack's own. Nobody who comes
/// in another way than the stack was deployed for acts for a store.
fn store(context: &ApiGatewayV2httpRequestContext, stores: &StoreSource) -> Result<StoreId, ApiError> {
    let authorizer = context.authorizer.as_ref();
    match stores {
        StoreSource::Claim(name) => {
            let token = authorizer.and_then(|authorizer| authorizer.jwt.as_ref());
            let claim = token.and_then(|token| token.claims.get(name));
            claim.and_then(|claim| StoreId::from_verified_claim(claim)).ok_or_else(|| {
                let found = if claim.is_some() { "this one's can't be a name" } else { "there is no such claim" };
                ApiError::Forbidden(format!("The token's claim \"{name}\" must name the store: {STORE_RULE}; {found}."))
            })
        }
        StoreSource::Own(store) => {
            let signer = authorizer.and_then(|authorizer| authorizer.iam.as_ref());
            let unsigned = || ApiError::Forbidden("The call must be signed with IAM credentials.".to_owned());
            signer.map(|_| store.clone()).ok_or_else(unsigned)
        }
    }
}

fn respond(reply: Reply) -> ApiGatewayV2httpResponse {
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = reply.status.into();
    if !reply.body.is_empty() {
        response.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    // Answers are about one store's data, and stale as soon as its job moves on.
    response.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(seconds) = reply.retry_after {
        response.headers.insert(RETRY_AFTER, seconds.into());
    }
    // A header takes no line end: an address that holds one is no address.
    for (name, text) in [(LOCATION, reply.location), (ETAG, reply.etag), (ALLOW, reply.allow)] {
        if let Some(value) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
            response.headers.insert(name, value);
        }
    }
    response.body = Some(Body::Text(reply.body));
    response
}

#[cfg(test)]
mod tests;

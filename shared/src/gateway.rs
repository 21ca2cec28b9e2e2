//! The HTTP face of a function: from the gateway's event to a [`Call`], from a [`Reply`] or an [`ApiError`] back.
//!
//! The event is read as it comes. `lambda_http` would make an `http::Request` of it first, and goes down over a query that
//! is no URI's: to a caller who leaves a quote in it unencoded, an error without a word.

use std::{future::Future, panic::AssertUnwindSafe};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures_util::FutureExt;
pub use lambda_http::Error;
pub use lambda_http::aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use lambda_http::{
    Body, LambdaEvent,
    aws_lambda_events::apigw::ApiGatewayV2httpRequestContext,
    http::header::{CONTENT_TYPE, HOST, HeaderValue, LOCATION},
    lambda_runtime, service_fn,
};
use serde_json::Value;
use tracing::error;

use crate::{
    api::{ApiError, Call, Reply},
    config::StoreSource,
    owner::StoreId,
    ports::StoreError,
};

/// Serves calls until the function is shut down.
///
/// # Errors
/// When the runtime can't be reached.
pub async fn serve<H, F>(stores: StoreSource, handle: H) -> Result<(), Error>
where
    H: Fn(Call) -> F + Send + Sync,
    F: Future<Output = Result<Reply, ApiError>> + Send,
{
    let (stores, handle) = (&stores, &handle);
    lambda_runtime::run(service_fn(move |LambdaEvent { payload, context }: LambdaEvent<Value>| async move {
        // What does not fit is not quoted: the runtime logs this error.
        let event = serde_json::from_value(payload).map_err(|_| "the event is not one of the HTTP API")?;
        // Boxed, or the runtime's layers and the SDK's nest deeper than the compiler looks.
        Ok::<_, Error>(Box::pin(answer(stores, handle, event, &context.request_id)).await)
    }))
    .await
}

/// Answers one call, whatever becomes of it: a handler that panics has failed like any other. Every failure that a caller
/// can't mend is logged here, once, under the request's id.
pub async fn answer<H, F>(
    stores: &StoreSource,
    handle: &H,
    event: ApiGatewayV2httpRequest,
    request_id: &str,
) -> ApiGatewayV2httpResponse
where
    H: Fn(Call) -> F,
    F: Future<Output = Result<Reply, ApiError>>,
{
    let answered = AssertUnwindSafe(async { handle(call(event, stores)?).await }).catch_unwind().await;
    let panicked = || ApiError::Internal(StoreError::Permanent("the function panicked".to_owned()));
    let reply = answered.unwrap_or_else(|_| Err(panicked())).unwrap_or_else(|error| {
        if let ApiError::Internal(cause) = &error {
            error!(request.id = %request_id, error = %cause, "the call failed");
        }
        error.reply(request_id)
    });
    respond(reply)
}

fn call(event: ApiGatewayV2httpRequest, stores: &StoreSource) -> Result<Call, ApiError> {
    let store = store(&event.request_context, stores)?;
    let header = |name| event.headers.get(name).and_then(|value| value.to_str().ok());
    // AWS always tells it; a gateway that doesn't is one on this machine.
    let scheme = header("x-forwarded-proto").unwrap_or("http");
    let origin = format!("{scheme}://{}", header(HOST.as_str()).unwrap_or_default());
    let content_type = header(CONTENT_TYPE.as_str()).map(str::to_owned);
    let idempotency_key = event.headers.get("idempotency-key").map(text);
    let query = event.raw_query_string.unwrap_or_default();
    let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let path = event.raw_path.unwrap_or_default();
    let id = event.path_parameters.get("id").cloned();
    let body = body(event.body.unwrap_or_default(), event.is_base64_encoded)?;
    Ok(Call { store, origin, path, id, query, content_type, idempotency_key, body })
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

/// The store a call acts for: the verified token's claim or, for a call that IAM let through, the stack's own.
fn store(context: &ApiGatewayV2httpRequestContext, stores: &StoreSource) -> Result<StoreId, ApiError> {
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

fn respond(reply: Reply) -> ApiGatewayV2httpResponse {
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = reply.status.into();
    response.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    // A header takes no line end: an address that holds one is no address.
    if let Some(location) = reply.location.and_then(|location| HeaderValue::from_str(&location).ok()) {
        response.headers.insert(LOCATION, location);
    }
    response.body = Some(Body::Text(reply.body));
    response
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::{Value, json};

    use super::*;

    fn stores() -> StoreSource {
        let configured = StoreId::from_configuration("main").unwrap();
        StoreSource { claim: "store_id".to_owned(), configured }
    }

    /// The event of the repository with some of it changed.
    fn event(changes: &[(&str, Value)]) -> ApiGatewayV2httpRequest {
        let mut event: Value = serde_json::from_str(include_str!("../../events/list-imports.json")).unwrap();
        for (place, value) in changes {
            *event.pointer_mut(place).unwrap() = value.clone();
        }
        serde_json::from_value(event).unwrap()
    }

    /// What a handler answers that shows the call it was given.
    async fn shown(changes: &[(&str, Value)], show: impl Fn(Call) -> String) -> String {
        let handle = |call| {
            let body = show(call);
            async { Ok(Reply { status: 200, location: None, body }) }
        };
        let response = answer(&stores(), &handle, event(changes), "request-1").await;
        let Some(Body::Text(body)) = response.body else { panic!("no text") };
        format!("{} {body}", response.status_code)
    }

    #[tokio::test]
    async fn a_query_need_not_be_that_of_a_uri() {
        let query = |call: Call| format!("{:?}", call.query);
        let raw = |text: &str| [("/rawQueryString", json!(text))];
        assert_snapshot!(shown(&raw("filter=eq(external_ref,\"a b\")&x=<é>"), query).await, @r#"200 [("filter", "eq(external_ref,\"a b\")"), ("x", "<é>")]"#);
        assert_snapshot!(shown(&raw("a=%00%ff+%"), query).await, @"200 [(\"a\", \"\\0\u{fffd} %\")]");
    }

    #[tokio::test]
    async fn a_host_need_not_be_one() {
        let origin = |call: Call| call.origin;
        for (host, expected) in [("a b", "200 https://a b"), ("[x", "200 https://[x"), ("é", "200 https://")] {
            assert_eq!(shown(&[("/headers/host", json!(host))], origin).await, expected);
        }
    }

    #[tokio::test]
    async fn a_body_that_the_gateway_spoilt_is_refused() {
        let changes = [("", {
            let mut event: Value = serde_json::from_str(include_str!("../../events/create-import.json")).unwrap();
            event["body"] = json!("no base64!");
            event
        })];
        assert_snapshot!(shown(&changes, |_| String::new()).await, @r#"400 {"errors":[{"status":"400","title":"Validation Error","detail":"body: the gateway's encoding of it can't be read: Invalid symbol 32, offset 2."}]}"#);
    }

    #[tokio::test]
    async fn a_handler_that_panics_has_failed_like_any_other() {
        let at_once = |_: Call| -> std::future::Ready<Result<Reply, ApiError>> { panic!("a mistake of ours") };
        let later = |_: Call| async {
            tokio::task::yield_now().await;
            panic!("a mistake of ours")
        };
        let first = answer(&stores(), &at_once, event(&[]), "request-1").await;
        let second = answer(&stores(), &later, event(&[]), "request-1").await;
        assert_eq!(first, second);
        assert_eq!(first.status_code, 500);
        let Some(Body::Text(body)) = first.body else { panic!("no text") };
        assert_snapshot!(body, @r#"{"errors":[{"status":"500","title":"Internal Server Error","detail":"An internal error has occurred.","meta":{"request_id":"request-1"}}]}"#);
    }

    #[tokio::test]
    async fn an_address_with_a_line_end_becomes_no_header() {
        let handle = |_| async { Reply::redirect("https://example.com/\r\nset-cookie: a=b".to_owned()) };
        let response = answer(&stores(), &handle, event(&[]), "request-1").await;
        assert_eq!((response.status_code, response.headers.get(LOCATION)), (307, None));
    }
}

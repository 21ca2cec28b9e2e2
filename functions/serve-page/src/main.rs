//! Cold start of the serve-page function.

use aws::{config, logs};
use base64::{Engine, engine::general_purpose::STANDARD};
use lambda_http::{
    Body, Error, LambdaEvent,
    aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse},
    http::header::{ACCEPT_ENCODING, HeaderName, HeaderValue, IF_NONE_MATCH},
    lambda_runtime, service_fn,
};
use serde_json::Value;
use serve_page::{Asked, Site};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    logs::start(module_path!());
    let config::PageConfig { issuer, audience, client_id, reached } = config::page()?;
    let site = &Site::new(&issuer, &audience, &client_id, &reached);
    lambda_runtime::run(service_fn(async |LambdaEvent { payload, .. }: LambdaEvent<Value>| {
        // What does not fit is not quoted: the runtime logs this error.
        answer(site, &serde_json::from_value(payload).map_err(|_| "the event is not one of the HTTP API")?)
    }))
    .await
}

fn answer(site: &Site, event: &ApiGatewayV2httpRequest) -> Result<ApiGatewayV2httpResponse, Error> {
    let header = |name| event.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let asked = Asked {
        path: event.raw_path.as_deref().unwrap_or_default(),
        accept_encoding: header(ACCEPT_ENCODING),
        if_none_match: header(IF_NONE_MATCH),
    };
    let served = site.answer(&asked);
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = served.status.into();
    for (name, value) in served.headers {
        response.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(&value)?);
    }
    // The gateway takes text, and of other bytes their encoding.
    response.body = Some(Body::Text(STANDARD.encode(served.body)));
    response.is_base64_encoded = true;
    Ok(response)
}

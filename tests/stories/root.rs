//! Calls of AWS as its root user, signed by hand: for the few that tests ask of services whose clients would take long to
//! build.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use local::Stack;
use reqwest::{Method, Response};
use serde_json::{Value, json};

/// The headers that sign a call of a service.
pub(crate) fn signature(stack: &Stack, service: &str, method: &Method, url: &str, body: &str) -> Vec<(String, String)> {
    let (id, secret) = stack.credentials();
    let identity = Credentials::new(id, secret, None, None, "test").into();
    let settings = v4::SigningParams::builder()
        .identity(&identity)
        .region(stack.region())
        .name(service)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .unwrap();
    let body = SignableBody::Bytes(body.as_bytes());
    let call = SignableRequest::new(method.as_str(), url, std::iter::empty(), body).unwrap();
    let (signature, _) = sign(call, &settings.into()).unwrap().into_parts();
    signature.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Calls a service and answers what it answered, whatever that is.
pub(crate) async fn send(
    stack: &Stack,
    (service, method, path): (&str, Method, &str),
    headers: &[(&str, &str)],
    body: String,
) -> Response {
    let url = format!("{}{path}", stack.endpoint_url());
    let signature = signature(stack, service, &method, &url, &body);
    let call = stack.http_client().unwrap().request(method, &url);
    let call = headers.iter().fold(call, |call, (name, value)| call.header(*name, *value));
    let call = signature.iter().fold(call, |call, (name, value)| call.header(name, value));
    call.body(body).send().await.unwrap()
}

/// A call that has to succeed; its answer as text.
pub(crate) async fn call(
    stack: &Stack,
    (service, method, path): (&str, Method, &str),
    headers: &[(&str, &str)],
    body: String,
) -> String {
    let response = send(stack, (service, method, path), headers, body).await;
    let (status, text) = (response.status(), response.text().await.unwrap());
    assert!(status.is_success(), "{service} {path}: {status} {text}");
    text
}

/// A call of a service that speaks JSON with targets, such as `CloudWatch` Logs.
pub(crate) async fn json(stack: &Stack, service: &str, target: &str, body: &Value) -> Value {
    let headers = [("x-amz-target", target), ("content-type", "application/x-amz-json-1.1")];
    let text = call(stack, (service, Method::POST, "/"), &headers, body.to_string()).await;
    serde_json::from_str(&text).unwrap()
}

/// A call of IAM, which speaks forms and XML.
pub(crate) async fn iam(stack: &Stack, parameters: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(parameters).append_pair("Version", "2010-05-08");
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    call(stack, ("iam", Method::POST, "/"), &headers, form.finish()).await
}

/// A function of the stack, as Lambda knows it.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    /// Its name here: that of its folder.
    pub(crate) folder: String,
    /// Its name in the account.
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) environment: Value,
}

/// Every function of the stack.
pub(crate) async fn functions(stack: &Stack) -> Vec<Function> {
    let listed = call(stack, ("lambda", Method::GET, "/2015-03-31/functions/"), &[], String::new()).await;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let function = |listed: &Value| {
        let name = listed["FunctionName"].as_str().unwrap().to_owned();
        let folder = kebab(name.trim_start_matches("subscriptions-import-").split("Function").next().unwrap());
        let role = listed["Role"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        Function { folder, name, role, environment: listed["Environment"]["Variables"].clone() }
    };
    listed["Functions"].as_array().unwrap().iter().map(function).collect()
}

/// Has the queue feed the worker, or not: then jobs wait.
pub(crate) async fn feed_worker(stack: &Stack, enabled: bool) {
    let mappings = ("lambda", Method::GET, "/2015-03-31/event-source-mappings/");
    let mappings: Value = serde_json::from_str(&call(stack, mappings, &[], String::new()).await).unwrap();
    for mapping in mappings["EventSourceMappings"].as_array().unwrap() {
        let path = format!("/2015-03-31/event-source-mappings/{}", mapping["UUID"].as_str().unwrap());
        call(stack, ("lambda", Method::PUT, &path), &[], json!({"Enabled": enabled}).to_string()).await;
    }
}

/// Changes how a function is run.
pub(crate) async fn configure(stack: &Stack, function: &Function, change: &Value) {
    let path = format!("/2015-03-31/functions/{}/configuration", function.name);
    call(stack, ("lambda", Method::PUT, &path), &[("content-type", "application/json")], change.to_string()).await;
}

/// Has a function handle an event; what it answers, or says went wrong.
pub(crate) async fn invoke(stack: &Stack, function: &Function, event: &Value) -> Result<String, String> {
    let path = format!("/2015-03-31/functions/{}/invocations", function.name);
    let response = send(stack, ("lambda", Method::POST, &path), &[], event.to_string()).await;
    let failed = !response.status().is_success() || response.headers().contains_key("x-amz-function-error");
    let text = response.text().await.unwrap();
    if failed { Err(text) } else { Ok(text) }
}

/// `CreateImport` as the name of a folder: `create-import`.
pub(crate) fn kebab(name: &str) -> String {
    let letters = name.char_indices().map(|(place, letter)| {
        let edge = if place > 0 && letter.is_uppercase() { "-" } else { "" };
        format!("{edge}{}", letter.to_lowercase())
    });
    letters.collect()
}

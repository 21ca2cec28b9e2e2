use insta::assert_snapshot;
use serde_json::{Value, json};
use twins::fixture::noon;

use super::*;

fn by_token() -> ApiConfig {
    ApiConfig { stores: StoreSource::Claim("store_id".to_owned()), scheme: "https" }
}

fn by_signature() -> ApiConfig {
    ApiConfig { stores: StoreSource::Own(StoreId::from_configuration("main").unwrap()), scheme: "https" }
}

/// The event of the repository with some of it changed.
fn event(changes: &[(&str, Value)]) -> ApiGatewayV2httpRequest {
    let mut event: Value = serde_json::from_str(include_str!("../../../../events/list-imports.json")).unwrap();
    for (place, value) in changes {
        *event.pointer_mut(place).unwrap() = value.clone();
    }
    serde_json::from_value(event).unwrap()
}

/// What a handler answers that shows the call it was given.
async fn shown(changes: &[(&str, Value)], show: impl Fn(Call) -> String) -> String {
    let handle = |call| {
        let body = show(call);
        async { Ok(Reply::new(200, body)) }
    };
    let response = answer(&by_token(), &handle, event(changes), "request-1").await;
    let Some(Body::Text(body)) = response.body else { panic!("no text") };
    format!("{} {body}", response.status_code)
}

#[tokio::test]
async fn a_query_need_not_be_that_of_a_uri() {
    let query = |call: Call| format!("{:?}", call.query);
    let raw = |text: &str| [("/rawQueryString", json!(text))];
    assert_snapshot!(shown(&raw("filter=eq(external_ref,\"a b\")&x=<é>"), query).await, @r#"200 [("filter", "eq(external_ref,\"a b\")"), ("x", "<é>")]"#);
    let read = shown(&raw("a=%00+%&&b&%EF%BF%BD=1"), query).await;
    assert_eq!(read, "200 [(\"a\", \"\\0 %\"), (\"b\", \"\"), (\"\u{fffd}\", \"1\")]");
}

#[tokio::test]
async fn the_signature_of_an_address_is_no_part_of_what_is_asked() {
    let query = |call: Call| format!("{:?}", call.query);
    let signed = [("/rawQueryString", json!("X-Amz-Signature=0f&dry_run=true&x-amz-date=1&x=X-Amz-"))];
    assert_eq!(shown(&signed, query).await, r#"200 [("dry_run", "true"), ("x", "X-Amz-")]"#);
}

#[tokio::test]
async fn a_call_that_has_no_route_reaches_no_handler_and_is_answered_with_a_hint() {
    let other = [("/routeKey", json!("$default")), ("/rawPath", json!("/v2/subscriptions/imports/"))];
    assert_snapshot!(shown(&other, |_| panic!("it was handled")).await, @r#"404 {"errors":[{"status":"404","title":"Not Found","detail":"There is no such call: leave out the / that is too much: GET /v2/subscriptions/imports."}]}"#);
}

#[tokio::test]
async fn the_names_of_all_headers_are_handed_on_and_the_values_of_those_that_may_ask_for_something() {
    let mut event: Value = serde_json::from_str(include_str!("../../../../events/list-imports.json")).unwrap();
    event["headers"] = json!({"Host": "a", "X-Dry-Run": "1", "dry_run": "true", "Prefer": "dry-run", "X-Mode": "test"});
    let headers = |call: Call| {
        let mut headers: Vec<_> = call.headers.iter().map(|(name, value)| format!("{name}={value}")).collect();
        headers.sort_unstable();
        headers.join(" ")
    };
    assert_eq!(shown(&[("", event)], headers).await, "200 dry_run= host= prefer=dry-run x-dry-run=1 x-mode=test");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_is_answered_before_lambda_stops_it() {
    let began = tokio::time::Instant::now();
    let hangs = |_| async { std::future::pending().await };
    let response = answer(&by_token(), &hangs, event(&[]), "request-1").await;
    let Some(Body::Text(body)) = response.body else { panic!("no text") };
    assert_eq!(response.status_code, 503);
    assert!(body.contains("\"request_id\":\"request-1\""), "{body}");
    assert!(began.elapsed() < duration(imports::times::API_TIMEOUT));
}

#[tokio::test]
async fn a_parameter_that_is_no_text_is_named() {
    let raw = |text: &str| [("/rawQueryString", json!(text))];
    let nothing = |_| String::new();
    for (query, named) in [
        ("x=1&filter=%ff", "filter"),
        ("dry_run=tru%C3%28", "dry_run"),
        ("a%ff=1", "a\u{fffd}"),
        ("%ED%A0%80", "\u{fffd}\u{fffd}\u{fffd}"),
    ] {
        let detail = format!("{named}: \"{named}\" must be UTF-8 text");
        let body = json!({"errors": [{"status": "400", "title": "Validation Error", "detail": detail}]});
        let answered = shown(&raw(query), nothing).await;
        assert_eq!(answered.strip_prefix("400 ").map(serde_json::from_str::<Value>).unwrap().unwrap(), body);
    }
    let long = format!("{}%ff=1", "x".repeat(8_000));
    assert!(shown(&raw(&long), nothing).await.len() < 400);
}

#[tokio::test]
async fn links_begin_with_the_host_that_was_called_where_it_is_one_and_else_with_the_apis_own() {
    const OWN: &str = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com";
    let origin = |call: Call| call.origin;
    for host in
        ["shop.example.com", "localhost:3000", "127.0.0.1:80", "[::1]:8080", "[::1]", "a_b.example.com", "EXAMPLE.com"]
    {
        assert_eq!(shown(&[("/headers/host", json!(host))], origin).await, format!("200 https://{host}"));
    }
    for host in [
        "",
        "a b",
        "[x",
        "[x]",
        "é",
        "a/b",
        "evil.com/",
        "user@evil.com",
        "a?b",
        "a#b",
        "a\\b",
        "a:",
        "a:x",
        "a:99999",
        ":80",
        "a:+8",
        "a\"b",
        "<x>",
        "%41",
    ] {
        assert_eq!(shown(&[("/headers/host", json!(host))], origin).await, format!("200 https://{OWN}"), "{host}");
    }
}

#[tokio::test]
async fn the_scheme_of_links_is_no_headers_text() {
    let origin = |call: Call| call.origin;
    for proto in ["http", "javascript", "https, http", "", "x\"y"] {
        let answered = shown(&[("/headers/x-forwarded-proto", json!(proto))], origin).await;
        assert_eq!(answered, "200 https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com", "{proto}");
    }
}

#[tokio::test]
async fn links_keep_what_a_domain_maps_the_api_to() {
    let origin = |call: Call| call.origin;
    let path = |text: &str| [("/headers/host", json!("shop.example.com")), ("/rawPath", json!(text))];
    for (called, expected) in [
        ("/v2/subscriptions/imports", "200 https://shop.example.com"),
        ("/import/v2/subscriptions/imports/x/errors", "200 https://shop.example.com/import"),
        ("/a/b/v2/subscriptions/imports", "200 https://shop.example.com/a/b"),
        ("/v2/subscriptions/imports/a/v2/subscriptions/imports", "200 https://shop.example.com"),
        ("/elsewhere", "200 https://shop.example.com"),
        ("", "200 https://shop.example.com"),
    ] {
        assert_eq!(shown(&path(called), origin).await, expected, "{called}");
    }
}

#[tokio::test]
async fn a_body_that_the_gateway_spoilt_is_refused() {
    let changes = [("", {
        let mut event: Value = serde_json::from_str(include_str!("../../../../events/create-import.json")).unwrap();
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
    let first = answer(&by_token(), &at_once, event(&[]), "request-1").await;
    let second = answer(&by_token(), &later, event(&[]), "request-1").await;
    assert_eq!(first, second);
    assert_eq!(first.status_code, 500);
    let Some(Body::Text(body)) = first.body else { panic!("no text") };
    assert_snapshot!(body, @r#"{"errors":[{"status":"500","title":"Internal Server Error","detail":"An internal error has occurred.","meta":{"request_id":"request-1"}}]}"#);
}

#[tokio::test]
async fn what_may_succeed_later_is_answered_with_when() {
    let fails = |error: PortError| move |_: Call| std::future::ready(Err(ApiError::Internal(error.clone())));
    let busy = fails(PortError::Transient("400 ThrottlingException".to_owned()));
    let response = answer(&by_token(), &busy, event(&[]), "request-1").await;
    let retry_after = response.headers.get("retry-after").map(|value| value.to_str().unwrap());
    assert_eq!((response.status_code, retry_after), (503, Some("5")));
    let Some(Body::Text(body)) = response.body else { panic!("no text") };
    assert_snapshot!(body, @r#"{"errors":[{"status":"503","title":"Service Unavailable","detail":"The service could not do this in time. Try again in some seconds; a call that makes something may have made it all the same, and makes it only once with the header Idempotency-Key.","meta":{"request_id":"request-1"}}]}"#);
    let broken = fails(PortError::Permanent("400 ValidationException".to_owned()));
    let response = answer(&by_token(), &broken, event(&[]), "request-1").await;
    assert_eq!((response.status_code, response.headers.get("retry-after")), (500, None));
}

#[tokio::test]
async fn an_address_with_a_line_end_becomes_no_header() {
    let handle = |_| async { Reply::download("https://example.com/\r\nset-cookie: a=b".to_owned(), noon(), true) };
    let response = answer(&by_token(), &handle, event(&[]), "request-1").await;
    assert_eq!((response.status_code, response.headers.get(LOCATION)), (307, None));
}

/// An event that says this of who was let through.
fn authorized(authorizer: Value) -> ApiGatewayV2httpRequest {
    event(&[("/requestContext/authorizer", authorizer)])
}

/// What a call is answered that was let through like this; a handler's answer is the call's store.
async fn asked(api: &ApiConfig, authorizer: Value) -> (i64, String) {
    let handle = |call: Call| async move { Ok(Reply::new(200, call.store.to_string())) };
    let response = answer(api, &handle, authorized(authorizer), "request-1").await;
    let Some(Body::Text(body)) = response.body else { panic!("no text") };
    (response.status_code, body)
}

#[tokio::test]
async fn where_tokens_tell_the_store_a_call_without_one_acts_for_none() {
    let signed = json!({"iam": {"accountId": "123456789012", "userArn": "arn:aws:iam::123456789012:user/u"}});
    for authorizer in
        [Value::Null, json!({}), signed, json!({"lambda": {"store_id": "main"}}), json!({"jwt": {"claims": {}}})]
    {
        let (status, body) = asked(&by_token(), authorizer.clone()).await;
        assert_eq!(status, 403, "{authorizer}: {body}");
        assert!(body.contains("The token's claim \\\"store_id\\\" must name the store"), "{body}");
    }
}

#[tokio::test]
async fn where_calls_are_signed_one_without_a_signature_acts_for_no_store() {
    let signed = json!({"iam": {"accountId": "123456789012", "userArn": "arn:aws:iam::123456789012:user/u"}});
    assert_eq!(asked(&by_signature(), signed).await, (200, "main".to_owned()));
    for authorizer in [Value::Null, json!({}), json!({"jwt": {"claims": {"store_id": "main"}}})] {
        let (status, body) = asked(&by_signature(), authorizer.clone()).await;
        assert_eq!(status, 403, "{authorizer}: {body}");
        assert!(body.contains("The call must be signed with IAM credentials."), "{body}");
    }
}

#[tokio::test]
async fn every_answer_is_kept_by_nobody_and_taken_for_what_it_says_it_is() {
    let answers: [fn() -> Result<Reply, ApiError>; 4] = [
        || Ok(Reply::new(200, "{}".to_owned())),
        || Reply::download("https://example.com/".to_owned(), noon(), true),
        || Err(ApiError::NotFound),
        || panic!("a mistake of ours"),
    ];
    for reply in answers {
        let response = answer(&by_token(), &|_| async move { reply() }, event(&[]), "request-1").await;
        let header = |name: &str| response.headers.get(name).map(|value| value.to_str().unwrap());
        let sent = [header("content-type"), header("cache-control"), header("x-content-type-options")];
        assert_eq!(sent, [Some("application/json"), Some("no-store"), Some("nosniff")], "{}", response.status_code);
    }
}

//! Who may come in: no call without a good token on any route, no object without a signature.

mod tokens;

use std::collections::BTreeSet;

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use futures_util::{StreamExt, stream};
use local::issuer::{READ, WRITE};
use reqwest::{
    Method, RequestBuilder,
    header::AUTHORIZATION,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use crate::{
    openapi,
    root::{self, signature},
    world::{IMPORTS, PATIENCE, ROOT, World, send},
};

const FILE: &str = "{\"type\":\"subscription_product\",\"name\":\"Tea\"}";
const NOBODYS: &str = "00000000-0000-4000-8000-000000000000";

/// A route of the API: its method, and its path with `{id}`.
pub(crate) type Route = (Method, String);

/// Every route of the API, as its description lists them.
pub(crate) fn routes() -> Vec<Route> {
    openapi::routes().into_iter().map(|route| (route.method.parse().unwrap(), route.path)).collect()
}

/// A call of a route that would be right, were it allowed.
fn call(world: &World, (method, path): &Route) -> RequestBuilder {
    let call = world.anonymous(method.clone(), &path.replace("{id}", NOBODYS));
    if path == IMPORTS && *method == Method::POST {
        call.multipart(Form::new().part("import_file", Part::bytes(FILE.as_bytes()).file_name("import.jsonl")))
    } else if path.ends_with("/uploads") {
        call.body(json!({"data": {"type": "subscription_import_upload"}}).to_string())
    } else {
        call
    }
}

#[test]
fn every_route_that_is_deployed_is_described() {
    let template = std::fs::read_to_string(format!("{ROOT}/template.yaml")).unwrap();
    let deployed: BTreeSet<String> =
        template.lines().filter_map(|line| line.trim().strip_prefix("RouteKey: ").map(str::to_owned)).collect();
    let described = routes().into_iter().map(|(method, path)| format!("{method} {path}"));
    // What is no call is answered so; and the page for people is open.
    let others = ["$default", "GET /imports-ui", "GET /imports-ui/{proxy+}"].map(str::to_owned);
    let described = described.chain(others).collect();
    assert_eq!(deployed, described);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_gets_in_without_a_good_token_on_any_route() {
    let world = World::shared().await;
    let (mut calls, mut kinds) = (Vec::new(), 0);
    for route in routes().into_iter().chain([(Method::GET, format!("{IMPORTS}/"))]) {
        let scope = if route.0 == Method::GET { READ } else { WRITE };
        let bad = tokens::bad(&world, scope).await;
        kinds = bad.len();
        calls.extend(bad.into_iter().map(|bad| (route.clone(), bad)));
        // With the token that the others are made of the same call gets further.
        let good = call(&world, &route).bearer_auth(world.stack.token(&world.store, 3600).unwrap());
        let status = send(good).await.status;
        assert!(![401, 403].contains(&status), "{route:?}: {status}");
    }
    let before = world.all(IMPORTS, 100).await.len();
    let count = calls.len();
    let answers = stream::iter(calls).map(|(route, bad)| {
        let call = call(&world, &route);
        let call = bad.authorization.iter().fold(call, |call, header| call.header(AUTHORIZATION, header));
        async move { (send(call).await, route, bad) }
    });
    let mut answers = answers.buffer_unordered(8);
    while let Some((answer, route, bad)) = answers.next().await {
        assert_eq!(answer.status, bad.status, "{} on {route:?}: {}", bad.what, answer.body);
    }
    assert_eq!(world.all(IMPORTS, 100).await.len(), before, "a job was made");
    println!("{count} calls with {kinds} kinds of bad tokens on {} routes, each refused", routes().len());
}

/// The keys of all objects of a store, whatever they are.
async fn keys_of(world: &World) -> Vec<String> {
    let listed = async |prefix: &str| {
        let call = world.s3().list_objects_v2().bucket(world.stack.bucket()).prefix(prefix).delimiter("/");
        call.send().await.unwrap()
    };
    let below = |page: ListObjectsV2Output| {
        let prefixes = page.common_prefixes.unwrap_or_default().into_iter();
        prefixes.map(|of| of.prefix.unwrap()).collect::<Vec<String>>()
    };
    // Level by level, and of this store alone: others give their drops names that no XML can hold.
    let roots = below(listed("").await).into_iter();
    let mut open: Vec<String> = roots.map(|root| format!("{root}{}/", world.store)).collect();
    let mut keys = Vec::new();
    while let Some(prefix) = open.pop() {
        let page = listed(&prefix).await;
        keys.extend(page.contents.clone().unwrap_or_default().into_iter().map(|object| object.key.unwrap()));
        open.extend(below(page));
    }
    keys.sort();
    keys
}

#[tokio::test(flavor = "multi_thread")]
async fn no_object_is_given_taken_or_listed_without_a_signature() {
    let world = World::shared().await;
    let bucket = world.stack.bucket();
    // Of every kind one: a posted file, a drop with its receipt, an upload.
    let id = world.submit(FILE).await;
    world.drop_file("nightly.jsonl", FILE).await;
    let drop = world.job_of_drop("nightly.jsonl").await;
    let promise = world.request(Method::POST, &format!("{IMPORTS}/uploads"));
    let promise = send(promise.body(json!({"data": {"type": "subscription_import_upload"}}).to_string())).await;
    let upload = promise.expect(201)["data"]["id"].as_str().unwrap().to_owned();
    world.put(&format!("uploads/{}/{upload}", world.store), FILE, &[]).await;
    for job in [id, drop] {
        world.ended(&job).await;
    }
    let keys = async || keys_of(&world).await;
    let prefixes = |keys: &[String]| {
        keys.iter().map(|key: &String| key.split('/').next().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let expected = ["drops", "imports", "receipts", "reports", "uploads"].map(str::to_owned);
    let there = world.wait("key of each kind, and report of the upload", PATIENCE, async || {
        let there = keys().await;
        // The upload and the five files of its report: nothing is on its way any more.
        let of_upload = there.iter().filter(|key| key.contains(&upload)).count();
        (prefixes(&there).len() == expected.len() && of_upload == 6).then_some(there)
    });
    let there = there.await;
    assert_eq!(prefixes(&there), expected.into());

    let mut tried = 0;
    let address = |path: &str| format!("{}/{bucket}{path}", world.stack.endpoint_url());
    let mut paths: Vec<String> = there.iter().map(|key| format!("/{key}")).collect();
    paths.extend(prefixes(&there).into_iter().map(|prefix| format!("/{prefix}/{}/new", world.store)));
    for path in paths {
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
            let status = send(world.anonymous(method.clone(), &address(&path)).body(FILE)).await.status;
            assert_eq!(status, 403, "{method} {path}");
            tried += 1;
        }
    }
    for query in ["", "?list-type=2", "?versions", "?uploads", "?policy", "?acl"] {
        assert_eq!(send(world.anonymous(Method::GET, &address(query))).await.status, 403, "{query}");
        tried += 1;
    }
    assert_eq!(keys().await, there);
    println!("{tried} unsigned requests for {} objects of {} kinds, each refused", there.len(), prefixes(&there).len());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_issuer_only_signed_calls_get_in_and_act_for_the_configured_store() {
    let world = World::with_parameters(&[("JwtIssuer", ""), ("JwtAudience", "")]).await;
    for route in routes() {
        assert_eq!(send(call(&world, &route)).await.status, 403, "{route:?}");
        // The local AWS lets any token through here, and says of nobody that he signed.
        let answer = send(call(&world, &route).bearer_auth(world.stack.token("main", 3600).unwrap())).await;
        assert_eq!(answer.expect(403)["errors"][0]["detail"], "The call must be signed with IAM credentials.");
    }
    let url = world.stack.api_url() + IMPORTS;
    let signature = signature(&world.stack, "execute-api", &Method::GET, &url, "");
    let call = world.anonymous(Method::GET, IMPORTS);
    let call = signature.iter().fold(call, |call, (name, value)| call.header(name, value));
    assert_eq!(send(call).await.expect(200)["data"], json!([]));
}

/// An event that no gateway sent: the sample with another word on who called.
fn event(function: &str, authorizer: &Value) -> Value {
    let text = std::fs::read_to_string(format!("{ROOT}/events/{function}.json")).unwrap();
    let mut event: Value = serde_json::from_str(&text).unwrap();
    event["requestContext"]["authorizer"] = authorizer.clone();
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_is_invoked_without_a_token_acts_for_no_store() {
    let world = World::shared().await;
    let mut invoked = 0;
    for function in root::functions(&world.stack).await {
        if function.environment["STORE_SOURCE"].is_null() {
            continue;
        }
        for authorizer in [Value::Null, json!({}), json!({"iam": {"userArn": "arn:aws:iam::000000000000:root"}})] {
            let answer = root::invoke(&world.stack, &function, &event(&function.folder, &authorizer)).await.unwrap();
            let answer: Value = serde_json::from_str(&answer).unwrap();
            assert_eq!(answer["statusCode"], 403, "{}: {answer:#}", function.folder);
            assert_eq!(answer["headers"]["cache-control"], "no-store", "{}: {answer:#}", function.folder);
            invoked += 1;
        }
    }
    let template = std::fs::read_to_string(format!("{ROOT}/template.yaml")).unwrap();
    // The page is nobody's data.
    let is_target =
        |line: &&str| line.trim().starts_with("Target: !Sub \"integrations/") && !line.contains("ServePage");
    let targets = template.lines().filter(is_target);
    assert_eq!(invoked, 3 * targets.collect::<BTreeSet<_>>().len());
    println!("{invoked} functions invoked without a token, none acted for a store");
}

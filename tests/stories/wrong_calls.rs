//! Calls that are wrong, sent byte by byte to the deployed API, which no client would: each is refused in words.

use futures_util::{StreamExt, stream};
use reqwest::Method;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    openapi,
    world::{IMPORTS, World, send},
};

/// A call as it goes over the wire, and what its refusal must name.
struct Wrong {
    line: String,
    headers: String,
    body: Vec<u8>,
    status: u16,
    named: &'static str,
}

fn wrong(line: impl Into<String>, status: u16, named: &'static str) -> Wrong {
    Wrong { line: line.into(), headers: String::new(), body: Vec::new(), status, named }
}

fn posting(path: &str, content_type: &str, body: &[u8], status: u16, named: &'static str) -> Wrong {
    let headers = format!("Content-Type: {content_type}\r\n");
    Wrong { headers, body: body.to_vec(), ..wrong(format!("POST {IMPORTS}{path}"), status, named) }
}

/// Sends a call and reads its answer.
async fn answer(world: &World, token: &str, call: &Wrong) -> (u16, Value) {
    let host = world.stack.api_url().trim_start_matches("http://").to_owned();
    let endpoint = world.stack.endpoint_url();
    let mut stream = TcpStream::connect(endpoint.trim_start_matches("http://")).await.unwrap();
    let Wrong { line, headers, body, .. } = call;
    let length = body.len();
    let head = format!(
        "{line} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n"
    );
    stream.write_all(&[head.as_bytes(), body].concat()).await.unwrap();
    let mut said = Vec::new();
    stream.read_to_end(&mut said).await.unwrap();
    let said = String::from_utf8(said).unwrap();
    let (head, body) = said.split_once("\r\n\r\n").unwrap_or((&said, ""));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let json = body.find('{').zip(body.rfind('}')).map_or("", |(start, end)| &body[start..=end]);
    (status, serde_json::from_str(json).unwrap_or(Value::String(said)))
}

const PAGES: [&str; 12] =
    ["-1", "101", "x", "", "1.0", "%00", "1e1", "%EF%BC%91", "99999999999999999999", "+1", "%2B1", "0x1"];

const FILTERS: [&str; 23] = [
    "",
    "(",
    "eq",
    "eq(",
    "eq(status",
    "eq(status,",
    "eq(status,done)",
    "eq(status,pending)x",
    "eq(status,pending):",
    "eq(colour,red)",
    "gt(created_at,yesterday)",
    "in(status)",
    "eq(external_ref,\"a)",
    "eq(external_ref,\"\\a\")",
    "eq(external_ref,\"a\"",
    "<script>",
    "\"",
    "`",
    "^",
    "{}",
    "%00",
    "eq(status,pending)%0A",
    "like(external_ref,*)",
];

const IDS: [&str; 14] = [
    "x",
    "5f0c9a3e",
    "5f0c9a3e-7a52-4b6e-9f0e-1d2c3b4a5e6f",
    "%00",
    "%2e%2e",
    "%252e",
    "*",
    "'",
    "\"",
    "<",
    "5f0c9a3e-7a52-4b6e-9f0e-1d2c3b4a5e6f%0d%0a",
    "%F0%9F%8C%99",
    "null",
    "ffffffff-ffff-ffff-ffff-fffffffffffff",
];

const DOCUMENTS: [(&str, &str); 14] = [
    ("", "body: must be a JSON document"),
    ("{", "body: must be JSON"),
    ("[]", "body: must be a JSON object"),
    ("{}", "data: \"data\" is required"),
    ("{\"data\":7}", "data: \"data\" must be an object"),
    ("{\"data\":{}}", "data.type: \"type\" is required"),
    ("{\"data\":{\"type\":\"x\"}}", "data.type: \"type\" must be"),
    ("\u{feff}{}", "body: must be JSON"),
    ("{\"data\":{\"type\":\"subscription_import_upload\",\"attributes\":[]}}", "data.attributes: "),
    (
        "{\"data\":{\"type\":\"subscription_import_upload\",\"attributes\":{\"dry_run\":1}}}",
        "data.attributes.dry_run: ",
    ),
    (
        "{\"data\":{\"type\":\"subscription_import_upload\",\"attributes\":{\"on_conflict\":\"\"}}}",
        "data.attributes.on_conflict: ",
    ),
    (
        "{\"data\":{\"type\":\"subscription_import_upload\",\"attributes\":{\"external_ref\":{}}}}",
        "data.attributes.external_ref: ",
    ),
    ("NaN", "body: must be JSON"),
    ("[[[[[[[[[[", "body: must be JSON"),
];

/// All wrong calls; `ended` is a job that has ended.
fn calls(ended: &str) -> Vec<Wrong> {
    let mut calls = look_ups(ended);
    calls.extend(headers());
    calls.extend(bodies());
    calls.push(wrong(format!("POST {IMPORTS}/{ended}/cancel?dry_run=true"), 400, "dry_run: "));
    calls.push(wrong(format!("POST {IMPORTS}/{ended}/cancel"), 409, "The import has ended already"));
    calls
}

fn look_ups(ended: &str) -> Vec<Wrong> {
    let mut calls = Vec::new();
    let routes = openapi::routes();
    for value in PAGES {
        for path in routes.iter().filter(|route| route.is_paged).map(|route| route.path.replace("{id}", ended)) {
            for (name, named) in [("page[limit]", "page[limit]: "), ("page%5Boffset%5D", "page[offset]: ")] {
                // 101 is an offset like any other.
                let value = if value == "101" { "10001" } else { value };
                calls.push(wrong(format!("GET {path}?{name}={value}"), 400, named));
            }
        }
    }
    for id in IDS {
        for route in routes.iter().filter(|route| route.path.contains("{id}")) {
            let call = format!("{} {}", route.method, route.path.replace("{id}", id));
            calls.push(wrong(call, 404, "There is no import with this id."));
        }
    }
    for filter in FILTERS {
        calls.push(wrong(format!("GET {IMPORTS}?filter={filter}"), 400, "Could not parse the supplied filter"));
    }
    calls.push(wrong(format!("GET {IMPORTS}?filter=%FF%FE"), 400, "filter: \"filter\" must be UTF-8 text"));
    for spelling in [ended.replace('-', ""), format!("%7B{ended}%7D"), format!("urn:uuid:{ended}")] {
        calls.push(wrong(format!("GET {IMPORTS}/{spelling}"), 404, "There is no import with this id."));
    }
    for (method, path, status) in [
        ("GET", "/", 404),
        ("POST", "/", 404),
        ("GET", "/x/error", 404),
        ("GET", "/x/y/z", 404),
        ("DELETE", "", 405),
        ("PATCH", "/x", 405),
    ] {
        calls.push(wrong(format!("{method} {IMPORTS}{path}"), status, "There is no such call: "));
    }
    for (path, named) in [
        ("?filer=eq(status,failed)", "filer: "),
        ("?status=failed", "status: "),
        ("?page[limt]=2", "page[limt]: "),
        ("/x/errors?limit=2", "limit: "),
        ("/x/results?onyl=failed", "onyl: "),
        ("/x/failed-lines?only=failed", "only: "),
        ("/x/failed-lines?redirect=0", "redirect: "),
        ("/ID?wait=60", "wait: "),
        ("/ID?timeout=5", "timeout: "),
    ] {
        calls.push(wrong(format!("GET {IMPORTS}{path}").replace("/x/", "/ID/").replace("ID", ended), 400, named));
    }
    calls
}

fn headers() -> Vec<Wrong> {
    let mut calls = Vec::new();
    for header in [
        "dry-run: true",
        "X-Dry-Run: 1",
        "on-conflict: skip",
        "Idempotence-Key: k",
        "X-Idempotency-Key: k",
        "IdempotencyKey: k",
    ] {
        for (path, kind, body) in [("", "application/jsonl", "{}"), ("/uploads", "application/json", "{}")] {
            let call = posting(path, kind, body.as_bytes(), 400, "header.");
            calls.push(Wrong { headers: format!("{}{header}\r\n", call.headers), ..call });
        }
    }
    for key in [String::new(), "k".repeat(256)] {
        let call = posting("", "application/x-ndjson", b"{}", 400, "header.idempotency-key: ");
        calls.push(Wrong { headers: format!("{}Idempotency-Key: {key}\r\n", call.headers), ..call });
    }
    calls
}

fn bodies() -> Vec<Wrong> {
    let mut calls = Vec::new();
    for (document, named) in DOCUMENTS {
        calls.push(posting("/uploads", "application/json", document.as_bytes(), 400, named));
    }
    let part = |name: &str, content: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{content}\r\n")
    };
    let file = part("import_file", "{}");
    let form = "multipart/form-data; boundary=b";
    for (body, named) in [
        (String::new(), "body: the multipart body can't be read"),
        ("--b".to_owned(), "body: the multipart body can't be read"),
        (file.clone(), "body: the multipart body can't be read"),
        (file[..30].to_owned(), "body: the multipart body can't be read"),
        ("--b--\r\n".to_owned(), "import_file: "),
        (format!("{file}{file}--b--\r\n"), "import_file: \"import_file\" must be given once"),
        (format!("{file}{}--b--\r\n", part("dry_run", "perhaps")), "dry_run: "),
        (format!("{file}{}--b--\r\n", part("on_conflict", "")), "on_conflict: "),
        (format!("{file}{}--b--\r\n", part("external_ref", &"x".repeat(2_049))), "external_ref: "),
    ] {
        calls.push(posting("", form, body.as_bytes(), 400, named));
        calls.push(posting("?dry_run=no", form, body.as_bytes(), 400, "dry_run: "));
    }
    for content_type in ["text/plain", "application/json", "multipart/form-data", "multipart/form-data; boundary=", "x"]
    {
        calls.push(posting("", content_type, file.as_bytes(), 400, "header.content-type: "));
    }
    for query in ["dry_run=1", "on_conflict=replace", "dry_run=true&dry_run=false", "external_ref=a&external_ref=b"] {
        let named = query.split('=').next().unwrap_or_default();
        calls.push(posting(&format!("?{query}"), "application/x-ndjson", b"{}", 400, named));
    }
    calls
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_call_is_refused_in_words_by_the_deployed_api() {
    let world = World::shared().await.neighbour();
    let job = world.run("{\"type\":\"subscription_product\",\"name\":\"Tea\"}").await;
    let token = world.stack.token(&world.store, 3600).unwrap();
    let calls = calls(job["id"].as_str().unwrap());
    let answers = stream::iter(&calls).map(|call| answer(&world, &token, call)).buffered(8);
    let answers: Vec<_> = answers.collect().await;
    let mut wrong = Vec::new();
    for (call, (status, body)) in calls.iter().zip(&answers) {
        let detail = body["errors"][0]["detail"].as_str().unwrap_or_default();
        if *status != call.status || !detail.starts_with(call.named) {
            wrong.push(format!("{}: {status} {body}, not {} {:?}", call.line, call.status, call.named));
        }
    }
    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), calls.len());
    assert_eq!(world.all(IMPORTS, 100).await.len(), 1, "no job was made");
    println!("{} wrong calls refused by the deployed API", calls.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_asked_with_another_method_says_which_it_takes() {
    let world = World::shared().await.neighbour();
    let id = world.submit("{}\n").await;
    for (method, path, allow) in [(Method::HEAD, format!("/{id}"), "GET"), (Method::PUT, String::new(), "POST, GET")] {
        let answer = send(world.request(method, &format!("{IMPORTS}{path}"))).await;
        assert_eq!((answer.status, &answer.headers["allow"]), (405, &allow.parse().unwrap()), "{answer:?}");
    }
}

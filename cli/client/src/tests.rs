//! The client and servers that are busy, broken or old.

mod server;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{Auth, Client, Error, Key, Observer, Options, Status, pack};
use server::{Seen, Server, answer};

const ID: &str = "0f4c6c0e-6a4f-4a0e-9a3f-5b2d1c9e7a10";

/// A job in a state.
fn job(status: &str) -> Value {
    let meta =
        json!({"timestamps": {"created_at": "2026-01-10T11:41:19Z"}, "records": {"uploaded": {}, "imported": {}}});
    json!({"data": {"id": ID, "attributes": {"status": status}, "meta": meta}})
}

fn client(server: &Server) -> Client {
    Client::new(&server.url, Auth::token("T0KEN")).unwrap()
}

/// Counts what a client says meanwhile.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Observer for Heard {
    fn waits(&self, why: &Error, _: Duration) {
        self.0.lock().unwrap().push(why.to_string());
    }
}

#[tokio::test]
async fn a_busy_service_is_asked_again_when_it_says_so_with_the_same_key() {
    let server = Server::start(|seen, count| match count {
        0 => answer(429).header("retry-after", "1").json(&json!({"message": "Too Many Requests"})),
        1 => answer(503).header("retry-after", "1").json(&json!({"errors": [{"detail": "in a moment"}]})),
        _ => answer(201).json(&job(if seen.body == b"{}" { "pending" } else { "failed" })),
    })
    .await;
    let (heard, began) = (Arc::new(Heard::default()), Instant::now());
    let client = client(&server).observed_by(Arc::<Heard>::clone(&heard));
    let made = client.send("{}".into(), &Options::default(), &Key::random()).await.unwrap();
    assert_eq!((made.id.as_str(), made.status), (ID, Status::Pending));
    assert!(began.elapsed() >= Duration::from_secs(2), "it waits as long as it is asked to");
    let keys: Vec<_> = server.seen().iter().map(|seen| seen.header("idempotency-key")).collect();
    assert!(keys.len() == 3 && keys.iter().all(|key| *key == keys[0] && key.len() > 30), "{keys:?}");
    assert_eq!(heard.0.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn what_will_not_pass_is_not_asked_again_nor_is_a_service_that_asks_for_too_long() {
    for (status, pause) in [(400, None), (403, None), (404, None), (409, None), (503, Some("3600"))] {
        let server = Server::start(move |_, _| {
            let refused =
                answer(status).json(&json!({"errors": [{"detail": "no, since", "meta": {"request_id": "r-1"}}]}));
            pause.iter().fold(refused, |refused, pause| refused.header("retry-after", pause))
        })
        .await;
        let error = client(&server).show(ID).await.unwrap_err();
        assert_eq!((error.status(), server.seen().len()), (Some(status), 1));
        assert!(error.to_string().contains("no, since") && error.to_string().contains("r-1"), "{error}");
    }
}

#[tokio::test]
async fn a_token_that_runs_out_midway_is_fetched_anew() {
    let server = Server::start(|seen, count| match (count, seen.header("authorization").as_str()) {
        (0, "Bearer first") | (_, "Bearer second") => answer(200).json(&job("started")),
        _ => answer(401).json(&json!({"message": "Unauthorized"})),
    })
    .await;
    let folder = std::env::temp_dir().join(format!("client-token-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("token");
    std::fs::write(&path, "first\n").unwrap();
    let command = format!("cat {0}; echo second > {0}", path.display());
    let client = Client::new(&server.url, Auth::token_command(command)).unwrap();
    for _ in 0..3 {
        client.show(ID).await.unwrap();
    }
    assert_eq!(server.seen().len(), 4, "only the refused call is made again");
    let fixed = Client::new(&server.url, Auth::token("first")).unwrap();
    assert_eq!(fixed.show(ID).await.unwrap_err().status(), Some(401));
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn an_issuer_is_asked_for_a_token_once_and_again_before_it_runs_out() {
    let server = Server::start(|seen, count| match seen.path.as_str() {
        "/token" => {
            assert_eq!(seen.header("authorization"), "Basic aWQ6czNjcmV0");
            assert_eq!(seen.body, b"grant_type=client_credentials&scope=imports%3Aread");
            answer(200).json(&json!({"access_token": format!("token-{count}"), "expires_in": 1}))
        }
        _ => answer(200).json(&job("started")),
    })
    .await;
    let secret = std::env::temp_dir().join(format!("client-secret-{}", std::process::id()));
    std::fs::write(&secret, "s3cret\n").unwrap();
    let client = Client::new(
        &server.url,
        Auth::client_credentials(crate::ClientCredentials {
            token_url: format!("{}/token", server.url),
            client_id: "id".to_owned(),
            client_secret_file: secret.clone(),
            scope: Some("imports:read".to_owned()),
            audience: None,
        }),
    )
    .unwrap();
    client.show(ID).await.unwrap();
    client.show(ID).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    client.show(ID).await.unwrap();
    let tokens: Vec<_> = server.seen().iter().map(|seen| seen.header("authorization")).collect();
    assert_eq!(tokens[1..], ["Bearer token-0", "Bearer token-0", "Basic aWQ6czNjcmV0", "Bearer token-3"]);
    std::fs::remove_file(secret).unwrap();
}

#[tokio::test]
async fn a_large_file_is_uploaded_and_a_connection_that_is_cut_midway_does_it_no_harm() {
    let file: Vec<u8> = (0..crate::MAX_BODY + 7).map(|place| u8::try_from(place * place % 251).unwrap()).collect();
    let sent = file.len();
    let server = Server::cutting(&[("/form", 300_000)], move |seen, _| match seen.path.as_str() {
        "/v2/subscriptions/imports/uploads" => {
            let form = json!({"url": format!("http://{}/form", seen.header("host")), "fields": {"key": "k"}});
            let meta = json!({"upload": form, "max_bytes": 100_000_000});
            answer(201).json(&json!({"data": {"id": ID, "meta": meta}}))
        }
        "/form" => {
            assert_eq!(seen.header("authorization"), "", "the token stays with the API");
            let length: usize = seen.header("content-length").parse().unwrap();
            assert!(length == seen.body.len() && length > sent);
            assert!(seen.body.windows(64).any(|window| window == &seen.body[length / 2..length / 2 + 64]));
            answer(201)
        }
        _ => answer(200).json(&job("pending")),
    })
    .await;
    let heard = Arc::new(Heard::default());
    let client = client(&server).observed_by(Arc::<Heard>::clone(&heard));
    let made = client.send(file.into(), &Options::default(), &Key::random()).await.unwrap();
    assert_eq!(made.id, ID);
    let paths: Vec<_> = server.seen().iter().map(|seen| seen.path.rsplit('/').next().unwrap().to_owned()).collect();
    assert_eq!(paths, ["uploads", "uploads", "form", ID], "the form that was cut off never came through");
    assert_eq!(heard.0.lock().unwrap().len(), 1, "{:?}", heard.0.lock());
}

#[tokio::test]
async fn a_job_is_followed_by_waiting_where_the_service_waits_and_by_asking_where_it_does_not() {
    for waits in [true, false] {
        let server = Server::start(move |seen, count| {
            let state = job(["pending", "started", "started", "success"][count.min(3)]);
            if !waits {
                return answer(if seen.query.contains("wait") && count == 1 { 400 } else { 200 }).json(&state);
            }
            let tag = format!("\"{}\"", count.min(3));
            if count == 2 {
                assert_eq!(seen.header("if-none-match"), "\"1\"");
                return answer(304);
            }
            // It could not wait, as too many others did.
            let state = answer(200).header("etag", &tag).json(&state);
            if count == 1 { state.header("retry-after", "1") } else { state }
        })
        .await;
        let (mut seen, began) = (Vec::new(), Instant::now());
        let ended = client(&server).follow(ID, None, |job| seen.push(job.status)).await.unwrap();
        assert_eq!((ended.status, seen.last()), (Status::Success, Some(&Status::Success)));
        assert_eq!(server.seen()[1].query, "wait=20");
        assert!(!waits || began.elapsed() > Duration::from_secs(1), "not before it is asked to");
    }
}

#[tokio::test]
async fn the_wait_may_run_out() {
    let server = Server::start(|_, _| answer(200).json(&job("started"))).await;
    let until = Instant::now() + Duration::from_millis(700);
    let job = client(&server).follow(ID, Some(until), |_| ()).await.unwrap();
    assert!(!job.ended() && Instant::now() >= until);
}

#[tokio::test]
async fn a_download_goes_on_where_it_broke_off_and_no_token_goes_along() {
    let lines: Vec<_> = (0..20_000).map(|line| format!("{{\"line\":{line}}}\n")).collect();
    let lines = lines.concat();
    let whole = lines.clone();
    let server = Server::cutting(&[("!/signed", 100_000)], move |seen, _| {
        if seen.path != "/signed" {
            let link = format!("http://{}/signed?X-Amz-Signature=s1gned", seen.header("host"));
            return answer(307).header("location", &link).json(&json!({"links": {"download": link}}));
        }
        assert_eq!(seen.header("authorization"), "");
        let range = seen.header("range");
        let from = range.strip_prefix("bytes=").map_or(0, |range| range.trim_end_matches('-').parse().unwrap());
        answer(if from == 0 { 200 } else { 206 }).bytes(&lines.as_bytes()[from..])
    })
    .await;
    let mut fetched = Vec::new();
    client(&server).failed_lines(ID, &mut fetched).await.unwrap();
    assert_eq!(String::from_utf8(fetched).unwrap(), whole);
    assert!(server.seen().iter().any(|seen| seen.header("range").starts_with("bytes=")));
}

#[tokio::test]
async fn a_download_that_brings_no_more_is_given_up() {
    // Two of ten bytes at first, then none.
    let storage = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let link = format!("http://{}/signed", storage.local_addr().unwrap());
    tokio::spawn(async move {
        let mut answers = std::iter::once("200 OK\r\ncontent-length: 10\r\n\r\nab")
            .chain(std::iter::repeat("206 Partial Content\r\ncontent-length: 8\r\n\r\n"));
        while let Ok((mut caller, _)) = storage.accept().await {
            let _ = caller.read(&mut [0; 16_384]).await.unwrap();
            caller.write_all(format!("HTTP/1.1 {}", answers.next().unwrap()).as_bytes()).await.unwrap();
        }
    });
    let server = Server::start(move |_, _| answer(307).json(&json!({"links": {"download": link}}))).await;
    let mut fetched = Vec::new();
    let error = client(&server).failed_lines(ID, &mut fetched).await.unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
    assert_eq!(fetched, b"ab");
}

#[tokio::test]
async fn a_host_that_never_answered_is_given_up_soon_and_one_that_did_is_waited_for() {
    // Nobody listens there any more.
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let lost = Client::new(&format!("http://{closed}"), Auth::token("T0KEN")).unwrap();
    let known = lost.clone();
    let began = Instant::now();
    let error = lost.show(ID).await.unwrap_err();
    assert!(error.found_nobody() && error.to_string().contains("; tried "), "{error}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    known.has_answered.store(true, std::sync::atomic::Ordering::Relaxed);
    let waited = tokio::time::timeout(Duration::from_secs(6), known.show(ID)).await;
    assert!(waited.is_err(), "it may come back: {waited:?}");
}

#[tokio::test]
async fn pages_are_read_until_there_are_enough() {
    let server = Server::start(|seen, _| {
        let number = |name: &str| -> u64 {
            let value = seen.query.split(name).nth(1).unwrap().trim_start_matches("%5D=");
            value.split('&').next().unwrap().parse().unwrap()
        };
        let (from, limit) = (number("offset"), number("limit"));
        let rows =
            (from..(from + limit.min(60)).min(250)).map(|line| json!({"meta": {"line_number": line, "error": "e"}}));
        answer(200).json(&json!({"data": rows.collect::<Vec<_>>(), "meta": {"results": {"total": 250}}}))
    })
    .await;
    for (limit, rows) in [(0, 0), (7, 7), (130, 130), (1_000, 250)] {
        let errors = client(&server).errors(ID, limit).await.unwrap();
        assert_eq!((errors.rows.len(), errors.total), (rows, 250));
        assert!(errors.rows.iter().map(|row| row.line_number).eq(0..u64::try_from(rows).unwrap()));
    }
}

#[tokio::test]
async fn a_token_shows_nowhere() {
    let server = Server::start(|_, _| answer(401).json(&json!({"message": "Unauthorized"}))).await;
    let client = client(&server);
    let error = client.show(ID).await.unwrap_err();
    let gone = Client::new("http://127.0.0.1:9", Auth::token("T0KEN")).unwrap();
    let told = tokio::time::timeout(Duration::from_millis(50), gone.show(ID)).await;
    let shown = format!("{client:?} {error} {error:?} {told:?} {:?}", Auth::token("T0KEN"));
    assert!(!shown.contains("T0KEN"), "{shown}");
    let bad = Client::new(&server.url, Auth::token("T0KEN T0KEN")).unwrap().show(ID).await.unwrap_err();
    assert!(matches!(bad, Error::NoToken(_)) && !bad.to_string().contains("T0KEN"), "{bad}");
}

#[test]
fn a_token_goes_over_plain_http_to_this_machine_alone() {
    for (api, taken) in [
        ("https://api.example.com", true),
        ("http://localhost:8080", true),
        ("http://abc.execute-api.localhost:4566", true),
        ("http://127.0.0.1", true),
        ("http://api.example.com", false),
        ("http://127.example.com", false),
        ("api.example.com", false),
        ("ftp://localhost", false),
    ] {
        assert_eq!(Client::new(api, Auth::token("t")).is_ok(), taken, "{api}");
    }
}

#[test]
fn what_is_large_and_not_compressed_is_compressed() {
    let large = bytes::Bytes::from(vec![b'a'; 100_000]);
    let packed = pack(large);
    assert!(packed.len() < 1_000 && packed.starts_with(&[0x1f, 0x8b]));
    assert_eq!(pack(packed.clone()), packed);
    assert_eq!(pack("{}".into()), "{}");
}

#[test]
fn refusals_are_read_whoever_wrote_them() {
    let read = |status, body: &str| crate::Refusal::read(status, None, body.as_bytes()).to_string();
    let storage = "<Error><Code>EntityTooLarge</Code><Message>Your upload exceeds</Message></Error>";
    let storage = crate::Refusal::read(403, None, storage.as_bytes());
    insta::assert_snapshot!([
        read(400, r#"{"errors":[{"detail":"a"},{"detail":"b","meta":{"reason":"c"}}]}"#),
        read(403, r#"{"message":"Forbidden"}"#),
        Error::AtStorage(storage).to_string(),
        read(500, r#"{"errors":[{"detail":"An internal error has occurred.","meta":{"request_id":"8f0e"}}]}"#),
        read(502, "<html>"),
    ].join("\n"), @"
    the service refuses this (400: a; b: c)
    the token may not do this, or the call is not signed by one who may (403: Forbidden)
    the place where files lie answers 403: Your upload exceeds
    the service has trouble (500: An internal error has occurred.); its log has why under the request id 8f0e
    the service has trouble (502)
    ");
}

#[tokio::test]
async fn options_go_in_the_query_of_a_call() {
    let server = Server::start(|_, _| answer(201).json(&job("pending"))).await;
    let options = Options {
        external_ref: Some("a&b".to_owned()),
        dry_run: true,
        on_conflict: Some("skip".to_owned()),
        unknown: None,
    };
    client(&server).post("{}".into(), &options, &Key::random()).await.unwrap();
    let Seen { method, path, query, .. } = server.seen().remove(0);
    assert_eq!(method, "POST");
    assert_eq!(
        (path.as_str(), query.as_str()),
        ("/v2/subscriptions/imports", "external_ref=a%26b&dry_run=true&on_conflict=skip")
    );
}

//! What goes with a file that is posted: options, and a key that makes posting again harmless.

use futures_util::future::join_all;
use reqwest::{Method, header::HeaderValue};
use serde_json::{Value, json};

use crate::world::{Answer, IMPORTS, World, send};

const FILE: &str = "{\"type\":\"subscription_product\",\"name\":\"Tea\"}";

/// Compares what a job tells of its options: its name, `dry_run` and `on_conflict`.
fn check_options(import: &Value, expected: &[Value; 3]) {
    let (attributes, meta) = (&import["attributes"], &import["meta"]);
    assert_eq!([&attributes["external_ref"], &meta["dry_run"], &meta["on_conflict"]], expected.each_ref());
}

/// Compares a refusal with a status and a detail.
fn check_refused(answer: Answer, status: u16, title: &str, detail: &str) {
    let body = answer.expect(status);
    assert_eq!(body, json!({"errors": [{"status": status.to_string(), "title": title, "detail": detail}]}));
}

fn check_invalid(answer: Answer, detail: &str) {
    check_refused(answer, 400, "Validation Error", detail);
}

/// Posts a file as the body itself.
async fn post_raw(world: &World, query: &str) -> Answer {
    let call = world.request(Method::POST, &format!("{IMPORTS}{query}"));
    send(call.header("content-type", "application/jsonl").body(FILE)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn options_go_with_the_file_as_parts_or_in_the_query() {
    let world = World::shared().await;
    let job = async |answer: Answer| {
        let id = answer.expect(201)["data"]["id"].as_str().unwrap().to_owned();
        world.import(&id).await
    };
    check_options(&job(world.post(FILE, &[]).await).await, &[Value::Null, Value::Null, Value::Null]);
    check_options(&job(post_raw(&world, "").await).await, &[Value::Null, Value::Null, Value::Null]);
    let parts = [("external_ref", "nightly"), ("dry_run", "true"), ("on_conflict", "skip")];
    check_options(&job(world.post(FILE, &parts).await).await, &[json!("nightly"), json!(true), json!("skip")]);
    let query = "?external_ref=n%C3%A4chtlich+1&dry_run=true&on_conflict=update";
    check_options(&job(post_raw(&world, query).await).await, &[json!("nächtlich 1"), json!(true), json!("update")]);
    let defaults = [("dry_run", "false"), ("on_conflict", "fail")];
    check_options(&job(world.post(FILE, &defaults).await).await, &[Value::Null, Value::Null, Value::Null]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_option_that_cannot_be_read_is_named_and_makes_no_job() {
    let world = World::shared().await;
    let flag = "dry_run: \"dry_run\" must be true or false";
    let policy = "on_conflict: \"on_conflict\" must be fail, skip or update";
    for text in ["maybe", "perhaps", "17"] {
        check_invalid(world.post(FILE, &[("dry_run", text)]).await, flag);
        check_invalid(post_raw(&world, &format!("?dry_run={text}")).await, flag);
        check_invalid(world.post(FILE, &[("on_conflict", text)]).await, policy);
        check_invalid(post_raw(&world, &format!("?on_conflict={text}")).await, policy);
    }
    for name in ["dry_run", "on_conflict", "external_ref"] {
        let [text, other] = if name == "dry_run" { ["true", "false"] } else { ["skip", "update"] };
        let twice = format!("{name}: \"{name}\" must be given once, not as \"{text}\" and as \"{other}\"");
        check_invalid(world.post(FILE, &[(name, text), (name, other)]).await, &twice);
        check_invalid(post_raw(&world, &format!("?{name}={text}&{name}={other}")).await, &twice);
    }
    assert_eq!(world.all(IMPORTS, 100).await, Vec::<Value>::new());
}

/// Posts a file under a key.
async fn post_under(world: &World, key: &str, file: &str, texts: &[(&'static str, &str)]) -> Answer {
    let key = HeaderValue::from_bytes(key.as_bytes()).unwrap();
    send(world.posting(file, texts).header("idempotency-key", key)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_repeated_under_its_key_is_answered_with_the_job_as_it_stands() {
    let world = World::shared().await;
    let first = post_under(&world, "order 7", FILE, &[("dry_run", "false")]).await;
    assert!(first.headers.contains_key("location"));
    let id = first.expect(201)["data"]["id"].as_str().unwrap().to_owned();
    let ended = world.ended(&id).await;
    let again = post_under(&world, "order 7", FILE, &[("on_conflict", "fail")]).await.expect(200);
    assert_eq!(again["data"], ended);
    // The key is the store's own, and another key another call.
    post_under(&world.neighbour(), "order 7", FILE, &[]).await.expect(201);
    post_under(&world, "order 8", FILE, &[]).await.expect(201);
    assert_eq!(world.all(IMPORTS, 100).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_file_or_other_options_under_a_key_are_a_conflict() {
    let world = World::shared().await;
    let made = post_under(&world, "k", FILE, &[("external_ref", "a")]).await.expect(201);
    let holder = made["data"]["id"].as_str().unwrap();
    let detail = format!(
        "header.idempotency-key: \"Idempotency-Key\" was used for another file or other options, by the import {holder}; a \
         key is remembered for 24 hours, a new import needs a new one"
    );
    let other_file = FILE.replace("Tea", "Cup");
    let others: [(&str, &[_]); 4] = [
        (&other_file, &[("external_ref", "a")]),
        (FILE, &[]),
        (FILE, &[("external_ref", "a"), ("dry_run", "true")]),
        (FILE, &[("external_ref", "a"), ("on_conflict", "update")]),
    ];
    for (file, texts) in others {
        check_refused(post_under(&world, "k", file, texts).await, 409, "Write Conflict", &detail);
    }
    assert_eq!(world.all(IMPORTS, 100).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_has_1_to_255_characters_of_any_kind() {
    let world = World::shared().await;
    let detail = "header.idempotency-key: \"Idempotency-Key\" must be 1 to 255 characters long";
    check_invalid(post_under(&world, "", FILE, &[]).await, detail);
    check_invalid(post_under(&world, &"k".repeat(256), FILE, &[]).await, detail);
    for key in ["k".repeat(255), "🌙".repeat(255), "clé".to_owned(), "clè".to_owned()] {
        let first = post_under(&world, &key, FILE, &[]).await.expect(201);
        let again = post_under(&world, &key, FILE, &[]).await.expect(200);
        assert_eq!(again["data"]["id"], first["data"]["id"]);
    }
    assert_eq!(world.all(IMPORTS, 100).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_calls_at_one_moment_under_one_key_one_makes_the_job_and_all_are_answered() {
    let world = World::shared().await;
    let answers = join_all((0..4).map(|_| post_under(&world, "k", FILE, &[]))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 200, 201], "{answers:#?}");
    let jobs = world.all(IMPORTS, 100).await;
    assert_eq!(jobs.len(), 1);
    assert!(answers.iter().all(|answer| answer.body["data"]["id"] == jobs[0]["id"]));
}

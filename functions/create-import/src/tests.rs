use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use imports::{
    options::{ImportOptions, OnConflict},
    ports::PortError,
};
use insta::assert_snapshot;
use twins::{
    Call as Port, Fault,
    fixture::{self, World, id, options, query, store},
};

use super::*;
use crate::upload::{MAX_BODY, Upload};

mod unheard;

const FILE: &[u8] = b"{\"type\":\"subscription_product\",\"name\":\"Tea\"}\n";

/// A time that is stored without its last three digits.
fn now() -> DateTime<Utc> {
    fixture::noon() + TimeDelta::nanoseconds(123_456_789)
}

/// A part of a form: the rest of its disposition, other headers, what it holds.
fn part(disposition: &str, headers: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("--edge\r\nContent-Disposition: form-data; {disposition}\r\n{headers}\r\n");
    [head.as_bytes(), content, b"\r\n"].concat()
}

fn file_part() -> Vec<u8> {
    part("name=\"import_file\"; filename=\"a.jsonl\"", "Content-Type: application/jsonl\r\n", FILE)
}

fn text_part(name: &str, text: impl AsRef<[u8]>) -> Vec<u8> {
    part(&format!("name=\"{name}\""), "", text.as_ref())
}

fn ref_part(external_ref: impl AsRef<[u8]>) -> Vec<u8> {
    text_part("external_ref", external_ref)
}

fn body(parts: &[Vec<u8>]) -> Vec<u8> {
    [parts.concat(), b"--edge--\r\n".to_vec()].concat()
}

fn call(content_type: &str, body: impl Into<Bytes>) -> Call {
    Call { content_type: Some(content_type.to_owned()), body: body.into(), ..fixture::call() }
}

const FORM: &str = "multipart/form-data; boundary=edge";

async fn read(body: Vec<u8>) -> Result<Upload, ApiError> {
    Upload::read(call(FORM, body)).await
}

/// Reads a form, whose file must come out as it went in, and compares the `external_ref`.
async fn check(parts: &[Vec<u8>], external_ref: Option<&str>) {
    let upload = read(body(parts)).await.unwrap();
    assert_eq!((upload.file.as_ref(), upload.options.external_ref.as_deref()), (FILE, external_ref));
}

fn refusal(upload: Result<Upload, ApiError>) -> String {
    match upload {
        Err(ApiError::Validation(detail)) => detail,
        other => panic!("not refused: {other:?}"),
    }
}

async fn check_refused(parts: &[Vec<u8>]) -> String {
    refusal(read(body(parts)).await)
}

#[tokio::test]
async fn an_option_in_the_query_counts_beside_a_form_too_but_not_twice() {
    let with = |name: &str, parts: &[Vec<u8>]| {
        Upload::read(Call { query: query(&[(name, "true")]), ..call(FORM, body(parts)) })
    };
    let options = with("dry_run", &[file_part(), ref_part("nightly")]).await.unwrap().options;
    assert_eq!((options.dry_run, options.external_ref.as_deref()), (true, Some("nightly")));
    let same = with("dry_run", &[file_part(), text_part("dry_run", "true")]).await.unwrap();
    assert!(same.options.dry_run);
    let twice = with("external_ref", &[file_part(), ref_part("nightly")]).await;
    assert_snapshot!(refusal(twice), @r#"external_ref: "external_ref" must be given once, not as "true" and as "nightly""#);
}

#[tokio::test]
async fn a_raw_body_is_the_file_and_its_options_stand_in_the_query() {
    let with = |content_type: &str, parameters: &[(&str, &str)]| {
        Upload::read(Call { query: query(parameters), ..call(content_type, FILE) })
    };
    for content_type in ["application/jsonl", "application/X-NDJSON; charset=utf-8", "application/x-jsonlines"] {
        let upload = with(content_type, &[("external_ref", "nightly"), ("colour", "red")]).await.unwrap();
        assert_eq!((upload.file.as_ref(), upload.options.external_ref.as_deref()), (FILE, Some("nightly")));
        assert_eq!(upload.ignored, ["colour"]);
    }
    assert_eq!(with("application/jsonl", &[]).await.unwrap().options, ImportOptions::default());
    let options = with("application/jsonl", &[("on_conflict", "skip"), ("dry_run", "true")]).await.unwrap().options;
    assert_eq!(options, ImportOptions { dry_run: true, on_conflict: OnConflict::Skip, ..ImportOptions::default() });
    let flag = with("application/jsonl", &[("dry_run", "yes")]).await;
    assert_snapshot!(refusal(flag), @r#"dry_run: "dry_run" must be true or false, not "yes": write true"#);
    let again = with("application/jsonl", &[("dry_run", "true"), ("dry_run", "true")]).await;
    assert!(again.unwrap().options.dry_run);
    let twice = with("application/jsonl", &[("external_ref", "a"), ("external_ref", "b")]).await;
    assert_snapshot!(refusal(twice), @r#"external_ref: "external_ref" must be given once, not as "a" and as "b""#);
    let long = with("application/jsonl", &[("external_ref", &"é".repeat(2049))]).await;
    assert_snapshot!(refusal(long), @r#"external_ref: "external_ref" must be at most 2048 characters long"#);
}

#[tokio::test]
async fn parts_come_in_any_order_and_unknown_ones_are_noted() {
    check(&[file_part()], None).await;
    check(&[file_part(), ref_part("nightly")], Some("nightly")).await;
    let unknown = || part("name=\"colour\"", "", b"red");
    let nameless = part("filename=\"b.jsonl\"", "", b"{}");
    let parts = [unknown(), ref_part("nightly"), nameless, file_part(), unknown()];
    check(&parts, Some("nightly")).await;
    assert_eq!(read(body(&parts)).await.unwrap().ignored, ["colour", "(a part without a name)"]);
}

#[tokio::test]
async fn a_part_may_be_of_any_content_type() {
    for kind in ["application/gzip", "text/plain; charset=latin1", "application/octet-stream", "nonsense"] {
        let headers = format!("Content-Type: {kind}\r\nX-More: 1\r\n");
        check(&[part("name=\"import_file\"", &headers, FILE), ref_part("a")], Some("a")).await;
    }
    check(&[part("name=import_file", "", FILE)], None).await;
}

#[tokio::test]
async fn an_external_ref_may_be_2048_characters_long() {
    for character in ["a", "é", "🌙"] {
        let longest = character.repeat(2048);
        check(&[file_part(), ref_part(&longest)], Some(&longest)).await;
        let over = check_refused(&[file_part(), ref_part(longest + character)]).await;
        insta::allow_duplicates! { assert_snapshot!(over, @r#"external_ref: "external_ref" must be at most 2048 characters long"#); }
    }
    check(&[file_part(), ref_part("")], None).await;
}

#[tokio::test]
async fn options_are_parts_of_their_own() {
    let parts = [
        text_part("dry_run", "true"),
        file_part(),
        text_part("on_conflict", "update"),
        ref_part("nightly"),
        text_part("unknown", "refuse"),
    ];
    assert_eq!(read(body(&parts)).await.unwrap().options, options("nightly"));
    let defaults = [file_part(), text_part("dry_run", "false"), text_part("on_conflict", "fail")];
    assert_eq!(read(body(&defaults)).await.unwrap().options, ImportOptions::default());
}

#[tokio::test]
async fn an_option_that_cannot_be_read_is_named_with_what_it_may_be() {
    let with = async |name, text: &[u8]| check_refused(&[file_part(), text_part(name, text)]).await;
    assert_snapshot!(with("dry_run", b"yes").await, @r#"dry_run: "dry_run" must be true or false, not "yes": write true"#);
    assert_snapshot!(with("dry_run", b"").await, @r#"dry_run: "dry_run" must be true or false, and is empty: write one of these, or leave it out"#);
    assert_snapshot!(with("dry_run", b"\xff").await, @r#"dry_run: "dry_run" must be UTF-8 text"#);
    assert_snapshot!(with("on_conflict", b"replace").await, @r#"on_conflict: "on_conflict" must be fail, skip or update, not "replace": write update"#);
    let long = with("on_conflict", &vec![b'x'; 100_000]).await;
    assert_snapshot!(long, @r#"on_conflict: "on_conflict" must be fail, skip or update"#);
}

#[tokio::test]
async fn an_external_ref_is_text() {
    assert_snapshot!(check_refused(&[file_part(), ref_part(b"\xff")]).await, @r#"external_ref: "external_ref" must be UTF-8 text"#);
}

#[tokio::test]
async fn the_file_is_required() {
    assert_snapshot!(check_refused(&[ref_part("a")]).await, @r#"import_file: "import_file" is required: the part with the JSONL file"#);
    assert_snapshot!(check_refused(&[]).await, @r#"import_file: "import_file" is required: the part with the JSONL file"#);
}

#[tokio::test]
async fn a_part_is_given_once() {
    assert_snapshot!(check_refused(&[file_part(), file_part()]).await, @r#"import_file: "import_file" must be given once"#);
    let flags = [text_part("dry_run", "false"), file_part(), text_part("dry_run", "true")];
    assert_snapshot!(check_refused(&flags).await, @r#"dry_run: "dry_run" must be given once, not as "false" and as "true""#);
}

#[tokio::test]
async fn a_body_that_ends_early_is_refused() {
    let whole = body(&[ref_part("a"), file_part()]);
    for end in 0..whole.len() - "--\r\n".len() {
        let refused = refusal(read(whole[..end].to_vec()).await);
        assert!(refused.starts_with("body: the multipart body can't be read"), "{end}: {refused}");
    }
    assert_snapshot!(refusal(read(whole[..100].to_vec()).await), @r#"body: the multipart body can't be read: it ends before its last line, "--edge--": it was cut off"#);
    assert_snapshot!(refusal(read(b"{}".to_vec()).await), @"body: the multipart body can't be read: the line that begins a part, -- and the boundary of Content-Type, is not in it");
}

#[tokio::test]
async fn another_content_type_is_refused() {
    let write =
        "leave the header out, and the program that makes the form writes it with the boundary, as curl -F does";
    for (content_type, instead) in [
        ("", "there is none; write Content-Type: application/jsonl"),
        ("application/json", "not application/json; write Content-Type: application/jsonl"),
        ("multipart/form-data", write),
        ("multipart/form-data; boundary=", write),
        ("multipart/mixed; boundary=edge", "not this one; write Content-Type: application/jsonl"),
        (
            "application/x-www-form-urlencoded",
            "this is what curl -d writes by itself; write -H \"Content-Type: application/jsonl\" --data-binary @FILE",
        ),
    ] {
        let refused = refusal(Upload::read(call(content_type, body(&[file_part()]))).await);
        let wanted = "header.content-type: must be multipart/form-data with a boundary, the file in the part \"import_file\"; \
                      or application/jsonl, application/x-ndjson or application/x-jsonlines, the body being the file: ";
        assert_eq!(refused, format!("{wanted}{instead}"));
    }
    let none = Call { content_type: None, ..call("", body(&[file_part()])) };
    assert!(refusal(Upload::read(none).await).starts_with("header.content-type: "));
}

#[tokio::test]
async fn a_body_over_the_limit_is_too_large() {
    let around = body(&[part("name=\"import_file\"", "", b"")]).len();
    let of_size = |size: usize| body(&[part("name=\"import_file\"", "", &vec![b'x'; size - around])]);
    assert_eq!(read(of_size(MAX_BODY)).await.unwrap().file.len(), MAX_BODY - around);
    let over = read(of_size(MAX_BODY + 1)).await.unwrap_err();
    assert_eq!(over.status(), 413);
    assert_snapshot!(over.reply("").body, @r#"{"errors":[{"status":"413","title":"Payload Too Large","detail":"body: a call carries at most 4718592 bytes, this one has 4718593; compress the file with gzip, or ask POST /v2/subscriptions/imports/uploads where to put a larger one"}]}"#);
}

async fn create(world: &World) -> Result<Reply, ApiError> {
    create_of(world, 7, call(FORM, body(&[file_part(), ref_part("nightly")]))).await
}

/// Posts a form under a key; a job made by it has this number.
async fn create_under(world: &World, key: &str, number: u128, parts: &[Vec<u8>]) -> Result<Reply, ApiError> {
    create_of(world, number, Call { idempotency_key: Some(key.to_owned()), ..call(FORM, body(parts)) }).await
}

async fn create_of(world: &World, number: u128, call: Call) -> Result<Reply, ApiError> {
    handle(&world.files, &world.imports, &world.queue, now, id(number), call).await
}

#[tokio::test]
async fn a_file_becomes_a_job_that_waits_and_a_message() {
    let world = World::new();
    let reply = create(&world).await.unwrap();
    assert_eq!(reply.status, 201);
    assert_snapshot!(reply.location.unwrap(), @"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007");
    assert_snapshot!(reply.body);
    let import = world.imports.get(&store(), id(7), now()).await.unwrap().unwrap();
    assert_eq!(import.options.external_ref.as_deref(), Some("nightly"));
    assert_eq!(world.files.content(&import.file.key).unwrap(), FILE);
    assert_eq!(world.files.keys(), ["imports/main/00000000-0000-0000-0000-000000000007.jsonl"]);
    assert_eq!(world.queue.ticks().iter().map(|tick| tick.import_id).collect::<Vec<_>>(), [id(7)]);
}

#[tokio::test]
async fn a_call_repeated_under_its_key_is_answered_with_the_same_job_and_stores_nothing() {
    let world = World::new();
    let first = create_under(&world, "k", 1, &[file_part(), ref_part("nightly")]).await.unwrap();
    assert_eq!(first.status, 201);
    // Otherwise written, but the same file and options.
    let parts = [text_part("on_conflict", "fail"), ref_part("nightly"), text_part("dry_run", "false"), file_part()];
    let again = create_under(&world, "k", 2, &parts).await.unwrap();
    assert_eq!((again.status, again.location, again.body), (200, None, first.body));
    assert_eq!(world.files.keys().len(), 1);
    assert_eq!(world.queue.ticks().len(), 1);
    assert_eq!(create_under(&world, "another key", 3, &parts).await.unwrap().status, 201);
}

#[tokio::test]
async fn another_call_under_a_key_is_a_conflict() {
    let world = World::new();
    create_under(&world, "k", 1, &[file_part(), ref_part("nightly")]).await.unwrap();
    let other_file = part("name=\"import_file\"", "", b"{}");
    let others = [
        vec![other_file, ref_part("nightly")],
        vec![file_part()],
        vec![file_part(), ref_part("nightl")],
        vec![file_part(), ref_part("nightly"), text_part("dry_run", "true")],
        vec![file_part(), ref_part("nightly"), text_part("on_conflict", "skip")],
        vec![file_part(), ref_part("nightly"), text_part("unknown", "refuse")],
    ];
    for parts in others {
        let refused = create_under(&world, "k", 2, &parts).await.unwrap_err();
        insta::allow_duplicates! {
            assert_snapshot!(refused.reply("").body, @r#"{"errors":[{"status":"409","title":"Write Conflict","detail":"header.idempotency-key: \"Idempotency-Key\" was used for another file or other options, by the import 00000000-0000-0000-0000-000000000001; a key is remembered for 24 hours, a new import needs a new one"}]}"#);
        }
    }
    assert_eq!((world.files.keys().len(), world.imports.open(10).await.unwrap().len()), (1, 1));
}

#[tokio::test]
async fn of_two_calls_at_once_one_makes_the_job() {
    let world = World::new();
    // While the files are stored, both have found the key free.
    for _ in 0..2 {
        world.faults.plan(Port::Put, Fault::Slow(Duration::from_millis(10)));
    }
    let parts = [file_part()];
    let calls = futures_util::future::join(create_under(&world, "k", 1, &parts), create_under(&world, "k", 2, &parts));
    let (first, second) = calls.await;
    let mut statuses = [first.unwrap().status, second.unwrap().status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 201]);
    assert_eq!(world.faults.calls(Port::Create), 2);
    assert_eq!(world.imports.open(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_has_1_to_255_characters() {
    let world = World::new();
    for (number, character) in [(1, "a"), (2, "é"), (3, "🌙")] {
        let longest = character.repeat(255);
        assert_eq!(create_under(&world, &longest, number, &[file_part()]).await.unwrap().status, 201);
        for wrong in [String::new(), longest + character] {
            let refused = create_under(&world, &wrong, 9, &[file_part()]).await.unwrap_err();
            insta::allow_duplicates! {
                assert_snapshot!(refused.reply("").body, @r#"{"errors":[{"status":"400","title":"Validation Error","detail":"header.idempotency-key: \"Idempotency-Key\" must be 1 to 255 characters long"}]}"#);
            }
        }
    }
}

#[tokio::test]
async fn a_queue_that_fails_does_not_fail_the_call() {
    let world = World::new();
    world.faults.plan(Port::Send, Fault::permanent());
    assert_eq!(create(&world).await.unwrap().status, 201);
    assert_eq!(world.queue.ticks(), []);
    assert_eq!(world.imports.open(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_table_or_bucket_that_fails_fails_the_call_and_says_nothing_of_it() {
    for port in [Port::Create, Port::Put] {
        let world = World::new();
        world.faults.plan(port, Fault::Before(PortError::Permanent("the secret of the table".to_owned())));
        let error = create(&world).await.unwrap_err();
        assert_eq!(error.status(), 500);
        insta::allow_duplicates! {
            assert_snapshot!(error.reply("request-1").body, @r#"{"errors":[{"status":"500","title":"Internal Server Error","detail":"An internal error has occurred.","meta":{"request_id":"request-1"}}]}"#);
        }
        assert_eq!((world.imports.open(10).await.unwrap(), world.queue.ticks()), (vec![], vec![]));
    }
}

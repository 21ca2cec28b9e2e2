use imports::{
    import::Import,
    options::ImportOptions,
    ports::{Promised, UploadPromise},
};
use serde_json::json;
use twins::{
    Call as Port, Fault,
    fixture::{World, id, noon, options, store_named},
};

use super::*;
use crate::announcement::tests::event;

async fn accept(world: &World, puts: &[(&str, &str)]) -> Result<(), Error> {
    accept_event(world, event(puts)).await
}

async fn accept_event(world: &World, event: Value) -> Result<(), Error> {
    handle(&world.files, &world.imports, &world.queue, &world.telemetry, noon, event).await
}

/// The jobs that wait, in the order of creation.
async fn jobs(world: &World) -> Vec<Import> {
    let mut jobs = Vec::new();
    for open in world.imports.open(100).await.unwrap() {
        jobs.push(world.imports.get(&open.store, open.id, noon()).await.unwrap().unwrap());
    }
    jobs
}

/// Compares the jobs that wait, as store, name, key and version, with `expected`; each must have its message.
async fn check(world: &World, expected: &[(&str, &str, &str, Option<&str>)]) {
    let jobs = jobs(world).await;
    let jobs: Vec<_> = jobs
        .iter()
        .map(|Import { store, options, file, .. }| {
            (store.as_str(), options.external_ref.as_deref().unwrap(), file.key.as_str(), file.version.as_deref())
        })
        .collect();
    assert_eq!(jobs, expected);
    assert_eq!(world.queue.ticks().len(), expected.len());
}

#[tokio::test]
async fn each_put_becomes_a_job_of_its_folders_store() {
    let world = World::new();
    accept(&world, &[("drops/main/a+b%2B.jsonl", "v1"), ("drops/other/2026/c.jsonl", "null")]).await.unwrap();
    let first = ("main", "a b+.jsonl", "drops/main/a b+.jsonl", Some("v1"));
    check(&world, &[first, ("other", "2026/c.jsonl", "drops/other/2026/c.jsonl", None)]).await;
}

#[tokio::test]
async fn a_put_announced_twice_is_one_job() {
    let world = World::new();
    let put = ("drops/main/a.jsonl", "v1");
    accept(&world, &[put, put]).await.unwrap();
    accept(&world, &[put]).await.unwrap();
    check(&world, &[("main", "a.jsonl", "drops/main/a.jsonl", Some("v1"))]).await;
    accept(&world, &[("drops/main/a.jsonl", "v2")]).await.unwrap();
    let again = ("main", "a.jsonl", "drops/main/a.jsonl", Some("v2"));
    check(&world, &[("main", "a.jsonl", "drops/main/a.jsonl", Some("v1")), again]).await;
}

#[tokio::test]
async fn what_is_no_file_becomes_no_job() {
    let world = World::new();
    let mut folder = event(&[("drops/main/", "v")]);
    folder["Records"][0]["s3"]["object"]["size"] = json!(0);
    accept_event(&world, folder).await.unwrap();
    accept(&world, &[("drops/a.jsonl", "v"), ("drops/no+store/a.jsonl", "v"), ("uploads/main/a", "v")]).await.unwrap();
    let test = json!({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "imports"});
    accept_event(&world, test).await.unwrap();
    check(&world, &[]).await;
}

#[tokio::test]
async fn a_marker_is_left_aside_with_a_receipt_and_a_renamed_file_is_imported_once() {
    let world = World::new();
    let puts = [("drops/main/a.jsonl.filepart", "v"), ("drops/main/_SUCCESS", "v"), ("drops/main/a.jsonl", "v")];
    accept(&world, &puts).await.unwrap();
    accept(&world, &puts).await.unwrap();
    check(&world, &[("main", "a.jsonl", "drops/main/a.jsonl", Some("v"))]).await;
    assert_eq!(world.files.keys(), ["receipts/main/_SUCCESS.json", "receipts/main/a.jsonl.filepart.json"]);
    let receipt = world.files.content("receipts/main/_SUCCESS.json").unwrap();
    insta::assert_snapshot!(String::from_utf8(receipt.to_vec()).unwrap(), @r#"
    {
      "left_aside": {
        "reason": "names that begin with \".\" or \"_\" are those of markers and hidden files: \"_SUCCESS\"; to import it, put it under a name without that"
      },
      "file": {
        "url": "memory://files/drops/main/_SUCCESS",
        "version": "v"
      }
    }
    "#);
}

#[tokio::test]
async fn the_receipt_of_a_newer_put_stays() {
    let world = World::new();
    let put = |sequencer: &str| {
        let mut event = event(&[("drops/main/_SUCCESS", sequencer)]);
        event["Records"][0]["s3"]["object"]["sequencer"] = json!(sequencer);
        event
    };
    accept_event(&world, put("8")).await.unwrap();
    accept_event(&world, put("7F")).await.unwrap();
    let receipt = world.files.content("receipts/main/_SUCCESS.json").unwrap();
    assert!(String::from_utf8(receipt.to_vec()).unwrap().contains("\"version\": \"8\""));
}

#[tokio::test]
async fn a_file_in_no_stores_folder_is_counted_for_an_alarm() {
    thread_local! {
        static LINES: std::cell::RefCell<Vec<Value>> = const { std::cell::RefCell::new(Vec::new()) };
    }
    let write = |line: &str| LINES.with_borrow_mut(|lines| lines.push(serde_json::from_str(line).unwrap()));
    let world = World { telemetry: Telemetry::new("imports".to_owned(), write), ..World::new() };
    accept(&world, &[("drops/a.jsonl", "v"), ("drops/main/a.jsonl", "v"), ("uploads/main/a", "v")]).await.unwrap();
    LINES.with_borrow(|lines| {
        assert_eq!(lines.len(), 2);
        assert_eq!((&lines[0]["StrayFiles"], &lines[0]["Stack"]), (&json!(1), &json!("imports")));
    });
}

#[tokio::test]
async fn an_announcement_whose_job_could_not_be_stored_fails_and_is_taken_when_it_comes_again() {
    let world = World::new();
    let puts = [("drops/main/a.jsonl", "v"), ("drops/main/b.jsonl", "v")];
    world.faults.draw({
        let mut calls = 0;
        move |call| {
            calls += usize::from(call == Port::Create);
            (call == Port::Create && calls == 2).then(Fault::transient)
        }
    });
    assert!(accept(&world, &puts).await.is_err());
    accept(&world, &puts).await.unwrap();
    let job =
        |name| ("main", name, if name == "a.jsonl" { "drops/main/a.jsonl" } else { "drops/main/b.jsonl" }, Some("v"));
    check(&world, &[job("a.jsonl"), job("b.jsonl")]).await;
}

#[tokio::test]
async fn metadata_sets_the_options_of_that_put_alone() {
    let world = World::new();
    let first = world.files.store("drops/main/a.jsonl", "{}");
    let metadata = [("external-ref", "nightly"), ("dry-run", "true"), ("on-conflict", "update"), ("unknown", "refuse")];
    world.files.describe(&first, &metadata);
    world.files.store("drops/main/a.jsonl", "{}");
    accept(&world, &[("drops/main/a.jsonl", "1"), ("drops/main/a.jsonl", "2")]).await.unwrap();
    let read: Vec<_> = jobs(&world).await.into_iter().map(|job| (job.options, job.refused)).collect();
    let said = options("nightly");
    let unsaid = ImportOptions { external_ref: Some("a.jsonl".to_owned()), ..ImportOptions::default() };
    assert_eq!(read, [(said, None), (unsaid, None)]);
}

#[tokio::test]
async fn metadata_that_cannot_be_read_becomes_a_job_that_says_so() {
    let world = World::new();
    let file = world.files.store("drops/main/a.jsonl", "{}");
    world.files.describe(&file, &[("dry-run", "maybe")]);
    accept(&world, &[("drops/main/a.jsonl", "1")]).await.unwrap();
    let refused: Vec<_> = jobs(&world).await.into_iter().map(|job| job.refused).collect();
    assert_eq!(refused, [Some("metadata \"dry-run\" must be true or false".to_owned())]);
}

#[tokio::test]
async fn a_drop_whose_metadata_cannot_be_had_now_is_taken_when_it_is_announced_again() {
    let world = World::new();
    world.files.store("drops/main/a.jsonl", "{}");
    world.faults.plan(Port::Metadata, Fault::transient());
    assert!(accept(&world, &[("drops/main/a.jsonl", "1")]).await.is_err());
    check(&world, &[]).await;
    accept(&world, &[("drops/main/a.jsonl", "1")]).await.unwrap();
    check(&world, &[("main", "a.jsonl", "drops/main/a.jsonl", Some("1"))]).await;
}

const UPLOAD: &str = "00000000-0000-0000-0000-000000000007";

/// Promises an upload to a store.
async fn promise(world: &World, store: &str) {
    let promise = UploadPromise {
        store: store_named(store),
        id: id(7),
        promised: Promised {
            options: ImportOptions {
                external_ref: Some("large".to_owned()),
                dry_run: true,
                ..ImportOptions::default()
            },
            ignored: vec!["colour".to_owned()],
        },
        expires_at: noon() + chrono::TimeDelta::seconds(1),
    };
    world.imports.promise(&promise).await.unwrap();
}

#[tokio::test]
async fn an_upload_becomes_the_job_that_was_promised() {
    let world = World::new();
    promise(&world, "main").await;
    let key = format!("uploads/main/{UPLOAD}");
    accept(&world, &[(&key, "1")]).await.unwrap();
    check(&world, &[("main", "large", &key, Some("1"))]).await;
    let job = jobs(&world).await.remove(0);
    assert_eq!((job.id.to_string().as_str(), job.options.dry_run), (UPLOAD, true));
    assert_eq!(job.ignored, ["colour"]);
    // Announced again, and put again by the same form: the job stays what it is.
    accept(&world, &[(&key, "1"), (&key, "2")]).await.unwrap();
    check(&world, &[("main", "large", &key, Some("1"))]).await;
}

#[tokio::test]
async fn an_upload_that_was_not_promised_is_an_error_and_beside_it_the_others_are_taken_in() {
    let world = World::new();
    let forged = format!("uploads/main/{UPLOAD}");
    assert!(accept(&world, &[(&forged, "1")]).await.is_err());
    promise(&world, "other").await;
    assert!(accept(&world, &[(&forged, "1")]).await.is_err());
    check(&world, &[]).await;
    assert!(accept(&world, &[(&forged, "1"), ("drops/main/a.jsonl", "v")]).await.is_err());
    check(&world, &[("main", "a.jsonl", "drops/main/a.jsonl", Some("v"))]).await;
}

#[tokio::test]
async fn a_promise_is_for_its_store_alone() {
    let world = World::new();
    promise(&world, "other").await;
    assert!(accept(&world, &[(&format!("uploads/main/{UPLOAD}"), "1")]).await.is_err());
    let key = format!("uploads/other/{UPLOAD}");
    accept(&world, &[(&key, "1")]).await.unwrap();
    check(&world, &[("other", "large", &key, Some("1"))]).await;
}

#[test]
fn a_taken_key_of_a_job_without_one_is_an_error() {
    let file = ImportFile { key: "drops/main/a".to_owned(), version: None };
    note(&Created::KeyTaken(id(1)), &file).unwrap_err();
}

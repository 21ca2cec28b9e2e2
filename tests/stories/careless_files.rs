//! Files that can't be imported, and uploads that hold none: each gets an answer that says what is wrong.

use serde_json::{Value, json};

use crate::world::{IMPORTS, World, gzip, send, sum};

/// Runs a file that can't be tried, and answers the one row that says why.
async fn refused(world: &World, file: impl Into<Vec<u8>>) -> (String, String) {
    let job = world.run(file).await;
    assert_eq!(job["attributes"]["status"], "failed", "{job:#}");
    let rows = world.all(&format!("{IMPORTS}/{}/errors", job["id"].as_str().unwrap()), 100).await;
    let row = &rows[0]["meta"];
    assert_eq!(row["line_number"], 0);
    let text = |name: &str| row[name].as_str().unwrap().to_owned();
    (text("code"), text("error"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_can_not_be_tried_says_why_and_writes_nothing() {
    let world = World::shared().await;
    let check = async |file: &[u8], code: &str, error: &str| {
        assert_eq!(refused(&world, file).await, (code.to_owned(), error.to_owned()));
    };
    let empty = "the import file is empty: it holds no object";
    check(b"", "file_empty", empty).await;
    check(b"\n \r\n\n", "file_empty", empty).await;
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
    check(
        png,
        "file_unreadable",
        "the import file is not JSON Lines but image/png: UTF-8 text with one JSON object a line is read, as it is or \
         packed with gzip",
    )
    .await;
    let cut = gzip(b"{\"type\":\"subscription_product\",\"name\":\"Tea\"}");
    check(
        &cut[..cut.len() / 2],
        "file_unreadable",
        "the import file is gzip and ends early: it was cut off; send it again whole",
    )
    .await;
    check(
        b"name,price\nTea,7\n",
        "nothing_imported",
        "none of the 2 lines of the import file could be imported (all: not JSON); line 1: not JSON: this looks like CSV, values with \
         commas, semicolons or tabs between; JSON Lines is read: one object {…} in each line, such as \
         {\"type\":\"subscription_product\",\"name\":\"Tea box\"}",
    )
    .await;
    check(
        b"[\n{\"type\":\"subscription_product\",\"name\":\"Tea\"}]\n",
        "nothing_imported",
        "none of the 2 lines of the import file could be imported (all: not JSON); line 1: not JSON: the file is one JSON list, not \
         JSON Lines: take away this [, the ] at its end, and the comma after each object; each line is one object {…} by itself; it \
         looks like one JSON document, but each line must be an object of its own",
    )
    .await;
    assert!(world.objects().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_object_over_fifty_thousand_and_nothing_is_written() {
    let world = World::shared().await;
    let line = "{\"type\":\"subscription_product\",\"name\":\"Tea\"}\n";
    let (code, error) = refused(&world, gzip(line.repeat(50_001).as_bytes())).await;
    assert_eq!(code, "too_many_objects");
    assert_eq!(
        error,
        "the import file holds 50001 objects, at most 50000 are imported at once; nothing was imported, split the file"
    );
    assert!(world.objects().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_without_a_file_is_refused_at_once() {
    let world = World::shared().await;
    let detail = |answer: Value| answer["errors"][0]["detail"].as_str().unwrap().to_owned();
    let post = |body: reqwest::multipart::Form| world.request(reqwest::Method::POST, IMPORTS).multipart(body);

    let nothing = send(post(reqwest::multipart::Form::new().text("external_ref", "x"))).await.expect(400);
    assert_eq!(detail(nothing), "import_file: \"import_file\" is required: the part with the JSONL file");
    let long = world.post("{}", &[("external_ref", &"x".repeat(2049))]).await.expect(400);
    assert_eq!(detail(long), "external_ref: \"external_ref\" must be at most 2048 characters long");
    let json = send(world.request(reqwest::Method::POST, IMPORTS).json(&json!({}))).await.expect(400);
    assert_eq!(
        detail(json),
        "header.content-type: must be multipart/form-data with a boundary, the file in the part \"import_file\"; or \
         application/jsonl, application/x-ndjson or application/x-jsonlines, the body being the file: not application/json; write \
         Content-Type: application/jsonl"
    );
    assert!(world.all(IMPORTS, 25).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_answers_a_pending_job_with_zero_counts() {
    let world = World::shared().await;
    let answer = world.post("{}", &[("external_ref", "nightly-7"), ("colour", "ignored")]).await;
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    let job = answer.expect(201)["data"].clone();
    assert_eq!(location, job["links"]["self"]);
    assert_eq!(location, format!("{}{IMPORTS}/{}", world.stack.api_url(), job["id"].as_str().unwrap()));
    assert_eq!(job["attributes"], json!({"external_ref": "nightly-7", "status": "pending"}));
    assert_eq!(job["meta"]["records"]["uploaded"].as_object().unwrap().len(), 6);
    assert_eq!((sum(&job, "uploaded"), sum(&job, "imported")), (0, 0));
    assert_eq!(job["meta"]["owner"], "store");
    assert_eq!(job["meta"]["timestamps"]["started_at"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_body_may_be_the_file_itself() {
    let world = World::shared().await;
    let file = gzip("{\"type\":\"subscription_product\",\"name\":\"Tée\"}\n".as_bytes());
    let path = format!("{IMPORTS}?external_ref=nightly%20%2B1");
    let call = world.request(reqwest::Method::POST, &path).header("content-type", "application/x-ndjson").body(file);
    let created = send(call).await.expect(201);
    assert_eq!(created["data"]["attributes"]["external_ref"], "nightly +1");
    let job = world.ended(created["data"]["id"].as_str().unwrap()).await;
    assert_eq!(sum(&job, "imported"), 1);
}

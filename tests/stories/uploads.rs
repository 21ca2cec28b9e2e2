//! A file too large for a call: a form to post it with, and the job that was promised.

use std::{fmt::Write, time::Duration};

use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{Answer, IMPORTS, PATIENCE, World, gzip, send, sum};

const FILE: &str = "{\"type\":\"subscription_product\",\"name\":\"Tea\"}";

/// Asks for an upload with these attributes.
async fn ask(world: &World, body: &str) -> Answer {
    let call = world.request(Method::POST, &format!("{IMPORTS}/uploads"));
    send(call.header("content-type", "application/json").body(body.to_owned())).await
}

async fn promised(world: &World, attributes: &Value) -> Value {
    let body = json!({"data": {"type": "subscription_import_upload", "attributes": attributes}});
    ask(world, &body.to_string()).await.expect(201)["data"].clone()
}

/// Posts a file with the form of an upload, some of its fields changed, added or (with null) left out.
async fn put(world: &World, upload: &Value, file: impl Into<Vec<u8>>, changes: &[(&'static str, Value)]) -> Answer {
    let request = &upload["meta"]["upload"];
    assert_eq!(request["method"], "POST");
    let mut fields = request["fields"].as_object().unwrap().clone();
    fields.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let texts = fields.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())));
    let form = texts.fold(Form::new(), |form, (name, text)| form.text(name, text));
    let form = form.part("file", Part::bytes(file.into()).file_name("import.jsonl"));
    send(world.anonymous(Method::POST, request["url"].as_str().unwrap()).multipart(form)).await
}

/// Waits until the job of an upload is there, then until it has ended.
async fn ended(world: &World, upload: &Value) -> Value {
    let id = upload["id"].as_str().unwrap();
    let is_there = async || (world.get(&format!("{IMPORTS}/{id}")).await.status == 200).then_some(());
    world.wait(&format!("job of the upload {id}"), PATIENCE, is_there).await;
    world.ended(id).await
}

/// Compares S3's refusal with a status and a code.
fn check_refused(answer: Answer, status: u16, code: &str) {
    let body = answer.expect(status);
    assert!(body.as_str().unwrap().contains(&format!("<Code>{code}</Code>")), "{body}");
}

/// A file of so many products that even gzip makes little of.
pub(crate) fn noise(products: usize) -> Vec<u8> {
    let mut file = String::new();
    for number in 0..products {
        let noise: String = (0..30).map(|_| Uuid::new_v4().simple().to_string()).collect();
        writeln!(file, "{{\"type\":\"subscription_product\",\"name\":\"Tea {number}\",\"description\":\"{noise}\"}}")
            .unwrap();
    }
    gzip(file.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_too_large_for_a_call_goes_the_way_that_the_refusal_names() {
    let world = World::shared().await;
    let file = noise(10_000);
    assert!(file.len() > 4_718_592, "{} bytes go into a call", file.len());
    let refused = world.post(file.clone(), &[]).await.expect(413);
    let detail = refused["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.contains(&format!("POST {IMPORTS}/uploads ")), "{detail}");

    let upload = promised(&world, &json!({"external_ref": "nächtlich", "on_conflict": "skip", "colour": 1})).await;
    assert_eq!(upload["type"], "subscription_import_upload");
    assert_eq!(upload["meta"]["max_bytes"], 268_435_456);
    let address = upload["links"]["import"].as_str().unwrap();
    assert_eq!(address, format!("{}{IMPORTS}/{}", world.stack.api_url(), upload["id"].as_str().unwrap()));
    world.get(address).await.expect(404);

    put(&world, &upload, file, &[]).await.expect(201);
    let job = ended(&world, &upload).await;
    assert_eq!(job["attributes"], json!({"external_ref": "nächtlich", "status": "success"}));
    assert_eq!(job["meta"]["on_conflict"], "skip");
    assert_eq!(job["meta"]["ignored"], json!(["data.attributes.colour"]));
    assert_eq!(sum(&job, "imported"), 10_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_body_that_asks_for_an_upload_is_refused_by_the_place_that_is_wrong() {
    let world = World::shared().await;
    let bad = [
        ("", "body: must be a JSON document, {\"data\":{\"type\":\"subscription_import_upload\"}} at least"),
        ("{\"data\"", "body: must be JSON: it ends too early, at line 1, column 7"),
        ("{}", "data: \"data\" is required"),
        ("{\"data\":{}}", "data.type: \"type\" is required"),
        ("{\"data\":{\"type\":\"subscription_import\"}}", "data.type: \"type\" must be subscription_import_upload"),
    ];
    for (body, detail) in bad {
        assert_eq!(ask(&world, body).await.expect(400)["errors"][0]["detail"], detail);
    }
    let flag = json!({"data": {"type": "subscription_import_upload", "attributes": {"dry_run": "true"}}});
    let refused = ask(&world, &flag.to_string()).await.expect(400);
    let detail = "data.attributes.dry_run: \"dry_run\" must be true or false, without quotes";
    assert_eq!(refused, json!({"errors": [{"status": "400", "title": "Validation Error", "detail": detail}]}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_allows_what_was_promised_and_nothing_else() {
    let world = World::shared().await;
    let neighbour = world.neighbour();
    let upload = promised(&world, &json!({"dry_run": true})).await;
    let other = promised(&neighbour, &json!({})).await;
    let key = |upload: &Value| upload["meta"]["upload"]["fields"]["key"].clone();
    let changes = [
        [("key", key(&other))],
        [("key", json!(format!("drops/{}/a.jsonl", world.store)))],
        [("key", json!(format!("{}/${{filename}}", key(&upload).as_str().unwrap())))],
        [("x-amz-meta-external-ref", json!("other"))],
        [("success_action_status", json!("200"))],
        [("x-amz-signature", json!("0".repeat(64)))],
    ];
    for change in changes {
        let status = put(&world, &upload, FILE, &change).await.status;
        assert_eq!(status, 403, "{change:?}");
    }
    check_refused(put(&world, &upload, FILE, &[("policy", Value::Null)]).await, 400, "InvalidArgument");
    check_refused(put(&world, &upload, "", &[]).await, 400, "EntityTooSmall");
    for upload in [&upload, &other] {
        world.get(upload["links"]["import"].as_str().unwrap()).await.expect(404);
    }
    // All that is free is what the file is called and of which kind it is said to be.
    put(&world, &upload, FILE, &[("Content-Type", json!("application/gzip"))]).await.expect(201);
    assert_eq!(ended(&world, &upload).await["meta"]["dry_run"], true);
    // Another store can't see it.
    neighbour.get(upload["links"]["import"].as_str().unwrap()).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_over_256_mib_is_refused_before_it_is_stored() {
    let world = World::shared().await;
    let upload = promised(&world, &json!({})).await;
    let too_large = vec![b' '; 268_435_457];
    check_refused(put(&world, &upload, too_large, &[]).await, 400, "EntityTooLarge");
    world.get(upload["links"]["import"].as_str().unwrap()).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_used_again_makes_no_second_job_and_a_forged_upload_none() {
    let world = World::shared().await;
    let upload = promised(&world, &json!({})).await;
    put(&world, &upload, FILE, &[]).await.expect(201);
    let job = ended(&world, &upload).await;
    put(&world, &upload, FILE.replace("Tea", "Cup"), &[]).await.expect(201);
    for forged in [Uuid::new_v4().to_string(), "a.jsonl".to_owned()] {
        world.put(&format!("uploads/{}/{forged}", world.store), FILE, &[]).await;
    }
    // One more file, announced after those.
    world.drop_file("last.jsonl", FILE.replace("Tea", "Mug")).await;
    let last = world.job_of_drop("last.jsonl").await;
    let last = world.ended(&last).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.all(IMPORTS, 100).await, [last, job]);
    let mut names: Vec<_> =
        world.objects().await.iter().map(|object| object["attributes"].as_m().unwrap()["name"].clone()).collect();
    names.sort_by_key(|name| format!("{name:?}"));
    assert_eq!(format!("{names:?}"), "[S(\"Mug\"), S(\"Tea\")]");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_good_until_it_expires() {
    let world = World::with_parameters(&[("UploadSeconds", "1")]).await;
    let upload = promised(&world, &json!({})).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let refused = put(&world, &upload, FILE, &[]).await;
    assert!(refused.body.as_str().unwrap().contains("Policy expired"), "{refused:?}");
    check_refused(refused, 403, "AccessDenied");
    world.get(upload["links"]["import"].as_str().unwrap()).await.expect(404);
}

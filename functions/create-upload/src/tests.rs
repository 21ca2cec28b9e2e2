use bytes::Bytes;
use imports::options::ImportOptions;
use insta::assert_snapshot;
use twins::{
    Call as Port, Fault,
    fixture::{self, World, call, id, noon, options, store},
};

use super::*;

const BARE: &str = r#"{"data":{"type":"subscription_import_upload"}}"#;

async fn create(world: &World, body: &str) -> Result<Reply, ApiError> {
    let call = Call { body: Bytes::copy_from_slice(body.as_bytes()), ..call() };
    handle(&world.forms, &world.imports, TimeDelta::hours(1), noon(), id(7), &call).await
}

/// The options that are promised at a time after noon.
async fn promised(world: &World, after: TimeDelta) -> Option<ImportOptions> {
    world.imports.promised(&store(), id(7), noon() + after).await.unwrap().map(|promised| promised.options)
}

/// Makes an upload with these attributes and compares what is promised.
async fn check(attributes: &str, expected: ImportOptions) {
    let world = World::new();
    let body = format!(r#"{{"data":{{"type":"subscription_import_upload","attributes":{attributes}}}}}"#);
    assert_eq!(create(&world, &body).await.unwrap().status, 201, "{body}");
    assert_eq!(promised(&world, TimeDelta::zero()).await, Some(expected), "{body}");
}

async fn refused(body: &str) -> String {
    let world = World::new();
    let refused = match create(&world, body).await {
        Err(ApiError::Validation(detail)) => detail,
        other => panic!("not refused: {other:?}"),
    };
    assert_eq!(promised(&world, TimeDelta::zero()).await, None, "{body}");
    refused
}

async fn refused_attributes(attributes: &str) -> String {
    refused(&format!(r#"{{"data":{{"type":"subscription_import_upload","attributes":{attributes}}}}}"#)).await
}

#[tokio::test]
async fn a_call_is_answered_with_a_form_and_a_promise_is_kept() {
    let world = World::new();
    let reply = create(&world, BARE).await.unwrap();
    assert_eq!((reply.status, reply.location), (201, None));
    assert_snapshot!(reply.body, @r#"{"data":{"id":"00000000-0000-0000-0000-000000000007","type":"subscription_import_upload","meta":{"upload":{"method":"POST","url":"https://bucket.example.com","fields":{"key":"uploads/main/00000000-0000-0000-0000-000000000007","policy":"1 to 268435456 bytes, 2026-05-29T12:00:00.000000Z to 2026-05-29T13:00:00.000000Z"}},"expires_at":"2026-05-29T13:00:00.000000Z","max_bytes":268435456},"links":{"import":"https://api.example.com/v2/subscriptions/imports/00000000-0000-0000-0000-000000000007"}}}"#);
    assert_eq!(promised(&world, TimeDelta::minutes(59)).await, Some(ImportOptions::default()));
}

#[tokio::test]
async fn a_promise_outlives_its_form_but_not_for_ever() {
    let world = World::new();
    create(&world, BARE).await.unwrap();
    assert_eq!(promised(&world, TimeDelta::days(16)).await, Some(ImportOptions::default()));
    assert_eq!(promised(&world, TimeDelta::days(17)).await, None);
}

#[tokio::test]
async fn attributes_are_the_options_of_the_import() {
    let all = r#"{"external_ref":"nächtlich","dry_run":true,"on_conflict":"update","unknown":"refuse","colour":"red"}"#;
    check(all, options("nächtlich")).await;
    for none in ["null", "{}", r#"{"external_ref":null,"dry_run":null,"on_conflict":null}"#, r#"{"external_ref":""}"#] {
        check(none, ImportOptions::default()).await;
    }
    let longest = "é".repeat(2048);
    let named = ImportOptions { external_ref: Some(longest.clone()), ..ImportOptions::default() };
    check(&format!(r#"{{"external_ref":"{longest}"}}"#), named).await;
}

#[tokio::test]
async fn a_body_that_is_no_document_of_an_upload_is_refused_by_its_place() {
    assert_snapshot!(refused("").await, @r#"body: must be a JSON document, {"data":{"type":"subscription_import_upload"}} at least"#);
    assert_snapshot!(refused(" \n").await, @r#"body: must be a JSON document, {"data":{"type":"subscription_import_upload"}} at least"#);
    assert_snapshot!(refused("external_ref=a").await, @"body: must be JSON: what stands there is none, at line 1, column 1");
    assert_snapshot!(refused(r#"{"data":"#).await, @"body: must be JSON: it ends too early, at line 1, column 8");
    assert_snapshot!(refused("[]").await, @"body: must be a JSON object");
    assert_snapshot!(refused("{}").await, @r#"data: "data" is required"#);
    assert_snapshot!(refused(r#"{"data":[]}"#).await, @r#"data: "data" must be an object"#);
    assert_snapshot!(refused(r#"{"data":{}}"#).await, @r#"data.type: "type" is required"#);
    assert_snapshot!(refused(r#"{"data":{"type":7}}"#).await, @r#"data.type: "type" must be subscription_import_upload"#);
    assert_snapshot!(refused(r#"{"data":{"type":"subscription_import"}}"#).await, @r#"data.type: "type" must be subscription_import_upload"#);
}

#[tokio::test]
async fn an_attribute_that_cannot_be_read_is_refused_by_its_place() {
    assert_snapshot!(refused_attributes("[]").await, @r#"data.attributes: "attributes" must be an object"#);
    assert_snapshot!(refused_attributes(r#"{"external_ref":7}"#).await, @r#"data.attributes.external_ref: "external_ref" must be a string"#);
    assert_snapshot!(refused_attributes(&format!(r#"{{"external_ref":"{}"}}"#, "é".repeat(2049))).await, @r#"data.attributes.external_ref: "external_ref" must be at most 2048 characters long"#);
    assert_snapshot!(refused_attributes(r#"{"dry_run":"true"}"#).await, @r#"data.attributes.dry_run: "dry_run" must be true or false, without quotes"#);
    assert_snapshot!(refused_attributes(r#"{"dry_run":1}"#).await, @r#"data.attributes.dry_run: "dry_run" must be true or false, without quotes"#);
    assert_snapshot!(refused_attributes(r#"{"on_conflict":"replace"}"#).await, @r#"data.attributes.on_conflict: "on_conflict" must be fail, skip or update"#);
    assert_snapshot!(refused_attributes(r#"{"on_conflict":{"skip":null}}"#).await, @r#"data.attributes.on_conflict: "on_conflict" must be fail, skip or update"#);
    assert_snapshot!(refused_attributes(r#"{"on_conflict":true}"#).await, @r#"data.attributes.on_conflict: "on_conflict" must be fail, skip or update"#);
}

#[tokio::test]
async fn a_form_or_a_promise_that_cannot_be_made_fails_the_call() {
    for port in [Port::Form, Port::Promise] {
        let world = World::new();
        world.faults.plan(port, Fault::permanent());
        assert_eq!(create(&world, BARE).await.unwrap_err().status(), 500);
    }
}

/// A call with this body, query and key.
async fn create_under(
    world: &World,
    number: u128,
    key: &str,
    body: &str,
    query: &[(&str, &str)],
) -> Result<Reply, ApiError> {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let key = Some(key.to_owned()).filter(|key| !key.is_empty());
    let call = Call { body, query: fixture::query(query), idempotency_key: key, ..call() };
    handle(&world.forms, &world.imports, TimeDelta::hours(1), noon(), id(number), &call).await
}

#[tokio::test]
async fn a_rehearsal_that_is_asked_for_in_a_near_spelling_is_one_or_is_refused() {
    let dry = ImportOptions { dry_run: true, ..ImportOptions::default() };
    for name in ["dryRun", "dry-run", "DRY_RUN"] {
        check(&format!(r#"{{"{name}":true}}"#), dry.clone()).await;
    }
    assert_snapshot!(refused_attributes(r#"{"dry_rum":true}"#).await, @r#"data.attributes.dry_rum: "dry_rum" is no option of an import: write "dry_run", or leave it out"#);
    assert_snapshot!(refused(r#"{"dryRun":true,"data":{"type":"subscription_import_upload"}}"#).await, @r#"dryRun: "dryRun" is not read here: write it as data.attributes.dry_run"#);
    assert_snapshot!(refused(r#"{"data":{"type":"subscription_import_upload","dry_run":true}}"#).await, @r#"data.dry_run: "dry_run" is not read here: write it as data.attributes.dry_run"#);
    assert_snapshot!(refused(r#"{"data":{"type":"subscription_import_upload","meta":{"options":{"dry-run":true}}}}"#).await, @r#"data.meta.options.dry-run: "dry-run" is not read here: write it as data.attributes.dry_run"#);
    assert_snapshot!(refused_attributes(r#"{"commit":false}"#).await, @r#"data.attributes.commit: "commit" asks for a rehearsal, and is no option of an import: write "dry_run" with the value true, or leave it out"#);
    assert_snapshot!(refused(r#"{"data":{"type":"subscription_import_upload","meta":{"mode":"test"}}}"#).await, @r#"data.meta.mode: "mode" asks for a rehearsal, and is not read: write it as data.attributes.dry_run with the value true"#);
    let world = World::new();
    create_under(&world, 7, "", BARE, &[("dryRun", "true")]).await.unwrap();
    assert_eq!(promised(&world, TimeDelta::zero()).await, Some(dry));
}

#[tokio::test]
async fn an_option_that_is_sent_as_a_header_promises_nothing() {
    let world = World::new();
    let send = async |name: &str| {
        let call = Call { headers: vec![(name.to_owned(), String::new())], body: BARE.into(), ..call() };
        handle(&world.forms, &world.imports, TimeDelta::hours(1), noon(), id(7), &call)
            .await
            .unwrap_err()
            .reply("")
            .body
    };
    assert_snapshot!(send("x-dry-run").await, @r#"{"errors":[{"status":"400","title":"Validation Error","detail":"header.x-dry-run: \"x-dry-run\" is no header of this call: write it as data.attributes.dry_run, or leave it out"}]}"#);
    assert_snapshot!(send("idempotent-key").await, @r#"{"errors":[{"status":"400","title":"Validation Error","detail":"header.idempotent-key: \"idempotent-key\" is no header of this call: write Idempotency-Key, or leave it out"}]}"#);
    assert_eq!(promised(&world, TimeDelta::zero()).await, None);
    assert_snapshot!(refused_attributes(r#"{"idempotency_key":"k"}"#).await, @r#"data.attributes.idempotency_key: "idempotency_key" is a header of the call: send it as the header Idempotency-Key, or leave it out"#);
    assert_snapshot!(refused(r#"{"idempotencyKey":"k","data":{"type":"subscription_import_upload"}}"#).await, @r#"idempotencyKey: "idempotencyKey" is a header of the call: send it as the header Idempotency-Key, or leave it out"#);
}

#[tokio::test]
async fn what_means_nothing_is_named_in_the_answer_and_promised_with_it() {
    let world = World::new();
    let body = r#"{"jsonapi":{},"data":{"type":"subscription_import_upload","id":"x","attributes":{"colour":"red"}}}"#;
    let reply = create_under(&world, 7, "", body, &[("page", "1")]).await.unwrap();
    let ignored = r#""ignored":["page","jsonapi","data.id","data.attributes.colour"]"#;
    assert!(reply.body.contains(ignored), "{}", reply.body);
    let promised = world.imports.promised(&store(), id(7), noon()).await.unwrap().unwrap();
    assert_eq!(promised.ignored, ["page", "jsonapi", "data.id", "data.attributes.colour"]);
}

#[tokio::test]
async fn a_call_repeated_under_its_key_is_answered_with_the_same_id() {
    let world = World::new();
    let first = create_under(&world, 1, "k", BARE, &[]).await.unwrap();
    let again = create_under(&world, 2, "k", BARE, &[("dry_run", "false")]).await.unwrap();
    assert_eq!((first.status, again.status, again.body), (201, 200, first.body));
    assert!(world.imports.promised(&store(), id(2), noon()).await.unwrap().is_none());
    let refused = create_under(&world, 3, "k", BARE, &[("dry_run", "true")]).await.unwrap_err();
    assert_snapshot!(refused.reply("").body, @r#"{"errors":[{"status":"409","title":"Write Conflict","detail":"header.idempotency-key: \"Idempotency-Key\" was used for another upload with other options, by the import 00000000-0000-0000-0000-000000000001; a key is remembered for 24 hours, a new import needs a new one"}]}"#);
    assert_eq!(create_under(&world, 4, "other", BARE, &[]).await.unwrap().status, 201);
    assert_eq!(create_under(&world, 5, &"k".repeat(256), BARE, &[]).await.unwrap_err().status(), 400);
}

#[tokio::test]
async fn a_call_that_died_after_it_took_its_key_is_ended_by_the_next() {
    let world = World::new();
    world.faults.plan(Port::Promise, Fault::permanent());
    assert_eq!(create_under(&world, 1, "k", BARE, &[]).await.unwrap_err().status(), 500);
    assert_eq!(create_under(&world, 2, "k", BARE, &[]).await.unwrap().status, 200);
    assert_eq!(world.imports.promised(&store(), id(1), noon()).await.unwrap(), Some(Promised::default()));
}

//! Every function by itself, on its sample events, under the runtime interface emulator: what `sam local invoke` does.

use aws::ImportTable;
use imports::{
    filter::Filter,
    import::{ImportFile, ImportId, NewImport},
    options::ImportOptions,
    page::Page,
    ports::Imports,
};
use local::rie::Rie;
use records::StoreId;
use serde_json::{Value, json};

use crate::{
    openapi::{self, Route},
    root,
    world::{ROOT, World},
};

fn event(name: &str) -> Vec<u8> {
    std::fs::read(format!("{ROOT}/events/{name}.json")).unwrap()
}

async fn invoke(world: &World, function: &str, name: &str) -> Value {
    let function = Rie::start(&world.stack, function).await.unwrap();
    function.invoke(event(name)).await.unwrap()
}

/// Invokes a function of the API and answers its document.
async fn call(world: &World, name: &str, status: u16) -> Value {
    let answer = invoke(world, name, name).await;
    assert_eq!(answer["statusCode"], status, "{answer:#}");
    assert_eq!(answer["headers"]["content-type"], "application/json");
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_function_answers_its_sample_events() {
    let world = World::own().await;
    let imports = ImportTable::new(
        aws_sdk_dynamodb::Client::new(&world.stack.sdk_config()),
        world.stack.imports_table().to_owned(),
    );
    let store = StoreId::from_configuration("main").unwrap();

    // The job that the events name, its file stored, its message only in the event.
    let sample = std::fs::read(format!("{ROOT}/events/sample.jsonl")).unwrap();
    let key = "imports/main/5f0c9a3e-7a52-4b6e-9f0e-1d2c3b4a5e6f.jsonl".to_owned();
    world.s3().put_object().bucket(world.stack.bucket()).key(&key).body(sample.into()).send().await.unwrap();
    let new = NewImport {
        options: ImportOptions { external_ref: Some("sample".to_owned()), ..ImportOptions::default() },
        ..NewImport::new(
            ImportId::parse("5f0c9a3e-7a52-4b6e-9f0e-1d2c3b4a5e6f").unwrap(),
            store.clone(),
            ImportFile { key, version: None },
        )
    };
    imports.create(new, chrono::Utc::now()).await.unwrap();

    assert_eq!(invoke(&world, "process-import", "process-import").await, json!({"batchItemFailures": []}));
    let job = call(&world, "get-import", 200).await["data"].clone();
    assert_eq!(job["attributes"], json!({"external_ref": "sample", "status": "success"}));
    // Beside a local AWS links are as local.
    let origin = "http://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com";
    let address = format!("{origin}/v2/subscriptions/imports/5f0c9a3e-7a52-4b6e-9f0e-1d2c3b4a5e6f");
    assert_eq!(job["links"]["self"], address);

    let errors = call(&world, "list-import-errors", 200).await;
    assert_eq!(errors["meta"]["results"]["total"], job["meta"]["errors"]);
    let lines: Vec<_> = errors["data"].as_array().unwrap().iter().map(|row| &row["meta"]["line_number"]).collect();
    assert_eq!(lines, [42, 60, 115, 118, 118, 123, 126, 142, 173, 189, 191, 195, 196, 207, 208]);
    let download = call(&world, "download-import", 307).await;
    assert!(download["links"]["download"].as_str().unwrap().contains("results.jsonl"), "{download}");
    let refused = call(&world, "cancel-import", 409).await;
    assert_eq!(refused["errors"][0]["title"], "Write Conflict");
    let list = call(&world, "list-imports", 200).await;
    assert_eq!(list["data"], json!([job]));

    let created = call(&world, "create-import", 201).await;
    assert_eq!(created["data"]["attributes"]["status"], "pending");
    let upload = call(&world, "create-upload", 201).await["data"].clone();
    let id = upload["id"].as_str().unwrap();
    assert_eq!(upload["links"]["import"], format!("{origin}/v2/subscriptions/imports/{id}"));
    assert_eq!(upload["meta"]["upload"]["fields"]["key"], format!("uploads/main/{id}"));
    assert_eq!(invoke(&world, "accept-drop", "accept-drop").await, Value::Null);
    assert_eq!(invoke(&world, "accept-drop", "accept-drop").await, Value::Null, "announced twice");
    assert_eq!(invoke(&world, "accept-drop", "accept-drop-test-event").await, Value::Null);
    assert_eq!(invoke(&world, "resume-imports", "resume-imports").await, Value::Null);
    let jobs = imports.list(&store, &Filter::default(), Page::default(), chrono::Utc::now()).await.unwrap();
    let names: Vec<_> = jobs.imports.iter().map(|import| import.options.external_ref.as_deref()).collect();
    assert_eq!(jobs.total, 3, "{names:?}");
    assert_eq!(names[0], Some("nächtlicher abgleich +1.jsonl"));

    // Whichever others there are by now: a call of the API gets an answer that openapi.yaml promises for it.
    let routes = openapi::routes();
    for function in root::functions(&world.stack).await {
        let Ok(event) = serde_json::from_slice::<Value>(&event(&function.folder)) else { panic!("{function:?}") };
        let is_called = |route: &&Route| event["routeKey"] == format!("{} {}", route.method, route.path);
        let Some(route) = routes.iter().find(is_called) else { continue };
        let answer = invoke(&world, &function.folder, &function.folder).await;
        let status = answer["statusCode"].as_u64().unwrap().try_into().unwrap();
        assert!(route.statuses.contains(&status) && status < 500, "{}: {answer:#}", function.folder);
    }
}

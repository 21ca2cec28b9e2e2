//! The API and `openapi.yaml`: what the one answers, the other promises.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use aws::ImportTable;
use chrono::{TimeDelta, Utc};
use imports::{import::Claim, ports::Imports};
use local::python::Environment;
use records::{RecordErrorCode, RecordId, Resolution, read};
use reqwest::Method;
use samples::generate;
use serde_json::{Value, json};

use crate::world::{IMPORTS, PATIENCE, ROOT, World, rows, send, succeed};

const SCHEMATHESIS: Environment = Environment::new("schemathesis", include_str!("../contract/requirements.txt"));

/// One line of every kind, with every attribute.
const LINES: &str = include_str!("../../fuzz/seeds/lines/every-attribute");

fn work_folder() -> PathBuf {
    let folder = Path::new(ROOT).join("target/local/contract");
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_of_the_deployed_api_is_one_that_openapi_promises() {
    let world = World::own().await;
    let ended = world.run(fs::read(format!("{ROOT}/events/sample.jsonl")).unwrap()).await;
    let running = hold_the_lane(&world).await;
    let folder = work_folder();
    fs::write(folder.join("jobs"), format!("{}\n\"{running}\"\n", ended["id"])).unwrap();

    let root = fs::canonicalize(ROOT).unwrap();
    let root = root.display();
    let program = SCHEMATHESIS.interpreter().unwrap().with_file_name("schemathesis");
    succeed(
        Command::new(program)
            .args(["--config-file", &format!("{root}/tests/contract/schemathesis.toml")])
            .args(["run", &format!("{root}/openapi.yaml")])
            .current_dir(folder)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("API_HOOKS", format!("{root}/tests/contract/hooks.py"))
            // Python does not find names under `localhost`; the gateway goes by the header.
            .env("API_BASE", world.stack.endpoint_url())
            .env("API_HOST", world.stack.api_url().trim_start_matches("http://"))
            .env("API_TOKEN", world.stack.token(&world.store, 3600).unwrap()),
    );
}

/// Takes a job as the worker does, but for an hour: it stays `started`, and every later one `pending`.
async fn hold_the_lane(world: &World) -> String {
    let client = aws_sdk_dynamodb::Client::new(&world.stack.sdk_config());
    let imports = ImportTable::new(client, world.stack.imports_table().to_owned());
    loop {
        world.submit("{}").await;
        // The worker may have been quicker, and done already.
        if let Claim::Run { import, .. } = imports.claim_next(Utc::now() + TimeDelta::hours(1)).await.unwrap() {
            return import.id.to_string();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_job_leaves_in_s3_is_what_openapi_promises() {
    let world = World::shared().await.neighbour();
    world.drop_file("sample.jsonl", fs::read(format!("{ROOT}/events/sample.jsonl")).unwrap()).await;
    let id = world.job_of_drop("sample.jsonl").await;
    world.ended(&id).await;
    let receipt = object(&world, &format!("receipts/{}/sample.jsonl.json", world.store)).await;
    let receipt: Value = serde_json::from_slice(&receipt).unwrap();
    let mut files = Vec::new();
    for (link, schema) in [("results", "ResultLine"), ("errors", "ImportError")] {
        let address = receipt["links"][link].as_str().unwrap();
        let key = address.strip_prefix(&format!("s3://{}/", world.stack.bucket())).unwrap();
        files.push((schema, rows(&object(&world, key).await)));
    }
    assert!(files[0].1.len() > 200 && files[1].1.len() > 10);
    files.push(("Receipt", vec![receipt]));
    let values = files.into_iter().flat_map(|(schema, rows)| rows.into_iter().map(move |row| (schema, row, true)));
    judge("files", values);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_ignored_is_named_where_openapi_promises_it() {
    let world = World::own().await;
    let ended = world.run("{}").await["id"].as_str().unwrap().to_owned();
    hold_the_lane(&world).await;
    let waiting = world.submit("{}").await;
    let upload = format!("{IMPORTS}/uploads?colour=red");
    let promise = json!({"data": {"type": "subscription_import_upload"}}).to_string();
    let mut answers = Vec::new();
    for (schema, place, call) in [
        ("ImportList", "/meta", world.request(Method::GET, &format!("{IMPORTS}?colour=red"))),
        ("ImportDocument", "/meta", world.request(Method::GET, &format!("{IMPORTS}/{ended}?colour=red"))),
        ("ImportErrorList", "/meta", world.request(Method::GET, &format!("{IMPORTS}/{ended}/errors?colour=red"))),
        ("ImportDocument", "/meta", world.request(Method::POST, &format!("{IMPORTS}/{waiting}/cancel?colour=red"))),
        ("ImportDocument", "/data/meta", world.posting("{}", &[("colour", "red")])),
        ("UploadDocument", "/data/meta", world.request(Method::POST, &upload).body(promise)),
    ] {
        let answer = send(call).await;
        assert!([200, 201].contains(&answer.status), "{schema}: {:#}", answer.body);
        assert_eq!(answer.body.pointer(place).unwrap()["ignored"], json!(["colour"]), "{schema}: {:#}", answer.body);
        let mut other = answer.body.clone();
        other.pointer_mut(place).unwrap()["unheard"] = json!(1);
        answers.extend([(schema, answer.body, true), (schema, other, false)]);
    }
    judge("ignored", answers.into_iter());
}

/// Waits for an object of the bucket.
async fn object(world: &World, key: &str) -> Vec<u8> {
    let get = async || world.s3().get_object().bucket(world.stack.bucket()).key(key).send().await.ok();
    world.wait(key, PATIENCE, get).await.body.collect().await.unwrap().to_vec()
}

#[test]
fn examples_fit_their_schemas_and_the_schemas_of_lines_fit_the_code() {
    let mut generated = Vec::new();
    generate(2_000, 7, 400, &mut generated).unwrap();
    let lines = generated.split(|byte| *byte == b'\n').filter_map(|line| String::from_utf8(line.to_vec()).ok());
    // The schemas show the full form of a line alone.
    let mut lines: Vec<_> =
        lines.filter(|line| line.starts_with("{\"data\":{\"type\":") && line.contains("\"attributes\":{")).collect();
    for line in LINES.lines() {
        lines.push(line.to_owned());
        mutations(line, &mut lines);
    }
    let judged = lines.iter().filter_map(|line| Some((serde_json::from_str(line).ok()?, is_good(line)?)));
    let judged: Vec<(Value, bool)> = judged.collect();
    let good = judged.iter().filter(|(_, good)| *good).count();
    assert!(good > 1_000 && judged.len() - good > 1_000, "{good} of {} are good", judged.len());
    judge("lines", judged.into_iter().map(|(line, good)| ("ImportLine", line, good)));
}

/// Holds values to the schemas of these names, which are to let them through or not.
#[track_caller]
pub(crate) fn judge(name: &str, values: impl Iterator<Item = (&'static str, Value, bool)>) {
    let rows = values.map(|(schema, value, good)| json!({"schema": schema, "value": value, "good": good}).to_string());
    let file = work_folder().join(format!("{name}.jsonl"));
    fs::write(&file, rows.collect::<Vec<_>>().join("\n")).unwrap();
    succeed(
        Command::new(SCHEMATHESIS.interpreter().unwrap())
            .args([format!("{ROOT}/tests/contract/schemas.py"), format!("{ROOT}/openapi.yaml")])
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .arg(file),
    );
}

/// Whether a line keeps the rules of its type; none where it breaks what no schema can say.
fn is_good(line: &str) -> Option<bool> {
    let id = RecordId::parse("00000000-0000-4000-8000-000000000000").unwrap();
    let errors = read(line.as_bytes())
        .and_then(|draft| draft.look_up(|_| Resolution::Missing).resolve(id))
        .err()
        .unwrap_or_default();
    let mut good = true;
    for error in errors {
        match error.code {
            // Nothing is stored here that a reference could find.
            RecordErrorCode::ReferenceNotFound => {}
            RecordErrorCode::NotJson
            | RecordErrorCode::DuplicateKey
            | RecordErrorCode::InvalidKey
            | RecordErrorCode::LoneSurrogate
            | RecordErrorCode::NumberOutOfRange
            | RecordErrorCode::TooDeep
            | RecordErrorCode::TooLarge
            | RecordErrorCode::LineTooLong
            | RecordErrorCode::PlanNotInOffering
            | RecordErrorCode::PricingOptionNotInOffering
            | RecordErrorCode::FeatureNotInOffering
            | RecordErrorCode::DuplicateExternalRef => return None,
            // A schema has a format for whole numbers of 64 bits, which holds nobody to them.
            RecordErrorCode::OutOfRange if error.problem.contains(&i64::MAX.to_string()) => return None,
            // What one value says of another.
            RecordErrorCode::Conflicting | RecordErrorCode::NotAllowed if error.problem.contains("the feature") => {
                return None;
            }
            RecordErrorCode::OutOfRange if error.field.ends_with("override_first_period_end_date") => return None,
            _ => good = false,
        }
    }
    // An empty name counts as missing; then it is the offering, when it is found, that asks for another.
    let is_empty = |name: &str| line.contains(&format!("\"{name}\":\"\""));
    (!is_empty("pricing_option_id") && !is_empty("selected_pricing_option")).then_some(good)
}

/// Writes the line again and again, each time with one value in it left out or replaced.
fn mutations(line: &str, lines: &mut Vec<String>) {
    let whole: Value = serde_json::from_str(line).unwrap();
    let mut places = Vec::new();
    list_places(&whole["data"]["attributes"], "/data/attributes", &mut places);
    let others = [
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(101),
        json!(""),
        json!("no"),
        json!("new"),
        json!("x".repeat(1025)),
        json!("x".repeat(2049)),
        json!([]),
        json!({}),
    ];
    for place in places {
        for other in &others {
            let mut changed = whole.clone();
            *changed.pointer_mut(&place).unwrap() = other.clone();
            lines.push(changed.to_string());
        }
        let (parent, name) = place.rsplit_once('/').unwrap();
        let mut without = whole.clone();
        match without.pointer_mut(parent).unwrap() {
            Value::Object(object) => drop(object.remove(name)),
            Value::Array(items) => drop(items.remove(name.parse().unwrap())),
            _ => unreachable!("a place has a parent"),
        }
        lines.push(without.to_string());
    }
}

/// Lists every place below a value, as JSON pointers.
fn list_places(value: &Value, at: &str, places: &mut Vec<String>) {
    let mut below = |name: &str, value| {
        let place = format!("{at}/{name}");
        list_places(value, &place, places);
        places.push(place);
    };
    match value {
        Value::Object(object) => object.iter().for_each(|(name, value)| below(name, value)),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, value)| below(&index.to_string(), value)),
        _ => {}
    }
}

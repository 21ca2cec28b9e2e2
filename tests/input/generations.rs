//! Offerings of both generations in one file: those of products and plans, and those of plans and pricing options.

use std::collections::BTreeMap;

use imports::options::{ImportOptions, OnConflict};
use rand::{RngExt, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::{ROOT, openapi, schema, seeds, service::Service};

const ORDERS: u64 = 40;

/// The examples that `openapi.yaml` has of lines.
fn examples() -> Vec<Value> {
    let schemas = openapi::DOCUMENT["components"]["schemas"].as_object().unwrap();
    let lines = schemas.iter().filter(|(name, _)| name.ends_with("Line") && !name.ends_with("ResultLine"));
    lines.flat_map(|(_, schema)| schema["examples"].as_array().into_iter().flatten().cloned()).collect()
}

/// The features of the sample file, its offerings of pricing options, and the subscriptions to them.
fn samples() -> Vec<Value> {
    let file = std::fs::read_to_string(format!("{ROOT}/events/sample.jsonl")).unwrap();
    let lines = file.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let wanted =
        |line: &Value| line["data"]["type"] == "subscription_feature" || schema::is_priced(&line["data"]["attributes"]);
    lines.filter(wanted).collect()
}

/// A line in one of the forms that are read.
fn written(rng: &mut ChaCha8Rng, line: &Value) -> String {
    let data = &line["data"];
    let mut short = data["attributes"].clone();
    short["type"] = data["type"].clone();
    match rng.random_range(0..4) {
        0 => data.to_string(),
        1 => short.to_string(),
        2 => json!({ "data": short }).to_string(),
        _ => line.to_string(),
    }
}

/// Imports lines in some order, all of them good.
async fn import(service: &Service, rng: &mut ChaCha8Rng, number: u128, mut lines: Vec<Value>) {
    lines.shuffle(rng);
    let file: Vec<_> = lines.iter().map(|line| written(rng, line)).collect();
    let options = ImportOptions { on_conflict: OnConflict::Update, ..ImportOptions::default() };
    let outcome = service.import_with(options, number, file.join("\n")).await;
    assert_eq!(outcome.errors, Vec::<Value>::new());
    assert_eq!(outcome.results.len(), lines.len());
}

/// The attributes of the objects that have a name, by their ids.
fn named(service: &Service) -> BTreeMap<String, Value> {
    let all = service.worker.records.all();
    let named = all.into_iter().filter(|record| record.external_ref.is_some());
    named.map(|record| (record.id.to_string(), serde_json::to_value(&record.attributes).unwrap())).collect()
}

#[test]
fn every_example_and_both_generations_import_in_any_order_and_again() {
    seeds::each(ORDERS, async |_, mut rng| {
        let service = Service::new();
        let lines = [examples(), samples()].concat();
        let priced = lines.iter().filter(|line| schema::is_priced(&line["data"]["attributes"])).count();
        assert!(priced >= 8 && lines.len() - priced >= 10, "{priced} of {}", lines.len());
        import(&service, &mut rng, 1, lines.clone()).await;
        let first = named(&service);
        import(&service, &mut rng, 2, lines.clone()).await;
        assert_eq!(named(&service), first, "the same file makes the same objects");

        // A part that is put in front moves no id.
        let mut longer = lines;
        for line in &mut longer {
            for list in ["plans", "pricing_options"] {
                let pointer = format!("/data/attributes/{list}");
                if line["data"]["type"] == "subscription_offering"
                    && line.pointer("/data/attributes/pricing_options").is_some()
                    && let Some(Value::Array(items)) = line.pointer_mut(&pointer)
                {
                    let mut another = items[0].clone();
                    another["external_ref"] = json!("put in front");
                    another.as_object_mut().unwrap().remove("feature_configurations");
                    items.insert(0, another);
                }
            }
        }
        import(&service, &mut rng, 3, longer).await;
        let third = named(&service);
        assert!(first.keys().eq(third.keys()));
        for (id, before) in &first {
            for list in ["plans", "pricing_options"] {
                let parts = |attributes: &Value| attributes[list].as_array().cloned().unwrap_or_default();
                let after = parts(&third[id]);
                assert!(parts(before).iter().all(|part| after.contains(part)), "{before:#} {after:#?}");
            }
        }
    });
}

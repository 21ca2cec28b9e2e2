//! Each example of what an attribute may be is written in its place, and the rule that shows it takes it.

use std::collections::BTreeSet;

use serde_json::{Deserializer, Value, json};

use super::{ID, typed::errors};
use crate::{explain::example, json::Path};

/// A good line for every attribute.
pub(super) const LINES: &str = include_str!("../../../../../fuzz/seeds/lines/every-attribute");

/// The places of all attributes within a value, each as the keys and indexes that lead there.
pub(super) fn places(value: &Value, place: &[String], all: &mut Vec<Vec<String>>) {
    let inner = |key: String| [place, &[key]].concat();
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                // Of an object with attributes the type is another one's.
                if !object.contains_key("attributes") {
                    all.push(inner(key.clone()));
                }
                places(value, &inner(key.clone()), all);
            }
        }
        Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| {
            places(item, &inner(index.to_string()), all);
        }),
        _ => {}
    }
}

/// The path of a place.
pub(super) fn with_path<T>(place: &[String], path: Path<'_>, then: impl FnOnce(Path<'_>) -> T) -> T {
    match place.split_first() {
        None => then(path),
        Some((first, rest)) => match first.parse() {
            Ok(index) => with_path(rest, Path::Item(&path, index), then),
            Err(_) => with_path(rest, Path::Key(&path, first), then),
        },
    }
}

/// What an example stands for: its own values, and something of the caller's for each `…`.
fn value_of(example: &str, name: &str) -> Option<Value> {
    let own = if name == "email" { "ada@example.com" } else { ID };
    Deserializer::from_str(&example.replace('…', own)).into_iter().next()?.ok()
}

#[test]
fn each_example_is_taken_where_it_is_shown() {
    let mut tried = BTreeSet::new();
    for line in LINES.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let attributes: Vec<String> = ["data", "attributes"].map(str::to_owned).to_vec();
        let mut all = Vec::new();
        places(&line["data"]["attributes"], &attributes, &mut all);
        for place in all {
            let name = place.last().unwrap();
            let pointer = |place: &[String]| place.iter().fold(String::new(), |pointer, key| pointer + "/" + key);
            let holder = line.pointer(&pointer(&place[..place.len() - 1])).unwrap();
            let is_list = holder[name.as_str()].is_array();
            let (field, required, object) = with_path(&place, Path::Line, |path| {
                (path.to_string(), example::required(&path), example::object(&path))
            });
            // The parts of a newer offering have examples of their own.
            let is_part =
                holder.get("pricing_options").is_some() && ["plans", "pricing_options"].contains(&name.as_str());
            let required = required.filter(|_| !is_part).and_then(|example| value_of(example, name));
            let object = object.and_then(|example| value_of(example, name));
            let object = object.map(|object| if is_list && object.is_object() { json!([object]) } else { object });
            for example in required.into_iter().chain(object) {
                let mut line = line.clone();
                *line.pointer_mut(&pointer(&place)).unwrap() = example;
                let wrong = errors(&line.to_string());
                let wrong =
                    wrong.iter().find(|error| error.field.starts_with(&field) && !error.code.is_not_in_offering());
                assert!(wrong.is_none(), "{line}\n{wrong:?}");
                tried.insert(name.clone());
            }
        }
    }
    let source = include_str!("../example.rs");
    let arms = source.lines().filter_map(|line| line.trim().split_once(" => ")).map(|(names, _)| names);
    // Behind `Some(` stands a parent.
    let names = arms.flat_map(|names| names.split("Some(").next().unwrap_or_default().split('"').skip(1).step_by(2));
    let missing: Vec<&str> = names.filter(|name| !tried.contains(*name) && *name != "pricing_options").collect();
    assert!(missing.is_empty(), "{missing:?} are in no line");
    let offering = json!({
        "type": "subscription_offering",
        "name": "Office",
        "plans": [value_of(example::PLAN, "")],
        "pricing_options": [value_of(example::PRICING_OPTION, "")],
    });
    assert_eq!(errors(&offering.to_string()), []);
}

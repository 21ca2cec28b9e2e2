//! Every attribute that `openapi.yaml` knows, in every place where it may stand: none is stored unchecked, and null is as
//! good as nothing.

use std::{collections::BTreeSet, sync::Arc};

use records::{Record, RecordError, RecordId, RecordType, Reference, Resolution, outline, read};
use serde_json::{Value, json};

use crate::schema::{Schemas, is_priced};

/// An attribute in its place within a line, there or not.
struct Place<'a> {
    /// The JSON pointer of the object or list that it is part of.
    parent: String,
    name: String,
    /// What it may be.
    schemas: Vec<&'a Value>,
    /// The place without the numbers of items and the names of currencies.
    pattern: String,
}

impl Place<'_> {
    fn pointer(&self) -> String {
        format!("{}/{}", self.parent, self.name)
    }

    /// The place as errors name it.
    fn field(&self) -> String {
        let mut field = String::new();
        for name in self.pointer().split('/').skip(1) {
            match (name.parse::<usize>(), field.as_str()) {
                (Ok(index), _) => field = format!("{field}[{index}]"),
                (_, "") => name.clone_into(&mut field),
                _ => field = format!("{field}.{name}"),
            }
        }
        field
    }

    /// The line with another value here; without one where it is a list's turn or the object is not there.
    fn with(&self, line: &Value, value: Value) -> Option<Value> {
        let mut line = line.clone();
        match line.pointer_mut(&self.parent)? {
            Value::Object(object) => drop(object.insert(self.name.clone(), value)),
            Value::Array(items) => *items.get_mut(self.name.parse::<usize>().ok()?)? = value,
            _ => return None,
        }
        Some(line)
    }

    fn without(&self, line: &Value) -> Option<Value> {
        let mut line = line.clone();
        line.pointer_mut(&self.parent)?.as_object_mut()?.remove(&self.name);
        Some(line)
    }
}

/// Finds the places within a value that is described by any of these schemas.
fn list_places<'a>(
    schemas: &'a Schemas,
    any: &[&'a Value],
    value: &Value,
    at: (&str, &str),
    places: &mut Vec<Place<'a>>,
) {
    let (pointer, pattern) = at;
    let mut add = |name: &str, schemas_there: Vec<&'a Value>, pattern: String, value: Option<&Value>| {
        let place = Place { parent: pointer.to_owned(), name: name.to_owned(), schemas: schemas_there, pattern };
        if let Some(value) = value {
            list_places(schemas, &place.schemas, value, (&place.pointer(), &place.pattern), places);
        }
        places.push(place);
    };
    let below = |keyword: &str| any.iter().filter_map(|schema| schemas.keyword(schema, keyword)).collect::<Vec<_>>();
    match value {
        Value::Object(members) => {
            let has_attributes = members.contains_key("attributes");
            let known: BTreeSet<_> =
                any.iter().flat_map(|schema| schemas.names(schema, has_attributes).into_keys()).collect();
            for name in known {
                let here = |schema: &&'a Value| schemas.names(schema, has_attributes).remove(name).unwrap_or_default();
                add(name, any.iter().flat_map(here).collect(), format!("{pattern}.{name}"), members.get(name));
            }
            let prices = below("additionalProperties");
            if !prices.is_empty() {
                for name in members.keys().map(String::as_str).chain(["EUR"]) {
                    add(name, prices.clone(), format!("{pattern}.*"), members.get(name));
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                add(&index.to_string(), below("items"), format!("{pattern}[]"), Some(item));
            }
        }
        _ => {}
    }
}

/// Finds the places that there can be, by the schema alone.
fn list_patterns(schemas: &Schemas, schema: &Value, at: &str, patterns: &mut BTreeSet<String>) {
    for (name, values) in schemas.names(schema, false) {
        let pattern = format!("{at}.{name}");
        for value in values {
            list_patterns(schemas, value, &pattern, patterns);
        }
        patterns.insert(pattern);
    }
    for (keyword, sign) in [("items", "[]"), ("additionalProperties", ".*")] {
        if let Some(inner) = schemas.keyword(schema, keyword) {
            let pattern = format!("{at}{sign}");
            list_patterns(schemas, inner, &pattern, patterns);
            patterns.insert(pattern);
        }
    }
}

/// Two objects as one.
fn joined(mut first: Value, second: &Value) -> Value {
    first.as_object_mut().unwrap().extend(second.as_object().unwrap().clone());
    first
}

/// A good line of every kind, in its full form, with every attribute in one of them: tests of the contract and fuzzers
/// begin with the same.
const LINES: &str = include_str!("../../fuzz/seeds/lines/every-attribute");

/// The types and attributes of those lines. Where one has a list of others, it holds every line of their type as well, by
/// itself and with its attributes apart.
fn good_lines() -> Vec<(RecordType, Value)> {
    let read = |line: &str| {
        let whole: Value = serde_json::from_str(line).unwrap();
        (outline(line.as_bytes()).record_type.unwrap(), whole["data"]["attributes"].clone())
    };
    let mut lines: Vec<_> = LINES.lines().map(read).collect();
    let alone = lines.clone();
    for (list, item) in [
        ("products", RecordType::SubscriptionProduct),
        ("plans", RecordType::SubscriptionPlan),
        ("features", RecordType::SubscriptionFeature),
    ] {
        let items = alone.iter().filter(|(record_type, _)| *record_type == item);
        let items = items.flat_map(|(_, line)| [line.clone(), json!({"type": item, "attributes": line})]);
        let items: Vec<_> = items.collect();
        for (_, line) in &mut lines {
            let mut items = items.clone();
            if is_priced(line) {
                // Plans that are lines are no plans there; and names are unique, or left out.
                if item == RecordType::SubscriptionPlan {
                    continue;
                }
                for holder in ["", "/attributes"] {
                    let named = items.iter_mut().filter_map(|item| item.pointer_mut(holder)?.as_object_mut());
                    named.for_each(|item| drop(item.remove("external_ref")));
                }
            }
            for holder in ["", "/offering", "/offering/attributes"] {
                if let Some(Value::Array(list)) = line.pointer_mut(&format!("{holder}/{list}")) {
                    list.append(&mut items.clone());
                }
            }
        }
    }
    lines
}

/// The contract, and something to put in the place of each reference.
struct Bench {
    schemas: Schemas,
    /// Types, their `external_ref`, the copy.
    copies: Vec<(RecordType, String, Resolution)>,
}

impl Bench {
    fn new() -> Self {
        let mut bench = Self { schemas: Schemas::read(), copies: Vec::new() };
        // An offering's own references come before it.
        for (record_type, attributes) in good_lines() {
            if let Some(name) = attributes.get("external_ref").and_then(Value::as_str) {
                let record = bench.outcome(&full(record_type, &attributes)).unwrap();
                let copy = Resolution::Found(Arc::new(record.snapshot()));
                bench.copies.push((record_type, name.to_owned(), copy));
            }
        }
        bench
    }

    /// What becomes of a line whose references are all found.
    fn outcome(&self, line: &Value) -> Result<Record, Vec<RecordError>> {
        let draft = read(line.to_string().as_bytes())?;
        let found = draft.look_up(|reference| self.found(reference));
        found.resolve(RecordId::parse("00000000-0000-4000-8000-000000000000").unwrap()).map(Option::unwrap)
    }

    /// The object of this name; where there is none, the first of its type.
    fn found(&self, reference: &Reference) -> Resolution {
        let of_type = || self.copies.iter().filter(|(record_type, ..)| *record_type == reference.record_type);
        let named = of_type().find(|(_, name, _)| *name == reference.text);
        named.or_else(|| of_type().next()).unwrap().2.clone()
    }

    /// Runs a check over every good line, in its full and in its short form, with all the places that it has.
    fn for_each_line(&self, mut check: impl FnMut(&Value, &[Place<'_>])) {
        let (mut wanted, mut met) = (BTreeSet::new(), BTreeSet::new());
        for (record_type, attributes) in good_lines() {
            let schema = self.schemas.of_line(record_type.as_str(), is_priced(&attributes));
            let inner = &schema["properties"]["data"]["properties"];
            let short = json!({
                "properties": {"data": {"type": "object"}, "type": inner["type"], "attributes": {"type": "object"}},
                "anyOf": [inner["attributes"]],
            });
            list_patterns(&self.schemas, schema, record_type.as_str(), &mut wanted);
            for (schema, line) in
                [(schema, full(record_type, &attributes)), (&short, joined(json!({"type": record_type}), &attributes))]
            {
                let mut places = Vec::new();
                list_places(&self.schemas, &[schema], &line, ("", record_type.as_str()), &mut places);
                assert_eq!(self.outcome(&line).err(), None, "{line}");
                check(&line, &places);
                met.extend(places.into_iter().map(|place| place.pattern));
            }
        }
        let types: BTreeSet<_> = good_lines().into_iter().map(|(record_type, _)| record_type).collect();
        assert_eq!(types, RecordType::ALL.iter().copied().collect(), "a good line of every type");
        let missing: Vec<_> = wanted.difference(&met).collect();
        assert!(missing.is_empty(), "no good line has these places: {missing:#?}");
        println!("{} places", wanted.len());
    }
}

/// A line in its full form.
fn full(record_type: RecordType, attributes: &Value) -> Value {
    json!({"data": {"type": record_type, "attributes": attributes}})
}

/// One value of every kind but null, and some with more inside.
fn values() -> [Value; 9] {
    [
        json!(7),
        json!(-1.5),
        json!("text"),
        json!(true),
        json!([]),
        json!({}),
        json!([7]),
        json!(["ref", {"x": 1}, 7]),
        json!({"x": {"y": [1]}, "attributes": {"z": 2}}),
    ]
}

#[test]
fn no_attribute_is_stored_unchecked_wherever_it_stands() {
    let (bench, mut refused, mut stored) = (Bench::new(), 0, 0);
    bench.for_each_line(|line, places| {
        for place in places {
            for value in values() {
                let line = place.with(line, value.clone()).unwrap();
                let is_legal = place.schemas.iter().any(|schema| bench.schemas.allows_kind(schema, &value));
                match bench.outcome(&line) {
                    Err(errors) => {
                        let field = place.field();
                        let is_reported = errors.iter().any(|error| {
                            let below = error.field.strip_prefix(&field);
                            below.is_some_and(|below| below.is_empty() || below.starts_with(['.', '[']))
                        });
                        assert!(is_legal || is_reported, "{value} for {field} is not reported: {errors:?}");
                        refused += 1;
                    }
                    Ok(record) => {
                        let attributes = serde_json::to_value(record.attributes()).unwrap();
                        let schema = bench.schemas.of_record(record.record_type().as_str(), &attributes);
                        assert!(
                            bench.schemas.allows(&schema, &attributes),
                            "{value} for {}: {attributes:#}",
                            place.field()
                        );
                        stored += 1;
                    }
                }
            }
        }
    });
    println!("{refused} lines refused, {stored} stored as they should be");
    assert!(refused > 10_000 && stored > 1_000);
}

#[test]
fn a_null_is_as_good_as_nothing_wherever_it_stands() {
    let (bench, mut count) = (Bench::new(), 0);
    bench.for_each_line(|line, places| {
        let members: Vec<_> = places.iter().filter(|place| place.name.parse::<usize>().is_err()).collect();
        let (mut others, mut wrong) = (members.iter().skip(1).cycle(), values().into_iter().cycle());
        let mut check = |line: &Value, place: &Place<'_>| {
            let Some((null, nothing)) = place.with(line, Value::Null).zip(place.without(line)) else { return };
            // What is told to do is not the same: to write something in its place, or to add it.
            let outcome = |line: &Value| {
                let errors = |errors: Vec<RecordError>| errors.into_iter().map(|error| (error.code, error.field));
                bench.outcome(line).map_err(|all| errors(all).collect::<Vec<_>>())
            };
            assert_eq!(outcome(&null), outcome(&nothing), "{}: null in {line}", place.field());
            count += 1;
        };
        for place in places {
            check(line, place);
            // Where something is wrong already, a null elsewhere changes nothing of what is reported.
            let (value, other) = wrong.next().zip(others.next()).unwrap();
            check(&place.with(line, value).unwrap(), other);
        }
    });
    println!("{count} nulls made no difference");
    assert!(count > 5_000);
}

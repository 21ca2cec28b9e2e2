//! Every attribute that `openapi.yaml` knows, in every place where it may stand: none is stored unchecked, and null is as
//! good as nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use records::{Record, RecordError, RecordId, RecordType, Resolution, read};
use serde_json::{Value, json};

use crate::schema::Schemas;

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

fn product() -> Value {
    json!({"external_ref": "tea", "name": "Tea", "description": "Loose leaves.", "sku": "T-1",
        "main_image": "https://example.com/tea.png", "price": {"GBP": {"amount": 450, "includes_tax": true}},
        "price_units": {"unit": "month", "amount": 1}, "colour": "green"})
}

fn plan() -> Value {
    json!({"external_ref": "monthly", "name": "Monthly", "description": "Once a month.", "billing_interval_type": "month",
        "billing_frequency": 1, "trial_period": 0, "plan_length": 12, "end_behavior": "roll", "base_price_percentage": 95,
        "fixed_price": {"USD": {"amount": 900, "includes_tax": false}}, "can_pause": true, "can_resume": true,
        "can_cancel": false})
}

/// A feature of each type, with its settings in either place.
fn features() -> Vec<Value> {
    let usage = json!({"tag": "calls", "label": "Calls", "default_value": -5});
    let promotion = json!({"promotions": [{"name": "Summer", "tag": "sun", "promotion_id": "p-1"}]});
    let kinds = [("access", json!({"tag": "gold"})), ("promotion", promotion), ("usage", usage)];
    let configurations = kinds.iter().flat_map(|(kind, settings)| {
        [joined(json!({"type": kind}), settings), json!({"type": kind, (*kind): settings})]
    });
    let feature = |configuration| json!({"external_ref": "lounge", "name": "Lounge", "description": "All of it.", "configuration": configuration});
    configurations.map(feature).collect()
}

/// An object as an offering may hold it: named, by itself, and with its attributes apart.
fn items(reference: &str, record_type: &str, objects: &[Value]) -> Vec<Value> {
    let apart = objects.iter().map(|object| json!({"type": record_type, "attributes": object}));
    [json!(reference)].into_iter().chain(objects.iter().cloned()).chain(apart).collect()
}

fn lists() -> Value {
    json!({"products": items("tea", "subscription_product", &[product()]),
        "plans": items("monthly", "subscription_plan", &[plan()]),
        "features": items("lounge", "subscription_feature", &features())})
}

fn offering() -> Value {
    joined(json!({"external_ref": "box", "name": "Box", "description": "A box a month."}), &lists())
}

/// Subscriptions that give their offering in every way there is.
fn subscriptions() -> Vec<Value> {
    let id = "4dbb0891-17c3-4b93-8191-a45357163595";
    let own = json!({"external_ref": "ada-box", "account_id": id, "address_id": id, "currency": "GBP", "name": "Ada Lovelace",
        "email": "ada@example.com", "manual_payments": true, "payment_authority": {"type": "stripe"}, "pending": false,
        "first_invoice_paid": true, "started_at": "2026-01-10T11:41:19+01:00"});
    let mut lists = lists();
    for (plan, selected) in [(1, true), (2, false)] {
        lists["plans"][plan]["meta"] = json!({"selected": selected});
    }
    let alone = json!({"external_ref": "box", "name": "Box", "description": "A box a month."});
    let apart = json!({"type": "subscription_offering", "attributes": joined(alone.clone(), &lists)});
    [
        json!({"offering_id": id, "plan_id": "monthly"}),
        json!({"offering_external_ref": "box", "selected_plan": "monthly"}),
        joined(json!({"offering": alone}), &lists),
        json!({"offering": joined(alone.clone(), &lists)}),
        json!({"offering": apart}),
        joined(
            json!({"offering": {"attributes": joined(alone, &json!({"plans": lists["plans"]}))}}),
            &json!({"products": lists["products"]}),
        ),
    ]
    .iter()
    .map(|offering| joined(own.clone(), offering))
    .collect()
}

/// Good lines, in each of which much may be wrong: their type and their attributes.
fn good_lines() -> Vec<(RecordType, Value)> {
    let subscriber = json!({"external_ref": "ada", "account_id": "4dbb0891-17c3-4b93-8191-a45357163595",
        "name": "Ada Lovelace", "email": "ada@example.com", "payment_authority": {"type": "stripe"}});
    let mut lines = vec![
        (RecordType::SubscriptionProduct, product()),
        (RecordType::SubscriptionPlan, plan()),
        (RecordType::SubscriptionSubscriber, subscriber),
        (RecordType::SubscriptionOffering, offering()),
    ];
    lines.extend(features().into_iter().map(|feature| (RecordType::SubscriptionFeature, feature)));
    lines.extend(subscriptions().into_iter().map(|subscription| (RecordType::Subscription, subscription)));
    lines
}

/// The contract, and something to put in the place of each reference.
struct Bench {
    schemas: Schemas,
    copies: BTreeMap<RecordType, Resolution>,
}

impl Bench {
    fn new() -> Self {
        let mut bench = Self { schemas: Schemas::read(), copies: BTreeMap::new() };
        for (record_type, attributes) in [
            (RecordType::SubscriptionProduct, product()),
            (RecordType::SubscriptionPlan, plan()),
            (RecordType::SubscriptionFeature, features().remove(0)),
            (RecordType::SubscriptionOffering, offering()),
        ] {
            let record = bench.outcome(&full(record_type, &attributes)).unwrap();
            bench.copies.insert(record_type, Resolution::Found(Arc::new(record.snapshot())));
        }
        bench
    }

    /// What becomes of a line whose references are all found.
    fn outcome(&self, line: &Value) -> Result<Record, Vec<RecordError>> {
        let draft = read(line.to_string().as_bytes())?;
        let found = draft.look_up(|reference| self.copies[&reference.record_type].clone());
        found.resolve(RecordId::parse("00000000-0000-4000-8000-000000000000").unwrap()).map(Option::unwrap)
    }

    /// Runs a check over every good line, in its full and in its short form, with all the places that it has.
    fn for_each_line(&self, mut check: impl FnMut(&Value, &[Place<'_>])) {
        let (mut wanted, mut met) = (BTreeSet::new(), BTreeSet::new());
        for (record_type, attributes) in good_lines() {
            let schema = self.schemas.of_line(record_type.as_str());
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
                        let is_told = errors.iter().any(|error| {
                            let below = error.field.strip_prefix(&field);
                            below.is_some_and(|below| below.is_empty() || below.starts_with(['.', '[']))
                        });
                        assert!(is_legal || is_told, "{value} for {field} is not told: {errors:?}");
                        refused += 1;
                    }
                    Ok(record) => {
                        let attributes = serde_json::to_value(record.attributes()).unwrap();
                        let schema = bench.schemas.of_record(record.record_type().as_str());
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
            assert_eq!(bench.outcome(&null), bench.outcome(&nothing), "{}: null in {line}", place.field());
            count += 1;
        };
        for place in places {
            check(line, place);
            // Where something is wrong already, a null elsewhere changes nothing of what is told.
            let (value, other) = wrong.next().zip(others.next()).unwrap();
            check(&place.with(line, value).unwrap(), other);
        }
    });
    println!("{count} nulls made no difference");
    assert!(count > 5_000);
}

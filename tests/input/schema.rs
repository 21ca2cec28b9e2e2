//! The schemas of `openapi.yaml`: which names they know, where, and which values they allow.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::openapi;

/// The schemas, by which the lines of a file are described.
pub(crate) struct Schemas(&'static Value);

impl Schemas {
    pub(crate) fn read() -> Self {
        Self(&openapi::DOCUMENT)
    }

    /// The schema of this name.
    pub(crate) fn get(&self, name: &str) -> &Value {
        &self.0["components"]["schemas"][name]
    }

    /// The whole document.
    pub(crate) const fn document(&self) -> &Value {
        self.0
    }

    /// The schema that describes the lines of a type; of the two for offerings and for subscriptions, that of those which are
    /// priced by pricing options or by plans alone.
    pub(crate) fn of_line(&self, record_type: &str, is_priced: bool) -> &Value {
        let lines = branches(self.get("ImportLine"));
        let lines = lines.map(|line| self.target(line).unwrap_or(line));
        let of_type = |line: &&Value| line["properties"]["data"]["properties"]["type"]["const"] == record_type;
        let mut lines: Vec<_> = lines.filter(of_type).collect();
        assert!((1..=2).contains(&lines.len()), "{record_type} has {} schemas", lines.len());
        // The newer one comes first.
        if is_priced { lines[0] } else { lines.pop().unwrap() }
    }

    /// The schema of a type's attributes, as far as it holds for a stored object as well: there the offering and what is chosen
    /// of it are in one place, however a line gave them.
    pub(crate) fn of_record(&self, record_type: &str, attributes: &Value) -> Value {
        let line = self.of_line(record_type, is_priced(attributes));
        let attributes = &line["properties"]["data"]["properties"]["attributes"];
        let mut schema = self.target(attributes).unwrap().clone();
        schema.as_object_mut().unwrap().remove("allOf");
        schema
    }

    /// What a `$ref` leads to.
    fn target<'a>(&'a self, schema: &Value) -> Option<&'a Value> {
        self.0.pointer(schema["$ref"].as_str()?.strip_prefix('#')?)
    }

    /// The names that an object may have here, each with what its value may be. An object with `attributes` has only those
    /// that stand beside them.
    pub(crate) fn names<'a>(&'a self, schema: &'a Value, has_attributes: bool) -> BTreeMap<&'a str, Vec<&'a Value>> {
        let mut names: BTreeMap<_, Vec<_>> = BTreeMap::new();
        if let Some(properties) = schema["properties"].as_object() {
            for (name, value) in properties {
                names.entry(name.as_str()).or_default().push(value);
            }
        }
        let mut parts: Vec<_> = self.target(schema).into_iter().chain(branches(schema)).collect();
        let wraps = |part: &&Value| self.names(part, false).contains_key("attributes");
        if has_attributes && parts.iter().any(wraps) {
            parts.retain(wraps);
        }
        for part in parts {
            for (name, mut values) in self.names(part, has_attributes) {
                names.entry(name).or_default().append(&mut values);
            }
        }
        names
    }

    /// What follows a keyword, wherever it stands in the schema or in what that is made of.
    pub(crate) fn keyword<'a>(&'a self, schema: &'a Value, keyword: &str) -> Option<&'a Value> {
        let mut parts = self.target(schema).into_iter().chain(branches(schema));
        schema.get(keyword).or_else(|| parts.find_map(|part| self.keyword(part, keyword)))
    }

    /// Whether a value is of a kind that the schema allows.
    pub(crate) fn allows_kind(&self, schema: &Value, value: &Value) -> bool {
        if let Some(kinds) = schema.get("type") {
            let is = |name: &Value| kinds == name || kinds.as_array().is_some_and(|kinds| kinds.contains(name));
            return kinds_of(value).iter().any(|kind| is(&Value::from(*kind)));
        }
        if let Some(one) = schema.get("const") {
            return kinds_of(one) == kinds_of(value);
        }
        if let Some(target) = self.target(schema) {
            return self.allows_kind(target, value);
        }
        let mut alternatives = branches(schema).peekable();
        alternatives.peek().is_none() || alternatives.any(|schema| self.allows_kind(schema, value))
    }

    /// Whether a value is as the schema wants it, as far as kinds, names, bounds and lengths go. How a text is written, it
    /// does not look at.
    pub(crate) fn allows(&self, schema: &Value, value: &Value) -> bool {
        let number = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
        let within = |amount: f64, least: &str, most: &str| {
            number(least).is_none_or(|least| amount >= least) && number(most).is_none_or(|most| amount <= most)
        };
        let list = |keyword: &str| schema.get(keyword).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let own = match value {
            Value::String(text) => within(count(text.chars()), "minLength", "maxLength"),
            Value::Number(amount) => within(amount.as_f64().unwrap(), "minimum", "maximum"),
            Value::Array(items) => {
                let allowed = |item| schema.get("items").is_none_or(|schema| self.allows(schema, item));
                within(count(items), "minItems", "maxItems") && items.iter().all(allowed)
            }
            Value::Object(members) => {
                let allowed = |(name, value): (&String, &Value)| match schema["properties"].get(name) {
                    Some(schema) => self.allows(schema, value),
                    None => schema.get("additionalProperties").is_none_or(|schema| self.allows(schema, value)),
                };
                within(count(members), "minProperties", "maxProperties")
                    && list("required").iter().all(|name| members.contains_key(name.as_str().unwrap()))
                    && members.iter().all(allowed)
            }
            Value::Null | Value::Bool(_) => true,
        };
        own && (schema.get("type").is_none() || self.allows_kind(schema, value))
            && schema.get("const").is_none_or(|one| one == value)
            && (schema.get("enum").is_none() || list("enum").contains(value))
            && self.target(schema).is_none_or(|schema| self.allows(schema, value))
            && list("allOf").iter().all(|schema| self.allows(schema, value))
            && (schema.get("anyOf").is_none() || list("anyOf").iter().any(|schema| self.allows(schema, value)))
            && (schema.get("oneOf").is_none()
                || list("oneOf").iter().filter(|schema| self.allows(schema, value)).count() == 1)
            && schema.get("not").is_none_or(|schema| !self.allows(schema, value))
    }
}

/// Whether an offering has pricing options, or a subscription chooses one.
pub(crate) fn is_priced(attributes: &Value) -> bool {
    ["pricing_options", "pricing_option_id", "selected_pricing_option"]
        .iter()
        .any(|name| attributes.get(name).is_some())
}

/// The alternatives of a schema.
fn branches(schema: &Value) -> impl Iterator<Item = &Value> {
    ["anyOf", "oneOf"].into_iter().filter_map(|keyword| schema.get(keyword)?.as_array()).flatten()
}

fn count(things: impl IntoIterator) -> f64 {
    u32::try_from(things.into_iter().count()).unwrap().into()
}

/// What a schema calls a value.
fn kinds_of(value: &Value) -> &'static [&'static str] {
    match value {
        Value::Null => &["null"],
        Value::Bool(_) => &["boolean"],
        Value::Number(number) if number.is_f64() => &["number"],
        Value::Number(_) => &["integer", "number"],
        Value::String(_) => &["string"],
        Value::Array(_) => &["array"],
        Value::Object(_) => &["object"],
    }
}

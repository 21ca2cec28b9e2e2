//! References, and the objects that may be given in their place.

use super::{Field, Fields};
use crate::{
    error::RecordErrorCode,
    explain,
    json::Json,
    limits::EXTERNAL_REF,
    quote::{Digits, Shown, Value, has_visible},
    record_type::RecordType,
    reference::{LookUp, Reference},
};

impl Field<'_> {
    /// A list of references and inline objects.
    pub(crate) fn references(
        mut self,
        at_least: usize,
        record_type: RecordType,
        types: &[&'static str],
        rule: fn(&mut Fields<'_>),
    ) {
        self.hold_at_least(at_least, "name one, or describe it");
        self.items(|mut item| match item.value.as_deref() {
            Some(Json::String(text)) if text.trim().is_empty() => {
                item.fail(RecordErrorCode::WrongLength, "is empty: take it out, or write an id or external_ref");
            }
            Some(Json::String(_)) => item.reference(record_type, LookUp::Any),
            Some(found) => match reference_meant(found, record_type) {
                Some(cure) => item.fail(RecordErrorCode::WrongType, cure),
                None => item.inline(types, rule),
            },
            None => {}
        });
    }

    /// A reference to one object.
    pub(crate) fn reference(mut self, record_type: RecordType, look_up: LookUp) {
        let text = match look_up {
            LookUp::Any | LookUp::ExternalRef if self.is_number() => {
                let number = self.value.as_deref().map(|number| Value(number).to_string()).unwrap_or_default();
                let problem = format!("must be a string, not {number}: {}", named(record_type));
                self.fail(RecordErrorCode::WrongType, problem);
                None
            }
            LookUp::Any | LookUp::ExternalRef => self.reborrow().text(EXTERNAL_REF),
            LookUp::Id if self.is_named() => None,
            LookUp::Id => self.reborrow().uuid(),
        };
        if let Some(text) = text.map(str::to_owned) {
            self.findings.references.push(Reference { path: self.path.to_string(), record_type, text, look_up });
        }
    }

    const fn is_number(&self) -> bool {
        matches!(self.value, Some(Json::Number(_)))
    }

    /// Whether a name stands where an id is wanted; then that is the error.
    fn is_named(&mut self) -> bool {
        let own = self.path.name().to_string().replace("_id", "_external_ref");
        let (name, write) = match self.value.as_deref() {
            Some(Json::String(text)) if has_visible(text) && !explain::is_meant_as_uuid(text) => {
                let name = Shown(&explain::visible(text)).to_string();
                let write = format!("write {own}:{name} in its place");
                (name, write)
            }
            Some(Json::Number(digits)) => {
                (Digits(digits).to_string(), format!("write the external_ref, in double quotes, as {own}"))
            }
            _ => return false,
        };
        let problem = format!(
            "must be a UUID of 36 characters, not {name}: a name or number of your own stands under another attribute: {write}"
        );
        self.fail(RecordErrorCode::Malformed, problem);
        true
    }

    /// An object inside another one: its attributes, or `{"type"?,"attributes":{…}}` with one of some types.
    pub(crate) fn inline(self, types: &[&'static str], rule: impl FnOnce(&mut Fields<'_>)) {
        let Some(mut object) = self.object() else { return };
        object.optional("type").one_of(types);
        if !object.has("attributes") {
            rule(&mut object);
            return;
        }
        // As in a line: its name may stand beside its attributes.
        if let Some(Json::Object(attributes)) = object.object.get("attributes")
            && !attributes.has("external_ref")
            && let Some(name) = object.object.remove("external_ref")
            && let Some(Json::Object(attributes)) = object.object.get_mut("attributes")
        {
            attributes.insert("external_ref", name);
        }
        if let Some(mut attributes) = object.optional("attributes").object() {
            rule(&mut attributes);
        }
    }
}

/// What a reference is, for whoever wrote something else.
fn named(record_type: RecordType) -> String {
    format!("write a {record_type}'s external_ref in quotes")
}

/// What to write for something that is no string but stands for a reference; nothing for an object with attributes.
fn reference_meant(found: &Json, record_type: RecordType) -> Option<String> {
    // As the relationships of JSON:API write it.
    if let Json::Object(object) = found
        && let (1, Some(data @ Json::Object(_))) = (object.iter().count(), object.get("data"))
    {
        return reference_meant(data, record_type);
    }
    let wrong = "must be a string or an object with attributes";
    match found {
        Json::Object(object) => {
            let is_name = |key: &str| ["id", "external_ref", "type"].contains(&key);
            let named = ["id", "external_ref"].into_iter().find_map(|key| object.get(key)?.as_str());
            let text = named.filter(|_| object.iter().all(|(key, _)| is_name(key)))?;
            Some(format!("is a reference, and a reference is a string: write {}", Shown(text)))
        }
        Json::Array(items) if let [Json::String(text)] = items.as_slice() => {
            Some(format!("{wrong}, not an array: write {} without the inner [ and ]", Shown(text)))
        }
        Json::Null => Some(format!("{wrong}, not null: write one, or take it out")),
        other => Some(format!("{wrong}, not {}: {}", Value(other), named(record_type))),
    }
}

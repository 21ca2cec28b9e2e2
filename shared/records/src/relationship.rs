//! Relationships as JSON:API writes them. They are not read; what they name is shown where it has to stand.

use std::fmt;

use crate::{
    json::{Json, Object},
    quote::Shown,
    record_id::RecordId,
    record_type::RecordType,
};

/// The most names of a list that are shown.
const SHOWN: usize = 5;

/// An attribute that lacks what a relationship names.
#[derive(Debug)]
pub(super) struct Related {
    pub(super) attribute: &'static str,
    names: Vec<String>,
    is_list: bool,
}

/// Puts what relationships name among the attributes that lack it, so that no rule misses it; the answer says what was put there.
pub(super) fn fill(record_type: RecordType, relationships: &Object, attributes: &mut Object) -> Vec<Related> {
    let mut filled = Vec::new();
    for (name, value) in relationships.iter() {
        let names = names(value);
        let Some((attribute, is_list)) = names.first().and_then(|first| place(record_type, name, first)) else {
            continue;
        };
        if attributes.get(attribute).is_some_and(|given| *given != Json::Null) {
            continue;
        }
        let text = |name: &String| Json::from(name.as_str());
        let mut all: Vec<Json> = names.iter().map(text).collect();
        let value = if is_list { Json::from(all) } else { all.swap_remove(0) };
        attributes.insert(attribute, value);
        filled.push(Related { attribute, names, is_list });
    }
    filled
}

/// The attribute in which a relationship has to stand, and whether that is a list.
fn place(record_type: RecordType, name: &str, first: &str) -> Option<(&'static str, bool)> {
    let is_id = RecordId::parse(first).is_some();
    match (record_type, name) {
        (RecordType::SubscriptionOffering, "products" | "product") => Some(("products", true)),
        (RecordType::SubscriptionOffering, "plans" | "plan") => Some(("plans", true)),
        (RecordType::SubscriptionOffering, "features" | "feature") => Some(("features", true)),
        (RecordType::Subscription, "offering") => {
            Some((if is_id { "offering_id" } else { "offering_external_ref" }, false))
        }
        (RecordType::Subscription, "plan") => Some((if is_id { "plan_id" } else { "selected_plan" }, false)),
        (RecordType::Subscription, "pricing_option") => {
            Some((if is_id { "pricing_option_id" } else { "selected_pricing_option" }, false))
        }
        _ => None,
    }
}

/// The ids of `{"data":{"type":…,"id":…}}`, of one object or a list of them.
fn names(relationship: &Json) -> Vec<String> {
    let data = relationship.as_object().and_then(|relationship| relationship.get("data"));
    let all = match data {
        Some(Json::Array(items)) => items.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    };
    let name = |item: &Json| item.as_object()?.get("id")?.as_str().filter(|id| !id.is_empty()).map(str::to_owned);
    all.iter().filter_map(name).collect()
}

/// What is wrong with relationships, and what to write in their place.
pub(super) fn problem(related: &[Related]) -> impl fmt::Display {
    let write: Vec<String> = related.iter().map(Related::shown).collect();
    format!("relationships are not read: write {} among the attributes", write.join(","))
}

impl Related {
    fn shown(&self) -> String {
        let names: Vec<String> = self.names.iter().take(SHOWN).map(|name| Shown(name).to_string()).collect();
        let more = if self.names.len() > SHOWN { ",…" } else { "" };
        let names = names.join(",");
        if self.is_list {
            format!("\"{}\":[{names}{more}]", self.attribute)
        } else {
            format!("\"{}\":{names}", self.attribute)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::read;

    /// What is told of a line with relationships.
    fn told(line: &str) -> String {
        let draft = read(line.as_bytes()).unwrap();
        let errors =
            draft.look_up(|_| crate::Resolution::Missing).resolve(crate::RecordId::parse(ID).unwrap()).unwrap_err();
        errors.iter().map(|error| error.detail() + "\n").collect()
    }

    const ID: &str = "4dbb0891-17c3-4b93-8191-a45357163595";

    #[test]
    fn a_line_with_relationships_is_told_once_what_to_write() {
        let offering = r#"{"data":{"type":"subscription_offering","attributes":{"name":"Office"},"relationships":{"products":{"data":[{"type":"subscription_product","id":"tea"},{"id":"mug"}]},"plans":{"data":[{"id":"weekly"}]},"features":{"data":[]}}}}"#;
        insta::assert_snapshot!(told(offering), @r#"data.attributes.products: relationships are not read: write "products":["tea","mug"],"plans":["weekly"] among the attributes"#);
        let subscription = format!(
            r#"{{"data":{{"type":"subscription","attributes":{{"account_id":"{ID}","currency":"GBP","name":"Ada Hill","email":"ada@example.com","manual_payments":true}},"relationships":{{"offering":{{"data":{{"id":"{ID}"}}}},"plan":{{"data":{{"id":"weekly"}}}}}}}}}}"#
        );
        insta::assert_snapshot!(told(&subscription), @r#"data.attributes.offering_id: relationships are not read: write "offering_id":"4dbb0891-17c3-4b93-8191-a45357163595","selected_plan":"weekly" among the attributes"#);
        // What is given as attributes as well needs no relationship.
        let both = r#"{"data":{"type":"subscription_offering","attributes":{"name":"O","products":["tea"],"plans":["weekly"]},"relationships":{"products":{"data":[{"id":"tea"}]}}}}"#;
        assert!(!told(both).contains("relationships are"));
    }
}

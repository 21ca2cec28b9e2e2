//! The words and limits of `openapi.yaml` are those of the code.

use std::collections::BTreeSet;

use imports::{
    filter,
    ignored::MOST_IGNORED,
    import::ImportStatus,
    options::{OnConflict, OptionName, Unknown},
    page::{MAX_LIMIT, MAX_OFFSET},
    parameters::MAX_WAIT,
    report::Action,
};
use records::{RecordErrorCode, RecordType, WarningCode, limits};
use serde_json::Value;

use crate::schema::Schemas;

/// The texts of a list, in any order.
fn texts(list: &Value) -> BTreeSet<String> {
    list.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn words<T: Copy + Into<&'static str>>(all: &[T]) -> BTreeSet<String> {
    all.iter().map(|one| (*one).into().to_owned()).collect()
}

#[test]
fn every_word_of_the_code_is_listed_and_no_other() {
    let schemas = Schemas::read();
    let listed = |name| texts(&schemas.get(name)["enum"]);
    let types = words(RecordType::ALL);
    assert_eq!(listed("RecordType"), types);
    assert_eq!(texts(&schemas.get("RecordCounts")["required"]), types);
    assert_eq!(listed("Status"), words(ImportStatus::ALL));
    assert_eq!(listed("OnConflict"), words(OnConflict::ALL));
    assert_eq!(listed("Unknown"), words(Unknown::ALL));
    let mut actions = words(Action::ALL);
    actions.extend(Action::ALL.iter().map(|action| action.in_dry_run().to_owned()));
    actions.insert("failed".to_owned());
    assert_eq!(texts(&schemas.get("ResultLine")["properties"]["action"]["enum"]), actions);
    let codes = serde_json::to_value(RecordErrorCode::ALL).unwrap();
    assert_eq!(listed("ImportErrorCode"), texts(&codes));
    assert_eq!(listed("WarningCode"), texts(&serde_json::to_value(WarningCode::ALL).unwrap()));
    let upload = schemas.get("ImportUpload")["properties"].as_object().unwrap().keys();
    let options: BTreeSet<String> = upload.filter(|name| *name != "import_file").cloned().collect();
    assert_eq!(options, words(OptionName::ALL));
}

/// The limit of what is called so.
fn limit(name: &str) -> Option<u64> {
    let limit = match name {
        "ImportName" | "ExternalRef" | "GivenExternalRef" | "Reference" | "external_ref" | "promotion_id"
        | "PartName" | "ProrationPolicyId" => limits::MAX_EXTERNAL_REF,
        "NoticeName" => *limits::NOTICE_NAME.end(),
        "Name" => *limits::NAME.end(),
        "Text" | "main_image" => *limits::TEXT.end(),
        "Email" => limits::MAX_EMAIL,
        "Price" => limits::MAX_CURRENCIES,
        "errors" => limits::MAX_ERRORS,
        "warnings" => limits::MAX_WARNINGS,
        "Ignored" => MOST_IGNORED,
        "filter" => filter::MAX_LENGTH,
        "Idempotency-Key" => imports::idempotency::MAX_KEY,
        "data" | "limit" | "page[limit]" => return Some(MAX_LIMIT.into()),
        "wait" => return Some(MAX_WAIT.into()),
        "offset" | "page[offset]" => return Some(MAX_OFFSET.into()),
        _ => return None,
    };
    u64::try_from(limit).ok()
}

/// Finds every upper bound, with the name of what is bounded.
fn bounds(value: &Value, name: &str, found: &mut Vec<(String, u64)>) {
    let name = value["name"].as_str().filter(|_| value["schema"].is_object()).unwrap_or(name);
    for item in value.as_array().into_iter().flatten() {
        bounds(item, name, found);
    }
    for (key, inner) in value.as_object().into_iter().flatten() {
        match key.as_str() {
            "maxLength" | "maxItems" | "maxProperties" | "maximum" => {
                found.push((name.to_owned(), inner.as_u64().unwrap()));
            }
            "schema" | "items" | "properties" | "allOf" | "anyOf" | "oneOf" => bounds(inner, name, found),
            "example" | "examples" => {}
            _ => bounds(inner, key, found),
        }
    }
}

#[test]
fn every_limit_of_openapi_is_that_of_the_code() {
    let mut found = Vec::new();
    bounds(Schemas::read().document(), "", &mut found);
    // Sixty-four bits, and a percentage: the rules of single attributes.
    found.retain(|(name, _)| !["amount", "base_price_percentage"].contains(&name.as_str()));
    for (name, bound) in &found {
        assert_eq!(limit(name), Some(*bound), "{name}");
    }
    assert!(found.len() >= 20, "{found:?}");
}

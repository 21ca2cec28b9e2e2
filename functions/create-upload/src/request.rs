//! Reads the body of the call: the options of the import to come.

use imports::{
    api::ApiError,
    options::{ImportOptions, OptionError, OptionName},
};
use serde_json::{Map, Value, json};

/// The type of the document, in the call as in its answer.
pub(crate) const TYPE: &str = "subscription_import_upload";

/// Reads `{"data":{"type":"subscription_import_upload","attributes":{…}}}`. `attributes` and each attribute may be missing
/// or null; unknown attributes are ignored.
///
/// # Errors
/// [`ApiError::Validation`], naming the path, when the body is empty or not JSON, or a member is missing, has the wrong type
/// or a value that is not allowed.
pub(crate) fn read(body: &[u8]) -> Result<ImportOptions, ApiError> {
    if body.trim_ascii().is_empty() {
        return Err(invalid(
            "body",
            &format!("must be a JSON document, {{\"data\":{{\"type\":\"{TYPE}\"}}}} at least"),
        ));
    }
    let document: Value =
        serde_json::from_slice(body).map_err(|error| invalid("body", &format!("must be JSON: {error}")))?;
    let document = document.as_object().ok_or_else(|| invalid("body", "must be a JSON object"))?;
    let data = object(document, "data", "data")?.ok_or_else(|| invalid("data", "\"data\" is required"))?;
    match data.get("type") {
        None | Some(Value::Null) => return Err(invalid("data.type", "\"type\" is required")),
        Some(Value::String(text)) if text == TYPE => {}
        Some(_) => return Err(invalid("data.type", &format!("\"type\" must be {TYPE}"))),
    }
    let mut options = ImportOptions::default();
    if let Some(attributes) = object(data, "attributes", "data.attributes")? {
        for &option in OptionName::ALL {
            let name = option.as_str();
            let value = attributes.get(name).unwrap_or(&Value::Null);
            set(&mut options, option, value)
                .map_err(|problem| invalid(&format!("data.attributes.{name}"), &format!("\"{name}\" {problem}")))?;
        }
    }
    Ok(options)
}

/// Sets an option to its JSON value, of the kind in which it is stored; null leaves it as it is.
fn set(options: &mut ImportOptions, option: OptionName, value: &Value) -> Result<(), OptionError> {
    let is_stored_so = || serde_json::from_value::<ImportOptions>(json!({ option.as_str(): value })).is_ok();
    match value {
        Value::Null => Ok(()),
        _ if !is_stored_so() => Err(option.of_another_kind()),
        Value::String(text) => options.set(option, text.clone()),
        other => options.set(option, other.to_string()),
    }
}

/// Gets a member that must be an object if it is there.
fn object<'a>(of: &'a Map<String, Value>, name: &str, path: &str) -> Result<Option<&'a Map<String, Value>>, ApiError> {
    match of.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(invalid(path, &format!("\"{name}\" must be an object"))),
    }
}

fn invalid(place: &str, problem: &str) -> ApiError {
    ApiError::Validation(format!("{place}: {problem}"))
}

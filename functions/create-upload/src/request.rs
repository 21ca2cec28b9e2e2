//! Reads the body of the call: the options of the import to come.

use imports::{
    api::{ApiError, Call},
    options::{Given, ImportOptions, Meant, OptionError, OptionName, meant_by, refuse_headers},
};
use serde_json::{Map, Value, json};

/// The type of the document, in the call as in its answer.
pub(crate) const TYPE: &str = "subscription_import_upload";

/// Reads `{"data":{"type":"subscription_import_upload","attributes":{…}}}`, and the options in the query. `attributes` and
/// each attribute may be missing or null. The second value names what means nothing.
///
/// # Errors
/// [`ApiError::Validation`], naming the path, when the body is empty or not JSON, a member is missing, has the wrong type
/// or a value that is not allowed; when an option stands where none is read; when a name is nearly an option's, or
/// a header asks for one.
pub(crate) fn read(call: &Call) -> Result<(ImportOptions, Vec<String>), ApiError> {
    refuse_headers(call, |option| format!("it as data.attributes.{}", option.as_str()))?;
    if call.body.trim_ascii().is_empty() {
        return Err(invalid(
            "body",
            &format!("must be a JSON document, {{\"data\":{{\"type\":\"{TYPE}\"}}}} at least"),
        ));
    }
    let document: Value = serde_json::from_slice(&call.body).map_err(|error| invalid("body", &no_json(&error)))?;
    let document = document.as_object().ok_or_else(|| invalid("body", "must be a JSON object"))?;
    let mut given = Given::default();
    for (name, text) in &call.query {
        given.take(name, text.clone()).map_err(|error| invalid(name, &format!("\"{name}\" {error}")))?;
    }
    look_around(document, "", &["data"], &mut given)?;
    let data = object(document, "data", "data")?.ok_or_else(|| invalid("data", "\"data\" is required"))?;
    match data.get("type") {
        None | Some(Value::Null) => return Err(invalid("data.type", "\"type\" is required")),
        Some(Value::String(text)) if text == TYPE => {}
        Some(_) => return Err(invalid("data.type", &format!("\"type\" must be {TYPE}"))),
    }
    look_around(data, "data.", &["type", "attributes"], &mut given)?;
    for (name, value) in object(data, "attributes", "data.attributes")?.into_iter().flatten() {
        take(&mut given, name, value)
            .map_err(|problem| invalid(&format!("data.attributes.{name}"), &format!("\"{name}\" {problem}")))?;
    }
    Ok(given.into_parts())
}

/// Says where a body stops being JSON, in no parser's words.
fn no_json(error: &serde_json::Error) -> String {
    let problem = if error.is_eof() { "it ends too early, at" } else { "what stands there is none, at" };
    format!("must be JSON: {problem} line {}, column {}", error.line(), error.column())
}

/// Sees to it that no option stands beside the attributes, at whatever depth. Other names are noted.
fn look_around(around: &Map<String, Value>, path: &str, read: &[&str], given: &mut Given) -> Result<(), ApiError> {
    for (name, value) in around.iter().filter(|(name, _)| !read.contains(&name.as_str())) {
        let problem = match meant_by(name, &text_of(value)) {
            Meant::Option(option) | Meant::Nearly(option) => {
                Some(format!("is not read here: write it as data.attributes.{}", option.as_str()))
            }
            Meant::Rehearsal => Some(
                "asks for a rehearsal, and is not read: write it as data.attributes.dry_run with the value true"
                    .to_owned(),
            ),
            Meant::IdempotencyKey => Some(OptionError::IsHeader.to_string()),
            Meant::Nothing => None,
        };
        if let Some(problem) = problem {
            return Err(invalid(&format!("{path}{name}"), &format!("\"{name}\" {problem}")));
        }
        if let Some(inner) = value.as_object() {
            // What is in it is not named apart, only looked through.
            look_around(inner, &format!("{path}{name}."), &[], &mut Given::default())?;
        }
        given.ignore(&format!("{path}{name}"));
    }
    Ok(())
}

/// Takes an attribute: an option by its JSON value, of the kind in which it is stored. Null leaves it as it is.
fn take(given: &mut Given, name: &str, value: &Value) -> Result<(), String> {
    let problem = |error: OptionError| error.to_string();
    match meant_by(name, &text_of(value)) {
        Meant::Option(option) => match value {
            Value::Null => Ok(()),
            _ if !is_of_its_kind(option, value) => Err(problem(option.of_another_kind())),
            Value::String(text) => given.set(option, text.clone()).map_err(problem),
            other => given.set(option, other.to_string()).map_err(problem),
        },
        Meant::Nearly(option) => Err(problem(OptionError::NearlyNamed(option.as_str().to_owned()))),
        Meant::Rehearsal => Err(problem(OptionError::Rehearsal(OptionName::DryRun.as_str().to_owned()))),
        Meant::IdempotencyKey => Err(problem(OptionError::IsHeader)),
        Meant::Nothing => {
            given.ignore(&format!("data.attributes.{name}"));
            Ok(())
        }
    }
}

/// A value as text: that of an option that was meant.
fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn is_of_its_kind(option: OptionName, value: &Value) -> bool {
    serde_json::from_value::<ImportOptions>(json!({ option.as_str(): value })).is_ok()
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

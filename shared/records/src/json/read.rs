//! The strict reading of a line: what grammar allows and this service, or its database, does not.

use std::collections::HashSet;

use super::{Decimal, Json, Object, Path, Raw, Shown, grammar};
use crate::{RecordErrorCode, RecordErrors};

/// The deepest nesting of a line; its outer object is the first level.
pub const MAX_DEPTH: usize = 32;

/// The longest key, in bytes, that the database takes as the name of an attribute.
const MAX_KEY_BYTES: usize = 65_535;

/// Reads one line as one JSON object, and notes everything that is wrong with it.
///
/// Answers `None` when the line is not JSON or no object. Otherwise answers the object even where errors were noted, so
/// that the rules of its type can tell theirs as well: a key given twice is there twice, what is nested too deep is
/// null, and a lone surrogate is `U+FFFD`.
pub fn read(line: &str, errors: &mut RecordErrors) -> Option<Object> {
    let raw = match grammar(line) {
        Ok(raw) => raw,
        Err(problem) => {
            errors.add(RecordErrorCode::NotJson, &Path::Line, problem);
            return None;
        }
    };
    match read_value(raw, 1, &Path::Line, errors) {
        Json::Object(object) => Some(object),
        other => {
            let problem = format_args!("the line must be a JSON object, not {}", other.kind());
            errors.add(RecordErrorCode::NotAnObject, &Path::Line, problem);
            None
        }
    }
}

/// Reads a value; `level` is that of the value should it be a container.
fn read_value(raw: Raw<'_>, level: usize, path: &Path<'_>, errors: &mut RecordErrors) -> Json {
    match raw.first() {
        b'n' => Json::Null,
        b't' => Json::Bool(true),
        b'f' => Json::Bool(false),
        b'"' => Json::String(read_string(raw, path, errors)),
        b'[' | b'{' if level > MAX_DEPTH => {
            errors.add(RecordErrorCode::TooDeep, path, format_args!("nested deeper than {MAX_DEPTH} levels"));
            Json::Null
        }
        b'[' => (0..)
            .zip(raw.items())
            .map(|(index, item)| read_value(item, level + 1, &Path::Item(path, index), errors))
            .collect::<Vec<_>>()
            .into(),
        b'{' => Json::Object(read_object(raw, level, path, errors)),
        _ => {
            if let Some(problem) = Decimal::from_text(raw.text()).problem() {
                errors.add(RecordErrorCode::NumberOutOfRange, path, format_args!("the number {problem}"));
            }
            Json::Number(raw.text().into())
        }
    }
}

fn read_object(raw: Raw<'_>, level: usize, path: &Path<'_>, errors: &mut RecordErrors) -> Object {
    let object: Object = raw
        .members()
        .into_iter()
        .map(|(raw_key, raw_value)| {
            let key = read_key(raw_key, path, errors);
            let value = read_value(raw_value, level + 1, &Path::Key(path, &key), errors);
            (key, value)
        })
        .collect();
    let mut seen = HashSet::with_capacity(object.len());
    for (key, _) in object.iter() {
        if !seen.insert(key) {
            let problem = format_args!("the key {} is given twice", Shown(key));
            errors.add(RecordErrorCode::DuplicateKey, &Path::Key(path, key), problem);
        }
    }
    object
}

fn read_key(raw: Raw<'_>, parent: &Path<'_>, errors: &mut RecordErrors) -> String {
    let Some(key) = raw.string() else {
        let key = raw.lossy_string();
        let problem = "the key holds a lone surrogate, which is not Unicode";
        errors.add(RecordErrorCode::LoneSurrogate, &Path::Key(parent, &key), problem);
        return key;
    };
    let path = Path::Key(parent, &key);
    if key.is_empty() {
        errors.add(RecordErrorCode::InvalidKey, &path, "a key must not be empty");
    }
    if key.contains('\0') {
        errors.add(RecordErrorCode::InvalidKey, &path, "a key must not hold a NUL");
    }
    if key.len() > MAX_KEY_BYTES {
        let problem = format_args!("the key is {} bytes long, at most {MAX_KEY_BYTES} can be stored", key.len());
        errors.add(RecordErrorCode::InvalidKey, &path, problem);
    }
    key.into_owned()
}

fn read_string(raw: Raw<'_>, path: &Path<'_>, errors: &mut RecordErrors) -> String {
    raw.string().map_or_else(
        || {
            let problem = "the string holds a lone surrogate, which is not Unicode";
            errors.add(RecordErrorCode::LoneSurrogate, path, problem);
            raw.lossy_string()
        },
        std::borrow::Cow::into_owned,
    )
}

#[cfg(test)]
mod tests;

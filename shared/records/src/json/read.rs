//! The strict reading of a line: what grammar allows and this service, or its database, does not.

use std::collections::HashSet;

use super::{Decimal, Json, JsonError, Object, Path, Raw, Reason, explain::explain, grammar};
use crate::limits::{MAX_DEPTH, MAX_KEY_BYTES};

/// Reads one line as one JSON object, and reports everything that is wrong with it.
///
/// Returns `None` when the line is not JSON or no object. Otherwise returns the object even where errors were reported, so
/// that the rules of its type can be checked as well: a key given twice is there twice, what is nested too deep is null, and
/// a lone surrogate is `U+FFFD`.
pub fn read(line: &str, report: &mut dyn FnMut(JsonError<'_>)) -> Option<Object> {
    let mut reader = Reader { report };
    let Some(raw) = grammar(line) else {
        reader.fail(&Path::Line, Reason::NotJson(&explain(line)));
        return None;
    };
    match reader.value(raw, 1, &Path::Line) {
        Json::Object(object) => Some(object),
        other => {
            reader.fail(&Path::Line, Reason::NotAnObject(&other));
            None
        }
    }
}

/// Builds values, and reports what is wrong with them.
struct Reader<'r> {
    report: &'r mut dyn FnMut(JsonError<'_>),
}

impl Reader<'_> {
    fn fail(&mut self, path: &Path<'_>, reason: Reason<'_>) {
        (self.report)(JsonError { path, reason });
    }

    /// Reads a value; `level` is that of the value should it be a container.
    fn value(&mut self, raw: Raw<'_>, level: usize, path: &Path<'_>) -> Json {
        match raw.first() {
            b'n' => Json::Null,
            b't' => Json::Bool(true),
            b'f' => Json::Bool(false),
            b'"' => Json::String(raw.string().map_or_else(
                || {
                    self.fail(path, Reason::LoneSurrogate);
                    raw.lossy_string()
                },
                std::borrow::Cow::into_owned,
            )),
            b'[' | b'{' if level > MAX_DEPTH => {
                self.fail(path, Reason::TooDeep);
                Json::Null
            }
            b'[' => (0..)
                .zip(raw.items())
                .map(|(index, item)| self.value(item, level + 1, &Path::Item(path, index)))
                .collect::<Vec<_>>()
                .into(),
            b'{' => Json::Object(self.object(raw, level, path)),
            _ => {
                if let Some(problem) = Decimal::from_text(raw.text()).problem() {
                    self.fail(path, Reason::NumberOutOfRange(&problem));
                }
                Json::Number(raw.text().into())
            }
        }
    }

    fn object(&mut self, raw: Raw<'_>, level: usize, path: &Path<'_>) -> Object {
        let object: Object = raw
            .members()
            .into_iter()
            .map(|(raw_key, raw_value)| {
                let key = self.key(raw_key, path);
                let value = self.value(raw_value, level + 1, &Path::Key(path, &key));
                (key, value)
            })
            .collect();
        let mut seen = HashSet::with_capacity(object.len());
        for (key, _) in object.iter() {
            if !seen.insert(key) {
                self.fail(&Path::Key(path, key), Reason::DuplicateKey(key));
            }
        }
        object
    }

    fn key(&mut self, raw: Raw<'_>, parent: &Path<'_>) -> String {
        let Some(key) = raw.string() else {
            let key = raw.lossy_string();
            self.fail(&Path::Key(parent, &key), Reason::LoneSurrogateInKey);
            return key;
        };
        let path = Path::Key(parent, &key);
        if key.is_empty() {
            self.fail(&path, Reason::EmptyKey);
        }
        if key.contains('\0') {
            self.fail(&path, Reason::NulInKey);
        }
        if key.len() > MAX_KEY_BYTES {
            self.fail(&path, Reason::KeyTooLong(key.len()));
        }
        key.into_owned()
    }
}

#[cfg(test)]
mod tests;

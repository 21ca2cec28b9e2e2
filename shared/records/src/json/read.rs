//! The strict reading of a line: what grammar allows and this service, or its database, does not.

use std::{borrow::Cow, collections::HashSet};

use smol_str::SmolStr;

use super::raw::{Cursor, Text};
use super::{Decimal, Json, JsonError, Object, Path, Raw, Reason, explain::explain, grammar};
use crate::limits::{MAX_DEPTH, MAX_KEY_BYTES};

/// Up to so many keys are compared one by one: most objects have fewer, and no set is made for them.
const FEW: usize = 16;

/// About as many members as stand in open objects.
const MOST_OPEN: usize = 16;

/// Reads one line as one JSON object, and reports everything that is wrong with it.
///
/// Returns `None` when the line is not JSON or no object. Otherwise returns the object even where errors were reported, so
/// that the rules of its type can be checked as well: a key given twice is there twice, what is nested too deep is null, and
/// a lone surrogate is `U+FFFD`.
pub fn read(line: &str, report: &mut dyn FnMut(JsonError<'_>)) -> Option<Object> {
    let Some(raw) = grammar(line) else {
        report(JsonError { path: &Path::Line, reason: Reason::NotJson(&explain(line)) });
        return None;
    };
    build(raw, report)
}

/// The same for a line whose grammar was checked before.
pub(crate) fn read_again(line: &str, report: &mut dyn FnMut(JsonError<'_>)) -> Option<Object> {
    build(Raw::checked_before(line), report)
}

fn build(raw: Raw<'_>, report: &mut dyn FnMut(JsonError<'_>)) -> Option<Object> {
    let mut reader = Reader { report, members: Vec::with_capacity(MOST_OPEN), items: Vec::new() };
    match reader.value(&mut Cursor::at(raw), 1, &Path::Line) {
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
    /// What has been read of the containers that are still open, those of the innermost last: each is made when it is
    /// closed, just as large as it has to be.
    members: Vec<(SmolStr, Json)>,
    items: Vec<Json>,
}

impl Reader<'_> {
    fn fail(&mut self, path: &Path<'_>, reason: Reason<'_>) {
        (self.report)(JsonError { path, reason });
    }

    /// Reads a value; `level` is that of the value should it be a container.
    fn value(&mut self, text: &mut Cursor<'_>, level: usize, path: &Path<'_>) -> Json {
        match text.first() {
            b'[' | b'{' if level > MAX_DEPTH => {
                text.value();
                self.fail(path, Reason::TooDeep);
                Json::Null
            }
            b'[' => Json::Array(self.items(text, level, path)),
            b'{' => Json::Object(self.object(text, level, path)),
            b'"' => Json::String(self.string(text.text(), path)),
            _ => match text.value().text() {
                "null" => Json::Null,
                "true" => Json::Bool(true),
                "false" => Json::Bool(false),
                number => {
                    if let Some(problem) = Decimal::from_text(number).problem() {
                        self.fail(path, Reason::NumberOutOfRange(&problem));
                    }
                    Json::Number(number.into())
                }
            },
        }
    }

    fn string(&mut self, text: Text<'_>, path: &Path<'_>) -> SmolStr {
        text.string().map_or_else(
            || {
                self.fail(path, Reason::LoneSurrogate);
                text.lossy_string().into()
            },
            SmolStr::from,
        )
    }

    fn items(&mut self, text: &mut Cursor<'_>, level: usize, path: &Path<'_>) -> Vec<Json> {
        let begin = self.items.len();
        text.takes(b'[');
        while !text.ends(b']') {
            let item = self.value(text, level + 1, &Path::Item(path, self.items.len() - begin));
            self.items.push(item);
        }
        self.items.drain(begin..).collect()
    }

    fn object(&mut self, text: &mut Cursor<'_>, level: usize, path: &Path<'_>) -> Object {
        let begin = self.members.len();
        text.takes(b'{');
        while !text.ends(b'}') {
            let key = self.key(text.key(), path);
            let value = self.value(text, level + 1, &Path::Key(path, &key));
            self.members.push((key, value));
        }
        for key in repeated(self.members.get(begin..).unwrap_or_default()) {
            (self.report)(JsonError { path: &Path::Key(path, key), reason: Reason::DuplicateKey(key) });
        }
        self.members.drain(begin..).collect()
    }

    fn key(&mut self, text: Text<'_>, parent: &Path<'_>) -> SmolStr {
        let Some(key) = text.string() else {
            let key = SmolStr::from(text.lossy_string());
            self.fail(&Path::Key(parent, &key), Reason::LoneSurrogateInKey);
            return key;
        };
        let path = Path::Key(parent, &key);
        if key.is_empty() {
            self.fail(&path, Reason::EmptyKey);
        }
        // It can only be written escaped.
        if matches!(&key, Cow::Owned(key) if key.contains('\0')) {
            self.fail(&path, Reason::NulInKey);
        }
        if key.len() > MAX_KEY_BYTES {
            self.fail(&path, Reason::KeyTooLong(key.len()));
        }
        key.into()
    }
}

/// The keys that stood in an object before, each as often as it stands there again.
fn repeated(members: &[(SmolStr, Json)]) -> Vec<&str> {
    let keys = members.iter().map(|(key, _)| key.as_str());
    if members.len() <= FEW {
        let stood_before = |(place, key): &(usize, &str)| members.iter().take(*place).any(|(before, _)| before == key);
        return keys.enumerate().filter(stood_before).map(|(_, key)| key).collect();
    }
    let mut seen = HashSet::with_capacity(members.len());
    keys.filter(|key| !seen.insert(*key)).collect()
}

#[cfg(test)]
mod tests;

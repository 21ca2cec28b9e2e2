//! What an error tells to write is written in its place: the line is then good, or has another error.

use serde_json::{Deserializer, Value, json};

use crate::{FileLines, RecordError, RecordErrorCode};

/// Writes what the errors of a line tell to write, each by itself, and panics where the same error comes back.
pub(super) fn check(line: &str) {
    let Ok(before) = serde_json::from_str::<Value>(line) else { return };
    for error in errors(line) {
        for mended in mended(&before, &error) {
            let same = errors(&mended.to_string()).into_iter().find(|after| is_same(after, &error));
            assert!(same.is_none(), "{line}\n{}\nis told again of\n{mended}\n{same:?}", error.detail());
        }
    }
}

pub(super) fn errors(line: &str) -> Vec<RecordError> {
    let draft = FileLines::of(line.as_bytes()).unwrap().next().unwrap().read();
    let id = crate::RecordId::parse(super::ID).unwrap();
    // References are not what is looked at here: whatever is named is not there.
    let errors = draft.and_then(|draft| draft.look_up(|_| crate::Resolution::Unknown).resolve(id).map(|_| ()));
    errors.err().unwrap_or_default()
}

/// Whether an error says of the same place that the same is wanted there, or of what was told to be written there that it is
/// wrong in the same way.
fn is_same(after: &RecordError, before: &RecordError) -> bool {
    let wanted = |error: &RecordError| error.problem.split([',', ':', ';']).next().map(str::to_owned);
    let is_inside = !before.field.is_empty() && after.field.len() > before.field.len();
    let is_there = after.field == before.field && wanted(after) == wanted(before);
    after.code == before.code && after.field.starts_with(&before.field) && (is_there || is_inside)
}

/// The line with each of the corrected forms that an error has.
fn mended(line: &Value, error: &RecordError) -> Vec<Value> {
    let problem = error.problem.as_str();
    let signs = ["write ", " or ", "such as ", "as in ", "add "];
    let places =
        signs.into_iter().flat_map(|sign| problem.match_indices(sign).map(move |(at, _)| (at + sign.len(), sign)));
    let mut all = Vec::new();
    for (at, sign) in places {
        let mut values = Deserializer::from_str(&problem[at..]).into_iter::<Value>();
        let Some(Ok(first)) = values.next() else { continue };
        let rest = &problem[at + values.byte_offset()..];
        let second = rest.strip_prefix(':').and_then(|rest| Deserializer::from_str(rest).into_iter().next()?.ok());
        let (mut line, mut place) = (line.clone(), parts(&error.field));
        let given = problem.split_once("; \"").filter(|(_, rest)| rest.contains("\" is given: write"));
        let written = match (&first, second) {
            (Value::String(name), Some(value)) => {
                // An attribute with its value, beside or in the place of the one that is wrong.
                let holder = if is_object(&mut line, &place) { place } else { place[..place.len() - 1].to_vec() };
                let wrong = given.map(|(_, rest)| rest.split('"').next().unwrap().to_owned());
                let wrong = wrong.or_else(|| problem.contains("instead").then(|| error.field.clone()));
                let wrong = wrong.or_else(|| problem.contains("in its place").then(|| error.field.clone()));
                set(&mut line, &holder, |holder| {
                    wrong.and_then(|wrong| holder.as_object_mut()?.remove(&wrong));
                    holder[name.as_str()] = value;
                })
            }
            (Value::String(name), None) if error.code == RecordErrorCode::Required => {
                let Some((_, rest)) = given else { continue };
                place.pop();
                set(&mut line, &place, |holder| {
                    let wrong = rest.split('"').next().unwrap();
                    let value = holder.as_object_mut().and_then(|holder| holder.remove(wrong)).unwrap_or(json!(null));
                    holder[name.as_str()] = value;
                })
            }
            // What belongs to a name.
            _ if sign == "add " || error.code == RecordErrorCode::Required => continue,
            _ => set(&mut line, &place, |old| *old = first.clone()),
        };
        let is_placeholder = problem[at..problem.len() - rest.len()].contains('…') || line.to_string().contains('…');
        if written && !is_placeholder {
            all.push(line);
        }
    }
    all
}

/// The keys and places of a path.
fn parts(path: &str) -> Vec<String> {
    path.replace('[', ".").replace(']', "").split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn find<'v>(line: &'v mut Value, path: &[String]) -> Option<&'v mut Value> {
    path.iter().try_fold(line, |value, part| match value {
        Value::Array(items) => items.get_mut(part.parse::<usize>().ok()?),
        Value::Object(object) => object.get_mut(part),
        _ => None,
    })
}

fn is_object(line: &mut Value, path: &[String]) -> bool {
    find(line, path).is_some_and(|value| value.is_object())
}

fn set(line: &mut Value, path: &[String], write: impl FnOnce(&mut Value)) -> bool {
    find(line, path).map(write).is_some()
}

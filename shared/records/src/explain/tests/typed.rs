//! What an error tells to type is typed where it tells: the line is then not refused there again.

use std::collections::BTreeSet;

use serde_json::{Deserializer, Value, json};

use super::examples::{LINES, places};
use crate::{FileLines, RecordError, RecordErrorCode, Resolution, jsonl::lines};

/// Does what the errors of a line tell to do, each thing by itself, and panics where the line is refused there again. Says how
/// many things that were.
pub(super) fn check(line: &str) -> usize {
    let names = names(line);
    let is_there = |name: &str| names.contains(name);
    let mut obeyed = 0;
    let before = errors_where(line, is_there);
    for error in before.clone() {
        // What was told before of the same place, beside this, is still to be done.
        let is_other = |after: &RecordError| *after != error && before.contains(after);
        let is_refused = |Typed { line: mended, place }: &Typed| {
            let mut after = errors_where(mended, is_there).into_iter();
            after.any(|after| is_again(&after, &error, place) && !is_other(&after))
        };
        let (all, refused) = match serde_json::from_str(line) {
            Ok(line) => {
                let all = typed(&line, &error);
                let refused = all.iter().find(|typed| is_refused(typed)).map(|typed| typed.line.clone());
                (all, refused)
            }
            // Of what is no JSON nobody knows whether it is a number or a text: one of the two is taken.
            Err(_) => {
                let all = typed_into_text(line, &error);
                let refused = all.first().filter(|_| all.iter().all(is_refused)).map(|typed| typed.line.clone());
                (all, refused)
            }
        };
        obeyed += all.len();
        assert_eq!(refused, None, "{line}\n{}\nis told again", error.detail());
    }
    obeyed
}

pub(super) fn errors(line: &str) -> Vec<RecordError> {
    errors_where(line, |_| true)
}

/// The errors of a line, whose references lead to nothing where a name is not there; of those that are there no more is known.
fn errors_where(line: &str, is_there: impl Fn(&str) -> bool) -> Vec<RecordError> {
    let draft = FileLines::of(line.as_bytes()).unwrap()[0].read();
    let id = crate::RecordId::parse(super::ID).unwrap();
    let answer = |name: &str| if is_there(name) { Resolution::Unknown } else { Resolution::Missing };
    let errors = draft.and_then(|draft| draft.look_up(|reference| answer(&reference.text)).resolve(id).map(|_| ()));
    errors.err().unwrap_or_default()
}

/// What the caller calls things by: those may be there. What only an error has thought of is not.
fn names(line: &str) -> BTreeSet<String> {
    let texts = line.split('"').flat_map(|text| text.split([',', ';'])).map(crate::explain::visible);
    texts.chain(line.split('"').map(str::to_owned)).collect()
}

/// A line in which something was typed, and the path of what was.
struct Typed {
    line: String,
    place: String,
}

/// Whether an error is of what was typed, or says once more what another said.
fn is_again(after: &RecordError, before: &RecordError, place: &str) -> bool {
    let wanted = |error: &RecordError| error.problem.split([',', ':', ';']).next().map(str::to_owned);
    let is_typed = after.field.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
    let is_same = after.code == before.code && after.field == before.field && wanted(after) == wanted(before);
    is_same || (is_typed && !place.is_empty())
}

/// How what is to be typed is announced.
const SIGNS: [&str; 5] = ["write ", " or ", "such as ", "as in ", "add "];

/// How it is said that something has to go.
const REMOVALS: [&str; 6] = [
    "take it out",
    "take this one out",
    "leave the attribute out",
    "leave it out",
    "must be left out",
    "take one away",
];

/// The values that a sentence tells to write: the sign before each, the value and, behind a name, the value of that name.
fn values(problem: &str) -> Vec<(&'static str, Value, Option<Value>)> {
    let at = SIGNS.into_iter().flat_map(|sign| problem.match_indices(sign).map(move |(at, _)| (at + sign.len(), sign)));
    let value = |(at, sign)| {
        let mut values = Deserializer::from_str(&problem[at..]).into_iter::<Value>();
        let first = values.next()?.ok()?;
        let rest = &problem[at + values.byte_offset()..];
        let second = rest.strip_prefix(':').and_then(|rest| Deserializer::from_str(rest).into_iter().next()?.ok());
        let is_placeholder = |value: &Value| value.to_string().contains('…');
        let is_known = !is_placeholder(&first) && !second.as_ref().is_some_and(is_placeholder);
        is_known.then_some((sign, first, second))
    };
    at.filter_map(value).collect()
}

/// The name that is given in the place of the one that is wanted.
fn given_instead(problem: &str) -> Option<String> {
    let (_, given) = problem.split_once("; \"").filter(|(_, rest)| rest.contains("\" is given: write"))?;
    given.split('"').next().map(str::to_owned)
}

/// Whether all of what is wrong has to go: a character that nobody sees is not the whole value.
fn has_to_go(error: &RecordError) -> bool {
    let has = |signs: &[&str]| signs.iter().any(|sign| error.problem.contains(sign));
    let is_whole =
        error.code != RecordErrorCode::DuplicateKey && !has(&["begins with", "ends with", "has inside", "U+"]);
    is_whole && has(&REMOVALS)
}

/// The line with each of the things done that an error tells to do.
fn typed(line: &Value, error: &RecordError) -> Vec<Typed> {
    let problem = error.problem.as_str();
    let place = parts(&error.field);
    let mut all = Vec::new();
    let mut make = |path: &[String], place: &[String], write: &mut dyn FnMut(&mut Value)| {
        let mut line = line.clone();
        if let Some(value) = find(&mut line, path) {
            write(value);
            all.push(Typed { line: line.to_string(), place: path_of(place) });
        }
    };
    let Some((last, parent)) = place.split_last() else {
        // A line that is no object at all.
        let whole = |(_, line, _): (_, Value, _)| Typed { line: line.to_string(), place: String::new() };
        return values(problem).into_iter().map(whole).collect();
    };
    let found = find(&mut line.clone(), &place).cloned();
    let given = given_instead(problem);
    for (sign, first, second) in values(problem) {
        let holds = |name: &str| found.as_ref().is_some_and(|found| found.get(name).is_some());
        match (first, second) {
            // An attribute with its value, beside or in the place of the one that is wrong.
            (Value::String(name), Some(value)) => {
                let holder = if found.as_ref().is_some_and(Value::is_object) { &place } else { parent };
                let is_instead = problem.contains("instead") || problem.contains("in its place");
                let wrong = given.as_ref().or(is_instead.then_some(last));
                make(holder, &[holder, std::slice::from_ref(&name)].concat(), &mut |holder| {
                    wrong.and_then(|wrong| holder.as_object_mut()?.remove(wrong));
                    holder[name.as_str()] = value.clone();
                });
            }
            (Value::String(name), None) if given.is_some() && error.code == RecordErrorCode::Required => {
                // What is wrong with its value is another error.
                let given = given.as_ref().unwrap();
                make(if holds(given) { &place } else { parent }, &[], &mut |holder| rename(holder, given, &name));
            }
            // What belongs to a name.
            _ if sign == "add " => {}
            _ if error.code == RecordErrorCode::Required && found != Some(Value::Null) => {}
            (Value::String(name), None)
                if error.code == RecordErrorCode::Malformed && !found.as_ref().is_some_and(Value::is_string) =>
            {
                make(parent, &[], &mut |holder| rename(holder, last, &name));
            }
            (value, _) => make(&place, &place, &mut |old| *old = value.clone()),
        }
    }
    if let Some((_, rest)) = problem.split_once("did you mean ") {
        let meant = rest.split('?').next().unwrap().trim_matches('"').to_owned();
        make(&place, &place, &mut |old| *old = json!(meant));
    }
    if problem.contains("move it into \"attributes\"") {
        make(&place[..place.len() - 2], &place, &mut |holder| {
            let value = holder.as_object_mut().unwrap().remove(last).unwrap();
            holder["attributes"][last.as_str()] = value;
        });
    }
    if has_to_go(error) {
        make(parent, &place, &mut |holder| match holder {
            Value::Array(items) => drop(items.remove(last.parse().unwrap())),
            other => drop(other.as_object_mut().unwrap().remove(last)),
        });
    }
    all
}

fn rename(holder: &mut Value, wrong: &str, name: &str) {
    let value = holder.as_object_mut().and_then(|holder| holder.remove(wrong)).unwrap_or_default();
    holder[name] = value;
}

/// The same in a line that is not JSON, in the place of what stands at the character that the error names.
fn typed_into_text(line: &str, error: &RecordError) -> Vec<Typed> {
    let Some((number, cause)) =
        error.problem.strip_prefix("not JSON at character ").and_then(|rest| rest.split_once(": "))
    else {
        return Vec::new();
    };
    let at = line.char_indices().nth(number.parse::<usize>().unwrap() - 1).unwrap().0;
    let begin = match Deserializer::from_str(cause).into_iter::<String>().next() {
        // A number that begins before the character at which it is none any more.
        Some(Ok(text)) => (0..=at).rev().find(|begin| line[*begin..].starts_with(&text)).unwrap(),
        _ if cause.starts_with("a number has") => line[..at].rfind(':').unwrap() + 1,
        _ => at,
    };
    let is_end = |letter: char| letter.is_whitespace() || ",]}:\"".contains(letter);
    let end = at + line[at..].find(is_end).unwrap_or(line.len() - at);
    let one = line[at..].chars().next().unwrap().len_utf8();
    if cause.contains("write \" ") {
        return vec![Typed { line: format!("{}\"{}", &line[..at], &line[at + one..]), place: String::new() }];
    }
    let with = |text: &str| format!("{}{text}{}", &line[..begin], &line[end..]);
    let marked: Option<Value> = serde_json::from_str(&with("\"\u{e000}\"")).ok();
    let place = marked.and_then(|marked| path_to(&marked, "\u{e000}")).unwrap_or_default();
    values(cause)
        .into_iter()
        .map(|(_, value, _)| Typed { line: with(&value.to_string()), place: place.clone() })
        .collect()
}

/// The path of a text within a value.
fn path_to(value: &Value, text: &str) -> Option<String> {
    let mut all = Vec::new();
    places(value, &[], &mut all);
    let is_it = |place: &Vec<String>| find(&mut value.clone(), place).is_some_and(|value| value == text);
    all.into_iter().find(is_it).map(|place| path_of(&place))
}

/// The keys and places of a path.
fn parts(path: &str) -> Vec<String> {
    let (mut parts, mut rest) = (Vec::new(), path);
    while !rest.is_empty() {
        rest = rest.strip_prefix('.').unwrap_or(rest);
        if let Some(quoted) = rest.strip_prefix('[').filter(|rest| rest.starts_with('"')) {
            let mut keys = Deserializer::from_str(quoted).into_iter::<String>();
            parts.push(keys.next().unwrap().unwrap());
            rest = &quoted[keys.byte_offset() + 1..];
        } else {
            let inner = rest.strip_prefix('[').unwrap_or(rest);
            let end = inner.find(['.', '[', ']']).unwrap_or(inner.len());
            parts.push(inner[..end].to_owned());
            rest = inner[end..].trim_start_matches(']');
        }
    }
    parts
}

/// The path of some keys and places.
fn path_of(parts: &[String]) -> String {
    super::examples::with_path(parts, crate::json::Path::Line, |path| path.to_string())
}

fn find<'v>(line: &'v mut Value, path: &[String]) -> Option<&'v mut Value> {
    path.iter().try_fold(line, |value, part| match value {
        Value::Array(items) => items.get_mut(part.parse::<usize>().ok()?),
        Value::Object(object) => object.get_mut(part),
        _ => None,
    })
}

/// What people write in the place of anything.
const ODD: &str = r#"null "" " " "x" "7" 7 -1 0 1.5 true [] {} [null] [7] [""] [["x"]] [{}] {"a":1} "a, b" "12.50" "Yes" "week" "x\u200b""#;

/// Each attribute of a good line that was not seen before once without, under names that are nearly its own, and with odd values,
/// of which some are no JSON.
fn broken(line: &Value, seen: &mut BTreeSet<(String, Vec<String>)>) -> Vec<String> {
    let mut all = Vec::new();
    let attributes = ["data", "attributes"].map(str::to_owned).to_vec();
    let mut found = vec![["data", "type"].map(str::to_owned).to_vec(), attributes.clone()];
    places(&line["data"]["attributes"], &attributes, &mut found);
    let odd: Vec<Value> = Deserializer::from_str(ODD).into_iter().map(Result::unwrap).collect();
    found.retain(|place| seen.insert((line["data"]["type"].to_string(), place.clone())));
    for place in found {
        let (last, parent) = place.split_last().unwrap();
        let mut with = |write: &mut dyn FnMut(&mut Value)| {
            let mut line = line.clone();
            write(find(&mut line, parent).unwrap());
            all.push(line.to_string());
        };
        let old = find(&mut line.clone(), &place).unwrap().clone();
        let raw: &[&str] = match &old {
            Value::Bool(_) => &["True", "yes"],
            Value::Number(_) if last == "amount" => &["+7", ".5", "1,200", "4,5", "$4"],
            Value::Number(_) if last == "base_price_percentage" => &["+7", "4,5"],
            Value::Number(_) => &["+7", "012", "1,200"],
            Value::String(_) => &["'seven'", "“seven”"],
            _ => &[],
        };
        for value in odd
            .iter()
            .cloned()
            .chain(raw.iter().chain(&["NaN", "None", "undefined", "#N/A"]).map(|raw| json!(format!("$${raw}$$"))))
        {
            with(&mut |holder| match holder {
                Value::Array(items) => items[last.parse::<usize>().unwrap()] = value.clone(),
                other => other[last.as_str()] = value.clone(),
            });
        }
        for name in [None, Some(last.to_uppercase()), Some(last.replace('_', "-")), Some(format!("{last}s"))] {
            with(&mut |holder| {
                let Some(holder) = holder.as_object_mut() else { return };
                let value = holder.remove(last).unwrap();
                if let Some(name) = name.clone() {
                    holder.insert(name, value);
                }
            });
        }
    }
    all.into_iter().map(|line| line.replace("\"$$", "").replace("$$\"", "")).collect()
}

#[test]
fn whatever_is_wrong_what_is_told_to_type_is_taken() {
    let mut files = Vec::new();
    samples::generate(200, 7, 200, &mut files).unwrap();
    for file in std::fs::read_dir("../../tests/input/careless").unwrap() {
        files.extend(std::fs::read(file.unwrap().path()).unwrap());
        files.push(b'\n');
    }
    let planted = lines(&files).filter_map(|line| str::from_utf8(line.bytes).ok().map(str::to_owned));
    let mut seen = BTreeSet::new();
    let odd = LINES.lines().flat_map(|line| broken(&serde_json::from_str(line).unwrap(), &mut seen));
    let obeyed: usize = planted.chain(odd).map(|line| check(&line)).sum();
    assert!(obeyed > 2_000, "{obeyed}");
}

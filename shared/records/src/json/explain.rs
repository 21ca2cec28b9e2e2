//! Why a line is not JSON, as somebody reads it who does not write programs: the character found, where an editor shows it,
//! the usual cause, and what to write instead.

use super::{
    Json, Path,
    scan::{Stop, Want, first_stop},
};
use crate::{
    explain,
    quote::{Shown, character, name_of_invisible},
};

/// What is said of the begin of a list, of a part of an object, of CSV.
const LIST: &str = "the file is one JSON list, not JSON Lines: take away this [, the ] at its end, and the comma after each object; \
                    each line is one object {…} by itself";
const SPREAD: &str = "this is a part of an object that stands in several lines (pretty-printed): each object stands in one line; \
                      jq -c . file > lines.jsonl writes it so, or of a list jq -c '.[]' file > lines.jsonl";
const CSV: &str = "this looks like CSV, values with commas, semicolons or tabs between; JSON Lines is read: one object {…} in each line, such as \
                   {\"type\":\"subscription_product\",\"name\":\"Tea box\"}";

/// What is said of a line that breaks JSON's grammar.
pub(super) fn explain(line: &str) -> String {
    if let Some(what) = no_json_at_all(line.trim()) {
        return format!("not JSON: {what}");
    }
    let Some(stop) = first_stop(line) else { return "not JSON".to_owned() };
    let at = |place: usize| line.get(..place).unwrap_or_default().chars().count() + 1;
    let rest = line.get(stop.at..).unwrap_or_default();
    match rest.chars().next() {
        None if line.trim_start().starts_with('[') => format!("not JSON: {LIST}"),
        None => format!("not JSON: {}", ends_early(&stop, at)),
        Some(found) => format!("not JSON at character {}: {}", at(stop.at), cause(line, rest, found, &stop)),
    }
}

/// What a line is that nobody meant to be JSON.
fn no_json_at_all(line: &str) -> Option<String> {
    let is_name = |end: &str| line.len() < 300 && line.ends_with(end) && !line.contains(['"', ',', '{']);
    let first = line.chars().next()?;
    let what = match first {
        '\0' if line.bytes().all(|byte| byte == 0) => {
            "the line is nothing but NUL characters (U+0000): padding, or what a crash left of a file; take them out"
        }
        '[' if line == "[" || line == "[{" => LIST,
        ']' if line.trim_end_matches([']', ',', ';']).is_empty() => {
            "the ] of a list has to go: each line is one object {…} by itself"
        }
        '}' if line.trim_end_matches(['}', ']', ',']).is_empty() => SPREAD,
        '<' => "this looks like XML or HTML; JSON Lines is read: one object {…} in each line",
        '-' if line.starts_with("--") => {
            "this looks like the boundary of a form, or like YAML; JSON Lines is read: one object {…} in each line"
        }
        '"' if line.starts_with("\"{\"\"") => {
            "a spreadsheet has put quotes around the line and doubled those in it: take the outer ones away, and write \" for each \"\""
        }
        '#' => "JSON has no comments: take the line away",
        '/' if line.starts_with("//") || line.starts_with("/*") => "JSON has no comments: take the line away",
        _ if [".json", ".jsonl", ".ndjson", ".gz", ".csv"].into_iter().any(is_name) => {
            "this is the name of a file, not what is in it; with curl write @ before the name"
        }
        _ if is_sql(line) => {
            "this looks like SQL, commands for a database; JSON Lines is read: have the rows written out as JSON, one object {…} in each line"
        }
        _ if is_csv(first, line) => CSV,
        _ => return None,
    };
    Some(what.to_owned())
}

fn is_sql(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or_default();
    ["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP"]
        .into_iter()
        .any(|command| word.eq_ignore_ascii_case(command))
}

fn is_csv(first: char, line: &str) -> bool {
    let plain = first.is_alphanumeric() && !line.contains(['{', '[']);
    plain && [',', ';', '\t'].into_iter().any(|separator| line.contains(separator))
}

fn ends_early(stop: &Stop, at: impl Fn(usize) -> usize) -> String {
    match (stop.want, stop.open.last()) {
        (Want::Text(begin), _) => format!(
            "the text that begins at character {} has no closing quote; a line break inside of a text is written \\n",
            at(begin)
        ),
        (_, Some(open)) => format!(
            "the line ends before its object does: the bracket at character {} is not closed; an object stands in one line, \
             from {{ to }}",
            at(*open)
        ),
        _ => "the line ends before its object does; an object stands in one line, from { to }".to_owned(),
    }
}

fn cause(line: &str, rest: &str, found: char, stop: &Stop) -> String {
    match (stop.want, found) {
        (Want::Text(_), '\t') => "a tab inside of a text is written \\t".to_owned(),
        (Want::Text(_), other) => format!("{} can't stand inside of a text: take it out", character(other)),
        (Want::Escape, _) => "a backslash inside of a text is written twice: \\\\".to_owned(),
        (_, '‘' | '’' | '‚' | '“' | '”' | '„' | '«' | '»' | '″' | '`') => {
            format!("the quote {found} is not a quote in JSON: write \" (a word processor changes it)")
        }
        (Want::Nothing, ':') if line.trim_start().starts_with('"') => SPREAD.to_owned(),
        (Want::Nothing, ',' | ';') if line.trim_start().starts_with('"') => CSV.to_owned(),
        (Want::Nothing, _) => behind(rest, found),
        (_, '\'') => {
            "a single quote ': JSON has double quotes alone, write \" (Python: json.dumps, not str)".to_owned()
        }
        (Want::Value | Want::ValueOrEnd, '#') if rest.chars().nth(1).is_some_and(char::is_uppercase) => {
            format!("a spreadsheet writes # and a word where it has no value: {}", nothing(line, stop.at, stop))
        }
        (_, '/' | '#') => "JSON has no comments: take this one out".to_owned(),
        (_, other) if name_of_invisible(other).is_some() || other.is_control() => {
            format!("{} stands between the values, where JSON has plain spaces alone: take it out", character(other))
        }
        (Want::Key | Want::KeyOrEnd, _) => key(line, rest, found, stop),
        (Want::Value | Want::ValueOrEnd, _) => value(line, rest, found, stop),
        (Want::Number(begin), _) => number(line, begin, stop),
        (Want::Colon, _) => format!("a colon : is wanted between a key and its value, found {}", character(found)),
        (Want::CommaOrEnd, _) => comma(line, found, stop),
    }
}

/// What stands behind a whole value.
fn behind(rest: &str, found: char) -> String {
    let after_comma = rest.trim_start_matches([',', ';', ' ', '\t', '\r']);
    let what = match found {
        '{' => return several(),
        ',' | ';' if after_comma.starts_with('{') => return several(),
        ',' if after_comma.is_empty() => {
            "the comma after the object has to go: each line is one object by itself, not an item of a list"
        }
        ',' if after_comma.starts_with(']') => {
            "the comma and the ] after the object have to go: each line is one object by itself"
        }
        ']' => "the ] after the object has to go: each line is one object by itself, not an item of a list",
        '}' => "there is one } more than there are {: take it away",
        '/' | '#' => "JSON has no comments: take this one out",
        _ => {
            let found = character(found);
            return format!("the object ends before {found}; nothing may follow it in its line: take it away");
        }
    };
    what.to_owned()
}

fn several() -> String {
    "several objects stand in one line: another begins here; each needs a line of its own (curl -d drops the line ends: send \
     with --data-binary)"
        .to_owned()
}

/// What stands where a key should.
fn key(line: &str, rest: &str, found: char, stop: &Stop) -> String {
    let begin = line.get(..stop.at).unwrap_or_default();
    match found {
        '}' if stop.before == Some(b',') => "the comma before } has to go".to_owned(),
        ',' => "two commas follow each other: take one away".to_owned(),
        '0'..='9'
            if begin.ends_with(',') && begin.trim_end_matches(',').ends_with(|last: char| last.is_ascii_digit()) =>
        {
            comma_in_number(begin.trim_end_matches(','), rest)
        }
        _ if found.is_alphanumeric() || found == '_' => {
            format!("a key stands in double quotes: write {}", Shown(word(rest)))
        }
        _ => format!("a key in double quotes is wanted, found {}", character(found)),
    }
}

/// A comma in a number divides thousands, or stands where a point should.
fn comma_in_number(begin: &str, rest: &str) -> String {
    let is_other = |letter: char| !letter.is_ascii_digit();
    let whole = begin.rsplit(is_other).next().unwrap_or_default();
    let part = rest.split(is_other).next().unwrap_or_default();
    if part.len() == 3 {
        return format!("a number has no comma in it: write {whole}{part} for {whole},{part}");
    }
    if key_before(begin, begin.len() - whole.len()) != Some("amount") {
        return format!("a number has a point in place of the comma: write {whole}.{part}");
    }
    let minor = format!("{whole}{part:0<2}");
    let minor = minor.trim_start_matches('0');
    format!("a number has no comma in it, and an amount is in minor units: write {minor} for {whole},{part}")
}

/// What stands where a value should.
fn value(line: &str, rest: &str, found: char, stop: &Stop) -> String {
    let word = word(rest);
    if stop.open.is_empty() {
        if found == ',' {
            return "the comma before the object has to go: each line is one object by itself, not an item of a list"
                .to_owned();
        }
        return format!("each line is one object, from {{ to }}; this one begins with {}", character(found));
    }
    let behind = rest.get(word.len()..).unwrap_or_default();
    match found {
        'u' | 'b' | 'r' | 'U' | 'B' if word.len() == 1 && behind.starts_with(['"', '\'']) => {
            format!("the {word} before the quote has to go (Python: json.dumps, not str)")
        }
        ']' | '}' if stop.before == Some(b',') => format!("the comma before {found} has to go"),
        ',' if stop.before == Some(b',') => "two commas follow each other: take one away".to_owned(),
        ',' | '}' | ']' => "a value is missing: write it, or null, or leave the key out as well".to_owned(),
        '+' | '.' => number(line, stop.at, stop),
        '$' | '€' | '£' | '¥' | '₹' => money(rest),
        _ => match word.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => format!("JSON writes true for {word}, in small letters"),
            "false" | "no" | "off" => format!("JSON writes false for {word}, in small letters"),
            "none" | "null" | "nil" | "undefined" | "na" => {
                format!("JSON has no {word}: {}", nothing(line, stop.at, stop))
            }
            "nan" | "infinity" | "inf" => format!("{word} is no number in JSON: {}", nothing(line, stop.at, stop)),
            "" => format!("a value is wanted, found {}", character(found)),
            _ => format!("a text stands in double quotes: write {}", Shown(word)),
        },
    }
}

/// What stands where a comma or a closing bracket should.
fn comma(line: &str, found: char, stop: &Stop) -> String {
    let begin = line.get(..stop.at).unwrap_or_default();
    let number_before = begin.rsplit(|other: char| !other.is_ascii_alphanumeric() && !"+-._".contains(other)).next();
    match (found, stop.before) {
        (_, Some(b'"')) if found.is_alphanumeric() => {
            "the text ends at the quote before this character: a quote inside of a text is written \\\"; or a comma is missing"
                .to_owned()
        }
        ('}' | ']', _) => format!("the bracket {found} closes one that was not opened so: {{ goes with }}, [ with ]"),
        ('=' | ':', _) => format!("a comma or a bracket is wanted, found {found}"),
        _ if found.is_ascii_alphanumeric() || "._".contains(found) => {
            number(line, stop.at - number_before.unwrap_or_default().len(), stop)
        }
        _ => format!("a comma is missing before {}", character(found)),
    }
}

/// The key whose value begins at a place.
fn key_before(line: &str, at: usize) -> Option<&str> {
    let before = line.get(..at)?.trim_end().strip_suffix(':')?.trim_end().strip_suffix('"')?;
    before.rsplit('"').next()
}

/// What to write where a program has put a word for no value, from a place on: null where there may be none.
fn nothing(line: &str, at: usize, stop: &Stop) -> String {
    let Some(key) = key_before(line, at) else { return "take it out, or write a value".to_owned() };
    let holder = stop.open.last().and_then(|open| key_before(line, *open));
    let outer = Path::Key(&Path::Line, holder.unwrap_or_default());
    match explain::example::required(&Path::Key(if holder.is_some() { &outer } else { &Path::Line }, key)) {
        Some(example) => format!("write it, as in {example}"),
        None => "write null, or leave the attribute out".to_owned(),
    }
}

/// A number that is not written as one.
fn number(line: &str, begin: usize, stop: &Stop) -> String {
    let rest = line.get(begin..).unwrap_or_default();
    let end = rest.find(|other: char| other.is_whitespace() || ",]}:\"".contains(other)).unwrap_or(rest.len());
    let text = rest.get(..end).unwrap_or_default();
    let plain = text.trim_start_matches(['+', '0', '_']);
    if matches!(text.trim_start_matches('-'), "Infinity" | "NaN" | "inf") {
        return format!("{text} is no number in JSON: {}", nothing(line, begin, stop));
    }
    let shown = Shown(text);
    let cure = if plain.parse::<u64>().is_ok() {
        format!("write {plain}, or {shown} in double quotes")
    } else {
        "write digits, with a point before decimals, or in double quotes".to_owned()
    };
    format!("{shown} is no number as JSON writes it: {cure} when it is a text")
}

/// An amount with a sign before it, and no quotes around it.
fn money(rest: &str) -> String {
    let text = rest.split(['}', ']', '"', ' ']).next().unwrap_or_default().trim_end_matches(',').to_owned();
    let sign: String = text.chars().take_while(|sign| !sign.is_ascii_digit()).collect();
    format!("{} is no number: {}", Shown(&text), explain::minor_units(&Json::from(text.as_str()), &sign))
}

/// The word that a text begins with.
fn word(rest: &str) -> &str {
    let end = rest.find(|other: char| !other.is_alphanumeric() && !"_-.".contains(other)).unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests;

//! What is wrong with a value that was refused, and what to write instead. Called for refused values alone.

mod amount;
mod currency;
mod email;
mod envelope;
pub(crate) mod example;
mod time;
mod uri;
mod uuid;

pub(crate) use amount::{amount_object, minor_units, price};
pub(crate) use currency::currency;
pub(crate) use email::email;
pub(crate) use envelope::{attributes_meant, not_utf8, record_type, type_meant};
pub(crate) use time::{number_as_time, time};
pub(crate) use uri::uri;
pub(crate) use uuid::{OWN_ID, is_meant_as_uuid, uuid};

use crate::{
    json::Json,
    near::nearest,
    quote::{Shown, character, first_unseen},
};

/// The word that was meant where `true` or `false` is wanted.
pub(crate) fn boolean(value: &Json) -> Option<&'static str> {
    let text = match value {
        Json::String(text) => text.trim().to_lowercase(),
        Json::Number(digits) => digits.to_string(),
        _ => return None,
    };
    match text.as_str() {
        "true" | "yes" | "y" | "1" | "on" => Some("true"),
        "false" | "no" | "n" | "0" | "off" => Some("false"),
        _ => None,
    }
}

/// What is wrong with a text that should be a tag.
pub(crate) fn tag(text: &str) -> String {
    match text.chars().find(|other| !other.is_ascii_alphanumeric() && !"-_".contains(*other)) {
        Some(other) => format!("{} is none of them", character(other)),
        None => format!("its length is {}", text.chars().count()),
    }
}

/// The most names of a list in one text that are shown apart.
const SHOWN_NAMES: usize = 5;

/// The names that stand in one text, with commas or semicolons between: `"p2","p5"`. `None` where there is but one.
fn several(text: &str) -> Option<String> {
    let names: Vec<String> = text.split([',', ';']).map(visible).filter(|name| !name.is_empty()).collect();
    let shown: Vec<String> = names.iter().take(SHOWN_NAMES).map(|name| Shown(name).to_string()).collect();
    let more = if names.len() > SHOWN_NAMES { ", …" } else { "" };
    (names.len() > 1).then(|| shown.join(", ") + more)
}

/// The list of the names that stand in one text.
pub(crate) fn names(text: &str) -> String {
    format!("[{}]", several(text).unwrap_or_else(|| Shown(&visible(text)).to_string()))
}

/// What to write for a text where a list is wanted; a list that is required has an example.
pub(crate) fn list(text: &str, example: Option<&str>) -> String {
    match example {
        Some(example) if text.trim().is_empty() => format!("write one, such as {example}"),
        None if text.trim().is_empty() => "leave the attribute out, or write null".to_owned(),
        _ => format!("write {}", names(text)),
    }
}

/// What to do about a name under which nothing is found, and that nothing in the file is near.
pub(crate) fn reference(text: &str) -> String {
    match (unseen(text), several(text)) {
        (Some(seen), _) => format!("; {seen}"),
        (None, Some(names)) => format!("; if these are several, write [{names}]"),
        (None, None) => "; correct it, or import that object too".to_owned(),
    }
}

/// The most parts of an offering that are shown.
const SHOWN_PARTS: usize = 5;

/// The plans, pricing options or features that an offering has, and the one that was meant.
pub(crate) fn parts(what: &str, names: &[&str], text: &str) -> String {
    let meant = nearest(text, names.iter().copied());
    let shown: Vec<String> = names.iter().take(SHOWN_PARTS).map(|name| Shown(name).to_string()).collect();
    let more = names.len().saturating_sub(SHOWN_PARTS);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let meant = meant.map(|name| format!("; did you mean {}?", Shown(name))).unwrap_or_default();
    if names.is_empty() {
        format!("; none of them has an external_ref: give the {what} one, and write it here")
    } else {
        format!("; it has {}{more}{meant}", shown.join(", "))
    }
}

/// An invisible character of a text, or a blank at an end of it: nobody sees what is wrong unless it is named.
pub(crate) fn unseen(text: &str) -> Option<String> {
    let found = first_unseen(text)?;
    let place = match (text.starts_with(found), text.ends_with(found)) {
        (true, _) => "begins with",
        (_, true) => "ends with",
        _ => "has inside",
    };
    Some(format!("it {place} {}: take it out", character(found)))
}

/// A text without its invisible characters and the blanks at its ends.
pub(crate) fn visible(text: &str) -> String {
    let seen = text.chars().filter(|character| crate::quote::name_of_invisible(*character).is_none());
    seen.collect::<String>().trim().to_owned()
}

/// The first of some texts that a rule takes, as what to write.
fn write_instead(candidates: impl IntoIterator<Item = String>, rule: impl Fn(&str) -> bool) -> Option<String> {
    // Whole, however long: it is to be copied.
    candidates
        .into_iter()
        .find(|candidate| rule(candidate))
        .map(|text| format!("write {}", serde_json::Value::from(text)))
}

#[cfg(test)]
mod tests;

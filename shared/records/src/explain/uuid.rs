//! Identifiers that are nearly a UUID.

use ::uuid::Uuid;

use super::{unseen, visible};
use crate::quote::{Shown, character};

/// What to write where there is a name or number of the caller's own.
pub(crate) const OWN_ID: &str =
    "copy the id from the system that gave it; your own name or number for it can't stand here";

/// How many characters a UUID has.
const LENGTH: usize = 36;

/// What is wrong with a text that should be a UUID.
pub(crate) fn uuid(text: &str) -> String {
    if let Some(problem) = unseen(text) {
        let clean =
            Uuid::try_parse(&visible(text)).map(|uuid| format!(", write {}", Shown(&uuid.hyphenated().to_string())));
        return problem + &clean.unwrap_or_default();
    }
    if text.is_empty() {
        return format!("it is empty: {OWN_ID}");
    }
    // Braces, a URN, digits alone.
    if let Ok(uuid) = Uuid::try_parse(text) {
        return format!("write {}", Shown(&uuid.hyphenated().to_string()));
    }
    let count = text.chars().count();
    if !is_meant_as_uuid(text) {
        return format!("its length is {count}, that of a UUID is {LENGTH}: {OWN_ID}");
    }
    if let Some(other) = text.chars().find(|digit| !digit.is_ascii_hexdigit() && *digit != '-') {
        return format!("{} is none of the digits 0-9 and a-f", character(other));
    }
    if count == LENGTH {
        "its hyphens stand elsewhere: 8, 4, 4, 4 and 12 digits with a hyphen between them".to_owned()
    } else {
        format!("its length is {count}, that of a UUID is {LENGTH}")
    }
}

/// Whether a text has so much of a UUID that one is meant.
pub(crate) fn is_meant_as_uuid(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_hexdigit).count();
    text.is_empty() || (28..=36).contains(&digits)
}

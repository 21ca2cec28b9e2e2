//! Identifiers that are nearly a UUID.

use ::uuid::Uuid;

use super::{unseen, visible};
use crate::quote::{Shown, character};

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
        return "it is empty".to_owned();
    }
    // Braces, a URN, digits alone.
    if let Ok(uuid) = Uuid::try_parse(text) {
        return format!("write {}", Shown(&uuid.hyphenated().to_string()));
    }
    if let Some(other) = text.chars().find(|digit| !digit.is_ascii_hexdigit() && *digit != '-') {
        return format!("{} is none of the digits 0-9 and a-f", character(other));
    }
    let count = text.chars().count();
    if count == LENGTH {
        "its hyphens stand elsewhere: 8, 4, 4, 4 and 12 digits with a hyphen between them".to_owned()
    } else {
        format!("its length is {count}, that of a UUID {LENGTH}; a number or name of your own is none")
    }
}

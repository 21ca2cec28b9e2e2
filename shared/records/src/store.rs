//! The store (tenant) that a record belongs to, and the sources that may name it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::MAX_STORE_ID;

/// What programs write where there is no name, in lower case. A store of such a name would receive the records of everyone whose
/// token is made wrong.
const NO_NAMES: [&str; 6] = ["true", "false", "null", "undefined", "none", "nan"];

/// How a store is named, in words for callers and operators.
pub const STORE_RULE: &str = "1 to 64 letters, digits, hyphens or underscores, at least one of them a letter, and not true, \
     false, null, undefined, none or nan";

/// A verified store. It can't be made from a path or a body: only from a verified claim, the stack's own configuration,
/// a drop prefix that the bucket's policy guards, or an item that the service wrote itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoreId(String);

impl StoreId {
    /// Takes the store from a claim of a token that the gateway has verified.
    #[must_use]
    pub fn from_verified_claim(claim: &str) -> Option<Self> {
        Self::parse(claim)
    }

    /// Takes the stack's one configured store: the one IAM-signed calls act for.
    #[must_use]
    pub fn from_configuration(value: &str) -> Option<Self> {
        Self::parse(value)
    }

    /// Takes the store from a drop's key, `drops/{store}/…`: whoever may write there is that store.
    #[must_use]
    pub fn from_drop_prefix(segment: &str) -> Option<Self> {
        Self::parse(segment)
    }

    /// Takes the store from an item or a key that the service wrote itself. A name that was accepted when it was written stays valid.
    #[must_use]
    pub fn from_own_record(value: &str) -> Option<Self> {
        is_plain(value).then(|| Self(value.to_owned()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a name that others give. API Gateway hands claims on as text: a flag, a number and null look like names.
    fn parse(text: &str) -> Option<Self> {
        let has_letter = text.bytes().any(|byte| byte.is_ascii_alphabetic());
        let is_name = has_letter && !NO_NAMES.contains(&text.to_ascii_lowercase().as_str());
        (is_plain(text) && is_name).then(|| Self(text.to_owned()))
    }
}

/// Whether a text is short and of characters that mean nothing in a key, a prefix or a path.
fn is_plain(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    plain && (1..=MAX_STORE_ID).contains(&text.len())
}

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_named_by_plain_characters_of_which_one_is_a_letter() {
        let long = "s".repeat(MAX_STORE_ID);
        for name in ["main", "Store_1-a", "nullable", "truely", "7a", "_x", &long] {
            assert!(StoreId::from_verified_claim(name).is_some(), "{name}");
        }
        for name in ["", "a b", "a/b", "..", "#line", "[main]", "st\u{f6}re", &format!("{long}s")] {
            assert!(StoreId::from_verified_claim(name).is_none(), "{name}");
        }
    }

    #[test]
    fn what_programs_write_for_nothing_for_a_flag_or_for_a_number_names_no_store() {
        let words = ["true", "false", "null", "undefined", "none", "nan"];
        let shouted = words.map(str::to_uppercase);
        let others = ["True", "NaN", "0", "1", "1768048879", "2026-01-10", "-1", "-", "_", "--__"];
        for name in words.into_iter().chain(shouted.iter().map(String::as_str)).chain(others) {
            let read = [
                StoreId::from_verified_claim(name),
                StoreId::from_configuration(name),
                StoreId::from_drop_prefix(name),
            ];
            assert_eq!(read, [None, None, None], "{name}");
        }
    }
}

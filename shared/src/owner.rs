//! Whose an import is: the store (tenant) and how it came to be known.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest store id, in bytes.
const MAX_STORE_ID: usize = 64;

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

    /// Takes the store from an item or a message that the service wrote itself.
    #[must_use]
    pub fn from_own_record(value: &str) -> Option<Self> {
        Self::parse(value)
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn parse(text: &str) -> Option<Self> {
        // Only characters that mean nothing in a key, a prefix or a path.
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        // The gateway writes claims as text: that of a token whose claim is null is this.
        let nobody = text == "null";
        (plain && !nobody && (1..=MAX_STORE_ID).contains(&text.len())).then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What owns an import: the public API knows stores and organizations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    #[default]
    Store,
    Organization,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_named_by_plain_characters_and_null_names_none() {
        let long = "s".repeat(MAX_STORE_ID);
        for name in ["main", "Store_1-a", "nullable", &long] {
            assert!(StoreId::from_verified_claim(name).is_some(), "{name}");
        }
        for name in ["", "null", "a b", "a/b", "..", "#line", "[main]", "st\u{f6}re", &format!("{long}s")] {
            assert!(StoreId::from_verified_claim(name).is_none(), "{name}");
        }
    }
}

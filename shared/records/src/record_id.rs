//! The ids of records, each derived from what the record is.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{record_type::RecordType, store::StoreId};

/// The namespace of ids derived from an `external_ref`. Changing it changes every id.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_2b34_9a0e_5c57_8e0b_1f6a_77c4_d2e9);

/// The id of a stored record. Derived, so that the same file gives the same ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RecordId(Uuid);

impl RecordId {
    /// Derives the id of the object that a store knows under an `external_ref`.
    #[must_use]
    pub fn from_external_ref(store: &StoreId, record_type: RecordType, external_ref: &str) -> Self {
        // A store id and a type hold no slash, so no two triples read alike.
        let name = format!("{store}/{record_type}/{external_ref}");
        Self(Uuid::new_v5(&NAMESPACE, name.as_bytes()))
    }

    /// Derives the id of an object without `external_ref` from its job and line.
    #[must_use]
    pub fn from_line(import: Uuid, line: u32) -> Self {
        Self(Uuid::new_v5(&import, line.to_string().as_bytes()))
    }

    /// Makes an id of a line's number, for an object that is stored nowhere.
    pub(crate) fn from_number(line: u32) -> Self {
        Self(Uuid::from_u128(line.into()))
    }

    /// Derives the id of an object that exists only inside this one, from its position there (`plans[0]`).
    #[must_use]
    pub fn at(self, position: &str) -> Self {
        Self(Uuid::new_v5(&self.0, position.as_bytes()))
    }

    /// Reads an id given by a caller, `None` when the text is no UUID in its usual form of 36 characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().filter(|_| text.len() == 36).map(Self)
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_uuid_in_its_usual_form_and_nothing_near_it() {
        let id = "550e8400-e29b-41d4-a716-446655440000";
        assert!(RecordId::parse(id).is_some() && RecordId::parse(&id.to_uppercase()) == RecordId::parse(id));
        for other in [id.replace('-', ""), format!("{{{id}}}"), format!("urn:uuid:{id}"), String::new()] {
            assert_eq!(RecordId::parse(&other), None, "{other}");
        }
    }
}

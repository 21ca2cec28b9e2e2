//! What an import file may be: its lines, JSON, the six record types and their rules, references inside the file, and the
//! [check](check()) of a whole file.
//!
//! Nothing here waits, asks the time or calls AWS: what a file is depends on its bytes alone.

mod check;
mod draft;
mod envelope;
mod error;
mod fault;
mod feature;
mod field;
mod file;
mod format;
pub mod json;
pub mod jsonl;
mod kept;
mod offering;
mod plan;
mod product;
mod reference;
mod references;
mod storable;
mod store;
mod subscriber;
mod subscription;
pub mod unpack;

pub use check::{Checked, CheckedLine, Counts, Unchecked, check};
pub use draft::{Draft, LookedUp, Record, read};
pub use envelope::{Outline, outline};
pub use error::{MAX_ERROR_BYTES, MAX_ERRORS, RecordError, RecordErrorCode, RecordErrors};
pub use fault::FileFault;
pub use file::{FileLine, FileLines, Standing, by_level};
pub use kept::Kept;
pub use reference::{LookUp, Reference, Resolution, Snapshot};
pub use references::{Ids, References, Stored};
pub use storable::{MAX_ITEM_BYTES, MAX_ITEM_DEPTH, check_storable};
pub use store::{STORE_RULE, StoreId};

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The kinds of object an import file may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordType {
    SubscriptionProduct,
    SubscriptionPlan,
    SubscriptionFeature,
    SubscriptionSubscriber,
    SubscriptionOffering,
    Subscription,
}

impl RecordType {
    /// Every type, in the order in which documents list them.
    pub const ALL: [Self; 6] = [
        Self::SubscriptionProduct,
        Self::SubscriptionPlan,
        Self::SubscriptionFeature,
        Self::SubscriptionSubscriber,
        Self::SubscriptionOffering,
        Self::Subscription,
    ];

    /// How far up the type stands: whatever it may refer to is of a lower level.
    #[must_use]
    pub const fn level(self) -> u8 {
        match self {
            Self::SubscriptionProduct
            | Self::SubscriptionPlan
            | Self::SubscriptionFeature
            | Self::SubscriptionSubscriber => 0,
            Self::SubscriptionOffering => 1,
            Self::Subscription => 2,
        }
    }

    /// The name used on the wire, in the file and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SubscriptionProduct => "subscription_product",
            Self::SubscriptionPlan => "subscription_plan",
            Self::SubscriptionFeature => "subscription_feature",
            Self::SubscriptionSubscriber => "subscription_subscriber",
            Self::SubscriptionOffering => "subscription_offering",
            Self::Subscription => "subscription",
        }
    }

    /// The type with this name, `None` when there is none.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The id of an imported object: derived, so that the same file gives the same ids.
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

    /// Derives the id of an object that exists only inside this one, from its place there (`plans[0]`).
    #[must_use]
    pub fn at(self, place: &str) -> Self {
        Self(Uuid::new_v5(&self.0, place.as_bytes()))
    }

    /// Reads an id given by a caller, `None` when the text is no UUID in its usual form of 36 characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().filter(|_| text.len() == 36).map(Self)
    }

    /// The id as a UUID.
    #[must_use]
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The rules of a type's attributes.
const fn rules(record_type: RecordType) -> fn(&mut field::Fields<'_>) {
    match record_type {
        RecordType::SubscriptionProduct => product::check,
        RecordType::SubscriptionPlan => plan::check,
        RecordType::SubscriptionFeature => feature::check,
        RecordType::SubscriptionSubscriber => subscriber::check,
        RecordType::SubscriptionOffering => offering::check,
        RecordType::Subscription => subscription::check,
    }
}

/// The namespace of ids derived from an `external_ref`. Changing it changes every id.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_2b34_9a0e_5c57_8e0b_1f6a_77c4_d2e9);

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

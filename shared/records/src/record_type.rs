//! The types of record.

use enum_map::Enum;
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr, VariantArray};

/// The types of record that an import file may hold, in the order in which documents list them.
#[derive(
    Clone,
    Copy,
    Debug,
    Display,
    Enum,
    EnumString,
    Hash,
    IntoStaticStr,
    VariantArray,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RecordType {
    SubscriptionProduct,
    SubscriptionPlan,
    SubscriptionFeature,
    SubscriptionSubscriber,
    SubscriptionOffering,
    Subscription,
}

impl RecordType {
    /// Every type.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// The name used on the wire, in the file and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The types of the records that one of this type may refer to.
    #[must_use]
    pub const fn refers_to(self) -> &'static [Self] {
        match self {
            Self::SubscriptionProduct
            | Self::SubscriptionPlan
            | Self::SubscriptionFeature
            | Self::SubscriptionSubscriber => &[],
            Self::SubscriptionOffering => {
                &[Self::SubscriptionProduct, Self::SubscriptionPlan, Self::SubscriptionFeature]
            }
            Self::Subscription => &[Self::SubscriptionOffering],
        }
    }

    /// How many steps of references lie below the type: a record refers to records of lower levels only, and none of level 0
    /// refers to any. So lines are imported level by level.
    #[must_use]
    pub fn level(self) -> u8 {
        self.refers_to().iter().map(|referred_to| 1 + referred_to.level()).max().unwrap_or(0)
    }
}

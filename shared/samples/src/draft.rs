//! Good lines to be: what a line's attributes look like when nothing is wrong with them.

use std::io;

use rand_chacha::ChaCha8Rng;
use records::RecordType;

use super::{
    priced,
    records::{References, feature, offering, plan, product, subscriber},
    subscriptions,
};

/// The types of good lines, dealt in turn: how often a type stands here is its share of a file.
pub(super) const ROUND: &[RecordType] = &[
    RecordType::SubscriptionProduct,
    RecordType::SubscriptionPlan,
    RecordType::SubscriptionSubscriber,
    RecordType::SubscriptionOffering,
    RecordType::SubscriptionSubscriber,
    RecordType::Subscription,
    RecordType::SubscriptionSubscriber,
    RecordType::SubscriptionFeature,
    RecordType::SubscriptionSubscriber,
    RecordType::SubscriptionProduct,
    RecordType::SubscriptionSubscriber,
    RecordType::SubscriptionPlan,
    RecordType::SubscriptionSubscriber,
    RecordType::SubscriptionOffering,
    RecordType::SubscriptionSubscriber,
    RecordType::SubscriptionSubscriber,
    RecordType::SubscriptionSubscriber,
];

/// How the external refs of a type begin.
pub(super) const fn prefix(record_type: RecordType) -> &'static str {
    match record_type {
        RecordType::SubscriptionProduct => "prod",
        RecordType::SubscriptionPlan => "plan",
        RecordType::SubscriptionFeature => "feat",
        RecordType::SubscriptionSubscriber => "cust",
        RecordType::SubscriptionOffering => "offer",
        RecordType::Subscription => "sub",
    }
}

/// One good line to be: its type, its name for others, and what it refers to.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) record_type: RecordType,
    pub(super) external_ref: Option<String>,
    pub(super) references: References,
}

/// Writes the attributes of a draft as one JSON object.
pub(super) fn attributes(rng: &mut ChaCha8Rng, draft: &Draft) -> io::Result<String> {
    let external_ref = draft.external_ref.as_deref();
    let references = &draft.references;
    // Structs, not maps: their keys come in the same order whatever features serde_json was built with.
    let text = match draft.record_type {
        RecordType::SubscriptionProduct => serde_json::to_string(&product(rng, external_ref)),
        RecordType::SubscriptionPlan => serde_json::to_string(&plan(rng, external_ref)),
        RecordType::SubscriptionFeature => serde_json::to_string(&feature(rng, external_ref)),
        RecordType::SubscriptionSubscriber => serde_json::to_string(&subscriber(rng, external_ref)),
        RecordType::SubscriptionOffering if references.is_priced => {
            serde_json::to_string(&priced::offering(rng, external_ref, &references.features))
        }
        RecordType::SubscriptionOffering => serde_json::to_string(&offering(rng, external_ref, references)),
        RecordType::Subscription => serde_json::to_string(&subscriptions::subscription(rng, external_ref, references)),
    };
    text.map_err(io::Error::from)
}

//! Good offerings of plans and pricing options.

use std::collections::BTreeMap;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::{
    records::{Configuration, Feature, Item, Plan, Product, feature, plan, product},
    words::{GENRES, TIERS, description, percent, pick, uuid},
};

/// The plan and the pricing option that every such offering has, and that go together.
pub(super) const PLAN: &str = "standard";
pub(super) const OPTION: &str = "main";

/// Another plan and another pricing option, the name of a feature that the offering brings along.
const LARGE: &str = "large";
const OTHER: &str = "other";
const EXTRA: &str = "extra";

#[derive(Serialize)]
pub(super) struct PricedOffering<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    external_ref: Option<&'a str>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proration_policy_id: Option<String>,
    #[serde(flatten)]
    parts: Parts<'a>,
}

/// What an offering is made of, whether it stands on a line of its own or in its subscription.
#[derive(Serialize)]
pub(super) struct Parts<'a> {
    plans: Vec<Part<SoldPlan>>,
    pricing_options: Vec<Part<PricingOption>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    features: Vec<Item<'a, Feature<'static>>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pricing_option_associations: BTreeMap<&'static str, Vec<&'static str>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    configured_features: BTreeMap<&'static str, BTreeMap<&'static str, Configured>>,
}

#[derive(Serialize)]
struct Part<T> {
    #[serde(flatten)]
    part: T,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Selected>,
}

#[derive(Serialize)]
struct Selected {
    selected: bool,
}

#[derive(Serialize)]
struct SoldPlan {
    #[serde(flatten)]
    product: Product<'static>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    feature_configurations: BTreeMap<&'static str, Configured>,
}

#[derive(Serialize)]
struct PricingOption {
    #[serde(flatten)]
    plan: Plan<'static>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lead_time: Option<LeadTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notification_schedule: Option<Vec<Notice>>,
}

#[derive(Serialize)]
struct LeadTime {
    r#type: &'static str,
    time: u32,
}

#[derive(Serialize)]
struct Notice {
    name: &'static str,
    unit: &'static str,
    amount: u32,
}

/// What a plan gives of a feature.
#[derive(Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Configured {
    Access,
    Promotion { tag: String },
    Usage { default_value: u32 },
}

pub(super) fn offering<'a>(
    rng: &mut ChaCha8Rng,
    external_ref: Option<&'a str>,
    features: &'a [String],
) -> PricedOffering<'a> {
    PricedOffering {
        external_ref,
        name: format!("{} {} Box", pick(rng, TIERS), pick(rng, GENRES)),
        description: percent(rng, 80).then(|| description(rng)),
        proration_policy_id: percent(rng, 20).then(|| uuid(rng)),
        parts: parts(rng, features, false),
    }
}

/// Parts of an offering; in a subscription that describes it one of each is chosen.
pub(super) fn parts<'a>(rng: &mut ChaCha8Rng, features: &'a [String], are_chosen: bool) -> Parts<'a> {
    let mut parts = Parts {
        plans: vec![part(sold_plan(rng, PLAN), are_chosen)],
        pricing_options: vec![part(pricing_option(rng, OPTION), are_chosen)],
        features: features.iter().map(|name| Item::Reference(name)).collect(),
        pricing_option_associations: BTreeMap::new(),
        configured_features: BTreeMap::new(),
    };
    if percent(rng, 50) {
        parts.plans.push(part(sold_plan(rng, LARGE), false));
        parts.pricing_options.push(part(pricing_option(rng, OTHER), false));
    }
    if percent(rng, 60) {
        parts.pricing_option_associations.insert(PLAN, vec![OPTION]);
        if parts.plans.len() > 1 {
            parts.pricing_option_associations.insert(LARGE, vec![OTHER, OPTION]);
        }
    }
    if percent(rng, 50) {
        let extra = feature(rng, Some(EXTRA));
        let configured = configured(rng, &extra);
        parts.features.push(Item::Inline(extra));
        // In either of the two places.
        match parts.plans.first_mut() {
            Some(plan) if percent(rng, 50) => drop(plan.part.feature_configurations.insert(EXTRA, configured)),
            _ => drop(parts.configured_features.entry(PLAN).or_default().insert(EXTRA, configured)),
        }
    }
    parts
}

fn part<T>(part: T, is_chosen: bool) -> Part<T> {
    Part { part, meta: is_chosen.then_some(Selected { selected: true }) }
}

fn sold_plan(rng: &mut ChaCha8Rng, name: &'static str) -> SoldPlan {
    SoldPlan { product: product(rng, Some(name)), feature_configurations: BTreeMap::new() }
}

fn pricing_option(rng: &mut ChaCha8Rng, name: &'static str) -> PricingOption {
    PricingOption {
        plan: plan(rng, Some(name)),
        lead_time: percent(rng, 20)
            .then(|| LeadTime { r#type: pick(rng, &["day", "week"]), time: rng.random_range(1..=14) }),
        notification_schedule: percent(rng, 20)
            .then(|| vec![Notice { name: "Before it renews", unit: pick(rng, &["day", "week", "month"]), amount: 1 }]),
    }
}

fn configured(rng: &mut ChaCha8Rng, feature: &Feature<'_>) -> Configured {
    match &feature.configuration {
        Configuration::Access { .. } => Configured::Access,
        Configuration::Promotion { promotions } => {
            Configured::Promotion { tag: promotions.first().map(|promotion| promotion.tag.clone()).unwrap_or_default() }
        }
        Configuration::Usage { .. } => Configured::Usage { default_value: rng.random_range(0..=50) },
    }
}

//! Good records of every type but the subscription, and the parts that types share.

use std::collections::BTreeMap;

use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use serde_with::skip_serializing_none;

use super::words::{
    CHANNELS, CITIES, CURRENCIES, GENRES, LOCALES, MAIL_HOSTS, ROASTS, STREETS, TIERS, WAREHOUSES, description,
    percent, person, pick, product_name, uuid,
};

/// The external refs a draft uses: an offering's parts, or a subscription's offering and plan.
#[derive(Debug, Default)]
pub(super) struct References {
    pub(super) products: Vec<String>,
    pub(super) plans: Vec<String>,
    pub(super) features: Vec<String>,
    pub(super) offering: Option<String>,
    /// Of an offering, whether it is made of plans and pricing options; of a subscription, the pricing option it chooses.
    pub(super) is_priced: bool,
    pub(super) pricing_option: Option<&'static str>,
}

type Prices = BTreeMap<&'static str, Amount>;

#[derive(Serialize)]
struct Amount {
    amount: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    includes_tax: Option<bool>,
}

#[derive(Serialize)]
struct PriceUnits {
    unit: &'static str,
    amount: u32,
}

#[skip_serializing_none]
#[derive(Serialize)]
pub(super) struct Product<'a> {
    external_ref: Option<&'a str>,
    name: String,
    description: Option<String>,
    sku: Option<String>,
    main_image: Option<String>,
    price: Option<Prices>,
    price_units: Option<PriceUnits>,
    /// Not an attribute of products: other systems send such things, and they do no harm.
    warehouse: Option<&'static str>,
}

#[skip_serializing_none]
#[derive(Serialize)]
pub(super) struct Plan<'a> {
    external_ref: Option<&'a str>,
    name: String,
    description: Option<String>,
    billing_interval_type: &'static str,
    billing_frequency: u32,
    trial_period: Option<u32>,
    #[serde(rename = "plan_length")]
    length: u32,
    end_behavior: &'static str,
    base_price_percentage: Option<u32>,
    fixed_price: Option<Prices>,
    can_pause: bool,
    can_resume: bool,
    can_cancel: bool,
    /// Not an attribute of plans, yet the public sample file has it.
    status: Option<&'static str>,
}

#[skip_serializing_none]
#[derive(Serialize)]
pub(super) struct Feature<'a> {
    external_ref: Option<&'a str>,
    name: String,
    description: Option<String>,
    pub(super) configuration: Configuration,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Configuration {
    Access { tag: String },
    Promotion { promotions: Vec<Promotion> },
    Usage { tag: String, label: &'static str, default_value: u32 },
}

#[derive(Serialize)]
pub(super) struct Promotion {
    name: String,
    pub(super) tag: String,
    #[serde(rename = "promotion_id", skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

#[skip_serializing_none]
#[derive(Serialize)]
pub(super) struct Subscriber<'a> {
    external_ref: Option<&'a str>,
    account_id: String,
    name: String,
    email: String,
    payment_authority: Option<PaymentAuthority>,
    /// Neither this nor the locale is an attribute of subscribers.
    address: Option<Address>,
    locale: Option<&'static str>,
}

#[derive(Serialize)]
struct Address {
    line_1: String,
    city: &'static str,
    country: &'static str,
}

#[derive(Serialize)]
struct PaymentAuthority {
    r#type: &'static str,
    customer_id: String,
    card_id: String,
}

#[skip_serializing_none]
#[derive(Serialize)]
pub(super) struct Offering<'a> {
    external_ref: Option<&'a str>,
    name: String,
    description: Option<String>,
    products: Vec<Item<'a, Product<'a>>>,
    plans: Vec<Item<'a, Plan<'a>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    features: Vec<Item<'a, Feature<'a>>>,
    /// Not an attribute of offerings.
    channel: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Item<'a, Inline> {
    Reference(&'a str),
    Inline(Inline),
}

pub(super) fn product<'a>(rng: &mut ChaCha8Rng, external_ref: Option<&'a str>) -> Product<'a> {
    let number = rng.random_range(100..10_000_u32);
    Product {
        external_ref,
        name: product_name(rng),
        description: percent(rng, 85).then(|| description(rng)),
        sku: percent(rng, 70).then(|| format!("SKU-{number:05}")),
        main_image: percent(rng, 50).then(|| format!("https://cdn.example.com/catalogue/{number}/front.jpg")),
        price: percent(rng, 90).then(|| prices(rng)),
        price_units: percent(rng, 30).then(|| price_units(rng)),
        warehouse: percent(rng, 8).then(|| pick(rng, WAREHOUSES)),
    }
}

fn price_units(rng: &mut ChaCha8Rng) -> PriceUnits {
    PriceUnits { unit: pick(rng, &["day", "month"]), amount: rng.random_range(1..=12) }
}

pub(super) fn plan<'a>(rng: &mut ChaCha8Rng, external_ref: Option<&'a str>) -> Plan<'a> {
    let interval = pick(rng, &["day", "week", "month", "month", "month", "year"]);
    let frequency = rng.random_range(1..=6);
    let fixed = percent(rng, 30);
    let can_pause = percent(rng, 60);
    Plan {
        external_ref,
        name: format!("{} every {frequency} {interval}s", pick(rng, TIERS)),
        description: percent(rng, 60).then(|| description(rng)),
        billing_interval_type: interval,
        billing_frequency: frequency,
        trial_period: percent(rng, 40).then(|| rng.random_range(0..=30)),
        length: rng.random_range(1..=24),
        end_behavior: pick(rng, &["roll", "roll", "close"]),
        base_price_percentage: (!fixed).then(|| rng.random_range(50..=100)),
        fixed_price: fixed.then(|| prices(rng)),
        can_pause,
        can_resume: can_pause,
        can_cancel: percent(rng, 90),
        status: percent(rng, 25).then_some("live"),
    }
}

pub(super) fn feature<'a>(rng: &mut ChaCha8Rng, external_ref: Option<&'a str>) -> Feature<'a> {
    let topic = pick(rng, GENRES);
    let tag = format!("{}_{}", topic.to_lowercase(), rng.random_range(1..1000_u32));
    let (name, configuration) = match rng.random_range(0..3_u8) {
        0 => (format!("{topic} archive"), Configuration::Access { tag }),
        1 => {
            let id = percent(rng, 50).then(|| uuid(rng));
            let promotion = Promotion { name: format!("{topic} week"), tag, id };
            (format!("{topic} offers"), Configuration::Promotion { promotions: vec![promotion] })
        }
        _ => {
            let default_value = rng.random_range(1..=100);
            (format!("{topic} downloads"), Configuration::Usage { tag, label: "Downloads a month", default_value })
        }
    };
    Feature { external_ref, name, description: percent(rng, 50).then(|| description(rng)), configuration }
}

pub(super) fn subscriber<'a>(rng: &mut ChaCha8Rng, external_ref: Option<&'a str>) -> Subscriber<'a> {
    let (name, email) = contact(rng);
    Subscriber {
        external_ref,
        account_id: uuid(rng),
        name,
        email,
        payment_authority: percent(rng, 80).then(|| payment_authority(rng)),
        address: percent(rng, 30).then(|| address(rng)),
        locale: percent(rng, 15).then(|| pick(rng, LOCALES)),
    }
}

fn address(rng: &mut ChaCha8Rng) -> Address {
    let (city, country) = CITIES.choose(rng).copied().unwrap_or_default();
    Address { line_1: format!("{} {}", rng.random_range(1..200_u32), pick(rng, STREETS)), city, country }
}

pub(super) fn contact(rng: &mut ChaCha8Rng) -> (String, String) {
    let (name, mailbox) = person(rng);
    let email = format!("{mailbox}{}@{}", rng.random_range(1..1000_u32), pick(rng, MAIL_HOSTS));
    (name, email)
}

fn payment_authority(rng: &mut ChaCha8Rng) -> PaymentAuthority {
    PaymentAuthority {
        r#type: pick(rng, &["elastic_path_payments_stripe", "stripe_payment_intents"]),
        customer_id: format!("cus_{:014x}", rng.random_range(0..1_u64 << 56)),
        card_id: format!("card_{:016x}", rng.random::<u64>()),
    }
}

pub(super) fn offering<'a>(
    rng: &mut ChaCha8Rng,
    external_ref: Option<&'a str>,
    references: &'a References,
) -> Offering<'a> {
    let mut products: Vec<_> = references.products.iter().map(|name| Item::Reference(name)).collect();
    if products.is_empty() || percent(rng, 8) {
        products.push(Item::Inline(product(rng, None)));
    }
    let mut plans: Vec<_> = references.plans.iter().map(|name| Item::Reference(name)).collect();
    if plans.is_empty() || percent(rng, 8) {
        plans.push(Item::Inline(plan(rng, None)));
    }
    let mut features: Vec<_> = references.features.iter().map(|name| Item::Reference(name)).collect();
    if !features.is_empty() && percent(rng, 8) {
        features.push(Item::Inline(feature(rng, None)));
    }
    let topics = if percent(rng, 50) { GENRES } else { ROASTS };
    Offering {
        external_ref,
        name: format!("{} {} Club", pick(rng, TIERS), pick(rng, topics)),
        description: percent(rng, 80).then(|| description(rng)),
        products,
        plans,
        features,
        channel: percent(rng, 8).then(|| pick(rng, CHANNELS)),
    }
}

/// Prices one thing in one to five currencies, at about the same worth in each.
fn prices(rng: &mut ChaCha8Rng) -> Prices {
    let worth = rng.random_range(4..=120_u64);
    let mut currencies = CURRENCIES.to_vec();
    currencies.shuffle(rng);
    let count = rng.random_range(1..=5_usize);
    currencies
        .into_iter()
        .take(count)
        .map(|(currency, rate)| {
            let amount = (worth * rate).saturating_sub(1);
            (currency, Amount { amount, includes_tax: percent(rng, 50).then(|| rng.random()) })
        })
        .collect()
}

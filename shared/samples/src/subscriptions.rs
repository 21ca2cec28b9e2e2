//! Good subscriptions, and the offerings that they describe.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::{
    priced,
    records::{Plan, Product, References, contact, plan, product},
    words::{ORIGINS, percent, pick, uuid},
};

#[derive(Serialize)]
pub(super) struct Subscription<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    external_ref: Option<&'a str>,
    account_id: String,
    currency: &'static str,
    name: String,
    email: String,
    manual_payments: bool,
    #[serde(flatten)]
    offered: Offered<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_invoice_paid: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<String>,
}

/// The offering, and what is chosen of it; described where there is nothing to refer to.
#[derive(Serialize)]
#[serde(untagged)]
enum Offered<'a> {
    Named {
        offering_external_ref: &'a str,
        selected_plan: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        selected_pricing_option: Option<&'static str>,
    },
    Priced {
        offering: InlineOffering,
        #[serde(flatten)]
        parts: priced::Parts<'a>,
    },
    OfProducts {
        offering: InlineOffering,
        products: Vec<Product<'a>>,
        plans: Vec<ChosenPlan<'a>>,
    },
}

#[derive(Serialize)]
struct InlineOffering {
    name: String,
}

#[derive(Serialize)]
struct ChosenPlan<'a> {
    #[serde(flatten)]
    plan: Plan<'a>,
    meta: Selected,
}

#[derive(Serialize)]
struct Selected {
    selected: bool,
}

pub(super) fn subscription<'a>(
    rng: &mut ChaCha8Rng,
    external_ref: Option<&'a str>,
    references: &'a References,
) -> Subscription<'a> {
    let (name, email) = contact(rng);
    let started_at = percent(rng, 40)
        .then(|| format!("2026-{:02}-{:02}T08:00:00Z", rng.random_range(1..=12_u32), rng.random_range(1..=28_u32)));
    Subscription {
        external_ref,
        account_id: uuid(rng),
        currency: pick(rng, &["USD", "EUR", "GBP"]),
        name,
        email,
        manual_payments: percent(rng, 30),
        offered: offered(rng, references),
        first_invoice_paid: started_at.is_some().then_some(true),
        started_at,
    }
}

fn offered<'a>(rng: &mut ChaCha8Rng, references: &'a References) -> Offered<'a> {
    if let Some((offering, plan)) = references.offering.as_deref().zip(references.plans.first()) {
        return Offered::Named {
            offering_external_ref: offering,
            selected_plan: plan,
            selected_pricing_option: references.pricing_option,
        };
    }
    let offering = InlineOffering { name: format!("{} Subscription", pick(rng, ORIGINS)) };
    if percent(rng, 50) {
        Offered::Priced { offering, parts: priced::parts(rng, &[], true) }
    } else {
        Offered::OfProducts { offering, products: vec![product(rng, None)], plans: vec![chosen_plan(rng)] }
    }
}

fn chosen_plan(rng: &mut ChaCha8Rng) -> ChosenPlan<'static> {
    ChosenPlan { plan: plan(rng, None), meta: Selected { selected: true } }
}

//! The rules of a `subscription_offering`, and how copies replace its references.

use crate::{
    error::{RecordErrorCode, RecordErrors},
    feature,
    field::Fields,
    generation::{BOTH, Generation},
    json::{Object, Path},
    limits::{EXTERNAL_REF, NAME, TEXT},
    plan, product,
    record_id::RecordId,
    record_type::RecordType::{self, SubscriptionFeature, SubscriptionPlan, SubscriptionProduct},
    reference::Found,
};

mod assembly;
mod names;
pub(super) mod priced;

pub(super) use names::Names;

/// What an offering of products is made of.
pub(super) const LISTS: [&str; 3] = ["products", "plans", "features"];
/// The lists that every offering of products must have.
pub(super) const REQUIRED_LISTS: [&str; 2] = ["products", "plans"];

/// Checks an offering's attributes.
pub(super) fn check(offering: &mut Fields<'_>) {
    check_own(offering);
    offering.optional("proration_policy_id").text(EXTERNAL_REF);
    offering.known_too(&LISTS);
    match Generation::tell(&[&*offering.object], false) {
        Some(Generation::Products) => {
            for list in REQUIRED_LISTS {
                offering.required(list);
            }
            check_lists(offering);
        }
        Some(Generation::PricingOptions) => priced::check(offering, true),
        None => offering.fail(RecordErrorCode::Conflicting, BOTH),
    }
}

/// Checks the attributes that are the offering's own.
pub(super) fn check_own(offering: &mut Fields<'_>) {
    offering.external_ref();
    offering.required("name").text(NAME);
    offering.optional("description").text(TEXT);
}

/// Checks those lists of an offering of products that are given.
pub(super) fn check_lists(offering: &mut Fields<'_>) {
    let mut check = |list, at_least, record_type: RecordType, rule| {
        offering.optional(list).references(at_least, record_type, &[record_type.as_str()], rule);
    };
    check("products", 1, SubscriptionProduct, product::check);
    check("plans", 1, SubscriptionPlan, plan::check);
    check("features", 0, SubscriptionFeature, feature::check);
}

/// Puts an offering together: copies replace its references.
pub(super) fn resolve(
    offering: &mut Object,
    path: &Path<'_>,
    id: RecordId,
    found: &mut Found,
    errors: &mut RecordErrors,
) {
    match Generation::of_good(offering) {
        Generation::Products => resolve_lists(offering, id, found),
        Generation::PricingOptions => assembly::assemble(offering, path, id, found, errors),
    }
}

/// Replaces references by copies, in the order in which [`check_lists`] met them.
pub(super) fn resolve_lists(offering: &mut Object, id: RecordId, found: &mut Found) {
    found.fill(offering, "products", SubscriptionProduct, id);
    found.fill(offering, "plans", SubscriptionPlan, id);
    found.fill(offering, "features", SubscriptionFeature, id);
}

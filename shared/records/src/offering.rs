//! The rules of a `subscription_offering`, and how copies replace its references.

use crate::{
    feature,
    field::Fields,
    json::Object,
    limits::{EXTERNAL_REF, NAME, TEXT},
    plan, product,
    record_id::RecordId,
    record_type::RecordType::{SubscriptionFeature, SubscriptionPlan, SubscriptionProduct},
    reference::Found,
};

/// What an offering is made of.
pub(super) const LISTS: [&str; 3] = ["products", "plans", "features"];
/// The lists that every offering must have.
pub(super) const REQUIRED_LISTS: [&str; 2] = ["products", "plans"];

/// Checks an offering's attributes.
pub(super) fn check(offering: &mut Fields<'_>) {
    check_own(offering);
    for list in REQUIRED_LISTS {
        offering.required(list);
    }
    check_lists(offering);
}

/// Checks the attributes that are the offering's own.
pub(super) fn check_own(offering: &mut Fields<'_>) {
    offering.optional("external_ref").text(EXTERNAL_REF);
    offering.required("name").text(NAME);
    offering.optional("description").text(TEXT);
}

/// Checks those lists that are given.
pub(super) fn check_lists(offering: &mut Fields<'_>) {
    offering.optional("products").references(1, SubscriptionProduct, product::check);
    offering.optional("plans").references(1, SubscriptionPlan, plan::check);
    offering.optional("features").references(0, SubscriptionFeature, feature::check);
}

/// Replaces references by copies, in the order in which [`check_lists`] met them.
pub(super) fn resolve_lists(offering: &mut Object, id: RecordId, found: &mut Found) {
    found.fill(offering, "products", SubscriptionProduct, id);
    found.fill(offering, "plans", SubscriptionPlan, id);
    found.fill(offering, "features", SubscriptionFeature, id);
}

//! The rules of a `subscription_offering`, and how what it refers to becomes part of it.

use super::RecordId;
use super::RecordType::{SubscriptionFeature, SubscriptionPlan, SubscriptionProduct};
use super::field::{EXTERNAL_REF, Fields, NAME, TEXT};
use super::reference::Found;
use crate::json::Object;

/// Checks an offering's attributes.
pub(super) fn check(offering: &mut Fields<'_>) {
    check_own(offering);
    check_lists(offering);
}

/// Checks the attributes that are the offering's own.
pub(super) fn check_own(offering: &mut Fields<'_>) {
    offering.optional("external_ref").text(EXTERNAL_REF);
    offering.required("name").text(NAME);
    offering.optional("description").text(TEXT);
}

/// Checks what the offering is made of.
pub(super) fn check_lists(offering: &mut Fields<'_>) {
    offering.required("products").references(1, SubscriptionProduct);
    offering.required("plans").references(1, SubscriptionPlan);
    offering.optional("features").references(0, SubscriptionFeature);
}

/// Puts copies in the place of references, in the order in which [`check_lists`] met them.
pub(super) fn resolve_lists(offering: &mut Object, id: RecordId, found: &mut Found) {
    found.fill(offering, "products", SubscriptionProduct, id);
    found.fill(offering, "plans", SubscriptionPlan, id);
    found.fill(offering, "features", SubscriptionFeature, id);
}

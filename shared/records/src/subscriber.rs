//! The rules of a `subscription_subscriber`.

use crate::{field::Fields, limits::NAME, payment_authority};

/// Checks a subscriber's attributes.
pub(super) fn check(subscriber: &mut Fields<'_>) {
    subscriber.external_ref();
    subscriber.required("account_id").uuid();
    subscriber.required("name").text(NAME);
    subscriber.required("email").email();
    payment_authority::check(subscriber, false);
}

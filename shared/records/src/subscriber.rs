//! The rules of a `subscription_subscriber`.

use super::field::{EXTERNAL_REF, Fields, NAME};

/// Checks a subscriber's attributes.
pub(super) fn check(subscriber: &mut Fields<'_>) {
    subscriber.optional("external_ref").text(EXTERNAL_REF);
    subscriber.required("account_id").uuid();
    subscriber.required("name").text(NAME);
    subscriber.required("email").email();
    // A gateway's own affair: any object will do.
    subscriber.optional("payment_authority").object();
}

//! The rules of a `subscription_subscriber`.

use crate::{
    field::Fields,
    limits::{EXTERNAL_REF, NAME},
};

/// Checks a subscriber's attributes.
pub(super) fn check(subscriber: &mut Fields<'_>) {
    subscriber.optional("external_ref").text(EXTERNAL_REF);
    subscriber.required("account_id").uuid();
    subscriber.required("name").text(NAME);
    subscriber.required("email").email();
    // A gateway's own affair: any object will do.
    subscriber.optional("payment_authority").object();
}

//! The rules of a `payment_authority`: what a payment gateway knows the payer by.

use crate::{field::Fields, limits::NAME};

/// Checks the payment authority of a subscriber, whose ids may be missing, or of a subscription, which needs them.
pub(super) fn check(payer: &mut Fields<'_>, needs_ids: bool) {
    let Some(mut authority) = payer.optional("payment_authority").object() else { return };
    let gateways = ["elastic_path_payments_stripe", "stripe_payment_intents", "authorize_net"];
    let gateway = authority.required("type").one_of(&gateways);
    for (ids, of_authorize_net) in
        [(["customer_id", "card_id"], false), (["payment_profile_id", "customer_profile_id"], true)]
    {
        let are_needed = needs_ids && gateway.is_some_and(|gateway| (gateway == "authorize_net") == of_authorize_net);
        for id in ids {
            let field = if are_needed { authority.required(id) } else { authority.optional(id) };
            field.text(NAME);
        }
    }
}

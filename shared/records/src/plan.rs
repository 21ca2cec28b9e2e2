//! The rules of a `subscription_plan`.

use crate::{
    field::Fields,
    limits::{EXTERNAL_REF, NAME, TEXT},
};

/// Checks a plan's attributes.
pub(super) fn check(plan: &mut Fields<'_>) {
    plan.optional("external_ref").text(EXTERNAL_REF);
    plan.required("name").text(NAME);
    plan.optional("description").text(TEXT);
    plan.required("billing_interval_type").one_of(&["day", "week", "month", "year"]);
    plan.required("billing_frequency").whole(1..);
    plan.required("plan_length").whole(1..);
    plan.required("end_behavior").one_of(&["close", "roll"]);
    plan.required("can_pause").boolean();
    plan.required("can_resume").boolean();
    plan.required("can_cancel").boolean();
    plan.optional("trial_period").whole(0..);
    plan.optional("base_price_percentage").percentage();
    plan.optional("fixed_price").price();
}

//! The rules of a `subscription_plan`, and of a pricing option, which is what newer offerings have in its place.

use crate::{
    field::Fields,
    limits::{NAME, NOTICE_NAME, TEXT},
};

/// Checks the attributes of a plan or a pricing option.
pub(super) fn check(plan: &mut Fields<'_>) {
    plan.external_ref();
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
    if let Some(mut lead_time) = plan.optional("lead_time").object() {
        lead_time.required("type").one_of(&["day", "week"]);
        lead_time.required("time").whole(1..);
    }
    plan.optional("notification_schedule").items(|notice| {
        if let Some(mut notice) = notice.object() {
            notice.required("name").text(NOTICE_NAME);
            notice.required("unit").one_of(&["day", "week", "month"]);
            notice.required("amount").whole(1..);
        }
    });
}

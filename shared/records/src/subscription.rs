//! The rules of a `subscription`, and how its offering and what it chooses of it become part of it.

use chrono::{DateTime, FixedOffset};

use crate::{
    error::{RecordError, RecordErrorCode, RecordErrors},
    field::Fields,
    generation::Generation,
    json::{Json, Object, Path},
    limits::NAME,
    offering::priced,
    payment_authority,
    record_id::RecordId,
    reference::{Found, Reference},
};

mod choice;
mod currency;
mod offering;

use choice::{Chosen, PLAN, PRICING_OPTION};
pub(super) use currency::no_price;

/// Checks a subscription's attributes.
pub(super) fn check(subscription: &mut Fields<'_>) {
    subscription.external_ref();
    subscription.required("account_id").uuid();
    subscription.optional("address_id").uuid();
    subscription.required("currency").currency();
    subscription.required("name").text(NAME);
    subscription.required("email").email();
    subscription.required("manual_payments").boolean();
    payment_authority::check(subscription, true);
    subscription.optional("pending").boolean();
    subscription.optional("first_invoice_paid").boolean();
    check_times(subscription);
    if let Some(mut order) = subscription.optional("order").object() {
        order.required("order_id").uuid();
        order.required("order_item_id").uuid();
    }
    let offered = offering::check(subscription);
    PLAN.check(subscription, offered.plans, true);
    PRICING_OPTION.check(subscription, offered.pricing_options, offered.has_options);
}

/// When the subscription began, which only one that is paid for can tell, and when its first period ends, if otherwise than
/// its pricing option says.
fn check_times(subscription: &mut Fields<'_>) {
    const START: &str = "started_at";
    const END: &str = "override_first_period_end_date";
    for name in [START, END] {
        subscription.optional(name).time();
    }
    let is_unpaid = matches!(subscription.object.get("first_invoice_paid"), None | Some(Json::Bool(false)));
    if subscription.has(START) && is_unpaid {
        let problem = "must be left out, unless \"first_invoice_paid\" is true: take it out, or write \"first_invoice_paid\":true";
        subscription.optional(START).fail(RecordErrorCode::Conflicting, problem);
    }
    if subscription.has(END) && !subscription.has(START) {
        let problem = "must be left out, unless \"started_at\" is given: take it out, or add \"started_at\"";
        subscription.optional(END).fail(RecordErrorCode::Conflicting, problem);
    }
    if let Some((start, end)) = moment(subscription, START).zip(moment(subscription, END))
        && end <= start
    {
        let problem = format_args!(
            "must be later than \"started_at\" ({start}), it is {end}",
            start = start.to_rfc3339(),
            end = end.to_rfc3339()
        );
        subscription.optional(END).fail(RecordErrorCode::OutOfRange, problem);
    }
}

fn moment(subscription: &Fields<'_>, name: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(subscription.object.get(name)?.as_str()?).ok()
}

/// Puts a copy of the offering in, and the ids of offering, plan and pricing option instead of whatever named them.
pub(super) fn resolve(
    subscription: &mut Object,
    path: &Path<'_>,
    id: RecordId,
    found: &mut Found,
    errors: &mut RecordErrors,
) {
    let (offering, [plan_mark, option_mark]) = if subscription.get("offering").is_some() {
        offering::inline(subscription, path, id, found, errors)
    } else {
        // Without one the draft had an error, and nothing is resolved.
        (found.next().map_or(Json::Null, |snapshot| snapshot.to_json()), [None, None])
    };
    let nothing = Object::new();
    let snapshot = offering.as_object().unwrap_or(&nothing);
    let parts = snapshot.get("attributes").and_then(Json::as_object).unwrap_or(&nothing);
    let plan = PLAN.chosen(subscription, plan_mark, parts, path, errors);
    let option = match Generation::of_good(parts) {
        Generation::PricingOptions => PRICING_OPTION.chosen(subscription, option_mark, parts, path, errors),
        Generation::Products => {
            if let Some((name, _)) = PRICING_OPTION.named(subscription) {
                let problem =
                    "must be left out: the offering is made of products and plans, and has no pricing options";
                errors.add(RecordErrorCode::Conflicting, &Path::Key(path, name), format_args!("\"{name}\" {problem}"));
            }
            None
        }
    };
    if let Some((plan, option)) = plan.as_ref().zip(option.as_ref())
        && errors.is_empty()
        && let Some(error) = error_of_pair(plan, option, parts)
    {
        errors.push(error);
    }
    let offering_id = snapshot.get("id").cloned().unwrap_or(Json::Null);
    for replaced in ["offering_external_ref", "selected_plan", "selected_pricing_option"] {
        subscription.remove(replaced);
    }
    subscription.insert("offering_id", offering_id);
    subscription.insert("plan_id", plan.map_or(Json::Null, |plan| plan.id.into()));
    if let Some(option) = option {
        subscription.insert("pricing_option_id", option.id);
    }
    subscription.insert("offering", offering);
}

/// The error of a plan and a pricing option that do not go together. Without associations all do.
fn error_of_pair(plan: &Chosen, option: &Chosen, offering: &Object) -> Option<RecordError> {
    let associations = offering.get("pricing_option_associations")?.as_object()?;
    let options = associations.get(&plan.id).and_then(Json::as_array).unwrap_or_default();
    let is_associated = options.iter().any(|id| id.as_str() == Some(&option.id));
    let problem =
        "the chosen pricing option is not among those that pricing_option_associations has for the chosen plan";
    (!is_associated)
        .then(|| RecordError::new(RecordErrorCode::PricingOptionNotInOffering, option.field.as_str(), problem))
}

/// The names of a subscription's plan and pricing option, and inside of a described offering, that may be ids.
pub(super) fn names_by_id(subscription: &Object, path: &Path<'_>) -> Vec<Reference> {
    let chosen = [PLAN, PRICING_OPTION].into_iter().filter_map(|choice| choice.by_id(subscription, path));
    chosen.chain(priced::names_by_id(subscription, path)).collect()
}

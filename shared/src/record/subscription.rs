//! The rules of a `subscription`, and how its offering and chosen plan become part of it.

use super::error::{RecordError, RecordErrorCode};
use super::field::{EXTERNAL_REF, Fields, NAME};
use super::reference::{Found, LookUp, Snapshot, own_attributes};
use super::{RecordId, RecordType, offering};
use crate::json::{Json, Object, Path, Shown};

/// Checks a subscription's attributes.
pub(super) fn check(subscription: &mut Fields<'_>) {
    subscription.optional("external_ref").text(EXTERNAL_REF);
    subscription.required("account_id").uuid();
    subscription.optional("address_id").uuid();
    subscription.required("currency").currency();
    subscription.required("name").text(NAME);
    subscription.required("email").email();
    subscription.required("manual_payments").boolean();
    subscription.optional("payment_authority").object();
    subscription.optional("pending").boolean();
    subscription.optional("first_invoice_paid").boolean();
    subscription.optional("started_at").time();
    check_offering(subscription);
    check_plan(subscription);
}

/// Exactly one of `offering_id`, `offering_external_ref` and an inline offering.
fn check_offering(subscription: &mut Fields<'_>) {
    let mut ways: Vec<_> =
        ["offering_id", "offering_external_ref"].into_iter().filter(|name| subscription.has(name)).collect();
    if is_inline(subscription) {
        ways.push("offering");
    }
    match *ways.as_slice() {
        [] => subscription.fail(
            RecordErrorCode::Required,
            "an offering is required: offering_id, offering_external_ref, or offering with products and plans",
        ),
        ["offering_id"] => subscription.required("offering_id").reference(RecordType::SubscriptionOffering, LookUp::Id),
        ["offering_external_ref"] => subscription
            .required("offering_external_ref")
            .reference(RecordType::SubscriptionOffering, LookUp::ExternalRef),
        ["offering"] => {
            subscription.required("offering").inline(RecordType::SubscriptionOffering, offering::check_own);
            offering::check_lists(subscription);
        }
        _ => subscription.fail(
            RecordErrorCode::Conflicting,
            format_args!("one offering must be given, in one way only, not by {}", ways.join(", ")),
        ),
    }
}

/// Whether the offering is described by the line itself.
fn is_inline(subscription: &Fields<'_>) -> bool {
    ["offering", "products", "plans"].into_iter().any(|name| subscription.has(name))
}

/// Exactly one of `plan_id`, `selected_plan` and an inline plan with `meta.selected`.
fn check_plan(subscription: &mut Fields<'_>) {
    subscription.optional("plan_id").text(EXTERNAL_REF);
    subscription.optional("selected_plan").text(EXTERNAL_REF);
    if matches!(subscription.object.get("plans"), Some(Json::Array(_))) {
        subscription.optional("plans").items(0, |plan| {
            if matches!(plan.value, Some(Json::Object(_)))
                && let Some(mut plan) = plan.object()
                && let Some(mut meta) = plan.optional("meta").object()
            {
                meta.optional("selected").boolean();
            }
        });
    }
    let named = ["plan_id", "selected_plan"].into_iter().filter(|name| subscription.has(name)).map(str::to_owned);
    let marked = selected_items(subscription.object).map(|index| format!("plans[{index}].meta.selected"));
    let ways: Vec<String> = named.chain(marked).collect();
    match ways.len() {
        0 => subscription.fail(
            RecordErrorCode::Required,
            "a chosen plan is required: plan_id, selected_plan, or meta.selected of one of plans",
        ),
        1 => {}
        _ => subscription.fail(
            RecordErrorCode::Conflicting,
            format_args!("one plan must be chosen, in one way only, not by {}", ways.join(", ")),
        ),
    }
}

/// The places of the inline plans that are chosen.
fn selected_items(subscription: &Object) -> impl Iterator<Item = usize> {
    let plans = subscription.get("plans").and_then(Json::as_array).unwrap_or_default();
    plans.iter().enumerate().filter_map(|(index, plan)| {
        let meta = plan.as_object()?.get("meta")?.as_object()?;
        (meta.get("selected") == Some(&Json::Bool(true))).then_some(index)
    })
}

/// Puts a copy of the offering in, and the ids of offering and plan in the place of whatever named them.
pub(super) fn resolve(
    subscription: &mut Object,
    path: &Path<'_>,
    id: RecordId,
    found: &mut Found,
) -> Result<(), RecordError> {
    let selected = selected_items(subscription).next();
    let offering = if subscription.get("offering").is_some() {
        inline_offering(subscription, id, found)
    } else {
        // Without one the draft had an error, and nothing is resolved.
        found.next().map_or(Json::Null, |snapshot| snapshot.to_json())
    };
    let plan_id = chosen_plan(subscription, selected, &offering, path)?;
    for replaced in ["offering_external_ref", "selected_plan"] {
        subscription.remove(replaced);
    }
    subscription.insert("offering_id", id_of(&offering).unwrap_or(Json::Null));
    subscription.insert("plan_id", plan_id);
    subscription.insert("offering", offering);
    Ok(())
}

fn inline_offering(subscription: &mut Object, id: RecordId, found: &mut Found) -> Json {
    let mut attributes = subscription.remove("offering").map(own_attributes).unwrap_or_default();
    for list in ["products", "plans", "features"] {
        if let Some(items) = subscription.remove(list) {
            attributes.insert(list, items);
        }
    }
    if let Some(Json::Array(plans)) = attributes.get_mut("plans") {
        // The mark of the choice is the subscription's, no part of the plan.
        for plan in plans {
            if let Json::Object(plan) = plan {
                plan.remove("meta");
            }
        }
    }
    offering::resolve_lists(&mut attributes, id, found);
    Snapshot::inline(id.at("offering"), RecordType::SubscriptionOffering, attributes).to_json()
}

/// The id of the chosen plan, which must be one of the offering's.
fn chosen_plan(
    subscription: &Object,
    selected: Option<usize>,
    offering: &Json,
    path: &Path<'_>,
) -> Result<Json, RecordError> {
    let attributes = offering.as_object().and_then(|offering| offering.get("attributes")).and_then(Json::as_object);
    let plans = attributes.and_then(|offering| offering.get("plans")).and_then(Json::as_array).unwrap_or_default();
    if let Some(plan) = selected.and_then(|index| plans.get(index)) {
        return Ok(id_of(plan).unwrap_or(Json::Null));
    }
    let named = ["plan_id", "selected_plan"]
        .into_iter()
        .find_map(|name| Some((name, subscription.get(name).and_then(Json::as_str)?)));
    let Some((name, text)) = named else { return Ok(Json::Null) };
    let has = |plan: &&Json, member: &str| {
        let value = plan.as_object().and_then(|plan| plan.get(member)).and_then(Json::as_str);
        // An id is a UUID, whose letters may be written either way.
        value.is_some_and(|value| value == text || (member == "id" && value.eq_ignore_ascii_case(text)))
    };
    let plan =
        plans.iter().find(|plan| has(plan, "external_ref")).or_else(|| plans.iter().find(|plan| has(plan, "id")));
    plan.and_then(id_of).ok_or_else(|| {
        let problem = format!("none of the offering's plans has this id or external_ref: {}", Shown(text));
        RecordError::new(RecordErrorCode::PlanNotInOffering, Path::Key(path, name).to_string(), problem)
    })
}

fn id_of(snapshot: &Json) -> Option<Json> {
    snapshot.as_object()?.get("id").cloned()
}

//! The rules of a `subscription`, and how its offering and chosen plan become part of it.

use crate::{
    error::{RecordError, RecordErrorCode},
    field::Fields,
    json::{Json, Object, Path, Shown},
    limits::{EXTERNAL_REF, NAME},
    offering::{self, LISTS, REQUIRED_LISTS},
    record_id::RecordId,
    record_type::RecordType,
    reference::{Found, LookUp, Reference, Snapshot, own_attributes},
};

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
    let marks = check_offering(subscription);
    check_plan(subscription, marks);
}

/// Exactly one of `offering_id`, `offering_external_ref` and an inline offering, whose lists stand in it or beside it.
/// Everything given is checked, even where it conflicts. Returns the paths of the plans that are marked as chosen.
fn check_offering(subscription: &mut Fields<'_>) -> Vec<String> {
    let given = |names: &[&'static str]| -> Vec<&'static str> {
        names.iter().copied().filter(|name| subscription.has(name)).collect()
    };
    let named = given(&["offering_id", "offering_external_ref"]);
    let described = given(&["offering", "products", "plans", "features"]);
    let is_inline = named.is_empty() && !described.is_empty();
    if named.is_empty() && described.is_empty() {
        subscription.fail(
            RecordErrorCode::Required,
            "an offering is required: offering_id, offering_external_ref, or offering with products and plans",
        );
    } else if !is_inline && named.len() + described.len() > 1 {
        let ways = [named, described].concat().join(", ");
        subscription.fail(
            RecordErrorCode::Conflicting,
            format_args!("one offering must be given, in one way only, not by {ways}"),
        );
    }
    subscription.optional("offering_id").reference(RecordType::SubscriptionOffering, LookUp::Id);
    subscription.optional("offering_external_ref").reference(RecordType::SubscriptionOffering, LookUp::ExternalRef);
    check_description(subscription, is_inline)
}

/// The offering that the line itself describes. Its own lists come first, then those beside it, as in [`inline_offering`].
fn check_description(subscription: &mut Fields<'_>, is_required: bool) -> Vec<String> {
    if is_required {
        subscription.required("offering");
    }
    let (mut inside, mut marks) = (Vec::new(), Vec::new());
    subscription.optional("offering").inline(RecordType::SubscriptionOffering, |offering| {
        offering::check_own(offering);
        offering::check_lists(offering);
        marks = check_marks(offering);
        inside = LISTS.into_iter().filter(|list| offering.has(list)).collect();
    });
    for list in LISTS {
        match (inside.contains(&list), subscription.has(list)) {
            (true, true) => subscription
                .optional(list)
                .fail(RecordErrorCode::Conflicting, "must be given once, not in \"offering\" as well"),
            (false, false) if is_required && REQUIRED_LISTS.contains(&list) => drop(subscription.required(list)),
            _ => {}
        }
    }
    offering::check_lists(subscription);
    marks.append(&mut check_marks(subscription));
    marks
}

/// Checks `meta.selected` of inline plans, and returns the paths of those that are true.
fn check_marks(offering: &mut Fields<'_>) -> Vec<String> {
    let mut marks = Vec::new();
    if matches!(offering.object.get("plans"), Some(Json::Array(_))) {
        offering.optional("plans").items(0, |plan| {
            let Some(mut plan) = plan.object_if_any() else { return };
            plan.allow_others();
            if let Some(mut meta) = plan.optional("meta").object() {
                meta.allow_others();
                let selected = meta.optional("selected");
                let path = selected.path;
                if selected.boolean() == Some(true) {
                    marks.push(path.to_string());
                }
            }
        });
    }
    marks
}

/// Exactly one of `plan_id`, `selected_plan` and an inline plan with `meta.selected`.
fn check_plan(subscription: &mut Fields<'_>, marks: Vec<String>) {
    subscription.optional("plan_id").text(EXTERNAL_REF);
    subscription.optional("selected_plan").text(EXTERNAL_REF);
    let named = ["plan_id", "selected_plan"].into_iter().filter(|name| subscription.has(name)).map(str::to_owned);
    let ways: Vec<String> = named.chain(marks).collect();
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

/// Puts a copy of the offering in, and the ids of offering and plan instead of whatever named them.
pub(super) fn resolve(
    subscription: &mut Object,
    path: &Path<'_>,
    id: RecordId,
    found: &mut Found,
) -> Result<(), RecordError> {
    let (offering, selected) = if subscription.get("offering").is_some() {
        inline_offering(subscription, id, found)
    } else {
        // Without one the draft had an error, and nothing is resolved.
        (found.next().map_or(Json::Null, |snapshot| snapshot.to_json()), None)
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

/// The offering that the line describes, and the index of the plan that is marked in it.
fn inline_offering(subscription: &mut Object, id: RecordId, found: &mut Found) -> (Json, Option<usize>) {
    let mut attributes = subscription.remove("offering").map(own_attributes).unwrap_or_default();
    let (inside, beside) = (take_mark(&mut attributes), take_mark(subscription));
    // In the order in which the rules met the references.
    offering::resolve_lists(&mut attributes, id, found);
    offering::resolve_lists(subscription, id, found);
    for list in LISTS {
        if let Some(items) = subscription.remove(list) {
            attributes.insert(list, items);
        }
    }
    let snapshot = Snapshot::inline(id.at("offering"), RecordType::SubscriptionOffering, attributes);
    (snapshot.to_json(), inside.or(beside))
}

/// Takes `meta` out of the plans, and returns the index of the marked plan: the choice belongs to the subscription, not to the plan.
fn take_mark(offering: &mut Object) -> Option<usize> {
    let Some(Json::Array(plans)) = offering.get_mut("plans") else { return None };
    let mut marked = None;
    for (index, plan) in plans.iter_mut().enumerate() {
        let Json::Object(plan) = plan else { continue };
        let Some(Json::Object(meta)) = plan.remove("meta") else { continue };
        if meta.get("selected") == Some(&Json::Bool(true)) {
            marked = Some(index);
        }
    }
    marked
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
    let Some((name, text)) = named_plan(subscription) else { return Ok(Json::Null) };
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

/// The attribute that names the chosen plan, and the name.
fn named_plan(subscription: &Object) -> Option<(&'static str, &str)> {
    ["plan_id", "selected_plan"].into_iter().find_map(|name| Some((name, subscription.get(name)?.as_str()?)))
}

/// The chosen plan, where its name may be an id: ids are known only where the file's store and import are.
pub(super) fn plan_by_id(subscription: &Object, path: &Path<'_>) -> Option<Reference> {
    let (name, text) = named_plan(subscription).filter(|(_, text)| RecordId::parse(text).is_some())?;
    let path = Path::Key(path, name).to_string();
    Some(Reference { path, record_type: RecordType::SubscriptionPlan, text: text.to_owned(), look_up: LookUp::Any })
}

fn id_of(snapshot: &Json) -> Option<Json> {
    snapshot.as_object()?.get("id").cloned()
}

//! The offering of a subscription: named, or described by the line itself.

use crate::{
    error::{RecordErrorCode, RecordErrors},
    explain,
    field::Fields,
    generation::{BOTH, Generation},
    json::{Json, Object, Path},
    offering::{self, LISTS, REQUIRED_LISTS, priced},
    quote::Shown,
    record_id::RecordId,
    record_type::RecordType,
    reference::{Found, LookUp, Snapshot, own_attributes},
    subscription::choice::{PLAN, PRICING_OPTION},
};

const NAMES: [&str; 2] = ["offering_id", "offering_external_ref"];

/// What is wrong where there is none.
const NONE: &str = "an offering is required: add \"offering_external_ref\" with its external_ref, or \"offering_id\" with its id, or \
                    describe one: \"offering\" with plans and pricing_options, or with products and plans";

/// What may describe an offering.
const DESCRIPTION: [&str; 7] = [
    "offering",
    "products",
    "plans",
    "features",
    "pricing_options",
    "configured_features",
    "pricing_option_associations",
];

/// What the rules find out of a subscription's offering.
#[derive(Debug, Default)]
pub(super) struct Offered {
    /// Whether a pricing option has to be chosen; of a named offering that is known once it is found.
    pub(super) has_options: bool,
    /// The paths of the plans and the pricing options that are marked as chosen.
    pub(super) plans: Vec<String>,
    pub(super) pricing_options: Vec<String>,
}

/// Exactly one of `offering_id`, `offering_external_ref` and an inline offering. Everything given is checked, even where it
/// conflicts.
pub(super) fn check(subscription: &mut Fields<'_>) -> Offered {
    if let Some(name) = named_as_described(subscription) {
        let write = if RecordId::parse(&name).is_some() { "offering_id" } else { "offering_external_ref" };
        let problem = format_args!(
            "describes an offering of the subscription's own, as an object; one that stands in the file or is stored is named: \
             write \"{write}\":{} instead",
            Shown(&name)
        );
        subscription.optional("offering").fail(RecordErrorCode::WrongType, problem);
        subscription.known_too(&NAMES);
        subscription.known_too(&DESCRIPTION);
        return Offered::default();
    }
    let mut given = |names: &[&'static str]| -> Vec<&'static str> {
        names.iter().copied().filter(|name| subscription.optional(name).value.is_some()).collect()
    };
    let (named, described) = (given(&NAMES), given(&DESCRIPTION));
    let is_inline = named.is_empty() && !described.is_empty();
    let is_described = !described.is_empty();
    if named.is_empty() && !is_described {
        let problem = subscription
            .near(&NAMES)
            .map_or_else(|| NONE.to_owned(), |meant| format!("an offering is required{meant}"));
        subscription.fail(RecordErrorCode::Required, problem);
    } else if !is_inline && named.len() + described.len() > 1 {
        let ways = [named, described].concat().join(", ");
        subscription.fail(
            RecordErrorCode::Conflicting,
            format_args!("one offering must be given, in one way only, not by {ways}"),
        );
    }
    subscription.optional("offering_id").reference(RecordType::SubscriptionOffering, LookUp::Id);
    subscription.optional("offering_external_ref").reference(RecordType::SubscriptionOffering, LookUp::ExternalRef);
    if !is_described {
        return Offered::default();
    }
    if is_inline {
        subscription.required("offering");
    }
    match tell(subscription) {
        Some(Generation::Products) => check_products(subscription, is_inline),
        Some(Generation::PricingOptions) => check_priced(subscription, is_inline),
        None => {
            subscription.fail(RecordErrorCode::Conflicting, BOTH);
            // What is chosen is told all the same.
            let [plans, pricing_options] = [PLAN, PRICING_OPTION].map(|choice| choice.check_marks(subscription));
            Offered { has_options: false, plans, pricing_options }
        }
    }
}

/// The name of an offering that stands where one is described, as a string or as an object of nothing but names.
fn named_as_described(subscription: &Fields<'_>) -> Option<String> {
    let offering = subscription.object.get("offering")?;
    let name = match offering {
        Json::String(text) => Some(text.as_str()),
        Json::Object(object) if object.iter().all(|(key, _)| ["id", "external_ref", "type"].contains(&key)) => {
            ["external_ref", "id"].into_iter().find_map(|key| object.get(key)?.as_str())
        }
        _ => None,
    };
    name.map(explain::visible).filter(|name| !name.is_empty())
}

/// The generation of a described offering, whose parts may stand in `offering` or beside it.
fn tell(subscription: &Fields<'_>) -> Option<Generation> {
    let is_priced = PRICING_OPTION.names.iter().any(|name| subscription.has(name));
    let offering = subscription.object.get("offering").and_then(Json::as_object);
    let attributes = offering.and_then(|offering| offering.get("attributes")).and_then(Json::as_object);
    let holders = [Some(&*subscription.object), offering, attributes];
    Generation::tell(&holders.into_iter().flatten().collect::<Vec<_>>(), is_priced)
}

/// A described offering of products. Its own lists come first, then those beside it, as in [`inline`].
fn check_products(subscription: &mut Fields<'_>, is_required: bool) -> Offered {
    let (mut inside, mut marks) = (Vec::new(), Vec::new());
    subscription.optional("offering").inline(&[RecordType::SubscriptionOffering.as_str()], |offering| {
        offering::check_own(offering);
        offering::check_lists(offering);
        marks = PLAN.check_marks(offering);
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
    marks.append(&mut PLAN.check_marks(subscription));
    Offered { plans: marks, ..Offered::default() }
}

/// A described offering of pricing options, whose parts stand beside it.
fn check_priced(subscription: &mut Fields<'_>, is_required: bool) -> Offered {
    subscription.optional("offering").inline(&[RecordType::SubscriptionOffering.as_str()], |offering| {
        offering::check_own(offering);
        for part in priced::PARTS {
            if offering.has(part) {
                let problem = "must stand beside \"offering\", not in it";
                offering.optional(part).fail(RecordErrorCode::Conflicting, problem);
            }
        }
    });
    priced::check(subscription, is_required);
    Offered {
        has_options: is_required,
        plans: PLAN.check_marks(subscription),
        pricing_options: PRICING_OPTION.check_marks(subscription),
    }
}

/// Puts the offering together that the line describes; with it the indexes of what is marked in it.
pub(super) fn inline(
    subscription: &mut Object,
    path: &Path<'_>,
    id: RecordId,
    found: &mut Found,
    errors: &mut RecordErrors,
) -> (Json, [Option<usize>; 2]) {
    let mut attributes = subscription.remove("offering").map(own_attributes).unwrap_or_default();
    let beside = PLAN.take_mark(subscription);
    let marks = match Generation::of_good(subscription) {
        Generation::Products => {
            let inside = PLAN.take_mark(&mut attributes);
            // In the order in which the rules met the references.
            offering::resolve_lists(&mut attributes, id, found);
            offering::resolve_lists(subscription, id, found);
            move_parts(&LISTS, subscription, &mut attributes);
            [inside.or(beside), None]
        }
        Generation::PricingOptions => {
            let option = PRICING_OPTION.take_mark(subscription);
            move_parts(&priced::PARTS, subscription, &mut attributes);
            offering::resolve(&mut attributes, path, id, found, errors);
            [beside, option]
        }
    };
    let snapshot = Snapshot::inline(id.at("offering"), RecordType::SubscriptionOffering, attributes);
    (snapshot.to_json(), marks)
}

fn move_parts(parts: &[&str], from: &mut Object, to: &mut Object) {
    for part in parts {
        if let Some(value) = from.remove(part) {
            to.insert(part, value);
        }
    }
}

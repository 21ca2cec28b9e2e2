//! The rules of an offering's parts where it is made of plans and pricing options.

use std::collections::HashMap;

use crate::{
    error::RecordErrorCode,
    explain::example,
    feature, feature_configuration,
    field::{Field, Fields},
    generation,
    json::{Json, Object, Path},
    limits::EXTERNAL_REF,
    plan, product,
    quote::Shown,
    record_type::RecordType::{SubscriptionFeature, SubscriptionPlan},
    reference::{LookUp, Reference},
};

/// What the parts are called that exist only inside an offering.
pub(crate) const PLAN: &str = "subscription_offering_plan";
pub(crate) const PRICING_OPTION: &str = "subscription_offering_pricing_option";
pub(crate) const FEATURE: &str = "subscription_offering_feature";

/// Everything that such an offering has beside its own attributes.
pub(crate) const PARTS: [&str; 5] = [PLANS, PRICING_OPTIONS, FEATURES, CONFIGURED, ASSOCIATIONS];

pub(super) const PLANS: &str = "plans";
pub(super) const PRICING_OPTIONS: &str = "pricing_options";
pub(super) const FEATURES: &str = "features";
/// By plan, then by feature: what the plan gives of it.
pub(super) const CONFIGURED: &str = "configured_features";
/// The same inside of a plan, by feature.
pub(super) const CONFIGURATIONS: &str = "feature_configurations";
/// By plan: the pricing options that go with it.
pub(super) const ASSOCIATIONS: &str = "pricing_option_associations";

/// Checks the parts, whether they stand in an offering or in the subscription that describes it.
pub(crate) fn check(offering: &mut Fields<'_>, are_required: bool) {
    for (list, example) in [(PLANS, example::PLAN), (PRICING_OPTIONS, example::PRICING_OPTION)] {
        if are_required {
            offering.required_as(list, Some(&format!(" [{example}]")));
        }
    }
    let plans = "; names alone are for an offering of products and plans, without pricing_options";
    offering.optional(PLANS).described(example::PLAN, plans, |plan| plan.inline(&[PLAN], check_plan));
    offering
        .optional(PRICING_OPTIONS)
        .described(example::PRICING_OPTION, "", |option| option.inline(&[PRICING_OPTION], plan::check));
    let feature_types = [SubscriptionFeature.as_str(), FEATURE];
    offering.optional(FEATURES).references(0, SubscriptionFeature, &feature_types, feature::check);
    for list in [PLANS, PRICING_OPTIONS, FEATURES] {
        check_names(offering, list);
    }
    offering.optional(CONFIGURED).entries(feature_configuration::check_map);
    offering.optional(ASSOCIATIONS).entries(|options| {
        options.items(|option: Field<'_>| {
            option.text(EXTERNAL_REF);
        });
    });
}

impl Field<'_> {
    /// A list of parts that have to be described. Where they are named instead, that is their error.
    fn described(mut self, example: &str, more: &str, rule: impl Fn(Field<'_>)) {
        if let Some(Json::String(names)) = self.value.as_deref()
            && !names.trim().is_empty()
        {
            let first = names.split([',', ';']).next().unwrap_or_default().trim();
            let (all, described) = (Shown(names).to_string(), with_name(example, first));
            let problem =
                format!("must be a list of objects, not the string {all}: describe each, as in [{described}]{more}");
            return self.fail(RecordErrorCode::WrongType, problem);
        }
        self.hold_at_least(1, format_args!("describe one, as in [{example}]{more}"));
        self.items(|mut part| match part.value.as_deref() {
            Some(Json::String(name)) => {
                let (name, described) = (Shown(name).to_string(), with_name(example, name));
                let problem =
                    format!("must be an object here, not the name {name}: describe it, as in {described}{more}");
                part.fail(RecordErrorCode::WrongType, problem);
            }
            _ => rule(part),
        });
    }
}

/// The example of a part, with the caller's name in it.
fn with_name(example: &str, name: &str) -> String {
    let (begin, end) = example.split_once(',').unwrap_or((example, ""));
    let key = begin.split(':').next().unwrap_or(begin);
    format!("{key}:{},{end}", Shown(name))
}

/// A plan says what is sold, as a product does, and what it gives of each feature.
fn check_plan(plan: &mut Fields<'_>) {
    product::check(plan);
    feature_configuration::check_map(plan.optional(CONFIGURATIONS));
}

/// Each part has a name of its own, so that it is clear what a name means.
fn check_names(offering: &mut Fields<'_>, list: &'static str) {
    let path = Path::Key(&offering.path, list);
    let mut firsts: HashMap<&str, usize> = HashMap::new();
    for (place, item) in offering.object.get(list).and_then(Json::as_array).unwrap_or_default().iter().enumerate() {
        let Some(name) = generation::own(item).and_then(|own| own.get("external_ref")?.as_str()) else { continue };
        let first = *firsts.entry(name).or_insert(place);
        if first != place {
            let item_path = Path::Item(&path, place);
            let problem = format_args!(
                "\"external_ref\" must be unique among the {list}; {list}[{first}] has it already: write another here"
            );
            let own = own_path(item, &item_path);
            let own_path = Path::Key(&own, "external_ref");
            offering.findings.errors.add(RecordErrorCode::DuplicateExternalRef, &own_path, problem);
        }
    }
}

/// Where the attributes of an item stand.
fn own_path<'p>(item: &Json, path: &'p Path<'p>) -> Path<'p> {
    if is_wrapped(item) { Path::Key(path, "attributes") } else { *path }
}

/// Whether an item's attributes stand in `attributes`.
pub(super) fn is_wrapped(item: &Json) -> bool {
    item.as_object().is_some_and(|item| matches!(item.get("attributes"), Some(Json::Object(_))))
}

/// The names inside of an offering that may be ids: ids are known only where the file's store and import are.
pub(crate) fn names_by_id(offering: &Object, path: &Path<'_>) -> Vec<Reference> {
    let mut names = Names(Vec::new());
    let map = |name: &str| offering.get(name).and_then(Json::as_object).into_iter().flat_map(Object::iter);
    let configured = Path::Key(path, CONFIGURED);
    for (plan, features) in map(CONFIGURED) {
        let path = Path::Key(&configured, plan);
        names.note(&path, plan, SubscriptionPlan);
        names.note_keys(&path, features);
    }
    let plans = Path::Key(path, PLANS);
    for (place, plan) in offering.get(PLANS).and_then(Json::as_array).unwrap_or_default().iter().enumerate() {
        let path = Path::Item(&plans, place);
        if let Some(features) = generation::own(plan).and_then(|own| own.get(CONFIGURATIONS)) {
            names.note_keys(&Path::Key(&own_path(plan, &path), CONFIGURATIONS), features);
        }
    }
    let associations = Path::Key(path, ASSOCIATIONS);
    for (plan, options) in map(ASSOCIATIONS) {
        let path = Path::Key(&associations, plan);
        names.note(&path, plan, SubscriptionPlan);
        for (place, option) in options.as_array().unwrap_or_default().iter().enumerate() {
            // What a pricing option is, the older contract calls a plan.
            names.note(&Path::Item(&path, place), option.as_str().unwrap_or_default(), SubscriptionPlan);
        }
    }
    names.0
}

struct Names(Vec<Reference>);

impl Names {
    fn note(&mut self, path: &Path<'_>, text: &str, record_type: crate::RecordType) {
        self.0.extend(Reference::by_id(path, text, record_type));
    }

    fn note_keys(&mut self, path: &Path<'_>, map: &Json) {
        for (key, _) in map.as_object().into_iter().flat_map(Object::iter) {
            self.note(&Path::Key(path, key), key, SubscriptionFeature);
        }
    }
}

impl Reference {
    /// A name that may be an id; `None` when it can't.
    pub(crate) fn by_id(path: &Path<'_>, text: &str, record_type: crate::RecordType) -> Option<Self> {
        let text = crate::RecordId::parse(text).map(|_| text.to_owned())?;
        Some(Self { path: path.to_string(), record_type, text, look_up: LookUp::Any })
    }
}

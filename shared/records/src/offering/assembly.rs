//! How an offering of plans and pricing options is put together: its parts get ids, and what names them gives way to these.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use super::{
    names::{Names, Part},
    priced::{
        ASSOCIATIONS, CONFIGURATIONS, CONFIGURED, FEATURE, FEATURES, PLAN, PLANS, PRICING_OPTION, PRICING_OPTIONS,
        is_wrapped,
    },
};
use crate::{
    error::{RecordErrorCode, RecordErrors},
    feature_configuration::hold_to_feature,
    json::{Json, Object, Path, Shown},
    record_id::RecordId,
    reference::Found,
};

/// Puts copies in the place of references, and ids in the place of names: each plan has its `feature_configurations` by the
/// ids of features, and `pricing_option_associations` is by the ids of plans. `configured_features` is gone.
pub(super) fn assemble(
    offering: &mut Object,
    path: &Path<'_>,
    id: RecordId,
    found: &mut Found,
    errors: &mut RecordErrors,
) {
    let in_plans = take_from_plans(offering);
    let [configured, associations] = [CONFIGURED, ASSOCIATIONS].map(|name| taken(offering.remove(name)));
    for (list, word) in [(FEATURES, FEATURE), (PLANS, PLAN), (PRICING_OPTIONS, PRICING_OPTION)] {
        found.fill_by_name(offering, list, word, id);
    }
    let mut parts = Parts { plans: Names::of(offering, PLANS), errors };
    let configurations = parts.configure(&Names::of(offering, FEATURES), path, in_plans, configured);
    let associations = parts.associate(&Names::of(offering, PRICING_OPTIONS), path, associations);
    put_into_plans(offering, configurations);
    if !associations.is_empty() {
        offering.insert(ASSOCIATIONS, associations);
    }
}

/// What a plan gives of features, and whether it says so in its `attributes`.
type InPlan = (Object, bool);

fn take_from_plans(offering: &mut Object) -> Vec<InPlan> {
    let Some(Json::Array(plans)) = offering.get_mut(PLANS) else { return Vec::new() };
    let take = |plan: &mut Json| {
        let is_wrapped = is_wrapped(plan);
        let own = match plan {
            Json::Object(plan) if is_wrapped => plan.get_mut("attributes").and_then(Json::as_object_mut),
            other => other.as_object_mut(),
        };
        (taken(own.and_then(|own| own.remove(CONFIGURATIONS))), is_wrapped)
    };
    plans.iter_mut().map(take).collect()
}

fn taken(map: Option<Json>) -> Object {
    if let Some(Json::Object(map)) = map { map } else { Object::new() }
}

/// Puts each plan's configurations into it.
fn put_into_plans(offering: &mut Object, configurations: Vec<Configurations>) {
    let Some(Json::Array(plans)) = offering.get_mut(PLANS) else { return };
    for (plan, Configurations { by_feature, .. }) in plans.iter_mut().zip(configurations) {
        if let Json::Object(plan) = plan
            && let Some(Json::Object(attributes)) = plan.get_mut("attributes")
            && !by_feature.is_empty()
        {
            attributes.insert(CONFIGURATIONS, Object::from_iter(by_feature));
        }
    }
}

/// What one plan gives of features, by the features' ids.
#[derive(Default)]
struct Configurations {
    by_feature: Vec<(String, Json)>,
    /// The places of the features that are configured, and where each is.
    seen: HashMap<usize, String>,
}

/// The plans of an offering, and what is wrong with what is said of them.
struct Parts<'a, 'e> {
    plans: Names<'a>,
    errors: &'e mut RecordErrors,
}

impl<'a> Parts<'a, '_> {
    /// Brings together what plans say of features and what the offering says of both.
    fn configure(
        &mut self,
        features: &Names<'_>,
        path: &Path<'_>,
        in_plans: Vec<InPlan>,
        configured: Object,
    ) -> Vec<Configurations> {
        let mut all = Vec::with_capacity(in_plans.len());
        let plans = Path::Key(path, PLANS);
        for (place, (given, is_wrapped)) in in_plans.into_iter().enumerate() {
            let plan = Path::Item(&plans, place);
            let inner = Path::Key(&plan, "attributes");
            let path = Path::Key(if is_wrapped { &inner } else { &plan }, CONFIGURATIONS);
            let mut configurations = Configurations::default();
            self.configure_plan(features, &path, given, &mut configurations);
            all.push(configurations);
        }
        let path = Path::Key(path, CONFIGURED);
        for (name, given) in configured {
            let path = Path::Key(&path, &name);
            if let Some(configurations) = self.plan(&name, &path).and_then(|plan| all.get_mut(plan.place)) {
                self.configure_plan(features, &path, taken(Some(given)), configurations);
            }
        }
        all
    }

    fn configure_plan(
        &mut self,
        features: &Names<'_>,
        path: &Path<'_>,
        given: Object,
        configurations: &mut Configurations,
    ) {
        for (name, configuration) in given {
            let path = Path::Key(path, &name);
            let Some(feature) = features.find(&name) else {
                self.errors.add(RecordErrorCode::FeatureNotInOffering, &path, features.lack("feature", &name));
                continue;
            };
            hold_to_feature(&configuration, feature.attributes, &path, self.errors);
            match configurations.seen.entry(feature.place) {
                Entry::Vacant(first) => {
                    first.insert(path.to_string());
                    configurations.by_feature.push((feature.id.to_owned(), configuration));
                }
                Entry::Occupied(first) => {
                    let problem = format_args!(
                        "the feature {} must be configured once for each plan, and {} does so: take one of the two out",
                        Shown(&name),
                        first.get()
                    );
                    self.errors.add(RecordErrorCode::Conflicting, &path, problem);
                }
            }
        }
    }

    /// The ids of the pricing options that go with each plan, by the plan's id.
    fn associate(&mut self, options: &Names<'_>, path: &Path<'_>, associations: Object) -> Object {
        let path = Path::Key(path, ASSOCIATIONS);
        let (mut seen, mut by_plan) = (HashSet::new(), Vec::with_capacity(associations.len()));
        for (name, given) in associations {
            let path = Path::Key(&path, &name);
            let mut ids = HashSet::new();
            let mut list: Vec<Json> = Vec::new();
            for (place, option) in given.as_array().unwrap_or_default().iter().filter_map(Json::as_str).enumerate() {
                match options.find(option) {
                    Some(found) if ids.insert(found.id) => list.push(found.id.into()),
                    Some(_) => {}
                    None => {
                        let problem = options.lack("pricing option", option);
                        let path = Path::Item(&path, place);
                        self.errors.add(RecordErrorCode::PricingOptionNotInOffering, &path, problem);
                    }
                }
            }
            let Some(plan) = self.plan(&name, &path) else { continue };
            if !seen.insert(plan.place) {
                let problem = format_args!(
                    "the plan {} must be associated once, and another name of it is among these: put its pricing options into one list",
                    Shown(&name)
                );
                self.errors.add(RecordErrorCode::Conflicting, &path, problem);
            }
            by_plan.push((plan.id.to_owned(), list.into()));
        }
        Object::from_iter(by_plan)
    }

    /// The plan of this name.
    fn plan(&mut self, name: &str, path: &Path<'_>) -> Option<Part<'a>> {
        let plan = self.plans.find(name);
        if plan.is_none() {
            self.errors.add(RecordErrorCode::PlanNotInOffering, path, self.plans.lack("plan", name));
        }
        plan
    }
}

//! What an offering is made of. The public contract has had two answers; a file may hold lines of both.

use crate::{
    json::{Json, Object},
    near::nearest,
};

/// How many keys of an object are compared with the name of a list.
const COMPARED: usize = 100;

/// What an offering is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generation {
    /// Products and plans, every plan for every product: the contract until August 2025.
    Products,
    /// Plans and pricing options: the contract since then.
    PricingOptions,
}

/// What only an offering of pricing options has.
const OF_PRICING_OPTIONS: [&str; 3] = ["pricing_options", "configured_features", "pricing_option_associations"];

/// What is wrong with an offering that has parts of both generations.
pub(super) const BOTH: &str = "an offering is made of products and plans, or of plans and pricing_options; this one has parts of both: take out the \
     products, or else the pricing_options with all that speaks of them";

impl Generation {
    /// Tells the generation by what is given, null aside, in any of the objects in which an offering's parts may stand.
    /// `None` when there are signs of both.
    ///
    /// Where there is no sign, plans that are named or billed are those of the older contract: so what is missing is one
    /// attribute, and not nine.
    pub(super) fn tell(holders: &[&Object], is_priced: bool) -> Option<Self> {
        let has = |names: &[&str]| names.iter().any(|name| holders.iter().any(|holder| is_given(holder, name)));
        let lists = || holders.iter().filter_map(|holder| holder.get("plans")?.as_array());
        let any_plan = |sign: &str| lists().flatten().any(|plan| own(plan).is_some_and(|plan| is_given(plan, sign)));
        let is_newer = is_priced || has(&OF_PRICING_OPTIONS) || any_plan("feature_configurations");
        match (has(&["products"]), is_newer) {
            (true, true) => None,
            (true, false) => Some(Self::Products),
            (false, true) => Some(Self::PricingOptions),
            (false, false) => {
                // A list under a name that is nearly its own, such as `product`, says the same as under the right one.
                let nearly = |list: &str| {
                    let mut keys = holders.iter().flat_map(|holder| holder.iter()).map(|(key, _)| key).take(COMPARED);
                    keys.any(|key| nearest(key, [list]).is_some())
                };
                let is_named = lists().flatten().any(|plan| plan.as_str().is_some()) || has(&["plan"]);
                let is_older = is_named || any_plan("billing_interval_type");
                let is_newer = nearly("pricing_options") && !nearly("products");
                Some(if !is_newer && (is_older || nearly("products")) { Self::Products } else { Self::PricingOptions })
            }
        }
    }

    /// The generation of an offering in which nothing is wrong: a stored one, or one whose rules hold.
    pub(super) fn of_good(offering: &Object) -> Self {
        if offering.get("pricing_options").is_some() { Self::PricingOptions } else { Self::Products }
    }
}

fn is_given(object: &Object, name: &str) -> bool {
    object.get(name).is_some_and(|value| *value != Json::Null)
}

/// The attributes of an item of a list, whether they stand in `attributes` or by themselves.
pub(super) fn own(item: &Json) -> Option<&Object> {
    let item = item.as_object()?;
    Some(item.get("attributes").and_then(Json::as_object).unwrap_or(item))
}

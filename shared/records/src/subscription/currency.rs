//! Whether what a subscription chooses has a price in its currency.

use crate::{
    json::{Json, Object, Path, Shown},
    warning::{RecordWarning, WarningCode},
};

/// The most currencies that are shown.
const SHOWN: usize = 5;

/// Warns of a subscription in a currency in which nothing that it chooses has a price, though some of it has prices. The
/// subscription is put together already.
pub(crate) fn no_price(subscription: &Object, path: &Path<'_>) -> Option<RecordWarning> {
    let text = |name: &str| subscription.get(name).and_then(Json::as_str);
    let offering = subscription.get("offering")?.as_object()?.get("attributes")?.as_object()?;
    let (currency, plan, option) = (text("currency")?, text("plan_id"), text("pricing_option_id"));
    let chosen = [("products", None), ("plans", plan), ("pricing_options", option)];
    let mut priced: Vec<&str> = chosen.iter().flat_map(|(list, id)| currencies(offering, list, *id)).collect();
    priced.sort_unstable();
    priced.dedup();
    if priced.is_empty() || priced.iter().any(|priced| priced.eq_ignore_ascii_case(currency)) {
        return None;
    }
    let more = if priced.len() > SHOWN { "…" } else { "" };
    let problem = format!(
        "what is chosen of the offering has no price in {}, but in {}{more}: write one of these, or give it a price in {0}",
        Shown(currency),
        priced.iter().take(SHOWN).map(|currency| Shown(currency).to_string()).collect::<Vec<_>>().join(", ")
    );
    Some(RecordWarning::new(WarningCode::NoPriceInCurrency, Path::Key(path, "currency").to_string(), problem))
}

/// The currencies of the prices in a list of an offering: those of one part, or of all.
fn currencies<'o>(offering: &'o Object, list: &str, id: Option<&str>) -> impl Iterator<Item = &'o str> {
    let items = offering.get(list).and_then(Json::as_array).unwrap_or_default().iter().filter_map(Json::as_object);
    let is_all = list == "products";
    let chosen = items.filter(move |item| is_all || (id.is_some() && item.get("id").and_then(Json::as_str) == id));
    let attributes = chosen.filter_map(|item| item.get("attributes")?.as_object());
    let prices = attributes.flat_map(|attributes| {
        ["price", "fixed_price"].into_iter().filter_map(|name| attributes.get(name)?.as_object())
    });
    prices.flat_map(Object::iter).map(|(currency, _)| currency)
}

//! Examples of what an attribute may be, for whoever left it out or wrote something else: the rules take each as it is, and `…`
//! stands for what only the caller knows. They have blanks in them at which a terminal breaks them.

use crate::{format::is_currency, json::Path};

/// A plan and a pricing option, as a newer offering has them.
pub(crate) const PLAN: &str = r#"{"external_ref":"bag", "name":"A bag of 250 g", "price":{"GBP":{"amount":1050}}}"#;
pub(crate) const PRICING_OPTION: &str = r#"{"external_ref":"every-month", "name":"Every month", "billing_interval_type":"month", "billing_frequency":1, "plan_length":12, "end_behavior":"roll", "can_pause":true, "can_resume":true, "can_cancel":true}"#;

/// A value for an attribute that is required where it stands.
pub(crate) fn required(path: &Path<'_>) -> Option<&'static str> {
    let (name, parent) = path.last_two();
    let value = match name? {
        "name" | "label" => r#""…", 3 characters or more"#,
        "card_id" | "customer_id" | "payment_profile_id" | "customer_profile_id" => r#""…""#,
        "type" => match parent {
            Some("lead_time") => r#""day""#,
            Some("payment_authority") => r#""stripe_payment_intents""#,
            None | Some("data") => r#""subscription_product""#,
            _ => r#""access""#,
        },
        "tag" => r#""gold""#,
        "account_id" | "order_id" | "order_item_id" => r#""…", a UUID of 36 characters"#,
        "email" => r#""…", an email address"#,
        "currency" => r#""GBP""#,
        "billing_interval_type" | "unit" => r#""month""#,
        "end_behavior" => r#""roll""#,
        "plan_length" => "12",
        "amount" if parent.is_some_and(is_currency) => "1050",
        "amount" | "billing_frequency" | "time" | "default_value" => "1",
        "can_pause" | "can_resume" | "can_cancel" | "manual_payments" => "true",
        "products" | "plans" => r#"["…"], the id or external_ref of each"#,
        "pricing_options" => "[{…}]",
        "configuration" => r#"{"type":"access", "tag":"gold"}"#,
        "promotions" => r#"[{"name":"Gift bag", "tag":"gift-bag"}]"#,
        "offering" => r#"{"name":"Tea Club"}"#,
        _ => return None,
    };
    Some(value)
}

/// An object for an attribute that has to be one.
pub(crate) fn object(path: &Path<'_>) -> Option<&'static str> {
    let (name, parent) = path.last_two();
    match (name?, parent) {
        ("price_units", _) => Some(r#"{"unit":"month", "amount":1}"#),
        ("lead_time", _) => Some(r#"{"type":"day", "time":1}"#),
        ("notification_schedule", _) => Some(r#"{"name":"A week before", "unit":"week", "amount":1}"#),
        ("payment_authority", _) => Some(r#"{"type":"stripe_payment_intents", "customer_id":"…", "card_id":"…"}"#),
        ("order", _) => Some(r#"{"order_id":"…", "order_item_id":"…"}"#),
        ("meta", _) => Some(r#"{"selected":true}"#),
        ("promotions", _) => Some(r#"{"name":"Gift bag", "tag":"gift-bag"}"#),
        ("configured_features", _) => {
            Some(r#"{"…":{"…":{"type":"access"}}}, by the external_ref of a plan and of a feature"#)
        }
        ("feature_configurations", _) | (_, Some("configured_features")) => {
            Some(r#"{"…":{"type":"access"}}, by the external_ref of a feature"#)
        }
        ("pricing_option_associations", _) => {
            Some(r#"{"…":["…"]}, the external_ref of a plan, and those of its pricing options"#)
        }
        _ => required(path).filter(|example| example.starts_with('{')),
    }
}

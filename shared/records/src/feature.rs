//! The rules of a `subscription_feature`.

use super::error::RecordErrorCode;
use crate::{
    field::Fields,
    json::{Json, Object},
    limits::{EXTERNAL_REF, NAME, TEXT},
};

/// Checks a feature's attributes.
pub(super) fn check(feature: &mut Fields<'_>) {
    feature.external_ref();
    feature.required("name").text(NAME);
    feature.optional("description").text(TEXT);
    if let Some(mut configuration) = feature.required("configuration").object() {
        check_configuration(&mut configuration);
    }
}

/// The types of configurations.
pub(super) const KINDS: [&str; 3] = ["access", "promotion", "usage"];

/// The type of a good feature's configuration.
pub(super) fn kind(feature: &Object) -> Option<&str> {
    feature.get("configuration")?.as_object()?.get("type")?.as_str()
}

/// The tags of a good feature's promotions.
pub(super) fn promotion_tags(feature: &Object) -> impl Iterator<Item = &str> {
    let configuration = feature.get("configuration").and_then(Json::as_object);
    let settings = configuration.map(|given| given.get("promotion").and_then(Json::as_object).unwrap_or(given));
    let promotions = settings.and_then(|settings| settings.get("promotions")?.as_array()).unwrap_or_default();
    promotions.iter().filter_map(|promotion| promotion.as_object()?.get("tag")?.as_str())
}

/// The type that settings are of, for whoever left the type out.
pub(super) fn kind_meant(configuration: &Object) -> Option<&'static str> {
    let has = |name: &str| configuration.get(name).is_some_and(|value| *value != Json::Null);
    match () {
        () if has("promotions") || has("promotion") => Some(r#""promotion""#),
        () if has("label") || has("default_value") || has("usage") => Some(r#""usage""#),
        () => None,
    }
}

/// The settings of all kinds.
const SETTINGS: [&str; 4] = ["tag", "promotions", "label", "default_value"];

/// The settings of one kind.
fn settings_of(kind: &str) -> &'static [&'static str] {
    match kind {
        "access" => &["tag"],
        "promotion" => &["promotions"],
        _usage => &["tag", "label", "default_value"],
    }
}

/// What the type asks for stands beside `type`, or in an object of the type's name: `{"type":"access","tag":"gold"}` or
/// `{"type":"access","access":{"tag":"gold"}}`. Settings given in both ways, and settings of another type, are refused:
/// it would be unclear which ones count.
fn check_configuration(configuration: &mut Fields<'_>) {
    let meant = kind_meant(configuration.object);
    let Some(kind) = configuration.required_as("type", meant).one_of(&KINDS) else {
        return configuration.allow_others();
    };
    let given = if configuration.has(kind) { &[kind][..] } else { settings_of(kind) };
    if !configuration.has(kind) {
        check_settings(kind, configuration);
    } else if let Some(mut settings) = configuration.optional(kind).object() {
        check_settings(kind, &mut settings);
    }
    for other in KINDS.into_iter().chain(SETTINGS).filter(|name| !given.contains(name)) {
        let mut field = configuration.optional(other);
        if field.value.is_some() {
            let given = given.join(", ");
            field.fail(
                RecordErrorCode::Conflicting,
                format_args!("must be left out: the settings of type {kind} are given by {given}"),
            );
        }
    }
}

fn check_settings(kind: &str, settings: &mut Fields<'_>) {
    match kind {
        "access" => settings.required("tag").tag(),
        "promotion" => settings.required("promotions").items(|promotion| {
            if let Some(mut promotion) = promotion.object() {
                promotion.required("name").text(NAME);
                promotion.required("tag").tag();
                promotion.optional("promotion_id").text(EXTERNAL_REF);
            }
        }),
        _usage => {
            settings.required("tag").tag();
            settings.required("label").text(NAME);
            settings.required("default_value").whole(i64::MIN..);
        }
    }
}

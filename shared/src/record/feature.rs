//! The rules of a `subscription_feature`.

use super::field::{EXTERNAL_REF, Fields, NAME, TEXT};

/// Checks a feature's attributes.
pub(super) fn check(feature: &mut Fields<'_>) {
    feature.optional("external_ref").text(EXTERNAL_REF);
    feature.required("name").text(NAME);
    feature.optional("description").text(TEXT);
    if let Some(mut configuration) = feature.required("configuration").object() {
        check_configuration(&mut configuration);
    }
}

/// What the type asks for stands beside `type`, or in an object of the type's name: `{"type":"access","tag":"gold"}` or
/// `{"type":"access","access":{"tag":"gold"}}`.
fn check_configuration(configuration: &mut Fields<'_>) {
    let Some(kind) = configuration.required("type").one_of(&["access", "promotion", "usage"]) else { return };
    if configuration.has(kind) {
        if let Some(mut settings) = configuration.optional(kind).object() {
            check_settings(kind, &mut settings);
        }
    } else {
        check_settings(kind, configuration);
    }
}

fn check_settings(kind: &str, settings: &mut Fields<'_>) {
    match kind {
        "access" => settings.required("tag").tag(),
        "promotion" => settings.required("promotions").items(1, |promotion| {
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

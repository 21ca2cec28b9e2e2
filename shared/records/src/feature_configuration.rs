//! The rules of what a plan gives of a feature: `{"gifts":{"type":"promotion","tag":"gift-bag"}}`, by feature.

use crate::{
    error::{RecordErrorCode, RecordErrors},
    feature::{self, KINDS},
    field::Field,
    json::{Json, Object, Path, Shown},
};

/// Checks a map from feature to configuration. Which features there are is not known yet.
pub(super) fn check_map(configurations: Field<'_>) {
    configurations.entries(|configuration| {
        let Some(mut configuration) = configuration.object() else { return };
        // Of what a plan gives, promotions alone have a tag.
        let is_tagged = configuration.has("tag").then_some(r#""promotion""#);
        let meant = feature::kind_meant(configuration.object).or(is_tagged);
        let kind = configuration.required_as("type", meant).one_of(&KINDS);
        let needed = match kind {
            Some("promotion") => Some(("tag", Some(r#""…", that of one of the feature's promotions"#))),
            Some("usage") => Some(("default_value", None)),
            _ => None,
        };
        if let Some((name, example)) = needed {
            configuration.required_as(name, example);
        }
        configuration.optional("tag").tag();
        configuration.optional("default_value").whole(i64::MIN..);
    });
}

/// Holds a configuration to its feature: it is of the same type, and a promotion is one of the feature's.
pub(super) fn hold_to_feature(configuration: &Json, feature: &Object, path: &Path<'_>, errors: &mut RecordErrors) {
    let given = |name: &str| configuration.as_object().and_then(|given| given.get(name)).and_then(Json::as_str);
    let Some((kind, given_kind)) = feature::kind(feature).zip(given("type")) else { return };
    if kind != given_kind {
        let problem = format_args!("\"type\" must be {kind}, as the feature's is, not {given_kind}: write \"{kind}\"");
        errors.add(RecordErrorCode::Conflicting, &Path::Key(path, "type"), problem);
    } else if let (true, Some(tag)) = (kind == "promotion", given("tag")) {
        let tags: Vec<_> = feature::promotion_tags(feature).collect();
        if !tags.contains(&tag) {
            let problem = match tags.as_slice() {
                [] => "\"tag\" must be that of a promotion, but the feature has none".to_owned(),
                tags => {
                    let tags: Vec<_> = tags.iter().map(|tag| Shown(tag).to_string()).collect();
                    let (found, tags) = (Shown(tag), tags.join(" or "));
                    format!("\"tag\" must be that of one of the feature's promotions, not {found}: write {tags}")
                }
            };
            errors.add(RecordErrorCode::NotAllowed, &Path::Key(path, "tag"), problem);
        }
    }
}

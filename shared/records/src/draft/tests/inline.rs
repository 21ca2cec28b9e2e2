//! Objects that stand inside of others: their lists and settings are checked wherever they stand.

use insta::assert_snapshot;

use super::*;

#[test]
fn an_inline_offering_may_hold_its_lists_itself() {
    let plans = format!(r#""plans":["yearly",{{{PLAN},"meta":{{"selected":true}}}}]"#);
    let found = [
        copy(RecordType::SubscriptionProduct, "tea"),
        copy(RecordType::SubscriptionPlan, "yearly"),
        copy(RecordType::SubscriptionFeature, "lounge"),
    ];
    let lists = format!(r#""products":["tea"],{plans},"features":["lounge"]"#);
    let beside = record(&subscription(&format!(r#""offering":{{"name":"Box"}},{lists}"#)), &found);
    for inside in [
        format!(r#""offering":{{"name":"Box",{lists}}}"#),
        format!(r#""offering":{{"type":"subscription_offering","attributes":{{"name":"Box",{lists}}}}}"#),
        format!(r#""offering":{{"name":"Box","products":["tea"],{plans}}},"features":["lounge"]"#),
    ] {
        assert_eq!(record(&subscription(&inside), &found), beside);
    }
    // The references of the offering's own lists come before those of the lists beside it.
    let mixed = format!(r#""offering":{{"name":"Box",{plans}}},"products":["tea"],"features":["lounge"]"#);
    let [tea, yearly, lounge] = found;
    assert_eq!(
        Json::from(record(&subscription(&mixed), &[yearly, tea, lounge]).into_parts().1).to_string().len(),
        Json::from(beside.into_parts().1).to_string().len()
    );
}

#[test]
fn the_lists_of_an_inline_offering_are_checked_where_they_stand() {
    let line = subscription(&format!(
        r#""offering":{{"name":"Box","features":["ref",{{"x":1}},7],"products":[],"plans":[{{"meta":{{"selected":true}},{PLAN}}},
            {{"meta":{{"selected":1}},{PLAN}}}]}}"#
    ));
    assert_snapshot!(check(&line), @r#"
    WrongLength | offering.products: "products" must hold at least 1, it holds 0: name one, or describe it
    Required | offering.features[1].name: "name" is required: add "name":"…", 3 characters or more
    Required | offering.features[1].configuration: "configuration" is required: add "configuration":{"type":"access", "tag":"gold"}
    WrongType | offering.features[2]: "features[2]" must be a string or an object with attributes, not the number 7: write a subscription_feature's external_ref in quotes
    WrongType | offering.plans[1].meta.selected: "selected" must be true or false, not the number 1: write true
    ReferenceNotFound | offering.features[0]: no subscription_feature with this external_ref in the file, and none stored with this id or external_ref: "ref"; correct it, or import that object too
    "#);
    let line = subscription(r#""offering":{"attributes":{"name":"Box","products":7,"features":{}}},"plan_id":"p""#);
    assert_snapshot!(check(&line), @r#"
    WrongType | offering.attributes.products: "products" must be a list, from [ to ], not the number 7: write one, such as ["…"], the id or external_ref of each
    WrongType | offering.attributes.features: "features" must be a list, from [ to ], not an object
    Required | plans: "plans" is required: add "plans":["…"], the id or external_ref of each
    "#);
}

#[test]
fn a_list_is_given_once() {
    let line = subscription(&format!(
        r#""offering":{{"name":"Box","products":["a"],"plans":[{{{PLAN}}}],"features":[]}},"products":["b"],"plans":[{{{PLAN}}}],
            "features":[],"plan_id":"p""#
    ));
    assert_snapshot!(check(&line), @r#"
    Conflicting | products: "products" must be given once, not in "offering" as well
    Conflicting | plans: "plans" must be given once, not in "offering" as well
    Conflicting | features: "features" must be given once, not in "offering" as well
    ReferenceNotFound | offering.products[0]: no subscription_product with this external_ref in the file, and none stored with this id or external_ref: "a"; correct it, or import that object too
    ReferenceNotFound | products[0]: no subscription_product with this external_ref in the file, and none stored with this id or external_ref: "b"; correct it, or import that object too
    "#);
}

#[test]
fn a_plan_is_marked_in_one_list_only() {
    let marked = format!(r#"[{{"meta":{{"selected":true}},{PLAN}}}]"#);
    let line = subscription(&format!(
        r#""offering":{{"attributes":{{"name":"Box","products":[{{"name":"Tea"}}],"plans":{marked}}}}},"plan_id":"p""#
    ));
    assert_snapshot!(check(&line), @"Conflicting | one plan must be chosen, in one way only, not by plan_id, offering.attributes.plans[0].meta.selected");
}

#[test]
fn an_offering_that_is_named_has_no_lists() {
    for list in ["products", "plans", "features"] {
        let line = subscription(&format!(r#""offering_external_ref":"box","plan_id":"monthly","{list}":[7]"#));
        insta::allow_duplicates! {
            let shown = check(&line).replace(list, "…");
            let shown: Vec<&str> = shown.lines().map(|line| line.split(" must be").next().unwrap()).collect();
            let shown = shown.join("\n");
            assert_snapshot!(shown, @r#"
            Conflicting | one offering
            WrongType | …[0]: "…[0]"
            ReferenceNotFound | offering_external_ref: no subscription_offering with this external_ref in the file, and none stored with it: "box"; correct it, or import that object too
            "#);
        }
    }
}

#[test]
fn a_configuration_has_the_settings_of_its_type_once() {
    let feature = |configuration: &str| {
        let attributes = format!(r#"{{"name":"Lounge","configuration":{configuration}}}"#);
        check_attributes(RecordType::SubscriptionFeature, &attributes)
    };
    assert_snapshot!(feature(r#"{"type":"access","access":{"tag":"x"},"tag":5}"#), @r#"Conflicting | configuration.tag: "tag" must be left out: the settings of type access are given by access"#);
    assert_snapshot!(feature(r#"{"type":"access","tag":"x","label":5,"usage":{},"promotions":7}"#), @r#"
    Conflicting | configuration.usage: "usage" must be left out: the settings of type access are given by tag
    Conflicting | configuration.promotions: "promotions" must be left out: the settings of type access are given by tag
    Conflicting | configuration.label: "label" must be left out: the settings of type access are given by tag
    "#);
    assert_snapshot!(feature(r#"{"type":"usage","usage":{"tag":"x","label":"Calls","default_value":1},"access":[],"default_value":"x"}"#), @r#"
    Conflicting | configuration.access: "access" must be left out: the settings of type usage are given by usage
    Conflicting | configuration.default_value: "default_value" must be left out: the settings of type usage are given by usage
    "#);
}

//! Offerings, subscriptions and whole lines in shapes that people guess.

use insta::assert_snapshot;

use super::{SUBSCRIPTION, told, values};

/// An offering and a subscription as people guess them: the first errors lead to what to write.
#[test]
fn shapes_of_offerings_and_subscriptions() {
    let offering = r#"{"type":"subscription_offering","external_ref":"o","name":"Office",$VALUE}"#;
    let options = r#""pricing_options":[{"name":"Every month","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":true}]"#;
    assert_snapshot!(
        "offering_shapes",
        values(
            offering,
            &[
                &format!(r#""plans":["weekly"],{options}"#),
                r#""plans":[{"name":"Small bag"}],"pricing_options":["monthly"]"#,
                r#""products":"p2,p5","plans":["weekly"]"#,
                r#""products":["p2,p5"],"plans":["weekly"]"#,
                r#""products":["p2",""],"plans":[" "]"#,
                r#""products":"","plans":[null]"#,
                r#""product":"p2, p5","plan":"weekly""#,
                r#""product":"p2","plans":["weekly"]"#,
                &format!(r#""plan":"weekly",{options}"#),
                r#""plans":[{"name":"Small bag"}],"pricing_option":"monthly""#,
                r#""plans":[{"name":"Small bag"}],"pricing_options":"monthly, yearly""#,
                &format!(r#""plans":"weekly",{options}"#),
            ]
        )
    );
    let subscription = SUBSCRIPTION.split(r#","offering":"#).next().unwrap().to_owned() + ",$VALUE}";
    assert_snapshot!(
        "subscription_shapes",
        values(
            &subscription,
            &[
                r#""offering":"tea-club","plan":"weekly""#,
                r#""offering":{"external_ref":"tea-club"},"plan":"weekly","pricing_option":"monthly""#,
                r#""offering":{"id":"4dbb0891-17c3-4b93-8191-a45357163595"},"plan_external_ref":"weekly""#,
                r#""offering_external_ref":"tea-club","plan":"weekly""#,
                r#""offering_external_ref":"tea-club""#,
                r#""offerring_external_ref":"tea-club","selected_plan":"weekly""#,
                r#""offering_external_ref":"tea-club","selectedPlan":"weekly""#,
            ]
        )
    );
}

#[test]
fn what_stands_beside_the_attributes() {
    let beside = [
        r#"{"data":{"type":"subscription_product","name":"Tea box","attributes":{}}}"#,
        r#"{"data":{"type":"subscription_offering","products":["tea"],"attributes":{"name":"Office","plans":["weekly"]}}}"#,
        "7",
        "\"subscription_product\"",
    ];
    assert_snapshot!("beside_the_attributes", beside.map(told).concat());
}

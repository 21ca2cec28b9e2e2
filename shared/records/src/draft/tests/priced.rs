//! Offerings of plans and pricing options, and subscriptions to them.

use serde_json::{Value, json};

use super::*;

/// An offering that has every attribute; it refers to the feature `library`.
fn offering() -> Value {
    json!({
        "type": "subscription_offering", "external_ref": "box", "name": "Box", "proration_policy_id": "main",
        "features": [
            "library",
            {"external_ref": "gifts", "name": "Gifts", "configuration":
                {"type": "promotion", "promotions": [{"name": "A bag", "tag": "bag"}, {"name": "A mug", "tag": "mug"}]}},
            {"name": "Samples", "external_ref": "samples", "configuration":
                {"type": "usage", "usage": {"tag": "samples", "label": "Samples", "default_value": 2}}},
        ],
        "plans": [
            {"external_ref": "small", "name": "Small", "sku": "S", "main_image": "https://example.com/a.png",
                "price": {"GBP": {"amount": 900}}, "price_units": {"unit": "month", "amount": 1},
                "feature_configurations": {"gifts": {"type": "promotion", "tag": "bag"}}},
            {"type": "subscription_offering_plan", "attributes": {"external_ref": "large", "name": "Large"}},
        ],
        "pricing_options": [
            {"external_ref": "monthly", "name": "Monthly", "billing_interval_type": "month", "billing_frequency": 1,
                "lead_time": {"type": "day", "time": 14}, "plan_length": 12, "end_behavior": "roll", "can_pause": true,
                "notification_schedule": [{"name": "A", "unit": "week", "amount": 1}], "can_resume": true, "can_cancel": true},
            {"external_ref": "yearly", "name": "Yearly", "billing_interval_type": "year", "billing_frequency": 1,
                "plan_length": 1, "end_behavior": "close", "can_pause": false, "can_resume": false, "can_cancel": true},
        ],
        "pricing_option_associations": {"small": ["monthly", "yearly"], "large": ["monthly"]},
        "configured_features": {
            "small": {"library": {"type": "access"}},
            "large": {"library": {"type": "access"}, "samples": {"type": "usage", "default_value": 5}},
        },
    })
}

fn library() -> Resolution {
    let line = r#"{"type":"subscription_feature","external_ref":"library","name":"Library","configuration":{"type":"access","tag":"x"}}"#;
    Resolution::Found(Arc::new(record(line, &[]).snapshot()))
}

/// A subscription to a stored offering.
fn named() -> Value {
    json!({
        "type": "subscription", "account_id": ACCOUNT, "currency": "USD", "name": "Ada Lovelace",
        "email": "ada@example.com", "manual_payments": false, "offering_external_ref": "box", "selected_plan": "small",
        "selected_pricing_option": "yearly", "first_invoice_paid": true, "started_at": "2026-01-01T00:00:00Z",
        "override_first_period_end_date": "2026-02-15T00:00:00+01:00",
        "order": {"order_id": ACCOUNT, "order_item_id": ACCOUNT},
        "payment_authority": {"type": "stripe_payment_intents", "customer_id": "cus", "card_id": "card"},
    })
}

/// A subscription that describes its offering.
fn described() -> Value {
    let mut line = named();
    let parts = offering();
    for name in ["features", "plans", "pricing_options", "pricing_option_associations", "configured_features"] {
        line[name] = parts[name].clone();
    }
    for name in ["offering_external_ref", "selected_plan", "selected_pricing_option"] {
        line.as_object_mut().unwrap().remove(name);
    }
    line["offering"] = json!({"external_ref": "own", "name": "For the office"});
    line["plans"][0]["meta"] = json!({"selected": true});
    line["pricing_options"][0]["meta"] = json!({"selected": true});
    line
}

fn stored() -> Resolution {
    Resolution::Found(Arc::new(record(&offering().to_string(), &[library()]).snapshot()))
}

fn attributes(line: &Value, found: &[Resolution]) -> Value {
    serde_json::to_value(record(&line.to_string(), found).attributes()).unwrap()
}

/// Holds lines, each the good one with values changed (null: taken out), to the codes and paths of their errors.
#[track_caller]
fn refused(good: &Value, found: &Resolution, cases: &[(Value, &str)]) {
    assert_eq!(resolve(draft(&good.to_string()), std::slice::from_ref(found)).err(), None);
    for (changes, expected) in cases {
        let mut line = good.clone();
        for (pointer, value) in changes.as_object().unwrap() {
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            match line.pointer_mut(parent).unwrap() {
                Value::Object(object) => drop(object.insert(name.to_owned(), value.clone())),
                Value::Array(items) => items[name.parse::<usize>().unwrap()] = value.clone(),
                other => panic!("{pointer} is in {other}"),
            }
        }
        let errors = resolve(draft(&line.to_string()), std::slice::from_ref(found)).err().unwrap_or_default();
        let shown: Vec<_> = errors.iter().map(|error| format!("{:?} {}", error.code, error.field)).collect();
        assert_eq!(shown.join(", "), *expected, "{changes}");
    }
}

#[test]
fn an_offerings_parts_get_ids_and_give_way_to_them() {
    let stored = attributes(&offering(), &[library()]);
    let part = |list: &str, place: usize| stored[list][place].clone();
    let ids = |list: &str, place: usize| part(list, place)["id"].as_str().unwrap().to_owned();
    assert_eq!(ids("plans", 0), id().at("plans/small").to_string());
    assert_eq!(ids("pricing_options", 1), id().at("pricing_options/yearly").to_string());
    assert_eq!(ids("features", 1), id().at("features/gifts").to_string());
    for (list, word) in [
        ("plans", "subscription_offering_plan"),
        ("pricing_options", "subscription_offering_pricing_option"),
        ("features", "subscription_offering_feature"),
    ] {
        assert!(stored[list].as_array().unwrap().iter().all(|part| part["type"] == word), "{list}");
    }
    assert_eq!(stored.get("configured_features"), None);
    assert_eq!(
        [part("plans", 0), part("plans", 1)].map(|plan| plan["attributes"]["feature_configurations"].clone()),
        [
            json!({ids("features", 1): {"type": "promotion", "tag": "bag"}, ids("features", 0): {"type": "access"}}),
            json!({ids("features", 0): {"type": "access"}, ids("features", 2): {"type": "usage", "default_value": 5}}),
        ]
    );
    let options = [ids("pricing_options", 0), ids("pricing_options", 1)];
    assert_eq!(stored["pricing_option_associations"], json!({ids("plans", 0): options, ids("plans", 1): [options[0]]}));
}

#[test]
fn no_id_moves_when_a_part_is_put_in_front() {
    let mut longer = offering();
    longer["plans"].as_array_mut().unwrap().insert(0, json!({"external_ref": "tiny", "name": "Tiny"}));
    let [before, after] = [offering(), longer].map(|line| attributes(&line, &[library()]));
    assert_eq!(before["plans"].as_array().unwrap()[..], after["plans"].as_array().unwrap()[1..]);
    assert_eq!(before["pricing_options"], after["pricing_options"]);
}

#[test]
fn an_external_ref_may_look_like_an_id_and_an_id_may_be_written_either_way() {
    let mut line = offering();
    line["plans"][1]["attributes"]["external_ref"] = json!(ACCOUNT);
    let small = id().at("plans/small").to_string().to_uppercase();
    line["pricing_option_associations"] = json!({small: ["monthly"], ACCOUNT: ["yearly", "yearly"]});
    line["configured_features"] =
        json!({ACCOUNT: {id().at("features/gifts").to_string(): {"type": "promotion", "tag": "mug"}}});
    let stored = attributes(&line, &[library()]);
    let large = id().at(&format!("plans/{ACCOUNT}")).to_string();
    assert_eq!(stored["pricing_option_associations"][&large], json!([id().at("pricing_options/yearly").to_string()]));
    assert_eq!(stored["plans"][1]["id"], large);
}

#[test]
fn empty_associations_say_nothing() {
    let mut line = offering();
    line["pricing_option_associations"] = json!({});
    assert_eq!(attributes(&line, &[library()]).get("pricing_option_associations"), None);
}

#[test]
fn an_offering_of_pricing_options_that_is_wrong_says_where() {
    let plan = |place: usize| offering()["plans"][place].clone();
    let twice = json!([plan(0), {"attributes": {"external_ref": "small", "name": "Small"}}]);
    refused(
        &offering(),
        &library(),
        &[
            (json!({"/products": ["tea"]}), "Conflicting "),
            (json!({"/plans": ["x"]}), "WrongType plans[0]"),
            (json!({"/plans": []}), "WrongLength plans"),
            (json!({"/plans": null}), "Required plans"),
            (json!({"/pricing_options": null}), "Required pricing_options"),
            (json!({"/pricing_options": ["monthly"]}), "WrongType pricing_options[0]"),
            (json!({"/features": [7]}), "WrongType features[0]"),
            (json!({"/plans": twice}), "DuplicateExternalRef plans[1].attributes.external_ref"),
            (
                json!({"/pricing_options/1/external_ref": "monthly"}),
                "DuplicateExternalRef pricing_options[1].external_ref",
            ),
            (json!({"/plans/0/price/GBP/amount": -1}), "OutOfRange plans[0].price.GBP.amount"),
            (json!({"/pricing_options/0/lead_time/type": "month"}), "NotAllowed pricing_options[0].lead_time.type"),
            (json!({"/pricing_options/0/lead_time/time": null}), "Required pricing_options[0].lead_time.time"),
            (
                json!({"/pricing_options/0/notification_schedule/0/amount": 0}),
                "OutOfRange pricing_options[0].notification_schedule[0].amount",
            ),
            (json!({"/proration_policy_id": 7}), "WrongType proration_policy_id"),
            (json!({"/configured_features": ["small"]}), "WrongType configured_features"),
            (json!({"/configured_features/small": 7}), "WrongType configured_features.small"),
            (json!({"/configured_features/small/library": "access"}), "WrongType configured_features.small.library"),
            (
                json!({"/configured_features/large/samples/default_value": null}),
                "Required configured_features.large.samples.default_value",
            ),
            (
                json!({"/configured_features/large/samples/type": null}),
                "Required configured_features.large.samples.type",
            ),
            (json!({"/pricing_option_associations/small": "monthly"}), "WrongType pricing_option_associations.small"),
            (json!({"/pricing_option_associations/small/0": 1}), "WrongType pricing_option_associations.small[0]"),
        ],
    );
}

#[test]
fn names_inside_an_offering_are_those_of_its_parts() {
    refused(
        &offering(),
        &library(),
        &[
            (
                json!({"/pricing_option_associations/huge": ["monthly"]}),
                "PlanNotInOffering pricing_option_associations.huge",
            ),
            (
                json!({"/pricing_option_associations/small/1": "weekly"}),
                "PricingOptionNotInOffering pricing_option_associations.small[1]",
            ),
            (json!({"/configured_features/huge": {}}), "PlanNotInOffering configured_features.huge"),
            (
                json!({"/configured_features/small/lounge": {"type": "access"}}),
                "FeatureNotInOffering configured_features.small.lounge",
            ),
            (
                json!({"/plans/0/feature_configurations/lounge": {"type": "access"}}),
                "FeatureNotInOffering plans[0].feature_configurations.lounge",
            ),
            (
                json!({"/plans/1/attributes/feature_configurations": {"lounge": {"type": "access"}}}),
                "FeatureNotInOffering plans[1].attributes.feature_configurations.lounge",
            ),
            (
                json!({"/configured_features/large/samples": {"type": "access"}}),
                "Conflicting configured_features.large.samples.type",
            ),
            (
                json!({"/plans/0/feature_configurations/gifts/tag": "samples"}),
                "NotAllowed plans[0].feature_configurations.gifts.tag",
            ),
            (
                json!({"/configured_features/small/gifts": {"type": "promotion", "tag": "mug"}}),
                "Conflicting configured_features.small.gifts",
            ),
            (
                json!({"/configured_features/small": {
                    "library": {"type": "access"}, "samples": {"type": "usage", "default_value": 1},
                    id().at("features/samples").to_string(): {"type": "usage", "default_value": 2},
                }}),
                "Conflicting configured_features.small.samples",
            ),
            (
                json!({format!("/pricing_option_associations/{}", id().at("plans/small")): ["monthly"]}),
                "Conflicting pricing_option_associations.small",
            ),
        ],
    );
}

#[test]
fn a_subscription_keeps_the_ids_of_what_it_chooses() {
    let kept = attributes(&named(), &[stored()]);
    assert_eq!(kept["offering_id"], id().to_string());
    assert_eq!(kept["plan_id"], id().at("plans/small").to_string());
    assert_eq!(kept["pricing_option_id"], id().at("pricing_options/yearly").to_string());
    assert_eq!(kept["offering"]["attributes"], attributes(&offering(), &[library()]));
    for name in ["offering_external_ref", "selected_plan", "selected_pricing_option"] {
        assert_eq!(kept.get(name), None, "{name}");
    }

    let kept = attributes(&described(), &[library()]);
    assert_eq!(kept["offering_id"], id().at("offering").to_string());
    assert_eq!(kept["plan_id"], id().at("plans/small").to_string());
    assert_eq!(kept["pricing_option_id"], id().at("pricing_options/monthly").to_string());
    let offering = &kept["offering"]["attributes"];
    assert_eq!(offering["pricing_option_associations"][kept["plan_id"].as_str().unwrap()].as_array().unwrap().len(), 2);
    assert!(!kept.to_string().contains("selected"));
    assert_eq!([kept.get("plans"), kept.get("pricing_options"), kept.get("features")], [None; 3]);
}

#[test]
fn a_subscription_chooses_one_plan_and_one_pricing_option_that_goes_with_it() {
    refused(
        &named(),
        &stored(),
        &[
            (json!({"/selected_plan": "huge"}), "PlanNotInOffering selected_plan"),
            (json!({"/selected_plan": null}), "Required "),
            (json!({"/selected_pricing_option": "weekly"}), "PricingOptionNotInOffering selected_pricing_option"),
            (json!({"/selected_pricing_option": null}), "Required "),
            (json!({"/selected_pricing_option": ""}), "Required "),
            (json!({"/pricing_option_id": "monthly"}), "Conflicting "),
            (json!({"/selected_plan": "large"}), "PricingOptionNotInOffering selected_pricing_option"),
            (json!({"/pricing_options": []}), "Conflicting , WrongLength pricing_options"),
            (json!({"/offering_external_ref": ""}), "Required "),
        ],
    );
    refused(
        &described(),
        &library(),
        &[
            (json!({"/products": ["tea"]}), "Conflicting "),
            (json!({"/plans/1/meta": {"selected": true}}), "Conflicting "),
            (json!({"/plans/0/meta": null}), "Required "),
            (json!({"/pricing_options/0/meta": null}), "Required "),
            (json!({"/pricing_options/1/meta": {"selected": true}}), "Conflicting "),
            (json!({"/pricing_options/1/meta": {"selected": 1}}), "WrongType pricing_options[1].meta.selected"),
            (
                json!({"/plans/0/meta": null, "/plans/1/meta": {"selected": true},
                "/pricing_options/0/meta": null, "/pricing_options/1/meta": {"selected": true}}),
                "PricingOptionNotInOffering pricing_options[1].meta.selected",
            ),
            (json!({"/offering": null}), "Required offering"),
            (json!({"/offering/plans": []}), "Conflicting offering.plans"),
            (json!({"/configured_features/huge": {}}), "PlanNotInOffering configured_features.huge"),
        ],
    );
}

#[test]
fn a_subscription_and_its_offering_are_of_one_generation() {
    let mut line = named();
    line["selected_plan"] = json!("monthly");
    let errors = resolve(draft(&line.to_string()), &[stored_offering()]).unwrap_err();
    assert_eq!(
        errors.iter().map(|error| (error.code, error.field.as_str())).collect::<Vec<_>>(),
        [(RecordErrorCode::Conflicting, "selected_pricing_option")]
    );
    let line = subscription(r#""offering_external_ref":"box","selected_plan":"small""#);
    let errors = resolve(draft(&line), &[stored()]).unwrap_err();
    assert_eq!(
        errors.iter().map(|error| (error.code, error.field.as_str())).collect::<Vec<_>>(),
        [(RecordErrorCode::Required, "")]
    );
}

#[test]
fn the_attributes_of_a_subscription_hold_each_other() {
    refused(
        &named(),
        &stored(),
        &[
            (json!({"/order/order_id": null}), "Required order.order_id"),
            (json!({"/order": "x"}), "WrongType order"),
            (json!({"/first_invoice_paid": false}), "Conflicting started_at"),
            (json!({"/first_invoice_paid": null}), "Conflicting started_at"),
            (json!({"/started_at": null}), "Conflicting override_first_period_end_date"),
            (
                json!({"/override_first_period_end_date": "2026-01-01T01:00:00+01:00"}),
                "OutOfRange override_first_period_end_date",
            ),
            (json!({"/override_first_period_end_date": "soon"}), "Malformed override_first_period_end_date"),
            (json!({"/payment_authority/type": "braintree"}), "NotAllowed payment_authority.type"),
            (json!({"/payment_authority/card_id": null}), "Required payment_authority.card_id"),
            (
                json!({"/payment_authority/type": "authorize_net"}),
                "Required payment_authority.payment_profile_id, Required payment_authority.customer_profile_id",
            ),
        ],
    );
}

#[test]
fn a_subscribers_payment_authority_may_lack_its_ids() {
    let subscriber = |authority: &str| {
        let line = format!(
            r#"{{"account_id":"{ACCOUNT}","name":"Ada","email":"a@b.example","payment_authority":{authority}}}"#
        );
        check_attributes(RecordType::SubscriptionSubscriber, &line)
    };
    assert_eq!(subscriber(r#"{"type":"authorize_net"}"#), "");
    assert_eq!(
        subscriber("{}"),
        "Required | payment_authority.type: \"type\" is required: add \"type\":\"stripe_payment_intents\""
    );
    assert!(
        subscriber(r#"{"type":"stripe_payment_intents","card_id":"c"}"#)
            .starts_with("WrongLength | payment_authority.card_id")
    );
}

#[test]
fn what_is_missing_is_named_by_what_is_there() {
    let shown = |attributes: &str| {
        check_attributes(RecordType::SubscriptionOffering, &format!(r#"{{"name":"Box",{attributes}}}"#))
    };
    let options = "Required | pricing_options: \"pricing_options\" is required: add \"pricing_options\": [{";
    assert!(shown(r#""plans":[{"name":"Small"}]"#).starts_with(options));
    let monthly = format!(r#""plans":[{{{PLAN}}}]"#);
    let products =
        r#"Required | products: "products" is required: add "products":["…"], the id or external_ref of each"#;
    assert_eq!(shown(&monthly), products);
    let configured = r#""plans":[{"attributes":{"name":"Small","feature_configurations":{}}}],"products":null"#;
    assert!(shown(configured).starts_with(options));
}

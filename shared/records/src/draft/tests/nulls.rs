//! Null for an attribute of the type is as good as no attribute, wherever it stands.

use insta::assert_snapshot;

use super::*;

/// A line with nulls makes the record that it makes without them.
fn check_null(with: &str, without: &str, found: &[Resolution]) {
    assert_eq!(record(with, found), record(without, found), "{with}");
}

#[test]
fn a_null_decides_nothing() {
    let named = subscription(r#""offering_external_ref":"box","selected_plan":"monthly""#);
    let nulls = r#""offering":null,"products":null,"plans":null,"features":null,"offering_id":null,"plan_id":null"#;
    let with = subscription(&format!(r#""offering_external_ref":"box","selected_plan":"monthly",{nulls}"#));
    check_null(&with, &named, &[stored_offering()]);

    let inline = format!(
        r#""offering":{{"name":"Box","products":[{{"name":"Tea"}}]}},"plans":[{{{PLAN},"meta":{{"selected":true}}}},{{{PLAN}}}]"#
    );
    let with = format!(
        r#""offering":{{"name":"Box","plans":null,"features":null,"type":null,"attributes":null,
            "products":[{{"name":"Tea","attributes":null,"type":null,"sku":null}}]}},"products":null,
            "plans":[{{{PLAN},"meta":{{"selected":true}}}},{{{PLAN},"meta":{{"selected":null}}}}],"offering_external_ref":null"#
    );
    check_null(&subscription(&with), &subscription(&inline), &[]);
}

#[test]
fn the_nulls_of_settings_and_prices_are_dropped() {
    let feature = |settings: &str| {
        format!(r#"{{"type":"subscription_feature","name":"Lounge","configuration":{{"type":"access",{settings}}}}}"#)
    };
    let nulls = r#""access":null,"usage":null,"promotion":null,"label":null"#;
    check_null(&feature(&format!(r#""tag":"x",{nulls}"#)), &feature(r#""tag":"x""#), &[]);
    let nested = r#""access":{"tag":"x"}"#;
    check_null(&feature(&format!(r#"{nested},"tag":null"#)), &feature(nested), &[]);

    let product = |price: &str| format!(r#"{{"type":"subscription_product","name":"Tea","price":{price}}}"#);
    let usd = r#"{"USD":{"amount":1}}"#;
    check_null(&product(r#"{"EUR":null,"USD":{"amount":1,"includes_tax":null}}"#), &product(usd), &[]);
    assert_snapshot!(check(&product(r#"{"dollars":null}"#)), @r#"
    Malformed | price.dollars: "dollars" must be a currency of three letters, such as USD: write "USD", if that is meant
    WrongType | price.dollars: "dollars" must be an object, not null: write {"amount":…}, such as {"amount":1250} for 12.50 USD
    "#);
}

#[test]
fn the_envelope_may_be_null_too() {
    let line = r#"{"type":"subscription_product","external_ref":"tea","name":"Tea"}"#;
    for with in [
        r#"{"data":null,"type":"subscription_product","external_ref":"tea","name":"Tea"}"#,
        r#"{"type":"subscription_product","attributes":null,"external_ref":"tea","name":"Tea"}"#,
    ] {
        check_null(with, line, &[]);
        assert_eq!(outline(with.as_bytes()), outline(line.as_bytes()));
    }
}

#[test]
fn an_unknown_attribute_stays_as_it_is() {
    let line = r#"{"type":"subscription_product","name":"Tea","colour":null,"price_units":{"unit":"day","amount":1,"x":null}}"#;
    assert_snapshot!(Json::from(record(line, &[]).into_parts().1), @r#"{"name":"Tea","colour":null,"price_units":{"unit":"day","amount":1,"x":null}}"#);
}

#[test]
fn an_item_of_a_list_is_never_missing() {
    let line = r#"{"type":"subscription_offering","name":"Box","products":[null],"plans":["p",null]}"#;
    assert_snapshot!(tell(&resolve(draft(line), &[copy(RecordType::SubscriptionPlan, "p")]).unwrap_err()), @r#"
    WrongType | products[0]: "products[0]" must be a string or an object with attributes, not null: write one, or take it out
    WrongType | plans[1]: "plans[1]" must be a string or an object with attributes, not null: write one, or take it out
    "#);
}

//! What stands around a record, and the first look at a line.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;

#[test]
fn a_line_may_be_written_in_four_ways() {
    for line in [
        r#"{"data":{"type":"subscription_product","attributes":{"name":"Tea"},"id":"x","meta":{}}}"#,
        r#"{"data":{"type":"subscription_product","name":"Tea"}}"#,
        r#"{"type":"subscription_product","attributes":{"name":"Tea"}}"#,
        r#"{"type":"subscription_product","name":"Tea"}"#,
    ] {
        assert_eq!(Json::from(record(line, &[]).into_parts().1).to_string(), r#"{"name":"Tea"}"#);
    }
}

#[test]
fn a_path_is_that_of_the_line_as_it_is() {
    assert_snapshot!(check(r#"{"data":{"type":"subscription_product","attributes":{}}}"#), @r#"Required | data.attributes.name: "name" is required: add "name":"…", 3 characters or more"#);
    assert_snapshot!(check(r#"{"data":{"type":"subscription_product"}}"#), @r#"Required | data.name: "name" is required: add "name":"…", 3 characters or more"#);
    assert_snapshot!(check(r#"{"type":"subscription_product","attributes":{}}"#), @r#"Required | attributes.name: "name" is required: add "name":"…", 3 characters or more"#);
    assert_snapshot!(check(r#"{"type":"subscription_product"}"#), @r#"Required | name: "name" is required: add "name":"…", 3 characters or more"#);
}

#[test]
fn an_envelope_that_is_none_is_reported() {
    assert_snapshot!(check("{}"), @r#"Required | type: "type" is required: one of subscription_product, subscription_plan, subscription_feature, subscription_subscriber, subscription_offering, subscription"#);
    assert_snapshot!(check(r#"{"data":[{"type":"subscription_plan"}]}"#), @r#"WrongType | data: "data" must be an object, not an array: take the [ and ] away, and give each object a line of its own"#);
    assert_snapshot!(check(r#"{"data":null}"#), @r#"Required | type: "type" is required: one of subscription_product, subscription_plan, subscription_feature, subscription_subscriber, subscription_offering, subscription"#);
    assert_snapshot!(check(r#"{"data":{"type":7}}"#), @r#"WrongType | data.type: "type" must be a string, not the number 7"#);
    assert_snapshot!(check(r#"{"data":{"type":"coupon","n":1e999}}"#), @r#"
    NumberOutOfRange | data.n: the number is too large, or too near to 0, to be stored: round it, or write it as a text in double quotes
    UnknownType | data.type: "type" must be one of subscription_product, subscription_plan, subscription_feature, subscription_subscriber, subscription_offering, subscription, not "coupon"
    "#);
    assert_snapshot!(check(r#"{"data":{"type":"subscription_plan","attributes":[]}}"#), @r#"WrongType | data.attributes: "attributes" must be an object, not an array"#);
}

#[test]
fn a_line_too_long_or_not_utf8_is_reported() {
    assert_snapshot!(check(&" ".repeat(1024 * 1024 + 1)), @"LineTooLong | the line is 1048577 bytes long, at most 1048576 (1 MiB) are read: shorten its texts, and give each object a line of its own");
    assert_snapshot!(tell(&read(b"{\"a\":\"\xFF\"}").unwrap_err()), @r#"NotUtf8 | the line is not UTF-8 at character 7: the byte FF behind "{\"a\":\"" is no character; in Windows-1252 it is "ÿ"; save the file as UTF-8, or: iconv -f WINDOWS-1252 -t UTF-8"#);
}

fn check_outline(line: &str, record_type: Option<RecordType>, external_ref: Option<&str>) {
    let found = outline(line.as_bytes());
    assert_eq!((found.record_type, found.external_ref.as_deref()), (record_type, external_ref), "{line}");
}

#[test]
fn a_first_look_counts_what_is_well_formed_and_known() {
    let plan = Some(RecordType::SubscriptionPlan);
    check_outline(r#"{"data":{"type":"subscription_plan","attributes":{"external_ref":"a\u0062"}}}"#, plan, Some("ab"));
    check_outline(r#"{"type":"subscription_plan","external_ref":"a"}"#, plan, Some("a"));
    check_outline(r#"{"type":"subscription_plan","external_ref":"a","attributes":{}}"#, plan, Some("a"));
    check_outline(
        r#"{"type":"subscription_plan","external_ref":"a","attributes":{"external_ref":null}}"#,
        plan,
        Some("a"),
    );
    check_outline(
        r#"{"type":"subscription_plan","external_ref":"a","attributes":{"external_ref":"b"}}"#,
        plan,
        Some("b"),
    );
    check_outline(r#"{"type":"subscription_plan","external_ref":"a","attributes":[]}"#, plan, None);
    check_outline(r#"{"type":"subscription_plan","external_ref":""}"#, plan, None);
    check_outline(r#"{"type":"subscription_plan","external_ref":5,"external_ref":"b","n":1e999}"#, plan, None);
    check_outline(r#"{"\u0074ype":"subscription_plan","attributes":7}"#, plan, None);
    check_outline(r#"{"type":"subscription_plan","external_ref":"a"} x"#, None, None);
    check_outline(r#"{"type":"coupon","external_ref":"a"}"#, None, None);
    check_outline(r#"{"data":[]}"#, None, None);
    check_outline("[]", None, None);
}

proptest! {
    #[test]
    fn no_bytes_panic(line in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = (outline(&line), read(&line));
    }

    #[test]
    fn the_first_look_and_the_reading_agree(line in pieces()) {
        let (outline, draft) = (outline(line.as_bytes()), read(line.as_bytes()).ok());
        prop_assert_eq!(outline.record_type, draft.as_ref().map(Draft::record_type));
        prop_assert_eq!(outline.external_ref.as_deref(), draft.as_ref().and_then(Draft::external_ref));
        let _ = draft.map(|draft| resolve(draft, &[copy(RecordType::SubscriptionPlan, "x")]));
    }
}

/// Lines that are nearly right.
fn pieces() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("\"subscription_plan\""),
        Just("\"subscription_offering\""),
        Just("\"subscription\""),
        Just("\"x\""),
        Just("\"\""),
        Just("\"\\ud800\""),
        Just("null"),
        Just("7"),
        Just("[\"x\",3,{}]"),
        Just("{}"),
        Just("1e999"),
    ]
    .prop_map(str::to_owned);
    let key = prop_oneof![
        Just("type"),
        Just("attributes"),
        Just("external_ref"),
        Just("data"),
        Just("name"),
        Just("plans"),
        Just("\\u0074ype"),
        Just("offering"),
        Just("\\udc00"),
    ];
    value.prop_recursive(3, 24, 5, move |inner| {
        prop::collection::vec((key.clone(), inner), 0..5).prop_map(|members| {
            let members: Vec<_> = members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
            format!("{{{}}}", members.join(","))
        })
    })
}

//! What is said of lines that are good all the same.

use insta::assert_snapshot;

use super::*;
use crate::limits::{MAX_WARNING_BYTES, MAX_WARNINGS};

/// What a good line is warned of, one warning a line.
fn warned(line: &str) -> String {
    let mut draft = draft(line);
    let warnings = draft.take_warnings();
    assert_eq!(tell(&resolve(draft, &[]).err().unwrap_or_default()), "", "the line is good: {line}");
    warnings.iter().map(RecordWarning::detail).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_attribute_that_nothing_reads_is_warned_of_with_the_name_that_was_meant() {
    let product =
        |more: &str| warned(&format!(r#"{{"type":"subscription_product","attributes":{{"name":"Tea",{more}}}}}"#));
    assert_snapshot!(product(r#""externalRef":"x","Price":{},"prices":{},"mainImage":"x","colour":null"#), @r#"attributes.externalRef: "externalRef" is not known here, and nothing reads it; did you mean "external_ref"?
attributes.Price: "Price" is not known here, and nothing reads it; did you mean "price"?
attributes.prices: "prices" is not known here, and nothing reads it; did you mean "price"?
attributes.mainImage: "mainImage" is not known here, and nothing reads it; did you mean "main_image"?
attributes.colour: "colour" is not known here, and nothing reads it"#);
    assert_snapshot!(product(r#""price":{"USD":{"amount":1,"includesTax":true}},"price_units":{"unit":"day","amount":1,"amounts":2}"#), @r#"attributes.price.USD.includesTax: "includesTax" is not known here, and nothing reads it; did you mean "includes_tax"?
attributes.price_units.amounts: "amounts" is not known here, and nothing reads it; did you mean "amount"?"#);
}

#[test]
fn what_stands_around_a_record_and_is_not_read_is_told() {
    let line = r#"{"data":{"type":"subscription_product","attributes":{"name":"Tea"},"relationships":{},"name":"Mug","id":"1","meta":{}},"dry_run":true}"#;
    assert_snapshot!(warned(line), @r#"
    dry_run: "dry_run" is not known here, and nothing reads it
    data.relationships: "relationships" is not known here, and nothing reads it
    data.name: "name" stands beside "attributes", where nothing reads it; "attributes" has one already: take this one out
    "#);
}

#[test]
fn an_attribute_beside_the_attributes_is_told_to_move_in() {
    let line = |beside: &str, attributes: &str| {
        warned(&format!(
            r#"{{"data":{{"type":"subscription_product",{beside},"attributes":{{"name":"Tea"{attributes}}}}}}}"#
        ))
    };
    assert_snapshot!(line(r#""price":{"USD":{"amount":5}},"Price":1,"colour":"red""#, ""), @r#"
    data.price: "price" stands beside "attributes", where nothing reads it: move it into "attributes"
    data.Price: "Price" is not known here, and nothing reads it
    data.colour: "colour" is not known here, and nothing reads it
    "#);
    assert_snapshot!(line(r#""sku":"a","external_ref":"b""#, r#","sku":"c","external_ref":"d""#), @r#"
    data.sku: "sku" stands beside "attributes", where nothing reads it; "attributes" has one already: take this one out
    data.external_ref: "external_ref" stands beside "attributes", where nothing reads it; "attributes" has one already: take this one out
    "#);
}

#[test]
fn what_nobody_has_to_be_told_of_is_no_warning() {
    for line in
        include_str!("../../../../../fuzz/seeds/lines/every-attribute").lines().filter(|line| !line.trim().is_empty())
    {
        assert_eq!(tell_warnings(draft(line)), "", "{line}");
    }
    let known = format!(r#"{{"type":"subscription_plan","id":"1","status":"x","meta":{{"owner":"store"}},{PLAN}}}"#);
    assert_eq!(warned(&known), "");
    // Answers have it, read-only; it is not stored.
    for line in [&known, r#"{"type":"subscription_product","attributes":{"name":"Tea","meta":{"owner":"store"}}}"#] {
        assert_eq!(record(line, &[]).attributes().get("meta"), None, "{line}");
    }
    let payment = r#""payment_authority":{"type":"authorize_net","customer_profile_id":"abc","payment_profile_id":"def"},"offering":{"name":"Box","status":"live"}"#;
    let chosen =
        format!(r#""products":[{{"name":"Tea"}}],"plans":[{{{PLAN},"meta":{{"selected":true,"owner":"store"}}}}]"#);
    assert_eq!(warned(&subscription(&format!("{payment},{chosen}"))), "");
}

fn tell_warnings(mut draft: Draft) -> String {
    draft.take_warnings().iter().map(RecordWarning::detail).collect::<Vec<_>>().join("\n")
}

#[test]
fn inside_an_offering_too_an_unknown_attribute_is_told() {
    let line = format!(
        r#"{{"type":"subscription_offering","name":"Box","products":[{{"name":"Tea","Sku":"1"}}],
            "plans":[{{"attributes":{{{PLAN},"trialPeriod":3}},"links":{{}}}}],
            "features":[{{"name":"Gold","configuration":{{"type":"access","access":{{"tag":"gold","Tag":"x"}}}}}}]}}"#
    );
    assert_snapshot!(warned(&line), @r#"products[0].Sku: "Sku" is not known here, and nothing reads it; did you mean "sku"?
plans[0].attributes.trialPeriod: "trialPeriod" is not known here, and nothing reads it; did you mean "trial_period"?
plans[0].links: "links" is not known here, and nothing reads it
features[0].configuration.access.Tag: "Tag" is not known here, and nothing reads it; did you mean "tag"?"#);
}

#[test]
fn a_line_of_many_strangers_is_told_of_the_first_and_how_many_more() {
    let many = |count: usize, name: &str| {
        let strangers: Vec<_> = (0..count).map(|number| format!(r#","{name}{number}":1"#)).collect();
        let strangers = strangers.concat();
        draft(&format!(r#"{{"type":"subscription_product","name":"Tea"{strangers}}}"#)).take_warnings()
    };
    assert_eq!(many(MAX_WARNINGS, "x").len(), MAX_WARNINGS);
    let more = many(5_000, "x");
    assert_eq!(more.len(), MAX_WARNINGS);
    assert_snapshot!(more.last().unwrap().problem, @r#""x9" is not known here, and nothing reads it (and 4990 more like it in this line)"#);
    let long = many(9, &r"\u0001".repeat(80));
    let bytes: usize = long.iter().map(|warning| warning.field.len() + warning.problem.len()).sum();
    assert!(long.len() == 2 && bytes < MAX_WARNING_BYTES + 64, "{bytes}: {long:?}");
}

#[test]
fn warnings_may_be_refused() {
    let mut draft = draft(r#"{"type":"subscription_product","name":"Te","Price":{}}"#);
    draft.refuse_warnings();
    assert_snapshot!(tell(&resolve(draft, &[]).unwrap_err()), @r#"WrongLength | name: "name" must be 3 to 1024 characters long, "Te" has 2: make it longer by 1
UnknownAttribute | Price: "Price" is not known here, and nothing reads it; did you mean "price"?; take it out, or send the file with unknown=warn"#);
}

#[test]
fn an_external_ref_beside_attributes_is_the_records() {
    let beside = |name: &str| {
        format!(r#"{{"data":{{"type":"subscription_product","external_ref":{name},"attributes":{{"name":"Tea"}}}}}}"#)
    };
    let product = record(&beside("\"tea\""), &[]);
    assert_eq!(product.external_ref(), Some("tea"));
    assert_eq!(warned(&beside("\"tea\"")), "");
    assert_eq!(warned(&beside("null")), "");
    assert_snapshot!(check(&beside("7")), @r#"WrongType | data.external_ref: "external_ref" must be a string, not the number 7: write "7""#);
    assert_snapshot!(check(&beside("\"\\ud800\"")), @r"LoneSurrogate | data.external_ref: the text holds half a character, a \u from d800 to dfff without the other half; it was cut in two, write the character itself");
    let both = r#"{"type":"subscription_product","external_ref":"a","attributes":{"name":"Tea","external_ref":"b"}}"#;
    assert_eq!(record(both, &[]).external_ref(), Some("b"));
    assert_snapshot!(warned(both), @r#"external_ref: "external_ref" stands beside "attributes", where nothing reads it; "attributes" has one already: take this one out"#);
    let inline = r#"{"type":"subscription_offering","name":"Box","products":[{"external_ref":"tea","attributes":{"name":"Tea"}}],"plans":[{$PLAN}]}"#;
    let offering = Json::from(record(&inline.replace("$PLAN", PLAN), &[]).into_parts().1).to_string();
    assert!(offering.contains(r#""external_ref":"tea","attributes":{"name":"Tea"}"#), "{offering}");
}

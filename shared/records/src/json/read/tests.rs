use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;
use crate::{RecordErrorCode, RecordErrors};

/// What is wrong with a line, one error a line.
fn check(line: &str) -> String {
    let mut errors = RecordErrors::default();
    read(line, &mut |error| errors.add_json(error));
    let lines: Vec<_> =
        errors.into_vec().iter().map(|error| format!("{:?} | {}", error.code, error.detail())).collect();
    lines.join("\n")
}

fn parse(line: &str) -> Object {
    let mut errors = RecordErrors::default();
    let object = read(line, &mut |error| errors.add_json(error)).expect("a JSON object");
    assert!(errors.is_empty(), "{:?}", errors.into_vec());
    object
}

#[test]
fn what_breaks_grammar_is_reported_with_its_column() {
    assert_snapshot!(check(r#"{"a": 1,}"#), @"NotJson | not JSON at character 9: the comma before } has to go");
    assert_snapshot!(check(r#"{"a": 01}"#), @r#"NotJson | not JSON at character 8: "01" is no number as JSON writes it: write 1, or "01" in double quotes when it is a text"#);
    assert_snapshot!(check(r#"{"a": "b}"#), @r#"NotJson | not JSON: the text that begins at character 7 has no closing quote; a line break inside of a text is written \n"#);
    assert_snapshot!(check(r#"{"a": NaN}"#), @"NotJson | not JSON at character 7: NaN is no number in JSON: write null, or leave the attribute out");
    assert_snapshot!(check("{} {}"), @"NotJson | not JSON at character 4: several objects stand in one line: another begins here; each needs a line of its own (curl -d drops the line ends: send with --data-binary)");
    assert_snapshot!(check("{\"a\": \"tab\there\"}"), @r#"NotJson | not JSON at character 11: a tab inside of a text is written \t"#);
    assert_snapshot!(check(""), @"NotJson | not JSON: the line ends before its object does; an object stands in one line, from { to }");
}

#[test]
fn a_line_that_is_no_object_says_what_it_is() {
    assert_snapshot!(check("[1]"), @"NotAnObject | the line must be an object {…}, not an array: take the [ and ] away, and give each object a line of its own");
    assert_snapshot!(check(" \"text\" "), @r#"NotAnObject | the line must be an object {…}, not the string "text": write the whole object, such as {"type":"subscription_product","name":"Tea box"}"#);
    assert_snapshot!(check("12"), @r#"NotAnObject | the line must be an object {…}, not the number 12: write the whole object, such as {"type":"subscription_product","name":"Tea box"}"#);
    assert_snapshot!(check("null"), @r#"NotAnObject | the line must be an object {…}, not null: write the whole object, such as {"type":"subscription_product","name":"Tea box"}"#);
}

#[test]
fn every_strictness_error_is_reported_with_its_path() {
    assert_snapshot!(
        check(r#"{"a":{"k":1,"\u006b":2},"b":[1e126,{"":0}],"n\u0000":"\ud800","\udc00x":1,"a":3}"#), @r#"
    DuplicateKey | a.k: the key "k" is given twice: take one away
    NumberOutOfRange | b[0]: the number is too large, or too near to 0, to be stored: round it, or write it as a text in double quotes
    InvalidKey | b[1][""]: a key must not be empty: write the name of an attribute, or take it away
    InvalidKey | ["n\u0000"]: a key must not hold a NUL (U+0000): take it out
    LoneSurrogate | ["n\u0000"]: the text holds half a character, a \u from d800 to dfff without the other half; it was cut in two, write the character itself
    LoneSurrogate | ["���x"]: the key holds half a character, a \u from d800 to dfff without the other half; it was cut in two, write the character itself
    DuplicateKey | a: the key "a" is given twice: take one away
    "#
    );
}

#[test]
fn a_number_is_kept_exactly_as_written() {
    for number in ["0", "-0", "1.10", "1E+2", "100e-2", "12345678901234567890123456789012345678", "0.0"] {
        assert_eq!(parse(&format!("{{\"n\":{number}}}")).get("n"), Some(&Json::Number(number.into())));
        let line = format!("{{\"n\":{number}}}");
        assert_eq!(Json::from(parse(&line)).to_string(), line);
    }
}

#[test]
fn a_number_from_elsewhere_must_be_one() {
    assert_eq!(Json::number("1E+2"), Some(Json::Number("1E+2".into())));
    for text in ["", ".5", "01", "NaN", "1 ", "\"1\"", "[1]", "null"] {
        assert_eq!(Json::number(text), None, "{text}");
    }
}

#[test]
fn a_number_of_too_many_digits_is_refused() {
    assert_snapshot!(check(&format!("{{\"n\":{}}}", "7".repeat(39))), @"NumberOutOfRange | n: the number has 39 significant digits, at most 38 can be stored: round it, or write it as a text in double quotes");
}

#[test]
fn a_key_too_long_is_refused_and_shown_short() {
    assert_eq!(check(&format!("{{\"{}\":1}}", "k".repeat(65_535))), "");
    assert_snapshot!(check(&format!("{{\"{}\":1}}", "k".repeat(65_536))), @r#"InvalidKey | ["kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk…"]: the key is 65536 bytes long, at most 65535 can be stored: shorten it"#);
}

#[test]
fn nesting_may_be_32_levels_deep() {
    let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    let deepest = parse(&nested(31));
    assert_eq!(deepest.depth(), 32);
    assert_snapshot!(check(&nested(32)), @"TooDeep | a[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]: nested deeper than 32 levels: put fewer objects and lists inside of each other");
}

#[test]
fn a_million_brackets_are_refused_cheaply() {
    let million = 1_000_000;
    assert_snapshot!(check(&format!("{{\"a\":{}{}}}", "[".repeat(million), "]".repeat(million))), @"TooDeep | a[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]: nested deeper than 32 levels: put fewer objects and lists inside of each other");
    assert_snapshot!(check(&"[".repeat(million)), @"NotJson | not JSON: the file is one JSON list, not JSON Lines: take away this [, the ] at its end, and the comma after each object; each line is one object {…} by itself");
    assert_snapshot!(check(&"{\"a\":".repeat(million)), @"NotJson | not JSON: the line ends before its object does: the bracket at character 4999996 is not closed; an object stands in one line, from { to }");
}

#[test]
fn no_more_than_fifty_errors_are_reported() {
    let line = format!("{{\"a\":[{}]}}", vec!["1e999"; 57].join(","));
    let reported = check(&line);
    assert_eq!(reported.lines().count(), 50);
    assert_snapshot!(reported.lines().last().unwrap(), @"NumberOutOfRange | a[49]: the number is too large, or too near to 0, to be stored: round it, or write it as a text in double quotes (and 7 more errors in this line)");
}

#[test]
fn an_object_keeps_its_order() {
    let mut object = parse(r#"{"z":1,"a":[true,null],"m":{"x":"é\n"}}"#);
    assert_eq!(object.iter().map(|(key, _)| key).collect::<Vec<_>>(), ["z", "a", "m"]);
    object.insert("a", "new");
    assert_eq!(object.remove("z"), Some(Json::from(1)));
    object.insert("z", true);
    assert_snapshot!(Json::from(object), @r#"{"a":"new","m":{"x":"é\n"},"z":true}"#);
}

/// Any value that the strict reading takes, up to a few levels deep.
fn json() -> impl Strategy<Value = Json> {
    let number = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        "-?(0|[1-9][0-9]{0,15})(\\.[0-9]{1,15})?([eE][+-]?[0-9]{1,2})?",
    ];
    let scalar = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        number.prop_map(|text| Json::Number(text.into())),
        any::<String>().prop_map(Json::from),
    ];
    scalar.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::Array),
            prop::collection::btree_map("[^\\x00]{1,8}", inner, 0..6)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back_equal(value in json()) {
        let object = Object::from_iter([("value".to_owned(), value)]);
        let written = Json::from(object.clone());
        prop_assert_eq!(&parse(&written.to_string()), &object);
        prop_assert_eq!(&parse(&serde_json::to_string_pretty(&written).unwrap()), &object, "with white space");
    }

    #[test]
    fn grammar_agrees_with_serde_json(line in r#"[\[\]{}":,0-9a-z\\ .eE-]{0,24}"#) {
        let mut errors = RecordErrors::default();
        read(&line, &mut |error| errors.add_json(error));
        let is_json = !errors.into_vec().iter().any(|error| error.code == RecordErrorCode::NotJson);
        let by_serde = serde_json::from_str::<serde::de::IgnoredAny>(&line).is_ok();
        prop_assert_eq!(is_json, by_serde);
    }
}

use super::*;

/// Each kind of line that is not JSON.
const LINES: &[&str] = &[
    // Several objects in one line.
    r#"{"a":1}{"b":2}"#,
    r#"{"a":1} {"b":2}"#,
    r#"{"a":1},{"b":2}"#,
    // An item of a list.
    "[",
    r#"{"a":1},"#,
    r#"{"a":1}]"#,
    r#"{"a":1},]"#,
    "]",
    // Commas.
    r#"{"a":1,}"#,
    r#"{"a":[1,2,]}"#,
    r#"{"a":1,,"b":2}"#,
    r#"{"a":1 "b":2}"#,
    r#"{"a":"1" "b":2}"#,
    r#"{"a":,"b":2}"#,
    // Python and others.
    "{'a': 1}",
    r#"{"é": 'x'}"#,
    r#"{"a": True}"#,
    r#"{"a": FALSE}"#,
    r#"{"a": None}"#,
    r#"{"a": undefined}"#,
    r#"{"a": u"x"}"#,
    r#"{"a": #N/A}"#,
    r#"{"a": [#REF!]}"#,
    r#"{"a": NaN}"#,
    r#"{"a": -Infinity}"#,
    // Quotes.
    "{“a”: 1}",
    r#"{"a": "5" box"}"#,
    "{a: 1}",
    r#"{"a": monthly}"#,
    r#"{"a": "b}"#,
    // Numbers.
    r#"{"a": 01}"#,
    r#"{"a": +5}"#,
    r#"{"a": .5}"#,
    r#"{"a": 1.}"#,
    r#"{"a": 1,250}"#,
    r#"{"a": 4,5}"#,
    r#"{"a": 0,50}"#,
    r#""{""data"":{""type"":""subscription_product""}}""#,
    r#"{"a": 12abc}"#,
    // Texts.
    "{\"a\": \"tab\there\"}",
    r#"{"a": "C:\dir"}"#,
    "{\"a\": \"\u{1}\"}",
    // Unfinished.
    "{",
    r#"{"data": {"type": "x""#,
    r#"{"a":1}}"#,
    r#"{"a":[1}"#,
    r#"{"a" 1}"#,
    // What can't be seen.
    "{\"a\":\u{a0}1}",
    "\0\0\0\0",
    "{\"a\":1}\0\0",
    // Other things than JSON.
    "external_ref,name,sku",
    "j11-a;Pantry box;PB-1",
    "INSERT INTO products VALUES (1, 'Tea');",
    "two.jsonl",
    "<html>",
    "---",
    "# products",
    "{\"a\":1} // the first",
    "--boundary",
    "name: Tea",
];

#[test]
fn a_line_that_is_not_json_is_told_its_usual_cause() {
    let told: Vec<String> = LINES.iter().map(|line| format!("{line:?}\n    {}\n", explain(line))).collect();
    insta::assert_snapshot!(told.concat());
}

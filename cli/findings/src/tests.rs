//! One file with some of everything, in every format.

use anstream::adapter::strip_str;
use insta::assert_snapshot;
use unicode_width::UnicodeWidthStr;

use super::*;

/// Its lines wrong in many ways; what is `$ESC` in it must never reach a terminal.
const FILE: &str = r#"{"type":"subscription_product","external_ref":"tea","name":"Tea box"}
{"type":"subscription_product","external_ref":"mug","name":"T"}
{"data":{"type":"subscription_plan","attributes":{"external_ref":"monthly","name":"A plan with a name that makes the line long","billing_interval_type":"mont","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":false}}}
{"type":"subscription_offering","external_ref":"box","name":"Box","products":["tea","mug"],"plans":["monthly"]}
{"type":"subscription_offering","external_ref":"large box","name":"Box","products":["tea","not here"],"plans":[7, "x", true]}
{"type":"subscription_product","external_ref":"cup","name":"$ESC]0;title",}
{"type":"subscription_product","name":"Tea with colour","colour":"red"}
{"type":"subscription_product","external_ref":"m$RTLug","sku":"x"}
{"type":"subscription_product","external_ref":"pot","name":"P","price":{"USD":{"amount":1,"amount":2}}}
{"type":"subscription_product","external_ref":"日本語の製品の名前","name":"茶", "description":"日本語の説明日本語の説明日本語の説明日本語の説明"}
{"type":"subscription_product","external_ref":"jar","name":"Tea",}
"#;

fn written(format: Format, all: bool) -> String {
    let file = FILE.replace("$RTL", "\u{202e}").replace("$ESC", "\u{1b}");
    let (mut out, mut groups) = (Vec::new(), Groups::default());
    let mut writer = Writer::begin(format, all, &mut out).unwrap();
    for line in records::check(file.as_bytes()).unwrap().rows() {
        let rows = Row::of_line(&line);
        groups.add(&rows);
        for row in &rows {
            writer.add(row, "some folder/a.jsonl").unwrap();
        }
    }
    let texts = Texts { file: "some folder/a.jsonl", all: "imports check 'some folder/a.jsonl' --all", columns: 80 };
    let document = serde_json::json!({"file": "some folder/a.jsonl", "groups": groups.of(Kind::Error).iter().map(|group| group.document()).collect::<Vec<_>>()});
    writer.end_file(&groups, "some folder/a.jsonl", &text(&groups, texts), &document).unwrap();
    writer.end(1).unwrap();
    let text = strip_str(str::from_utf8(&out).unwrap()).to_string();
    assert!(!text.contains(['\u{1b}', '\u{202e}']) || format != Format::Text, "{text:?}");
    text
}

#[test]
fn text_for_people_fits_into_80_columns() {
    let text = written(Format::Text, false);
    assert!(text.lines().all(|line| line.width() <= 80), "{text}");
    assert_snapshot!(text);
}

#[test]
fn at_80_columns_no_word_of_what_is_to_be_typed_is_broken() {
    let line = br#"{"type":"subscription_offering","external_ref":"o","name":"Office","plans":[{"name":"Small bag"}]}"#;
    let checked = records::check(line).unwrap();
    let (row, mut groups) = (checked.rows().next().unwrap(), Groups::default());
    groups.add(&Row::of_line(&row));
    let texts = Texts { file: "a.jsonl", all: "imports check a.jsonl --all", columns: 80 };
    let shown = text(&groups, texts);
    let shown = strip_str(&shown).to_string();
    assert_eq!(row.errors[0].problem.split(' ').find(|word| !shown.contains(word)), None, "{shown}");
}

#[test]
fn every_row_is_a_line_where_all_are_asked_for() {
    assert_snapshot!(written(Format::Text, true));
}

#[test]
fn rows_are_documents() {
    assert_snapshot!(written(Format::Jsonl, false));
}

#[test]
fn a_document_is_one_with_rows_or_without() {
    for all in [false, true] {
        let document: serde_json::Value = serde_json::from_str(&written(Format::Json, all)).unwrap();
        assert_eq!(document["files"][0]["rows"].as_array().map(Vec::len), all.then_some(14), "{document}");
        assert_eq!(document["exit"], 1);
    }
    assert_snapshot!(written(Format::Json, false));
}

#[test]
fn annotations_are_one_a_kind_or_one_a_row() {
    assert_snapshot!(written(Format::Github, false));
    assert_eq!(written(Format::Github, true).lines().count(), written(Format::Jsonl, false).lines().count());
}

#[test]
fn static_analysis_results_have_every_row() {
    assert_snapshot!(written(Format::Sarif, false));
}

#[test]
fn many_lines_are_named_and_counted() {
    let line =
        |number: usize| format!("{{\"type\":\"subscription_product\",\"external_ref\":\"{number}\",\"name\":\"T\"}}\n");
    let file = (0..40).fold(String::new(), |file, number| file + &line(number));
    let mut groups = Groups::default();
    for line in records::check(file.as_bytes()).unwrap().rows() {
        groups.add(&Row::of_line(&line));
    }
    let texts = Texts { file: "a.jsonl", all: "imports errors 0f4c --all", columns: 80 };
    assert_snapshot!(strip_str(&text(&groups, texts)));
}

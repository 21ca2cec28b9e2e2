//! What is printed of an import job that has ended.

use std::collections::BTreeMap;

use client::{Errors, Job, MOST_LISTED, Records, ResultLine, Status};
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};
use records::RecordType;

/// The most lines with a warning that are shown.
const MAX_WARNED: usize = 10;

/// How wide the column of a sentence is at least: no word of what is to be typed is broken.
const SENTENCE: u16 = 42;

/// Shows a job, its errors and what is noticed of the lines that are imported. Tables are as wide as the terminal at most, or as
/// this many columns; in a file they are as wide as what they hold.
pub(crate) fn report(job: &Job, errors: &Errors, warned: &[ResultLine], columns: Option<u16>) -> String {
    let status = if job.status == Status::Success { "success" } else { "failed" };
    let rehearsal = if job.records.importable.is_some() { ", a dry run: nothing is written" } else { "" };
    let mut parts = vec![format!("Import {}: {status}{rehearsal}", job.id), of_types(job, columns).to_string()];
    if !errors.rows.is_empty() {
        parts.extend([format!("{}:", shown_of_all(errors)), of_errors(errors, columns).to_string()]);
    }
    if !warned.is_empty() {
        let (shown, all) = (warned.len().min(MAX_WARNED), warned.len());
        let more = if shown < all { " (the API's …/results show them all)" } else { "" };
        let heading = format!("{shown} of {all} imported lines with a warning{more}:");
        parts.extend([heading, of_warnings(warned, columns).to_string()]);
    }
    parts.join("\n")
}

fn table(header: [&str; 3], columns: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic).set_header(header);
    if let Some(columns) = columns {
        table.set_width(columns);
    }
    table
}

fn of_types(job: &Job, columns: Option<u16>) -> Table {
    let imported = if job.records.importable.is_some() { "importable" } else { "imported" };
    let mut table = table(["type", "uploaded", imported], columns);
    let rows = RecordType::ALL.iter().map(|kind| (kind.as_str(), counts(&job.records, *kind)));
    for (label, (uploaded, imported)) in rows.chain([("all", totals(&job.records))]) {
        table.add_row([label.to_owned(), uploaded.to_string(), imported.to_string()]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn of_errors(errors: &Errors, columns: Option<u16>) -> Table {
    let rows = errors.rows.iter().map(|error| (error.line_number, error.field.as_str(), error.error.as_str()));
    of_lines("reason", rows, columns)
}

fn of_warnings(warned: &[ResultLine], columns: Option<u16>) -> Table {
    let all = warned.iter().take(MAX_WARNED).flat_map(|line| line.warnings.iter().map(|warning| (line.line, warning)));
    of_lines("warning", all.map(|(line, said)| (line, said.field.as_str(), said.warning.as_str())), columns)
}

/// What is said of lines: the number of each, where in it, and the sentence.
fn of_lines<'a>(what: &str, said: impl Iterator<Item = (u64, &'a str, &'a str)>, columns: Option<u16>) -> Table {
    let mut table = table(["line", "field", what], columns);
    for (line, field, sentence) in said {
        let line = if line == 0 { "file".to_owned() } else { line.to_string() };
        // The API's sentences begin with the field, which has a column of its own here.
        let bare = sentence.strip_prefix(field).and_then(|rest| rest.strip_prefix(": "));
        let shown = field.strip_prefix("data.attributes.").unwrap_or(field);
        table.add_row([&line, shown, bare.unwrap_or(sentence)]);
    }
    if let Some(column) = table.column_mut(2) {
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(SENTENCE)));
    }
    table
}

/// How many there are here.
fn shown(errors: &Errors) -> u64 {
    u64::try_from(errors.rows.len()).unwrap_or(u64::MAX)
}

/// How many errors are shown, and how to see the others.
fn shown_of_all(errors: &Errors) -> String {
    let (shown, total) = (shown(errors), errors.total);
    let more = match total {
        _ if shown >= total => String::new(),
        _ if total <= MOST_LISTED => format!(" (--errors {total} shows them all)"),
        _ if shown < MOST_LISTED => format!(" (--errors {MOST_LISTED} shows more, the API's …/results all)"),
        _ => " (the API's …/results show them all)".to_owned(),
    };
    format!("{shown} of {total} errors{more}")
}

/// How many records of a type are uploaded and imported, or could be.
pub(crate) fn counts(records: &Records, kind: RecordType) -> (u64, u64) {
    let count = |of: &BTreeMap<String, u64>| of.get(kind.as_str()).copied().unwrap_or_default();
    (count(&records.uploaded), count(imported(records)))
}

/// How many records of all types are uploaded and imported, or could be.
pub(crate) fn totals(records: &Records) -> (u64, u64) {
    (records.uploaded.values().sum(), imported(records).values().sum())
}

/// What a dry run could import stands for what it did.
fn imported(records: &Records) -> &BTreeMap<String, u64> {
    records.importable.as_ref().unwrap_or(&records.imported)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn error(line: u64, field: &str, text: &str) -> Value {
        json!({"line_number": line, "field": field, "error": format!("{field}: {text}"), "code": "required"})
    }

    fn job(id: &str, records: &Value) -> Job {
        let meta = json!({"timestamps": {"created_at": "2026-01-10T11:41:19Z"}, "records": records});
        serde_json::from_value(json!({"id": id, "attributes": {"status": "success"}, "meta": meta})).unwrap()
    }

    fn shown(errors: &[Value], total: u64) -> String {
        let uploaded = json!({"subscription_product": 50_000, "subscription_subscriber": 12});
        let records = json!({"uploaded": uploaded, "imported": {"subscription_product": 49_000}});
        let job = job("0f4c6c0e-6a4f-4a0e-9a3f-5b2d1c9e7a10", &records);
        let rows = errors.iter().map(|row| serde_json::from_value(row.clone()).unwrap()).collect();
        report(&job, &Errors { rows, total }, &[], Some(80))
    }

    #[test]
    fn of_a_dry_run_it_shows_what_could_be_imported() {
        let counts = |count: u64| json!({"subscription_product": count});
        let records = json!({"uploaded": counts(9), "imported": counts(0), "importable": counts(7)});
        let shown = report(&job("x", &records), &Errors { rows: Vec::new(), total: 0 }, &[], None);
        assert!(shown.starts_with("Import x: success, a dry run: nothing is written\n"), "{shown}");
        assert!(shown.contains("importable") && shown.contains("9 ┆          7 │"), "{shown}");
    }

    fn heading(shown: &str) -> &str {
        shown.lines().find(|line| line.contains(" errors")).unwrap()
    }

    #[test]
    fn at_80_columns_sentences_wrap_within_their_table_and_nothing_else_does() {
        let long = "refers to the subscription_product of line 191, which was not imported: \"coffee-no-9\"; mend that line first";
        let path = "data.attributes.configured_features.small.samples.default_value";
        let errors = [
            error(0, "", "nothing was imported: each of the 50000 lines has an error"),
            error(115, "data.attributes.products[0]", long),
            error(49_999, path, "\"default_value\" is required"),
            error(50_000, "data.type", "\"type\" must be one of subscription_product, subscription_plan"),
        ];
        let shown = shown(&errors, 1_500);
        for line in shown.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        insta::assert_snapshot!(shown);
    }

    #[test]
    fn at_80_columns_no_word_of_what_is_to_be_typed_is_broken() {
        let line =
            br#"{"type":"subscription_offering","external_ref":"o","name":"Office","plans":[{"name":"Small bag"}]}"#;
        let checked = records::check(line).unwrap();
        let sentence = checked.rows().next().unwrap().errors[0].problem.clone();
        assert!(sentence.contains("every-month"), "{sentence}");
        for field in ["pricing_options", "data.attributes.offering.some.deeper.place.in.it[0].pricing_options"] {
            let shown = shown(&[error(1, field, &sentence)], 1);
            let broken = sentence.split(' ').find(|word| !shown.contains(word));
            assert_eq!(broken, None, "{shown}");
        }
    }

    #[test]
    fn what_is_noticed_of_imported_lines_is_shown_with_what_was_meant() {
        let warning = json!({"code": "unknown_attribute", "field": "Price",
            "warning": "Price: \"Price\" is not known here, and nothing reads it; did you mean \"price\"?"});
        let line = json!({"line": 7, "type": "subscription_product", "external_ref": "tea", "id": "x", "action": "created", "warnings": [warning]});
        let warned: Vec<ResultLine> = vec![serde_json::from_value(line).unwrap(); 12];
        let records = json!({"uploaded": {"subscription_product": 12}, "imported": {"subscription_product": 12}});
        let none = Errors { rows: Vec::new(), total: 0 };
        insta::assert_snapshot!(
            report(&job("x", &records), &none, &warned, Some(80))
                .lines()
                .skip(10)
                .take(6)
                .collect::<Vec<_>>()
                .join("\n")
        );
    }

    #[test]
    fn where_not_all_errors_are_shown_it_says_how_to_see_the_others() {
        let one = [error(1, "data.type", "\"type\" is required")];
        let told = [1, 15, 10_100, 10_101].map(|total| heading(&shown(&one, total)).to_owned());
        insta::assert_snapshot!(told.join("\n"));
        assert!(told.iter().all(|line| line.chars().count() <= 80), "{told:?}");
    }
}

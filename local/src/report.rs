//! What is printed of an import job that has ended.

use std::collections::BTreeMap;

use client::{Errors, Job, Records, Status};
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use records::RecordType;

/// The most errors that can be asked for: as many as the API lists.
pub const MAX_ERRORS: u32 = 10_100;

/// Shows a job and its errors. Tables are as wide as the terminal at most, or as this many columns; in a file they are as
/// wide as what they hold.
pub(crate) fn report(job: &Job, errors: &Errors, columns: Option<u16>) -> String {
    let status = if job.status == Status::Success { "success" } else { "failed" };
    let rehearsal = if job.records.importable.is_some() { ", a dry run: nothing is written" } else { "" };
    let mut parts = vec![format!("Import {}: {status}{rehearsal}", job.id), of_types(job, columns).to_string()];
    if !errors.rows.is_empty() {
        parts.extend([format!("{}:", shown_of_all(errors)), of_errors(errors, columns).to_string()]);
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
    let mut table = table(["line", "field", "reason"], columns);
    for error in &errors.rows {
        let line = if error.line_number == 0 { "file".to_owned() } else { error.line_number.to_string() };
        let field = error.field.as_str();
        // The API's reasons begin with the field, which has a column of its own here.
        let reason = error.error.strip_prefix(field).and_then(|rest| rest.strip_prefix(": "));
        let shown = field.strip_prefix("data.attributes.").unwrap_or(field);
        table.add_row([&line, shown, reason.unwrap_or(&error.error)]);
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
        _ if total <= u64::from(MAX_ERRORS) => format!(" (--errors {total} shows them all)"),
        _ if shown < u64::from(MAX_ERRORS) => format!(" (--errors {MAX_ERRORS} shows more, the API's …/results all)"),
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
        report(&job, &Errors { rows, total }, Some(80))
    }

    #[test]
    fn of_a_dry_run_it_shows_what_could_be_imported() {
        let counts = |count: u64| json!({"subscription_product": count});
        let records = json!({"uploaded": counts(9), "imported": counts(0), "importable": counts(7)});
        let shown = report(&job("x", &records), &Errors { rows: Vec::new(), total: 0 }, None);
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
    fn where_not_all_errors_are_shown_it_says_how_to_see_the_others() {
        let one = [error(1, "data.type", "\"type\" is required")];
        let told = [1, 15, 10_100, 10_101].map(|total| heading(&shown(&one, total)).to_owned());
        insta::assert_snapshot!(told.join("\n"));
        assert!(told.iter().all(|line| line.chars().count() <= 80), "{told:?}");
    }
}

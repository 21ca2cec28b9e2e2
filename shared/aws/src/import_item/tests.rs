//! The items as they lie in the database: a job that was stored by an older version is read by a newer one.

use imports::{import::NewImport, report::Action};
use insta::assert_snapshot;
use serde_json::Value;
use twins::fixture::{job, noon, options};

use records::RecordType;

use super::*;

/// A job with everything that its caller can decide, and counts of its own for each type.
fn import(options: ImportOptions) -> Import {
    let file = ImportFile { key: "drops/main/a.jsonl".to_owned(), version: Some("v1".to_owned()) };
    let mut import = Import::pending(NewImport { options, file, ..job(1) }, noon(), 7);
    for (count, record_type) in (1..).zip(RecordType::ALL) {
        import.tally.uploaded.add(*record_type, count);
        import.tally.add_imported(*record_type, Action::Updated, count / 2);
    }
    import.tally.warnings = 2;
    import
}

/// An item as JSON, its attributes by name.
fn json(item: Item) -> String {
    serde_json::to_string_pretty(&read::<Value>(item).unwrap()).unwrap()
}

#[test]
fn a_job_is_stored_under_these_attributes_and_reads_back_equal() {
    let import = import(options("nightly"));
    let item = write(&ImportItem::pending(&import)).unwrap();
    assert_snapshot!(json(item.clone()));
    assert_eq!(read::<ImportItem>(item).unwrap().into_import().unwrap(), import);
}

#[test]
fn a_job_without_options_is_stored_with_the_defaults() {
    let import = import(ImportOptions::default());
    let mut item = write(&ImportItem::pending(&import)).unwrap();
    let stored: Value = read(item.clone()).unwrap();
    assert_eq!((&stored["dry_run"], &stored["on_conflict"]), (&Value::Bool(false), &Value::from("fail")));
    assert_eq!(stored.get("external_ref"), None);
    // As of jobs from before there were options and warnings, or what was done was counted.
    item.retain(|name, _| !["dry_run", "on_conflict", "unknown", "warnings", "actions"].contains(&name.as_str()));
    let tally = Tally { actions: ActionCounts::default(), warnings: 0, ..import.tally };
    assert_eq!(read::<ImportItem>(item).unwrap().into_import().unwrap(), Import { tally, ..import });
}

//! The check of a file that needs no store says what the import says: of each line the same errors, except for what only
//! the store knows, and that it names.

use std::collections::{BTreeMap, BTreeSet};

use imports::{
    import::RecordCounts,
    options::{ImportOptions, Unknown},
};
use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use records::{
    Checked, CheckedLine, FileFault, RecordError, RecordErrorCode, RecordId, RecordType, RecordWarning, Reference,
    check, check_strictly, unpack::Unpacker,
};
use samples::{FaultKind, generate};
use serde_json::{Value, json};

use crate::{
    disguise::Disguised,
    malformed::files::wrong_file,
    seeds,
    service::{Outcome, Service, store},
};

/// How many files of each kind are checked.
const FILES: u64 = 150;

/// What is wrong with a line, as the results have it.
fn row(error: &RecordError) -> Value {
    let row =
        json!({"code": error.code, "field": error.field, "error": error.detail(), "blocked_by": error.blocked_by});
    without_null(row)
}

/// What is said of a line that is imported, as the results have it.
fn told(warning: &RecordWarning) -> Value {
    without_null(json!({"code": warning.code, "field": warning.field, "warning": warning.detail(),
        "did_you_mean": warning.did_you_mean}))
}

/// The warnings of a line without what depends on which other lines are imported, where not all of that is known.
fn known(warnings: &[Value], is_closed: bool) -> Vec<&Value> {
    warnings.iter().filter(|warning| is_closed || warning["code"] != "no_external_ref").collect()
}

fn codes(errors: &[Value]) -> Vec<String> {
    errors.iter().map(|error| error["code"].as_str().unwrap().to_owned()).collect()
}

fn without_null(mut row: Value) -> Value {
    row.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    row
}

/// An error without what depends on why another line failed, where not all of that is known.
fn worded(mut error: Value, is_closed: bool) -> Value {
    if !is_closed && error["code"] == "reference_failed" {
        error["error"] = Value::Null;
    }
    error
}

/// Whether an import's error says only what the check leaves open.
fn is_left_open(error: &Value, checked: &CheckedLine<'_>) -> bool {
    let is_of = |reference: &Reference| error["field"] == reference.path.as_str();
    checked.unchecked.iter().any(|unchecked| match error["code"].as_str().unwrap() {
        "reference_not_found" => is_of(&unchecked.reference) && unchecked.line.is_none(),
        // By an id it may name any line.
        "reference_failed" => {
            is_of(&unchecked.reference) && unchecked.line.is_none_or(|line| error["blocked_by"] == line)
        }
        // What is put in its place is not known, nor how large that is.
        "plan_not_in_offering" | "pricing_option_not_in_offering" | "feature_not_in_offering" => true,
        // Whether an offering that is not known has pricing options; and what is named by an id that is not known.
        "required" | "conflicting" | "not_allowed" => !checked.errors.iter().any(|known| row(known) == *error),
        "too_large" => !is_too_large(checked),
        _ => false,
    })
}

/// Whether a line is too large, whatever its unchecked references add to that.
fn is_too_large(checked: &CheckedLine<'_>) -> bool {
    checked.errors.iter().any(|error| error.code == RecordErrorCode::TooLarge)
}

fn unpack(file: &[u8]) -> Result<Vec<u8>, FileFault> {
    let mut unpacker = Unpacker::default();
    unpacker.take(file);
    unpacker.finish()
}

/// What the checks of some files came to.
#[derive(Debug, Default)]
struct Figures {
    files: usize,
    errors: usize,
    warnings: usize,
    codes: BTreeSet<String>,
    /// Unchecked lines that were imported, and that were not.
    unchecked: [usize; 2],
}

impl Figures {
    fn sum(runs: Vec<Self>) -> Self {
        runs.into_iter().fold(Self::default(), |mut sum, run| {
            sum.files += run.files;
            sum.errors += run.errors;
            sum.warnings += run.warnings;
            sum.codes.extend(run.codes);
            sum.unchecked = [sum.unchecked[0] + run.unchecked[0], sum.unchecked[1] + run.unchecked[1]];
            sum
        })
    }

    /// Holds the check of a file against its import, dry and in earnest. `before` is stored already.
    async fn compare(file: &[u8], before: &str) -> Self {
        let mut figures = Self { files: 1, ..Self::default() };
        let ways = [(true, Unknown::Warn), (false, Unknown::Warn), (true, Unknown::Refuse)];
        for (dry_run, unknown) in ways {
            let service = Service::new();
            if !before.is_empty() {
                assert_eq!(service.import(1, before.to_owned()).await.errors, Vec::<Value>::new());
            }
            let options = ImportOptions { dry_run, unknown, ..ImportOptions::default() };
            let outcome = service.import_with(options, 2, file.to_vec()).await;
            let check = if unknown == Unknown::Refuse { check_strictly } else { check };
            let failure = outcome.import.report.as_ref().and_then(|report| report.failure.clone());
            match unpack(file) {
                Err(fault) => assert_eq!((failure, outcome.results.len()), (Some(fault.error()), 0)),
                Ok(file) => match check(&file) {
                    Err(fault) => assert_eq!((failure, outcome.results.len()), (Some(fault.error()), 0)),
                    Ok(checked) => figures.compare_lines(&checked, &outcome, failure.as_ref()),
                },
            }
        }
        figures
    }

    fn compare_lines(&mut self, checked: &Checked<'_>, outcome: &Outcome, failure: Option<&RecordError>) {
        let is_closed = checked.rows().all(|row| row.unchecked.is_empty());
        let mut rows = checked.rows().peekable();
        let mut imported = BTreeMap::<Option<RecordType>, u32>::new();
        for result in &outcome.results {
            let errors = result["errors"].as_array().cloned().unwrap_or_default();
            let warnings = result["warnings"].as_array().cloned().unwrap_or_default();
            let is_imported = errors.is_empty();
            let line = rows.next_if(|row| result["line"] == row.line);
            let is_open = |line: &&CheckedLine<'_>| line.errors.is_empty() && !line.unchecked.is_empty();
            let open = line.iter().filter(is_open).count();
            self.unchecked[usize::from(!is_imported)] += open;
            let (record_type, external_ref) = (
                result["type"].as_str().and_then(|word| word.parse::<RecordType>().ok()),
                result["external_ref"].as_str(),
            );
            *imported.entry(record_type).or_default() += u32::from(is_imported && open == 0);
            let Some(line) = line else {
                assert!(is_imported && known(&warnings, is_closed).is_empty(), "the check finds nothing: {result}");
                continue;
            };
            assert_eq!((line.record_type, line.external_ref), (record_type, external_ref));
            assert!([line.errors.len(), line.unchecked.len(), line.warnings.len()] != [0; 3], "{line:?}");
            self.warnings += warnings.len();
            if line.unchecked.is_empty() {
                let expected: Vec<_> = line.warnings.iter().map(told).collect();
                assert_eq!(known(&warnings, is_closed), known(&expected, is_closed), "{result} {line:?}");
            }
            let kept = errors.iter().filter(|error| !is_left_open(error, &line)).cloned();
            let kept: Vec<_> = kept.map(|error| worded(error, is_closed)).collect();
            let expected: Vec<_> = line.errors.iter().map(|error| worded(row(error), is_closed)).collect();
            if is_too_large(&line) && !line.unchecked.is_empty() {
                // By how much depends on what is unchecked.
                assert_eq!(codes(&kept), codes(&expected), "{result} {line:?}");
            } else {
                assert_eq!(kept, expected, "{result} {line:?}");
            }
            self.errors += line.errors.len();
            self.codes.extend(codes(&errors));
        }
        assert_eq!(rows.next(), None, "every row is that of a line");
        let good = checked.counts.iter().map(|(record_type, counts)| (*record_type, counts.good));
        assert!(good.eq(imported), "good lines are imported");
        let mut uploaded = RecordCounts::default();
        for (record_type, counts) in &checked.counts {
            assert_eq!(counts.total, counts.good + counts.bad + counts.unchecked);
            if let Some(record_type) = record_type {
                uploaded.add(*record_type, counts.total);
            }
        }
        assert_eq!(outcome.import.tally.uploaded, uploaded);
        match checked.fault() {
            Some(fault) if is_closed => assert_eq!(failure, Some(&fault.error())),
            Some(fault) => assert_eq!(failure.map(|failure| failure.code), Some(fault.error().code)),
            // It may turn out that every unchecked line is bad.
            None => assert!(failure.is_none() || checked.total().good == 0, "{failure:?}"),
        }
    }
}

#[test]
fn a_file_of_planted_faults_is_checked_as_it_is_imported() {
    let runs = seeds::each(FILES, async |seed, mut rng| {
        let bad = rng.random_range(1..=2 * FaultKind::ALL.len());
        let mut lines = Vec::new();
        generate(bad + rng.random_range(10..=120), seed, bad, &mut lines).unwrap();
        Figures::compare(&Disguised::new(&mut rng, &lines).file(), "").await
    });
    let sum = Figures::sum(runs);
    println!("{sum:?}");
    assert!(!seeds::all() || sum.unchecked[1] > 0, "no reference was left open");
}

#[test]
fn a_file_of_garbage_is_checked_as_it_is_imported() {
    let runs = seeds::each(FILES, async |_, mut rng| Figures::compare(&wrong_file(&mut rng).1, "").await);
    println!("{:?}", Figures::sum(runs));
}

/// Names that lines of a tangled file have and refer to, few enough that they meet.
const NAMES: [&str; 4] = ["a", "b", "c", "550e8400-e29b-41d4-a716-446655440000"];
/// Names that only stored objects have.
const STORED: [&str; 2] = ["stored", "550e8400-e29b-41d4-a716-446655440001"];

/// A name for a type, or the id that its object gets; of the file, stored or of nothing.
fn named(rng: &mut ChaCha8Rng, record_type: RecordType) -> String {
    let name = [&NAMES[..], &NAMES, &STORED, &["nothing"]].choose(rng).unwrap().choose(rng).unwrap();
    if rng.random_ratio(1, 8) {
        RecordId::from_external_ref(&store(), record_type, name).to_string()
    } else {
        (*name).to_owned()
    }
}

fn plan(name: &str) -> Value {
    json!({"type": "subscription_plan", "external_ref": name, "name": "Monthly", "billing_interval_type": "month",
        "billing_frequency": 1, "plan_length": 12, "end_behavior": "roll", "can_pause": true, "can_resume": true,
        "can_cancel": false})
}

fn product(name: &str) -> Value {
    json!({"type": "subscription_product", "external_ref": name, "name": "Tea"})
}

fn offering(name: &str, products: &[String], plans: &[String]) -> Value {
    json!({"type": "subscription_offering", "external_ref": name, "name": "Box", "products": products, "plans": plans})
}

/// A line that may refer to others, and may be wrong.
fn tangled(rng: &mut ChaCha8Rng) -> Value {
    let name = *NAMES.choose(rng).unwrap();
    let mut line = match rng.random_range(0..10) {
        0..2 => product(name),
        2..4 => plan(name),
        4..7 => {
            let mut some =
                |record_type| -> Vec<String> { (0..rng.random_range(1..3)).map(|_| named(rng, record_type)).collect() };
            let (products, plans) = (some(RecordType::SubscriptionProduct), some(RecordType::SubscriptionPlan));
            offering(name, &products, &plans)
        }
        _ => {
            let way = *["offering_id", "offering_external_ref"].choose(rng).unwrap();
            json!({"type": "subscription", "account_id": NAMES[3], "currency": "USD", "name": "Ada Lovelace",
                "email": "ada@example.com", "manual_payments": false, way: named(rng, RecordType::SubscriptionOffering),
                "plan_id": named(rng, RecordType::SubscriptionPlan)})
        }
    };
    match rng.random_range(0..12) {
        0 => line["name"] = json!("T"),
        3 => line["colour"] = json!("red"),
        4 => {
            line.as_object_mut().unwrap().remove("external_ref");
        }
        // Copies of it are more than an object may hold.
        1 => line["description"] = json!("x".repeat(1_000)),
        2 => line["notes"] = json!("x".repeat(300_000)),
        _ => {}
    }
    line
}

fn lines(lines: &[Value]) -> String {
    lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn a_file_of_tangled_references_is_checked_as_it_is_imported() {
    let names = STORED.map(str::to_owned);
    let before: Vec<_> =
        STORED.iter().flat_map(|name| [product(name), plan(name), offering(name, &names, &names)]).collect();
    for before in [String::new(), lines(&before)] {
        let runs = seeds::each(FILES, async |_, mut rng| {
            let file: Vec<_> = (0..rng.random_range(5..40)).map(|_| tangled(&mut rng)).collect();
            Figures::compare(lines(&file).as_bytes(), &before).await
        });
        let sum = Figures::sum(runs);
        println!("{sum:?}");
        let wanted =
            ["duplicate_external_ref", "plan_not_in_offering", "reference_failed", "reference_not_found", "too_large"];
        assert!(!seeds::all() || wanted.iter().all(|code| sum.codes.contains(*code)));
        assert!(!seeds::all() || (sum.unchecked[1] > 0 && sum.unchecked[0] > 0));
    }
}

//! Every line accounted for: of a file with planted faults exactly those are reported, by line, field and code, and nothing
//! else; their neighbours arrive as if the faults were not there.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Instant,
};

use imports::stored::StoredRecord;
use rand::{RngExt, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use records::{RecordErrorCode, RecordType, outline};
use samples::{ExpectedError, FaultKind, Summary, generate};
use serde_json::Value;

use crate::{
    disguise::Disguised,
    openapi, seeds,
    service::{Outcome, Service, id},
};

/// How many files are run.
const FILES: u64 = 300;

/// The codes that can't be planted in a line, and why not.
const NEVER_PLANTED: [(&str, &str); 12] = [
    ("invalid_option", "of the whole file: what came with it"),
    ("superseded", "of the whole file: an older put of a drop"),
    ("file_missing", "of the whole file"),
    ("file_empty", "of the whole file"),
    ("file_too_large", "of the whole file"),
    ("file_unreadable", "of the whole file"),
    ("too_many_objects", "of the whole file"),
    ("nothing_imported", "of the whole file"),
    ("given_up", "of the whole file: the service's fault"),
    ("cancelled", "of a line that was not reached, whatever is in it: the stories of cancelling have it"),
    ("unknown_attribute", "of a job that asks for it: else it is a warning"),
    ("internal", "a mistake of ours: what makes one is mended"),
];

/// What is wrong with a line: code, field, the line to blame.
type Fault = (RecordErrorCode, String, Option<u32>);

/// A file with faults, and what is expected of it.
struct Planted {
    file: Disguised,
    kinds: Vec<FaultKind>,
    good: usize,
    /// By line.
    faults: BTreeMap<u32, Vec<Fault>>,
    /// A file that stores what is in the way of some lines of the other.
    before: Vec<u8>,
    /// The lines whose objects the database refuses.
    refused: BTreeSet<u32>,
}

/// What a run adds to the figures.
#[derive(Default)]
struct Figures {
    lines: usize,
    errors: usize,
    kinds: BTreeSet<FaultKind>,
    codes: BTreeSet<String>,
}

impl Planted {
    fn new(seed: u64, rng: &mut ChaCha8Rng) -> Self {
        let bad = rng.random_range(1..=2 * FaultKind::ALL.len());
        let objects = bad + rng.random_range(10..=120);
        let mut lines = Vec::new();
        let summary: Summary = generate(objects, seed, bad, &mut lines).unwrap();
        let file = Disguised::new(rng, &lines);
        let numbers = file.numbers.clone();
        let mut faults: BTreeMap<u32, Vec<Fault>> = BTreeMap::new();
        for ExpectedError { line, code, field, blocked_by } in summary.errors {
            let blamed = blocked_by.map(|line| numbers[&line]);
            faults.entry(numbers[&line]).or_default().push((code, field, blamed));
        }
        let kinds = summary.bad.iter().map(|(_, kind)| *kind).collect();
        let good = summary.good.values().sum();
        let mut planted = Self { file, kinds, good, faults, before: Vec::new(), refused: BTreeSet::new() };
        planted.put_in_the_way(rng);
        planted
    }

    /// Takes some good lines to which nothing refers: what is wrong with them lies outside of the file.
    fn put_in_the_way(&mut self, rng: &mut ChaCha8Rng) {
        let mut named: HashMap<_, Vec<u32>> = HashMap::new();
        for number in self.file.numbers.values() {
            let outline = outline(trimmed(self.file.line(*number)));
            if let (Some(RecordType::SubscriptionSubscriber), Some(name)) = (outline.record_type, outline.external_ref)
            {
                named.entry(name.into_owned()).or_default().push(*number);
            }
        }
        // One whose name is given again would have its repetition refused for two reasons.
        let once = named.into_values().filter(|lines| lines.len() == 1).flatten();
        let mut leaves: Vec<u32> = once.filter(|number| !self.faults.contains_key(number)).collect();
        leaves.sort_unstable();
        leaves.shuffle(rng);
        leaves.truncate(4);
        let (stored, refused) = leaves.split_at(leaves.len() / 2);
        for number in stored {
            let line = self.file.line(*number).to_vec();
            self.before.extend_from_slice(&[&line[..], b"\n"].concat());
            let field = field_of(&line, "external_ref");
            self.faults.insert(*number, vec![(RecordErrorCode::AlreadyExists, field, None)]);
        }
        for number in refused {
            self.refused.insert(*number);
            self.faults.insert(*number, vec![(RecordErrorCode::RefusedByDatabase, String::new(), None)]);
        }
        self.good -= leaves.len();
    }

    /// Runs a file in a world of its own.
    async fn run(&self, file: Vec<u8>) -> (Outcome, Vec<StoredRecord>) {
        let service = Service::new();
        if !self.before.is_empty() {
            let outcome = service.import(1, self.before.clone()).await;
            assert_eq!(outcome.errors, Vec::<Value>::new());
        }
        let refused = self.refused.clone();
        service.worker.records.refuse(move |record| record.import_id == id(2) && refused.contains(&record.line));
        let outcome = service.import(2, file).await;
        (outcome, service.worker.records.all())
    }
}

fn trimmed(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Where an attribute stands in a good line.
fn field_of(line: &[u8], attribute: &str) -> String {
    let line: Value = serde_json::from_slice(line).unwrap();
    let mut path = String::new();
    let mut inner = &line;
    for name in ["data", "attributes"] {
        if let Some(value) = inner.get(name) {
            inner = value;
            path.push_str(name);
            path.push('.');
        }
    }
    path + attribute
}

fn text(code: RecordErrorCode) -> String {
    serde_json::to_value(code).unwrap().as_str().unwrap().to_owned()
}

fn number(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap()).unwrap()
}

/// Error rows as lines with their faults, as text.
fn reported_errors(outcome: &Outcome) -> Vec<(u32, String, String, Option<u32>)> {
    let row = |row: &Value| {
        let meta = &row["meta"];
        let blamed = meta["blocked_by"].is_u64().then(|| number(&meta["blocked_by"]));
        let text = |name: &str| meta[name].as_str().unwrap().to_owned();
        (number(&meta["line_number"]), text("code"), text("field"), blamed)
    };
    outcome.errors.iter().map(row).collect()
}

async fn check(seed: u64, mut rng: ChaCha8Rng) -> Figures {
    let planted = Planted::new(seed, &mut rng);
    let (outcome, objects) = planted.run(planted.file.file()).await;
    let expected = planted.faults.iter().flat_map(|(line, faults)| {
        faults.iter().map(|(code, field, blamed)| (*line, text(*code), field.clone(), *blamed))
    });
    let expected: Vec<_> = expected.collect();
    assert_eq!(reported_errors(&outcome), expected);
    check_results(&planted, &outcome, &objects);

    let (clean, undisturbed) = planted.run(planted.file.file_without(&planted.faults)).await;
    assert_eq!(clean.errors, Vec::<Value>::new(), "without the faults nothing is wrong");
    assert!(objects == undisturbed, "the neighbours are as they are without the faults");
    Figures {
        lines: planted.file.numbers.len(),
        errors: expected.len(),
        kinds: planted.kinds.into_iter().collect(),
        codes: expected.into_iter().map(|(_, code, _, _)| code).collect(),
    }
}

/// Every line is imported or explained, exactly one of the two.
fn check_results(planted: &Planted, outcome: &Outcome, objects: &[StoredRecord]) {
    let lines: Vec<u32> = outcome.results.iter().map(|row| number(&row["line"])).collect();
    assert!(lines.iter().eq(planted.file.numbers.values()), "each line once, in order");
    let mut failed_lines = Vec::new();
    for (line, row) in lines.iter().zip(&outcome.results) {
        let errors = row["errors"].as_array().map(Vec::len).unwrap_or_default();
        let faults = planted.faults.get(line);
        assert_eq!(errors, faults.map(Vec::len).unwrap_or_default(), "line {line}: {row}");
        assert_eq!(row["action"], if faults.is_some() { "failed" } else { "created" }, "line {line}");
        let written = objects.iter().filter(|object| object.import_id == id(2) && object.line == *line);
        assert_eq!(written.count(), usize::from(faults.is_none()), "line {line}");
        if faults.is_some() {
            failed_lines.extend_from_slice(planted.file.line(*line));
            failed_lines.push(b'\n');
        }
    }
    assert!(outcome.failed_lines == failed_lines, "the failed lines, byte for byte");
    check_failed_results(planted, outcome);
    let tally = outcome.import.tally;
    assert_eq!(usize::try_from(tally.imported.total()), Ok(planted.good));
    let known = lines.iter().filter(|line| outline(trimmed(planted.file.line(**line))).record_type.is_some());
    assert_eq!(usize::try_from(tally.uploaded.total()), Ok(known.count()));
    let report = outcome.import.report.as_ref().unwrap();
    assert_eq!(report.failure.is_none(), planted.good > 0);
    assert_eq!(usize::try_from(report.errors), Ok(outcome.errors.len() + usize::from(planted.good == 0)));
}

/// The results of the failed lines are those of the results, with the line's text and whether it only waits for another.
fn check_failed_results(planted: &Planted, outcome: &Outcome) {
    let failed = outcome.results.iter().filter(|row| row["action"] == "failed");
    assert_eq!(outcome.failed_results.len(), failed.clone().count());
    for (with_text, row) in outcome.failed_results.iter().zip(failed) {
        assert_eq!((&with_text["line"], &with_text["errors"]), (&row["line"], &row["errors"]));
        let line = number(&row["line"]);
        let (raw, shown) = (planted.file.line(line), with_text["text"].as_str().unwrap());
        assert_eq!(
            with_text["text_note"].is_null(),
            shown.as_bytes() == raw,
            "line {line}: {}",
            with_text["text_note"]
        );
        assert!(shown.as_bytes() == raw || shown.contains('\u{FFFD}') || raw.starts_with(shown.as_bytes()));
        let waits = planted.faults[&line].iter().all(|(_, _, blamed)| blamed.is_some());
        assert_eq!(with_text["blocked_by"].is_u64(), waits, "line {line}");
    }
}

/// Every word that the API has for an error.
fn all_codes() -> BTreeSet<String> {
    let listed = openapi::DOCUMENT["components"]["schemas"]["ImportErrorCode"]["enum"].as_array().unwrap();
    listed.iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

#[test]
fn of_planted_faults_each_is_reported_and_nothing_else() {
    let began = Instant::now();
    let runs = seeds::each(FILES, check);
    let sum = runs.iter().fold(Figures::default(), |mut sum, run| {
        sum.lines += run.lines;
        sum.errors += run.errors;
        sum.kinds.extend(&run.kinds);
        sum.codes.extend(run.codes.iter().cloned());
        sum
    });
    println!(
        "{} kinds of fault and 2 from outside, {} of {} codes; {} files, {} lines, {} errors, all reported, in {} s",
        sum.kinds.len(),
        sum.codes.len(),
        all_codes().len(),
        runs.len(),
        sum.lines,
        sum.errors,
        began.elapsed().as_secs()
    );
    if seeds::all() {
        let missing: Vec<_> = FaultKind::ALL.iter().filter(|kind| !sum.kinds.contains(kind)).collect();
        assert!(missing.is_empty() && sum.kinds.len() >= 80, "never planted: {missing:?}");
        let never = NEVER_PLANTED.iter().map(|(code, _)| (*code).to_owned());
        let mut codes = sum.codes;
        assert!(never.clone().all(|code| codes.insert(code)), "planted, though it can't be");
        assert_eq!(codes, all_codes(), "a code that no kind plants");
    }
}

//! Files that hold garbage, in part or whole, run by the worker.

use std::collections::BTreeSet;

use imports::import::ImportStatus;
use rand::{Rng, RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use records::jsonl::lines;
use samples::generate;
use serde_json::Value;

use super::spread;
use crate::{
    disguise::gzip,
    seeds,
    service::{Outcome, Service},
};

const FILES: u64 = 2_500;

fn whole(rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut file = Vec::new();
    let objects = rng.random_range(5..25);
    generate(objects, rng.random(), 0, &mut file).unwrap();
    file
}

/// Changes some bytes.
fn garble(rng: &mut ChaCha8Rng, file: &mut [u8]) {
    for _ in 0..rng.random_range(1..20) {
        let place = rng.random_range(0..file.len());
        file[place] = *b"\0\n\r\"\\{}[],:\xff\xc3\xed\x1f \t0e-u".choose(rng).unwrap();
    }
}

/// How a file can be wrong, and the file.
pub(crate) fn wrong_file(rng: &mut ChaCha8Rng) -> (&'static str, Vec<u8>) {
    let mut file = whole(rng);
    match rng.random_range(0..12) {
        0 => {
            rng.fill_bytes(&mut file);
            ("noise", file)
        }
        1..=4 => {
            garble(rng, &mut file);
            ("garbled", file)
        }
        5 => {
            file.truncate(rng.random_range(1..file.len() - 1));
            ("cut", file)
        }
        6 => {
            let mut packed = gzip(&file);
            packed.truncate(rng.random_range(2..packed.len()));
            ("gzip cut", packed)
        }
        7 => {
            let mut packed = gzip(&file);
            garble(rng, &mut packed[2..]);
            ("gzip garbled", packed)
        }
        8 => {
            let mut behind = vec![0; rng.random_range(1..100)];
            rng.fill_bytes(&mut behind);
            ("gzip with more behind it", [gzip(&file), behind].concat())
        }
        9 => {
            let second = gzip(&file);
            let end = rng.random_range(1..second.len());
            ("gzip of two members, the second cut", [gzip(&file), second[..end].to_vec()].concat())
        }
        10 => {
            let begins: &[&[u8]] = &[
                b"PK\x03\x04\x14\0\0\0\x08\0",
                b"\x89PNG\r\n\x1a\n\0\0",
                b"%PDF-1.7\n",
                b"\xff\xfe{\0",
                b"\xfe\xff\0{",
                b"BZh91AY&SY",
                b"\xfd7zXZ\0",
                b"7z\xbc\xaf\x27\x1c",
            ];
            ("of another kind", [begins.choose(rng).unwrap(), &file[..]].concat())
        }
        _ => {
            let document: &[&[u8]] =
                &[b"[\n", b"{\n", b"<xml>\n", b"name,price\n", b"\xef\xbb\xbf\xef\xbb\xbf", b"---\n", b"# "];
            let lines: Vec<u8> = file.iter().map(|byte| if *byte == b'{' { b' ' } else { *byte }).collect();
            ("one document", [document.choose(rng).unwrap(), &lines[..]].concat())
        }
    }
}

/// A row says where, what, and by a word that programs know.
fn check_row(row: &Value, last: u64) {
    let meta = &row["meta"];
    let line = meta["line_number"].as_u64().unwrap();
    assert!((1..=last).contains(&line), "{row}");
    assert!(!meta["code"].as_str().unwrap().is_empty() && meta["code"] != "internal", "{row}");
    let (field, error) = (meta["field"].as_str().unwrap(), meta["error"].as_str().unwrap());
    assert!(error.len() > 10 && error.starts_with(field), "{row}");
}

fn check(what: &str, file: &[u8], outcome: &Outcome) {
    let report = outcome.import.report.as_ref().unwrap();
    let last = file.split(|byte| *byte == b'\n').count();
    outcome.errors.iter().for_each(|row| check_row(row, u64::try_from(last).unwrap().max(1_000)));
    if let Some(failure) = &report.failure {
        assert!(failure.problem.len() > 20 && failure.field.is_empty(), "{failure:?}");
    }
    assert_eq!(outcome.import.status == ImportStatus::Failed, report.failure.is_some());
    let is_tried = !outcome.results.is_empty();
    assert!(
        is_tried || (outcome.errors.is_empty() && report.failure.is_some()),
        "{what}: not tried, and nobody says why"
    );
    // What is not packed was tried line by line, each imported or explained.
    if is_tried && !file.starts_with(b"\x1f\x8b") {
        let numbers: Vec<u64> = lines(file).map(|line| line.number.into()).collect();
        let reported: Vec<u64> = outcome.results.iter().map(|row| row["line"].as_u64().unwrap()).collect();
        assert_eq!(numbers, reported);
        let failed: BTreeSet<u64> = outcome
            .results
            .iter()
            .filter(|row| row["action"] == "failed")
            .map(|row| row["line"].as_u64().unwrap())
            .collect();
        let explained: BTreeSet<u64> =
            outcome.errors.iter().map(|row| row["meta"]["line_number"].as_u64().unwrap()).collect();
        assert_eq!(failed, explained);
    }
}

/// Runs a file that is wrong; tells how, and by which codes that was reported.
async fn run(_: u64, mut rng: ChaCha8Rng) -> (&'static str, Vec<String>) {
    loop {
        let (what, file) = wrong_file(&mut rng);
        let outcome = Service::new().import(1, file.clone()).await;
        check(what, &file, &outcome);
        let failure = outcome.import.report.iter().filter_map(|report| report.failure.as_ref());
        let mut codes: Vec<Value> = failure.map(|failure| serde_json::to_value(failure.code).unwrap()).collect();
        codes.extend(outcome.errors.iter().map(|row| row["meta"]["code"].clone()));
        // What was changed may have been a letter of a name, what is behind gzip a line end: that file is right.
        if !codes.is_empty() {
            return (what, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect());
        }
        assert!(
            ["garbled", "cut", "gzip garbled", "gzip with more behind it"].contains(&what),
            "{what}: nothing is wrong with it"
        );
    }
}

#[test]
fn a_wrong_file_ends_with_rows_that_say_what_is_wrong_and_where() {
    let made = seeds::each(FILES, run);
    println!("{} files:{}", made.len(), spread(made.iter().map(|(what, _)| *what)));
    println!("their errors:{}", spread(made.iter().flat_map(|(_, codes)| codes)));
    if seeds::all() {
        let kinds: BTreeSet<_> = made.iter().map(|(what, _)| *what).collect();
        assert_eq!(kinds.len(), 9, "{kinds:?}");
    }
}

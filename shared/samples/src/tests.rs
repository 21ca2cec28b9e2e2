use std::collections::BTreeSet;
use std::io::Read;

use flate2::read::GzDecoder;
use serde_json::Value;

use super::*;

fn file_of(round: &[RecordType], objects: usize, seed: u64, bad: usize) -> (Vec<u8>, Summary) {
    let mut bytes = Vec::new();
    let summary = generate_of(round, objects, seed, bad, &mut bytes).unwrap();
    (bytes, summary)
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.strip_suffix(b"\n").unwrap_or_default().split(|&byte| byte == b'\n').collect()
}

/// A good line as a reader sees it: its type and the object that holds its attributes.
fn good_records(bytes: &[u8], summary: &Summary) -> Vec<(RecordType, Value)> {
    let bad: BTreeSet<u32> = summary.bad.iter().map(|(line, _)| *line).collect();
    (1..)
        .zip(lines(bytes))
        .filter(|(number, _)| !bad.contains(number))
        .map(|(number, line)| {
            let value: Value = serde_json::from_slice(line).unwrap_or_else(|error| panic!("line {number}: {error}"));
            let object = value.get("data").unwrap_or(&value);
            let record_type = object["type"].as_str().unwrap().parse::<RecordType>().unwrap();
            (record_type, object.get("attributes").unwrap_or(object).clone())
        })
        .collect()
}

fn external_refs(records: &[(RecordType, Value)]) -> BTreeSet<(RecordType, String)> {
    records
        .iter()
        .filter_map(|(record_type, attributes)| {
            Some((*record_type, attributes.get("external_ref")?.as_str()?.to_owned()))
        })
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let first = file_of(ROUND, 2_000, 7, 50);
    assert_eq!(first, file_of(ROUND, 2_000, 7, 50));
    assert_ne!(first.0, file_of(ROUND, 2_000, 8, 50).0);
}

#[test]
fn a_file_has_exactly_the_lines_asked_for() {
    for (objects, bad) in [(0, 0), (1, 0), (1, 1), (10, 3), (40, 40), (1_000, 100)] {
        let (bytes, summary) = file_of(ROUND, objects, 7, bad);
        let count = if bytes.is_empty() { 0 } else { lines(&bytes).len() };
        assert_eq!((count, summary.lines), (objects, objects), "of {objects} with {bad} bad");
        assert_eq!(summary.bad.len(), bad, "of {objects} with {bad} bad");
        assert_eq!(summary.good.values().sum::<usize>(), objects - bad, "of {objects} with {bad} bad");
    }
}

#[test]
fn more_bad_lines_than_lines_are_refused() {
    assert!(generate(10, 7, 11, &mut Vec::new()).is_err());
}

#[test]
fn every_kind_of_fault_appears_with_enough_bad_lines() {
    let (_, summary) = file_of(ROUND, 500, 7, FaultKind::ALL.len());
    let kinds: BTreeSet<FaultKind> = summary.bad.iter().map(|(_, kind)| *kind).collect();
    assert_eq!(kinds, FaultKind::ALL.iter().copied().collect());
}

#[test]
fn good_lines_are_json_with_external_refs_unique_within_their_type() {
    let (bytes, summary) = file_of(RecordType::ALL, 3_000, 7, 100);
    let records = good_records(&bytes, &summary);
    assert_eq!(records.len(), 2_900);
    for record_type in RecordType::ALL {
        let of_type = records.iter().filter(|(other, _)| other == record_type).count();
        assert_eq!(Some(&of_type), summary.good.get(record_type), "{record_type}");
    }
    let named = records.iter().filter(|(_, attributes)| attributes.get("external_ref").is_some()).count();
    assert_eq!(external_refs(&records).len(), named);
    assert!(named < records.len(), "some lines have no external_ref");
}

#[test]
fn good_lines_refer_to_good_lines_only() {
    let (bytes, summary) = file_of(RecordType::ALL, 3_000, 7, 200);
    let records = good_records(&bytes, &summary);
    let known = external_refs(&records);
    let mut seen = 0;
    let mut refer = |record_type: RecordType, name: &str| {
        seen += 1;
        assert!(known.contains(&(record_type, name.to_owned())), "no {record_type} {name}");
    };
    for (record_type, attributes) in &records {
        if *record_type == RecordType::SubscriptionOffering {
            for (list, kind) in [
                ("products", RecordType::SubscriptionProduct),
                ("plans", RecordType::SubscriptionPlan),
                ("features", RecordType::SubscriptionFeature),
            ] {
                let items = attributes.get(list).and_then(Value::as_array).into_iter().flatten();
                items.filter_map(Value::as_str).for_each(|name| refer(kind, name));
            }
        }
        if *record_type == RecordType::Subscription && attributes.get("offering").is_none() {
            refer(RecordType::SubscriptionOffering, attributes["offering_external_ref"].as_str().unwrap());
            // The plans of an offering of pricing options are its own.
            if attributes.get("selected_pricing_option").is_none() {
                refer(RecordType::SubscriptionPlan, attributes["selected_plan"].as_str().unwrap());
            }
        }
    }
    assert!(seen > 1_000, "only {seen} references");
}

#[test]
fn a_duplicate_repeats_an_earlier_good_line() {
    let (bytes, summary) = file_of(ROUND, 400, 7, 300);
    let all = lines(&bytes);
    let bad: BTreeSet<u32> = summary.bad.iter().map(|(line, _)| *line).collect();
    let read = |number: u32| {
        let value: Value = serde_json::from_slice(all[usize::try_from(number).unwrap() - 1]).unwrap();
        let object = value.get("data").unwrap_or(&value).clone();
        let attributes = object.get("attributes").unwrap_or(&object).clone();
        (object["type"].clone(), attributes["external_ref"].clone())
    };
    let duplicates: Vec<u32> = summary
        .bad
        .iter()
        .filter(|(_, kind)| *kind == FaultKind::DuplicateExternalRef)
        .map(|(line, _)| *line)
        .collect();
    assert!(!duplicates.is_empty());
    for duplicate in duplicates {
        let wanted = read(duplicate);
        let earlier = (1..duplicate).filter(|line| !bad.contains(line)).any(|line| read(line) == wanted);
        assert!(earlier, "line {duplicate} repeats nothing");
    }
}

#[test]
fn a_blocked_reference_names_a_bad_line() {
    let (bytes, summary) = file_of(ROUND, 300, 7, 100);
    let all = lines(&bytes);
    let refs_of = |wanted: FaultKind| -> BTreeSet<String> {
        let of_kind = summary.bad.iter().filter(|(_, kind)| *kind == wanted);
        of_kind
            .map(|(line, _)| serde_json::from_slice(all[usize::try_from(*line).unwrap() - 1]).unwrap())
            .map(|line: Value| {
                let attributes = &line["data"]["attributes"];
                attributes.get("products").map_or(&attributes["external_ref"], |products| &products[0]).clone()
            })
            .map(|name| name.as_str().unwrap().to_owned())
            .collect()
    };
    let blocked = refs_of(FaultKind::BlockedReference);
    assert!(!blocked.is_empty());
    assert!(blocked.is_subset(&refs_of(FaultKind::NameTooShort)));
}

#[test]
fn a_duplicate_with_nothing_to_repeat_is_reported_as_what_it_became() {
    let (_, summary) = file_of(ROUND, FaultKind::ALL.len(), 7, FaultKind::ALL.len());
    assert!(summary.bad.iter().all(|(_, kind)| *kind != FaultKind::DuplicateExternalRef));
}

#[test]
fn a_gz_name_gives_the_same_file_compressed_and_small_enough_for_one_call() {
    let output = std::env::temp_dir().join(format!("generate-{}.jsonl.gz", std::process::id()));
    let args = GenerateArgs { objects: 50_000, seed: 7, bad: 100, output: Some(output.clone()) };
    let summary = args.run().unwrap();
    let packed = std::fs::read(&output).unwrap();
    std::fs::remove_file(&output).unwrap();
    let mut unpacked = Vec::new();
    GzDecoder::new(packed.as_slice()).read_to_end(&mut unpacked).unwrap();
    assert_eq!((unpacked, summary), file_of(ROUND, 50_000, 7, 100));
    // The gateway carries about 4.5 MB of file.
    assert!(packed.len() < 4_400_000, "{} bytes", packed.len());
}

//! Answers as large as callers can make them. [`Api::send`] holds each to what a Lambda may answer.

use imports::{
    import::{Claim, Ending, ImportId, NewImport},
    ports::Imports,
    report::{ReportLine, ReportWriter},
};
use process_import::Worker;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use records::{RecordError, RecordErrorCode};
use serde_json::{Value, json};
use twins::fixture::{job, outcome};

use crate::{
    api::{Api, Route, Sent},
    service::id,
};

/// What takes more room in JSON than its text does: control characters six bytes, quotes and backslashes two, and as much
/// again in an answer, where the document is a string.
const SWELLING: [&str; 4] = ["\u{1}", "\"", "\\", "\u{1f375}"];

/// A query nearly as long as the gateway takes one, which each link repeats at three times its length.
fn query() -> String {
    format!("page[limit]=100&x={}", "\"".repeat(9_000))
}

/// A text of so many characters, which no other number gives.
fn text(filling: &str, length: usize, number: usize) -> String {
    let number = number.to_string();
    format!("{number}{}", filling.repeat(length - number.len()))
}

/// A line with an error as far down as one may be, every name on the way longer than a path shows it, and so the last.
fn deep_fault(filling: &str, number: usize) -> String {
    let key = serde_json::to_string(&filling.repeat(81)).unwrap();
    let external_ref = serde_json::to_string(&text(filling, 2_048, number)).unwrap();
    let (open, close) = (format!("{{{key}:").repeat(31), "}".repeat(31));
    format!(
        r#"{{"type":"subscription_product","external_ref":{external_ref},"name":"Tea",{key}:{open}1,{key}:2{close}}}"#
    )
}

/// A line with fifty errors, each of which repeats its long name.
fn fifty_faults(filling: &str, number: usize) -> String {
    let prices = (0..50).map(|place| (text(filling, 60, place), Value::Null)).collect::<serde_json::Map<_, _>>();
    json!({"type": "subscription_product", "external_ref": text(filling, 2_048, number), "name": "Tea", "price": prices})
        .to_string()
}

#[tokio::test]
async fn pages_of_errors_of_hostile_lines_fit_an_answer() {
    let (api, mut rng) = (Api::new(), ChaCha8Rng::seed_from_u64(0));
    let (mut number, mut heaviest) = (0, 0);
    for filling in SWELLING {
        for fault in [deep_fault, fifty_faults] {
            number += 1;
            let file: Vec<_> = (0..250).map(|line| fault(filling, line)).collect();
            let outcome = api.service.import(number, file.join("\n")).await;
            let (mut rows, most, _) = walk(&api, &mut rng, number).await;
            heaviest = heaviest.max(most);
            // All fail, of which the row of the file as a whole tells; rows further than pages reach are in the results.
            assert_eq!(rows.remove(0)["meta"]["line_number"], 0);
            assert_eq!(rows, outcome.errors[..outcome.errors.len().min(10_099)]);
        }
    }
    println!("the heaviest page of a hostile file's errors: {heaviest} bytes");
}

/// The largest errors that a report can hold, by whatever rule they come to be.
#[tokio::test]
async fn pages_of_the_largest_errors_end_early_and_none_is_passed_over() {
    let (api, mut rng) = (Api::new(), ChaCha8Rng::seed_from_u64(0));
    let (mut heaviest, mut cut) = (0, 0);
    for (number, filling) in (1..).zip(SWELLING) {
        let errors: Vec<_> = (0..250).map(|row| text(filling, 100_000, row)).collect();
        let name = text(filling, 2_048, 0);
        write_report(&api, id(number), &name, &errors).await;
        let (rows, most, short) = walk(&api, &mut rng, number).await;
        (heaviest, cut) = (heaviest.max(most), cut + short);
        let lines: Vec<_> = rows.iter().map(|row| row["meta"]["line_number"].as_u64().unwrap()).collect();
        assert_eq!(lines, (0..=250).collect::<Vec<_>>());
    }
    assert!(cut > 0, "no page ended early");
    println!("the heaviest page of the largest errors: {heaviest} bytes; {cut} ended early");
}

/// Makes a job and ends it with these errors, as path and as problem.
async fn write_report(api: &Api, id: ImportId, name: &str, errors: &[String]) {
    let Worker { imports, files, .. } = &*api.service.worker;
    imports.create(NewImport { id, ..job(0) }, twins::now()).await.unwrap();
    let Claim::Run { import, lease, .. } = imports.claim_next(twins::now()).await.unwrap() else { panic!("no job") };
    let mut report = ReportWriter::begin(files, &import, lease.epoch);
    let error = |text: &str| RecordError::new(RecordErrorCode::Malformed, text, text);
    for (number, text) in (1..).zip(errors) {
        let outcome = &Err(vec![error(text)]);
        let line =
            ReportLine { number, raw: b"{}", record_type: None, external_ref: Some(name), outcome, warnings: &[] };
        report.add(&line).await.unwrap();
    }
    let report = report.finish(errors.first().map(|text| error(text))).await.unwrap();
    imports.finish(&lease, &outcome(Ending::Failed, report), twins::now()).await.unwrap();
}

/// Follows `next` from the first page of a job's errors to the last. Answers the rows, the bytes of the heaviest answer,
/// and how many pages ended early.
async fn walk(api: &Api, rng: &mut ChaCha8Rng, number: u128) -> (Vec<Value>, usize, usize) {
    let (mut rows, mut heaviest, mut cut, mut query) = (Vec::new(), 0, 0, query());
    loop {
        let sent = Sent { id: id(number).to_string(), query: query.clone(), ..Sent::to(Route::Errors) };
        let page = api.send(rng, &sent).await;
        assert_eq!(page.status, 200);
        let some = page.body["data"].as_array().unwrap();
        assert!(!some.is_empty());
        rows.extend_from_slice(some);
        heaviest = heaviest.max(page.bytes);
        let Some(next) = page.body["links"]["next"].as_str() else { return (rows, heaviest, cut) };
        cut += usize::from(some.len() < 100);
        next.split_once('?').unwrap().1.clone_into(&mut query);
    }
}

#[tokio::test]
async fn a_page_of_jobs_with_long_names_fits_an_answer() {
    let (api, mut rng) = (Api::new(), ChaCha8Rng::seed_from_u64(0));
    let mut heaviest = 0;
    for filling in SWELLING {
        let name: String = form_urlencoded::byte_serialize(text(filling, 2_048, 0).as_bytes()).collect();
        let create = Sent {
            query: format!("external_ref={name}"),
            body: b"nothing".to_vec(),
            ..Sent::to(Route::Create).with_header("content-type", "application/jsonl")
        };
        for _ in 0..100 {
            assert_eq!(api.send(&mut rng, &create).await.status, 201);
        }
        let list = api.send(&mut rng, &Sent { query: query(), ..Sent::to(Route::List) }).await;
        assert_eq!((list.status, list.body["data"].as_array().unwrap().len()), (200, 100));
        heaviest = heaviest.max(list.bytes);
    }
    println!("the heaviest page of jobs: {heaviest} bytes");
}

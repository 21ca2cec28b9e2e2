//! Batches that a database refuses, answers in part, or does not answer: whole files through the worker.

use std::collections::BTreeSet;

use bytes::Bytes;
use chrono::TimeDelta;
use imports::{
    creation::submit,
    import::{Import, ImportFile, ImportId, ImportStatus, NewImport},
    report::Report,
};
use records::StoreId;
use samples::generate;
use twins::{Call, Fault, Faults};
use uuid::Uuid;

use crate::{
    chance::Chance,
    reported::{self, ReportedLine},
    world::{MemoryWorker, event, noon, worker},
};

/// How many lines a large file has: as many as it may.
const LINES: usize = 50_000;

/// Runs a file to its end, whatever it takes.
async fn run(worker: &MemoryWorker, file: Bytes) -> (Import, Vec<ReportedLine>) {
    twins::set_clock(noon());
    fastrand::seed(1);
    worker.files.store("file", file);
    let file = ImportFile { key: "file".to_owned(), version: None };
    let new = NewImport::new(ImportId::new(Uuid::nil()), StoreId::from_configuration("main").unwrap(), file);
    let import = submit(&worker.imports, &worker.queue, new, twins::now()).await.unwrap().into_import().unwrap();
    let message = worker.queue.receive(twins::now()).unwrap();
    let response = worker.handle(event(&message), twins::now() + TimeDelta::minutes(15)).await.unwrap();
    assert!(response.batch_item_failures.is_empty(), "it was done at the first try");
    let mut ended = None;
    worker.imports.each(|job, _| ended = (job.id == import.id).then(|| job.clone()));
    let ended = ended.unwrap();
    let results = reported::results(&worker.files, &ended).unwrap();
    (ended, results)
}

fn calls(faults: &Faults) -> (usize, usize) {
    (faults.calls(Call::ReadMarks) + faults.calls(Call::ReadBatch), faults.calls(Call::WriteBatch))
}

#[tokio::test(start_paused = true)]
async fn one_item_in_each_batch_that_the_database_refuses_does_its_neighbours_no_harm() {
    let line = |number| format!("{{\"type\":\"subscription_product\",\"name\":\"Tea {number}\"}}\n");
    let file: String = (0..1_000).map(line).collect();
    let faults = Faults::default();
    let worker = worker(&faults);
    // A batch takes 25 lines in a row.
    worker.records.refuse(|record| record.line % 25 == 7);
    let (import, results) = run(&worker, file.into()).await;

    let culprits: Vec<u64> = (0..40).map(|batch| 25 * batch + 7).collect();
    let of = |action: &str| -> Vec<u64> {
        results.iter().filter(|line| line.action == action).map(|line| line.line).collect()
    };
    assert_eq!(of("failed"), culprits);
    assert_eq!(of("created").len(), 960);
    let stored: BTreeSet<u64> = worker.records.all().iter().map(|record| record.line.into()).collect();
    assert!(stored.into_iter().eq(of("created")));
    let errors = worker.files.content(&Report::errors_key(&import.report.unwrap().prefix)).unwrap();
    let errors = String::from_utf8(errors.to_vec()).unwrap();
    assert_eq!(errors.lines().filter(|row| row.contains("\"code\":\"refused_by_database\"")).count(), 40);
    println!("40 batches with a culprit each: {} calls, 960 of 1000 objects written", calls(&faults).1);
}

/// A database that leaves 30 % of the items over and, of each 20 calls, fails two and does not answer one.
struct Poor {
    chance: Chance,
    cards: Vec<usize>,
}

impl Poor {
    fn befall(&mut self, call: Call) -> Option<Fault> {
        if !matches!(call, Call::ReadBatch | Call::ReadMarks | Call::WriteBatch) {
            return None;
        }
        let Self { chance, cards } = self;
        if cards.is_empty() {
            cards.extend(0..20);
        }
        Some(match cards.swap_remove(chance.below(cards.len())) {
            0 | 1 => Fault::transient(),
            2 => Fault::TimeOut { after: chance.millis(1_000, 20_000), done: chance.happens(500) },
            card => Fault::LeaveShare { percent: 30, rounding: 50 * (card % 2) },
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_database_that_does_three_fifths_costs_no_more_calls_than_it_must() {
    let mut file = Vec::new();
    generate(LINES, 1, 0, &mut file).unwrap();
    let file = Bytes::from(file);
    let clean = Faults::default();
    let (import, expected) = run(&worker(&clean), file.clone()).await;
    assert_eq!((import.status, import.tally.imported.total()), (ImportStatus::Success, 50_000));

    let faults = Faults::default();
    let mut database = Poor { chance: Chance::of(1), cards: Vec::new() };
    faults.draw(move |call| database.befall(call));
    let (_, results) = run(&worker(&faults), file).await;
    assert!(results == expected, "another end");

    let ((reads, writes), (clean_reads, clean_writes)) = (calls(&faults), calls(&clean));
    let number = |count: usize| f64::from(u32::try_from(count).unwrap());
    let times = number(reads + writes) / number(clean_reads + clean_writes);
    println!(
        "30 % left over, 10 % errors, 5 % time-outs: {reads} reads and {writes} writes; with none {clean_reads} and \
         {clean_writes}: {times:.3} times the calls"
    );
    assert!(times <= 1.72, "{times}");
}

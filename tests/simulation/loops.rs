//! A job with more rounds than Lambda lets a function go round by its own queue: it may, as the template says so. Here every
//! message after the first is one that the worker has sent itself.

use std::{collections::HashSet, time::Duration};

use chrono::TimeDelta;
use imports::{
    creation::submit,
    import::{ImportFile, ImportId, ImportStatus, NewImport},
    times::{HAND_OVER, duration},
};
use records::StoreId;
use tokio::{
    task::LocalSet,
    time::{sleep, timeout},
};
use twins::{
    Faults,
    manners::{Limits, Manners},
};
use uuid::Uuid;

use crate::world::{event, noon, worker};

/// After how many rounds Lambda stops a function.
const ROUNDS: usize = 16;
const LINES: usize = 2_400;
/// How many write units the table of objects takes a second.
const UNITS: f64 = 10.0;
/// Hardly more than what a worker keeps for handing a job over.
const TIME_OUT: TimeDelta = TimeDelta::seconds(HAND_OVER.num_seconds() + 1);

/// Whether the template lets the worker loop.
fn may_loop() -> bool {
    let template = include_str!("../../template.yaml");
    let worker = template.split("\n  ProcessImportFunction:").nth(1).unwrap();
    worker.split("\n  ProcessImportLogs:").next().unwrap().contains("RecursiveLoop: Allow")
}

/// Runs one job for an hour at most; tells in how many rounds, and its status.
async fn run(may_loop: bool) -> (usize, ImportStatus) {
    twins::set_clock(noon());
    fastrand::seed(1);
    let faults = Faults::default();
    let limits = Some(Limits::new(1_000.0, UNITS));
    faults.manners(|manners| *manners = Manners { limits, ..Manners::default() });
    let worker = worker(&faults);
    let line = |name| format!("{{\"type\":\"subscription_product\",\"external_ref\":\"{name}\",\"name\":\"Tea\"}}\n");
    let file = worker.files.store("imports/main/1.jsonl", (0..LINES).map(line).collect::<String>());
    let store = StoreId::from_configuration("main").unwrap();
    let new = NewImport::new(ImportId::new(Uuid::from_u128(1)), store, ImportFile { ..file });
    submit(&worker.imports, &worker.queue, new, twins::now()).await.unwrap();
    let mut rounds = HashSet::new();
    let mut status = ImportStatus::Pending;
    while !status.is_terminal() && twins::now() < noon() + TimeDelta::hours(1) {
        sleep(Duration::from_millis(500)).await;
        let Some(message) = worker.queue.receive(twins::now()) else { continue };
        if rounds.len() == ROUNDS && !rounds.contains(&message.message_id) && !may_loop {
            continue;
        }
        rounds.insert(message.message_id.clone());
        let handled = worker.handle(event(&message), twins::now() + TIME_OUT);
        let response = timeout(duration(TIME_OUT), handled).await;
        if response.is_ok_and(|response| response.unwrap().batch_item_failures.is_empty()) {
            worker.queue.delete(&message.receipt_handle);
        }
        worker.imports.each(|import, _| status = import.status);
    }
    (rounds.len(), status)
}

#[tokio::test(start_paused = true)]
async fn a_job_may_be_handed_over_more_often_than_lambda_lets_a_loop_go_round() {
    LocalSet::new()
        .run_until(async {
            let (rounds, status) = run(may_loop()).await;
            println!("a job of {rounds} rounds: {}", status.as_str());
            assert_eq!(status, ImportStatus::Success, "Lambda has stopped it after {ROUNDS} rounds");
            assert!(rounds > ROUNDS, "{rounds} rounds are too few to show anything");
            assert_eq!(run(false).await, (ROUNDS, ImportStatus::Started));
        })
        .await;
}

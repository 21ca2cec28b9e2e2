//! Fifty jobs through ten minutes in which a permission is denied, or a service fails: none is lost, none is given up, and all
//! run in their order once it is over.

use std::{collections::BTreeSet, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use imports::{
    creation::submit,
    import::{ImportFile, ImportId, ImportStatus, NewImport},
    times::{HEAVY_OPERATION, OPERATION, RESTART, RESUME_EVERY, WORKER_TIMEOUT, duration},
};
use records::StoreId;
use tokio::{task::spawn_local, time::sleep};
use twins::{Call, Fault, Faults};
use uuid::Uuid;

use crate::world::{MemoryWorker, RETENTION, event, noon, worker};

const JOBS: usize = 50;
const BEGINS: TimeDelta = TimeDelta::seconds(3);
const LASTS: TimeDelta = TimeDelta::minutes(10);

/// What Lambda itself does with the worker's permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Poller {
    Whole,
    ReceivesNothing,
    DeletesNothing,
}

/// The permissions of the worker, and the calls that need them. Of a transaction each part needs its own.
pub(crate) const PERMISSIONS: [(&str, &[Call]); 17] = [
    ("dynamodb:GetItem", &[Call::ClaimNext, Call::Get, Call::Finish]),
    ("dynamodb:Query", &[Call::ClaimNext, Call::Owed]),
    ("dynamodb:PutItem", &[Call::NotePut, Call::Finish]),
    (
        "dynamodb:UpdateItem",
        &[Call::ClaimNext, Call::Begin, Call::ExtendLease, Call::RecordProgress, Call::Finish, Call::Release],
    ),
    ("dynamodb:DeleteItem", &[Call::Finish, Call::Settle]),
    ("dynamodb:BatchGetItem", &[Call::ReadBatch, Call::ReadMarks]),
    ("dynamodb:BatchWriteItem", &[Call::WriteBatch]),
    ("s3:GetObject", &[Call::Read, Call::Newest]),
    ("s3:GetObjectVersion", &[Call::Read]),
    ("s3:PutObject", &[Call::Write, Call::FinishFile, Call::PutOver]),
    // Only of a file that is not there the answer is another.
    ("s3:ListBucket", &[Call::Newest]),
    ("sqs:SendMessage", &[Call::Send]),
    ("sqs:ChangeMessageVisibility", &[Call::Hide]),
    ("sqs:GetQueueAttributes", &[Call::Depth]),
    ("sqs:ReceiveMessage", &[]),
    ("sqs:DeleteMessage", &[]),
    ("events:PutEvents", &[Call::SendEvent]),
];

const DATABASE: [Call; 14] = [
    Call::ClaimNext,
    Call::Begin,
    Call::Get,
    Call::ExtendLease,
    Call::RecordProgress,
    Call::Finish,
    Call::Release,
    Call::Open,
    Call::Owed,
    Call::NotePut,
    Call::Settle,
    Call::ReadBatch,
    Call::ReadMarks,
    Call::WriteBatch,
];
const FILES: [Call; 5] = [Call::Read, Call::Write, Call::FinishFile, Call::PutOver, Call::Newest];
const QUEUE: [Call; 3] = [Call::Send, Call::Hide, Call::Depth];
const EVENTS: [Call; 1] = [Call::SendEvent];

/// The services, by their calls.
pub(crate) const SERVICES: [&[Call]; 4] = [&DATABASE, &FILES, &QUEUE, &EVENTS];

fn is_on(now: DateTime<Utc>) -> bool {
    (noon() + BEGINS..noon() + BEGINS + LASTS).contains(&now)
}

/// Makes the jobs, each of a drop of its own.
async fn make(worker: &MemoryWorker) {
    for number in 1..=JOBS {
        let line = |name| {
            format!("{{\"type\":\"subscription_product\",\"external_ref\":\"{number}-{name}\",\"name\":\"Tea\"}}\n")
        };
        let file = worker.files.store(&format!("drops/main/{number}"), (0..30).map(line).collect::<String>());
        let id = ImportId::new(Uuid::from_u128(u128::try_from(number).unwrap()));
        let new = NewImport {
            sequencer: Some("0066".to_owned()),
            ..NewImport::new(id, StoreId::from_configuration("main").unwrap(), ImportFile { ..file })
        };
        submit(&worker.imports, &worker.queue, new, twins::now()).await.unwrap();
    }
}

/// Lambda takes message after message, as those of one group come, and stops a function whose time is over.
async fn serve(worker: &MemoryWorker, poller: Poller) {
    loop {
        sleep(Duration::from_millis(500)).await;
        if poller == Poller::ReceivesNothing && is_on(twins::now()) {
            continue;
        }
        let Some(message) = worker.queue.receive(twins::now()) else { continue };
        let handled = worker.handle(event(&message), twins::now() + WORKER_TIMEOUT);
        let response = tokio::time::timeout(duration(WORKER_TIMEOUT), handled).await;
        let is_done = response.is_ok_and(|response| response.unwrap().batch_item_failures.is_empty());
        if is_done && !(poller == Poller::DeletesNothing && is_on(twins::now())) {
            worker.queue.delete(&message.receipt_handle);
        }
    }
}

async fn resume(worker: &MemoryWorker) {
    loop {
        sleep(duration(RESUME_EVERY)).await;
        let MemoryWorker { files, imports, queue, events, .. } = worker;
        drop(resume_imports::handle(files, imports, queue, events, twins::now, RETENTION).await);
    }
}

/// Lives through it. `keeps_leases` says that a worker could renew its lease all the time.
async fn live_through(
    name: &str,
    poller: Poller,
    keeps_leases: bool,
    mut befall: impl FnMut(Call) -> Option<Fault> + Send + 'static,
) {
    twins::set_clock(noon());
    fastrand::seed(1);
    let faults = Faults::default();
    let worker = worker(&faults);
    make(&worker).await;
    faults.draw(move |call| match befall(call).filter(|_| is_on(twins::now())) {
        // Three of the jobs are under way when it begins.
        None if call == Call::WriteBatch => Some(Fault::Slow(Duration::from_millis(700))),
        fault => fault,
    });
    let (serving, resuming) = (worker.clone(), worker.clone());
    let tasks = [
        spawn_local(async move { serve(&serving, poller).await }),
        spawn_local(async move { resume(&resuming).await }),
    ];
    let over = noon() + BEGINS + LASTS;
    let (mut ended, mut at_the_end) = (0, None);
    while ended < JOBS {
        sleep(Duration::from_secs(1)).await;
        let (now, mut pending) = (twins::now(), false);
        let before = std::mem::take(&mut ended);
        worker.imports.each(|import, _| {
            assert_ne!(import.status, ImportStatus::Failed, "{name}: {:?}", import.report);
            ended += usize::from(import.status == ImportStatus::Success);
            assert!(!(pending && import.started_at.is_some()), "{name}: a job has started before an earlier one");
            pending |= import.started_at.is_none();
        });
        if now >= over {
            let at_the_end = *at_the_end.get_or_insert(before);
            assert!(now < over + RESTART || ended > at_the_end, "{name}: the line does not go on");
        }
        assert!(now < over + TimeDelta::minutes(10), "{name}: {ended} jobs have ended");
    }
    worker.imports.each(|import, attempts| assert_eq!(attempts, 1, "{name}: {}", import.id));
    assert_eq!(worker.queue.put_away(), 0, "{name}: dead letters");
    let (begun, released) = (faults.calls(Call::Begin), faults.calls(Call::Release));
    if keeps_leases {
        assert_eq!(begun, JOBS + released, "{name}: a lease was lost");
    }
    println!("{name}: {} of {JOBS} jobs ended before it was over, {begun} claims", at_the_end.unwrap_or(ended));
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
}

async fn live_locally(lives: impl Future<Output = ()>) {
    tokio::task::LocalSet::new().run_until(lives).await;
}

#[tokio::test(start_paused = true)]
async fn a_denied_permission_ends_nothing() {
    live_locally(async {
        for (action, calls) in PERMISSIONS {
            let poller = match action {
                "sqs:ReceiveMessage" => Poller::ReceivesNothing,
                "sqs:DeleteMessage" => Poller::DeletesNothing,
                _ => Poller::Whole,
            };
            let keeps_leases = action != "dynamodb:UpdateItem";
            live_through(action, poller, keeps_leases, |call| calls.contains(&call).then(Fault::refused)).await;
        }
    })
    .await;
}

#[test]
fn the_permissions_are_those_of_the_template() {
    let template = include_str!("../../template.yaml");
    let worker =
        template.split("\n  ProcessImportFunction:").nth(1).unwrap().split("\n  ProcessImportLogs:").next().unwrap();
    let is_action =
        |word: &&str| ["dynamodb:", "s3:", "sqs:", "events:"].iter().any(|service| word.starts_with(service));
    let granted: BTreeSet<&str> =
        worker.split_whitespace().filter(is_action).filter(|word| *word != "s3:prefix:").collect();
    assert_eq!(granted, PERMISSIONS.iter().map(|(action, _)| *action).collect());
}

/// What befalls calls.
type Befall = Box<dyn FnMut(Call) -> Option<Fault> + Send>;

/// What calls of a service do that is out.
fn outages(calls: &'static [Call], hang: TimeDelta) -> Vec<(&'static str, Befall)> {
    let mut count = 0;
    let hangs = move |call| {
        count += 1;
        let fault = Fault::TimeOut { after: duration(hang), done: count % 2 == 0 };
        calls.contains(&call).then_some(fault)
    };
    let mut round = 0;
    let fails_often = move |call| {
        round += 1;
        (calls.contains(&call) && round % 7 != 0).then(Fault::transient)
    };
    let comes_and_goes = move |call| {
        let is_out = twins::now().timestamp() / 40 % 2 == 0;
        (calls.contains(&call) && is_out).then(Fault::transient)
    };
    vec![
        ("fails", Box::new(|call| calls.contains(&call).then(Fault::transient))),
        ("hangs", Box::new(hangs)),
        ("fails often", Box::new(fails_often)),
        ("comes and goes", Box::new(comes_and_goes)),
    ]
}

#[tokio::test(start_paused = true)]
async fn an_outage_ends_nothing() {
    live_locally(async {
        let services: [(&str, &'static [Call], TimeDelta); 3] =
            [("DynamoDB", &DATABASE, OPERATION), ("S3", &FILES, HEAVY_OPERATION), ("SQS", &QUEUE, OPERATION)];
        for (service, calls, hang) in services {
            for (how, befall) in outages(calls, hang) {
                live_through(&format!("{service} {how}"), Poller::Whole, service != "DynamoDB", befall).await;
            }
        }
        let throttled =
            |call| matches!(call, Call::WriteBatch).then_some(Fault::LeaveShare { percent: 100, rounding: 0 });
        live_through("objects are throttled", Poller::Whole, true, throttled).await;
    })
    .await;
}

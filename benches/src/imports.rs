//! Whole imports: a partner's file in S3, accept-drop, and the worker until the queue is empty.

use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::{
    Outcome,
    fake::{Counts, Fake, Manner},
    process::{Function, WORKER_TIME},
    programs::Programs,
};

/// A key of a partner's file.
const KEY: &str = "drops/main/file.jsonl";

/// An import that has ended.
#[derive(Debug)]
pub(crate) struct Imported {
    /// Seconds from the first event to the last answer.
    pub(crate) wall: f64,
    /// Seconds of processors that the worker took for it.
    pub(crate) cpu: f64,
    /// The most memory that the worker had at once, in bytes.
    pub(crate) peak: u64,
    /// How often the job was handed over.
    pub(crate) hand_overs: u64,
    /// Lines that were not imported.
    pub(crate) failed: u64,
    pub(crate) counts: Counts,
    pub(crate) fake: Fake,
}

/// What S3 announces of the file.
pub(crate) fn announcement(key: &str, bytes: usize) -> Value {
    json!({"Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventTime": "2026-01-10T11:41:19.244Z",
        "eventName": "ObjectCreated:Put",
        "userIdentity": {},
        "requestParameters": {},
        "responseElements": {},
        "s3": {
            "bucket": {"name": "bucket"},
            "object": {"key": key, "size": bytes, "eTag": "e", "sequencer": "0055AED6DCD90281E5"},
        },
    }]})
}

/// Imports a file.
pub(crate) async fn import(programs: &Programs, file: Bytes, manner: Manner) -> Outcome<Imported> {
    import_with(programs, file, manner, &[]).await
}

/// Imports a file. The first turns of the worker have only so much time each, so that the job is handed over.
pub(crate) async fn import_with(
    programs: &Programs,
    file: Bytes,
    manner: Manner,
    times: &[Duration],
) -> Outcome<Imported> {
    let fake = offer(programs, file, manner).await?;
    let mut worker = Function::start(programs.of("process-import")?, &fake).await?;
    run(&mut worker, fake, times).await
}

/// Puts a file into an AWS of its own, so that its job waits.
pub(crate) async fn offer(programs: &Programs, file: Bytes, manner: Manner) -> Outcome<Fake> {
    let fake = Fake::start(manner).await?;
    let event = announcement(KEY, file.len());
    fake.bucket().put(KEY, file);
    Function::start(programs.of("accept-drop")?, &fake).await?.invoke(&event).await?;
    Ok(fake)
}

/// Has a worker do what waits.
pub(crate) async fn run(worker: &mut Function, fake: Fake, times: &[Duration]) -> Outcome<Imported> {
    let (before, began, mut turns) = (worker.usage()?, Instant::now(), 0);
    let mut times = times.iter().copied();
    while let Some(event) = fake.queue().take() {
        let (answer, _) = worker.invoke_within(&event, times.next().unwrap_or(WORKER_TIME)).await?;
        if answer["batchItemFailures"].as_array().is_some_and(|failures| !failures.is_empty()) {
            return Err("the worker gave a message back: target/bench/process-import.log says why".into());
        }
        turns += 1;
    }
    let (wall, after) = (began.elapsed().as_secs_f64(), worker.usage()?);
    let counts = fake.objects().counts()?;
    let failed = failed_lines(&fake, counts.items.len())?;
    let hand_overs = turns - 1;
    Ok(Imported { wall, cpu: after.cpu - before.cpu, peak: after.peak, hand_overs, failed, counts, fake })
}

/// Reads from the report how many lines failed. All others must have been written.
fn failed_lines(fake: &Fake, written: usize) -> Outcome<u64> {
    let lines = |name: &str| {
        // The latest claim's report: keys end in its number and the file's name.
        let key = fake.bucket().keys().into_iter().filter(|key| key.ends_with(name)).max();
        let file = key.and_then(|key| fake.bucket().get(&key)).unwrap_or_default();
        memchr::memchr_iter(b'\n', &file).count()
    };
    let (all, failed) = (lines("/results.jsonl"), lines("/failed-results.jsonl"));
    if all == 0 || all != written + failed {
        let told = format!("of {all} lines reported {failed} failed, and {written} objects were written");
        return Err(format!("{told}: target/bench/process-import.log says why").into());
    }
    Ok(u64::try_from(failed)?)
}

//! The same jobs once more, with nothing going wrong: what a run came to must be the same.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use imports::{
    creation::submit,
    import::{Import, ImportFile, ImportId, ImportStatus, NewImport, Tally},
    receipt::receipt_key,
    report::Report,
    stored::StoredRecord,
};
use records::{RecordId, StoreId};
use serde_json::Value;
use tokio::time::sleep;
use twins::Faults;

use crate::{
    files::Planned,
    reported::{self, ensure, is_cancelled, is_given_up, is_superseded, is_unclaimed},
    world::{MemoryWorker, event, worker},
};

/// What a job came to.
#[derive(Debug, PartialEq)]
struct Ended {
    status: ImportStatus,
    tally: Tally,
    failure: Option<String>,
    results: Option<Bytes>,
    failed_results: Option<Bytes>,
    failed_lines: Option<Bytes>,
}

/// An object, its times named by the jobs that began then.
type Object = (StoredRecord, Option<ImportId>, Option<ImportId>);

/// Compares what is there with what the same jobs leave behind when they run undisturbed.
pub(crate) async fn compare(run: &MemoryWorker, planned: &[Planned]) -> Result<(), String> {
    let mut imports = Vec::new();
    run.imports.each(|import, _| imports.push(import.clone()));
    check_objects(run, &imports)?;
    imports.iter().try_for_each(|import| check_receipt(run, &imports, import))?;
    imports.iter().enumerate().try_for_each(|(place, import)| check_put(import, &imports[..place]))?;
    // What was cancelled before its turn is as good as never made.
    imports.retain(|import| !is_unclaimed(import));
    let calm = undisturbed(&imports, planned).await?;
    // Behind a job that was cut off midway other jobs of its store find other objects.
    let mut cut_off: BTreeSet<StoreId> = BTreeSet::new();
    for import in &imports {
        if is_given_up(import) || is_cancelled(import) {
            cut_off.insert(import.store.clone());
        }
        if cut_off.contains(&import.store) {
            continue;
        }
        let (there, expected) = (ended(run, import.id), ended(&calm, import.id));
        ensure(there == expected, || format!("{} came to {there:?}, undisturbed to {expected:?}", import.id))?;
    }
    let (mut there, mut expected) = (objects(run), objects(&calm));
    let is_compared = |_: &RecordId, (record, ..): &mut Object| !cut_off.contains(&record.store);
    there.retain(is_compared);
    expected.retain(is_compared);
    ensure(there == expected, || format!("the objects are {there:?}, undisturbed {expected:?}"))
}

/// Each object is as the last job wrote it that tells so.
fn check_objects(run: &MemoryWorker, imports: &[Import]) -> Result<(), String> {
    let mut last = BTreeMap::new();
    for import in imports.iter().filter(|import| !import.options.dry_run) {
        let written = reported::results(&run.files, import)?.into_iter();
        let written = written.filter(|line| line.action == "created" || line.action == "updated");
        last.extend(written.filter_map(|line| Some((line.id?, import.id))));
    }
    let mut problem = None;
    run.records.each(|record| {
        let by = imports.iter().find(|import| import.id == record.import_id);
        let is_right = last.get(&record.id) == Some(&record.import_id)
            || by.is_none_or(|by| reported::is_unreported(&run.files, by));
        if !is_right {
            problem =
                Some(format!("{} is as {} wrote it, not {:?}", record.id, record.import_id, last.get(&record.id)));
        }
    });
    problem.map_or(Ok(()), Err)
}

/// Of several puts of a dropped file the last one wins: no job of an earlier one follows, unless it gives way.
fn check_put(import: &Import, before: &[Import]) -> Result<(), String> {
    let is_real = |import: &Import| !import.options.dry_run && !is_unclaimed(import);
    let is_later = |other: &Import| {
        (&other.store, &other.file.key) == (&import.store, &import.file.key) && put(other) > put(import)
    };
    let later = before.iter().filter(|other| is_real(other) && is_later(other));
    let later: Vec<&Import> = later.collect();
    let gives_way = is_superseded(import);
    // One that was given up may not have come so far as to be noted.
    let is_right = if later.iter().any(|other| !is_given_up(other)) && is_real(import) {
        gives_way || is_given_up(import)
    } else {
        !gives_way || !later.is_empty()
    };
    ensure(is_right, || format!("{} gives way: {gives_way}, to {later:?}", import.id))
}

/// What compares puts of one file, worked out apart from what is under test.
fn put(import: &Import) -> Option<String> {
    import.sequencer.as_ref().map(|sequencer| sequencer.trim_end_matches('0').to_owned())
}

/// A dropped file has the receipt of its job beside it, that of its last put.
fn check_receipt(run: &MemoryWorker, imports: &[Import], import: &Import) -> Result<(), String> {
    let Some(key) = receipt_key(import) else { return Ok(()) };
    if imports.iter().any(|other| receipt_key(other).as_ref() == Some(&key) && put(other) > put(import)) {
        return Ok(());
    }
    let receipt = run.files.content(&key).ok_or_else(|| format!("{} has no receipt", import.id))?;
    let receipt: Value = serde_json::from_slice(&receipt).map_err(|error| error.to_string())?;
    let reported = (&receipt["data"]["id"], &receipt["data"]["attributes"]["status"]);
    let is_its_own = *reported.0 == import.id.to_string() && *reported.1 == import.status.as_str();
    ensure(is_its_own, || format!("the receipt of {} says {reported:?}", import.id))
}

/// Runs the jobs one after another.
async fn undisturbed(imports: &[Import], planned: &[Planned]) -> Result<MemoryWorker, String> {
    let worker = worker(&Faults::default());
    for import in imports {
        let job = planned.iter().find(|job| job.id == import.id).ok_or("a job that nobody made")?;
        // The name under which a drop lies tells its versions: as many as before it.
        worker.files.store(&import.file.key, job.file.clone());
        let file = ImportFile { version: None, ..import.file.clone() };
        let (options, sequencer) = (job.options.clone(), import.sequencer.clone());
        let new = NewImport { options, sequencer, ..NewImport::new(job.id, job.store.clone(), file) };
        let made = submit(&worker.imports, &worker.queue, new, twins::now()).await;
        made.map_err(|error| error.to_string())?;
        while let Some(message) = worker.queue.receive(twins::now()) {
            worker.handle(event(&message), twins::now() + TimeDelta::minutes(15)).await.unwrap();
            worker.queue.delete(&message.receipt_handle);
        }
        sleep(std::time::Duration::from_secs(1)).await;
    }
    std::sync::Arc::into_inner(worker).ok_or_else(|| "the worker is still at work".to_owned())
}

fn ended(run: &MemoryWorker, id: ImportId) -> Option<Ended> {
    let mut ended = None;
    run.imports.each(|import, _| {
        if import.id == id
            && let Some(report) = &import.report
        {
            ended = Some(Ended {
                status: import.status,
                tally: import.tally,
                failure: report.failure.as_ref().map(|failure| format!("{failure:?}")),
                results: run.files.content(&Report::results_key(&report.prefix)),
                failed_results: run.files.content(&Report::failed_results_key(&report.prefix)),
                failed_lines: run.files.content(&Report::failed_lines_key(&report.prefix)),
            });
        }
    });
    ended
}

fn objects(run: &MemoryWorker) -> BTreeMap<RecordId, Object> {
    let mut began: HashMap<DateTime<Utc>, ImportId> = HashMap::new();
    run.imports.each(|import, _| began.extend(import.started_at.map(|time| (time, import.id))));
    let mut objects = BTreeMap::new();
    run.records.each(|record| {
        let (created_at, updated_at) = (began.get(&record.created_at), began.get(&record.updated_at));
        let timeless =
            StoredRecord { created_at: DateTime::UNIX_EPOCH, updated_at: DateTime::UNIX_EPOCH, ..record.clone() };
        objects.insert(record.id, (timeless, created_at.copied(), updated_at.copied()));
    });
    objects
}

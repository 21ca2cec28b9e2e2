//! A hundred lines on their way into the database: read, checked, resolved, compared with what is stored, written.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use shared::{
    ports::{Outside, RecordStore},
    record::{Draft, Record, RecordError, RecordErrorCode, RecordId, StoredRecord, read},
};

use crate::{
    references::{References, record_id},
    sheet::SheetLine,
    write::{read_all, write_batch},
};

/// How many lines go together: as many ids as one read of the database takes.
pub(crate) const BATCH: usize = 100;

/// What became of a line, by its place in the sheet: imported, or why not.
pub(crate) type Settled = (usize, Result<(), Vec<RecordError>>);

/// Imports the lines at `places` and tells what became of each.
pub(crate) async fn import_batch<R: RecordStore>(
    references: &References<'_, R>,
    places: &[usize],
) -> Outside<Vec<Settled>> {
    let mut settled = Vec::with_capacity(places.len());
    let mut drafts = Vec::with_capacity(places.len());
    for place in places {
        let Some(line) = references.sheet.lines().get(*place) else { continue };
        match draft(line) {
            Ok(draft) => drafts.push((*place, line, draft)),
            Err(errors) => settled.push((*place, Err(errors))),
        }
    }
    let wanted: Vec<_> = drafts.iter().flat_map(|(_, _, draft)| draft.references()).cloned().collect();
    let resolutions = references.look_up(&wanted).await?;
    let mut resolutions = resolutions.as_slice();
    let mut records = Vec::with_capacity(drafts.len());
    for (place, line, draft) in drafts {
        let (found, rest) = resolutions.split_at(draft.references().len().min(resolutions.len()));
        resolutions = rest;
        let id = record_id(references.import, draft.record_type(), draft.external_ref(), line.line.number);
        match guarded(|| draft.resolve(id, found)) {
            Ok(record) => records.push((place, line.line.number, record)),
            Err(errors) => settled.push((place, Err(errors))),
        }
    }
    settled.extend(store(references, records).await?);
    Ok(settled)
}

/// Reads a line, and tells whether it repeats another.
fn draft(line: &SheetLine<'_>) -> Result<Draft, Vec<RecordError>> {
    let mut draft = guarded(|| read(line.line.bytes))?;
    if let Some(first) = line.repeats {
        let problem = format!("\"external_ref\" must be unique in the file for each type; line {first} has it already");
        draft.fail(RecordErrorCode::DuplicateExternalRef, "external_ref", problem);
    }
    Ok(draft)
}

/// Turns a panic over one record into that record's error: a mistake of ours must not stop the file.
fn guarded<T>(work: impl FnOnce() -> Result<T, Vec<RecordError>>) -> Result<T, Vec<RecordError>> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let problem = "the service failed over this line; the fault is ours";
        Err(vec![RecordError::new(RecordErrorCode::Internal, "", problem)])
    })
}

/// Writes records, all but those whose `external_ref` an object of another import has.
async fn store<R: RecordStore>(
    references: &References<'_, R>,
    records: Vec<(usize, u32, Record)>,
) -> Outside<Vec<Settled>> {
    let import = references.import;
    // Only a name can be taken: the id of a record without one is this job's own.
    let named = records.iter().filter(|(_, _, record)| record.external_ref().is_some());
    let ids: Vec<RecordId> = named.map(|(_, _, record)| record.id()).collect();
    let existing = read_all(references.records, &ids).await?;
    let existing: HashMap<_, _> = existing.into_iter().map(|record| (record.id, record.import_id)).collect();

    let mut settled = Vec::with_capacity(records.len());
    let mut writes = Vec::with_capacity(records.len());
    let mut places = HashMap::with_capacity(records.len());
    for (place, line, record) in records {
        match existing.get(&record.id()) {
            // Written by an earlier claim of this job.
            Some(by) if *by == import.id => settled.push((place, Ok(()))),
            Some(_) => settled.push((place, Err(vec![taken(&record)]))),
            None => {
                places.insert(record.id(), place);
                writes.push(stored(references, line, record));
            }
        }
    }
    let batches = into_chunks(writes, R::WRITE_BATCH).map(|batch| write_batch(references.records, batch));
    for (id, reason) in try_join_all(batches).await?.into_iter().flatten() {
        if let Some(place) = places.remove(&id) {
            let problem = format!("the database refuses the object: {reason}");
            let error = RecordError::new(RecordErrorCode::RefusedByDatabase, "", problem);
            settled.push((place, Err(vec![error])));
        }
    }
    settled.extend(places.into_values().map(|place| (place, Ok(()))));
    Ok(settled)
}

fn taken(record: &Record) -> RecordError {
    let record_type = record.record_type();
    let problem = format!("a {record_type} with this \"external_ref\" is stored already");
    RecordError::new(RecordErrorCode::AlreadyExists, "external_ref", problem)
}

fn stored<R>(references: &References<'_, R>, line: u32, record: Record) -> StoredRecord {
    let import = references.import;
    // The same at every claim, so that a job run twice writes the same bytes.
    let written_at: DateTime<Utc> = import.started_at.unwrap_or(import.created_at);
    let (id, record_type) = (record.id(), record.record_type());
    let (external_ref, attributes) = record.into_parts();
    StoredRecord {
        id,
        store: import.store.clone(),
        record_type,
        external_ref,
        attributes,
        import_id: import.id,
        line,
        created_at: written_at,
        updated_at: written_at,
    }
}

fn into_chunks<T>(items: Vec<T>, size: usize) -> impl Iterator<Item = Vec<T>> {
    let mut items = items.into_iter();
    std::iter::from_fn(move || {
        let chunk: Vec<T> = items.by_ref().take(size).collect();
        (!chunk.is_empty()).then_some(chunk)
    })
}

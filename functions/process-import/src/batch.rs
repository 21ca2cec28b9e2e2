//! A hundred lines on their way into the database: read, checked, resolved, compared with what is stored, written.

use std::{
    collections::{HashMap, HashSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use futures_util::{future::try_join_all, try_join};
use shared::{
    import::{Import, ImportId},
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
    let import = references.import;
    let mut settled = Vec::with_capacity(places.len());
    let mut drafts = Vec::with_capacity(places.len());
    for place in places {
        let Some(line) = references.sheet.lines().get(*place) else { continue };
        match draft(line) {
            Ok(draft) => {
                let id = record_id(import, draft.record_type(), draft.external_ref(), line.line.number);
                drafts.push(Drafted { place: *place, line: line.line.number, id, draft });
            }
            Err(errors) => settled.push((*place, Err(errors))),
        }
    }
    let wanted: Vec<_> = drafts.iter().flat_map(|drafted| drafted.draft.references()).cloned().collect();
    let (resolutions, stored_by) = try_join!(references.look_up(&wanted), stored_by(references.records, &drafts))?;
    let mut resolutions = resolutions.as_slice();
    let mut records = Vec::with_capacity(drafts.len());
    for Drafted { place, line, id, mut draft } in drafts {
        let (found, rest) = resolutions.split_at(draft.references().len().min(resolutions.len()));
        resolutions = rest;
        let writer = stored_by.get(&id);
        if writer.is_some_and(|writer| *writer != import.id) {
            let problem = format!("a {} with this \"external_ref\" is stored already", draft.record_type());
            draft.fail(RecordErrorCode::AlreadyExists, "external_ref", problem);
        }
        match guarded(|| draft.resolve(id, found)) {
            // Written by an earlier claim of this job.
            Ok(_) if writer.is_some() => settled.push((place, Ok(()))),
            Ok(record) => records.push((place, stored(import, line, record))),
            Err(errors) => settled.push((place, Err(errors))),
        }
    }
    settled.extend(write(references.records, records).await?);
    Ok(settled)
}

/// A line read, and the id its object gets.
struct Drafted {
    place: usize,
    line: u32,
    id: RecordId,
    draft: Draft,
}

/// The jobs that wrote the objects that are stored under the drafts' ids.
async fn stored_by<R: RecordStore>(records: &R, drafts: &[Drafted]) -> Outside<HashMap<RecordId, ImportId>> {
    // Only a name can be taken: the id of an object without one is this job's own. Two lines may have the same.
    let named = drafts.iter().filter(|drafted| drafted.draft.external_ref().is_some());
    let ids: HashSet<RecordId> = named.map(|drafted| drafted.id).collect();
    let stored = read_all(records, &Vec::from_iter(ids)).await?;
    Ok(stored.into_iter().map(|record| (record.id, record.import_id)).collect())
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

/// Writes objects, and tells of each whether the database took it.
async fn write<R: RecordStore>(records: &R, writes: Vec<(usize, StoredRecord)>) -> Outside<Vec<Settled>> {
    let mut places: HashMap<_, _> = writes.iter().map(|(place, record)| (record.id, *place)).collect();
    let writes = writes.into_iter().map(|(_, record)| record).collect();
    let batches = into_chunks(writes, R::WRITE_BATCH).map(|batch| write_batch(records, batch));
    let mut settled = Vec::with_capacity(places.len());
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

fn stored(import: &Import, line: u32, record: Record) -> StoredRecord {
    // The same at every claim, so that a job run twice writes the same bytes.
    let written_at = import.started_at.unwrap_or(import.created_at);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_over_a_record_is_that_records_error() {
        let told = guarded::<()>(|| panic!("a mistake of ours")).unwrap_err();
        assert_eq!(told.iter().map(|error| error.code).collect::<Vec<_>>(), [RecordErrorCode::Internal]);
    }
}

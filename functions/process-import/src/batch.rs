//! A hundred lines on their way into the database: read, checked, resolved, compared with what is stored, written.

use std::{
    collections::{BTreeSet, HashMap},
    panic::{AssertUnwindSafe, catch_unwind},
};

use chrono::{DateTime, Utc};
use futures_util::try_join;
use imports::{
    import::Import,
    options::OnConflict,
    ports::{PortResult, Records},
    report::Action,
    stored::{Mark, StoredRecord},
};
use records::{Draft, Record, RecordError, RecordErrorCode, RecordId, read};

use crate::{
    bulk::Bulk,
    fault::EarlyEnd,
    references::{References, line_id, record_id},
    sheet::{Sheet, SheetLine},
};

/// How many lines go together: as many ids as one read of the database takes.
const BATCH: usize = 100;

/// How long lines that go together may be, in bytes, unless it is a single one: what is built of them takes up to thirty
/// times as much memory.
const BATCH_BYTES: usize = 256 << 10;

/// How much memory finished objects may take before they are written: a small line may become a large one, with copies.
const HELD: usize = 4 << 20;

/// What became of a line, by its place in the sheet: imported and how, or why not.
pub(crate) type Settled = (usize, Result<Action, Vec<RecordError>>);

/// Deals places out to batches.
pub(crate) fn batches<'a>(sheet: &Sheet<'_>, mut places: &'a [usize]) -> Vec<&'a [usize]> {
    let mut batches = Vec::with_capacity(places.len().div_ceil(BATCH));
    while !places.is_empty() {
        let mut bytes = 0;
        let fits = |place: &usize| {
            bytes += sheet.lines().get(*place).map_or(0, |line| line.line.bytes.len());
            bytes <= BATCH_BYTES
        };
        let count = places.iter().take(BATCH).map(fits).take_while(|fits| *fits).count().max(1);
        let (batch, rest) = places.split_at(count.min(places.len()));
        batches.push(batch);
        places = rest;
    }
    batches
}

/// Imports the lines at `places` and tells what became of each.
pub(crate) async fn import_batch<R: Records>(
    references: &References<'_, R>,
    places: &[usize],
) -> PortResult<Vec<Settled>> {
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
    // Only a name can be taken by another job. The id of an object without one is this job's own: it is stored where an
    // earlier claim wrote it.
    let may_be_written = references.resumed && !import.options.dry_run;
    let asked = drafts.iter().filter(|drafted| may_be_written || drafted.draft.external_ref().is_some());
    let asked = asked.map(|drafted| drafted.id);
    let (resolutions, stored) = try_join!(references.look_up(&wanted), marks(references.records, asked))?;
    let mut resolutions = resolutions.as_slice();
    let (mut writes, mut held) = (Vec::with_capacity(drafts.len()), 0);
    for Drafted { place, line, id, mut draft } in drafts {
        let (found, rest) = resolutions.split_at(draft.references().len().min(resolutions.len()));
        resolutions = rest;
        let step = Step::of(import, stored.get(&id));
        if step == Step::Refuse {
            let problem = format!("a {} with this \"external_ref\" is stored already", draft.record_type());
            draft.fail(RecordErrorCode::AlreadyExists, "external_ref", problem);
        }
        match guarded(|| draft.resolve(id, found)) {
            Ok(record) => match step {
                Step::Write { action, created_at } if !import.options.dry_run => {
                    held += record.attributes().weight();
                    writes.push((place, action, to_store(import, line, record, created_at)));
                    if held > HELD {
                        settled.extend(write(references.records, std::mem::take(&mut writes)).await?);
                        held = 0;
                    }
                }
                Step::Write { action, .. } | Step::Leave(action) => settled.push((place, Ok(action))),
                // The draft has its error: it does not come to this.
                Step::Refuse => {}
            },
            Err(errors) => settled.push((place, Err(errors))),
        }
    }
    settled.extend(write(references.records, writes).await?);
    Ok(settled)
}

/// Settles the lines at `places` without writing any more: those that an earlier claim of this job has written are
/// imported, those that are to be skipped are skipped, the others are left for the reason given.
pub(crate) async fn leave_batch<R: Records>(
    references: &References<'_, R>,
    places: &[usize],
    why: EarlyEnd,
) -> PortResult<Vec<Settled>> {
    let import = references.import;
    let line = |place: &usize| references.sheet.lines().get(*place);
    let id = |place: &usize| line_id(import, line(place).filter(|line| line.repeats.is_none())?);
    let stored = marks(references.records, places.iter().filter_map(id)).await?;
    let (mut settled, mut skipped) = (Vec::with_capacity(places.len()), Vec::new());
    for place in places {
        match id(place).and_then(|id| stored.get(&id)) {
            Some(mark) if mark.import_id == import.id => settled.push((*place, Ok(written_by(mark, import)))),
            // Nothing is written for it: it is read, checked and skipped as ever.
            Some(_) if import.options.on_conflict == OnConflict::Skip => skipped.push(*place),
            _ => settled.push((*place, Err(vec![why.of_line()]))),
        }
    }
    settled.extend(import_batch(references, &skipped).await?);
    Ok(settled)
}

/// A line read, and the id its object gets.
struct Drafted {
    place: usize,
    line: u32,
    id: RecordId,
    draft: Draft,
}

/// What is to be done about a line that is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Write { action: Action, created_at: DateTime<Utc> },
    Leave(Action),
    Refuse,
}

impl Step {
    fn of(import: &Import, stored: Option<&Mark>) -> Self {
        let Some(mark) = stored else {
            return Self::Write { action: Action::Created, created_at: written_at(import) };
        };
        if mark.import_id == import.id {
            return Self::Leave(written_by(mark, import));
        }
        match import.options.on_conflict {
            OnConflict::Fail => Self::Refuse,
            OnConflict::Skip => Self::Leave(Action::Skipped),
            OnConflict::Update => Self::Write { action: Action::Updated, created_at: mark.created_at },
        }
    }
}

/// How `import`, which wrote the object in an earlier claim, did so: one it replaced is older than the job.
fn written_by(mark: &Mark, import: &Import) -> Action {
    if mark.created_at == written_at(import) { Action::Created } else { Action::Updated }
}

/// Looks at the objects that are stored under some ids.
async fn marks<R: Records>(
    records: &Bulk<'_, R>,
    ids: impl Iterator<Item = RecordId>,
) -> PortResult<HashMap<RecordId, Mark>> {
    // Two lines may have the same.
    let ids: BTreeSet<RecordId> = ids.collect();
    let marks = records.read_marks(&Vec::from_iter(ids)).await?;
    Ok(marks.into_iter().map(|mark| (mark.id, mark)).collect())
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
async fn write<R: Records>(
    records: &Bulk<'_, R>,
    writes: Vec<(usize, Action, StoredRecord)>,
) -> PortResult<Vec<Settled>> {
    let mut places: HashMap<_, _> =
        writes.iter().map(|(place, action, record)| (record.id, (*place, *action))).collect();
    let writes = writes.into_iter().map(|(_, _, record)| record).collect();
    let mut settled = Vec::with_capacity(places.len());
    for (id, reason) in records.write_all(writes).await? {
        if let Some((place, _)) = places.remove(&id) {
            let problem = format!("the database refuses the object: {reason}");
            let error = RecordError::new(RecordErrorCode::RefusedByDatabase, "", problem);
            settled.push((place, Err(vec![error])));
        }
    }
    settled.extend(places.into_values().map(|(place, action)| (place, Ok(action))));
    Ok(settled)
}

/// When the objects of a job are written: the same at every claim, so that a job run twice writes the same bytes.
fn written_at(import: &Import) -> DateTime<Utc> {
    import.started_at.unwrap_or(import.created_at)
}

fn to_store(import: &Import, line: u32, record: Record, created_at: DateTime<Utc>) -> StoredRecord {
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
        created_at,
        updated_at: written_at(import),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_together_by_count_and_by_length() {
        let file = ["x\n".repeat(250), format!("{}\n", "x".repeat(100 << 10)).repeat(5), "x".repeat(1 << 20)].concat();
        let sheet = Sheet::read(file.as_bytes()).unwrap();
        let places: Vec<usize> = (0..256).collect();
        let batches = batches(&sheet, &places);
        assert_eq!(batches.iter().map(|batch| batch.len()).collect::<Vec<_>>(), [100, 100, 52, 2, 1, 1]);
        assert_eq!(batches.concat(), places);
    }

    #[test]
    fn a_panic_over_a_record_is_that_records_error() {
        let told = guarded::<()>(|| panic!("a mistake of ours")).unwrap_err();
        assert_eq!(told.iter().map(|error| error.code).collect::<Vec<_>>(), [RecordErrorCode::Internal]);
    }
}

//! Looking up what records refer to: first in the file, then among the stored objects.

use std::{
    collections::{BTreeSet, HashMap},
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use imports::{
    import::Import,
    ports::{PortResult, Records},
    report::Action,
    stored::StoredRecord,
};
use records::{LookUp, RecordId, RecordType, Reference, Resolution, Snapshot, read};

use crate::{
    bulk::Bulk,
    sheet::{Fate, Sheet, SheetLine},
};

/// How many bytes of memory the kept copies may take. Copies are made again when they are needed again.
const KEPT: usize = 64 << 20;

/// The copies made so far, so that an object referred to a thousand times is built once.
#[derive(Debug, Default)]
pub(crate) struct Copies(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// By place in the sheet.
    of_lines: HashMap<usize, Arc<Snapshot>>,
    /// By id; `None` where nothing of this store is stored.
    of_stored: HashMap<RecordId, Option<Arc<StoredCopy>>>,
    bytes: usize,
}

#[derive(Debug)]
struct StoredCopy {
    record_type: RecordType,
    snapshot: Arc<Snapshot>,
}

impl Copies {
    fn with<T>(&self, use_them: impl FnOnce(&mut Kept) -> T) -> T {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.bytes > KEPT {
            *kept = Kept::default();
        }
        use_them(&mut kept)
    }
}

/// What the file says of a reference.
enum InFile {
    /// Everything.
    Told(Resolution),
    /// Nothing: the object may be stored under one of these ids, the first of which counts.
    Stored(Vec<RecordId>),
}

/// Where references are looked up.
#[derive(Debug)]
pub(crate) struct References<'a, R> {
    pub(crate) import: &'a Import,
    /// Whether an earlier claim of the job may have written objects.
    pub(crate) resumed: bool,
    pub(crate) sheet: &'a Sheet<'a>,
    pub(crate) records: &'a Bulk<'a, R>,
    pub(crate) copies: &'a Copies,
}

impl<R: Records> References<'_, R> {
    /// Answers references, one for one. What they may refer to in the file must be settled.
    pub(crate) async fn look_up(&self, references: &[Reference]) -> PortResult<Vec<Resolution>> {
        let mut in_file = Vec::with_capacity(references.len());
        for reference in references {
            in_file.push(self.in_file(reference).await?);
        }
        let candidates = |found: &InFile| match found {
            InFile::Told(_) => Vec::new(),
            InFile::Stored(ids) => ids.clone(),
        };
        let wanted: BTreeSet<RecordId> = in_file.iter().flat_map(candidates).collect();
        let stored = self.stored(wanted).await?;
        let answer = |(reference, found): (&Reference, InFile)| match found {
            InFile::Told(resolution) => resolution,
            InFile::Stored(ids) => {
                let mut fitting = ids.iter().filter_map(|id| fitting(reference, stored.get(id)?.as_ref()?));
                fitting.next().unwrap_or(Resolution::Missing)
            }
        };
        Ok(references.iter().zip(in_file).map(answer).collect())
    }

    async fn in_file(&self, reference: &Reference) -> PortResult<InFile> {
        let Reference { record_type, text, look_up, .. } = reference;
        let by_name = match look_up {
            LookUp::Any | LookUp::ExternalRef => self.sheet.find(*record_type, text),
            LookUp::Id => None,
        };
        let by_id = match look_up {
            LookUp::Any | LookUp::Id => RecordId::parse(text),
            LookUp::ExternalRef => None,
        };
        if let Some(place) = by_name.or_else(|| self.sheet.find_id(self.import, *record_type, by_id?)) {
            return self.of_line(place).await;
        }
        let by_ref = match look_up {
            LookUp::Any | LookUp::ExternalRef => {
                Some(RecordId::from_external_ref(&self.import.store, *record_type, text))
            }
            LookUp::Id => None,
        };
        Ok(InFile::Stored(by_id.into_iter().chain(by_ref).collect()))
    }

    /// What a line that is referred to, whether by name or by id, has come to.
    async fn of_line(&self, place: usize) -> PortResult<InFile> {
        let Some(line) = self.sheet.lines().get(place) else { return Ok(InFile::Stored(Vec::new())) };
        let failed = Resolution::Failed { line: line.line.number };
        Ok(match line.fate.get() {
            // From the line: a dry run has not stored it.
            Some(Fate::Imported(Action::Created | Action::Updated)) => {
                InFile::Told(self.copy_of_line(place).await?.map_or(failed, Resolution::Found))
            }
            // The object that was there before is the one that holds.
            Some(Fate::Imported(Action::Skipped)) => InFile::Stored(line_id(self.import, line).into_iter().collect()),
            Some(Fate::Failed) | None => InFile::Told(failed),
        })
    }

    /// Builds the object of a line again, with what it refers to itself.
    async fn copy_of_line(&self, place: usize) -> PortResult<Option<Arc<Snapshot>>> {
        if let Some(copy) = self.copies.with(|kept| kept.of_lines.get(&place).cloned()) {
            return Ok(Some(copy));
        }
        let Some(line) = self.sheet.lines().get(place).map(|line| line.line) else { return Ok(None) };
        let Ok(draft) = read(line.bytes) else { return Ok(None) };
        let found = self.look_up_further(draft.references()).await?;
        let id = record_id(self.import, draft.record_type(), draft.external_ref(), line.number);
        let Ok(record) = draft.resolve(id, &found) else { return Ok(None) };
        let copy = Arc::new(record.snapshot());
        self.copies.with(|kept| {
            kept.bytes += copy.weight();
            kept.of_lines.insert(place, Arc::clone(&copy));
        });
        Ok(Some(copy))
    }

    /// Looks up what a copy refers to: an offering's products, plans and features. It goes no deeper than the types do.
    fn look_up_further<'b>(
        &'b self,
        references: &'b [Reference],
    ) -> Pin<Box<dyn Future<Output = PortResult<Vec<Resolution>>> + Send + 'b>> {
        Box::pin(self.look_up(references))
    }

    async fn stored(&self, wanted: BTreeSet<RecordId>) -> PortResult<HashMap<RecordId, Option<Arc<StoredCopy>>>> {
        let (mut known, unknown) = self.copies.with(|kept| {
            let mut known = HashMap::new();
            let mut unknown = Vec::new();
            for id in wanted {
                match kept.of_stored.get(&id) {
                    Some(copy) => drop(known.insert(id, copy.clone())),
                    None => unknown.push(id),
                }
            }
            (known, unknown)
        });
        let mut found: HashMap<RecordId, Option<Arc<StoredCopy>>> = unknown.iter().map(|id| (*id, None)).collect();
        for record in self.records.read_all(&unknown).await? {
            // Another store's object is as missing as one that never was.
            if record.store == self.import.store {
                found.insert(record.id, Some(Arc::new(copy_of_stored(record))));
            }
        }
        self.copies.with(|kept| {
            let bytes = |copy: &Option<Arc<StoredCopy>>| copy.as_ref().map_or(0, |copy| copy.snapshot.weight());
            kept.bytes += found.values().map(|copy| size_of::<RecordId>() + bytes(copy)).sum::<usize>();
            kept.of_stored.extend(found.iter().map(|(id, copy)| (*id, copy.clone())));
        });
        known.extend(found);
        Ok(known)
    }
}

fn copy_of_stored(record: StoredRecord) -> StoredCopy {
    let StoredRecord { id, record_type, external_ref, attributes, .. } = record;
    StoredCopy { record_type, snapshot: Arc::new(Snapshot::new(id, record_type, external_ref, attributes)) }
}

fn fitting(reference: &Reference, stored: &Arc<StoredCopy>) -> Option<Resolution> {
    (stored.record_type == reference.record_type).then(|| Resolution::Found(Arc::clone(&stored.snapshot)))
}

/// The id that the object of a line gets; `None` when the line is of no known type.
pub(crate) fn line_id(import: &Import, line: &SheetLine<'_>) -> Option<RecordId> {
    Some(record_id(import, line.record_type?, line.external_ref.as_deref(), line.line.number))
}

/// The id of a record: that of its `external_ref` or, without one, that of its job and line.
pub(crate) fn record_id(import: &Import, record_type: RecordType, external_ref: Option<&str>, line: u32) -> RecordId {
    match external_ref {
        Some(external_ref) => RecordId::from_external_ref(&import.store, record_type, external_ref),
        None => RecordId::from_line(import.id.as_uuid(), line),
    }
}

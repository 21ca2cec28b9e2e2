//! A hundred lines on their way into the database: parsed, looked up, decided, written.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use imports::{
    import::Import,
    options::{OnConflict, Unknown},
    ports::{PortError, PortResult, Records},
    report::{Action, LineOutcome},
    stored::{Mark, StoredRecord},
};
use records::{
    Draft, FileLine, LookedUp, Record, RecordError, RecordErrorCode, RecordId, RecordWarning, References, Resolution,
    Stored,
};
use tokio::try_join;

use crate::{
    bulk::Bulk,
    fault::{EarlyEnd, ON_CONFLICT},
    stored::StoredObjects,
};

/// How many lines go together: as many ids as one read of the database takes.
const BATCH: usize = 100;

/// How long lines that go together may be, in bytes, unless it is a single one: what is built of them takes up to thirty
/// times as much memory.
const BATCH_BYTES: usize = 256 << 10;

/// How much memory finished objects may take before they are written: a small line may become a large one, with copies.
const HELD: usize = 3 << 20;

/// Deals lines out to batches.
pub(crate) fn batches<'l, 'f>(mut lines: &'l [&'f FileLine<'f>]) -> Vec<&'l [&'f FileLine<'f>]> {
    let mut batches = Vec::with_capacity(lines.len().div_ceil(BATCH));
    while !lines.is_empty() {
        let mut bytes = 0;
        let fits = |line: &&&FileLine<'_>| {
            bytes += line.bytes.len();
            bytes <= BATCH_BYTES
        };
        let count = lines.iter().take(BATCH).take_while(fits).count().max(1);
        let (batch, rest) = lines.split_at(count);
        batches.push(batch);
        lines = rest;
    }
    batches
}

/// What the lines of a job are imported with.
#[derive(Debug)]
pub(crate) struct Importer<'a, R> {
    pub(crate) import: &'a Import,
    /// Whether an earlier claim of the job may have written objects.
    pub(crate) resumed: bool,
    pub(crate) references: &'a References<'a>,
    pub(crate) stored: &'a StoredObjects<'a, R>,
    pub(crate) records: &'a Bulk<'a, R>,
}

/// A line that is a draft, and the id that its object gets.
#[derive(Debug)]
struct ParsedLine<'f> {
    line: &'f FileLine<'f>,
    id: RecordId,
    draft: Draft,
    warnings: Vec<RecordWarning>,
}

/// A line of which everything is known: what its references lead to, and what is stored under its id.
#[derive(Debug)]
struct LookedUpLine<'f> {
    line: &'f FileLine<'f>,
    id: RecordId,
    draft: LookedUp,
    stored: Option<Mark>,
    warnings: Vec<RecordWarning>,
}

/// A line that is decided upon.
#[derive(Debug)]
enum DecidedLine<'f> {
    Write(WriteLine<'f>),
    /// Nothing is left to be done for it.
    Settled(SettledLine<'f>),
}

/// A line whose object is to be written.
#[derive(Debug)]
struct WriteLine<'f> {
    line: &'f FileLine<'f>,
    action: Action,
    record: StoredRecord,
    warnings: Vec<RecordWarning>,
}

/// A line that is imported, or was found not to be importable.
#[derive(Debug)]
pub(crate) struct SettledLine<'f> {
    pub(crate) line: &'f FileLine<'f>,
    pub(crate) outcome: LineOutcome,
    /// What is to be said of a line that is imported.
    pub(crate) warnings: Vec<RecordWarning>,
}

impl<'f> SettledLine<'f> {
    /// Settles a line of which there is no more to say.
    pub(crate) const fn new(line: &'f FileLine<'f>, outcome: LineOutcome) -> Self {
        Self { line, outcome, warnings: Vec::new() }
    }

    /// Adds what is to be said of the line, if it is imported.
    fn with(self, warnings: Vec<RecordWarning>) -> Self {
        if self.outcome.is_ok() { Self { warnings, ..self } } else { self }
    }
}

impl<R: Records> Importer<'_, R> {
    /// Imports lines, and says of each how it went. What they may refer to in the file must be settled.
    pub(crate) async fn import<'f>(&self, lines: &[&'f FileLine<'f>]) -> PortResult<Vec<SettledLine<'f>>> {
        let (parsed, mut settled) = self.parse(lines);
        let looked_up = self.look_up(parsed).await?;
        let decided = looked_up.into_iter().map(|line| decide(self.import, self.references, line));
        settled.extend(self.write(decided).await?);
        Ok(settled)
    }

    /// Settles lines without writing any more: those that an earlier claim of this job has written are imported, those
    /// that are to be skipped are skipped, the others are left for the reason given.
    pub(crate) async fn leave<'f>(
        &self,
        lines: &[&'f FileLine<'f>],
        why: EarlyEnd,
    ) -> PortResult<Vec<SettledLine<'f>>> {
        let id_of = |line: &FileLine<'_>| self.references.ids().of_line(line).filter(|_| line.repeats.is_none());
        let stored = self.stored.marks(lines.iter().filter_map(|line| id_of(line))).await?;
        let (mut settled, mut skipped) = (Vec::with_capacity(lines.len()), Vec::new());
        for &line in lines {
            settled.push(match id_of(line).and_then(|id| stored.get(&id)) {
                Some(mark) if mark.import_id == self.import.id => {
                    let warnings = line.read().map(|mut draft| draft.take_warnings()).unwrap_or_default();
                    SettledLine::new(line, Ok((mark.id, written_by(mark, self.import)))).with(warnings)
                }
                // Nothing is written for it: it is read, checked and skipped as usual.
                Some(_) if self.import.options.on_conflict == OnConflict::Skip => {
                    skipped.push(line);
                    continue;
                }
                _ => SettledLine::new(line, Err(vec![why.of_line()])),
            });
        }
        settled.extend(self.import(&skipped).await?);
        Ok(settled)
    }

    /// Reads lines. Those of no known type are settled by that.
    fn parse<'f>(&self, lines: &[&'f FileLine<'f>]) -> (Vec<ParsedLine<'f>>, Vec<SettledLine<'f>>) {
        let (mut parsed, mut settled) = (Vec::with_capacity(lines.len()), Vec::new());
        for &line in lines {
            match line.read() {
                Ok(mut draft) => {
                    if self.import.options.unknown == Unknown::Refuse {
                        draft.refuse_warnings();
                    }
                    let warnings = draft.take_warnings();
                    let id = self.references.ids().of_draft(&draft, line);
                    parsed.push(ParsedLine { line, id, draft, warnings });
                }
                Err(errors) => settled.push(SettledLine::new(line, Err(errors))),
            }
        }
        (parsed, settled)
    }

    /// Looks up what lines refer to, and what is stored under their ids.
    async fn look_up<'f>(&self, parsed: Vec<ParsedLine<'f>>) -> PortResult<Vec<LookedUpLine<'f>>> {
        // Only a name can be taken by another job. The id of an object without one is this job's own: it is stored where an
        // earlier claim wrote it.
        let may_be_written = self.resumed && !self.import.options.dry_run;
        let asked = parsed.iter().filter(|parsed| may_be_written || parsed.draft.external_ref().is_some());
        let ids: Vec<RecordId> = asked.map(|parsed| parsed.id).collect();
        let looked_up = |ParsedLine { line, id, draft, warnings }| LookedUpLine {
            line,
            id,
            draft: draft.look_up(|_| Resolution::Unknown),
            stored: None,
            warnings,
        };
        let mut lines: Vec<_> = parsed.into_iter().map(looked_up).collect();
        let ((), marks) = try_join!(biased; self.resolve(&mut lines), self.stored.marks(ids.into_iter()))?;
        for line in &mut lines {
            line.stored = marks.get(&line.id).copied();
        }
        Ok(lines)
    }

    /// Answers all references: those that the file answers at once, then what they need of the stored objects, until there
    /// is nothing more to ask for. A copy that is built of a line asks for what that line refers to.
    async fn resolve(&self, lines: &mut [LookedUpLine<'_>]) -> PortResult<()> {
        let mut known: HashMap<RecordId, Stored> = HashMap::new();
        loop {
            let mut wanted = BTreeSet::new();
            let mut stored = |id| {
                known.get(&id).cloned().unwrap_or_else(|| {
                    wanted.insert(id);
                    Stored::Unknown
                })
            };
            for line in &mut *lines {
                line.draft.look_again(|reference| self.references.resolve(reference, &mut stored));
            }
            if wanted.is_empty() {
                return Ok(());
            }
            known.extend(self.stored.copies(wanted).await?);
        }
    }

    /// Writes what is to be written, not all at once.
    async fn write<'f>(
        &self,
        decided: impl Iterator<Item = PortResult<DecidedLine<'f>>>,
    ) -> PortResult<Vec<SettledLine<'f>>> {
        let (mut settled, mut writes, mut held) = (Vec::new(), Vec::new(), 0);
        for line in decided {
            match line? {
                DecidedLine::Settled(line) => settled.push(line),
                DecidedLine::Write(line) => {
                    held += line.record.attributes.weight();
                    writes.push(line);
                }
            }
            if held > HELD {
                settled.extend(self.write_all(std::mem::take(&mut writes)).await?);
                held = 0;
            }
        }
        settled.extend(self.write_all(writes).await?);
        Ok(settled)
    }

    /// Writes objects, and says of each whether the database took it.
    async fn write_all<'f>(&self, writes: Vec<WriteLine<'f>>) -> PortResult<Vec<SettledLine<'f>>> {
        let written = |WriteLine { line, action, record, warnings }| ((line, record.id, action, warnings), record);
        let (lines, records): (Vec<_>, Vec<_>) = writes.into_iter().map(written).unzip();
        let refused = self.records.writes.ask(records).await?;
        let settled = |(line, id, action, warnings)| {
            let refusal = refused.get(&id).map(|reason| {
                let problem = format!(
                    "the database refuses the object, though no rule does: tell the service's operator the job and the line; \
                     it says: {reason}"
                );
                vec![RecordError::new(RecordErrorCode::RefusedByDatabase, "", problem)]
            });
            SettledLine::new(line, refusal.map_or(Ok((id, action)), Err)).with(warnings)
        };
        Ok(lines.into_iter().map(settled).collect())
    }
}

/// Decides what is to be done about a line.
fn decide<'f>(
    import: &Import,
    references: &References<'_>,
    looked_up: LookedUpLine<'f>,
) -> PortResult<DecidedLine<'f>> {
    let LookedUpLine { line, id, draft, stored, mut warnings } = looked_up;
    let settled = |outcome, warnings| Ok(DecidedLine::Settled(SettledLine::new(line, outcome).with(warnings)));
    let (action, created_at) = match (stored, import.options.on_conflict) {
        (None, _) => (Action::Created, Some(written_at(import))),
        (Some(mark), _) if mark.import_id == import.id => (written_by(&mark, import), None),
        (Some(_), OnConflict::Skip) => (Action::Skipped, None),
        (Some(mark), OnConflict::Update) => (Action::Updated, Some(mark.created_at)),
        (Some(_), OnConflict::Fail) => {
            let what = draft.record_type();
            let problem = format!("a {what} with this \"external_ref\" is stored already; {ON_CONFLICT}");
            return settled(Err(draft.refuse(RecordErrorCode::AlreadyExists, "external_ref", problem)), warnings);
        }
    };
    let record = draft.resolve(id);
    if let Ok(Some(record)) = &record {
        warnings.extend(record.warning().cloned());
        if action != Action::Skipped {
            references.keep(line, record);
        }
    }
    match (record, created_at.filter(|_| !import.options.dry_run)) {
        (Err(errors), _) => settled(Err(errors), warnings),
        (Ok(None), _) => Err(PortError::Permanent(format!(
            "what line {} refers to is still unknown after all was looked up",
            line.number
        ))),
        (Ok(Some(_)), None) => settled(Ok((id, action)), warnings),
        (Ok(Some(record)), Some(created_at)) => {
            let record = to_store(import, line.number, record, created_at);
            Ok(DecidedLine::Write(WriteLine { line, action, record, warnings }))
        }
    }
}

/// How `import`, which wrote the object in an earlier claim, did so: one it replaced is older than the job.
fn written_by(mark: &Mark, import: &Import) -> Action {
    if mark.created_at == written_at(import) { Action::Created } else { Action::Updated }
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
    use records::FileLines;

    use super::*;

    #[test]
    fn lines_go_together_by_count_and_by_length() {
        let file = ["x\n".repeat(250), format!("{}\n", "x".repeat(100 << 10)).repeat(5), "x".repeat(1 << 20)].concat();
        let lines = FileLines::of(file.as_bytes()).unwrap();
        let lines: Vec<_> = lines.iter().collect();
        let batches = batches(&lines);
        assert_eq!(batches.iter().map(|batch| batch.len()).collect::<Vec<_>>(), [100, 100, 52, 2, 1, 1]);
        assert!(batches.concat().iter().map(|line| line.number).eq(1..=256));
    }
}

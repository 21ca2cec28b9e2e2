//! What became of files and their jobs: the answer of the commands that wait for one.

use std::{collections::BTreeMap, ops::Range, path::Path};

use client::Job;
use findings::{Kind, Row, visible, wrap, wrap_around};
use memchr::memchr_iter;
use serde_json::{Map, Value, json};

pub(crate) use crate::exit::of_job as exit;
use crate::{
    error::Error,
    exit::Exit,
    output::Output,
    rows,
    session::{Session, short},
    summary,
};

/// What became of a file's job, as far as it is known.
pub(crate) struct Outcome {
    /// The file, where the command has it.
    pub(crate) file: Option<String>,
    /// The file, or the part of it, where the job is of one.
    pub(crate) label: Option<String>,
    pub(crate) job: Job,
    pub(crate) rows: Vec<Row<'static>>,
    /// Which lines of the file of refused lines are of this job, from 0.
    pub(crate) lines: Range<u32>,
    /// That file, once they are there.
    kept: Option<String>,
    /// The command that shows all rows.
    all: String,
    /// What to do next, the last word a command.
    pub(crate) next: Option<String>,
}

/// Whether somebody stopped it.
pub(crate) fn is_cancelled(job: &Job) -> bool {
    job.failure.as_ref().is_some_and(|failure| failure.code == "cancelled")
}

/// How many lines a file of refused lines has.
pub(crate) fn count_lines(file: &[u8]) -> u32 {
    u32::try_from(memchr_iter(b'\n', file).count()).unwrap_or(u32::MAX)
}

impl Outcome {
    /// A job as it stands, with what is wrong with its lines once it has ended.
    pub(crate) async fn of(session: &Session, job: Job) -> Result<Self, Error> {
        let rows = rows::of_job(session, &job).await?;
        let next = next(session, &job);
        let all = session.command(&format!("errors {} --all", short(&job.id)));
        Ok(Self { file: None, label: None, job, rows, lines: 0..0, kept: None, all, next })
    }

    /// Whether its lines were refused for the one reason that their objects are stored: there is nothing to mend.
    pub(crate) fn is_stored_already(&self) -> bool {
        let of_lines = || self.rows.iter().filter(|row| row.line > 0 && row.kind == Kind::Error);
        of_lines().next().is_some() && of_lines().all(|row| row.code == "already_exists")
    }

    /// Its refused lines are in this file: from now on they are shown there, where they are to be mended.
    pub(crate) fn is_kept_in(&mut self, file: &Path) {
        let refused = self.rows.iter().filter(|row| row.kind == Kind::Error && row.line > 0);
        let mut numbers: Vec<_> = refused.map(|row| row.line).collect();
        numbers.dedup();
        if numbers.len() != self.lines.len() {
            return;
        }
        let kept: BTreeMap<_, _> = numbers.into_iter().zip(self.lines.clone()).collect();
        for row in &mut self.rows {
            row.kept_line = kept.get(&row.line).map(|line| line + 1);
        }
        self.kept = Some(file.display().to_string());
    }

    /// How many refused lines are of no type that is known.
    fn untyped(&self) -> u64 {
        summary::untyped(&self.rows)
    }

    fn text(&self, output: Output) -> String {
        let mut parts: Vec<_> = self.label.clone().into_iter().collect();
        parts.push(summary::of(&self.job, self.untyped(), output.columns));
        let id = short(&self.job.id);
        let sent = self.file.as_deref().unwrap_or(id);
        if let Some(kept) = &self.kept {
            // Lines that came through, of which something is noticed, are where they were.
            let (rows, others): (Vec<_>, Vec<_>) =
                self.rows.iter().cloned().partition(|row| row.kept_line.is_some() || row.line == 0);
            parts.extend(rows::text(&others, sent, &self.all, output));
            let rows: Vec<_> =
                rows.into_iter().map(|row| Row { line: row.kept_line.unwrap_or_default(), ..row }).collect();
            parts.extend(rows::text(&rows, kept, &self.all, output));
            let of = format!(
                "These are the lines of {}; where a sentence names a line, it means that of the file as it was sent.",
                visible(kept)
            );
            parts.extend((!rows.is_empty()).then(|| wrap(&of, output.columns)));
        } else {
            parts.extend(rows::text(&self.rows, sent, &self.all, output));
        }
        parts.extend(self.next.as_deref().map(|next| wrap_around(next, output.columns)));
        parts.join("\n") + "\n"
    }

    fn document(&self) -> Map<String, Value> {
        let texts = [("file", &self.label), ("next", &self.next)];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name, text.as_deref()?.into())));
        let members = [("job", json!(self.job)), ("errors", json!(self.rows))].into_iter().chain(texts);
        members.map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// Makes one report of those of a file's parts: the last one has all rows, and says what to type for all.
pub(crate) fn join(outcomes: &mut [Outcome]) {
    for parts in outcomes.chunk_by_mut(|before, part| before.file == part.file) {
        let are_all_kept = parts.iter().all(|part| part.rows.is_empty() || part.kept.is_some());
        let Some((last, others)) = parts.split_last_mut() else { continue };
        last.kept = last.kept.take().filter(|_| are_all_kept);
        let (mut all, mut next): (Vec<_>, Vec<_>) = (Vec::new(), Vec::new());
        for part in others {
            all.extend((!part.rows.is_empty()).then(|| std::mem::take(&mut part.all)));
            last.rows.append(&mut part.rows);
            next.extend(part.next.take());
        }
        last.rows.sort_by_key(|row| row.line);
        all.push(std::mem::take(&mut last.all));
        last.all = all.join("; ");
        next.extend(last.next.take());
        next.dedup();
        // Each adds its lines to the same file.
        let next =
            next.iter().enumerate().map(|(at, next)| if at == 0 { next.clone() } else { next.replace(" > ", " >> ") });
        last.next = Some(next.collect::<Vec<_>>().join("\n")).filter(|next| !next.is_empty());
    }
}

/// What to type next about a job, whoever sent it.
fn next(session: &Session, job: &Job) -> Option<String> {
    let id = short(&job.id);
    match exit(job) {
        Exit::StillRuns => {
            Some(format!("The job goes on. To follow it:\n  {}", session.command(&format!("watch {id}"))))
        }
        Exit::Success => None,
        // Of a file that could not be read there are no lines.
        _ if job.errors() <= 1 && job.failure.is_some() => None,
        _ if job.dry_run => None,
        _ => Some(format!(
            "To mend the refused lines and send them again:\n  {}",
            session.command(&format!("failed-lines {id} > mend.jsonl"))
        )),
    }
}

/// Prints what became of one file or of several, and what stopped the command where something did.
pub(crate) fn tell(
    output: Output,
    outcomes: &[Outcome],
    trouble: Option<Error>,
    are_several: bool,
) -> Result<Exit, Error> {
    let mut ends: Vec<_> = outcomes.iter().map(|outcome| exit(&outcome.job)).collect();
    ends.extend(trouble.as_ref().map(|error| error.exit));
    let exit = ends.into_iter().max().unwrap_or(Exit::Success);
    if output.json {
        let left = trouble.as_ref().and_then(|error| error.job.as_deref());
        let left = left.map(|id| Map::from_iter([("job".to_owned(), json!({"id": id}))]));
        let mut documents: Vec<_> = outcomes.iter().map(Outcome::document).chain(left).collect();
        let mut document = match &mut documents[..] {
            [one] if !are_several => std::mem::take(one),
            _ => {
                // What to type once all of them are read is said behind the last.
                let next = outcomes.last().and_then(|last| last.next.as_deref());
                let next = next.map(|next| ("next".to_owned(), next.into()));
                [("jobs".to_owned(), documents.into_iter().collect())].into_iter().chain(next).collect()
            }
        };
        if let Some(Error { problem, next, .. }) = trouble {
            document.extend([("error".to_owned(), problem.into()), ("next".to_owned(), next.into())]);
        }
        return output.document(document.into(), exit);
    }
    for outcome in outcomes {
        output.answer(&outcome.text(output))?;
    }
    trouble.map_or(Ok(exit), Err)
}

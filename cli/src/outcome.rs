//! What became of files and their jobs: the answer of the commands that wait for one.

use client::{Job, Status};
use findings::Row;
use serde_json::{Map, Value, json};

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
    pub(crate) job: Job,
    pub(crate) rows: Vec<Row<'static>>,
    /// What to do next, the last word a command.
    pub(crate) next: Option<String>,
    /// The command that shows all of its errors.
    all: String,
}

/// How a command ends that is about a job.
pub(crate) fn exit(job: &Job) -> Exit {
    match job.status {
        Status::Pending | Status::Started => Exit::StillRuns,
        Status::Failed => Exit::Failed,
        Status::Success if job.errors() > 0 || job.imported() < job.uploaded() => Exit::Refused,
        Status::Success => Exit::Success,
    }
}

impl Outcome {
    /// A job as it stands, with what is wrong with its lines once it has ended.
    pub(crate) async fn of(session: &Session, job: Job) -> Result<Self, Error> {
        let rows = rows::of_job(session, &job).await?;
        let next = next(session, &job);
        let all = session.command(&format!("errors {} --all", short(&job.id)));
        Ok(Self { file: None, job, rows, next, all })
    }

    fn document(&self) -> Map<String, Value> {
        let texts = [("file", &self.file), ("next", &self.next)];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name, text.as_deref()?.into())));
        let members = [("job", json!(self.job)), ("errors", json!(self.rows))].into_iter().chain(texts);
        members.map(|(name, value)| (name.to_owned(), value)).collect()
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

/// What became of one file, which may have gone as several jobs.
fn text(outcomes: &[Outcome], output: Output) -> String {
    let file = outcomes.iter().find_map(|outcome| outcome.file.clone());
    let mut rows: Vec<_> = outcomes.iter().flat_map(|outcome| outcome.rows.iter().cloned()).collect();
    rows.sort_by_key(|row| row.line);
    let worst = outcomes.iter().max_by_key(|outcome| outcome.rows.len());
    let all = worst.map(|worst| worst.all.clone()).unwrap_or_default();
    let mut next: Vec<_> = outcomes.iter().filter_map(|outcome| outcome.next.clone()).collect();
    next.dedup();
    let mut parts: Vec<_> = file.clone().into_iter().collect();
    parts.extend(outcomes.iter().map(|outcome| summary::of(&outcome.job)));
    parts.extend(rows::text(&rows, file.as_deref().unwrap_or("line"), &all, output));
    parts.extend(next);
    parts.join("\n") + "\n"
}

/// Prints what became of some files, and what stopped the command where something did.
pub(crate) fn tell(output: Output, outcomes: &[Outcome], trouble: Option<Error>) -> Result<Exit, Error> {
    let mut ends: Vec<_> = outcomes.iter().map(|outcome| exit(&outcome.job)).collect();
    ends.extend(trouble.as_ref().map(|error| error.exit));
    let exit = ends.into_iter().max().unwrap_or(Exit::Success);
    if output.json {
        let mut document = match outcomes {
            [one] => one.document(),
            many => Map::from_iter([("jobs".to_owned(), many.iter().map(Outcome::document).collect())]),
        };
        if let Some(Error { problem, next, .. }) = trouble {
            document.extend([("error".to_owned(), problem.into()), ("next".to_owned(), next.into())]);
        }
        return output.document(document.into(), exit);
    }
    for of_file in outcomes.chunk_by(|one, next| one.file.is_some() && one.file == next.file) {
        output.answer(&text(of_file, output))?;
    }
    trouble.map_or(Ok(exit), Err)
}

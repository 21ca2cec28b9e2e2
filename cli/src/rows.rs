//! What the service found wrong with the lines of a job.

use std::borrow::Cow;

use client::{Job, LineError, LineWarning, ResultLine};
use findings::{Groups, Kind, Row, Texts};

use crate::{error::Error, output::Output, session::Session};

/// What is wrong with a job's lines, by line, and then what is noticed of those that came through; nothing before it has ended.
pub(crate) async fn of_job(session: &Session, job: &Job) -> Result<Vec<Row<'static>>, Error> {
    let mut rows = refused(session, job).await?;
    if job.ended() {
        let warned = session.client.warned_results(job).await.map_err(|error| session.failed(&error))?;
        rows.extend(warned.into_iter().flat_map(of_line));
    }
    Ok(rows)
}

/// What is wrong with a job's lines, by line; nothing before it has ended.
pub(crate) async fn refused(session: &Session, job: &Job) -> Result<Vec<Row<'static>>, Error> {
    if !job.ended() || job.errors() == 0 {
        return Ok(Vec::new());
    }
    let whole = job.failure.iter().map(|failure| Row {
        kind: Kind::Error,
        line: 0,
        r#type: None,
        external_ref: None,
        code: failure.code.clone().into(),
        field: "".into(),
        error: failure.error.clone().into(),
        blocked_by: None,
        kept_line: None,
        bytes: None,
    });
    let results = session.client.failed_results(&job.id).await.map_err(|error| session.failed(&error))?;
    Ok(whole.chain(results.into_iter().flat_map(of_line)).collect())
}

fn of_line(result: ResultLine) -> impl Iterator<Item = Row<'static>> {
    let ResultLine { line, kind, external_ref, errors, warnings, text, .. } = result;
    let number = |line: u64| u32::try_from(line).unwrap_or(u32::MAX);
    let errors = errors.into_iter().map(|error| (Kind::Error, error));
    let warning = |LineWarning { code, field, warning }| LineError { code, field, error: warning, blocked_by: None };
    let warnings = warnings.into_iter().map(move |noticed| (Kind::Warning, warning(noticed)));
    errors.chain(warnings).map(move |(of, LineError { code, field, error, blocked_by })| Row {
        kind: of,
        line: number(line),
        r#type: kind.clone().map(Cow::from),
        external_ref: external_ref.clone().map(Cow::from),
        code: code.into(),
        field: field.into(),
        error: error.into(),
        blocked_by: blocked_by.map(number),
        kept_line: None,
        bytes: text.clone().map(|text| text.into_bytes().into()),
    })
}

/// Groups the rows of a job.
pub(crate) fn grouped(rows: &[Row<'_>]) -> Groups {
    let mut groups = Groups::default();
    for line in rows.chunk_by(|before, row| before.line == row.line) {
        groups.add(line);
    }
    groups
}

/// Shows the rows to people: grouped, with examples.
pub(crate) fn text(rows: &[Row<'_>], file: &str, all: &str, output: Output) -> Option<String> {
    let text = findings::text(&grouped(rows), Texts { file, all, columns: output.columns });
    (!text.is_empty()).then_some(text)
}

//! `GET /v2/subscriptions/imports/{id}/results` and `/failed-lines`: redirects to the result of every line, and to the lines
//! to correct.

use std::time::Duration;

use chrono::{DateTime, Utc};
use imports::{
    api::{ApiError, Call, Reply},
    import::ImportId,
    ports::{DownloadLinks, Imports},
    report::Report,
};

/// How long an address is valid. Nobody needs it longer: to ask again is one call.
const GOOD_FOR: Duration = Duration::from_mins(15);

/// Redirects to the file that the path names.
///
/// # Errors
/// [`ApiError::NotFound`] when the caller's store has no such job, [`ApiError::Conflict`] when it has not ended.
pub async fn handle(
    imports: &impl Imports,
    links: &impl DownloadLinks,
    now: DateTime<Utc>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let id = call.import_id()?;
    let file = File::of_path(&call.path).ok_or(ApiError::NotFound)?;
    let import = imports.get(&call.store, id, now).await?.ok_or(ApiError::NotFound)?;
    let Some(report) = &import.report else {
        let status = import.status.as_str();
        return Err(ApiError::Conflict(format!(
            "The import has not ended yet ({status}); its results and failed lines are there once it has."
        )));
    };
    let link = links.download_link(&file.key(report), &file.name(id), GOOD_FOR).await?;
    Reply::redirect(link)
}

/// The files that can be fetched.
#[derive(Clone, Copy, Debug)]
enum File {
    Results,
    FailedLines,
}

impl File {
    fn of_path(path: &str) -> Option<Self> {
        match path.rsplit('/').next()? {
            "results" => Some(Self::Results),
            "failed-lines" => Some(Self::FailedLines),
            _ => None,
        }
    }

    fn key(self, report: &Report) -> String {
        match self {
            Self::Results => Report::results_key(&report.prefix),
            Self::FailedLines => Report::failed_lines_key(&report.prefix),
        }
    }

    /// The name under which a browser saves it.
    fn name(self, id: ImportId) -> String {
        match self {
            Self::Results => format!("{id}-results.jsonl"),
            Self::FailedLines => format!("{id}-failed-lines.jsonl"),
        }
    }
}

#[cfg(test)]
mod tests;

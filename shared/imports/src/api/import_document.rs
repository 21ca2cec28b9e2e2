//! An import job as callers see it.

use serde::Serialize;
use serde_with::skip_serializing_none;

use super::{FAILED_RESULTS, import_address};
use crate::{
    import::{ActionCounts, Import, ImportFile, ImportId, RecordCounts, Tally},
    options::{OnConflict, Unknown},
    owner::Owner,
    report::Report,
    time::time,
};
use records::RecordErrorCode;

/// What stands for the text of an error that may repeat a line's.
const ELSEWHERE: &str = "the job's errors say why";

/// An import job as callers see it.
#[derive(Debug, Serialize)]
pub struct ImportDocument {
    #[serde(flatten)]
    job: Job,
    links: ImportLinks,
}

/// What a job is, wherever it is shown.
#[derive(Debug, Serialize)]
pub(super) struct Job {
    id: ImportId,
    r#type: &'static str,
    attributes: ImportAttributes,
    meta: ImportMeta,
}

#[derive(Debug, Serialize)]
struct ImportAttributes {
    #[serde(skip_serializing_if = "Option::is_none")]
    external_ref: Option<String>,
    status: &'static str,
}

#[skip_serializing_none]
#[derive(Debug, Serialize)]
struct ImportMeta {
    owner: Owner,
    timestamps: ImportTimestamps,
    records: ImportRecords,
    dry_run: Option<bool>,
    on_conflict: Option<OnConflict>,
    unknown: Option<Unknown>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ignored: Vec<String>,
    warnings: Option<u32>,
    failure: Option<ImportFailure>,
    errors: Option<u64>,
    error_counts: Option<ErrorCounts>,
    queue: Option<QueueMeta>,
}

/// Why a job failed as a whole: its first error row in short.
#[derive(Debug, Serialize)]
struct ImportFailure {
    code: RecordErrorCode,
    error: String,
}

/// How many errors are causes of their own, and how many follow from another line's.
#[derive(Debug, Serialize)]
struct ErrorCounts {
    root_causes: u64,
    blocked: u64,
}

/// The queue position of a pending job: 1 is the next to start.
#[derive(Debug, Serialize)]
struct QueueMeta {
    position: u64,
}

/// The counts of a job. A dry run writes nothing, so nothing of it is imported; what could be is shown apart.
#[derive(Debug, Serialize)]
struct ImportRecords {
    uploaded: RecordCounts,
    imported: RecordCounts,
    #[serde(skip_serializing_if = "Option::is_none")]
    importable: Option<RecordCounts>,
    #[serde(flatten)]
    actions: Option<Actions>,
}

/// The counts by what was done or, in a dry run, would be.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Actions {
    Done(ActionCounts),
    Rehearsed { would_create: RecordCounts, would_update: RecordCounts, would_skip: RecordCounts },
}

impl ImportRecords {
    fn new(tally: Tally, dry_run: bool) -> Self {
        let Tally { uploaded, imported, actions, warnings: _ } = tally;
        // A job that ended before actions were counted shows none.
        let actions = Some(actions).filter(|actions| actions.total() == imported.total());
        if dry_run {
            let actions = actions.map(|ActionCounts { created, updated, skipped }| Actions::Rehearsed {
                would_create: created,
                would_update: updated,
                would_skip: skipped,
            });
            Self { uploaded, imported: RecordCounts::default(), importable: Some(imported), actions }
        } else {
            Self { uploaded, imported, importable: None, actions: actions.map(Actions::Done) }
        }
    }
}

#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "the names on the wire")]
struct ImportTimestamps {
    created_at: String,
    updated_at: String,
    started_at: Option<String>,
    finished_at: Option<String>,
    cancel_requested_at: Option<String>,
}

#[skip_serializing_none]
#[derive(Debug, Serialize)]
pub(super) struct ImportLinks {
    #[serde(rename = "self")]
    this: String,
    errors: Option<String>,
    results: Option<String>,
    failed_results: Option<String>,
    failed_lines: Option<String>,
}

impl ImportLinks {
    pub(super) fn new(address: String, has_ended: bool) -> Self {
        let below = |name: &str| has_ended.then(|| format!("{address}/{name}"));
        let (errors, results) = (below("errors"), below("results"));
        let (failed_results, failed_lines) = (below(FAILED_RESULTS), below("failed-lines"));
        Self { this: address, errors, results, failed_results, failed_lines }
    }
}

impl ImportDocument {
    /// Shows a job to a caller who reached the service at `origin`. `position` is a pending job's queue position.
    #[must_use]
    pub fn new(import: Import, position: Option<u64>, origin: &str) -> Self {
        let links = ImportLinks::new(import_address(origin, import.id), import.report.is_some());
        Self { job: Job::new(import, position), links }
    }
}

impl Job {
    /// Leaves out what may repeat the text of a line.
    pub(super) fn without_text(mut self) -> Self {
        self.meta.failure = self.meta.failure.map(|failure| ImportFailure { error: ELSEWHERE.to_owned(), ..failure });
        self
    }

    pub(super) fn new(import: Import, position: Option<u64>) -> Self {
        let counts = |report: &Report| ErrorCounts {
            root_causes: report.errors.saturating_sub(report.blocked),
            blocked: report.blocked,
        };
        let (errors, error_counts, failure) = match import.report {
            Some(report) => (Some(report.errors), Some(counts(&report)), report.failure),
            None => (None, None, None),
        };
        Self {
            id: import.id,
            r#type: "subscription_import",
            attributes: ImportAttributes { external_ref: import.options.external_ref, status: import.status.as_str() },
            meta: ImportMeta {
                owner: import.owner,
                timestamps: ImportTimestamps {
                    created_at: time(import.created_at),
                    updated_at: time(import.updated_at),
                    started_at: import.started_at.map(time),
                    finished_at: import.finished_at.map(time),
                    cancel_requested_at: import.cancel_requested_at.map(time),
                },
                records: ImportRecords::new(import.tally, import.options.dry_run),
                dry_run: import.options.dry_run.then_some(true),
                on_conflict: Some(import.options.on_conflict).filter(|policy| *policy != OnConflict::Fail),
                unknown: Some(import.options.unknown).filter(|unknown| *unknown != Unknown::Warn),
                ignored: import.ignored,
                warnings: Some(import.tally.warnings).filter(|warnings| *warnings > 0),
                failure: failure.map(|failure| ImportFailure { code: failure.code, error: failure.detail() }),
                errors,
                error_counts,
                queue: position.map(|position| QueueMeta { position }),
            },
        }
    }
}

/// What a partner finds beside a dropped file when its job has ended: the job, which file it was, and where the files that
/// say more lie.
#[derive(Debug, Serialize)]
pub struct ReceiptDocument {
    data: Job,
    file: ReceiptFile,
    links: ReceiptLinks,
}

#[derive(Debug, Serialize)]
struct ReceiptFile {
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
}

#[derive(Debug, Serialize)]
struct ReceiptLinks {
    errors: String,
    results: String,
    failed_results: String,
    failed_lines: String,
}

/// What a partner finds beside a dropped file that no job is made of.
#[derive(Debug, Serialize)]
pub struct LeftAsideDocument<'a> {
    left_aside: Reason<'a>,
    file: ReceiptFile,
}

#[derive(Debug, Serialize)]
struct Reason<'a> {
    reason: &'a str,
}

impl<'a> LeftAsideDocument<'a> {
    /// Says why a file is left aside. `address` makes its address for clients of S3.
    #[must_use]
    pub fn new(reason: &'a str, file: &ImportFile, address: impl Fn(&str) -> String) -> Self {
        Self { left_aside: Reason { reason }, file: ReceiptFile::new(file, address) }
    }
}

impl ReceiptFile {
    fn new(file: &ImportFile, address: impl Fn(&str) -> String) -> Self {
        Self { url: address(&file.key), version: file.version.clone() }
    }
}

impl ReceiptDocument {
    /// Shows an ended job to whoever dropped its file. `address` makes a file's address for clients of S3. `None` when the
    /// job has not ended.
    #[must_use]
    pub fn new(import: Import, address: impl Fn(&str) -> String) -> Option<Self> {
        let prefix = &import.report.as_ref()?.prefix;
        let links = ReceiptLinks {
            errors: address(&Report::errors_key(prefix)),
            results: address(&Report::results_key(prefix)),
            failed_results: address(&Report::failed_results_key(prefix)),
            failed_lines: address(&Report::failed_lines_key(prefix)),
        };
        let file = ReceiptFile::new(&import.file, &address);
        Some(Self { data: Job::new(import, None), file, links })
    }
}

//! What the API answers, as much of it as a caller needs. Keys that are not known here are kept in [`Job::document`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How far an import job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pending,
    Started,
    Success,
    Failed,
}

/// An import job.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Value")]
pub struct Job {
    pub id: String,
    pub status: Status,
    pub external_ref: Option<String>,
    /// When it was made, in RFC 3339.
    pub created_at: String,
    pub records: Records,
    pub dry_run: bool,
    /// The option by that name, where it is not what it is without one.
    pub on_conflict: Option<String>,
    /// As [`Self::on_conflict`].
    pub unknown: Option<String>,
    /// How many lines were imported with something to be said of them.
    pub warnings: u64,
    /// Why it failed as a whole.
    pub failure: Option<Failure>,
    /// There once it has ended.
    pub error_counts: Option<ErrorCounts>,
    /// How many-th it is of those that wait.
    pub queue_position: Option<u64>,
    /// What meant nothing of what came with its file.
    pub ignored: Vec<String>,
    /// The job as the API answered it.
    pub document: Value,
}

impl Job {
    /// Whether it has ended: then it never changes again.
    #[must_use]
    pub fn ended(&self) -> bool {
        matches!(self.status, Status::Success | Status::Failed)
    }

    /// How many lines came through; of a dry run, would.
    #[must_use]
    pub fn imported(&self) -> u64 {
        self.records.importable.as_ref().unwrap_or(&self.records.imported).values().sum()
    }

    /// How many lines were JSON of a known type.
    #[must_use]
    pub fn uploaded(&self) -> u64 {
        self.records.uploaded.values().sum()
    }

    /// How many errors its lines have.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.error_counts.map_or(0, |counts| counts.root_causes + counts.blocked)
    }
}

impl TryFrom<Value> for Job {
    type Error = serde_json::Error;

    fn try_from(document: Value) -> Result<Self, Self::Error> {
        let wire = Wire::deserialize(&document)?;
        let (attributes, meta) = (wire.attributes, wire.meta);
        Ok(Self {
            id: wire.id,
            status: attributes.status,
            external_ref: attributes.external_ref,
            created_at: meta.timestamps.created_at,
            records: meta.records,
            dry_run: meta.dry_run,
            on_conflict: meta.on_conflict,
            unknown: meta.unknown,
            warnings: meta.warnings,
            failure: meta.failure,
            error_counts: meta.error_counts,
            queue_position: meta.queue.map(|queue| queue.position),
            ignored: meta.ignored,
            document,
        })
    }
}

impl Serialize for Job {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document.serialize(serializer)
    }
}

#[derive(Deserialize)]
struct Wire {
    id: String,
    attributes: Attributes,
    meta: Meta,
}

#[derive(Deserialize)]
struct Attributes {
    external_ref: Option<String>,
    status: Status,
}

#[derive(Deserialize)]
struct Meta {
    timestamps: Timestamps,
    records: Records,
    #[serde(default)]
    dry_run: bool,
    on_conflict: Option<String>,
    unknown: Option<String>,
    #[serde(default)]
    warnings: u64,
    failure: Option<Failure>,
    error_counts: Option<ErrorCounts>,
    queue: Option<Queue>,
    #[serde(default)]
    ignored: Vec<String>,
}

#[derive(Deserialize)]
struct Timestamps {
    created_at: String,
}

#[derive(Deserialize)]
struct Queue {
    position: u64,
}

/// How many records of each type.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Records {
    pub uploaded: BTreeMap<String, u64>,
    pub imported: BTreeMap<String, u64>,
    /// Of a dry run: what a run that writes would import.
    pub importable: Option<BTreeMap<String, u64>>,
    /// Of those that were imported, or would be: what was stored already and stays as it is.
    #[serde(alias = "would_skip", default)]
    pub skipped: BTreeMap<String, u64>,
}

/// Why a job failed as a whole.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Failure {
    pub code: String,
    pub error: String,
}

/// A job's errors by what caused them.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct ErrorCounts {
    /// To be mended where they stand.
    pub root_causes: u64,
    /// Gone once the errors of another line are.
    pub blocked: u64,
}

/// The newest jobs of those that were asked for.
#[derive(Debug)]
pub struct Jobs {
    pub jobs: Vec<Job>,
    /// How many there are, where that is known without reading on.
    pub total: Option<u64>,
}

/// The first errors of a job.
#[derive(Debug)]
pub struct Errors {
    pub rows: Vec<ErrorRow>,
    /// How many there are.
    pub total: u64,
}

/// One thing wrong with one line.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ErrorRow {
    /// From 1; 0 is the file as a whole.
    pub line_number: u64,
    pub external_ref: Option<String>,
    #[serde(default)]
    pub field: String,
    #[serde(default)]
    pub code: String,
    pub error: String,
    /// The line whose failure caused this one.
    pub blocked_by: Option<u64>,
}

/// What became of one line.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ResultLine {
    /// From 1, blank lines counted.
    pub line: u64,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub external_ref: Option<String>,
    pub id: Option<String>,
    pub action: String,
    #[serde(default)]
    pub errors: Vec<LineError>,
    #[serde(default)]
    pub warnings: Vec<LineWarning>,
    /// The line itself; of failed lines alone.
    pub text: Option<String>,
    /// How `text` differs from the line.
    pub text_note: Option<String>,
}

/// One thing wrong with a line.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct LineError {
    pub code: String,
    pub field: String,
    pub error: String,
    pub blocked_by: Option<u64>,
}

/// One thing to be said of a line that was imported.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct LineWarning {
    pub code: String,
    pub field: String,
    pub warning: String,
}

//! A job in a few lines.

use std::fmt::Write as _;

use client::{Job, Status};
use records::RecordType;

use crate::exit::{Exit, of_job};

/// How a job is called in a word. One with a refused line is no success.
pub(crate) fn status(job: &Job) -> &'static str {
    match job.status {
        Status::Pending => "pending",
        Status::Started => "started",
        Status::Success if of_job(job) == Exit::Refused => "partial",
        Status::Success => "success",
        Status::Failed => "failed",
    }
}

/// What a job is, and how many lines of each type it has brought through.
pub(crate) fn of(job: &Job) -> String {
    let rehearsal = if job.dry_run { ", a dry run: nothing is written" } else { "" };
    let mut text = format!("Import {}: {}{rehearsal}", job.id, status(job));
    if let Some(position) = job.queue_position {
        let _ = write!(text, ", {position} in the queue");
    }
    let imported = if job.dry_run { "importable" } else { "imported" };
    let came_through = job.records.importable.as_ref().unwrap_or(&job.records.imported);
    let row = |name: &str, uploaded: u64, came: u64| format!("\n  {name:<24}{uploaded:>9}{came:>12}");
    let mut rows = String::new();
    for kind in RecordType::ALL.iter().map(|kind| kind.as_str()) {
        let count = |of: &std::collections::BTreeMap<String, u64>| of.get(kind).copied().unwrap_or_default();
        if count(&job.records.uploaded) > 0 {
            rows += &row(kind, count(&job.records.uploaded), count(came_through));
        }
    }
    if !rows.is_empty() {
        let _ = write!(text, "\n  {:<24}{:>9}{imported:>12}{rows}", "", "uploaded");
        text += &row("all", job.uploaded(), job.imported());
    }
    if job.warnings > 0 {
        let lines = if job.warnings == 1 { "1 line" } else { &format!("{} lines", job.warnings) };
        let _ = write!(text, "\n{lines} came through with a warning");
    }
    if !job.ignored.is_empty() {
        let _ = write!(text, "\nnothing reads what came with the file as {}", job.ignored.join(", "));
    }
    if let Some(failure) = &job.failure {
        let _ = write!(text, "\nIt failed as a whole: {}", failure.error);
    }
    text
}

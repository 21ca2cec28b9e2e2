//! What an ended job tells, read back from its report and held against the objects.

use std::collections::BTreeMap;

use imports::{
    import::{Import, ImportStatus},
    report::{Action, Report, UNCLAIMED},
};
use records::{RecordErrorCode, RecordId};
use serde_json::Value;
use twins::{MemoryFiles, MemoryRecords};

/// A line of the results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReportedLine {
    pub(crate) line: u64,
    pub(crate) action: String,
    pub(crate) id: Option<RecordId>,
    errors: usize,
}

/// Why a job ended without a word on its lines: it could not be tried.
const UNTRIED: [RecordErrorCode; 5] = [
    RecordErrorCode::Superseded,
    RecordErrorCode::FileMissing,
    RecordErrorCode::FileEmpty,
    RecordErrorCode::FileTooLarge,
    RecordErrorCode::FileUnreadable,
];

/// Whether the job was ended before it had gone over its lines.
pub(crate) fn is_untried(import: &Import) -> bool {
    let Some(report) = &import.report else { return true };
    report.failure.as_ref().is_some_and(|failure| UNTRIED.contains(&failure.code)) || is_unclaimed(import)
}

/// Whether the job was cancelled before any worker had it.
pub(crate) fn is_unclaimed(import: &Import) -> bool {
    let unclaimed = Report::prefix(&import.store, import.id, UNCLAIMED);
    import.report.as_ref().is_some_and(|report| report.prefix == unclaimed)
}

/// Whether the job gave way to a later put of its file.
pub(crate) fn is_superseded(import: &Import) -> bool {
    failed_with(import, RecordErrorCode::Superseded)
}

/// Whether the service gave the job up, for whatever reason.
pub(crate) fn is_given_up(import: &Import) -> bool {
    failed_with(import, RecordErrorCode::GivenUp)
}

/// Whether the service gave the job up and could not even tell what became of its lines.
pub(crate) fn is_unreported(files: &MemoryFiles, import: &Import) -> bool {
    is_given_up(import) && results(files, import).is_ok_and(|results| results.is_empty())
}

pub(crate) fn is_cancelled(import: &Import) -> bool {
    failed_with(import, RecordErrorCode::Cancelled)
}

fn failed_with(import: &Import, code: RecordErrorCode) -> bool {
    import.report.as_ref().and_then(|report| report.failure.as_ref()).is_some_and(|failure| failure.code == code)
}

fn rows(files: &MemoryFiles, key: &str) -> Result<Vec<Value>, String> {
    let file = files.content(key).ok_or_else(|| format!("{key} is missing"))?;
    let rows = file.split(|byte| *byte == b'\n').filter(|row| !row.is_empty()).map(serde_json::from_slice);
    rows.collect::<Result<_, _>>().map_err(|error| format!("{key}: {error}"))
}

/// The results of a job.
pub(crate) fn results(files: &MemoryFiles, import: &Import) -> Result<Vec<ReportedLine>, String> {
    let report = import.report.as_ref().ok_or("no report")?;
    let line = |row: Value| ReportedLine {
        line: row["line"].as_u64().unwrap_or_default(),
        action: row["action"].as_str().unwrap_or_default().to_owned(),
        id: row["id"].as_str().and_then(RecordId::parse),
        errors: row["errors"].as_array().map(Vec::len).unwrap_or_default(),
    };
    Ok(rows(files, &Report::results_key(&report.prefix))?.into_iter().map(line).collect())
}

/// Checks that a job that has just ended tells everything of its `lines`, and nothing but what is there. One that is given up
/// may leave them unreported, where that is so.
pub(crate) fn check(
    files: &MemoryFiles,
    records: &MemoryRecords,
    import: &Import,
    lines: &[u64],
    may_be_unreported: bool,
) -> Result<(), String> {
    let report = import.report.as_ref().ok_or("a terminal status without a report")?;
    let results = results(files, import)?;
    check_rows(files, import, &results)?;
    let numbers: Vec<u64> = results.iter().map(|line| line.line).collect();
    let is_unreported = may_be_unreported && is_unreported(files, import);
    if is_untried(import) || is_unreported {
        ensure(numbers.is_empty(), || format!("untried, and yet it tells of lines {numbers:?}"))?;
    } else {
        ensure(numbers == lines, || format!("it tells of lines {numbers:?}, the file has {lines:?}"))?;
    }
    let imported = results.iter().filter(|line| line.action != "failed").count();
    let tally = &import.tally;
    let counted = usize::try_from(tally.imported.total()).unwrap();
    ensure(imported == counted || is_unreported, || format!("{imported} lines imported, {counted} counted"))?;
    let actions = tally.actions;
    let counts = [actions.created, actions.updated, actions.skipped];
    for (action, counts) in Action::ALL.iter().zip(counts) {
        let action = if import.options.dry_run { action.in_dry_run() } else { (*action).into() };
        let (lines, counted) = (results.iter().filter(|line| line.action == action).count(), counts.total());
        ensure(u32::try_from(lines) == Ok(counted) || is_unreported, || {
            format!("{lines} lines {action}, {counted} counted")
        })?;
    }
    ensure(tally.uploaded.total() >= tally.imported.total(), || "more imported than uploaded".to_owned())?;
    let is_success = import.status == ImportStatus::Success;
    ensure(is_success == report.failure.is_none(), || format!("{:?} with {:?}", import.status, report.failure))?;
    if is_unreported { Ok(()) } else { check_objects(records, import, &results) }
}

fn check_rows(files: &MemoryFiles, import: &Import, results: &[ReportedLine]) -> Result<(), String> {
    let report = import.report.as_ref().ok_or("no report")?;
    let rows = rows(files, &Report::errors_key(&report.prefix))?;
    let index = files.content(&Report::errors_index_key(&report.prefix)).ok_or("no index")?;
    files.content(&Report::failed_lines_key(&report.prefix)).ok_or("no failed lines")?;
    let with_text = self::rows(files, &Report::failed_results_key(&report.prefix))?;
    let failed = results.iter().filter(|line| line.action == "failed").map(|line| Some(line.line));
    let is_same = with_text.iter().map(|row| row["line"].as_u64()).eq(failed);
    ensure(is_same, || "the failed lines with their text are others".to_owned())?;
    ensure(index.len() == 8 * rows.len(), || "the index is of other rows".to_owned())?;
    let total = u64::try_from(rows.len() + usize::from(report.failure.is_some())).unwrap();
    ensure(total == report.errors, || format!("{total} error rows, {} reported", report.errors))?;
    let mut of_line = BTreeMap::new();
    for row in &rows {
        *of_line.entry(row["meta"]["line_number"].as_u64().unwrap_or_default()).or_insert(0) += 1;
    }
    let failed = results.iter().filter(|line| line.action == "failed");
    let reported: BTreeMap<u64, usize> = failed.map(|line| (line.line, line.errors)).collect();
    ensure(reported == of_line && reported.values().all(|errors| *errors > 0), || "rows and results differ".to_owned())
}

fn check_objects(records: &MemoryRecords, import: &Import, results: &[ReportedLine]) -> Result<(), String> {
    let mut stored = BTreeMap::new();
    records.each(|record| {
        stored.insert(record.id, (record.import_id, u64::from(record.line)));
    });
    let mut written = BTreeMap::new();
    for line in results.iter().filter(|line| line.action != "failed") {
        let id = line.id.ok_or_else(|| format!("line {} is imported without an id", line.line))?;
        if line.action == "skipped" {
            let there = stored.get(&id);
            let is_other = there.is_some_and(|(job, _)| *job != import.id);
            ensure(is_other, || format!("line {} skipped for {there:?}", line.line))?;
        } else if !import.options.dry_run {
            written.insert(id, (import.id, line.line));
        }
    }
    stored.retain(|_, (job, _)| *job == import.id);
    ensure(written == stored, || format!("reported as written {written:?}, stored {stored:?}"))
}

pub(crate) fn ensure(holds: bool, problem: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(problem()) }
}

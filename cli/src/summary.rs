//! A job in a few lines.

use std::{collections::BTreeMap, fmt::Write as _, iter};

use client::{Job, Status};
use findings::{Kind, Row, wrap};
use records::RecordType;

use crate::exit::{Exit, of_job};

/// What a job is called of which some lines were refused; for the service it is one of success.
pub(crate) const PARTIAL: &str = "partial";
pub(crate) const SUCCESS: &str = "success";

/// How a job is called in a word. One with a refused line is no success.
pub(crate) fn status(job: &Job) -> &'static str {
    match job.status {
        Status::Pending => "pending",
        Status::Started => "started",
        Status::Success if of_job(job) == Exit::Refused => PARTIAL,
        Status::Success => SUCCESS,
        Status::Failed => "failed",
    }
}

/// How many of the refused lines are of no type that is known: the job itself counts them nowhere.
pub(crate) fn untyped(rows: &[Row<'_>]) -> u64 {
    let lines = rows.chunk_by(|before, row| before.line == row.line).filter_map(|line| line.first());
    let untyped = lines.filter(|row| row.kind == Kind::Error && row.line > 0 && row.r#type.is_none());
    u64::try_from(untyped.count()).unwrap_or(u64::MAX)
}

/// The lines of a type, or of all, by what became of them: those that were read are the sum of the others once the job has ended.
#[derive(Clone, Copy, Default)]
struct Lines {
    read: u64,
    imported: u64,
    skipped: u64,
}

impl Lines {
    fn of(job: &Job, kind: &str) -> Self {
        let count = |of: &BTreeMap<String, u64>| of.get(kind).copied().unwrap_or_default();
        let came_through = count(job.records.importable.as_ref().unwrap_or(&job.records.imported));
        let skipped = count(&job.records.skipped);
        Self { read: count(&job.records.uploaded), imported: came_through.saturating_sub(skipped), skipped }
    }

    fn and(self, other: Self) -> Self {
        Self {
            read: self.read + other.read,
            imported: self.imported + other.imported,
            skipped: self.skipped + other.skipped,
        }
    }

    fn refused(self) -> u64 {
        self.read.saturating_sub(self.imported + self.skipped)
    }
}

const fn imported(job: &Job) -> &'static str {
    if job.dry_run { "importable" } else { "imported" }
}

/// How wide the table is with all its columns.
const TABLE: usize = 65;

/// The lines of each type. What none is, such as skipped ones, has no column. Where a table has no room they are sentences.
fn table(job: &Job, untyped: u64, columns: usize) -> String {
    let types = RecordType::ALL.iter().map(|kind| kind.as_str()).map(|kind| (kind, Lines::of(job, kind)));
    let untyped = ("of no known type", Lines { read: untyped, ..Lines::default() });
    let rows: Vec<_> = types.chain(iter::once(untyped)).filter(|(_, lines)| lines.read > 0).collect();
    if rows.is_empty() {
        return String::new();
    }
    let all = rows.iter().fold(Lines::default(), |all, (_, lines)| all.and(*lines));
    let (has_skipped, has_refused) = (all.skipped > 0, job.ended() && all.refused() > 0);
    if columns < TABLE {
        let told = |count: u64, what: &str| if count > 0 { format!(", {count} {what}") } else { String::new() };
        return rows.into_iter().chain([("all", all)]).fold(String::new(), |text, (name, lines)| {
            let refused = if job.ended() { told(lines.refused(), "refused") } else { String::new() };
            let came = format!("{}{}{refused}", told(lines.imported, imported(job)), told(lines.skipped, "skipped"));
            text + "\n" + &wrap(&format!("{name}: {} uploaded{came}", lines.read), columns)
        });
    }
    let column = |is_there: bool, text: &str| if is_there { format!("{text:>9}") } else { String::new() };
    let imported = imported(job);
    let (skipped, refused) = (column(has_skipped, "skipped"), column(has_refused, "refused"));
    let mut table = format!("\n  {:<24}{:>9}{imported:>12}{skipped}{refused}", "", "uploaded");
    for (name, lines) in rows.into_iter().chain([("all", all)]) {
        let skipped = column(has_skipped, &lines.skipped.to_string());
        let refused = column(has_refused, &lines.refused().to_string());
        let _ = write!(table, "\n  {name:<24}{:>9}{:>12}{skipped}{refused}", lines.read, lines.imported);
    }
    table
}

/// What a job is, and what became of the lines of each type; `untyped` of the refused ones are of none.
pub(crate) fn of(job: &Job, untyped: u64, columns: usize) -> String {
    let rehearsal = if job.dry_run { ", a dry run: nothing is written" } else { "" };
    let mut text = format!("Import {}: {}{rehearsal}", job.id, status(job));
    if let Some(position) = job.queue_position {
        let _ = write!(text, ", {position} in the queue");
    }
    text += &table(job, untyped, columns);
    let lines = if job.warnings == 1 { "1 line" } else { &format!("{} lines", job.warnings) };
    let warned = format!("{lines} came through with a warning");
    let ignored = format!("nothing reads what came with the file as {}", job.ignored.join(", "));
    let said = [
        (job.warnings > 0).then_some(warned),
        (!job.ignored.is_empty()).then_some(ignored),
        job.failure.as_ref().map(|failure| format!("It failed as a whole: {}", failure.error)),
    ];
    said.into_iter().flatten().fold(text, |text, sentence| text + "\n" + &wrap(&sentence, columns))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn job(status: &str, records: &Value) -> Job {
        let meta = json!({"timestamps": {"created_at": ""}, "records": records,
            "error_counts": {"root_causes": 9, "blocked": 0}});
        serde_json::from_value(json!({"id": "0f4c", "attributes": {"status": status}, "meta": meta})).unwrap()
    }

    #[test]
    fn what_was_uploaded_is_the_sum_of_what_became_of_it() {
        let records = json!({
            "uploaded": {"subscription_product": 12, "subscription_plan": 3, "subscription": 0},
            "imported": {"subscription_product": 9, "subscription_plan": 3},
            "skipped": {"subscription_product": 4, "subscription_plan": 0},
        });
        let table = |text: String| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>().join("\n");
        insta::assert_snapshot!(table(of(&job("success", &records), 2, 80)), @"
                                   uploaded    imported  skipped  refused
          subscription_product           12           5        4        3
          subscription_plan               3           3        0        0
          of no known type                2           0        0        2
          all                            17           8        4        5
        ");
        insta::assert_snapshot!(table(of(&job("success", &records), 2, 40)), @"
        subscription_product: 12 uploaded, 5
        imported, 4 skipped, 3 refused
        subscription_plan: 3 uploaded, 3
        imported
        of no known type: 2 uploaded, 2 refused
        all: 17 uploaded, 8 imported, 4 skipped,
        5 refused
        ");
        // While it runs nobody knows how many will be refused.
        let records = json!({"uploaded": {"subscription_plan": 3}, "imported": {"subscription_plan": 1}});
        insta::assert_snapshot!(table(of(&job("started", &records), 0, 80)), @"
                                   uploaded    imported
          subscription_plan               3           1
          all                             3           1
        ");
        let records = json!({"uploaded": {"subscription_plan": 3}, "imported": {}, "importable": {"subscription_plan": 2},
            "would_skip": {"subscription_plan": 2}});
        let text = of(&job("success", &records), 0, 80);
        assert!(
            text.contains("skipped  refused")
                && text.ends_with("all                             3           0        2        1"),
            "{text}"
        );
    }

    #[test]
    fn lines_of_no_known_type_are_counted_once_each() {
        let row = |line, kind: Option<&'static str>| Row {
            kind: Kind::Error,
            line,
            r#type: kind.map(Into::into),
            external_ref: None,
            code: "not_json".into(),
            field: "".into(),
            error: "".into(),
            blocked_by: None,
            kept_line: None,
            bytes: None,
        };
        let plan = Some("subscription_plan");
        assert_eq!(untyped(&[row(0, None), row(2, None), row(2, None), row(3, plan), row(7, None)]), 2);
    }
}

//! Lists jobs.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use clap::Args;
use client::{Job, Jobs, MOST_LISTED};
use findings::wrap_around;
use serde_json::json;

use crate::{
    Global,
    checked::quoted,
    error::Error,
    exit::Exit,
    output::Output,
    session::{Session, short},
    summary::{PARTIAL, SUCCESS, status},
};

const EXAMPLES: &str = "  imports list
  imports list --status failed partial --since 2d
  imports list --external-ref nightly --limit 3 --json";

/// Lists import jobs, newest first.
#[derive(Debug, Args)]
#[command(after_help = Exit::help(EXAMPLES))]
pub(crate) struct List {
    /// Of pending, started, success, partial, failed.
    #[arg(long, value_name = "STATUS", num_args = 1.., value_parser = ["pending", "started", SUCCESS, PARTIAL, "failed"], hide_possible_values = true)]
    status: Vec<String>,
    /// Only those made since: 2d ago, or 2026-01-31.
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<DateTime<Utc>>,
    /// Only those of this name.
    #[arg(long, value_name = "NAME")]
    external_ref: Option<String>,
    /// How many at most.
    #[arg(long, value_name = "COUNT", default_value_t = 25, value_parser = clap::value_parser!(u64).range(1..=MOST_LISTED))]
    limit: u64,
    /// As many as the service lists: the newest 10,100.
    #[arg(long, conflicts_with = "limit")]
    all: bool,
}

/// Reads a day, a time, or how long ago.
fn since(text: &str) -> Result<DateTime<Utc>, String> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.to_utc());
    }
    if let Some(time) = text.parse::<NaiveDate>().ok().and_then(|day| day.and_hms_opt(0, 0, 0)) {
        return Ok(time.and_utc());
    }
    let ago = humantime::parse_duration(text).ok().and_then(|ago| TimeDelta::from_std(ago).ok());
    let time = ago.and_then(|ago| Utc::now().checked_sub_signed(ago));
    time.ok_or_else(|| "write a day (2026-01-31), a time (2026-01-31T08:00:00Z), or how long ago (2d)".to_owned())
}

impl List {
    pub(crate) fn run(self, global: &Global, output: Output) -> Result<Exit, Error> {
        Session::run(global, output, |session| async move {
            let limit = if self.all { MOST_LISTED } else { self.limit };
            let is_wanted = |job: &Job| self.status.iter().any(|word| word == status(job));
            // For the service both are `success`: where one is asked for, it is looked for here.
            let tells_apart = self.asks_for(SUCCESS) != self.asks_for(PARTIAL);
            let is_wanted: Option<&(dyn Fn(&Job) -> bool + Send + Sync)> = tells_apart.then_some(&is_wanted);
            let jobs = session.client.list(self.filter().as_deref(), limit, is_wanted).await;
            let jobs = jobs.map_err(|error| session.failed(&error))?;
            if output.json {
                return output.document(json!({"jobs": jobs.jobs, "total": jobs.total}), Exit::Success);
            }
            let text = if jobs.jobs.is_empty() {
                "There is no such job.\n".to_owned()
            } else {
                table(&jobs.jobs, output.columns) + &wrap_around(&self.rest(&session, &jobs, limit), output.columns)
            };
            output.answer(&text).map(|()| Exit::Success)
        })
    }

    fn asks_for(&self, word: &str) -> bool {
        self.status.iter().any(|status| status == word)
    }

    /// Says that there are more than are shown, and how to see them.
    fn rest(&self, session: &Session, jobs: &Jobs, limit: u64) -> String {
        let shown = u64::try_from(jobs.jobs.len()).unwrap_or(u64::MAX);
        let of = match jobs.total {
            Some(total) if total <= shown => return String::new(),
            Some(total) => format!("{shown} of {total} jobs."),
            None if shown < limit => format!("{shown} jobs among the newest {MOST_LISTED}."),
            None => format!("The newest {shown} jobs; there may be more."),
        };
        let words = self.words();
        if limit == MOST_LISTED {
            return format!("{of} The service lists no more: ask for fewer with --status, --since, --external-ref.\n");
        }
        format!("{of} To see all, type:\n  {}\n", session.command(&format!("list --all{words}")))
    }

    /// What was asked for, as it is typed.
    fn words(&self) -> String {
        let since = self.since.map(|since| since.to_rfc3339_opts(SecondsFormat::Secs, true));
        let status = (!self.status.is_empty()).then(|| self.status.join(" "));
        let name = self.external_ref.as_deref().map(quoted);
        let all = [("status", status), ("since", since), ("external-ref", name)];
        all.into_iter().filter_map(|(name, value)| Some(format!(" --{name} {}", value?))).collect()
    }

    fn filter(&self) -> Option<String> {
        let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let since = self.since.map(|since| since.to_rfc3339_opts(SecondsFormat::Micros, true));
        let of_service = |word: &str| if word == PARTIAL { SUCCESS.to_owned() } else { word.to_owned() };
        let statuses: BTreeSet<_> = self.status.iter().map(|word| of_service(word)).collect();
        let statuses: Vec<_> = statuses.into_iter().collect();
        let conditions: Vec<_> = [
            (!statuses.is_empty()).then(|| format!("in(status,{})", statuses.join(","))),
            self.external_ref.as_deref().map(|name| format!("eq(external_ref,{})", quoted(name))),
            since.map(|since| format!("ge(created_at,{since})")),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!conditions.is_empty()).then(|| conditions.join(":"))
    }
}

/// The jobs, a line each, within so many columns.
fn table(jobs: &[Job], columns: usize) -> String {
    let head = format!("{:<9} {:<8} {:<20} {:>15} {:>7}  name", "job", "status", "made", "came through", "errors");
    let mut text = console::truncate_str(&head, columns, "…").into_owned() + "\n";
    for job in jobs {
        let made = job.created_at.get(..19).unwrap_or(&job.created_at).replace('T', " ");
        let came = format!("{} of {}", job.imported(), job.uploaded());
        let errors = if job.ended() { job.errors().to_string() } else { String::new() };
        let name = job.external_ref.as_deref().unwrap_or_default();
        let dry = if job.dry_run { "(dry run) " } else { "" };
        let row = format!("{:<9} {:<8} {made:<20} {came:>15} {errors:>7}  {dry}{name}", short(&job.id), status(job));
        // Names are whatever somebody wrote.
        let shown: String = row.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        text += console::truncate_str(shown.trim_end(), columns, "…").as_ref();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_joined_and_names_quoted() {
        let list = List {
            status: vec!["failed".into(), "success".into(), "partial".into()],
            since: since("2026-01-31").ok(),
            external_ref: Some("a \"b\", c".into()),
            limit: 1,
            all: false,
        };
        let filter =
            r#"in(status,failed,success):eq(external_ref,"a \"b\", c"):ge(created_at,2026-01-31T00:00:00.000000Z)"#;
        assert_eq!(list.filter().as_deref(), Some(filter));
        assert!(since("2d").unwrap() < Utc::now() - TimeDelta::hours(47));
        assert!(since("yesterday").is_err());
    }
}

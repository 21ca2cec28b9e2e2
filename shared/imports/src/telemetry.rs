//! Metrics: one line of JSON in the log for each job that has ended, in CloudWatch's embedded metric format, from which
//! CloudWatch makes numbers to draw and to raise alarms on. They are summed over all stores: no store, no name, no id of an
//! object is a dimension.
//!
//! The line is written to standard output as it is and not through `tracing`: the format wants its `_aws` at the top of the
//! line, and a log event keeps its fields one level down.

use std::io::Write;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::{Value, json};
use strum::{IntoStaticStr, VariantArray};

use crate::{
    import::{Import, ImportId},
    used::Used,
};
use records::{RecordError, RecordErrorCode};

/// Where CloudWatch files the metrics.
pub const NAMESPACE: &str = "SubscriptionsImport";

/// The dimension that separates the stacks of one account.
pub const STACK: &str = "Stack";

/// The dimension that says how jobs ended.
pub const OUTCOME: &str = "Outcome";

/// What the metrics of one stack are filed under.
const BY_STACK: &[&str] = &[STACK];
const BY_OUTCOME: &[&str] = &[STACK, OUTCOME];

/// A metric: its name, its unit in CloudWatch's words, and under which sets of dimensions it is filed. Each set costs as much
/// as another metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    pub name: &'static str,
    pub unit: &'static str,
    pub dimensions: &'static [&'static [&'static str]],
    value: fn(&Told<'_>) -> Option<Value>,
}

/// What a line of metrics tells of.
enum Told<'a> {
    Job(&'a EndedJob),
    /// A claim that ended before its job did.
    Claim(&'a Work),
    StrayFile,
}

impl Told<'_> {
    fn job(&self) -> Option<&EndedJob> {
        if let Self::Job(job) = self { Some(job) } else { None }
    }

    fn run(&self) -> Option<&Run> {
        self.job()?.run.as_ref()
    }

    fn work(&self) -> Option<&Work> {
        if let Self::Claim(work) = self { Some(work) } else { Some(&self.run()?.work) }
    }
}

const fn count(name: &'static str, value: fn(&Told<'_>) -> Option<Value>) -> Metric {
    Metric { name, unit: "Count", dimensions: &[BY_STACK], value }
}

const fn time(name: &'static str, value: fn(&Told<'_>) -> Option<Value>) -> Metric {
    Metric { name, unit: "Milliseconds", dimensions: &[BY_STACK], value }
}

/// Every metric there is. Each line has those of what it tells of.
pub const METRICS: [Metric; 12] = [
    Metric { dimensions: &[BY_STACK, BY_OUTCOME], ..count("JobsFinished", |told| told.job().map(|_| 1.into())) },
    count("RecordsUploaded", |told| Some(told.job()?.uploaded.into())),
    count("RecordsImported", |told| Some(told.job()?.imported.into())),
    count("RecordsFailed", |told| Some(told.job()?.failed.into())),
    count("Attempts", |told| Some(told.run()?.attempts.into())),
    time("QueueAge", |told| Some(milliseconds(told.run()?.created_at, told.run()?.started_at))),
    time("JobDuration", |told| Some(milliseconds(told.run()?.started_at, told.job()?.finished_at))),
    // What a claim came to: a job that was handed over has several, which add up.
    count("WriteUnits", |told| Some(told.work()?.used.write_units.into())),
    count("ReadUnits", |told| Some(told.work()?.used.read_units.into())),
    count("DatabaseCalls", |told| Some(told.work()?.used.calls.into())),
    time("WorkerTime", |told| Some(told.work()?.time.num_milliseconds().into())),
    count("StrayFiles", |told| matches!(told, Told::StrayFile).then(|| 1.into())),
];

/// The time between two clocks' readings, which need not agree.
fn milliseconds(from: DateTime<Utc>, to: DateTime<Utc>) -> Value {
    (to - from).num_milliseconds().max(0).into()
}

/// How a job ended, for metrics. Of a failed job the file or its options are to blame, of one given up the service. A cancelled
/// job did not fail, nor one that gave way to a later put of its file.
#[derive(Clone, Copy, Debug, IntoStaticStr, VariantArray, PartialEq, Eq)]
#[strum(serialize_all = "snake_case")]
pub enum JobOutcome {
    Success,
    Failed,
    GivenUp,
    Cancelled,
}

impl JobOutcome {
    /// Every way to end.
    pub const ALL: &[Self] = Self::VARIANTS;

    /// How a job ended, by what there is to say of its file as a whole.
    #[must_use]
    pub fn of(failure: Option<&RecordError>) -> Self {
        match failure.map(|failure| failure.code) {
            None => Self::Success,
            Some(RecordErrorCode::Cancelled | RecordErrorCode::Superseded) => Self::Cancelled,
            Some(RecordErrorCode::GivenUp) => Self::GivenUp,
            Some(_) => Self::Failed,
        }
    }

    /// The dimension's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A job that has ended.
#[derive(Clone, Copy, Debug)]
pub struct EndedJob {
    pub id: ImportId,
    pub outcome: JobOutcome,
    pub uploaded: u32,
    /// How many records were written: none in a dry run.
    pub imported: u32,
    /// How many lines were tried or refused and not imported.
    pub failed: u32,
    pub run: Option<Run>,
    pub finished_at: DateTime<Utc>,
}

/// That a job was run.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// How many claims it took.
    pub attempts: u32,
    pub created_at: DateTime<Utc>,
    /// When the first claim began.
    pub started_at: DateTime<Utc>,
    /// What the last claim came to.
    pub work: Work,
}

/// What a claim came to.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    pub used: Used,
    /// How long it held its worker.
    pub time: TimeDelta,
}

impl Run {
    /// The run of a job that a worker holds.
    #[must_use]
    pub fn of(import: &Import, attempts: u32, work: Work) -> Option<Self> {
        import.started_at.map(|started_at| Self { attempts, created_at: import.created_at, started_at, work })
    }
}

/// A line of the log from which CloudWatch reads metrics.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(rename = "_aws")]
    aws: Value,
    #[serde(rename = "Stack")]
    stack: &'a str,
    #[serde(rename = "Outcome", skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    #[serde(flatten)]
    values: serde_json::Map<String, Value>,
    #[serde(rename = "import.id", skip_serializing_if = "Option::is_none")]
    id: Option<ImportId>,
}

/// Sends metrics.
#[derive(Clone, Debug)]
pub struct Telemetry {
    stack: String,
    write: fn(&str),
}

impl Telemetry {
    /// Sends the metrics of the stack of that name, line by line.
    #[must_use]
    pub const fn new(stack: String, write: fn(&str)) -> Self {
        Self { stack, write }
    }

    /// Sends that a file lies in no store's folder.
    pub fn stray_file(&self, now: DateTime<Utc>) {
        self.send(&Told::StrayFile, None, now);
    }

    /// Sends what a claim came to whose job goes on.
    pub fn claim_ended(&self, id: ImportId, work: &Work, now: DateTime<Utc>) {
        self.send(&Told::Claim(work), Some(id), now);
    }

    /// Sends the metrics of a job that has ended. A job whose function dies between its end and this call goes uncounted.
    pub fn job_ended(&self, job: &EndedJob) {
        self.send(&Told::Job(job), Some(job.id), job.finished_at);
    }

    fn send(&self, told: &Told<'_>, id: Option<ImportId>, now: DateTime<Utc>) {
        let values: Vec<(Metric, Value)> =
            METRICS.into_iter().filter_map(|metric| Some((metric, (metric.value)(told)?))).collect();
        let filed = values.chunk_by(|(one, _), (next, _)| one.dimensions == next.dimensions).map(|metrics| {
            let named = metrics.iter().map(|(metric, _)| json!({"Name": metric.name, "Unit": metric.unit}));
            let dimensions = metrics.first().map(|(metric, _)| metric.dimensions);
            json!({"Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": named.collect::<Value>()})
        });
        let line = Line {
            aws: json!({"Timestamp": now.timestamp_millis(), "CloudWatchMetrics": filed.collect::<Value>()}),
            stack: &self.stack,
            outcome: told.job().map(|job| job.outcome.as_str()),
            values: values.iter().map(|(metric, value)| (metric.name.to_owned(), value.clone())).collect(),
            id,
        };
        if let Ok(line) = serde_json::to_string(&line) {
            (self.write)(&line);
        }
    }
}

/// Writes a line to standard output, whole: Lambda takes it from there.
pub fn print(line: &str) {
    // A line that can't be written is one number less. There is nothing to do about it.
    let _ = std::io::stdout().lock().write_all(format!("{line}\n").as_bytes());
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use uuid::Uuid;

    use super::*;

    thread_local! {
        static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    }

    fn telemetry() -> Telemetry {
        Telemetry::new("imports".to_owned(), |line| LINES.with_borrow_mut(|lines| lines.push(line.to_owned())))
    }

    fn last() -> Value {
        serde_json::from_str(&LINES.with_borrow_mut(Vec::pop).unwrap()).unwrap()
    }

    fn line(job: &EndedJob) -> Value {
        telemetry().job_ended(job);
        last()
    }

    fn job() -> EndedJob {
        let created_at = DateTime::from_timestamp(1_780_056_000, 0).unwrap();
        EndedJob {
            id: ImportId::new(Uuid::from_u128(1)),
            outcome: JobOutcome::Success,
            uploaded: 12,
            imported: 9,
            failed: 4,
            run: Some(Run {
                attempts: 2,
                created_at,
                started_at: created_at + TimeDelta::milliseconds(1_500),
                work: Work {
                    used: Used { write_units: 9.0, read_units: 12.0, calls: 3 },
                    time: TimeDelta::milliseconds(2_400),
                },
            }),
            finished_at: created_at + TimeDelta::milliseconds(4_000),
        }
    }

    #[test]
    fn a_job_that_was_run_is_logged_in_one_line() {
        insta::assert_json_snapshot!(line(&job()));
    }

    #[test]
    fn a_job_that_never_started_has_neither_waited_nor_run() {
        insta::assert_json_snapshot!(line(&EndedJob {
            outcome: JobOutcome::Cancelled,
            uploaded: 0,
            imported: 0,
            failed: 0,
            run: None,
            ..job()
        }));
    }

    /// What CloudWatch asks of a line: every dimension is a text at its top, every metric a number.
    #[test]
    fn every_metric_and_dimension_stands_at_the_top_of_the_line() {
        let line = line(&job());
        let filed = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
        let mut metrics = 0;
        for directive in filed {
            for dimension in directive["Dimensions"].as_array().unwrap().iter().flat_map(|set| set.as_array().unwrap())
            {
                assert!(line[dimension.as_str().unwrap()].is_string(), "{dimension}");
            }
            for metric in directive["Metrics"].as_array().unwrap() {
                assert!(line[metric["Name"].as_str().unwrap()].is_number(), "{metric}");
                metrics += 1;
            }
        }
        assert_eq!(metrics + 1, METRICS.len(), "all but the one that is of no job");
    }

    #[test]
    fn a_claim_that_ended_before_its_job_tells_what_it_used_and_nothing_else() {
        let telemetry = telemetry();
        telemetry.claim_ended(job().id, &job().run.unwrap().work, job().finished_at);
        insta::assert_json_snapshot!(last());
        telemetry.stray_file(job().finished_at);
        insta::assert_json_snapshot!(last());
    }

    #[test]
    fn clocks_that_disagree_make_no_negative_time() {
        let job = EndedJob { finished_at: DateTime::UNIX_EPOCH, ..job() };
        assert_eq!(line(&job)["JobDuration"], 0);
    }
}

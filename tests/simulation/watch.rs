//! What has to hold, looked at after every step: after each call that reached its port, and each thing that befell.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use imports::{
    import::{Import, ImportId, ImportStatus, MAX_ATTEMPTS},
    stored::StoredRecord,
    times::RESTART,
};
use records::{RecordErrorCode, RecordId};
use twins::{Call, MemoryFiles, MemoryImports, MemoryRecords, manners};

use crate::{
    files::Planned,
    reported,
    runs::{LATE, RunId, Runs},
};

/// How soon after its first start a job that kills its workers is given up.
pub(crate) const POISONED: TimeDelta = TimeDelta::minutes(10);

/// The figures of a run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) steps: u64,
    pub(crate) kills: u64,
    pub(crate) lapsed: u64,
    pub(crate) ended: u64,
    pub(crate) manners: manners::Figures,
    /// In milliseconds.
    pub(crate) slowest_restart: i64,
    /// What happened when, so that two runs can be compared.
    pub(crate) trace: u64,
}

/// Looks at everything after every step.
#[derive(Debug)]
pub(crate) struct Watch {
    imports: MemoryImports,
    records: MemoryRecords,
    files: MemoryFiles,
    runs: Runs,
    planned: HashMap<ImportId, Planned>,
    is_shown: bool,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    jobs: BTreeMap<ImportId, Job>,
    figures: Figures,
    problems: Vec<String>,
    /// Whether what is promised of time holds now: nothing goes wrong but that workers die.
    is_strict: bool,
    /// Who claimed a job last.
    claimer: Option<RunId>,
    /// How often each job was claimed, claims that were given back included.
    claims: HashMap<ImportId, u32>,
    /// Which claim of which job wrote an object last.
    written: HashMap<RecordId, (ImportId, u32)>,
    /// Who claimed a job last, while it lives.
    holder: Option<RunId>,
    /// Since when a job that could run has waited for a worker to take it.
    waits_since: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug)]
struct Job {
    status: ImportStatus,
    attempt: u32,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    is_poison: bool,
}

impl Watch {
    pub(crate) fn new(
        (imports, records, files): (MemoryImports, MemoryRecords, MemoryFiles),
        runs: Runs,
        planned: &[Planned],
        is_shown: bool,
    ) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let watched = Arc::clone(&seen);
        records.watch(move |record| lock(&watched).written(record));
        let planned = planned.iter().map(|job| (job.id, job.clone())).collect();
        Self { imports, records, files, runs, planned, is_shown, seen }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        lock(&self.seen)
    }

    /// Holds the service to its promises of time from now on.
    pub(crate) fn be_strict(&self) {
        let mut seen = self.seen();
        seen.is_strict = true;
        // What was asked before may be answered so late.
        let late = TimeDelta::milliseconds(LATE.into());
        seen.waits_since = seen.has_open().then(|| twins::now() + late);
    }

    pub(crate) fn problem(&self, problem: String) {
        self.seen().problem(problem);
    }

    pub(crate) fn problems(&self) -> Vec<String> {
        self.seen().problems.clone()
    }

    pub(crate) fn figures(&self) -> Figures {
        Figures { kills: self.runs.kills(), ..self.seen().figures }
    }

    /// A function died. If it ran a job, or nobody does, the lane waits from now on.
    pub(crate) fn died(&self, run: RunId) {
        let seen = &mut *self.seen();
        seen.trace(("died", run));
        self.tell(|| format!("function {run} dies"));
        if seen.has_open() && seen.holder.is_none_or(|holder| holder == run) {
            seen.waits_since = Some(twins::now());
            seen.holder = None;
        }
    }

    /// A function has ended by itself. It runs no job any more.
    pub(crate) fn left(&self, run: RunId) {
        let seen = &mut *self.seen();
        seen.holder = seen.holder.filter(|holder| *holder != run);
    }

    /// Looks at everything once a call is done.
    pub(crate) fn step(&self, call: Call) {
        let current = self.runs.current();
        let seen = &mut *self.seen();
        seen.figures.steps += 1;
        seen.trace((call, current));
        if call != Call::Write {
            self.tell(|| format!("{call:?} by {current:?}"));
        }
        let mut is_poison_claimed = false;
        let mut order = Vec::new();
        self.imports.each(|import, attempt| {
            let planned = self.planned.get(&import.id);
            let now = Job {
                status: import.status,
                attempt,
                created_at: import.created_at,
                started_at: import.started_at,
                is_poison: planned.is_some_and(|planned| planned.is_poison),
            };
            let before = seen.jobs.insert(import.id, now.clone());
            let (was, tried) = before.map_or((ImportStatus::Pending, 0), |before| (before.status, before.attempt));
            if was.is_terminal() && (was != now.status) {
                seen.problem(format!("{} went from {was:?} to {:?}", import.id, now.status));
            }
            if attempt > tried && call == Call::Begin {
                *seen.claims.entry(import.id).or_default() += 1;
                seen.claimed(&now, current);
                is_poison_claimed |= now.is_poison && attempt <= MAX_ATTEMPTS;
                self.tell(|| format!("claims {} for the {attempt}. time", import.id));
            }
            if now.status.is_terminal() && !was.is_terminal() {
                if call == Call::Finish && current.is_some() && current != seen.claimer {
                    seen.problem(format!("{} is ended by {current:?}, which lost it to {:?}", import.id, seen.claimer));
                }
                self.ended(seen, import, &now);
            }
            order.push(now);
        });
        seen.in_order(&order);
        seen.in_time();
        if is_poison_claimed {
            self.runs.poison_current();
        }
    }

    fn ended(&self, seen: &mut Seen, import: &Import, job: &Job) {
        self.tell(|| format!("{} has ended: {:?}", import.id, import.report));
        seen.figures.ended += 1;
        if job.started_at.is_some() {
            seen.waits_since = None;
            seen.holder = None;
        }
        let failure = import.report.as_ref().and_then(|report| report.failure.as_ref());
        if self.runs.blames_no_job() && failure.is_some_and(|failure| failure.code == RecordErrorCode::GivenUp) {
            seen.problem(format!("{} is given up", import.id));
        }
        let lines = self.planned.get(&import.id).map(Planned::lines).unwrap_or_default();
        // Telling the lines of a job that is given up may kill the worker too, or be refused for good.
        let may_be_unreported = job.attempt > MAX_ATTEMPTS + 1 || self.runs.refuses_for_good();
        if let Err(problem) = reported::check(&self.files, &self.records, import, &lines, may_be_unreported) {
            seen.problem(format!("{}: {problem}", import.id));
        }
    }

    fn tell(&self, what: impl FnOnce() -> String) {
        if self.is_shown {
            println!("{} {}", twins::now().format("%H:%M:%S%.3f"), what());
        }
    }
}

impl Seen {
    fn problem(&mut self, problem: impl fmt::Display) {
        if self.problems.len() < 5 {
            self.problems.push(format!("{} {problem}", twins::now().format("%H:%M:%S%.3f")));
        }
    }

    fn trace(&mut self, what: impl Hash) {
        let mut hasher = DefaultHasher::new();
        (self.figures.trace, twins::now(), what).hash(&mut hasher);
        self.figures.trace = hasher.finish();
    }

    fn has_open(&self) -> bool {
        self.jobs.values().any(|job| !job.status.is_terminal())
    }

    /// A worker took a job; one that is dead by now does not count.
    fn claimed(&mut self, job: &Job, by: Option<RunId>) {
        self.figures.lapsed += u64::from(job.attempt > 1);
        self.claimer = by;
        self.holder = by;
        if by.is_some()
            && let Some(since) = self.waits_since.take()
        {
            let restart = (twins::now() - since).num_milliseconds();
            if self.is_strict {
                self.figures.slowest_restart = self.figures.slowest_restart.max(restart);
            }
        }
    }

    /// An object is written: its job must run, and no earlier claim of it may have written the object.
    fn written(&mut self, record: &StoredRecord) {
        self.trace((record.id.to_string(), record.line));
        let status = self.jobs.get(&record.import_id).map(|job| job.status);
        if status != Some(ImportStatus::Started) {
            self.problem(format!("line {} of {} is written: {status:?}", record.line, record.import_id));
        }
        let claim = self.claims.get(&record.import_id).copied().unwrap_or_default();
        let before = self.written.insert(record.id, (record.import_id, claim));
        if let Some((job, earlier)) = before
            && job == record.import_id
            && earlier < claim
        {
            self.problem(format!("claim {claim} of {job} writes line {} again, as claim {earlier} did", record.line));
        }
    }

    /// At most one job runs, and none before an earlier one.
    fn in_order(&mut self, jobs: &[Job]) {
        let started = jobs.iter().filter(|job| job.status == ImportStatus::Started).count();
        if started > 1 {
            self.problem(format!("{started} jobs run"));
        }
        let pending = jobs.iter().position(|job| job.status == ImportStatus::Pending).unwrap_or(jobs.len());
        if jobs.iter().skip(pending).any(|job| job.started_at.is_some()) {
            self.problem("a job has started before an earlier one");
        }
        if jobs.iter().zip(jobs.iter().skip(1)).any(|(earlier, later)| earlier.created_at >= later.created_at) {
            self.problem("two jobs were created in no order");
        }
    }

    fn in_time(&mut self) {
        let now = twins::now();
        if !self.has_open() {
            self.waits_since = None;
        }
        if self.is_strict && self.waits_since.is_some_and(|since| now - since > RESTART) {
            self.waits_since = None;
            self.problem("no job has started for two minutes");
        }
        let is_late = |job: &Job| {
            let runs = job.is_poison && job.status == ImportStatus::Started;
            runs && job.started_at.is_some_and(|started_at| now - started_at > POISONED)
        };
        if self.is_strict && self.jobs.values().any(is_late) {
            self.problem("a job kills its workers for over ten minutes");
        }
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Figures {
    /// The figures of two runs together.
    pub(crate) fn and(&self, other: &Self) -> Self {
        Self {
            steps: self.steps + other.steps,
            kills: self.kills + other.kills,
            lapsed: self.lapsed + other.lapsed,
            ended: self.ended + other.ended,
            manners: self.manners + other.manners,
            slowest_restart: self.slowest_restart.max(other.slowest_restart),
            trace: self.trace ^ other.trace,
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { steps, kills, lapsed, ended, manners, .. } = self;
        let (seconds, millis) = (self.slowest_restart / 1_000, self.slowest_restart % 1_000);
        write!(f, "{steps} steps, {kills} kills, {lapsed} lapsed leases, {ended} jobs ended, {manners}, ")?;
        write!(f, "slowest restart after a kill {seconds}.{millis:03} s")
    }
}

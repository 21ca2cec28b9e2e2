//! A run: jobs are made, cancelled and run while things go wrong; then it clears up, and everything comes to rest.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use imports::times::RESTART;
use process_import::Worker;
use serde_json::Value;
use tokio::{
    task::{JoinHandle, spawn_local},
    time::sleep,
};
use twins::Faults;

use crate::{
    chance::{Chance, Weather},
    files::{Planned, plan},
    replay,
    runs::{Runs, beside},
    watch::{Figures, POISONED, Watch},
    world::{MemoryWorker, noon, worker},
};

/// How long the longest job of a run takes when nothing goes wrong.
const ONE_JOB: TimeDelta = TimeDelta::seconds(10);

/// A run under way.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    pub(crate) worker: Arc<MemoryWorker>,
    pub(crate) watch: Arc<Watch>,
    pub(crate) runs: Runs,
    pub(crate) weather: Weather,
}

/// Runs a seed to its end; tells what did not hold.
pub(crate) async fn live(seed: u64, is_shown: bool) -> Result<Figures, Vec<String>> {
    twins::set_clock(noon());
    fastrand::seed(seed);
    let mut chance = Chance::of(seed);
    let weather = Weather::of(&mut chance);
    let jobs = plan(&mut chance, &weather);
    if is_shown {
        println!("{weather:?}");
        for job in &jobs {
            println!("{job:?}");
        }
    }
    let runs = Runs::new(chance, weather);
    let faults = Faults::default();
    faults.manners(|manners| *manners = weather.manners());
    let worker = Worker { beside, ..Arc::into_inner(worker(&faults)).unwrap() };
    let worker = Arc::new(worker);
    let twins = (worker.imports.clone(), worker.records.clone(), worker.files.clone());
    let watch = Arc::new(Watch::new(twins, runs.clone(), &jobs, is_shown));
    let (befalling, watching) = (runs.clone(), Arc::clone(&watch));
    faults.draw(move |call| befalling.befall(call));
    faults.watch(move |call| watching.step(call));
    let life = Life { worker, watch, runs, weather };
    life.run(&jobs).await;
    let problems = life.watch.problems();
    let manners = faults.manners(|manners| manners.figures);
    if problems.is_empty() { Ok(Figures { manners, ..life.watch.figures() }) } else { Err(problems) }
}

impl Life {
    async fn run(&self, jobs: &[Planned]) {
        if self.weather.only_kills() {
            self.watch.be_strict();
        }
        let made = jobs.iter().map(|job| spawn_local(self.clone().make(job.clone()))).collect::<Vec<_>>();
        spawn_local(self.clone().receive());
        spawn_local(self.clone().schedule());
        spawn_local(self.clone().mischief());
        sleep(self.weather.lasts).await;
        self.runs.calm();
        self.watch.be_strict();
        self.come_to_rest(twins::now(), &made).await;
        self.all_are_told();
        if self.watch.problems().is_empty()
            && let Err(problem) = replay::compare(&self.worker, jobs).await
        {
            self.watch.problem(problem);
        }
    }

    /// Others were told of each start and each end, and twice only the same.
    fn all_are_told(&self) {
        let mut told: HashMap<Value, Value> = HashMap::new();
        for event in self.worker.events.sent() {
            let detail: Value = serde_json::from_str(&event.detail).unwrap();
            let before = told.insert(detail["id"].clone(), detail.clone());
            if before.is_some_and(|before| before != detail) {
                self.watch.problem(format!("two events have one id, and differ: {detail}"));
            }
        }
        let mut due = BTreeSet::new();
        self.worker.imports.each(|import, _| {
            due.extend(import.started_at.map(|_| (import.id, "started")));
            due.extend(import.finished_at.map(|_| (import.id, import.status.as_str())));
        });
        let of = |detail: &Value| {
            let status = detail["data"]["attributes"]["status"].as_str().unwrap_or_default().to_owned();
            (detail["data"]["id"].as_str().unwrap_or_default().to_owned(), status)
        };
        let told: BTreeSet<_> = told.values().map(of).collect();
        let due: BTreeSet<_> = due.into_iter().map(|(id, status)| (id.to_string(), status.to_owned())).collect();
        if self.watch.problems().is_empty() && told != due {
            self.watch.problem(format!("told: {told:?}; due: {due:?}"));
        }
    }

    /// Waits until all is done that can be expected of a calm service.
    async fn come_to_rest(&self, since: DateTime<Utc>, made: &[JoinHandle<()>]) {
        loop {
            sleep(Duration::from_secs(1)).await;
            let now = twins::now();
            let (mut open, mut count, mut owed) = (0, 0, 0);
            self.worker.imports.each(|import, _| {
                count += 1;
                open += i32::from(!import.status.is_terminal());
            });
            let mut late = 0;
            self.worker.imports.each_owing(|debt, import| {
                owed += 1;
                late += i32::from(now - debt.since(import).unwrap_or(since).max(since) > RESTART);
            });
            let is_made = made.iter().all(JoinHandle::is_finished);
            let is_at_rest = is_made && open == 0 && owed == 0 && self.runs.alive() == 0;
            if is_at_rest || !self.watch.problems().is_empty() {
                return;
            }
            let poisoned = if self.weather.poison { POISONED } else { TimeDelta::zero() };
            if is_made && open > 0 && now - since > RESTART + ONE_JOB * count + poisoned {
                return self.watch.problem(format!("{open} jobs never end"));
            }
            if late > 0 {
                return self.watch.problem(format!("{late} receipts or events are owed for two minutes"));
            }
            if now - since > TimeDelta::hours(1) {
                return self.watch.problem("it never comes to rest".to_owned());
            }
        }
    }
}

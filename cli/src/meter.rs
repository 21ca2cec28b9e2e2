//! How far a file and its job are: bars on a terminal, else a line each ten seconds.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use client::{Error, Job, Observer, Status};
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{newest, output::Output};

/// How often a line is written where no bar can be drawn.
const EVERY: Duration = Duration::from_secs(10);

/// Shows how far a file and its job are, and knows the job's id as soon as there is one.
pub(crate) struct Meter {
    output: Output,
    profile: String,
    bar: ProgressBar,
    shown: Mutex<Shown>,
}

struct Shown {
    last_line: Instant,
    id: Option<String>,
    goes_on: GoesOn,
}

/// What goes on without this command.
#[derive(Clone, Debug)]
pub(crate) enum GoesOn {
    Nothing,
    /// Perhaps a job: its file was being sent.
    Perhaps,
    /// The job of this id.
    Job(String),
    /// Nothing: this job has ended. But its report is not there yet.
    Ended(String),
}

impl Meter {
    pub(crate) fn new(output: Output, profile: &str) -> Self {
        let target = if output.animated() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        let shown = Mutex::new(Shown { last_line: Instant::now(), id: None, goes_on: GoesOn::Nothing });
        let meter = Self { output, profile: profile.to_owned(), bar, shown };
        // Nothing, until there is something to show.
        meter.style("{msg}");
        meter
    }

    fn shown(&self) -> std::sync::MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What goes on should the command end now.
    pub(crate) fn goes_on(&self) -> GoesOn {
        self.shown().goes_on.clone()
    }

    /// Whether a job goes on, as far as is known.
    pub(crate) fn is_following(&self) -> bool {
        matches!(self.goes_on(), GoesOn::Job(_))
    }

    /// A file is being sent.
    pub(crate) fn sends(&self) {
        let mut shown = self.shown();
        (shown.id, shown.goes_on) = (None, GoesOn::Perhaps);
    }

    /// This job goes on, as far as is known.
    pub(crate) fn follows(&self, id: &str) {
        self.shown().goes_on = GoesOn::Job(id.to_owned());
    }

    /// What there is to say of the job is known.
    pub(crate) fn reported(&self) {
        let mut shown = self.shown();
        if matches!(shown.goes_on, GoesOn::Ended(_)) {
            shown.goes_on = GoesOn::Nothing;
        }
    }

    /// A job is made here, or will be under this id.
    pub(crate) fn made(&self, id: &str) {
        self.follows(id);
        if self.shown().id.replace(id.to_owned()).as_deref() == Some(id) {
            return;
        }
        if let Err(why) = newest::remember(&self.profile, id) {
            self.line(&format!("this job can't be remembered as the newest, name it by its id: {why}"));
        }
    }

    /// Says something beside the bar.
    pub(crate) fn line(&self, line: &str) {
        self.bar.suspend(|| self.output.progress(line));
    }

    /// Says how far it is where no bar does, not too often.
    fn now_and_then(&self, line: impl FnOnce() -> String) {
        let due = self.bar.is_hidden() && self.shown().last_line.elapsed() >= EVERY;
        if due {
            self.shown().last_line = Instant::now();
            self.output.progress(&line());
        }
    }

    fn style(&self, template: &str) {
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
    }

    /// Shows how far a job is.
    pub(crate) fn job(&self, job: &Job) {
        let (uploaded, imported) = (job.uploaded(), job.imported());
        match job.status {
            Status::Pending => {
                self.style("{spinner} {msg}");
                let before = job.queue_position.map_or(String::new(), |position| format!(", {position} in the queue"));
                self.bar.set_message(format!("waits for its turn{before}"));
                self.bar.enable_steady_tick(Duration::from_millis(200));
                self.now_and_then(|| format!("  waits for its turn{before}"));
            }
            Status::Started => {
                self.bar.set_length(uploaded.max(1));
                self.bar.set_position(imported);
                self.bar.set_message(if job.dry_run { "rehearsed" } else { "imported" });
                self.style("{msg:10} {wide_bar} {human_pos:>6} of {human_len:>6}");
                self.now_and_then(|| format!("  {imported} of {uploaded} lines read so far are good"));
            }
            Status::Success | Status::Failed => {
                self.shown().goes_on = GoesOn::Ended(job.id.clone());
                self.bar.finish_and_clear();
            }
        }
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Meter {
    fn sent(&self, bytes: u64, of: u64) {
        self.bar.set_length(of);
        self.bar.set_position(bytes);
        self.bar.set_message("uploaded");
        self.style("{msg:10} {wide_bar} {bytes:>10} of {total_bytes:>10}");
        self.now_and_then(|| format!("  uploaded {} of {}", HumanBytes(bytes), HumanBytes(of)));
    }

    fn arrived(&self, id: &str) {
        self.made(id);
    }

    fn waits(&self, why: &Error, pause: Duration) {
        self.line(&format!("{why}; trying again in {:.1} s", pause.as_secs_f32()));
    }
}

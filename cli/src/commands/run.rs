//! Sends files, follows their jobs, and says which lines were refused and why.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use client::{Job, Key, Options, pack};
use indicatif::HumanBytes;
use serde_json::json;

use crate::{
    Global,
    checked::{self, Rules, never_good, tell_unsent},
    error::Error,
    exit::Exit,
    input::Input,
    outcome::{self, Outcome},
    output::Output,
    refused::RefusedLines,
    session::{Session, short},
    unsent::Progress,
};

const EXAMPLES: &str = "  imports run catalogue.jsonl
  imports run catalogue.jsonl --dry-run
  imports run catalogue.jsonl --failed rest.jsonl
  imports run products.jsonl offerings.jsonl --on-conflict update --wait 2h";

/// Imports files, and says which lines were refused and why.
#[derive(Debug, Args)]
#[command(after_help = Exit::help(EXAMPLES))]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Run {
    /// Files of JSON lines, plain or gzip-compressed; - is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    options: JobOptions,
    /// Send without looking at the lines here first.
    #[arg(long, conflicts_with = "send_anyway")]
    no_check: bool,
    /// Send although some lines can't be good.
    #[arg(long)]
    send_anyway: bool,
    /// Don't wait: print the job and leave.
    #[arg(long, conflicts_with_all = ["wait", "failed"])]
    r#async: bool,
    /// How long to wait for each job.
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = humantime::parse_duration)]
    wait: Duration,
    /// Send more than 50,000 objects as several jobs.
    #[arg(long, conflicts_with = "dry_run")]
    split: bool,
    /// Where to put the refused lines, to mend them.
    #[arg(long, value_name = "FILE")]
    failed: Option<PathBuf>,
}

/// The options of the jobs.
#[derive(Clone, Debug, Args)]
struct JobOptions {
    /// Check, also against what is stored; write nothing.
    #[arg(long)]
    dry_run: bool,
    /// With objects that are stored: fail, skip, update.
    #[arg(long, value_name = "POLICY", value_parser = ["fail", "skip", "update"], hide_possible_values = true)]
    on_conflict: Option<String>,
    /// With unknown attributes: warn or refuse.
    #[arg(long, value_name = "ANSWER", value_parser = ["warn", "refuse"], hide_possible_values = true)]
    unknown: Option<String>,
    /// Your own name for the job.
    #[arg(long, value_name = "NAME")]
    external_ref: Option<String>,
}

impl JobOptions {
    fn of_job(&self) -> Options {
        let Self { dry_run, on_conflict, unknown, external_ref } = self;
        Options {
            external_ref: external_ref.clone(),
            dry_run: *dry_run,
            on_conflict: on_conflict.clone(),
            unknown: unknown.clone(),
        }
    }

    /// Those that hold for the refused lines too, as they are typed.
    fn words(&self) -> String {
        let all = [("on-conflict", &self.on_conflict), ("unknown", &self.unknown)];
        all.iter().filter_map(|(name, value)| Some(format!(" --{name} {}", value.as_deref()?))).collect()
    }
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    checked::quoted(&path.display().to_string())
}

impl Run {
    pub(crate) fn run(mut self, global: &Global, output: Output) -> Result<Exit, Error> {
        // What can be wrong here is said before anything is sent.
        checked::named_once(self.files.iter().map(PathBuf::as_path))?;
        let inputs = std::mem::take(&mut self.files).into_iter().map(Input::read).collect::<Result<Vec<_>, _>>()?;
        let bytes = inputs.iter().map(|input| u64::try_from(input.bytes.len()).unwrap_or(u64::MAX)).sum();
        let (typed, note) = (self.typed(global, &inputs), checked::note(inputs.iter().map(|input| &*input.path)));
        let inputs = if self.split {
            inputs.into_iter().map(Input::split).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect()
        } else {
            inputs
        };
        if !self.no_check && !self.send_anyway {
            let rules = Rules { refuse_unknown: self.options.unknown.as_deref() == Some("refuse") };
            let files = never_good(inputs.iter().map(|input| (input.name(), &*input.bytes)), rules)?;
            if !files.is_empty() {
                return tell_unsent(&files, files.len() < inputs.len(), (&typed, &note), output);
            }
        }
        let refused = self.failed.as_deref().map(|path| RefusedLines::prepare(path, bytes)).transpose()?;
        let replaced = inputs.iter().find(|input| refused.as_ref().is_some_and(|refused| refused.replace(&input.path)));
        if let Some(input) = replaced.filter(|_| self.options.dry_run) {
            let problem = format!(
                "a dry run imports nothing, and --failed would leave its refused lines alone in {}",
                input.name()
            );
            return Err(Error::new(Exit::Usage, problem, "give --failed another place; nothing was sent"));
        }
        Session::run(global, output, |session| self.send_all(session, inputs, refused))
    }

    /// The command as it was typed, as far as it matters.
    fn typed(&self, global: &Global, inputs: &[Input]) -> String {
        let files: Vec<_> = inputs.iter().map(Input::typed).collect();
        let dry_run = if self.options.dry_run { " --dry-run" } else { "" };
        let failed = self.failed.as_deref().map(|path| format!(" --failed {}", quoted(path))).unwrap_or_default();
        let words = self.options.words();
        let split = if self.split { " --split" } else { "" };
        format!("imports{} run {}{dry_run}{split}{words}{failed}", global.choice(), files.join(" "))
    }

    /// Sends one file after the other, each once the job before it has ended: later files may refer to earlier ones.
    async fn send_all(
        self,
        session: Arc<Session>,
        inputs: Vec<Input>,
        mut refused: Option<RefusedLines>,
    ) -> Result<Exit, Error> {
        if self.r#async {
            return self.leave(&session, inputs).await;
        }
        let (mut outcomes, mut lines, mut trouble) = (Vec::<Outcome>::new(), Vec::new(), None);
        let mut progress = Progress::default();
        for input in &inputs {
            if !progress.admits(input) {
                continue;
            }
            let job = session.unless_interrupted(self.send(&session, input)).await;
            progress.notes(input, job.is_ok() || session.meter.is_following());
            let complete = lines.len();
            let followed = async { self.follow(&session, input, job?, refused.is_some().then_some(&mut lines)).await };
            match session.unless_interrupted(followed).await {
                Ok(outcome) => {
                    progress.takes(input, &outcome, self.options.dry_run);
                    outcomes.push(outcome);
                }
                Err(error) => {
                    // Half of what was fetched is worth nothing.
                    lines.truncate(complete);
                    progress.stops(&error, session.meter.is_following());
                    trouble = Some(error);
                }
            }
        }
        let have_all_ended =
            progress.unsent.is_empty() && trouble.is_none() && outcomes.last().is_none_or(|last| last.job.ended());
        // A file is not replaced before all of it is with the service.
        let may_keep =
            |refused: &RefusedLines| have_all_ended || !inputs.iter().any(|input| refused.replace(&input.path));
        if let Some(refused) = refused.as_mut().filter(|refused| !lines.is_empty() && may_keep(refused)) {
            self.keep(&session, refused, &lines, &mut outcomes, &mut trouble);
        }
        if self.split {
            outcome::join(&mut outcomes);
        }
        if progress.is_to_be_told() {
            let last = outcomes.last().filter(|_| trouble.is_none()).map(|last| &last.job);
            let rest = self.rest(&session, &progress, last);
            match (&mut trouble, outcomes.last_mut()) {
                (Some(error), _) => error.next = format!("{}\n{rest}", error.next),
                (None, Some(last)) => {
                    last.next =
                        Some([last.next.take(), Some(rest)].into_iter().flatten().collect::<Vec<_>>().join("\n"));
                }
                (None, None) => session.meter.line(&rest),
            }
        }
        outcome::tell(session.output, &outcomes, trouble, inputs.len() > 1)
    }

    /// Which files were not sent, and what to type for them.
    fn rest(&self, session: &Session, progress: &Progress<'_>, last: Option<&Job>) -> String {
        let mut files: Vec<_> = progress.unsent.iter().map(|input| input.typed()).collect();
        files.dedup();
        let mut options = self.options.clone();
        if progress.resumes() && options.on_conflict.as_deref() != Some("update") {
            options.on_conflict = Some("skip".to_owned());
        }
        let dry_run = if options.dry_run { " --dry-run" } else { "" };
        let split = if progress.unsent.iter().any(|input| input.is_part()) { " --split" } else { "" };
        let name = options.external_ref.as_deref().map(|name| format!(" --external-ref {}", checked::quoted(name)));
        let words = format!("{dry_run}{split}{}{}", options.words(), name.unwrap_or_default());
        format!("{}\n  {}", progress.text(last), session.command(&format!("run {}{words}", files.join(" "))))
    }

    /// Sends files and follows none.
    async fn leave(&self, session: &Session, inputs: Vec<Input>) -> Result<Exit, Error> {
        let (mut jobs, mut progress, mut trouble) = (Vec::new(), Progress::default(), None);
        for input in &inputs {
            if !progress.admits(input) {
                continue;
            }
            match session.unless_interrupted(self.send(session, input)).await {
                Ok(job) => {
                    let next = session.command(&format!("watch {}", short(&job.id)));
                    if !session.output.json {
                        let text = format!("{}: the job is {}. To follow it:\n  {next}\n", input.label(), job.id);
                        session.output.answer(&text)?;
                    }
                    progress.notes(input, true);
                    jobs.push(job);
                }
                Err(error) => {
                    let has_come = session.meter.is_following();
                    progress.notes(input, has_come);
                    progress.stops(&error, has_come);
                    trouble = Some(error);
                }
            }
        }
        if let Some(error) = trouble.as_mut().filter(|_| progress.is_to_be_told()) {
            error.next = format!("{}\n{}", error.next, self.rest(session, &progress, None));
        }
        if session.output.json {
            let mut document = match &jobs[..] {
                [job] if inputs.len() == 1 => json!({"job": job}),
                jobs => json!({"jobs": jobs}),
            };
            let exit = trouble.as_ref().map_or(Exit::Success, |error| error.exit);
            if let (Some(Error { problem, next, .. }), Some(members)) = (trouble, document.as_object_mut()) {
                members.extend([("error".to_owned(), problem.into()), ("next".to_owned(), next.into())]);
            }
            return session.output.document(document, exit);
        }
        trouble.map_or(Ok(Exit::Success), Err)
    }

    async fn send(&self, session: &Session, input: &Input) -> Result<Job, Error> {
        let (file, size) = (input.bytes.clone(), input.bytes.len());
        let packed = tokio::task::spawn_blocking(move || pack(file)).await;
        let packed =
            packed.map_err(|error| Error::new(Exit::Trouble, format!("can't pack it: {error}"), "free some memory"))?;
        let bytes = |count: usize| HumanBytes(u64::try_from(count).unwrap_or(u64::MAX)).to_string();
        let shrunk = if packed.len() < size { format!(", {} compressed", bytes(packed.len())) } else { String::new() };
        session.meter.sends();
        session.meter.line(&format!("Sending {} ({}{shrunk})", input.label(), bytes(size)));
        let job = session.client.send(packed, &self.options.of_job(), &Key::random()).await;
        let job = job.map_err(|error| session.failed(&error))?;
        session.meter.made(&job.id);
        session.meter.line(&format!("Import {} is made", job.id));
        Ok(job)
    }

    /// Waits for a file's job, and fetches its refused lines where they are wanted.
    async fn follow(
        &self,
        session: &Session,
        input: &Input,
        job: Job,
        lines: Option<&mut Vec<u8>>,
    ) -> Result<Outcome, Error> {
        let job = session.follow(&job.id, Some(Instant::now() + self.wait)).await?;
        let mut outcome = Outcome::of(session, job).await?;
        let is_left = outcome.job.ended() && outcome.job.errors() > 0;
        if let Some(lines) = lines.filter(|_| is_left) {
            let before = outcome::count_lines(lines);
            let fetched = session.client.failed_lines(&outcome.job.id, lines).await;
            fetched.map_err(|error| session.failed(&error))?;
            outcome.lines = before..outcome::count_lines(lines);
        }
        let (file, words) = (input.typed(), self.options.words());
        let note = checked::note([&*input.path].into_iter());
        if self.options.dry_run && outcome.job.ended() {
            let (before, again) =
                if is_left { ("Mend them, then type", " --dry-run") } else { ("To import it, type", "") };
            let command = session.command(&format!("run {file}{words}{again}"));
            outcome.next = Some(format!("{note}{before}:\n  {command}"));
        }
        if outcome.is_stored_already() {
            let run = session.command(&format!("run {file} --on-conflict"));
            let next = format!(
                "All of them are stored already. {note}To leave those as they are, type:\n  {run} skip\nOr to replace them:\n  {run} update"
            );
            outcome.next = Some(next);
        }
        session.meter.reported();
        (outcome.file, outcome.label) = (Some(input.name()), Some(input.label()));
        Ok(outcome)
    }

    /// Puts the refused lines where they are wanted, and says what to do with them.
    fn keep(
        &self,
        session: &Session,
        refused: &mut RefusedLines,
        lines: &[u8],
        outcomes: &mut [Outcome],
        trouble: &mut Option<Error>,
    ) {
        let path = quoted(refused.path());
        let kept = refused.keep(lines);
        let left = outcomes
            .iter_mut()
            .filter(|outcome| outcome.next.is_some() && outcome.job.ended() && !outcome.is_stored_already());
        match kept {
            // A dry run has imported nothing: it is the whole file that is to be mended.
            Ok(()) if self.options.dry_run => session.meter.line(&format!("The refused lines are in {path}")),
            Ok(()) => {
                let words = format!("run {path}{} --failed {path}", self.options.words());
                let next = format!(
                    "The refused lines are in {path}. Mend them there, then type:\n  {}",
                    session.command(&words)
                );
                left.for_each(|outcome| outcome.next = Some(next.clone()));
                // A device keeps none.
                for outcome in outcomes.iter_mut().filter(|_| refused.path().is_file()) {
                    outcome.is_kept_in(refused.path());
                }
            }
            Err(error) => {
                let ids = left
                    .map(|outcome| session.command(&format!("failed-lines {} > mend.jsonl", short(&outcome.job.id))));
                let next = format!("The service still has them:\n  {}", ids.collect::<Vec<_>>().join("\n  "));
                trouble.get_or_insert(Error { next, ..error });
            }
        }
    }
}

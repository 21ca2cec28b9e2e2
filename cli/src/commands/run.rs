//! Sends files, follows their jobs, and says which lines were refused and why.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use clap::Args;
use client::{Key, Options, pack};
use indicatif::HumanBytes;
use records::FileFault;
use serde_json::json;

use crate::{
    Global,
    checked::{self, Rules, never_good, tell_unsent},
    error::Error,
    exit::Exit,
    outcome::{self, Outcome},
    output::Output,
    refused::RefusedLines,
    session::{Session, short},
    split::{self, Split},
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
#[derive(Debug, Args)]
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

/// A file as it was read.
struct Input {
    path: PathBuf,
    bytes: Bytes,
    /// Which of how many parts of the file it is.
    part: Option<(usize, usize)>,
}

impl Input {
    fn read(path: PathBuf) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        let read = if path.as_os_str() == "-" {
            io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
        } else {
            fs::read(&path)
        };
        match read {
            Ok(bytes) => Ok(Self { path, bytes: bytes.into(), part: None }),
            Err(error) => Err(Error::new(
                Exit::Trouble,
                format!("{} can't be read: {error}", path.display()),
                "give the path of a file of JSON lines; nothing was sent",
            )),
        }
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// The name, and which part it is.
    fn label(&self) -> String {
        let part = self.part.map(|(part, parts)| format!(", part {part} of {parts}")).unwrap_or_default();
        self.name() + &part
    }

    /// Its parts, in the order in which they are sent. A file that a job takes whole stays as it is.
    fn split(self) -> Result<Vec<Self>, Error> {
        let refused = |fault: FileFault| {
            let problem = format!("{} can't be split: {}", self.name(), fault.error().detail());
            Error::new(Exit::Refused, problem, "mend it; nothing was sent")
        };
        let file = split::unpacked(&self.bytes).map_err(refused)?;
        let split = Split::of(&file);
        let parts = split.len();
        if parts < 2 {
            drop(file);
            return Ok(vec![self]);
        }
        let part = |(part, bytes): (usize, Vec<u8>)| Self {
            path: self.path.clone(),
            bytes: bytes.into(),
            part: Some((part + 1, parts)),
        };
        Ok(split.parts().enumerate().map(part).collect())
    }
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    checked::quoted(&path.display().to_string())
}

impl Run {
    pub(crate) fn run(mut self, global: &Global, output: Output) -> Result<Exit, Error> {
        // What can be wrong here is said before anything is sent.
        let inputs = std::mem::take(&mut self.files).into_iter().map(Input::read).collect::<Result<Vec<_>, _>>()?;
        let bytes = inputs.iter().map(|input| u64::try_from(input.bytes.len()).unwrap_or(u64::MAX)).sum();
        let typed = self.typed(global, &inputs);
        let inputs = if self.split {
            inputs.into_iter().map(Input::split).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect()
        } else {
            inputs
        };
        if !self.no_check && !self.send_anyway {
            let rules = Rules { refuse_unknown: self.options.unknown.as_deref() == Some("refuse") };
            let files = never_good(inputs.iter().map(|input| (input.name(), &*input.bytes)), rules)?;
            if !files.is_empty() {
                return tell_unsent(&files, files.len() < inputs.len(), &typed, output);
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
        let files: Vec<_> = inputs.iter().map(|input| quoted(&input.path)).collect();
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
        let paths: Vec<_> = inputs.iter().map(|input| input.path.clone()).collect();
        let mut inputs = inputs.into_iter();
        while trouble.is_none() && outcomes.last().is_none_or(|before| before.job.ended()) {
            let Some(input) = inputs.next() else { break };
            match self.send_one(&session, input, refused.is_some().then_some(&mut lines)).await {
                Ok(outcome) => outcomes.push(outcome),
                Err(error) => trouble = Some(error),
            }
        }
        let have_all_ended = trouble.is_none() && outcomes.last().is_none_or(|last| last.job.ended());
        // A file is not replaced before all of it is with the service.
        let may_keep = |refused: &RefusedLines| have_all_ended || !paths.iter().any(|path| refused.replace(path));
        if let Some(refused) = refused.as_mut().filter(|refused| !lines.is_empty() && may_keep(refused)) {
            self.keep(&session, refused, &lines, &mut outcomes, &mut trouble);
        }
        if self.split {
            outcome::join(&mut outcomes);
        }
        if let Some(rest) = self.rest(&session, inputs.as_slice()) {
            let next = trouble.as_mut().map(|error| &mut error.next);
            match next.or_else(|| outcomes.last_mut().and_then(|last| last.next.as_mut())) {
                Some(next) => next.push_str(&rest),
                None => session.meter.line(&rest),
            }
        }
        outcome::tell(session.output, &outcomes, trouble)
    }

    /// What to type for files that were not sent, since a job before them has not ended or could not be made.
    fn rest(&self, session: &Session, unsent: &[Input]) -> Option<String> {
        let mut paths: Vec<_> = unsent.iter().map(|input| quoted(&input.path)).collect();
        paths.dedup();
        // Of a file in parts some are sent: what they import is skipped.
        let is_part = unsent.first()?.part.is_some_and(|(part, _)| part > 1);
        let again = if is_part { " --split --on-conflict skip".to_owned() } else { self.options.words() };
        let command = session.command(&format!("run {}{again}", paths.join(" ")));
        let names: Vec<_> = unsent.iter().map(Input::label).collect();
        Some(format!("\nNot sent: {}. Once the job before has ended, type:\n  {command}", names.join("; ")))
    }

    /// Sends files and follows none.
    async fn leave(&self, session: &Session, inputs: Vec<Input>) -> Result<Exit, Error> {
        let (mut jobs, mut text) = (Vec::new(), String::new());
        for input in inputs {
            let job = self.send(session, &input).await?;
            let next = session.command(&format!("watch {}", short(&job.id)));
            let _ = writeln!(text, "{}: the job is {}. To follow it:\n  {next}", input.label(), job.id);
            jobs.push(job);
        }
        if session.output.json {
            let document = if let [job] = &jobs[..] { json!({"job": job}) } else { json!({"jobs": jobs}) };
            return session.output.document(document, Exit::Success);
        }
        session.output.answer(&text).map(|()| Exit::Success)
    }

    async fn send(&self, session: &Session, input: &Input) -> Result<client::Job, Error> {
        let (file, size) = (input.bytes.clone(), input.bytes.len());
        let packed = tokio::task::spawn_blocking(move || pack(file)).await;
        let packed =
            packed.map_err(|error| Error::new(Exit::Trouble, format!("can't pack it: {error}"), "free some memory"))?;
        let bytes = |count: usize| HumanBytes(u64::try_from(count).unwrap_or(u64::MAX)).to_string();
        let shrunk = if packed.len() < size { format!(", {} compressed", bytes(packed.len())) } else { String::new() };
        session.meter.line(&format!("Sending {} ({}{shrunk})", input.label(), bytes(size)));
        let job = session.client.send(packed, &self.options.of_job(), &Key::random()).await;
        let job = job.map_err(|error| session.failed(&error))?;
        session.meter.made(&job.id);
        session.meter.line(&format!("Import {} is made", job.id));
        Ok(job)
    }

    /// Sends a file, waits for its job, and fetches its refused lines where they are wanted.
    async fn send_one(&self, session: &Session, input: Input, lines: Option<&mut Vec<u8>>) -> Result<Outcome, Error> {
        let job = self.send(session, &input).await?;
        let job = session.follow(&job.id, Some(Instant::now() + self.wait)).await?;
        let mut outcome = Outcome::of(session, job).await?;
        let is_left = outcome.job.ended() && outcome.job.errors() > 0;
        if let Some(lines) = lines.filter(|_| is_left) {
            let fetched = session.client.failed_lines(&outcome.job.id, lines).await;
            fetched.map_err(|error| session.failed(&error))?;
        }
        if self.options.dry_run && outcome.job.ended() {
            let (before, again) =
                if is_left { ("Mend them, then type", " --dry-run") } else { ("To import it, type", "") };
            let words = format!("run {}{}{again}", quoted(&input.path), self.options.words());
            outcome.next = Some(format!("{before}:\n  {}", session.command(&words)));
        }
        if outcome.is_stored_already() {
            let run = session.command(&format!("run {} --on-conflict", quoted(&input.path)));
            let next = format!(
                "All of them are stored already. To leave those as they are, type:\n  {run} skip\nOr to replace them:\n  {run} update"
            );
            outcome.next = Some(next);
        }
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

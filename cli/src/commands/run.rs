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
};

const EXAMPLES: &str = "  imports run catalogue.jsonl
  imports run catalogue.jsonl --dry-run
  imports run catalogue.jsonl --failed rest.jsonl
  imports run products.jsonl offerings.jsonl --on-conflict update --wait 2h";

/// Imports files, and says which lines were refused and why.
#[derive(Debug, Args)]
#[command(after_help = Exit::help(EXAMPLES))]
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
            Ok(bytes) => Ok(Self { path, bytes: bytes.into() }),
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
        if !self.no_check && !self.send_anyway {
            let rules = Rules { refuse_unknown: self.options.unknown.as_deref() == Some("refuse") };
            let files = never_good(inputs.iter().map(|input| (input.name(), &*input.bytes)), rules)?;
            if !files.is_empty() {
                return tell_unsent(&files, &self.typed(global, &inputs), output);
            }
        }
        let refused = self.failed.as_deref().map(|path| RefusedLines::prepare(path, bytes)).transpose()?;
        Session::run(global, output, |session| self.send_all(session, inputs, refused))
    }

    /// The command as it was typed, as far as it matters.
    fn typed(&self, global: &Global, inputs: &[Input]) -> String {
        let files: Vec<_> = inputs.iter().map(|input| quoted(&input.path)).collect();
        let dry_run = if self.options.dry_run { " --dry-run" } else { "" };
        let failed = self.failed.as_deref().map(|path| format!(" --failed {}", quoted(path))).unwrap_or_default();
        let words = self.options.words();
        format!("imports{} run {}{dry_run}{words}{failed}", global.choice(), files.join(" "))
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
        let (mut outcomes, mut lines, mut trouble) = (Vec::new(), Vec::new(), None);
        for input in inputs {
            if outcomes.last().is_some_and(|before: &Outcome| !before.job.ended()) {
                session.meter.line(&format!("{} is not sent: the job before it has not ended", input.name()));
                continue;
            }
            match self.send_one(&session, input, refused.is_some().then_some(&mut lines)).await {
                Ok(outcome) => outcomes.push(outcome),
                Err(error) => {
                    trouble = Some(error);
                    break;
                }
            }
        }
        if let Some(refused) = refused.as_mut().filter(|_| !lines.is_empty()) {
            self.keep(&session, refused, &lines, &mut outcomes, &mut trouble);
        }
        outcome::tell(session.output, &outcomes, trouble)
    }

    /// Sends files and follows none.
    async fn leave(&self, session: &Session, inputs: Vec<Input>) -> Result<Exit, Error> {
        let (mut jobs, mut text) = (Vec::new(), String::new());
        for input in inputs {
            let job = self.send(session, &input).await?;
            let next = session.command(&format!("watch {}", short(&job.id)));
            let _ = writeln!(text, "{}: the job is {}. To follow it:\n  {next}", input.name(), job.id);
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
        session.meter.line(&format!("Sending {} ({}{shrunk})", input.name(), bytes(size)));
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
        outcome.file = Some(input.name());
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
        let left = outcomes.iter_mut().filter(|outcome| outcome.next.is_some() && outcome.job.ended());
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

//! The command that runs one file through the whole system.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use client::{Job, Key, Status, pack};
use indicatif::{MultiProgress, ProgressBar};
use records::RecordType;

use crate::output::Output;
use crate::report::{counts, report, totals};
use crate::stack::STORE;
use crate::{Error, Options, Stack};

/// The options of an import. What they may be the API knows, and says.
#[derive(Args, Debug, Default)]
pub struct ImportArgs {
    /// Check everything and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// With objects that are stored: fail, skip, update.
    #[arg(long, value_name = "POLICY")]
    on_conflict: Option<String>,
    /// With unknown attributes: warn or refuse.
    #[arg(long, value_name = "ANSWER")]
    unknown: Option<String>,
    /// Your own name for the job.
    #[arg(long, value_name = "NAME")]
    external_ref: Option<String>,
}

impl From<ImportArgs> for client::Options {
    fn from(args: ImportArgs) -> Self {
        let ImportArgs { dry_run, on_conflict, unknown, external_ref } = args;
        Self { external_ref, dry_run, on_conflict, unknown }
    }
}

/// Longer than any file takes on this machine, hand-overs and retries included; past this, something hangs.
const LIMIT: Duration = Duration::from_mins(30);

/// Imports a file into a fresh local stack and prints what became of it, with so many of its errors. Tells whether the job
/// ended well.
///
/// # Errors
/// When the file can't be read, or a part of the system does not work.
pub async fn run(path: PathBuf, args: ImportArgs, errors: u64, options: Options) -> Result<bool, Error> {
    let output = Output::new(options.quiet);
    output.progress(&format!(
        "Importing {} into an AWS on this machine:\nsome seconds; the first time some minutes, to build it all.",
        path.display()
    ));
    let file = std::fs::read(&path).map_err(|error| {
        let remedy = "give the path of a JSONL file; `events/sample.jsonl` is one";
        Error::new(format!("can't read {}: {error}", path.display()), remedy)
    })?;
    let stack = Stack::start(options).await?;
    let client = stack.client(STORE)?;
    let failed = |error: client::Error| {
        let remedy = format!("mend what it names, or see the emulator's log: {}", stack.log().display());
        Error::new(error.to_string(), remedy)
    };
    let made = client.send(pack(file.into()), &args.into(), &Key::random()).await.map_err(failed)?;
    output.progress(&format!("Import {} is made; running it", made.id));
    let mut progress = Progress::new(output);
    let ended = client.follow(&made.id, Some(Instant::now() + LIMIT), |job| {
        // The table that comes then shows the end.
        if !job.ended() {
            progress.show(job);
        }
    });
    let ended = ended.await;
    progress.finish();
    let ended = ended.map_err(failed)?;
    if !ended.ended() {
        let problem = format!("import {} has not ended after {} minutes", ended.id, LIMIT.as_secs() / 60);
        return Err(Error::new(problem, format!("see what the worker does: {}", stack.log().display())));
    }
    let errors = client.errors(&ended.id, errors).await.map_err(failed)?;
    let warned = client.warned_results(&ended).await.map_err(failed)?;
    output.result(&report(&ended, &errors, &warned, None));
    Ok(ended.status == Status::Success)
}

/// How far a job is: a bar a record type on a terminal, a line every few seconds otherwise.
struct Progress {
    output: Output,
    bars: Option<(MultiProgress, Vec<(RecordType, ProgressBar)>)>,
    last_line: Instant,
}

impl Progress {
    fn new(output: Output) -> Self {
        let bars = output.animated().then(|| {
            let all = MultiProgress::new();
            let bar = |kind: &RecordType| (*kind, all.add(output.bar(kind.as_str())));
            let bars = RecordType::ALL.iter().map(bar).collect();
            (all, bars)
        });
        Self { output, bars, last_line: Instant::now() }
    }

    fn show(&mut self, job: &Job) {
        let records = &job.records;
        if let Some((_, bars)) = &self.bars {
            for (kind, bar) in bars {
                let (uploaded, imported) = counts(records, *kind);
                // A bar of nothing would look full. It shows from its first update on.
                if uploaded > 0 {
                    bar.set_length(uploaded);
                    bar.set_position(imported);
                }
            }
        } else if self.last_line.elapsed() > Duration::from_secs(2) {
            self.last_line = Instant::now();
            let (uploaded, imported) = totals(records);
            self.output.progress(&format!("  {imported} of {uploaded} records imported"));
        }
    }

    fn finish(&self) {
        if let Some((all, _)) = &self.bars {
            // The table that follows says the same; a terminal that can't be cleared loses nothing.
            let _ = all.clear();
        }
    }
}

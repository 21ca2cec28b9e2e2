//! The commands about one job: what it is, its end, its errors, its files, its cancellation.

use std::{
    io::{self, ErrorKind, IsTerminal, Write},
    time::{Duration, Instant},
};

use clap::Args;
use client::Job;
use findings::{Format, Writer, wrap_around};
use serde_json::{Value, json};

use crate::{
    Global,
    error::Error,
    exit::Exit,
    outcome::{self, Outcome},
    output::{Output, unwritten, written},
    rows,
    session::{Session, short},
    shape::Shape,
    summary,
};

/// Which job is meant.
#[derive(Debug, Args)]
struct Which {
    /// The job's id, or enough of its beginning; else the newest made here.
    id: Option<String>,
}

impl Which {
    async fn id(&self, session: &Session) -> Result<String, Error> {
        session.meant(self.id.as_deref()).await
    }

    async fn job(&self, session: &Session) -> Result<Job, Error> {
        let id = self.id(session).await?;
        session.client.show(&id).await.map_err(|error| session.failed(&error))
    }

    /// The job, which has to have ended.
    async fn ended(&self, session: &Session) -> Result<Job, Error> {
        let job = self.job(session).await?;
        if job.ended() {
            return Ok(job);
        }
        let problem = format!("the import {} has not ended: what became of its lines is not known yet", job.id);
        let watch = session.command(&format!("watch {}", short(&job.id)));
        Err(Error::new(Exit::StillRuns, problem, format!("to follow it, type:\n  {watch}")))
    }
}

/// Shows a job as it stands.
#[derive(Debug, Args)]
#[command(after_help = Exit::help("  imports show\n  imports show 0f4c6c0e --json"))]
pub(crate) struct Show {
    #[command(flatten)]
    which: Which,
}

impl Show {
    pub(crate) fn run(self, global: &Global, output: Output) -> Result<Exit, Error> {
        Session::run(global, output, |session| async move {
            let job = self.which.job(&session).await?;
            let exit = outcome::exit(&job);
            if output.json {
                return output.document(json!({"job": job}), exit);
            }
            // A job whose report is gone is shown all the same.
            let rows = rows::refused(&session, &job).await.unwrap_or_default();
            output.answer(&format!("{}\n", summary::of(&job, summary::untyped(&rows), output.columns))).map(|()| exit)
        })
    }
}

/// Follows a job to its end and shows what became of it.
#[derive(Debug, Args)]
#[command(after_help = Exit::help("  imports watch\n  imports watch 0f4c6c0e --wait 2h"))]
pub(crate) struct Watch {
    #[command(flatten)]
    which: Which,
    /// How long to wait for it.
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = humantime::parse_duration)]
    wait: Duration,
}

impl Watch {
    pub(crate) fn run(self, global: &Global, output: Output) -> Result<Exit, Error> {
        let until = Instant::now() + self.wait;
        Session::run(global, output, |session| async move {
            let id = self.which.id(&session).await?;
            let job = session.follow(&id, Some(until)).await?;
            let outcome = Outcome::of(&session, job).await?;
            outcome::tell(output, &[outcome], None, false)
        })
    }
}

/// Shows which lines were refused and why.
#[derive(Debug, Args)]
#[command(after_help = Exit::help("  imports errors\n  imports errors 0f4c6c0e --all"))]
pub(crate) struct Errors {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    shape: Shape,
}

impl Errors {
    pub(crate) fn run(self, global: &Global, output: Output) -> Result<Exit, Error> {
        let format = self.shape.format(output)?;
        Session::run(global, output, |session| async move {
            let job = self.which.job(&session).await?;
            let outcome = Outcome::of(&session, job).await?;
            let exit = outcome::exit(&outcome.job);
            if format == Format::Json {
                return output.document(json!({"errors": outcome.rows}), exit);
            }
            let id = short(&outcome.job.id);
            let mut out = Writer::begin(format, self.shape.all, output.out()).map_err(unwritten)?;
            written(outcome.rows.iter().try_for_each(|row| out.add(row, id)))?;
            let none = if outcome.job.ended() { "No line was refused." } else { "The job has not ended." };
            let all = session.command(&format!("errors {id} --all"));
            let text = rows::text(&outcome.rows, id, &all, output).filter(|_| !self.shape.all);
            let text = text.or_else(|| outcome.rows.is_empty().then(|| none.to_owned()));
            let next = outcome.next.map(|next| wrap_around(&next, output.columns));
            let parts: Vec<_> = text.into_iter().chain(next).collect();
            written(out.end_file(&rows::grouped(&outcome.rows), id, &parts.join("\n"), &Value::Null))?;
            written(out.end(exit.code())).map(|()| exit)
        })
    }
}

/// Prints what became of every line, as JSON lines.
#[derive(Debug, Args)]
#[command(after_help = Exit::help("  imports results > results.jsonl\n  imports results 0f4c6c0e --only-failed"))]
pub(crate) struct Results {
    #[command(flatten)]
    which: Which,
    /// Of the refused lines alone, each with its text.
    #[arg(long)]
    only_failed: bool,
}

impl Results {
    pub(crate) fn run(self, global: &Global, output: Output) -> Result<Exit, Error> {
        Session::run(global, output, |session| async move {
            let job = self.which.ended(&session).await?;
            let only = self.only_failed;
            hand_out(
                &session,
                async |to| session.client.results(&job.id, only, to).await,
                |file| {
                    let rows = serde_json::Deserializer::from_slice(file).into_iter::<Value>();
                    json!({"results": rows.filter_map(Result::ok).collect::<Vec<_>>()})
                },
            )
            .await
        })
    }
}

/// Prints the refused lines, byte for byte, to mend them.
#[derive(Debug, Args)]
#[command(after_help = Exit::help("  imports failed-lines > mend.jsonl\n  imports failed-lines 0f4c6c0e > mend.jsonl"))]
pub(crate) struct FailedLines {
    #[command(flatten)]
    which: Which,
}

impl FailedLines {
    pub(crate) fn run(self, global: &Global, output: Output) -> Result<Exit, Error> {
        Session::run(global, output, |session| async move {
            let job = self.which.ended(&session).await?;
            let exit = hand_out(
                &session,
                async |to| session.client.failed_lines(&job.id, to).await,
                |file| json!({"lines": String::from_utf8_lossy(file).lines().collect::<Vec<_>>()}),
            )
            .await?;
            if job.errors() > 0 && !output.json {
                output.progress(&mending(&session, &job));
            }
            Ok(exit)
        })
    }
}

/// What to do with refused lines that were printed.
fn mending(session: &Session, job: &Job) -> String {
    let options = [("on-conflict", &job.on_conflict), ("unknown", &job.unknown)];
    let options = options.iter().filter_map(|(name, value)| Some(format!(" --{name} {}", value.as_deref()?)));
    let run = session.command(&format!("run mend.jsonl{}", options.collect::<String>()));
    if io::stdout().is_terminal() {
        let lines = session.command(&format!("failed-lines {} > mend.jsonl", short(&job.id)));
        return format!("To mend them, type:\n  {lines}\nand then:\n  {run}");
    }
    format!("Mend them where they are now. From mend.jsonl they are sent with:\n  {run}")
}

/// Hands a file of the service on as it comes, or as one document.
async fn hand_out(
    session: &Session,
    fetch: impl AsyncFnOnce(&mut (dyn Write + Send)) -> Result<(), client::Error>,
    document: impl FnOnce(&[u8]) -> Value,
) -> Result<Exit, Error> {
    let mut file = Vec::new();
    let json = session.output.json;
    let fetched = if json { fetch(&mut file).await } else { fetch(&mut io::stdout()).await };
    match fetched {
        // Whoever reads has read enough, as `head` does.
        Err(client::Error::Written(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(Exit::Success),
        Err(error) => Err(session.failed(&error)),
        Ok(()) if json => session.output.document(document(&file), Exit::Success),
        Ok(()) => Ok(Exit::Success),
    }
}

/// Stops a job; what it has imported stays imported.
#[derive(Debug, Args)]
#[command(after_help = Exit::help("  imports cancel\n  imports cancel 0f4c6c0e"))]
pub(crate) struct Cancel {
    #[command(flatten)]
    which: Which,
}

impl Cancel {
    pub(crate) fn run(self, global: &Global, output: Output) -> Result<Exit, Error> {
        Session::run(global, output, |session| async move {
            let id = self.which.id(&session).await?;
            let job = session.client.cancel(&id).await.map_err(|error| session.failed(&error))?;
            if output.json {
                return output.document(json!({"job": job}), Exit::Success);
            }
            let next = session.command(&format!("watch {}", short(&id)));
            let end = if job.ended() {
                "is cancelled".to_owned()
            } else {
                format!("stops in a moment. To see its end:\n  {next}")
            };
            output.answer(&format!("Import {id} {end}\n")).map(|()| Exit::Success)
        })
    }
}

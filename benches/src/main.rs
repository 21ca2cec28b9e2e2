//! The benchmark: the functions as they are deployed, over a fake AWS in memory, against others that write the same items.
#![expect(clippy::indexing_slicing, reason = "of JSON values by keys: what is missing reads as null")]

mod events;
mod expected;
mod fake;
mod files;
mod growth;
mod history;
mod imports;
mod machine;
mod peers;
mod process;
mod programs;
mod row;
mod rows;
mod table;
mod thin;
mod trials;

use std::{
    error::Error,
    fs::OpenOptions,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    sync::{Mutex, MutexGuard, PoisonError},
};

use clap::{Parser, Subcommand, builder::RangedU64ValueParser};

use history::Run;
use peers::child::PeerArgs;
use programs::Programs;
use rows::{Goal, Measured};

pub(crate) type Failure = Box<dyn Error + Send + Sync>;
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// Measures the goals of docs/performance.md, and prints what was found.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    /// What to measure; without a name everything.
    #[arg(value_enum, ignore_case = true)]
    goals: Vec<Goal>,
    /// How often each import is measured. What waits for the limits of the table is measured once.
    #[arg(long, default_value_t = 3, value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    rounds: usize,
    /// Writes docs/performance.md, with the plot beside it: of everything.
    #[arg(long, conflicts_with = "goals")]
    write: Option<PathBuf>,
    /// Only counts, of 10,000 lines: what no busy machine changes.
    #[arg(long, conflicts_with_all = ["goals", "write"])]
    thin: bool,
    /// Fails when a count is not the expected one.
    #[arg(long, requires = "thin", conflicts_with_all = ["goals", "write"])]
    check: bool,
    /// Expects from now on what is counted.
    #[arg(long, requires = "thin", conflicts_with_all = ["check", "goals", "write"])]
    accept: bool,
    #[command(subcommand)]
    child: Option<Child>,
}

/// What this program runs as a process of its own.
#[derive(Debug, Subcommand)]
enum Child {
    #[command(hide = true)]
    Peer(PeerArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Outcome {
    if let Some(Child::Peer(peer)) = arguments.child {
        return peer.run().await;
    }
    // All paths here are from there.
    std::env::set_current_dir(local::workspace::root()?)?;
    if let Some(path) = &arguments.write {
        let opened = OpenOptions::new().append(true).create(true).open(path);
        opened.map_err(|error| format!("{} can't be written: {error}", path.display()))?;
    }
    say("Building the functions.");
    let programs = Programs::build()?;
    if arguments.thin {
        return thin::run(&programs, arguments.check, arguments.accept).await;
    }
    let goals = if arguments.goals.is_empty() { Goal::all() } else { arguments.goals };
    let Measured { rows, skipped, failed } = rows::measure(&programs, &goals, arguments.rounds).await?;
    let run = Run::now(arguments.rounds, rows, skipped)?;
    say(&table::of(&run.rows, &run.skipped));
    run.append()?;
    if !failed.is_empty() {
        return Err(failed.join("\n").into());
    }
    match arguments.write {
        Some(path) => run.write_page(&path),
        None => Ok(()),
    }
}

/// Prints a line at once: a bench takes minutes.
pub(crate) fn say(text: &str) {
    let mut out = io::stdout().lock();
    // Whoever closed it does not want to hear more.
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Locks state that is whole after every change, a panic or not.
pub(crate) fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A count as a number to reckon with. None here has more digits than such a number keeps.
#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "there is no other way from u64 to f64")]
pub(crate) const fn real(count: u64) -> f64 {
    count as f64
}

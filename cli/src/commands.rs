//! One module a command.

mod check;
mod completions;
mod config;
mod job;
mod list;
mod man;
mod run;

use clap::Subcommand;

use crate::{Global, error::Error, exit::Exit, output::Output};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(check::Check),
    Run(run::Run),
    List(list::List),
    Show(job::Show),
    Watch(job::Watch),
    Errors(job::Errors),
    Results(job::Results),
    FailedLines(job::FailedLines),
    Cancel(job::Cancel),
    Config(config::Config),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Command {
    pub(crate) fn run(self, global: &Global, output: Output) -> Result<Exit, Error> {
        match self {
            Self::Check(check) => check.run(global, output),
            Self::Run(run) => run.run(global, output),
            Self::List(list) => list.run(global, output),
            Self::Show(show) => show.run(global, output),
            Self::Watch(watch) => watch.run(global, output),
            Self::Errors(errors) => errors.run(global, output),
            Self::Results(results) => results.run(global, output),
            Self::FailedLines(lines) => lines.run(global, output),
            Self::Cancel(cancel) => cancel.run(global, output),
            Self::Config(config) => config.run(global, output),
            Self::Completions(completions) => completions.run(output),
            Self::Man(man) => man.run(output),
        }
    }
}

//! One module a command.

mod check;
mod completions;
mod man;

use clap::Subcommand;

use crate::{Global, error::Error, exit::Exit, output::Output};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(check::Check),
    Completions(completions::Completions),
    Man(man::Man),
}

impl Command {
    pub(crate) fn run(self, _global: &Global, output: Output) -> Result<Exit, Error> {
        match self {
            Self::Check(check) => check.run(output),
            Self::Completions(completions) => completions.run(output),
            Self::Man(man) => man.run(output),
        }
    }
}

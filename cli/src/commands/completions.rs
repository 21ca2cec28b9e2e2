//! What a shell completes.

use clap::Args;
use clap_complete::{Shell, generate};

use crate::{command_line, error::Error, exit::Exit, output::Output};

const EXAMPLES: &str = "  imports completions bash > /etc/bash_completion.d/imports
  imports completions zsh > ~/.zfunc/_imports";

/// Prints what a shell needs to complete this command's words.
#[derive(Debug, Args)]
#[command(after_help = Exit::help(EXAMPLES))]
pub(crate) struct Completions {
    /// One of bash, elvish, fish, powershell, zsh.
    #[arg(hide_possible_values = true)]
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self, output: Output) -> Result<Exit, Error> {
        let mut script = Vec::new();
        generate(self.shell, &mut command_line(), "imports", &mut script);
        output.answer(&String::from_utf8_lossy(&script)).map(|()| Exit::Success)
    }
}

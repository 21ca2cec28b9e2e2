//! `imports`: the command line of Subscriptions Import, for people.

mod checked;
mod commands;
mod error;
mod exit;
mod input;
mod meter;
mod needs;
mod newest;
mod outcome;
mod output;
mod profile;
mod refused;
mod rows;
mod session;
mod shape;
mod split;
mod summary;
mod unsent;

use std::{env, process::ExitCode};

use clap::{Args, CommandFactory, Parser, error::ErrorKind};

use self::{commands::Command, error::Error, exit::Exit, output::Output};

const EXAMPLES: &str = "  imports check catalogue.jsonl
  imports check part-1.jsonl part-2.jsonl.gz";

/// Imports subscriptions, and says which line, why, and what now.
#[derive(Debug, Parser)]
#[command(name = "imports", version, after_help = Exit::help(EXAMPLES), propagate_version = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command understands.
#[derive(Clone, Debug, Args)]
struct Global {
    /// Print one JSON document, also on errors.
    #[arg(long, global = true)]
    json: bool,
    /// Print the answer alone, no progress.
    #[arg(long, global = true)]
    quiet: bool,
    /// The profile to use, see `imports config`.
    #[arg(long, global = true, value_name = "NAME")]
    profile: Option<String>,
    /// Use the service that runs on this machine.
    #[arg(long, global = true)]
    local: bool,
}

impl Global {
    /// What has to follow `imports` in a command for the same service.
    fn choice(&self) -> String {
        match (&self.profile, self.local) {
            (_, true) => " --local".to_owned(),
            (Some(profile), _) => format!(" --profile {}", checked::quoted(profile)),
            (None, _) => String::new(),
        }
    }
}

fn main() -> ExitCode {
    let exit = match Cli::try_parse() {
        Ok(Cli { global, command }) => {
            let output = Output::of(&global);
            command.run(&global, output).unwrap_or_else(|error| output.error(error))
        }
        Err(error) => unread(&error),
    };
    exit.into()
}

/// Help and version are answers; all else is a command line that can't be read.
fn unread(error: &clap::Error) -> Exit {
    let is_answer = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if !is_answer && env::args_os().any(|argument| argument == "--json") {
        let global = Global { json: true, quiet: true, profile: None, local: false };
        let text = error.to_string();
        let problem = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect::<Vec<_>>().join(" ");
        let problem = problem.trim_start_matches("error: ");
        return Output::of(&global).error(Error::new(Exit::Usage, problem, "type imports --help"));
    }
    // It can't be told where nothing can be written.
    let _ = error.print();
    if is_answer { Exit::Success } else { Exit::Usage }
}

/// The command line as a whole, for what is made from it.
fn command_line() -> clap::Command {
    Cli::command()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_of_every_command_fits_into_80_columns_and_its_examples_can_be_typed() {
        /// A command and all below it.
        fn with_all_below(command: &clap::Command) -> Vec<clap::Command> {
            let below = command.get_subcommands().filter(|command| command.get_name() != "help");
            [command.clone()].into_iter().chain(below.flat_map(with_all_below)).collect()
        }
        let mut all = command_line();
        all.build();
        let commands = with_all_below(&all);
        assert!(commands.iter().any(|command| command.get_bin_name() == Some("imports config set")));
        for mut command in commands {
            for help in [command.render_help(), command.render_long_help()].map(|help| help.to_string()) {
                assert!(help.contains("\nExit codes:\n  0 "), "{help}");
                assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
                let examples: Vec<_> = help.lines().filter(|line| line.starts_with("  imports ")).collect();
                assert!(!examples.is_empty(), "{help}");
                for example in examples {
                    let words = example.split(" | ").next().unwrap_or_default().split(" > ").next().unwrap_or_default();
                    assert!(Cli::try_parse_from(words.split_whitespace()).is_ok(), "{example}");
                }
            }
        }
    }
}

//! The command line of the local AWS.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use client::{MOST_LISTED, interrupted};
use local::import::ImportArgs;
use local::output::Output;
use local::{Error, Options};
use samples::GenerateArgs;

/// The exit code of an import job that failed.
const FAILED: u8 = 1;
/// The exit code of trouble with the system itself. Clap takes 2.
const TROUBLE: u8 = 3;
/// The exit code of a command that was interrupted, as shells have it.
const INTERRUPTED: u8 = 130;

/// What `--help` ends with: examples and exit codes.
macro_rules! help {
    ($examples:literal) => {
        concat!(
            "Examples:\n",
            $examples,
            "\n
Exit codes:
  0    it went well; an import succeeded, even where single lines were refused
  1    the import job failed
  2    the command line can't be read
  3    trouble with the system itself
  130  it was interrupted"
        )
    };
}

const HELP: &str = help!(
    "  cargo run -p local -- import events/sample.jsonl
  cargo run -p local -- up --port 8080 --state target/state
  cargo run -p local -- generate 300 --bad 100 -o bad.jsonl
  cargo run -p local -- invoke get-import events/get-import.json"
);

const IMPORT_HELP: &str = help!(
    "  cargo run -p local -- import events/sample.jsonl
  cargo run -p local -- import catalogue.jsonl.gz --errors 100 --quiet
  cargo run -p local -- import events/sample.jsonl --dry-run --unknown refuse"
);

const UP_HELP: &str = help!(
    "  cargo run -p local -- up
  cargo run -p local -- up --port 8080 --state target/state"
);

const INVOKE_HELP: &str = help!(
    "  cargo run -p local -- invoke get-import events/get-import.json
  cargo run -p local -- invoke create-import events/create-import.json --quiet"
);

const GENERATE_HELP: &str = help!(
    "  cargo run -p local -- generate 300 --bad 100 -o bad.jsonl
  cargo run -p local -- generate 50000 --seed 7 -o big.jsonl.gz"
);

/// Runs Subscriptions Import on this machine: template and functions as on AWS.
#[derive(Parser)]
#[command(name = "local", bin_name = "cargo run -p local --", version, after_help = HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Imports a file and shows what became of it.
    #[command(after_help = IMPORT_HELP)]
    Import {
        /// The JSONL file, plain or gzip-compressed.
        file: PathBuf,
        #[command(flatten)]
        options: ImportArgs,
        /// How many errors to show.
        #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u64).range(..=MOST_LISTED))]
        errors: u64,
        #[command(flatten)]
        stack: StackArgs,
    },
    /// Runs the API until Ctrl-C, and prints how to call it.
    #[command(after_help = UP_HELP)]
    Up {
        #[command(flatten)]
        stack: StackArgs,
    },
    /// Runs one function on one event, without Docker; prints its answer.
    #[command(after_help = INVOKE_HELP)]
    Invoke {
        /// The function's name, for example `get-import`.
        function: String,
        /// The event, for example `events/get-import.json`.
        event: PathBuf,
        #[command(flatten)]
        stack: StackArgs,
    },
    /// Makes an import file, as large and as broken as asked.
    #[command(after_help = GENERATE_HELP)]
    Generate(GenerateArgs),
}

#[derive(Args)]
struct StackArgs {
    /// The port to listen on; any free one without it.
    #[arg(long)]
    port: Option<u16>,
    /// A folder that keeps what the local AWS holds.
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
    /// Print the result alone.
    #[arg(long)]
    quiet: bool,
    /// Run optimised functions, which take long to build.
    #[arg(long)]
    release: bool,
}

impl StackArgs {
    fn options(self) -> Result<Options, Error> {
        let state = self.state.map(std::path::absolute).transpose().map_err(|error| {
            Error::new(format!("the state folder has no absolute path: {error}"), "give --state another folder")
        })?;
        Ok(Options { port: self.port, state, quiet: self.quiet, release: self.release, ..Options::default() })
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(false);
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            output.error(&Error::new(format!("can't start: {error}"), "free some memory and threads"));
            return ExitCode::from(TROUBLE);
        }
    };
    let code = runtime.block_on(run(cli.command)).unwrap_or_else(|error| {
        output.error(&error);
        ExitCode::from(TROUBLE)
    });
    // A build that still runs would hold the runtime open; the interrupt has reached it too.
    runtime.shutdown_background();
    code
}

async fn run(command: Command) -> Result<ExitCode, Error> {
    match command {
        Command::Generate(generate) => {
            let generated = generate.run().map_err(|error| {
                Error::new(format!("can't generate the file: {error}"), "check the numbers and where it is to go")
            });
            generated.map(|_| ExitCode::SUCCESS)
        }
        Command::Import { file, options, errors, stack } => {
            let import = local::import::run(file, options, errors, stack.options()?);
            // Dropping the import also stops the stack it started.
            tokio::select! {
                success = import => Ok(if success? { ExitCode::SUCCESS } else { ExitCode::from(FAILED) }),
                () = interrupted() => Ok(ExitCode::from(INTERRUPTED)),
            }
        }
        Command::Invoke { function, event, stack } => {
            tokio::select! {
                answer = local::rie::invoke(&function, &event, stack.options()?) => answer?,
                () = interrupted() => return Ok(ExitCode::from(INTERRUPTED)),
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Up { stack } => {
            local::up::run(stack.options()?, interrupted()).await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_help_of_every_command_fits_into_80_columns_and_its_examples_can_be_typed() {
        let mut all = Cli::command();
        all.build();
        let commands: Vec<_> = all.get_subcommands().filter(|command| command.get_name() != "help").cloned().collect();
        assert_eq!(commands.len(), 4);
        for mut command in commands.into_iter().chain([all.clone()]) {
            for help in [command.render_help(), command.render_long_help()].map(|help| help.to_string()) {
                assert!(help.contains("\nExit codes:\n  0 "), "{help}");
                assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
                let examples: Vec<_> =
                    help.lines().filter(|line| line.starts_with("  cargo run -p local -- ")).collect();
                assert!(examples.len() > 1, "{help}");
                for example in examples {
                    // Cargo's own words come before the two hyphens.
                    let words = example.split_whitespace().skip_while(|word| *word != "--");
                    assert!(Cli::try_parse_from(words).is_ok(), "{example}");
                }
            }
        }
        assert_eq!(all.render_version(), format!("local {}\n", env!("CARGO_PKG_VERSION")));
    }
}

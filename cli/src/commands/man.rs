//! The man page.

use clap::Args;
use clap_mangen::Man as Page;

use crate::{command_line, error::Error, exit::Exit, output::Output};

const EXAMPLES: &str = "  imports man > imports.1";

/// Prints the man page.
#[derive(Debug, Args)]
#[command(hide = true, after_help = Exit::help(EXAMPLES))]
pub(crate) struct Man {}

impl Man {
    #[expect(clippy::unused_self, reason = "every command runs alike")]
    pub(crate) fn run(&self, output: Output) -> Result<Exit, Error> {
        let mut page = Vec::new();
        Page::new(command_line()).render(&mut page).map_err(|error| {
            Error::new(Exit::Trouble, format!("the man page can't be made: {error}"), "type imports --help instead")
        })?;
        output.answer(&String::from_utf8_lossy(&page)).map(|()| Exit::Success)
    }
}

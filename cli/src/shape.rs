//! How findings are shown: one set of options for all that have some.

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use findings::Format;
use strum::VariantNames;

use crate::{error::Error, exit::Exit, output::Output};

/// How findings are shown.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Shape {
    /// One of text, json, jsonl, github, sarif.
    #[arg(long, value_name = "FORMAT", hide_possible_values = true,
        value_parser = PossibleValuesParser::new(Format::VARIANTS).try_map(|word| word.parse::<Format>()))]
    format: Option<Format>,
    /// Show every error, not one example of each kind.
    #[arg(long)]
    pub(crate) all: bool,
}

impl Shape {
    /// The format. `--json` is one document, and stands beside no other.
    pub(crate) fn format(self, output: Output) -> Result<Format, Error> {
        match self.format {
            None if output.json => Ok(Format::Json),
            Some(format) if output.json && format != Format::Json => {
                let problem = "--json prints one JSON document, --format another one or none";
                Err(Error::new(Exit::Usage, problem, "leave out one of the two"))
            }
            format => Ok(format.unwrap_or_default()),
        }
    }
}

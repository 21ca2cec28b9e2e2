//! How findings are shown: one set of options for all that have some.

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser},
};
use findings::Format;
use strum::VariantNames;

use crate::output::Output;

/// How findings are shown.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Shape {
    /// One of text, json, jsonl, github, sarif.
    #[arg(long, value_name = "FORMAT", default_value = "text", hide_possible_values = true, hide_default_value = true,
        value_parser = PossibleValuesParser::new(Format::VARIANTS).try_map(|word| word.parse::<Format>()))]
    format: Format,
    /// Show every error, not one example of each kind.
    #[arg(long)]
    pub(crate) all: bool,
}

impl Shape {
    /// The format: that of `--json` where no other is asked for.
    pub(crate) fn format(self, output: Output) -> Format {
        if output.json && self.format == Format::Text { Format::Json } else { self.format }
    }
}

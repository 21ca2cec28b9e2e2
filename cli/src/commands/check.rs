//! Checks files by the service's own rules, without it.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;
use findings::{Groups, Writer};
use serde_json::json;

use crate::{
    checked::{CheckedFile, Rules, open},
    error::Error,
    exit::Exit,
    output::{Output, unwritten, written},
    shape::Shape,
};

const EXAMPLES: &str = "  imports check catalogue.jsonl
  imports check part-1.jsonl part-2.jsonl.gz --all
  imports check --format github catalogue.jsonl
  imports check - --unknown refuse";

/// Checks files by the service's own rules: no network, no token.
#[derive(Debug, Args)]
#[command(after_help = Exit::help(EXAMPLES))]
pub(crate) struct Check {
    /// Files of JSON lines, plain or gzip-compressed; - is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    shape: Shape,
    /// With unknown attributes: warn or refuse.
    #[arg(long, value_name = "ANSWER", default_value = "warn", value_parser = ["warn", "refuse"],
        hide_possible_values = true, hide_default_value = true)]
    unknown: String,
}

impl Check {
    pub(crate) fn run(&self, output: Output) -> Result<Exit, Error> {
        let mut out = Writer::begin(self.shape.format(output), self.shape.all, output.out()).map_err(unwritten)?;
        let mut exit = Exit::Success;
        for path in &self.files {
            exit = exit.max(self.check(path, &mut out, output)?);
        }
        written(out.end(exit.code()))?;
        Ok(exit)
    }

    /// Checks one file. One that can't be read keeps no other from being checked.
    fn check(&self, path: &Path, out: &mut Writer<impl Write>, output: Output) -> Result<Exit, Error> {
        let name = path.display().to_string();
        let rules = Rules { refuse_unknown: self.unknown == "refuse" };
        let checked = open(path).and_then(|mut file| CheckedFile::of(name.clone(), rules, &mut file, out));
        match checked {
            Ok(file) => {
                let text = self.text(&file, output);
                written(out.end_file(&file.groups, &name, &text, &file.document()))?;
                Ok(file.exit())
            }
            Err(Error { exit, problem, next }) => {
                let document = json!({"file": name, "error": problem, "next": next});
                let exit = if output.json { exit } else { output.error(Error { exit, problem, next }) };
                written(out.end_file(&Groups::default(), &name, "", &document))?;
                Ok(exit)
            }
        }
    }

    /// What is said of a file: what is wrong, unless each row was shown; how many lines are; what to type next.
    fn text(&self, file: &CheckedFile, output: Output) -> String {
        let findings = if self.shape.all { String::new() } else { file.findings(output.columns) };
        let between = if findings.is_empty() { "" } else { "\n" };
        let next = match file.exit() {
            Exit::Success => format!("To import it, type:\n  imports run {}", file.typed()),
            _ => format!("Mend it, then type:\n  imports check {}", file.typed()),
        };
        format!("{findings}{between}{}\n{next}", file.summary(output.columns))
    }
}

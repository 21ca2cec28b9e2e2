//! Checks files by the service's own rules, without it.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use clap::Args;
use findings::{Writer, wrap_around};
use serde_json::json;

use crate::{
    Global,
    checked::{CheckedFile, Rules, named_once, note, open},
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
    pub(crate) fn run(&self, global: &Global, output: Output) -> Result<Exit, Error> {
        named_once(self.files.iter().map(PathBuf::as_path))?;
        let mut out = Writer::begin(self.shape.format(output)?, self.shape.all, output.out()).map_err(unwritten)?;
        let mut exit = Exit::Success;
        for path in &self.files {
            exit = exit.max(self.check(path, &mut out, global, output)?);
        }
        written(out.end(exit.code()))?;
        Ok(exit)
    }

    /// Checks one file. One that can't be read keeps no other from being checked.
    fn check(&self, path: &Path, out: &mut Writer<impl Write>, global: &Global, output: Output) -> Result<Exit, Error> {
        let name = path.display().to_string();
        let rules = Rules { refuse_unknown: self.unknown == "refuse" };
        let checked = open(path).and_then(|mut file| CheckedFile::of(name.clone(), rules, &mut file, out));
        match checked {
            Ok(file) => {
                let text = self.text(&file, global, output);
                written(out.end_file(&file.groups, &name, &text, &file.document()))?;
                Ok(file.exit())
            }
            Err(error) => {
                let document = json!({"file": name, "error": error.problem, "next": error.next});
                written(out.end_unchecked(&name, &error.problem, &document))?;
                Ok(if output.json { error.exit } else { output.error(error) })
            }
        }
    }

    /// What is said of a file: what is wrong, unless each row was shown; how many lines are; what to type next.
    fn text(&self, file: &CheckedFile, global: &Global, output: Output) -> String {
        let findings = if self.shape.all { String::new() } else { file.findings(output.columns) };
        let between = if findings.is_empty() { "" } else { "\n" };
        let unknown = if self.unknown == "refuse" { " --unknown refuse" } else { "" };
        let typed = |command| format!("imports{} {command} {}{unknown}", global.choice(), file.typed());
        let note = note([Path::new(&file.name)].into_iter());
        let next = match file.exit() {
            Exit::Success => format!("{note}To import it, type:\n  {}", typed("run")),
            _ if file.is_too_long() => format!("{note}To send it as several jobs, type:\n  {} --split", typed("run")),
            _ => format!("{note}Mend it, then type:\n  {}", typed("check")),
        };
        let next = wrap_around(&next, output.columns);
        format!("{findings}{between}{}\n{next}", file.summary(output.columns))
    }
}

//! What a run has found: kept for later, and as a page of the documents.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

use serde::Serialize;

use crate::{Outcome, growth, machine::Circumstances, process::folder, row::Row, say, table};

/// The page, but for figures.
const PAGE: &str = include_str!("performance.md");

#[derive(Debug, Serialize)]
pub(crate) struct Run {
    #[serde(flatten)]
    pub(crate) circumstances: Circumstances,
    pub(crate) rounds: usize,
    pub(crate) rows: Vec<Row>,
    pub(crate) skipped: Vec<String>,
}

impl Run {
    pub(crate) fn now(rounds: usize, rows: Vec<Row>, skipped: Vec<String>) -> Outcome<Self> {
        Ok(Self { circumstances: Circumstances::now()?, rounds, rows, skipped })
    }

    /// Adds a line to the history.
    pub(crate) fn append(&self) -> Outcome {
        let path = folder()?.join("history.jsonl");
        let mut file = File::options().create(true).append(true).open(path)?;
        Ok(writeln!(file, "{}", serde_json::to_string(self)?)?)
    }

    /// Writes the page, and the plot beside it if this run has drawn one.
    pub(crate) fn write_page(&self, path: &Path) -> Outcome {
        let Circumstances { date, machine, commit, profile } = &self.circumstances;
        let told =
            format!("Measured on {date} at commit {commit}, profile {profile}, {} rounds, on {machine}.", self.rounds);
        let page =
            PAGE.replace("{circumstances}", &told).replace("{table}", &table::as_markdown(&self.rows, &self.skipped));
        fs::write(path, page)?;
        if self.rows.iter().any(|row| row.id == "G") {
            let plot = path.parent().unwrap_or(Path::new(".")).join(growth::PLOT);
            fs::copy(folder()?.join(growth::PLOT), plot)?;
        }
        say(&format!("Written: {}", path.display()));
        Ok(())
    }
}

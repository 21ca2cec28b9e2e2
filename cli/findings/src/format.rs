//! Rows for other tools.

mod github;
mod sarif;

use std::{
    borrow::Cow,
    io::{self, Write},
};

use serde::Serialize;
use serde_json::{Value, json};
use strum::{EnumString, VariantNames};

use crate::{
    groups::{Group, Groups},
    row::{Kind, Row},
    text::listed,
};

/// How findings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, EnumString, VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One document.
    Json,
    /// A document a row.
    Jsonl,
    /// Annotations of a pull request.
    Github,
    /// One document of the Static Analysis Results Interchange Format, 2.1.0.
    Sarif,
}

/// Writes rows as they come, those of several files one after the other.
#[derive(Debug)]
pub struct Writer<W: Write> {
    format: Format,
    /// Every row, where a format has groups as well.
    all: bool,
    out: W,
    /// How many rows came before; of a document for each file, of that file.
    rows: usize,
    files: usize,
    /// The files that could not be checked, and why not.
    unchecked: Vec<(String, String)>,
}

/// A row as a document.
#[derive(Serialize)]
struct RowDocument<'r> {
    file: Cow<'r, str>,
    #[serde(flatten)]
    row: &'r Row<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
}

impl<W: Write> Writer<W> {
    /// Begins. `all` asks for each row where a format would else show what they have in common.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn begin(format: Format, all: bool, mut out: W) -> io::Result<Self> {
        match format {
            Format::Sarif => sarif::begin(&mut out)?,
            Format::Json => out.write_all(b"{\"files\":[")?,
            Format::Text | Format::Jsonl | Format::Github => {}
        }
        Ok(Self { format, all, out, rows: 0, files: 0, unchecked: Vec::new() })
    }

    /// Adds a row of a file.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn add(&mut self, row: &Row<'_>, file: &str) -> io::Result<()> {
        let document = || RowDocument { file: file.into(), row, column: row.columns().map(|(begin, _)| begin) };
        match self.format {
            Format::Jsonl => {
                serde_json::to_writer(&mut self.out, &document())?;
                self.out.write_all(b"\n")?;
            }
            Format::Json if self.all => {
                let between = match self.rows {
                    0 => [between(self.files), "{\"rows\":["].concat(),
                    _ => ",".to_owned(),
                };
                write!(self.out, "{between}\n{}", serde_json::to_string(&document())?)?;
            }
            Format::Github if self.all => writeln!(self.out, "{}", github::of_row(row, file))?,
            Format::Sarif => write!(self.out, "{}\n{}", between(self.rows), sarif::of_row(row, file))?,
            Format::Text if self.all => writeln!(self.out, "{}", listed(row, file))?,
            Format::Json | Format::Github | Format::Text => return Ok(()),
        }
        self.rows += 1;
        Ok(())
    }

    /// Ends a file with what its rows have in common: `text` for people, `document` for programs.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn end_file(&mut self, groups: &Groups, file: &str, text: &str, document: &Value) -> io::Result<()> {
        match self.format {
            Format::Text if text.is_empty() => {}
            Format::Text => writeln!(self.out, "{}{text}", if self.files > 0 || self.rows > 0 { "\n" } else { "" })?,
            Format::Github if !self.all => {
                for group in [Kind::Error, Kind::Warning].into_iter().flat_map(|kind| groups.of(kind)) {
                    writeln!(self.out, "{}", github::of_group(group, file))?;
                }
            }
            Format::Json => {
                let document = document.to_string();
                let begin =
                    if self.all && self.rows > 0 { "],".to_owned() } else { between(self.files).to_owned() + "{" };
                write!(self.out, "{begin}{}", document.strip_prefix('{').unwrap_or(&document))?;
                self.rows = 0;
            }
            Format::Github | Format::Jsonl | Format::Sarif => {}
        }
        self.files += 1;
        Ok(())
    }

    /// Ends a file that could not be checked; `document` is for programs. People are told elsewhere.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn end_unchecked(&mut self, file: &str, why: &str, document: &Value) -> io::Result<()> {
        match self.format {
            Format::Text => {}
            Format::Json => return self.end_file(&Groups::default(), file, "", document),
            Format::Jsonl => writeln!(self.out, "{document}")?,
            Format::Github => writeln!(self.out, "{}", github::of_failure(why, file))?,
            Format::Sarif => self.unchecked.push((file.to_owned(), why.to_owned())),
        }
        self.files += 1;
        Ok(())
    }

    /// Ends, with the exit code of the command.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn end(mut self, exit: u8) -> io::Result<()> {
        match self.format {
            Format::Sarif => sarif::end(&mut self.out, &self.unchecked, exit)?,
            Format::Json => writeln!(self.out, "],\"exit\":{exit}}}")?,
            Format::Text | Format::Jsonl | Format::Github => {}
        }
        self.out.flush()
    }
}

const fn between(before: usize) -> &'static str {
    if before > 0 { "," } else { "" }
}

impl Group {
    /// The group as a document has it.
    #[must_use]
    pub fn document(&self) -> Value {
        let Row { line, error, external_ref, r#type, .. } = &self.example;
        let mut example = json!({"line": line, "error": error});
        if let Some(members) = example.as_object_mut() {
            members.extend(self.column.map(|column| ("column".to_owned(), column.into())));
            members.extend(external_ref.as_deref().map(|name| ("external_ref".to_owned(), name.into())));
            members.extend(r#type.as_deref().map(|word| ("type".to_owned(), word.into())));
        }
        json!({"kind": self.kind, "code": self.code, "field": self.field, "lines": self.lines, "first": example})
    }
}

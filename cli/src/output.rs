//! All that is printed goes through here: standard output is the answer, standard error the progress.

use std::io::{self, ErrorKind, IsTerminal, Write};

use console::Term;
use serde_json::{Value, json};

use crate::{Global, error::Error, exit::Exit};

/// How wide text is that goes to no terminal.
const COLUMNS: usize = 80;

/// Where and how much to print.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    /// One JSON document instead of text, also on errors.
    pub(crate) json: bool,
    quiet: bool,
    /// How many columns an answer has: those of the terminal, where it goes to one.
    pub(crate) columns: usize,
}

impl Output {
    pub(crate) fn of(global: &Global) -> Self {
        let columns = Term::stdout().size_checked().map_or(COLUMNS, |(_, columns)| columns.into());
        Self { json: global.json, quiet: global.quiet, columns }
    }

    /// Whether bars can be drawn on standard error.
    pub(crate) fn animated(self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// Prints a piece of the answer as it is, without colours where they are not wanted.
    #[expect(clippy::unused_self, reason = "whoever prints has been given where to")]
    pub(crate) fn answer(self, text: &str) -> Result<(), Error> {
        let mut out = anstream::AutoStream::auto(io::stdout().lock());
        told(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }

    /// Prints the one document of `--json`: these members, and the exit code.
    pub(crate) fn document(self, mut document: Value, exit: Exit) -> Result<Exit, Error> {
        if let Some(members) = document.as_object_mut() {
            members.insert("exit".to_owned(), exit.code().into());
        }
        self.answer(&format!("{document}\n")).map(|()| exit)
    }

    /// Prints a line about what goes on.
    pub(crate) fn progress(self, line: &str) {
        if !self.quiet {
            // Who does not read the progress may still want the answer.
            let _ = writeln!(anstream::AutoStream::auto(io::stderr().lock()), "{line}");
        }
    }

    /// Prints what went wrong and what to do; with `--json`, as the one document.
    pub(crate) fn error(self, Error { exit, problem, next }: Error) -> Exit {
        if self.json {
            return self.document(json!({"error": problem, "next": next}), exit).unwrap_or(exit);
        }
        let _ = writeln!(anstream::AutoStream::auto(io::stderr().lock()), "error: {problem}\n{next}");
        exit
    }
}

/// A reader that has read enough, such as `head`, is no trouble.
fn told(written: io::Result<()>) -> Result<(), Error> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::new(
            Exit::Trouble,
            format!("the answer can't be written: {error}"),
            "give it a place with room, or no place but the terminal",
        )),
        _ => Ok(()),
    }
}

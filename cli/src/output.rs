//! All that is printed goes through here: standard output is the answer, standard error the progress.

use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};

use anstream::AutoStream;
use console::Term;
use serde_json::{Map, Value, json};

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
    pub(crate) fn answer(self, text: &str) -> Result<(), Error> {
        let mut out = self.out();
        written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }

    /// Where an answer goes that comes in pieces. Colours are taken out where they are not wanted.
    #[expect(clippy::unused_self, reason = "whoever prints has been given where to")]
    pub(crate) fn out(self) -> impl Write {
        BufWriter::new(Patient(AutoStream::auto(io::stdout().lock())))
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
            let _ = writeln!(AutoStream::auto(io::stderr().lock()), "{line}");
        }
    }

    /// Prints what went wrong and what to do; with `--json`, as the one document.
    pub(crate) fn error(self, Error { exit, problem, next, job, .. }: Error) -> Exit {
        if self.json {
            let job = job.map(|id| ("job".to_owned(), json!({"id": id})));
            let texts = [("error", problem), ("next", next)].map(|(name, text)| (name.to_owned(), text.into()));
            let document = texts.into_iter().chain(job).collect::<Map<_, _>>();
            return self.document(document.into(), exit).unwrap_or(exit);
        }
        let _ = writeln!(AutoStream::auto(io::stderr().lock()), "error: {problem}\n{next}");
        exit
    }
}

/// A reader that has read enough, such as `head`, is no trouble.
struct Patient<W>(W);

impl<W: Write> Write for Patient<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(bytes.len()),
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            flushed => flushed,
        }
    }
}

/// Says what it means that an answer can't be written.
pub(crate) fn written(written: io::Result<()>) -> Result<(), Error> {
    written.map_err(unwritten)
}

#[expect(clippy::needless_pass_by_value, reason = "it is the end of the error")]
pub(crate) fn unwritten(error: io::Error) -> Error {
    Error::new(
        Exit::Trouble,
        format!("the answer can't be written: {error}"),
        "give it a place with room, or no place but the terminal",
    )
}

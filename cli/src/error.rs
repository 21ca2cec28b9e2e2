//! What went wrong, told to the person at the keyboard.

use crate::exit::Exit;

/// What went wrong, what to do about it, and how the command ends.
#[derive(Debug)]
pub(crate) struct Error {
    pub(crate) exit: Exit,
    pub(crate) problem: String,
    /// What to type or to do next.
    pub(crate) next: String,
    /// The job that it leaves behind.
    pub(crate) job: Option<String>,
    /// Whether a file was perhaps sent all the same.
    pub(crate) in_doubt: bool,
}

impl Error {
    pub(crate) fn new(exit: Exit, problem: impl Into<String>, next: impl Into<String>) -> Self {
        Self { exit, problem: problem.into(), next: next.into(), job: None, in_doubt: false }
    }

    pub(crate) fn of_job(self, id: impl Into<String>) -> Self {
        Self { job: Some(id.into()), ..self }
    }

    pub(crate) fn in_doubt(self) -> Self {
        Self { in_doubt: true, ..self }
    }
}

//! What went wrong, told to the person at the keyboard.

use crate::exit::Exit;

/// What went wrong, what to do about it, and how the command ends.
#[derive(Debug)]
pub(crate) struct Error {
    pub(crate) exit: Exit,
    pub(crate) problem: String,
    /// What to type or to do next.
    pub(crate) next: String,
}

impl Error {
    pub(crate) fn new(exit: Exit, problem: impl Into<String>, next: impl Into<String>) -> Self {
        Self { exit, problem: problem.into(), next: next.into() }
    }
}

//! What went wrong around the local AWS, shown to the person at the keyboard.

use std::fmt;

/// A failure and its remedy: what is wrong, and what to do about it.
#[derive(Debug)]
pub struct Error {
    problem: String,
    remedy: String,
}

impl Error {
    /// Makes an error of what is wrong and what to do.
    pub fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { problem: problem.into(), remedy: remedy.into() }
    }

    /// Makes an error of a file or a folder that could not be read or written.
    pub(crate) fn file(doing: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(
            format!("can't {doing} {}: {error}", path.display()),
            "check that the disk has room and that you may write there",
        )
    }

    /// What is wrong.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> &str {
        &self.remedy
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  what to do: {}", self.problem, self.remedy)
    }
}

impl std::error::Error for Error {}

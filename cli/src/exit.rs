//! How the command ends.

use std::{fmt::Write as _, process::ExitCode};

use client::{Job, Status};
use strum::VariantArray;

/// What the exit code says, the better before the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, VariantArray)]
pub(crate) enum Exit {
    Success,
    Refused,
    StillRuns,
    Failed,
    Token,
    Trouble,
    Usage,
    Interrupted,
}

impl Exit {
    /// The code that a shell sees.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Trouble => 3,
            Self::Token => 4,
            Self::Failed => 5,
            Self::StillRuns => 6,
            // As shells have it: 128, and the number of the signal.
            Self::Interrupted => 130,
        }
    }

    const fn meaning(self) -> &'static str {
        match self {
            Self::Success => "every line is good, imported, or skipped by --on-conflict",
            Self::Refused => "some lines are refused",
            Self::Usage => "the command line can't be read",
            Self::Trouble => "trouble with the network, the service or a file",
            Self::Token => "no token, or one that is refused",
            Self::Failed => "the job failed as a whole, or was cancelled",
            Self::StillRuns => "the wait ran out; the job goes on",
            Self::Interrupted => "interrupted; a job that was sent goes on",
        }
    }

    /// What `--help` ends with: examples, and what the exit codes say.
    pub(crate) fn help(examples: &str) -> String {
        let mut all = Self::VARIANTS.to_vec();
        all.sort_by_key(|exit| exit.code());
        all.iter().fold(format!("Examples:\n{examples}\n\nExit codes:"), |mut help, exit| {
            let _ = write!(help, "\n  {:<3}  {}", exit.code(), exit.meaning());
            help
        })
    }
}

/// How a command ends that is about a job.
pub(crate) fn of_job(job: &Job) -> Exit {
    match job.status {
        Status::Pending | Status::Started => Exit::StillRuns,
        Status::Failed => Exit::Failed,
        Status::Success if job.errors() > 0 || job.imported() < job.uploaded() => Exit::Refused,
        Status::Success => Exit::Success,
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

//! What can be wrong with a file as a whole. Reported as an error row with line number 0.

use imports::import::MAX_ATTEMPTS;
use records::{FileFault, RecordError, RecordErrorCode, limits::MAX_STORED};

/// What whoever sends objects again may ask for.
pub(crate) const ON_CONFLICT: &str =
    "send the file with on_conflict=skip to keep what is stored, or with on_conflict=update to replace it";

/// Why a job could not be tried, came to nothing, or ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JobFault {
    /// An option that came with the file can't be read: which one, and what it may be.
    InvalidOption(String),
    /// The object is gone.
    Missing,
    /// It lies in this storage class, from which it can't be read.
    Archived(String),
    /// It is encrypted with another key than the system's, which the system may not use.
    Locked,
    /// A later put of the same drop was imported before.
    Superseded,
    /// It has so many bytes as it is stored: more than one within the limit can have, packed or not.
    StoredTooLarge(u64),
    /// Something is wrong with what is in it.
    Content(FileFault),
    /// Not every line had its turn: what became of each is reported.
    EndedEarly(EarlyEnd),
    /// The same, but what became of the lines can't be reported.
    EndedUnreported(EarlyEnd),
}

impl From<FileFault> for JobFault {
    fn from(fault: FileFault) -> Self {
        Self::Content(fault)
    }
}

/// Why a job ends before every line of its file had its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EarlyEnd {
    /// Somebody asked for it.
    Cancelled,
    /// It brought its worker down again and again.
    GivenUp,
    /// A port refused for good.
    Unable,
}

impl EarlyEnd {
    const fn code(self) -> RecordErrorCode {
        match self {
            Self::Cancelled => RecordErrorCode::Cancelled,
            Self::GivenUp | Self::Unable => RecordErrorCode::GivenUp,
        }
    }

    fn reason(self) -> String {
        match self {
            Self::Cancelled => "the import was cancelled".to_owned(),
            Self::GivenUp => format!("the import was begun {MAX_ATTEMPTS} times and never finished"),
            Self::Unable => "the service could not go on with the import".to_owned(),
        }
    }

    /// The error of a line that was not imported for this reason.
    pub(crate) fn of_line(self) -> RecordError {
        let problem = format!("{} before this line was imported; it may be sent again", self.reason());
        RecordError::new(self.code(), "", problem)
    }

    /// Whether errors are those of a line that was not imported for this reason.
    pub(crate) fn is_reported_by(self, errors: &[RecordError]) -> bool {
        errors.iter().any(|error| error.code == self.code())
    }
}

impl JobFault {
    /// The error of each line of a file that is not tried for this reason.
    pub(crate) fn of_line(&self) -> RecordError {
        match self {
            Self::InvalidOption(problem) => RecordError::new(
                RecordErrorCode::InvalidOption,
                "",
                format!("the import file was not tried: {problem}"),
            ),
            _ => self.error(),
        }
    }

    /// The row that says it.
    pub(crate) fn error(&self) -> RecordError {
        let (code, problem) = match self {
            Self::Content(fault) => {
                let RecordError { code, problem, .. } = fault.error();
                let is_untold = fault.is_of_stored_objects() && !problem.contains(ON_CONFLICT);
                (code, if is_untold { format!("{problem}; {ON_CONFLICT}") } else { problem })
            }
            Self::InvalidOption(_) => {
                let line = self.of_line();
                let again =
                    "its lines are among the failed lines: fetch them and send them again with the option put right";
                (line.code, format!("{}; {again}", line.problem))
            }
            Self::Missing => {
                (RecordErrorCode::FileMissing, "the import file is no longer there: send it again".to_owned())
            }
            Self::Archived(class) => (
                RecordErrorCode::FileUnreadable,
                format!(
                    "the import file can't be read: it lies in S3's storage class {class}, an archive; put the file again in the \
                     class STANDARD, or restore it in S3 and then put it again"
                ),
            ),
            Self::Locked => (
                RecordErrorCode::FileUnreadable,
                "the import file can't be read: it is encrypted with a key that this service may not use; put the file again \
                 without naming a key"
                    .to_owned(),
            ),
            Self::Superseded => (
                RecordErrorCode::Superseded,
                "this file was not imported: a file that was put later under the same name was imported before it; \
                 if this one is to win, put it again"
                    .to_owned(),
            ),
            Self::StoredTooLarge(bytes) => (
                RecordErrorCode::FileTooLarge,
                format!(
                    "the import file is too large: it has {bytes} bytes as it is stored, at most {MAX_STORED} are read, \
                 packed or not; split it"
                ),
            ),
            Self::EndedEarly(why) => (
                why.code(),
                format!(
                    "{}; what was imported stays, the other lines are among the failed lines: fetch and send those again",
                    why.reason()
                ),
            ),
            Self::EndedUnreported(why) => (
                why.code(),
                format!(
                    "{}; what was imported stays, but which lines those are could not be told: look before the file is sent again",
                    why.reason()
                ),
            ),
        };
        RecordError::new(code, "", problem)
    }
}

//! What can be wrong with a file as a whole. Told as an error row with line number 0.

use imports::import::MAX_ATTEMPTS;
use records::{
    RecordError, RecordErrorCode,
    jsonl::{MAX_FILE_BYTES, MAX_OBJECTS},
};

use crate::unpack::{MAX_OVERHEAD, MAX_STORED};

/// Why a file could not be tried, or came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FileFault {
    /// An option that came with the file can't be read: which one, and what it may be.
    InvalidOption(String),
    /// The object is gone.
    Missing,
    /// There is no object in it: no bytes, or nothing but blank lines.
    Empty,
    /// It is larger than the limit, once unpacked.
    TooLarge,
    /// It has so many bytes as it is stored: more than one within the limit can have, packed or not.
    StoredTooLarge(u64),
    /// It is gzip in so many bytes that hold so few.
    HollowGzip { packed: usize, unpacked: usize },
    /// It begins like gzip, and goes on otherwise or ends early.
    DamagedGzip(String),
    /// It is a file of another kind altogether: its media type.
    OtherKind(&'static str),
    /// It has more objects than the limit.
    TooManyObjects(usize),
    /// Every line was refused. `document` says that the file looks like one JSON document instead of one a line.
    NothingImported { lines: usize, document: bool },
    /// Not every line had its turn: what became of each is told.
    EndedEarly(EarlyEnd),
    /// The same, but what became of the lines can't be told.
    EndedUntold(EarlyEnd),
}

/// Why a job ends before every line of its file had its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EarlyEnd {
    /// Somebody asked for it.
    Cancelled,
    /// It brought its worker down again and again.
    GivenUp,
    /// Something outside refused for good.
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
    pub(crate) fn is_told_by(self, errors: &[RecordError]) -> bool {
        errors.iter().any(|error| error.code == self.code())
    }
}

impl FileFault {
    /// The row that tells it.
    pub(crate) fn error(&self) -> RecordError {
        RecordError::new(self.code(), "", self.problem())
    }

    const fn code(&self) -> RecordErrorCode {
        match self {
            Self::InvalidOption(_) => RecordErrorCode::InvalidOption,
            Self::Missing => RecordErrorCode::FileMissing,
            Self::Empty => RecordErrorCode::FileEmpty,
            Self::TooLarge | Self::StoredTooLarge(_) => RecordErrorCode::FileTooLarge,
            Self::HollowGzip { .. } | Self::DamagedGzip(_) | Self::OtherKind(_) => RecordErrorCode::FileUnreadable,
            Self::TooManyObjects(_) => RecordErrorCode::TooManyObjects,
            Self::NothingImported { .. } => RecordErrorCode::NothingImported,
            Self::EndedEarly(why) | Self::EndedUntold(why) => why.code(),
        }
    }

    fn problem(&self) -> String {
        match self {
            Self::InvalidOption(problem) => format!("the import file was not tried: {problem}"),
            Self::Missing => "the import file is no longer there".to_owned(),
            Self::Empty => "the import file is empty: it holds no object".to_owned(),
            Self::TooLarge => format!(
                "the import file is too large: at most {MAX_FILE_BYTES} bytes ({} MiB) are read, counted once unpacked",
                MAX_FILE_BYTES >> 20
            ),
            Self::StoredTooLarge(bytes) => format!(
                "the import file is too large: it has {bytes} bytes as it is stored, at most {MAX_STORED} are read, \
                 packed or not; split it"
            ),
            Self::HollowGzip { packed, unpacked } => format!(
                "the gzip file holds next to nothing: its first {packed} bytes unpack to {unpacked}, at most \
                 {MAX_OVERHEAD} more than those are read; pack the lines anew, or send them unpacked"
            ),
            Self::DamagedGzip(problem) => {
                format!("the import file begins as gzip but can't be unpacked, it may be cut off: {problem}")
            }
            Self::OtherKind(kind) => format!(
                "the import file is not JSON Lines but {kind}; UTF-8 text with one JSON object a line, plain or gzip-compressed, is read"
            ),
            Self::TooManyObjects(count) => format!(
                "the import file holds {count} objects, at most {MAX_OBJECTS} are imported at once; nothing was imported, split the file"
            ),
            Self::NothingImported { lines, document } => {
                let hint = if *document {
                    "; it looks like one JSON document, but each line must be an object of its own"
                } else {
                    ""
                };
                format!("none of the {lines} objects of the import file could be imported{hint}")
            }
            Self::EndedEarly(why) => format!(
                "{}; what was imported stays, the other lines are among the failed lines: fetch and send those again",
                why.reason()
            ),
            Self::EndedUntold(why) => format!(
                "{}; what was imported stays, but which lines those are could not be told: look before the file is sent again",
                why.reason()
            ),
        }
    }
}

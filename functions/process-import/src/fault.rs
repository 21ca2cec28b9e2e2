//! What can be wrong with a file as a whole. Told as an error row with line number 0.

use shared::{
    import::MAX_ATTEMPTS,
    jsonl::{MAX_FILE_BYTES, MAX_OBJECTS},
    record::{RecordError, RecordErrorCode},
};

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
    /// It begins like gzip, and goes on otherwise or ends early.
    DamagedGzip(String),
    /// It is a file of another kind altogether: its media type.
    OtherKind(&'static str),
    /// It has more objects than the limit.
    TooManyObjects(usize),
    /// Every line was refused. `document` says that the file looks like one JSON document instead of one a line.
    NothingImported { lines: usize, document: bool },
    /// It brought its worker down again and again.
    GivenUp,
    /// Something outside refused for good.
    Unable,
    /// Somebody asked for it.
    Cancelled,
}

impl FileFault {
    /// The row that tells it.
    pub(crate) fn error(&self) -> RecordError {
        let (code, problem) = match self {
            Self::InvalidOption(problem) => {
                (RecordErrorCode::InvalidOption, format!("the import file was not tried: {problem}"))
            }
            Self::Missing => (RecordErrorCode::FileMissing, "the import file is no longer there".to_owned()),
            Self::Empty => (RecordErrorCode::FileEmpty, "the import file is empty: it holds no object".to_owned()),
            Self::TooLarge => {
                let mebibytes = MAX_FILE_BYTES >> 20;
                let limit = format!("at most {MAX_FILE_BYTES} bytes ({mebibytes} MiB) are read, counted once unpacked");
                (RecordErrorCode::FileTooLarge, format!("the import file is too large: {limit}"))
            }
            Self::DamagedGzip(problem) => (
                RecordErrorCode::FileUnreadable,
                format!("the import file begins as gzip but can't be unpacked, it may be cut off: {problem}"),
            ),
            Self::OtherKind(kind) => (
                RecordErrorCode::FileUnreadable,
                format!(
                    "the import file is not JSON Lines but {kind}; UTF-8 text with one JSON object a line, plain or gzip-compressed, is read"
                ),
            ),
            Self::TooManyObjects(count) => (
                RecordErrorCode::TooManyObjects,
                format!(
                    "the import file holds {count} objects, at most {MAX_OBJECTS} are imported at once; nothing was imported, split the file"
                ),
            ),
            Self::NothingImported { lines, document } => {
                let hint = if *document {
                    "; it looks like one JSON document, but each line must be an object of its own"
                } else {
                    ""
                };
                (
                    RecordErrorCode::NothingImported,
                    format!("none of the {lines} objects of the import file could be imported{hint}"),
                )
            }
            Self::GivenUp => (
                RecordErrorCode::GivenUp,
                format!("the import was begun {MAX_ATTEMPTS} times and never finished; what was written stays written"),
            ),
            Self::Unable => (
                RecordErrorCode::GivenUp,
                "the service could not go on with the import; what was written stays written".to_owned(),
            ),
            Self::Cancelled => {
                (RecordErrorCode::Cancelled, "the import was cancelled; what was written stays written".to_owned())
            }
        };
        RecordError::new(code, "", problem)
    }
}

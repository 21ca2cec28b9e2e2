//! What can be wrong with the content of a file as a whole: its error row has line number 0.

use crate::{
    error::{RecordError, RecordErrorCode},
    failure::Reasons,
    limits::{MAX_FILE_BYTES, MAX_OBJECTS, MAX_OVERHEAD},
    unpack::kind::cure,
};

/// Why a file can't be tried, or comes to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileFault {
    /// There is no object in it: no bytes, or nothing but blank lines.
    Empty,
    /// It is larger than the limit, once unpacked.
    TooLarge,
    /// It is gzip in so many bytes that hold so few.
    HollowGzip { packed: usize, unpacked: usize },
    /// It begins like gzip, and goes on otherwise.
    DamagedGzip,
    /// It is gzip, and ends before its last member does.
    CutGzip,
    /// It is gzip, whole, and something else stands behind it.
    BehindGzip,
    /// It is a file of another kind altogether: its media type, or what it is called.
    OtherKind(&'static str),
    /// It has more objects than the limit.
    TooManyObjects(usize),
    /// Every line was refused. `document` says that the file looks like one JSON document instead of one a line.
    NothingImported { lines: usize, document: bool, reasons: Reasons },
}

impl FileFault {
    /// The error row that says it.
    #[must_use]
    pub fn error(&self) -> RecordError {
        RecordError::new(self.code(), "", self.problem())
    }

    /// Whether most lines were refused only because what they name is stored already, as of a file that is sent again.
    #[must_use]
    pub fn is_of_stored_objects(&self) -> bool {
        matches!(self, Self::NothingImported { reasons, .. } if reasons.are_mostly(RecordErrorCode::AlreadyExists))
    }

    const fn code(&self) -> RecordErrorCode {
        match self {
            Self::Empty => RecordErrorCode::FileEmpty,
            Self::TooLarge => RecordErrorCode::FileTooLarge,
            Self::HollowGzip { .. } | Self::DamagedGzip | Self::CutGzip | Self::BehindGzip | Self::OtherKind(_) => {
                RecordErrorCode::FileUnreadable
            }
            Self::TooManyObjects(_) => RecordErrorCode::TooManyObjects,
            Self::NothingImported { .. } => RecordErrorCode::NothingImported,
        }
    }

    fn problem(&self) -> String {
        match self {
            Self::Empty => "the import file is empty: it holds no object".to_owned(),
            Self::TooLarge => format!(
                "the import file is too large: at most {MAX_FILE_BYTES} bytes ({} MiB) are read, counted once unpacked; split it",
                MAX_FILE_BYTES >> 20
            ),
            Self::HollowGzip { packed, unpacked } => format!(
                "the gzip file holds next to nothing: its first {packed} bytes unpack to {unpacked}, at most \
                 {MAX_OVERHEAD} more than those are read; pack the lines anew, or send them unpacked"
            ),
            Self::DamagedGzip => {
                "the import file begins as gzip but can't be unpacked: it is damaged on its way, or was changed as if \
                it were text; send it again in binary"
                    .to_owned()
            }
            Self::CutGzip => "the import file is gzip and ends early: it was cut off; send it again whole".to_owned(),
            Self::BehindGzip => {
                "the import file is gzip, whole, but something that is not gzip stands behind it: take that away, or \
                pack all lines together"
                    .to_owned()
            }
            Self::OtherKind(kind) => format!("the import file is not JSON Lines but {kind}: {}", cure(kind)),
            Self::TooManyObjects(count) => format!(
                "the import file holds {count} objects, at most {MAX_OBJECTS} are imported at once; nothing was imported, split the file"
            ),
            Self::NothingImported { lines, document, reasons } => {
                let hint = if *document {
                    "; it looks like one JSON document, but each line must be an object of its own"
                } else {
                    ""
                };
                if *lines == 1 {
                    let detail = reasons.detail();
                    format!("the only line of the import file could not be imported: {detail}{hint}")
                } else {
                    format!("none of the {lines} lines of the import file could be imported {reasons}{hint}")
                }
            }
        }
    }
}

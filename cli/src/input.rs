//! Files to send, as they were read.

use std::{
    fs,
    io::{self, Read},
    path::PathBuf,
};

use bytes::Bytes;
use records::FileFault;

use crate::{
    checked::{typed, unread},
    error::Error,
    exit::Exit,
    split::{self, Part, Split},
};

/// A file as it was read.
pub(crate) struct Input {
    pub(crate) path: PathBuf,
    pub(crate) bytes: Bytes,
    /// Which of how many parts of the file it is.
    part: Option<(usize, usize)>,
    /// How many of a part's lines have no `external_ref`.
    pub(crate) nameless: usize,
}

impl Input {
    pub(crate) fn read(path: PathBuf) -> Result<Self, Error> {
        let mut bytes = Vec::new();
        let read = if path.as_os_str() == "-" {
            io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
        } else {
            fs::read(&path)
        };
        match read {
            Ok(bytes) => Ok(Self { path, bytes: bytes.into(), part: None, nameless: 0 }),
            Err(error) => {
                let error = unread(&path.display().to_string(), &error);
                Err(Error { next: format!("{}; nothing was sent", error.next), ..error })
            }
        }
    }

    pub(crate) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// As it is typed in a later command.
    pub(crate) fn typed(&self) -> String {
        typed(&self.name())
    }

    /// The name, and which part it is.
    pub(crate) fn label(&self) -> String {
        let part = self.part.map(|(part, parts)| format!(", part {part} of {parts}")).unwrap_or_default();
        self.name() + &part
    }

    /// Whether it is a part of a file.
    pub(crate) fn is_part(&self) -> bool {
        self.part.is_some()
    }

    /// Whether parts of the same file go before it.
    pub(crate) fn is_later_part(&self) -> bool {
        self.part.is_some_and(|(part, _)| part > 1)
    }

    /// Its parts, in the order in which they are sent. A file that a job takes whole stays as it is.
    pub(crate) fn split(self) -> Result<Vec<Self>, Error> {
        let refused = |fault: FileFault| {
            let problem = format!("{} can't be split: {}", self.name(), fault.error().detail());
            Error::new(Exit::Refused, problem, "mend it; nothing was sent")
        };
        let file = split::unpacked(&self.bytes).map_err(refused)?;
        let split = Split::of(&file);
        let parts = split.len();
        if parts < 2 {
            drop(file);
            return Ok(vec![self]);
        }
        let part = |(part, Part { bytes, nameless }): (usize, Part)| Self {
            path: self.path.clone(),
            bytes: bytes.into(),
            part: Some((part + 1, parts)),
            nameless,
        };
        Ok(split.parts().enumerate().map(part).collect())
    }
}

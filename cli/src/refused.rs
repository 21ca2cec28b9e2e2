//! Where `--failed` puts the refused lines.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, IsTerminal, Write},
    os::unix::fs::FileTypeExt,
    path::{Path, PathBuf},
};

use crate::{error::Error, exit::Exit};

/// A file for the refused lines, made before anything is sent: what can be wrong with the place is said before.
#[derive(Debug)]
pub(crate) struct RefusedLines {
    path: PathBuf,
    /// Beside it, until all lines are there: the file that is sent may be that which is written.
    part: Option<PathBuf>,
    file: File,
}

impl RefusedLines {
    /// Makes room for so many bytes.
    pub(crate) fn prepare(path: &Path, bytes: u64) -> Result<Self, Error> {
        let failed = |error: io::Error| unwritable(path, &error, "give --failed another place; nothing was sent");
        if path.as_os_str() == "-" {
            let problem = "--failed wants a file: standard output is for the answer";
            return Err(Error::new(Exit::Usage, problem, "name one, such as --failed rest.jsonl; nothing was sent"));
        }
        let kind = fs::metadata(path).map(|found| found.file_type()).ok();
        if let Some(kind) = kind.filter(|kind| !kind.is_file() && !kind.is_dir()) {
            let mut file = File::options().write(true).open(path).map_err(failed)?;
            if kind.is_char_device() && !file.is_terminal() {
                // Only a write shows whether a device takes any. A blank line is none.
                file.write_all(b"\n").and_then(|()| file.flush()).map_err(failed)?;
            }
            return Ok(Self { path: path.to_owned(), part: None, file });
        }
        if path.is_dir() || path.file_name().is_none() {
            return Err(failed(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        let mut name = OsString::from(path.file_name().unwrap_or_default());
        name.push(format!(".{}.part", std::process::id()));
        let part = path.with_file_name(name);
        let file = File::create_new(&part).map_err(failed)?;
        // From here on it goes with this.
        let lines = Self { path: path.to_owned(), part: Some(part), file };
        // All lines may be refused.
        let room = rustix::fs::fstatvfs(&lines.file).map_err(|error| failed(error.into()))?;
        if room.f_bavail.saturating_mul(room.f_frsize) < bytes {
            return Err(failed(io::Error::from(io::ErrorKind::StorageFull)));
        }
        Ok(lines)
    }

    /// Puts the lines in their place.
    pub(crate) fn keep(&mut self, lines: &[u8]) -> Result<(), Error> {
        let written = self.file.write_all(lines).and_then(|()| self.file.flush());
        let moved = written.and_then(|()| self.part.as_ref().map_or(Ok(()), |part| fs::rename(part, &self.path)));
        moved.map_err(|error| unwritable(&self.path, &error, ""))?;
        self.part = None;
        Ok(())
    }

    /// Whether the lines would take the place of this file.
    pub(crate) fn replace(&self, file: &Path) -> bool {
        fs::canonicalize(&self.path).is_ok_and(|path| fs::canonicalize(file).is_ok_and(|file| file == path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for RefusedLines {
    fn drop(&mut self) {
        if let Some(part) = &self.part {
            // What is left of it is empty.
            let _ = fs::remove_file(part);
        }
    }
}

fn unwritable(path: &Path, error: &io::Error, next: &str) -> Error {
    Error::new(Exit::Trouble, format!("the refused lines can't be written to {}: {error}", path.display()), next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_without_room_is_refused_and_nothing_is_left_there() {
        let folder = std::env::temp_dir().join(format!("refused-lines-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("rest.jsonl");
        let full = RefusedLines::prepare(&path, u64::MAX).unwrap_err();
        assert!(full.problem.contains("rest.jsonl") && full.problem.contains("no storage space"), "{}", full.problem);
        assert!(RefusedLines::prepare(&folder.join("none").join("rest.jsonl"), 1).is_err());
        assert!(RefusedLines::prepare(&folder, 1).is_err());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::write(&path, "as it was").unwrap();
        drop(RefusedLines::prepare(&path, 1).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "as it was", "unless there is something to keep");
        RefusedLines::prepare(&path, 1).unwrap().keep(b"refused").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "refused");
        fs::remove_dir_all(folder).unwrap();
    }
}

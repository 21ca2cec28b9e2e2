//! Where other programs read of a stack that runs.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::{Error, workspace};

/// What a running stack tells other programs, in `target/local/stack.json` or, where another one has that, beside it.
#[derive(Debug, Serialize)]
pub struct StackFile {
    pub api_url: String,
    pub page_url: String,
    pub token: String,
    pub endpoint_url: String,
    pub region: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    pub bucket: String,
    pub imports_table: String,
    pub objects_table: String,
    pub queue_url: String,
    pub pid: u32,
}

impl StackFile {
    /// Writes the file, for its owner's eyes only.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn publish(&self) -> Result<Published, Error> {
        self.publish_in(&workspace::local_dir()?)
    }

    fn publish_in(&self, folder: &Path) -> Result<Published, Error> {
        // Held for as long as the stack runs. A lock ends with its process, however that went, so what a dead one left is
        // nobody's.
        let lock_path = folder.join("stack.lock");
        let lock = File::create(&lock_path).map_err(|error| Error::file("create", &lock_path, &error))?;
        let (name, lock) = match lock.try_lock() {
            Ok(()) => ("stack.json".to_owned(), Some(lock)),
            Err(TryLockError::WouldBlock) => (format!("stack-{}.json", self.port()), None),
            Err(TryLockError::Error(error)) => return Err(Error::file("lock", &lock_path, &error)),
        };
        let path = folder.join(name);
        self.write(&path).map_err(|error| Error::file("write", &path, &error))?;
        Ok(Published { path, _lock: lock })
    }

    /// The port of the endpoint, which no two stacks share.
    fn port(&self) -> &str {
        self.endpoint_url.rsplit(':').next().unwrap_or_default()
    }

    fn write(&self, path: &Path) -> std::io::Result<()> {
        // Whole or not at all: a reader never sees half of it.
        let part = path.with_extension(format!("{}.part", std::process::id()));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        writeln!(file, "{}", serde_json::to_string_pretty(self)?)?;
        std::fs::rename(&part, path)
    }
}

/// A stack's file. It goes when this is dropped.
#[derive(Debug)]
pub struct Published {
    path: PathBuf,
    _lock: Option<File>,
}

impl Published {
    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn file(port: u16) -> StackFile {
        let text = String::new;
        StackFile {
            api_url: text(),
            page_url: text(),
            token: text(),
            endpoint_url: format!("http://127.0.0.1:{port}"),
            region: text(),
            access_key_id: text(),
            secret_access_key: text(),
            bucket: text(),
            imports_table: text(),
            objects_table: text(),
            queue_url: text(),
            pid: 0,
        }
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("stack-file-{name}-{}", std::process::id()));
        workspace::make_dir(&folder).unwrap()
    }

    fn published_port(path: &Path) -> Option<String> {
        let content: serde_json::Value = serde_json::from_slice(&std::fs::read(path).ok()?).unwrap();
        Some(content["endpoint_url"].as_str()?.rsplit(':').next()?.to_owned())
    }

    #[test]
    fn a_second_stack_leaves_the_files_of_the_first_alone() {
        let folder = folder("two");
        let first = file(1).publish_in(&folder).unwrap();
        let second = file(2).publish_in(&folder).unwrap();
        assert_eq!(first.path(), folder.join("stack.json"));
        let port = |published: &Published| published_port(published.path());
        assert_eq!((port(&first).as_deref(), port(&second).as_deref()), (Some("1"), Some("2")));
        let gone = second.path().to_owned();
        drop(second);
        assert_eq!((port(&first).as_deref(), published_port(&gone)), (Some("1"), None));
        drop(first);
        assert_eq!(published_port(&folder.join("stack.json")), None);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_a_dead_stack_left_is_no_obstacle_and_what_is_written_is_its_owners_alone() {
        let folder = folder("dead");
        for left in ["stack.json", "stack.lock"] {
            std::fs::write(folder.join(left), "left").unwrap();
        }
        let published = file(3).publish_in(&folder).unwrap();
        assert_eq!(published.path(), folder.join("stack.json"));
        assert_eq!(published_port(published.path()).as_deref(), Some("3"));
        assert_eq!(std::fs::metadata(published.path()).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::remove_dir_all(folder).unwrap();
    }
}

//! Files in memory, every version of each.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use tokio::task::yield_now;

use super::{Call, Faults, lock};
use imports::{
    import::ImportFile,
    ports::{DownloadLinks, FileRead, FileVersion, FileWriter, Files, PortError, PortResult},
};

/// How much of a file is handed on at once: little, so that every file of a test comes in pieces.
const PIECE: usize = 100;

/// A [`Files`] in memory. Clones share their files.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles {
    /// The versions of each key, oldest first.
    files: Arc<Mutex<BTreeMap<String, Vec<Bytes>>>>,
    metadata: Arc<Mutex<HashMap<ImportFile, HashMap<String, String>>>>,
    /// What reading files comes to that can't be read.
    unreadable: Arc<Mutex<HashMap<ImportFile, FileRead>>>,
    faults: Faults,
}

impl MemoryFiles {
    /// Begins without a file; `faults` befall its calls.
    #[must_use]
    pub fn new(faults: Faults) -> Self {
        Self { faults, ..Self::default() }
    }

    /// Stores a file as a partner does, and tells which one it is by key and version.
    pub fn store(&self, key: &str, bytes: impl Into<Bytes>) -> ImportFile {
        let mut files = lock(&self.files);
        let versions = files.entry(key.to_owned()).or_default();
        versions.push(bytes.into());
        ImportFile { key: key.to_owned(), version: Some(versions.len().to_string()) }
    }

    /// Says something of a file, as a partner does who puts it with metadata.
    pub fn describe(&self, file: &ImportFile, metadata: &[(&str, &str)]) {
        let metadata = metadata.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        lock(&self.metadata).insert(file.clone(), metadata.collect());
    }

    /// Moves a file to a storage class from which it can't be read.
    pub fn archive(&self, file: &ImportFile, class: &str) {
        lock(&self.unreadable).insert(file.clone(), FileRead::Archived { class: class.to_owned() });
    }

    /// Encrypts a file with a key that the service may not use.
    pub fn lock_away(&self, file: &ImportFile) {
        lock(&self.unreadable).insert(file.clone(), FileRead::Locked);
    }

    /// The newest version of a file.
    #[must_use]
    pub fn content(&self, key: &str) -> Option<Bytes> {
        lock(&self.files).get(key)?.last().cloned()
    }

    /// The keys of all files, sorted.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        lock(&self.files).keys().cloned().collect()
    }

    /// Removes a file with all its versions.
    pub fn remove(&self, key: &str) {
        lock(&self.files).remove(key);
    }

    fn version(&self, file: &ImportFile) -> Option<Bytes> {
        let Some(version) = &file.version else { return self.content(&file.key) };
        let index = version.parse::<usize>().ok()?.checked_sub(1)?;
        lock(&self.files).get(&file.key)?.get(index).cloned()
    }
}

impl Files for MemoryFiles {
    type Writer = MemoryWriter;

    async fn put(&self, key: &str, bytes: Bytes) -> PortResult<()> {
        let (files, key) = (self.clone(), key.to_owned());
        let put = move |_| {
            files.store(&key, bytes);
            Ok(())
        };
        self.faults.around_change(Call::Put, put).await
    }

    async fn newest(&self, key: &str) -> PortResult<Option<FileVersion>> {
        let newest = || {
            let version = lock(&self.files).get(key).map(Vec::len);
            Ok(version.map(|version| {
                let file = ImportFile { key: key.to_owned(), version: Some(version.to_string()) };
                let metadata = lock(&self.metadata).get(&file).cloned().unwrap_or_default();
                FileVersion { tag: version.to_string(), metadata }
            }))
        };
        self.faults.around(Call::Newest, newest).await
    }

    async fn put_over(
        &self,
        key: &str,
        over: Option<&FileVersion>,
        bytes: Bytes,
        metadata: HashMap<String, String>,
    ) -> PortResult<()> {
        let (files, key, over) = (self.clone(), key.to_owned(), over.map(|version| version.tag.clone()));
        let put = move |_| {
            let newest = lock(&files.files).get(&key).map(|versions| versions.len().to_string());
            if newest != over {
                return Err(PortError::Conflict(format!("{key} is another version")));
            }
            let file = files.store(&key, bytes);
            lock(&files.metadata).insert(file, metadata);
            Ok(())
        };
        self.faults.around_change(Call::PutOver, put).await
    }

    async fn read(
        &self,
        file: &ImportFile,
        most: u64,
        mut take: impl FnMut(&[u8]) -> bool + Send,
    ) -> PortResult<FileRead> {
        let mut found = None;
        let read = || {
            if let Some(unreadable) = lock(&self.unreadable).get(file) {
                return Ok(unreadable.clone());
            }
            found = self.version(file);
            let bytes = found.as_ref().map(|bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX));
            Ok(match bytes {
                None => FileRead::Missing,
                Some(bytes) if bytes > most => FileRead::TooLarge { bytes },
                Some(_) => FileRead::Done,
            })
        };
        let outcome = self.faults.around(Call::Read, read).await;
        // What is read before a failure is handed on as well.
        if let (Ok(FileRead::Done) | Err(_), Some(bytes)) = (&outcome, found) {
            for piece in bytes.chunks(PIECE) {
                if !take(piece) {
                    break;
                }
                yield_now().await;
            }
        }
        outcome
    }

    async fn metadata(&self, file: &ImportFile) -> PortResult<Option<HashMap<String, String>>> {
        let metadata = || {
            let described = || lock(&self.metadata).get(file).cloned().unwrap_or_default();
            Ok(self.version(file).map(|_| described()))
        };
        self.faults.around(Call::Metadata, metadata).await
    }

    async fn read_range(&self, key: &str, range: Range<u64>) -> PortResult<Option<Bytes>> {
        if range.is_empty() {
            return Ok(Some(Bytes::new()));
        }
        let read = || {
            let Some(bytes) = self.content(key) else { return Ok(None) };
            let index = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
            let (start, end) = (index(range.start), index(range.end));
            if start == bytes.len() {
                return Err(PortError::Permanent("the range begins behind the end".to_owned()));
            }
            Ok(Some(bytes.slice(start..end)))
        };
        self.faults.around(Call::ReadRange, read).await
    }

    fn writer(&self, key: String) -> MemoryWriter {
        MemoryWriter { files: self.clone(), key, gathered: Vec::new() }
    }

    fn address(&self, key: &str) -> String {
        format!("memory://files/{key}")
    }
}

impl DownloadLinks for MemoryFiles {
    async fn download_link(&self, key: &str, file_name: &str, good_for: Duration) -> PortResult<String> {
        Ok(format!("{}?as={file_name}&for={}s", self.address(key), good_for.as_secs()))
    }
}

/// A file on its way into memory.
#[derive(Debug)]
pub struct MemoryWriter {
    files: MemoryFiles,
    key: String,
    gathered: Vec<u8>,
}

impl FileWriter for MemoryWriter {
    async fn write(&mut self, bytes: &[u8]) -> PortResult<()> {
        let gathered = &mut self.gathered;
        let write = || {
            gathered.extend_from_slice(bytes);
            Ok(())
        };
        self.files.faults.around(Call::Write, write).await
    }

    async fn finish(self) -> PortResult<()> {
        let Self { files, key, gathered } = self;
        let faults = files.faults.clone();
        let finish = move |_| {
            files.store(&key, gathered);
            Ok(())
        };
        faults.around_change(Call::FinishFile, finish).await
    }
}

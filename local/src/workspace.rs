//! Where the project's files are.

use std::path::{Path, PathBuf};

use crate::Error;

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package).to_path_buf()
}

/// Gives the folder for all that the local AWS leaves on disk, `target/local`, whatever folder Cargo builds into.
pub(crate) fn local_dir() -> Result<PathBuf, Error> {
    make_dir(&root().join("target").join("local"))
}

/// Makes a folder, unless it is there.
pub(crate) fn make_dir(path: &Path) -> Result<PathBuf, Error> {
    std::fs::create_dir_all(path).map_err(|error| Error::file("make the folder", path, &error))?;
    Ok(path.to_path_buf())
}

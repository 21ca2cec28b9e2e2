//! The executables that are measured: the functions, built in the profile of this program.

use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Write},
    path::{Path, PathBuf},
};

use zip::{ZipWriter, write::SimpleFileOptions};

use crate::Outcome;

/// The functions' executables, by their names.
#[derive(Debug)]
pub(crate) struct Programs(BTreeMap<String, PathBuf>);

impl Programs {
    /// Builds what is not built yet: optimised as released, if this program is.
    pub(crate) fn build() -> Outcome<Self> {
        let built = local::functions::executables(is_release())?;
        Ok(Self(built.into_iter().collect()))
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.0.iter().map(|(name, path)| (name.as_str(), path.as_path()))
    }

    pub(crate) fn of(&self, name: &str) -> Outcome<&Path> {
        self.0.get(name).map(PathBuf::as_path).ok_or_else(|| format!("there is no function {name}").into())
    }
}

/// Whether this program, and with it the functions, is optimised as released.
pub(crate) const fn is_release() -> bool {
    !cfg!(debug_assertions)
}

/// How large the zip is that is deployed.
pub(crate) fn zip_size(program: &Path) -> Outcome<u64> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("bootstrap", SimpleFileOptions::default())?;
    zip.write_all(&fs::read(program)?)?;
    Ok(u64::try_from(zip.finish()?.into_inner().len())?)
}

//! Where the project's files are.

use std::path::{Path, PathBuf};

use crate::Error;

/// The workspace's root folder: the nearest one with a `template.yaml`, from the working directory up. Not the folder that
/// this program was built in: a checkout may have been copied or moved since.
///
/// # Errors
/// When the working directory is in no checkout.
pub fn root() -> Result<PathBuf, Error> {
    let here = std::env::current_dir().map_err(|error| Error::file("find", Path::new("."), &error))?;
    root_above(&here).ok_or_else(|| {
        Error::new(
            format!("{} is no folder of the project: no template.yaml lies there or above", here.display()),
            "go to the folder that you cloned, then run this again",
        )
    })
}

fn root_above(folder: &Path) -> Option<PathBuf> {
    let root = folder.ancestors().find(|folder| folder.join("template.yaml").is_file())?;
    Some(root.to_path_buf())
}

/// Gives the folder for all that the local AWS leaves on disk, `target/local`, whatever folder Cargo builds into.
pub(crate) fn local_dir() -> Result<PathBuf, Error> {
    make_dir(&root()?.join("target").join("local"))
}

/// Makes a folder, unless it is there.
pub(crate) fn make_dir(path: &Path) -> Result<PathBuf, Error> {
    std::fs::create_dir_all(path).map_err(|error| Error::file("make the folder", path, &error))?;
    Ok(path.to_path_buf())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_is_that_of_the_working_directory_wherever_this_was_built() {
        let here = root().unwrap();
        assert_eq!(root_above(&here.join("local/src")), Some(here.clone()));
        let copy = here.join("target/local/a copy");
        make_dir(&copy.join("events")).unwrap();
        std::fs::write(copy.join("template.yaml"), "").unwrap();
        assert_eq!(root_above(&copy.join("events")), Some(copy));
        assert_eq!(root_above(Path::new("/")), None);
    }
}

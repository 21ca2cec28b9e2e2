//! Which job was made here last, so that nobody has to type its id.

use std::{collections::BTreeMap, fs};

use crate::profile::{state_folder, write_private};

fn read() -> Option<BTreeMap<String, String>> {
    serde_json::from_slice(&fs::read(state_folder().ok()?.join("newest.json")).ok()?).ok()
}

/// The newest job of a profile that was made on this machine.
pub(crate) fn of(profile: &str) -> Option<String> {
    read()?.remove(profile)
}

/// Remembers a job, or says why that can't be.
pub(crate) fn remember(profile: &str, id: &str) -> Result<(), String> {
    let mut all = read().unwrap_or_default();
    all.insert(profile.to_owned(), id.to_owned());
    let path = state_folder().map_err(|error| error.problem)?.join("newest.json");
    let text = serde_json::to_vec(&all).map_err(|error| error.to_string())?;
    write_private(&path, &text).map_err(|error| format!("{} can't be written: {error}", path.display()))
}

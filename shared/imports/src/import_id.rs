//! The ids of import jobs.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The id of an import job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ImportId(Uuid);

impl ImportId {
    /// Wraps a fresh random UUID.
    #[must_use]
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// Derives the id of the job that an object put under `drops/` becomes, so that an announcement delivered twice
    /// names one job. `version` is the object's version id or, in a bucket without versions, its `ETag` and sequencer.
    #[must_use]
    pub fn of_drop(bucket: &str, key: &str, version: &str) -> Self {
        // No bucket name or version holds a newline, so no two triples read alike.
        let name = format!("{bucket}\n{version}\n{key}");
        Self(Uuid::new_v5(&DROPS, name.as_bytes()))
    }

    /// Reads an id from a path or a message; `None` when it is no UUID in its usual form of 36 characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().filter(|_| text.len() == 36).map(Self)
    }

    /// The id as a UUID.
    #[must_use]
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }
}

/// The namespace of job ids derived from drops. Changing it would import every announced drop again.
const DROPS: Uuid = Uuid::from_u128(0x1c3a_51e8_2f6b_5d0e_9b57_40d2_8e6f_a9c1);

impl fmt::Display for ImportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_uuid_in_its_usual_form_and_nothing_near_it() {
        let id = "5f0c9a3e-7a52-4b6e-9f0e-1d2c3b4a5e6f";
        assert_eq!(ImportId::parse(id).map(|read| read.to_string()).as_deref(), Some(id));
        assert_eq!(ImportId::parse(&id.to_uppercase()), ImportId::parse(id));
        let others = [id.replace('-', ""), format!("{{{id}}}"), format!("urn:uuid:{id}"), id.replace('-', "_")];
        for other in others.iter().map(String::as_str).chain(["", "x", &id[1..], &format!("{id}0")]) {
            assert_eq!(ImportId::parse(other), None, "{other}");
        }
    }
}

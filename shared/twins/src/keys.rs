//! The idempotency keys in memory.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use imports::{
    idempotency::{Idempotency, REMEMBERED},
    import::ImportId,
};
use records::StoreId;

/// What was made under which key of which store.
#[derive(Debug, Default)]
pub(super) struct Keys(HashMap<(StoreId, String), Made>);

#[derive(Debug)]
struct Made {
    id: ImportId,
    fingerprint: String,
    until: DateTime<Utc>,
}

impl Keys {
    pub(super) fn remember(&mut self, store: &StoreId, by: &Idempotency, id: ImportId, now: DateTime<Utc>) {
        let made = Made { id, fingerprint: by.fingerprint.clone(), until: now + REMEMBERED };
        self.0.insert((store.clone(), by.key.clone()), made);
    }

    /// The job that was made under a key, and whether an equal call made it.
    pub(super) fn find(&self, store: &StoreId, by: &Idempotency, now: DateTime<Utc>) -> Option<(ImportId, bool)> {
        let made = self.0.get(&(store.clone(), by.key.clone()))?;
        // Whole seconds, as in the database.
        let remembered = made.until.timestamp() > now.timestamp();
        remembered.then(|| (made.id, by.equals(&made.fingerprint)))
    }
}

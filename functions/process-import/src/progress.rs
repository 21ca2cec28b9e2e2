//! How far a job has come: counted where the work is done, shown by the heartbeat.

use std::sync::{Mutex, PoisonError};

use shared::{import::Tally, record::RecordType};

/// The tally of the pass under way.
#[derive(Debug, Default)]
pub(crate) struct Progress(Mutex<Tally>);

impl Progress {
    pub(crate) fn uploaded(&self, record_type: RecordType) {
        self.change(|tally| tally.uploaded.add(record_type, 1));
    }

    pub(crate) fn imported(&self, record_type: RecordType) {
        self.change(|tally| tally.imported.add(record_type, 1));
    }

    pub(crate) fn tally(&self) -> Tally {
        self.change(|tally| *tally)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Tally) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

//! How far a job has come: counted where the work is done, shown by the heartbeat.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

use imports::{
    import::Tally,
    ports::{PortError, PortResult},
    report::Action,
};
use records::{FileLine, Reasons, RecordError};

use crate::lock;

/// The tally of the pass under way, and whether the pass is giving its lease up.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    counts: Mutex<Counts>,
    cancelled: AtomicBool,
    troubled: AtomicBool,
    closing: AtomicBool,
}

#[derive(Debug, Default)]
struct Counts {
    tally: Tally,
    /// Why lines were refused.
    reasons: Reasons,
    /// What earlier passes over the file came to.
    earlier: Tally,
}

impl Progress {
    /// Begins to count a job of which an earlier claim has shown `earlier`.
    pub(crate) fn after(earlier: Tally) -> Self {
        Self { counts: Mutex::new(Counts { earlier, ..Counts::default() }), ..Self::default() }
    }

    /// Counts from zero again, for another pass over the file.
    pub(crate) fn start_over(&self) {
        self.change(|counts| {
            let earlier = counts.tally.at_least(counts.earlier);
            *counts = Counts { earlier, ..Counts::default() };
        });
    }

    /// What there is to show: a count that was shown before does not go back while the lines are passed once more.
    pub(crate) fn shown(&self) -> Tally {
        self.change(|counts| counts.tally.at_least(counts.earlier))
    }

    /// Counts a line of the file; one of no known type does not count.
    pub(crate) fn uploaded(&self, line: &FileLine<'_>) {
        if let Some(record_type) = line.record_type {
            self.change(|counts| counts.tally.uploaded.add(record_type, 1));
        }
    }

    /// Counts a line that is imported: what was done, and whether it has warnings.
    pub(crate) fn imported(&self, line: &FileLine<'_>, action: Action, has_warnings: bool) {
        if let Some(record_type) = line.record_type {
            self.change(|counts| {
                counts.tally.add_imported(record_type, action, 1);
                counts.tally.warnings += u32::from(has_warnings);
            });
        }
    }

    /// Counts one more line that has a warning.
    pub(crate) fn warned(&self) {
        self.change(|counts| counts.tally.warnings += 1);
    }

    /// Counts a line that was refused for these reasons.
    pub(crate) fn refused(&self, line: &FileLine<'_>, errors: &[RecordError]) {
        self.change(|counts| counts.reasons.add(line.number, errors));
    }

    /// Why lines were refused.
    pub(crate) fn reasons(&self) -> Reasons {
        self.change(|counts| counts.reasons.clone())
    }

    pub(crate) fn tally(&self) -> Tally {
        self.change(|counts| counts.tally)
    }

    /// Whether this pass has imported more than any before it has shown.
    pub(crate) fn has_advanced(&self) -> bool {
        self.change(|counts| counts.tally.imported.total() > counts.earlier.imported.total())
    }

    /// Says that a call has failed that may succeed later: whatever it is that the pass comes no further by, it is not its file.
    pub(crate) fn trouble(&self) {
        self.troubled.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_troubled(&self) -> bool {
        self.troubled.load(Ordering::Relaxed)
    }

    /// Notes whether a call has failed that may succeed later.
    pub(crate) fn heed<T>(&self, answer: PortResult<T>) -> PortResult<T> {
        if let Err(PortError::Transient(_) | PortError::Refused(_)) = &answer {
            self.trouble();
        }
        answer
    }

    /// Says that the job is to stop.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether the job is to stop: what has not begun is not begun any more.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Says that the pass ends the job or gives it back: from here on a lease that is gone may be so by its own doing.
    pub(crate) fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Counts) -> T) -> T {
        change(&mut lock(&self.counts))
    }
}

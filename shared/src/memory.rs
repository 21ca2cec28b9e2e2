//! The ports in memory: the twins of the AWS side. Each is the plainest code that keeps its port's promises, which the
//! conformance suite holds both to. What goes wrong outside is asked of [`Faults`].

mod clock;
mod faults;
mod files;
mod forms;
mod imports;
mod keys;
mod queue;
mod records;
mod telemetry;
mod uploads;

pub use clock::{now, set_clock};
pub use faults::{Call, Fault, Faults};
pub use files::{MemoryFiles, MemoryWriter};
pub use forms::MemoryForms;
pub use imports::MemoryImports;
pub use queue::{MemoryQueue, Mischief, Received, VISIBILITY};
pub use records::MemoryRecords;
pub use telemetry::{keep_line, lines};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks state that is whole after every change, even one during which a test panicked.
fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

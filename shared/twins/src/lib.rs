//! The ports in memory: the twins of the AWS side. Each is the plainest code that keeps its port's promises, which the
//! conformance suite holds both to. What goes wrong in them is asked of [`Faults`].

mod clock;
pub mod conformance;
mod events;
mod faults;
mod files;
pub mod fixture;
mod forms;
mod import_twin;
mod keys;
pub mod manners;
mod over;
mod queue;
mod record_twin;
mod seats;
pub mod seeds;
mod telemetry;

pub use clock::{now, set_clock};
pub use events::MemoryEvents;
pub use faults::{Call, Fault, Faults};
pub use files::{MemoryFiles, MemoryWriter};
pub use forms::MemoryForms;
pub use import_twin::MemoryImports;
pub use queue::{MemoryQueue, Mischief, Received};
pub use record_twin::MemoryRecords;
pub use telemetry::{keep_line, lines};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks state that is whole after every change, even one during which a test panicked.
fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The life of jobs in memory: the real functions over the twins of their ports, with a clock that jumps from one event to
//! the next, and with chance deciding what goes wrong. A seed decides chance: the same one runs the same way again.
//!
//! ```text
//! cargo test -p simulation -- --nocapture             all seeds, with the figures
//! SEED=4711 cargo test -p simulation -- --nocapture   one of them, step by step
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that meets what it does not expect has failed"
)]

mod actors;
mod batches;
mod chance;
mod files;
mod life;
mod loops;
mod outages;
mod replay;
mod reported;
mod runs;
mod seeds;
mod watch;
mod world;

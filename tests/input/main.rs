//! What callers and partners send, right or wrong, by the thousand: the real functions in memory, over the twins of their
//! ports. What is random is drawn from seeds, so that a failure runs the same way again.
//!
//! ```text
//! cargo test -p tests --test input -- --nocapture      everything, with the figures
//! SEED=17 cargo test -p tests --test input NAME        one seed of one test
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that meets what it does not expect has failed"
)]

mod accounting;
mod api;
mod attributes;
mod checked;
mod disguise;
mod fuzzed;
mod heavy;
mod keys;
mod lists;
mod malformed;
mod referee;
mod schema;
mod seeds;
mod service;
#[path = "../simulation/world.rs"]
mod world;

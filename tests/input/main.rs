//! What callers and partners send, right or wrong, by the thousand: the real functions in memory, over the twins of their
//! ports. What is random is drawn from seeds, so that a failure runs the same way again.
//!
//! ```text
//! cargo test -p input -- --nocapture      everything, with the figures
//! SEED=17 cargo test -p input NAME        one seed of one test
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that meets what it does not expect has failed"
)]

mod accounting;
#[cfg(feature = "gateway")]
mod api;
mod attributes;
mod careless;
mod checked;
mod disguise;
mod fuzzed;
mod generations;
#[cfg(feature = "gateway")]
mod heavy;
mod keys;
mod lists;
mod malformed;
#[cfg_attr(not(feature = "gateway"), expect(dead_code, reason = "calls are made through the gateway"))]
#[path = "../contract/openapi.rs"]
mod openapi;
mod referee;
mod schema;
mod seeds;
mod service;
#[path = "../simulation/world.rs"]
mod world;

/// The project's folder, as seen from the package's folder, in which Cargo runs its tests.
const ROOT: &str = "../..";

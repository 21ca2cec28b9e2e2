//! Functions are killed: at every step of a job's life, and again and again at moments drawn by chance. What is there in the end
//! is to the byte what there is after a run that nobody disturbed.
//!
//! ```sh
//! KILLS=1000 cargo test --test stories kills::at_random -- --nocapture   # more kills
//! SEED=4711 cargo test --test stories kills::at_random -- --nocapture    # those kills again
//! ```

mod at_random;
mod bench;
mod files;
mod points;
mod steps;
mod unaided;

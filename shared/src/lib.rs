//! The language of imports: what every function of the service shares.
//!
//! Pure by default. Feature `aws` adds the side that talks to AWS, feature `testing` the twins in memory.

pub mod json;
pub mod jsonl;
pub mod owner;
pub mod record;

//! The language of imports: what every function of the service shares.
//!
//! Pure by default. Feature `aws` adds the side that talks to AWS, feature `testing` the twins in memory.

pub mod api;
pub mod import;
pub mod message;
pub mod owner;
pub mod page;
pub mod ports;
pub mod record;
pub mod submit;

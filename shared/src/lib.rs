//! The language of imports: what every function of the service shares.
//!
//! Pure by default. Feature `aws` adds the side that talks to AWS and the gateway, `testing` the twins in memory and the
//! conformance suite that they and the AWS side pass.

pub mod api;
#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "aws")]
pub mod config;
#[cfg(feature = "testing")]
pub mod conformance;
pub mod filter;
#[cfg(feature = "aws")]
pub mod gateway;
pub mod idempotency;
pub mod import;
pub mod json;
pub mod jsonl;
pub mod kept;
pub mod line;
#[cfg(feature = "aws")]
pub mod logs;
#[cfg(feature = "testing")]
pub mod memory;
pub mod message;
pub mod options;
pub mod owner;
pub mod page;
pub mod ports;
pub mod receipt;
pub mod record;
pub mod report;
pub mod submit;
pub mod telemetry;
pub mod upload;

//! What an import is, from its file's arrival to its report: jobs, the line they wait in, options, pages, filters, documents,
//! receipts, and the ports through which all of it reaches the outside.

pub mod api;
pub mod filter;
pub mod idempotency;
pub mod import;
pub mod kept;
pub mod line;
pub mod message;
pub mod options;
pub mod owner;
pub mod page;
pub mod ports;
pub mod receipt;
pub mod report;
pub mod stored;
pub mod submit;
pub mod telemetry;
pub mod times;
pub mod upload;

//! What an import is, from its file's arrival to its report: jobs, queue positions, options, paging, filters, documents, receipts,
//! and the ports to the services that the project stands on.

pub mod api;
pub mod back_off;
mod counts;
pub mod creation;
mod debt;
pub mod debts;
pub mod events;
pub mod filter;
pub mod idempotency;
pub mod ignored;
pub mod import;
mod import_id;
pub mod message;
pub mod options;
pub mod owner;
pub mod page;
pub mod parameters;
pub mod ports;
pub mod put_order;
pub mod queue_position;
pub mod receipt;
pub mod report;
pub mod retention;
pub mod stored;
pub mod telemetry;
mod time;
pub mod times;
pub mod upload;
pub mod used;

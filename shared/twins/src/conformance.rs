//! What each port promises, one test a promise. The twins in memory and the AWS side pass the same ones:
//!
//! ```text
//! twins::imports_promises!(async { twins::MemoryImports::default() });
//! ```
//!
//! makes a test of each. The import jobs need a new port for every test, since they wait in one line; records and
//! files may share one, since every test uses ids and keys of its own; the queue must be empty.
#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "this is a test, made elsewhere")]

pub mod ends;
pub mod files;
pub mod forms;
pub mod history;
pub mod idempotency;
pub mod imports;
pub mod listings;
pub mod queue;
pub mod records;
pub mod seats;
pub mod uploads;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use ::records::StoreId;

/// Defines the macro that makes a `#[tokio::test]` of each promise of a port. It is called with a future of the port.
macro_rules! promises {
    ($dollar:tt $name:ident in $module:ident: $($promise:ident,)+) => {
        /// Makes a test of each promise of the port that the given expression, a future, makes anew.
        #[macro_export]
        macro_rules! $name {
            ($dollar fresh:expr) => {
                $(
                    #[tokio::test]
                    async fn $promise() {
                        let port = $dollar fresh.await;
                        $dollar crate::conformance::$module::$promise(&port).await;
                    }
                )+
            };
        }

        #[cfg(test)]
        pub(super) const PROMISES: &[&str] = &[$(stringify!($promise)),+];
    };
}
use promises;

/// So many seconds after the day on which the tests begin.
fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap() + TimeDelta::seconds(seconds)
}

/// A store that no other test has.
fn fresh_store() -> StoreId {
    StoreId::from_own_record(&format!("store-{}", Uuid::new_v4())).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, listed: &[&str]) {
        let of_line = |line: &str| Some(line.strip_prefix("pub async fn ")?.split_once(['(', '<'])?.0.to_owned());
        let written = source.lines().filter_map(of_line).filter(|name| !name.starts_with("check"));
        let written: Vec<String> = written.collect();
        assert_eq!(written, listed);
    }

    #[test]
    fn every_promise_is_tested() {
        check(include_str!("conformance/imports.rs"), imports::PROMISES);
        check(include_str!("conformance/ends.rs"), ends::PROMISES);
        check(include_str!("conformance/listings.rs"), listings::PROMISES);
        check(include_str!("conformance/records.rs"), records::PROMISES);
        check(include_str!("conformance/files.rs"), files::PROMISES);
        check(include_str!("conformance/queue.rs"), queue::PROMISES);
        check(include_str!("conformance/idempotency.rs"), idempotency::PROMISES);
        check(include_str!("conformance/uploads.rs"), uploads::PROMISES);
        check(include_str!("conformance/forms.rs"), forms::PROMISES);
        check(include_str!("conformance/seats.rs"), seats::PROMISES);
    }
}

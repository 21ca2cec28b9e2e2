//! Times as documents and the database write them.

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};

/// Cuts a time to the microsecond, the precision that documents and the database keep.
#[must_use]
pub fn to_micros(time: DateTime<Utc>) -> DateTime<Utc> {
    time.trunc_subsecs(6)
}

/// Writes a time: RFC 3339, UTC, microseconds. Times so written sort like the times themselves.
#[must_use]
pub fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

//! Seats: in each a call waits for a job to change. There are so many and no more, so that calls that wait leave functions for
//! those that don't.

use std::future::Future;

use chrono::{DateTime, Utc};

use super::PortResult;

/// A seat that a call has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat {
    pub number: u16,
    /// When it is free again by itself, whatever became of its function.
    pub until: DateTime<Utc>,
}

/// The seats, which the calls of all stores share.
pub trait Seats: Sync {
    /// Takes one of so many seats, for [`crate::times::API_TIMEOUT`]; `None` when all are taken.
    fn take_seat(&self, count: u16, now: DateTime<Utc>) -> impl Future<Output = PortResult<Option<Seat>>> + Send;

    /// Leaves a seat. One whose time is over may be another call's by now, and stays so.
    fn leave_seat(&self, seat: &Seat) -> impl Future<Output = PortResult<()>> + Send;
}

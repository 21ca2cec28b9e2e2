//! The seats of calls that wait, in memory.

use chrono::{DateTime, Utc};

use super::{Call, MemoryImports, lock};
use imports::{
    ports::{PortResult, Seat, Seats},
    times::API_TIMEOUT,
};

impl Seats for MemoryImports {
    async fn take_seat(&self, count: u16, now: DateTime<Utc>) -> PortResult<Option<Seat>> {
        let take = || {
            let mut seats = lock(&self.seats);
            seats.retain(|seat| seat.until > now);
            let free = (0..count).find(|number| seats.iter().all(|seat| seat.number != *number));
            let seat = free.map(|number| Seat { number, until: now + API_TIMEOUT });
            seats.extend(seat);
            Ok(seat)
        };
        self.faults.around(Call::TakeSeat, take).await
    }

    async fn leave_seat(&self, seat: &Seat) -> PortResult<()> {
        let leave = || {
            lock(&self.seats).retain(|taken| taken != seat);
            Ok(())
        };
        self.faults.around(Call::LeaveSeat, leave).await
    }
}

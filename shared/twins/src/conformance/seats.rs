//! What [`Seats`] promise. Each test needs some of its own.

use futures_util::future::join_all;

use super::{at, promises};
use imports::{ports::Seats, times::API_TIMEOUT};

promises! { $ seats_promises in seats:
    there_are_so_many_seats_and_no_more,
    calls_that_come_at_once_never_share_a_seat,
    a_seat_that_was_left_is_free_and_so_is_one_whose_time_is_over,
    a_seat_that_is_anothers_by_now_is_not_left,
}

pub async fn there_are_so_many_seats_and_no_more(seats: &impl Seats) {
    assert_eq!(seats.take_seat(0, at(0)).await, Ok(None));
    let mut taken = Vec::new();
    for _ in 0..3 {
        taken.push(seats.take_seat(3, at(0)).await.unwrap().unwrap());
    }
    taken.sort_unstable_by_key(|seat| seat.number);
    assert_eq!(taken.iter().map(|seat| seat.number).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(taken.iter().all(|seat| seat.until == at(0) + API_TIMEOUT));
    assert_eq!(seats.take_seat(3, at(0)).await, Ok(None));
    assert_eq!(seats.take_seat(4, at(0)).await.unwrap().unwrap().number, 3);
}

pub async fn calls_that_come_at_once_never_share_a_seat(seats: &impl Seats) {
    let taken = join_all((0..8).map(|_| seats.take_seat(4, at(0)))).await;
    let mut taken: Vec<u16> = taken.into_iter().filter_map(|seat| Some(seat.unwrap()?.number)).collect();
    taken.sort_unstable();
    let count = taken.len();
    taken.dedup();
    assert_eq!(taken.len(), count, "{taken:?}");
    assert!((1..=4).contains(&count), "{taken:?}");
}

pub async fn a_seat_that_was_left_is_free_and_so_is_one_whose_time_is_over(seats: &impl Seats) {
    let seat = seats.take_seat(1, at(0)).await.unwrap().unwrap();
    assert_eq!(seats.take_seat(1, at(1)).await, Ok(None));
    seats.leave_seat(&seat).await.unwrap();
    seats.take_seat(1, at(1)).await.unwrap().unwrap();
    let lapses = at(1) + API_TIMEOUT;
    assert_eq!(seats.take_seat(1, lapses - chrono::TimeDelta::seconds(1)).await, Ok(None));
    assert!(seats.take_seat(1, lapses).await.unwrap().is_some());
}

pub async fn a_seat_that_is_anothers_by_now_is_not_left(seats: &impl Seats) {
    let first = seats.take_seat(1, at(0)).await.unwrap().unwrap();
    seats.take_seat(1, at(0) + API_TIMEOUT).await.unwrap().unwrap();
    seats.leave_seat(&first).await.unwrap();
    assert_eq!(seats.take_seat(1, at(1) + API_TIMEOUT).await, Ok(None));
}

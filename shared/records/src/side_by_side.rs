//! Work on many lines, on all processors.

use std::{
    num::NonZero,
    panic::resume_unwind,
    sync::{Mutex, PoisonError},
    thread::{Builder, available_parallelism, scope},
};

/// So many items are worked on in one go.
const PIECE: usize = 256;

/// Works on a list piece by piece, on all processors, and gives what each piece came to, in their order.
pub(crate) fn side_by_side<T: Sync, U: Send>(items: &[T], work: impl Fn(&[T]) -> U + Sync) -> Vec<U> {
    let pieces = Mutex::new(items.chunks(PIECE).enumerate());
    let next = || pieces.lock().unwrap_or_else(PoisonError::into_inner).next();
    let take = || {
        let mut made = Vec::new();
        while let Some((place, piece)) = next() {
            made.push((place, work(piece)));
        }
        made
    };
    let helpers = available_parallelism().map_or(1, NonZero::get).min(items.len().div_ceil(PIECE)).saturating_sub(1);
    let mut made = scope(|scope| {
        // Where a system gives no more threads, this one does it all.
        let helpers: Vec<_> = (0..helpers).map_while(|_| Builder::new().spawn_scoped(scope, take).ok()).collect();
        let mut made = take();
        for helper in helpers {
            made.extend(helper.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        made
    });
    made.sort_by_key(|(place, _)| *place);
    made.into_iter().map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_in_their_order() {
        for length in [0, 1, PIECE, 10 * PIECE + 1] {
            let items: Vec<_> = (0..length).collect();
            let made = side_by_side(&items, |piece| piece.iter().map(|item| item + 1).collect::<Vec<_>>());
            assert_eq!(made.concat(), (1..=length).collect::<Vec<_>>());
        }
    }
}

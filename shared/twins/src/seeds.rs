//! Runs a test for many seeds, on all processors.
#![expect(clippy::panic, reason = "this is the beginning of tests")]

use std::{
    iter,
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use tokio::{runtime::Builder, task::LocalSet};

/// Runs `work` for each seed, and gives what each made in the order of the seeds; `None` for one whose work panicked. Every
/// run has a thread's time for its own, which jumps.
///
/// # Panics
/// When a runtime can't be built, or a thread dies outside of its work.
#[must_use]
pub fn each<T: Send>(seeds: Range<u64>, work: impl AsyncFn(u64) -> T + Sync) -> Vec<(u64, Option<T>)> {
    let next = AtomicU64::new(seeds.start);
    let run = |seed| {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        let runtime = runtime.unwrap_or_else(|error| panic!("no runtime: {error}"));
        catch_unwind(AssertUnwindSafe(|| LocalSet::new().block_on(&runtime, work(seed)))).ok()
    };
    let of_one_thread = || {
        let taken = iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        taken.take_while(|seed| *seed < seeds.end).map(|seed| (seed, run(seed))).collect::<Vec<_>>()
    };
    let mut made = thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(of_one_thread)).collect();
        let done = threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| panic!("a thread died")));
        done.flatten().collect::<Vec<_>>()
    });
    made.sort_unstable_by_key(|(seed, _)| *seed);
    made
}

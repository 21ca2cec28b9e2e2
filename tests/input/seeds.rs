//! Runs a test for many seeds, on all processors.

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tokio::runtime::Builder;

/// Runs `work` for seeds from 0 on and gives what each made, or for the one that the environment names. Every run has a
/// thread's time for its own, which jumps.
pub(crate) fn each<T: Send>(count: u64, work: impl AsyncFn(u64, ChaCha8Rng) -> T + Sync) -> Vec<T> {
    let one = env::var("SEED").ok().map(|text| text.parse::<u64>().unwrap());
    let (next, end) = (AtomicU64::new(one.unwrap_or(0)), one.map_or(count, |seed| seed + 1));
    let run = |seed| {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let work = || runtime.block_on(work(seed, ChaCha8Rng::seed_from_u64(seed)));
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| panic!("it fails with SEED={seed}"))
    };
    let work = || {
        let mut made = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                return made;
            }
            made.push(run(seed));
        }
    };
    thread::scope(|scope| {
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

/// Whether all seeds are run: figures of a single one say nothing.
pub(crate) fn all() -> bool {
    env::var_os("SEED").is_none()
}

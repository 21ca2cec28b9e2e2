//! The seeds: ten thousand lives, each in a world of its own.

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Instant,
};

use tokio::{runtime::Builder, task::LocalSet};

use crate::{life::live, watch::Figures};

/// How many seeds are run.
const SEEDS: u64 = 10_000;
/// How many seeds are run twice, to see that a seed decides everything.
const TWICE: u64 = 100;

fn run(seed: u64, is_shown: bool) -> Result<Figures, Vec<String>> {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let lived = catch_unwind(AssertUnwindSafe(|| LocalSet::new().block_on(&runtime, live(seed, is_shown))));
    lived.unwrap_or_else(|_| Err(vec!["it panicked".to_owned()]))
}

/// Runs the seeds on all processors; the figures of all together.
fn run_all(seeds: u64) -> (Figures, Vec<(u64, Vec<String>)>) {
    let next = AtomicU64::new(0);
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        let (mut sum, mut failed) = (Figures::default(), Vec::new());
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds {
                return (sum, failed);
            }
            match run(seed, false) {
                Ok(figures) => sum = sum.and(&figures),
                Err(problems) => failed.push((seed, problems)),
            }
        }
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let done = threads.into_iter().map(|thread| thread.join().unwrap());
        done.fold((Figures::default(), Vec::new()), |(sum, mut failed), (more, problems)| {
            failed.extend(problems);
            (sum.and(&more), failed)
        })
    })
}

#[test]
fn a_seed_decides_everything() {
    for seed in 0..TWICE {
        let traces = [run(seed, false), run(seed, false)].map(|lived| lived.map(|figures| figures.trace));
        assert_eq!(traces[0], traces[1], "seed {seed}");
    }
}

#[test]
fn whatever_goes_wrong_nothing_is_lost_and_nothing_doubled() {
    let number = |name| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    if let Some(seed) = number("SEED") {
        let lived = run(seed, true);
        println!("seed {seed}: {lived:?}");
        assert!(lived.is_ok(), "{lived:?}");
        return;
    }
    let (began, seeds) = (Instant::now(), number("SEEDS").unwrap_or(SEEDS));
    let (figures, mut failed) = run_all(seeds);
    println!("{seeds} seeds in {} s: {figures}", began.elapsed().as_secs());
    failed.sort();
    for (seed, problems) in failed.iter().take(5) {
        println!("SEED={seed} cargo test -p simulation -- --nocapture whatever");
        for problem in problems {
            println!("    {problem}");
        }
    }
    assert!(failed.is_empty(), "{} of {seeds} seeds fail", failed.len());
}

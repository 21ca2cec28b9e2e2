//! The seeds: thousands of lives, each in a world of its own.

use std::{env, ops::Range, time::Instant};

use twins::manners::Figures as Manners;

use crate::{life::live, watch::Figures};

/// How many seeds are run, unless `SEEDS` says otherwise: before a merge it is 10,000.
const SEEDS: u64 = 2_500;
/// How many seeds are run twice, to see that a seed decides everything.
const TWICE: u64 = 100;

type Lived = Result<Figures, Vec<String>>;

fn run(seeds: Range<u64>, is_shown: bool) -> impl Iterator<Item = (u64, Lived)> {
    let lived = twins::seeds::each(seeds, async |seed| live(seed, is_shown).await);
    lived.into_iter().map(|(seed, lived)| (seed, lived.unwrap_or_else(|| Err(vec!["it panicked".to_owned()]))))
}

#[test]
fn a_seed_decides_everything() {
    let traces = || run(0..TWICE, false).map(|(seed, lived)| (seed, lived.map(|figures| figures.trace)));
    for (first, second) in traces().zip(traces()) {
        assert_eq!(first, second);
    }
}

#[test]
fn whatever_goes_wrong_nothing_is_lost_and_nothing_doubled() {
    let number = |name| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    if let Some(seed) = number("SEED") {
        for (seed, lived) in run(seed..seed + 1, true) {
            println!("seed {seed}: {lived:?}");
            assert!(lived.is_ok(), "{lived:?}");
        }
        return;
    }
    let (began, seeds) = (Instant::now(), number("SEEDS").unwrap_or(SEEDS));
    let (mut figures, mut failed) = (Figures::default(), Vec::new());
    for (seed, lived) in run(0..seeds, false) {
        match lived {
            Ok(more) => figures = figures.and(&more),
            Err(problems) => failed.push((seed, problems)),
        }
    }
    println!("{seeds} seeds in {} s: {figures}", began.elapsed().as_secs());
    for (seed, problems) in failed.iter().take(5) {
        println!("SEED={seed} cargo test -p simulation -- --nocapture whatever");
        for problem in problems {
            println!("    {problem}");
        }
    }
    let Manners { conflicts, throttled, left_over } = figures.manners;
    assert!(seeds < SEEDS || [conflicts, throttled, left_over].iter().all(|count| *count > 0), "fair weather");
    assert!(failed.is_empty(), "{} of {seeds} seeds fail", failed.len());
}

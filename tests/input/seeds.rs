//! Runs a test for many seeds, or for the one that the environment names.

use std::env;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Runs `work` for so many seeds from 0 on, or for the one that the environment names, and gives what each made. A quarter of
/// them will do where nobody asks for `SEEDS`, as CI does.
pub(crate) fn each<T: Send>(count: u64, work: impl AsyncFn(u64, ChaCha8Rng) -> T + Sync) -> Vec<T> {
    let one = env::var("SEED").ok().map(|text| text.parse::<u64>().unwrap());
    let count = if env::var_os("SEEDS").is_some() { count } else { count / 4 };
    let seeds = one.map_or(0..count, |seed| seed..seed + 1);
    let made = twins::seeds::each(seeds, async |seed| work(seed, ChaCha8Rng::seed_from_u64(seed)).await);
    made.into_iter().map(|(seed, made)| made.unwrap_or_else(|| panic!("it fails with SEED={seed}"))).collect()
}

/// Whether all seeds are run: figures of a single one say nothing.
pub(crate) fn all() -> bool {
    env::var_os("SEED").is_none()
}

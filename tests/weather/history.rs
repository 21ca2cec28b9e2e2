//! What becomes of jobs over weeks: whichever way they are asked for, the same ones are found.

use twins::conformance::history::{self, Step};

use crate::dynamo::{Dynamo, Weather};

#[tokio::test(start_paused = true)]
async fn whatever_the_retention_was_every_way_to_ask_finds_the_same_jobs() {
    for _ in 0..6 {
        let seed = std::env::var("SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
        println!("SEED={seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        let steps: Vec<Step> = (0..24).map(|_| Step::of([random.u8(..), random.u8(..), random.u8(..)])).collect();
        let dynamo = Dynamo::new(Weather::default());
        history::check(&dynamo.table(), &steps, async |now| dynamo.sweep(now)).await;
    }
}

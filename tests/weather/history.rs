//! What becomes of jobs over weeks: whichever way they are asked for, the same ones are found.

use std::iter::repeat_with;

use twins::conformance::history::{self, Step};

use crate::dynamo::{Dynamo, Weather};

/// A job of either store that has ended, before and after the schedule ran: by chance alone few histories come so far.
const BEGUN: [Step; 7] = [
    Step::Create { store: 0, name: 0 },
    Step::Claim,
    Step::Finish { clock: 0 },
    Step::Resume,
    Step::Create { store: 1, name: 1 },
    Step::Claim,
    Step::Finish { clock: 0 },
];

#[tokio::test(start_paused = true)]
async fn whatever_the_retention_was_every_way_to_ask_finds_the_same_jobs() {
    for _ in 0..4 {
        let seed = std::env::var("SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
        println!("SEED={seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        let drawn = repeat_with(|| Step::of([random.u8(..), random.u8(..), random.u8(..)])).take(24);
        let steps: Vec<Step> = BEGUN.into_iter().chain(drawn).collect();
        let dynamo = Dynamo::new(Weather::default());
        history::check(&dynamo.table(), &steps, async |now| dynamo.sweep(now)).await;
    }
}

//! Kills at any moment of a run, from the start of the process to after the end.

use std::{
    collections::BTreeMap,
    env,
    time::{Duration, Instant},
};

use imports::import::{ImportId, MAX_ATTEMPTS};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    bench::{Bench, text},
    files::files,
};
use crate::world::World;

/// How many kills there are unless the environment says otherwise.
const KILLS: u64 = 12;

/// How many files are imported one after another, before all begins anew.
const FILES: usize = 6;

/// When a kill hits: what the tables and the bucket show right after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Moment {
    BeforeTheClaim,
    BeforeTheFirstObject,
    AmongTheObjects,
    AfterTheLastObject,
    AmongTheReportsFiles,
    BeforeTheReceipt,
    AfterTheEnd,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_killed_workers_leave_is_to_the_byte_what_an_undisturbed_one_leaves() {
    let number = |name| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let (kills, seed) =
        (number("KILLS").unwrap_or(KILLS), number("SEED").unwrap_or_else(|| fastrand::u64(..1_000_000)));
    println!("SEED={seed} KILLS={kills} cargo test --test stories kills::at_random -- --nocapture");
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let files = files(FILES, &mut chance);
    let bench = Bench::over(World::own().await).await;

    let mut jobs = Vec::new();
    let mut undisturbed = Vec::new();
    for (number, file) in files.iter().enumerate() {
        bench.kill();
        let id = bench.submit(number, file).await;
        let message = bench.receive().await;
        let began = Instant::now();
        let answer = bench.wake(&message).await.unwrap();
        let time = began.elapsed();
        assert!(bench.settle(&message, answer.as_ref()).await, "{answer:?}");
        assert_eq!(bench.job(id).await["status"], text("success"));
        let objects = bench.objects_of(id).await;
        println!("file {number}: {} lines, {objects} objects, {time:?}", file.lines.lines().count());
        undisturbed.push(Undisturbed { time, objects });
        jobs.push(id);
    }
    let expected = bench.outcome(&jobs).await;

    let began = Instant::now();
    let mut moments = BTreeMap::new();
    let mut runs = 0;
    let mut left = kills;
    while left > 0 {
        bench.clear().await;
        for (number, file) in files.iter().enumerate() {
            bench.kill();
            let id = bench.submit(number, file).await;
            runs += 1;
            for moment in bench.run_with_kills(id, &undisturbed[number], &mut left, &mut chance).await {
                *moments.entry(moment).or_insert(0_u64) += 1;
            }
        }
        let difference = bench.outcome(&jobs).await.difference(&expected);
        assert!(difference.is_empty(), "{} things differ:\n{}", difference.len(), difference.join("\n"));
    }
    let killed: u64 = moments.values().sum();
    println!("{killed} kills in {runs} jobs, {} s: {moments:?}", began.elapsed().as_secs());
    assert_eq!(killed, kills);
}

/// A run without kills.
struct Undisturbed {
    time: Duration,
    objects: usize,
}

impl Bench {
    /// Runs a job to its end, killing its worker on the way while there are kills left, but never so often that it is given up.
    async fn run_with_kills(
        &self,
        id: ImportId,
        undisturbed: &Undisturbed,
        left: &mut u64,
        chance: &mut ChaCha8Rng,
    ) -> Vec<Moment> {
        let mut moments = Vec::new();
        loop {
            let attempts: u32 = self.job(id).await["attempt"].as_n().unwrap().parse().unwrap();
            // A claim more, and it would be the last.
            if *left == 0 || attempts + 1 >= MAX_ATTEMPTS {
                self.run_on(id).await;
                return moments;
            }
            let message = self.receive().await;
            let run = self.wake(&message);
            tokio::time::sleep(undisturbed.time.mul_f64(chance.random_range(0.0..1.1))).await;
            if self.kill() {
                *left -= 1;
                moments.push(self.moment(id, undisturbed).await);
            }
            let answer = run.await.unwrap();
            if self.settle(&message, answer.as_ref()).await {
                return moments;
            }
            self.let_time_pass(&message).await;
        }
    }

    async fn moment(&self, id: ImportId, undisturbed: &Undisturbed) -> Moment {
        let job = self.job(id).await;
        match job["status"].as_s().unwrap().as_str() {
            "pending" => return Moment::BeforeTheClaim,
            "started" => {}
            _ if self.owes().await => return Moment::BeforeTheReceipt,
            _ => return Moment::AfterTheEnd,
        }
        let epoch = job["epoch"].as_n().unwrap();
        if !self.keys(&format!("reports/{}/{id}/{epoch}/", self.world.store)).await.is_empty() {
            return Moment::AmongTheReportsFiles;
        }
        match self.objects_of(id).await {
            0 => Moment::BeforeTheFirstObject,
            count if count < undisturbed.objects => Moment::AmongTheObjects,
            _ => Moment::AfterTheLastObject,
        }
    }
}

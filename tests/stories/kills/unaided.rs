//! The worker is killed while it writes; its job finishes without anyone's help.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use samples::generate;

use crate::{
    processes::kill_workers,
    world::{World, gzip, sum},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_in_the_middle_loses_nothing_and_doubles_nothing() {
    let world = World::own().await;
    let mut file = Vec::new();
    let summary = generate(20_000, 11, 100, &mut file).unwrap();
    let id = world.submit(gzip(&file)).await;

    let killed = loop {
        let job = world.import(&id).await;
        assert_ne!(job["attributes"]["status"], "success", "the job ended before its worker was killed");
        if sum(&job, "imported") > 0 {
            break kill_workers(world.stack.pid());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(killed, "no worker was found to kill");
    let died = Instant::now();
    let job = world.ended_within(&id, Duration::from_mins(4)).await;
    println!("finished {:.1} s after its worker was killed", died.elapsed().as_secs_f64());

    assert_eq!(job["attributes"]["status"], "success");
    let good: usize = summary.good.values().sum();
    assert_eq!(sum(&job, "imported"), u64::try_from(good).unwrap());
    let objects = world.objects().await;
    assert_eq!(objects.len(), good, "no object twice, none missing");
    let lines: HashSet<_> = objects.iter().map(|object| object["line"].as_n().unwrap()).collect();
    assert_eq!(lines.len(), good);
    let reported: HashSet<u64> = world.errors(&id).await.into_iter().map(|(line, _, _)| line).collect();
    let bad: HashSet<u64> = summary.bad.iter().map(|(line, _)| u64::from(*line)).collect();
    assert_eq!(reported, bad);
}

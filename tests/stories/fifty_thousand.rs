//! The largest file, and a smaller one by every way in: each good line becomes an object, each bad one is explained.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use records::{jsonl::lines, outline};
use samples::generate;

use crate::world::{World, essence, gzip, sum};

const TIME: Duration = Duration::from_mins(5);

const BAD: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn fifty_thousand_objects_arrive() {
    let world = World::own().await;
    let (file, bad_lines) = file(50_000);
    let posted = world.submit(gzip(&file)).await;
    check(&world, &posted, &file, &bad_lines).await;
    assert_eq!(world.all_objects().await.len(), 50_000 - BAD);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_objects_arrive_posted_or_dropped_in_whatever_order() {
    let world = World::own().await;
    let (file, bad_lines) = file(5_000);
    let posted = world.submit(gzip(&file)).await;
    check(&world, &posted, &file, &bad_lines).await;

    let partner = world.neighbour();
    partner.drop_file("nightly sync +1.jsonl", file.clone()).await;
    let dropped = partner.job_of_drop("nightly sync +1.jsonl").await;
    check(&partner, &dropped, &file, &bad_lines).await;

    // Turned around: the second line with an external_ref becomes the first, so only the good lines are compared.
    let stranger = world.neighbour();
    let good = file
        .split(|byte| *byte == b'\n')
        .zip(1..)
        .filter(|(line, number)| !line.is_empty() && !bad_lines.contains(number));
    let mut turned: Vec<&[u8]> = good.map(|(line, _)| line).collect();
    turned.reverse();
    let turned = turned.join(&b'\n');
    let id = stranger.submit(gzip(&turned)).await;
    check(&stranger, &id, &turned, &BTreeSet::new()).await;

    let mut objects = essences(&world).await;
    let mut of_store = |store: &World| objects.remove(&store.store).unwrap();
    let (of_world, of_partner, of_stranger) = (of_store(&world), of_store(&partner), of_store(&stranger));
    assert_eq!(of_world.len(), 5_000 - BAD);
    assert!(of_world == of_partner, "the dropped file gives the same objects");
    assert!(of_world == of_stranger, "the file in another order gives the same objects");
}

/// A file of so many lines, and which of them are bad.
fn file(lines: usize) -> (Vec<u8>, BTreeSet<u64>) {
    let mut file = Vec::new();
    let summary = generate(lines, 7, BAD, &mut file).unwrap();
    let bad_lines: BTreeSet<u64> = summary.bad.iter().map(|(line, _)| u64::from(*line)).collect();
    assert_eq!(bad_lines.len(), BAD);
    (file, bad_lines)
}

async fn check(world: &World, id: &str, file: &[u8], bad_lines: &BTreeSet<u64>) {
    let job = world.ended_within(id, TIME).await;
    assert_eq!(job["attributes"]["status"], "success", "{job:#}");
    let errors = world.errors(id).await;
    assert_eq!(job["meta"]["errors"], errors.len());
    let reported: BTreeSet<u64> = errors.iter().map(|(line, _, _)| *line).collect();
    assert_eq!(&reported, bad_lines, "each bad line is explained, and no good one");
    assert!(errors.is_sorted_by_key(|(line, _, _)| *line), "by line number");
    let of_known_type = lines(file).filter_map(|line| outline(line.bytes).record_type.map(|_| u64::from(line.number)));
    let of_known_type: BTreeSet<u64> = of_known_type.collect();
    assert_eq!(sum(&job, "uploaded"), u64::try_from(of_known_type.len()).unwrap());
    let failed = u64::try_from(of_known_type.intersection(bad_lines).count()).unwrap();
    assert_eq!(sum(&job, "uploaded"), sum(&job, "imported") + failed);
}

/// What every store's objects are, sorted.
async fn essences(world: &World) -> HashMap<String, Vec<String>> {
    let mut essences: HashMap<String, Vec<String>> = HashMap::new();
    for object in world.all_objects().await {
        essences.entry(object["store"].as_s().unwrap().clone()).or_default().push(essence(&object));
    }
    for objects in essences.values_mut() {
        objects.sort();
    }
    essences
}

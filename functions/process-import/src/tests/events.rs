//! What others are told of a job.

use imports::{
    events::{Event, Events},
    import::ImportStatus,
};
use insta::assert_snapshot;

use super::*;

fn told(world: &World) -> Vec<(&'static str, serde_json::Value)> {
    let sent = world.worker.events.sent();
    sent.into_iter().map(|event| (event.kind, serde_json::from_str(&event.detail).unwrap())).collect()
}

async fn owed(world: &World) -> usize {
    let mut owed = 0;
    for debt in Debt::ALL {
        owed += world.worker.imports.owed(*debt, 9).await.unwrap().len();
    }
    owed
}

#[tokio::test(start_paused = true)]
async fn others_are_told_of_the_start_and_the_end_of_a_job() {
    let world = World::with(product("tea") + "{}\n").await;
    world.run().await;
    let told = told(&world);
    let [(started, start), (ended, end)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((*started, *ended), ("Subscription Import Started", "Subscription Import Ended"));
    assert_snapshot!(serde_json::to_string_pretty(start).unwrap());
    assert_snapshot!(serde_json::to_string_pretty(end).unwrap());
    assert_eq!(owed(&world).await, 0);
}

#[tokio::test(start_paused = true)]
async fn an_event_says_how_the_job_ended_and_nothing_of_what_is_in_the_file() {
    let outcome = async |file: String| {
        let world = World::with(file).await;
        world.run().await;
        let told = told(&world).pop().unwrap();
        assert!(!told.1.to_string().contains("secret"), "{told:?}");
        told.1["outcome"].as_str().unwrap().to_owned()
    };
    let bad = "{\"type\":\"subscription_product\",\"name\":{\"secret\":\"secret\"},\"external_ref\":\"secret\"}\n";
    assert_eq!(outcome(product("tea")).await, "success");
    assert_eq!(outcome(product("tea") + bad).await, "partial");
    assert_eq!(outcome(bad.repeat(3)).await, "failed");
    assert_eq!(outcome("secret,secret\n".to_owned()).await, "failed");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_could_not_be_sent_is_sent_later_and_says_the_same() {
    let world = World::with(product("tea")).await;
    world.faults.plan(Call::SendEvent, Fault::transient());
    world.faults.plan(Call::SendEvent, Fault::transient());
    world.run().await;
    assert_eq!(world.import(1).await.status, ImportStatus::Success);
    let first = told(&world);
    assert_eq!(first.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), ["Subscription Import Ended"]);
    assert_eq!(owed(&world).await, 1);
    world.worker.queue.send(&Tick::of(&store(), id(1)), "again").await.unwrap();
    world.turn().await;
    // As the job stood then, though it has ended by now.
    let (kind, start) = told(&world).pop().unwrap();
    assert_eq!((kind, &start["data"]["attributes"]["status"]), ("Subscription Import Started", &"started".into()));
    assert_eq!((owed(&world).await, start["links"].get("results")), (0, None));
    let import = world.import(1).await;
    let again = Event::started(&import, world.worker.events.sender()).unwrap().unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&again.detail).unwrap(), start);
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_hangs_holds_no_job_up() {
    let world = World::with(product("tea")).await;
    world.faults.plan(Call::SendEvent, Fault::Slow(Duration::from_mins(1)));
    let began = twins::now();
    assert_eq!(world.turn().await, Some(true));
    let import = world.import(1).await;
    assert!(import.finished_at.unwrap() - began < TimeDelta::seconds(2), "{import:?}");
    assert!(twins::now() - began < TimeDelta::seconds(10));
}

//! Calls through the gateway's own reading of them.

use std::collections::{BTreeMap, BTreeSet};

use imports::ports::Imports;
use rand::{SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use super::{
    spread,
    wrong::{WAYS, Wrong},
};
use crate::{
    api::{Answered, Api, Route, Sent},
    seeds,
};
use twins::fixture::job;

const SEEDS: u64 = 80;
const CALLS: usize = 100;

/// What a status is called.
const TITLES: [(u16, &str); 5] = [
    (400, "Validation Error"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (409, "Write Conflict"),
    (413, "Payload Too Large"),
];

fn check(wrong: &Wrong, answered: &Answered, promised: &BTreeMap<Route, BTreeSet<u16>>) {
    let Wrong { what, sent, status, named } = wrong;
    let shown = || format!("{what}: {sent:?}\n{:#}", answered.body);
    assert_eq!(answered.status, *status, "{}", shown());
    assert!(promised[&sent.route].contains(status), "openapi.yaml knows no {status} of {:?}", sent.route);
    let errors = answered.body["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{}", shown());
    let title = TITLES.iter().find(|(known, _)| known == status).unwrap().1;
    assert_eq!((&errors[0]["status"], &errors[0]["title"]), (&status.to_string().into(), &title.into()), "{}", shown());
    let detail = errors[0]["detail"].as_str().unwrap();
    assert!(detail.starts_with(named.as_str()), "{named:?} is not named by {}", shown());
    assert!(detail.len() < 1_000, "{}", shown());
    if *what == "filter" {
        let reason = errors[0]["meta"]["reason"].as_str().unwrap();
        assert!(reason.starts_with("at character ") || reason.starts_with("a filter has at most "), "{}", shown());
    }
}

/// A service in which job 1 has ended, and was made under a key, and job 2 waits.
async fn begun(rng: &mut ChaCha8Rng) -> Api {
    let api = Api::new();
    api.service.import(1, "{\"type\":\"subscription_product\",\"name\":\"Tea\"}").await;
    let keyed = Sent::to(Route::Create)
        .with_header("content-type", "application/x-ndjson")
        .with_header("idempotency-key", "the key");
    assert_eq!(api.send(rng, &Sent { body: b"the file".to_vec(), ..keyed }).await.status, 201);
    api.service.worker.imports.create(job(2), twins::now()).await.unwrap();
    api
}

async fn run(_: u64, mut rng: ChaCha8Rng) -> Vec<(&'static str, u16)> {
    let promised: BTreeMap<_, _> = Route::ALL.into_iter().map(|route| (route, route.statuses())).collect();
    let api = begun(&mut rng).await;
    let (files, open) = (api.service.worker.files.keys(), api.service.worker.imports.open(100).await.unwrap());
    let mut made = Vec::new();
    for _ in 0..CALLS {
        let (_, way) = WAYS.choose_weighted(&mut rng, |(weight, _)| *weight).unwrap();
        let wrong = way(&mut rng);
        let answered = api.send(&mut rng, &wrong.sent).await;
        check(&wrong, &answered, &promised);
        made.push((wrong.what, answered.status));
    }
    assert_eq!(api.service.worker.files.keys(), files, "no file was stored");
    assert_eq!(api.service.worker.imports.open(100).await.unwrap(), open, "no job was made, none ended");
    made
}

#[test]
fn a_wrong_call_is_refused_by_name_and_changes_nothing() {
    let made = seeds::each(SEEDS, run);
    let calls = made.iter().flatten();
    println!("{} calls refused:{}", calls.clone().count(), spread(calls.clone().copied()));
    if seeds::all() {
        let kinds: BTreeSet<_> = calls.clone().map(|(what, _)| *what).collect();
        assert_eq!((calls.count(), kinds.len()), (CALLS * made.len(), 16), "{kinds:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_larger_than_a_call_carries_is_refused_and_shown_another_way() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let api = Api::new();
    let sent = Sent { body: vec![b' '; create_import::upload::MAX_BODY + 1], ..Sent::to(Route::Create) };
    let answered = api.send(&mut rng, &sent).await;
    assert_eq!(answered.status, 413);
    let detail = answered.body["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.starts_with("body: a call carries at most 4718592 bytes, this one has 4718593"), "{detail}");
}

//! What an [`Imports`] promises of idempotency keys. Each test needs one of its own, as the other promises do.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;

use super::{
    at, fresh_store,
    imports::{claimed, new_import, outcome},
    promises,
};
use imports::{
    idempotency::{Idempotency, REMEMBERED},
    import::{Ending, Import, ImportStatus, NewImport},
    ports::{Created, Imports},
};
use records::StoreId;

promises! { $ idempotency_promises in idempotency:
    an_equal_call_under_a_key_finds_the_job,
    a_key_finds_its_job_as_it_stands,
    another_call_under_a_key_is_refused,
    a_call_is_equal_by_the_fingerprint_of_an_older_version_too,
    a_key_is_its_own_stores_alone,
    a_key_may_hold_any_character,
    a_key_is_forgotten_after_a_day,
    of_equal_calls_side_by_side_one_makes_the_job,
    a_key_whose_job_is_gone_is_free,
}

fn by(key: &str, fingerprint: &str) -> Idempotency {
    Idempotency { key: key.to_owned(), fingerprint: fingerprint.to_owned(), former: None }
}

/// A job about to be made under a key.
fn new_under(store: &StoreId, idempotency: &Idempotency) -> NewImport {
    NewImport { idempotency: Some(idempotency.clone()), ..new_import(store) }
}

/// Makes a job under a key that is free.
async fn made(imports: &impl Imports, store: &StoreId, by: &Idempotency, now: DateTime<Utc>) -> Import {
    assert_eq!(imports.recall(store, by, now).await, Ok(None));
    match imports.create(new_under(store, by), now).await.unwrap() {
        Created::Now(import) => import,
        found @ (Created::Before(_) | Created::KeyTaken(_)) => unreachable!("{} is not free: {found:?}", by.key),
    }
}

/// Tries a key that is not free, both ways; neither may make a job.
async fn check(imports: &impl Imports, store: &StoreId, by: &Idempotency, now: DateTime<Utc>, found: &Created) {
    let open = imports.open(100).await.unwrap();
    assert_eq!(imports.recall(store, by, now).await.as_ref(), Ok(&Some(found.clone())));
    assert_eq!(imports.create(new_under(store, by), now).await.as_ref(), Ok(found));
    assert_eq!(imports.open(100).await, Ok(open));
}

pub async fn an_equal_call_under_a_key_finds_the_job(imports: &impl Imports) {
    let store = fresh_store();
    let import = made(imports, &store, &by("a", "1"), at(0)).await;
    check(imports, &store, &by("a", "1"), at(1), &Created::Before(import)).await;
    // Another key is another call, however equal.
    let other = made(imports, &store, &by("b", "1"), at(2)).await;
    check(imports, &store, &by("b", "1"), at(3), &Created::Before(other)).await;
    // And one without a key is found by none.
    assert!(matches!(imports.create(new_import(&store), at(4)).await, Ok(Created::Now(_))));
}

pub async fn a_key_finds_its_job_as_it_stands(imports: &impl Imports) {
    let store = fresh_store();
    made(imports, &store, &by("a", "1"), at(0)).await;
    let (started, lease, _) = claimed(imports, at(1)).await;
    check(imports, &store, &by("a", "1"), at(2), &Created::Before(started.clone())).await;
    imports.finish(&lease, &outcome(&lease, Ending::Success, at(999_999)), at(3)).await.unwrap();
    let ended = imports.get(&store, started.id, at(4)).await.unwrap().unwrap();
    assert_eq!(ended.status, ImportStatus::Success);
    check(imports, &store, &by("a", "1"), at(4), &Created::Before(ended)).await;
}

pub async fn another_call_under_a_key_is_refused(imports: &impl Imports) {
    let store = fresh_store();
    let import = made(imports, &store, &by("a", "1"), at(0)).await;
    check(imports, &store, &by("a", "2"), at(1), &Created::KeyTaken(import.id)).await;
    check(imports, &store, &by("a", "1"), at(2), &Created::Before(import)).await;
}

pub async fn a_call_is_equal_by_the_fingerprint_of_an_older_version_too(imports: &impl Imports) {
    let store = fresh_store();
    let import = made(imports, &store, &by("a", "old"), at(0)).await;
    let of_both = |former: &str| Idempotency { former: Some(former.to_owned()), ..by("a", "new") };
    check(imports, &store, &of_both("old"), at(1), &Created::Before(import.clone())).await;
    check(imports, &store, &of_both("other"), at(2), &Created::KeyTaken(import.id)).await;
}

pub async fn a_key_is_its_own_stores_alone(imports: &impl Imports) {
    let (store, other) = (fresh_store(), fresh_store());
    let import = made(imports, &store, &by("a", "1"), at(0)).await;
    made(imports, &other, &by("a", "1"), at(1)).await;
    check(imports, &store, &by("a", "1"), at(2), &Created::Before(import)).await;
}

pub async fn a_key_may_hold_any_character(imports: &impl Imports) {
    let store = fresh_store();
    let longest = "🌙".repeat(255);
    for key in ["#", "a#b", " ", "a b", "ä", "a\u{301}", "\u{e1}", "\"'\\", &longest] {
        let import = made(imports, &store, &by(key, "1"), at(0)).await;
        check(imports, &store, &by(key, "1"), at(1), &Created::Before(import)).await;
    }
}

pub async fn a_key_is_forgotten_after_a_day(imports: &impl Imports) {
    let store = fresh_store();
    let import = made(imports, &store, &by("a", "1"), at(0)).await;
    let day = at(0) + REMEMBERED;
    let just_before = day - TimeDelta::milliseconds(1);
    check(imports, &store, &by("a", "1"), just_before, &Created::Before(import.clone())).await;
    check(imports, &store, &by("a", "2"), just_before, &Created::KeyTaken(import.id)).await;
    let anew = made(imports, &store, &by("a", "2"), day).await;
    check(imports, &store, &by("a", "2"), day + REMEMBERED / 2, &Created::Before(anew)).await;
}

pub async fn of_equal_calls_side_by_side_one_makes_the_job(imports: &impl Imports) {
    let store = fresh_store();
    let calls = (0..6).map(|_| imports.create(new_under(&store, &by("a", "1")), at(0)));
    let created: Vec<Created> = join_all(calls).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(created.iter().filter(|created| matches!(created, Created::Now(_))).count(), 1);
    let ids: Vec<_> = created.into_iter().map(|created| created.into_import().unwrap().id).collect();
    let open = imports.open(100).await.unwrap();
    assert_eq!(open.len(), 1);
    assert!(open.iter().all(|open| ids.iter().all(|id| *id == open.id)));
}

pub async fn a_key_whose_job_is_gone_is_free(imports: &impl Imports) {
    let store = fresh_store();
    // By an equal call, and by another.
    for (round, fingerprint) in [(0, "1"), (1_000, "2")] {
        made(imports, &store, &by("a", "1"), at(round)).await;
        let (_, lease, _) = claimed(imports, at(round + 1)).await;
        let ended = outcome(&lease, Ending::Success, at(999_999));
        imports.finish(&lease, &ended, at(round + 2)).await.unwrap();
        imports.forget(at(round + 2)).await.unwrap();
        let anew = made(imports, &store, &by("a", fingerprint), at(round + 3)).await;
        check(imports, &store, &by("a", fingerprint), at(round + 4), &Created::Before(anew)).await;
        let (_, lease, _) = claimed(imports, at(round + 5)).await;
        imports.finish(&lease, &outcome(&lease, Ending::Success, at(999_999)), at(round + 6)).await.unwrap();
        imports.forget(at(round + 6)).await.unwrap();
    }
}

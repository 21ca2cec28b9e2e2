//! What an [`Imports`] promises of its lists, whole and filtered. Each test needs one of its own.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    at, fresh_store,
    imports::{claimed, created, get, new_import, outcome, page, run_next},
    promises,
};
use imports::{
    api::time,
    filter::{Filter, MAX_VALUES},
    import::{Claim, Ending, Import, ImportId, Lease, NewImport},
    options::ImportOptions,
    ports::Imports,
    report::UNCLAIMED,
};
use records::StoreId;

promises! { $ import_listing_promises in listings:
    a_list_is_every_page_of_the_newest_first,
    an_expired_job_is_forgotten,
    after_the_retention_is_lowered_lists_have_what_is_found,
    a_job_cancelled_while_it_waits_is_listed_while_it_is_found,
    what_is_forgotten_stays_forgotten,
    a_filter_lets_through_what_it_asks_for,
    a_filtered_list_is_every_page_of_what_matches,
    an_expired_job_matches_no_filter,
    the_largest_filters_are_taken,
}

pub async fn a_list_is_every_page_of_the_newest_first(imports: &impl Imports) {
    let (store, other) = (fresh_store(), fresh_store());
    let all = Filter::default();
    let mut made = Vec::new();
    for round in 0..5_i64 {
        // Three of each kind at last: ended, started, waiting. The other store's jobs are counted apart.
        made.insert(0, created(imports, &store, at(round * 1_000)).await);
        created(imports, &other, at(round * 1_000)).await;
        if round < 3 {
            check_pages(imports, &store, &all, &made, at(9_000)).await;
            run_next(imports, at(round * 1_000 + 1), at(99_999)).await;
            check_pages(imports, &store, &all, &made, at(9_000)).await;
            run_next(imports, at(round * 1_000 + 2), at(99_999)).await;
        }
    }
    check_pages(imports, &store, &all, &made, at(9_000)).await;
    let (_, lease, _) = claimed(imports, at(9_001)).await;
    check_pages(imports, &store, &all, &made, at(9_002)).await;
    imports.release(&lease).await.unwrap();
    check_pages(imports, &store, &all, &made, at(9_003)).await;
    claimed(imports, at(9_004)).await;
    claimed(imports, at(9_500)).await;
    check_pages(imports, &store, &all, &made, at(9_501)).await;
}

/// Compares every page of a list with `expected`, by id: what a job looks like is for other tests.
async fn check_pages(
    imports: &impl Imports,
    store: &StoreId,
    filter: &Filter,
    expected: &[Import],
    now: DateTime<Utc>,
) {
    let count = expected.len();
    let total = u64::try_from(count).unwrap();
    let expected = ids(expected);
    for (offset, limit) in (0..=count + 1).flat_map(|offset| (0..=count + 1).map(move |limit| (offset, limit))) {
        let listing = imports.list(store, filter, page(offset, limit), now).await.unwrap();
        let page: Vec<ImportId> = expected.iter().skip(offset).take(limit).copied().collect();
        assert_eq!((ids(&listing.imports), listing.total), (page, total), "{limit} from {offset}");
    }
}

fn ids(imports: &[Import]) -> Vec<ImportId> {
    imports.iter().map(|import| import.id).collect()
}

pub async fn an_expired_job_is_forgotten(imports: &impl Imports) {
    let store = fresh_store();
    let mut made = Vec::new();
    for round in 0..7 {
        made.insert(0, created(imports, &store, at(round)).await);
    }
    for round in 0..5 {
        run_next(imports, at(10 + round), at(1_000 * (round + 1))).await;
    }
    claimed(imports, at(20)).await;
    for forgotten in 0..=5 {
        // A job is forgotten in the second in which it expires.
        for now in [at(1_000 * forgotten), at(1_000 * forgotten + 999)] {
            let kept = made.len() - usize::try_from(forgotten).unwrap();
            let kept_jobs: Vec<Import> = made.iter().take(kept).cloned().collect();
            check_pages(imports, &store, &Filter::default(), &kept_jobs, now).await;
            for (index, import) in made.iter().enumerate() {
                assert_eq!(get(imports, import, now).await.is_some(), index < kept);
            }
        }
    }
}

/// Compares every page of the list with what is found one by one; answers how many that is.
async fn check_found(imports: &impl Imports, made: &[Import], now: DateTime<Utc>) -> usize {
    let mut found = Vec::new();
    for import in made.iter().rev() {
        found.extend(get(imports, import, now).await);
    }
    if let Some(import) = made.first() {
        check_pages(imports, &import.store, &Filter::default(), &found, now).await;
    }
    found.len()
}

pub async fn after_the_retention_is_lowered_lists_have_what_is_found(imports: &impl Imports) {
    let store = fresh_store();
    let mut made = Vec::new();
    for round in 0..9 {
        made.push(created(imports, &store, at(round)).await);
        // Kept for a thousand seconds, then for two hundred, then for a thousand again.
        let retention = if (3..6).contains(&round) { 200 } else { 1_000 };
        run_next(imports, at(round), at(100 * round + retention)).await;
    }
    for (now, kept) in [(0, 9), (499, 9), (701, 9), (1_001, 8), (1_201, 3), (1_301, 3), (1_601, 2), (1_801, 0)] {
        assert_eq!(check_found(imports, &made, at(now)).await, kept, "at {now}");
    }
}

pub async fn a_job_cancelled_while_it_waits_is_listed_while_it_is_found(imports: &impl Imports) {
    let store = fresh_store();
    let mut made = Vec::new();
    for seconds in 0..4 {
        made.push(created(imports, &store, at(seconds)).await);
    }
    for index in [1, 3] {
        let import: &Import = made.get(index).unwrap();
        let (id, created_at) = (import.id, import.created_at);
        let lease = Lease { store: store.clone(), id, created_at, epoch: UNCLAIMED, attempt: 0 };
        imports.cancel_pending(import, &outcome(&lease, Ending::Failed, at(1_000)), at(10)).await.unwrap();
    }
    // Before it has a number, after it has one, and when it has expired by itself.
    check_found(imports, &made, at(11)).await;
    check_found(imports, &made, at(1_001)).await;
    for seconds in [2_000, 2_001] {
        run_next(imports, at(seconds), at(3_000)).await;
        check_found(imports, &made, at(2_002)).await;
    }
    assert_eq!(imports.claim_next(at(2_003)).await, Ok(Claim::Idle));
    assert_eq!(check_found(imports, &made, at(2_999)).await, 4);
    assert_eq!(check_found(imports, &made, at(3_000)).await, 0);
}

pub async fn what_is_forgotten_stays_forgotten(imports: &impl Imports) {
    let store = fresh_store();
    let mut made = Vec::new();
    for seconds in [10, 20, 30, 40] {
        made.push(created(imports, &store, at(seconds)).await);
        run_next(imports, at(seconds + 1), at(9_999)).await;
    }
    made.push(created(imports, &store, at(50)).await);
    claimed(imports, at(51)).await;
    made.push(created(imports, &store, at(52)).await);
    for (until, kept) in [(10, 6), (21, 4), (11, 4), (30, 4), (31, 3), (5_000, 2), (40, 2)] {
        imports.forget(at(until)).await.unwrap();
        assert_eq!(check_found(imports, &made, at(60)).await, kept, "until {until}");
    }
}

async fn created_as(imports: &impl Imports, store: &StoreId, name: Option<&str>, now: DateTime<Utc>) -> Import {
    let options = ImportOptions { external_ref: name.map(str::to_owned), ..ImportOptions::default() };
    let new = NewImport { options, ..new_import(store) };
    imports.create(new, now).await.unwrap().into_import().unwrap()
}

/// Five jobs in the order of creation: a success, a failed one, one that runs, two that wait; and one of another store.
async fn of_every_kind(imports: &impl Imports, store: &StoreId) -> Vec<Import> {
    let made = vec![
        created_as(imports, store, Some("a"), at(0)).await,
        created_as(imports, store, None, at(0) + TimeDelta::milliseconds(500)).await,
        created_as(imports, store, Some(AWKWARD), at(1)).await,
        created_as(imports, store, Some("a"), at(1) + TimeDelta::microseconds(1)).await,
        created_as(imports, store, Some("A"), at(2)).await,
    ];
    created_as(imports, &fresh_store(), Some("a"), at(2)).await;
    run_next(imports, at(10), at(9_999)).await;
    let (_, lease, _) = claimed(imports, at(11)).await;
    imports.finish(&lease, &outcome(&lease, Ending::Failed, at(9_999)), at(12)).await.unwrap();
    claimed(imports, at(13)).await;
    made
}

const AWKWARD: &str = "a, (b) \"c\" \\ :d 🌙";

pub async fn a_filter_lets_through_what_it_asks_for(imports: &impl Imports) {
    let store = fresh_store();
    let made = of_every_kind(imports, &store).await;
    let check = async |filter: &str, expected: &[usize]| {
        let read = Filter::parse(filter).unwrap();
        let listing = imports.list(&store, &read, page(0, 100), at(20)).await.unwrap();
        let newest_first = expected.iter().filter_map(|index| made.get(*index)).map(|import| import.id);
        assert_eq!(ids(&listing.imports), newest_first.collect::<Vec<_>>(), "{filter}");
        assert_eq!(listing.total, u64::try_from(expected.len()).unwrap(), "{filter}");
    };
    check("eq(status,success)", &[0]).await;
    check("eq(status,failed)", &[1]).await;
    check("eq(status,started)", &[2]).await;
    check("eq(status,pending)", &[4, 3]).await;
    check("in(status,success,pending)", &[4, 3, 0]).await;
    check("in(status,failed,success,started,pending)", &[4, 3, 2, 1, 0]).await;

    check("eq(external_ref,a)", &[3, 0]).await;
    check("eq(external_ref,A)", &[4]).await;
    check("eq(external_ref,\"a, (b) \\\"c\\\" \\\\ :d 🌙\")", &[2]).await;
    check("in(external_ref,nobody,a,A)", &[4, 3, 0]).await;
    check("eq(external_ref,nobody)", &[]).await;

    // On a whole second, and a microsecond beside it.
    let second = time(at(1));
    check(&format!("gt(created_at,{second})"), &[4, 3]).await;
    check(&format!("ge(created_at,{second})"), &[4, 3, 2]).await;
    check(&format!("lt(created_at,{second})"), &[1, 0]).await;
    check(&format!("le(created_at,{second})"), &[2, 1, 0]).await;
    check(&format!("gt(created_at,{})", time(at(0))), &[4, 3, 2, 1]).await;
    check(&format!("le(created_at,{})", time(at(0))), &[0]).await;
    check(&format!("lt(created_at,{})", time(at(0))), &[]).await;
    let abroad = (at(1) + TimeDelta::hours(2)).format("%Y-%m-%dT%H:%M:%S+02:00");
    check(&format!("ge(created_at,{abroad})"), &[4, 3, 2]).await;

    check(&format!("gt(created_at,{}):lt(created_at,{})", time(at(0)), time(at(2))), &[3, 2, 1]).await;
    check("eq(external_ref,a):eq(status,pending)", &[3]).await;
    check(&format!("in(status,success,pending):in(external_ref,a,A):ge(created_at,{second})"), &[4, 3]).await;
    check("eq(status,success):eq(status,failed)", &[]).await;
    check("eq(external_ref,a):eq(external_ref,A)", &[]).await;
}

pub async fn a_filtered_list_is_every_page_of_what_matches(imports: &impl Imports) {
    let store = fresh_store();
    let filter = Filter::parse("eq(external_ref,every other)").unwrap();
    let mut made = Vec::new();
    for round in 0..7 {
        created_as(imports, &store, Some("between"), at(2 * round)).await;
        made.insert(0, created_as(imports, &store, Some("every other"), at(2 * round + 1)).await);
        check_pages(imports, &store, &filter, &made, at(100)).await;
    }
    for round in 0..9 {
        run_next(imports, at(20 + round), at(9_999)).await;
    }
    check_pages(imports, &store, &filter, &made, at(100)).await;
    claimed(imports, at(30)).await;
    check_pages(imports, &store, &filter, &made, at(100)).await;
}

pub async fn an_expired_job_matches_no_filter(imports: &impl Imports) {
    let store = fresh_store();
    let mut made = Vec::new();
    for round in 0..4 {
        made.insert(0, created(imports, &store, at(round)).await);
        run_next(imports, at(10 + round), at(1_000 * (round + 1))).await;
    }
    let filter = Filter::parse("eq(status,success)").unwrap();
    for forgotten in 0..=4 {
        let kept: Vec<Import> = made.iter().take(4 - forgotten).cloned().collect();
        let now = at(1_000 * i64::try_from(forgotten).unwrap());
        check_pages(imports, &store, &filter, &kept, now).await;
    }
}

pub async fn the_largest_filters_are_taken(imports: &impl Imports) {
    let store = fresh_store();
    let made = created_as(imports, &store, Some("a"), at(0)).await;
    let conditions = [
        vec!["eq(external_ref,a)"; MAX_VALUES].join(":"),
        vec!["eq(status,pending)"; MAX_VALUES].join(":"),
        vec!["ge(created_at,2000-01-01T00:00:00Z)"; MAX_VALUES].join(":"),
        format!("in(external_ref{})", ",a".repeat(MAX_VALUES)),
    ];
    for filter in conditions {
        let listing = imports.list(&store, &Filter::parse(&filter).unwrap(), page(0, 10), at(1)).await.unwrap();
        assert_eq!(ids(&listing.imports), [made.id], "{filter}");
    }
}

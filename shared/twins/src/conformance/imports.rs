//! What an [`Imports`] promises. Each test needs one of its own: all jobs wait in one line.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use uuid::Uuid;

use super::{at, fresh_store, promises};
use crate::fixture::options;
use imports::{
    filter::Filter,
    import::{
        Claim, Ending, Import, ImportFile, ImportId, ImportStatus, Lease, NewImport, Outcome, RecordCounts, Tally,
    },
    owner::Owner,
    page::Page,
    ports::{Created, Imports, PortError, PortResult},
    report::{Action, Report},
    times::LEASE,
};
use records::{RecordError, RecordErrorCode, RecordType, StoreId};

promises! { $ imports_promises in imports:
    a_created_job_waits_as_it_was_asked_for,
    created_at_rises_whatever_the_clocks_say,
    jobs_created_side_by_side_are_all_kept,
    creating_a_job_again_changes_nothing,
    a_job_is_its_own_stores_alone,
    jobs_are_claimed_in_the_order_of_creation_across_stores,
    a_claim_starts_the_job,
    of_workers_side_by_side_one_gets_the_job,
    a_held_lease_keeps_others_out,
    a_renewed_lease_holds_from_then_on,
    a_lapsed_lease_is_claimed_again,
    a_claim_that_never_began_counts_for_nothing,
    an_old_lease_changes_nothing,
    progress_shows_while_the_job_runs,
    a_finished_job_has_all_its_ends,
    finishing_twice_is_finishing_once,
    a_released_job_is_claimed_at_once_and_its_attempt_does_not_count,
    a_claim_tells_whether_there_was_one_before,
    a_released_lease_changes_nothing,
}

pub(super) fn new_import(store: &StoreId) -> NewImport {
    let id = ImportId::new(Uuid::new_v4());
    let file = ImportFile { key: format!("imports/{store}/{id}.jsonl"), version: None };
    NewImport::new(id, store.clone(), file)
}

pub(super) async fn created(imports: &impl Imports, store: &StoreId, now: DateTime<Utc>) -> Import {
    match imports.create(new_import(store), now).await.unwrap() {
        Created::Now(import) => import,
        found @ (Created::Before(_) | Created::KeyTaken(_)) => unreachable!("a new job is found: {found:?}"),
    }
}

/// Claims the next job, which must be free to take.
pub(super) async fn claimed(imports: &impl Imports, now: DateTime<Utc>) -> (Import, Lease, u32) {
    match imports.claim_next(now).await.unwrap() {
        Claim::Run { import, lease, .. } => {
            let attempt = lease.attempt;
            (*import, lease, attempt)
        }
        claim @ (Claim::Busy { .. } | Claim::Idle) => unreachable!("no job to claim: {claim:?}"),
    }
}

pub(super) async fn get(imports: &impl Imports, import: &Import, now: DateTime<Utc>) -> Option<Import> {
    imports.get(&import.store, import.id, now).await.unwrap()
}

pub(super) fn page(offset: usize, limit: usize) -> Page {
    let query = [("page[offset]", offset), ("page[limit]", limit)];
    Page::from_query(&query.map(|(name, number)| (name.to_owned(), number.to_string()))).unwrap()
}

pub(super) fn tally(uploaded: u32, imported: u32) -> Tally {
    let counts = |count| {
        let mut counts = RecordCounts::default();
        counts.add(RecordType::SubscriptionPlan, count);
        counts.add(RecordType::Subscription, 2 * count);
        counts
    };
    let mut tally = Tally { uploaded: counts(uploaded), warnings: imported / 2, ..Tally::default() };
    for (count, action) in (imported..).zip(Action::ALL) {
        tally.add_imported(RecordType::SubscriptionPlan, *action, count);
        tally.add_imported(RecordType::Subscription, *action, 2 * count);
    }
    tally
}

pub(super) fn outcome(lease: &Lease, ending: Ending, expires_at: DateTime<Utc>) -> Outcome {
    let prefix = Report::prefix(&lease.store, lease.id, lease.epoch);
    let failure =
        matches!(ending, Ending::Failed).then(|| RecordError::new(RecordErrorCode::NothingImported, "", "none"));
    let report = Report { prefix, failure, errors: 15, blocked: 6 };
    Outcome { ending, tally: tally(9, 4), report, expires_at, owes_receipt: false }
}

/// Claims the next job and ends it.
pub(super) async fn run_next(imports: &impl Imports, now: DateTime<Utc>, expires_at: DateTime<Utc>) -> Import {
    let (import, lease, _) = claimed(imports, now).await;
    imports.finish(&lease, &outcome(&lease, Ending::Success, expires_at), now).await.unwrap();
    import
}

pub(super) fn is_conflict<T>(result: &PortResult<T>) -> bool {
    matches!(result, Err(PortError::Conflict(_)))
}

/// Tries everything that a lease allows; it must allow nothing any more.
async fn check_lost(imports: &impl Imports, lease: &Lease, now: DateTime<Utc>) {
    assert!(is_conflict(&imports.begin(lease).await));
    assert!(is_conflict(&imports.extend_lease(lease, now).await));
    assert!(is_conflict(&imports.record_progress(lease, &tally(99, 99), now).await));
    assert!(is_conflict(&imports.finish(lease, &outcome(lease, Ending::Failed, at(9_999)), now).await));
    assert!(is_conflict(&imports.release(lease).await));
}

pub async fn a_created_job_waits_as_it_was_asked_for(imports: &impl Imports) {
    let store = fresh_store();
    let new = NewImport {
        options: options("nächtlich 🌙"),
        refused: Some("metadata \"dry-run\" must be true or false".to_owned()),
        file: ImportFile { key: "drops/a b+c.jsonl".to_owned(), version: Some("v1".to_owned()) },
        sequencer: Some("0055AED6DCD90281E5".to_owned()),
        ignored: vec!["colour".to_owned(), "größe".to_owned()],
        ..new_import(&store)
    };
    let now = at(0) + TimeDelta::nanoseconds(1_234_567);
    let expected = Import {
        id: new.id,
        store: store.clone(),
        owner: Owner::Store,
        options: new.options.clone(),
        file: new.file.clone(),
        sequencer: new.sequencer.clone(),
        refused: new.refused.clone(),
        ignored: new.ignored.clone(),
        status: ImportStatus::Pending,
        created_at: at(0) + TimeDelta::microseconds(1_234),
        ordinal: 1,
        updated_at: at(0) + TimeDelta::microseconds(1_234),
        started_at: None,
        finished_at: None,
        cancel_requested_at: None,
        tally: Tally::default(),
        report: None,
    };
    assert_eq!(imports.create(new, now).await, Ok(Created::Now(expected.clone())));
    assert_eq!(get(imports, &expected, now).await, Some(expected));
}

pub async fn created_at_rises_whatever_the_clocks_say(imports: &impl Imports) {
    let (store, other) = (fresh_store(), fresh_store());
    let first = created(imports, &store, at(10)).await;
    let same = created(imports, &other, at(10)).await;
    let earlier = created(imports, &store, at(3)).await;
    let later = created(imports, &store, at(11)).await;
    let just_after = TimeDelta::microseconds(1);
    assert_eq!(first.created_at, at(10));
    assert_eq!(same.created_at, at(10) + just_after);
    assert_eq!(earlier.created_at, at(10) + just_after * 2);
    assert_eq!(later.created_at, at(11));
}

pub async fn jobs_created_side_by_side_are_all_kept(imports: &impl Imports) {
    let store = fresh_store();
    let mut made: Vec<Import> = join_all((0..8).map(|_| created(imports, &store, at(0)))).await;
    made.sort_by_key(|import| import.created_at);
    made.dedup_by_key(|import| import.created_at);
    assert_eq!(made.len(), 8);
    made.reverse();
    assert_eq!(imports.list(&store, &Filter::default(), page(0, 100), at(1)).await.unwrap().imports, made);
}

pub async fn creating_a_job_again_changes_nothing(imports: &impl Imports) {
    let store = fresh_store();
    let new = new_import(&store);
    let first = imports.create(new.clone(), at(0)).await.unwrap().into_import().unwrap();
    let again = NewImport { options: options("other"), ..new.clone() };
    assert_eq!(imports.create(again.clone(), at(1)).await, Ok(Created::Before(first.clone())));
    assert_eq!(imports.open(10).await.unwrap().len(), 1);
    run_next(imports, at(2), at(9_999)).await;
    let ended = get(imports, &first, at(3)).await.unwrap();
    assert_eq!(imports.create(again, at(4)).await, Ok(Created::Before(ended)));
    assert_eq!(imports.open(10).await, Ok(vec![]));
    assert_eq!(imports.claim_next(at(5)).await, Ok(Claim::Idle));
}

pub async fn a_job_is_its_own_stores_alone(imports: &impl Imports) {
    let (store, other) = (fresh_store(), fresh_store());
    let import = created(imports, &store, at(0)).await;
    assert_eq!(imports.get(&other, import.id, at(1)).await, Ok(None));
    assert_eq!(imports.get(&store, ImportId::new(Uuid::new_v4()), at(1)).await, Ok(None));
    let listing = imports.list(&other, &Filter::default(), page(0, 10), at(1)).await.unwrap();
    assert_eq!((listing.imports, listing.total), (vec![], 0));
    run_next(imports, at(2), at(9_999)).await;
    let listing = imports.list(&other, &Filter::default(), page(0, 10), at(1)).await.unwrap();
    assert_eq!((listing.imports, listing.total), (vec![], 0));
}

pub async fn jobs_are_claimed_in_the_order_of_creation_across_stores(imports: &impl Imports) {
    let stores = [fresh_store(), fresh_store(), fresh_store()];
    let mut made = Vec::new();
    for (round, store) in stores.iter().cycle().take(7).enumerate() {
        // Every other job by a clock that is late.
        let now = if round % 2 == 0 { at(10) } else { at(5) };
        made.push(created(imports, store, now).await.id);
    }
    let mut ran = Vec::new();
    for _ in &made {
        ran.push(run_next(imports, at(20), at(9_999)).await.id);
    }
    assert_eq!(ran, made);
    assert_eq!(imports.claim_next(at(21)).await, Ok(Claim::Idle));
}

pub async fn a_claim_starts_the_job(imports: &impl Imports) {
    assert_eq!(imports.claim_next(at(0)).await, Ok(Claim::Idle));
    let pending = created(imports, &fresh_store(), at(0)).await;
    let (import, lease, attempt) = claimed(imports, at(7)).await;
    let started = Import { status: ImportStatus::Started, started_at: Some(at(7)), updated_at: at(7), ..pending };
    assert_eq!(import, started);
    assert_eq!(get(imports, &import, at(8)).await, Some(started));
    assert_eq!((lease.store, lease.id, lease.created_at), (import.store, import.id, import.created_at));
    assert_eq!(attempt, 1);
}

pub async fn of_workers_side_by_side_one_gets_the_job(imports: &impl Imports) {
    let store = fresh_store();
    created(imports, &store, at(0)).await;
    created(imports, &store, at(0)).await;
    let claims = join_all((0..6).map(|_| imports.claim_next(at(1)))).await;
    let runs = claims.iter().filter(|claim| matches!(claim, Ok(Claim::Run { .. }))).count();
    let busy = claims.iter().filter(|claim| matches!(claim, Ok(Claim::Busy { .. }))).count();
    assert_eq!((runs, busy), (1, 5), "{claims:?}");
}

pub async fn a_held_lease_keeps_others_out(imports: &impl Imports) {
    let store = fresh_store();
    created(imports, &store, at(0)).await;
    created(imports, &store, at(1)).await;
    claimed(imports, at(2)).await;
    let until = at(2) + LEASE;
    for now in [at(2), at(3), until - TimeDelta::milliseconds(1)] {
        assert_eq!(imports.claim_next(now).await, Ok(Claim::Busy { until }));
    }
}

pub async fn a_renewed_lease_holds_from_then_on(imports: &impl Imports) {
    let import = created(imports, &fresh_store(), at(0)).await;
    let (_, lease, _) = claimed(imports, at(0)).await;
    imports.extend_lease(&lease, at(50)).await.unwrap();
    assert_eq!(imports.claim_next(at(100)).await, Ok(Claim::Busy { until: at(50) + LEASE }));
    // One that lapsed and that nobody took is as good as held.
    imports.extend_lease(&lease, at(500)).await.unwrap();
    assert_eq!(imports.claim_next(at(501)).await, Ok(Claim::Busy { until: at(500) + LEASE }));
    imports.finish(&lease, &outcome(&lease, Ending::Success, at(9_999)), at(900)).await.unwrap();
    assert_eq!(get(imports, &import, at(901)).await.unwrap().status, ImportStatus::Success);
}

pub async fn a_lapsed_lease_is_claimed_again(imports: &impl Imports) {
    let store = fresh_store();
    created(imports, &store, at(0)).await;
    created(imports, &store, at(1)).await;
    let (first, old, _) = claimed(imports, at(2)).await;
    imports.begin(&old).await.unwrap();
    imports.record_progress(&old, &tally(5, 1), at(3)).await.unwrap();
    let (again, new, attempt) = claimed(imports, at(2) + LEASE).await;
    assert_eq!((again.id, attempt), (first.id, 2));
    assert_eq!(new, Lease { epoch: old.epoch + 1, attempt: 2, ..old });
    assert_eq!(again, Import { updated_at: at(2) + LEASE, tally: tally(5, 1), ..first });
    // Begun twice it counts once.
    imports.begin(&new).await.unwrap();
    imports.begin(&new).await.unwrap();
    let (_, newest, attempt) = claimed(imports, at(500)).await;
    assert_eq!((newest.epoch, attempt), (new.epoch + 1, 3));
}

pub async fn a_claim_that_never_began_counts_for_nothing(imports: &impl Imports) {
    let import = created(imports, &fresh_store(), at(0)).await;
    let mut epoch = 0;
    for seconds in [1, 100, 200] {
        let (again, lease, attempt) = claimed(imports, at(seconds)).await;
        assert_eq!((again.id, attempt), (import.id, 1));
        assert!(lease.epoch > epoch);
        epoch = lease.epoch;
    }
}

pub async fn an_old_lease_changes_nothing(imports: &impl Imports) {
    let store = fresh_store();
    let import = created(imports, &store, at(0)).await;
    let (_, old, _) = claimed(imports, at(0)).await;
    let (_, new, _) = claimed(imports, at(100)).await;
    let before = get(imports, &import, at(101)).await;
    check_lost(imports, &old, at(101)).await;
    assert_eq!(get(imports, &import, at(102)).await, before);
    assert_eq!(imports.claim_next(at(102)).await, Ok(Claim::Busy { until: at(100) + LEASE }));
    imports.finish(&new, &outcome(&new, Ending::Success, at(9_999)), at(103)).await.unwrap();
    check_lost(imports, &old, at(104)).await;
    assert_eq!(get(imports, &import, at(105)).await.unwrap().status, ImportStatus::Success);
    // Nor does it under the next job.
    created(imports, &store, at(106)).await;
    claimed(imports, at(107)).await;
    check_lost(imports, &old, at(108)).await;
    assert!(is_conflict(&imports.extend_lease(&new, at(108)).await));
    assert_eq!(imports.claim_next(at(109)).await, Ok(Claim::Busy { until: at(107) + LEASE }));
}

pub async fn progress_shows_while_the_job_runs(imports: &impl Imports) {
    let import = created(imports, &fresh_store(), at(0)).await;
    let (started, lease, _) = claimed(imports, at(1)).await;
    for (seconds, tally) in [(2, tally(9, 0)), (4, tally(9, 3))] {
        imports.record_progress(&lease, &tally, at(seconds)).await.unwrap();
        let shown = Import { tally, updated_at: at(seconds), ..started.clone() };
        assert_eq!(get(imports, &import, at(seconds)).await, Some(shown));
    }
}

pub async fn a_finished_job_has_all_its_ends(imports: &impl Imports) {
    for ending in [Ending::Success, Ending::Failed] {
        let import = created(imports, &fresh_store(), at(0)).await;
        let (started, lease, _) = claimed(imports, at(1)).await;
        let outcome = outcome(&lease, ending, at(9_999));
        imports.finish(&lease, &outcome, at(5)).await.unwrap();
        let ended = Import {
            status: ending.into(),
            finished_at: Some(at(5)),
            updated_at: at(5),
            tally: outcome.tally,
            report: Some(outcome.report.clone()),
            ..started
        };
        assert_eq!(get(imports, &import, at(6)).await, Some(ended));
        assert_eq!(imports.open(10).await, Ok(vec![]));
        assert_eq!(imports.claim_next(at(500)).await, Ok(Claim::Idle));
        assert!(is_conflict(&imports.extend_lease(&lease, at(6)).await));
        assert!(is_conflict(&imports.record_progress(&lease, &tally(0, 0), at(6)).await));
        assert!(is_conflict(&imports.release(&lease).await));
    }
}

pub async fn finishing_twice_is_finishing_once(imports: &impl Imports) {
    let store = fresh_store();
    let import = created(imports, &store, at(0)).await;
    created(imports, &store, at(0)).await;
    let (_, lease, _) = claimed(imports, at(1)).await;
    imports.finish(&lease, &outcome(&lease, Ending::Success, at(9_999)), at(5)).await.unwrap();
    let ended = get(imports, &import, at(6)).await;
    imports.finish(&lease, &outcome(&lease, Ending::Failed, at(8_888)), at(7)).await.unwrap();
    assert_eq!(get(imports, &import, at(8)).await, ended);
    // Not even while the next job runs.
    let (next, _, _) = claimed(imports, at(9)).await;
    imports.finish(&lease, &outcome(&lease, Ending::Failed, at(8_888)), at(10)).await.unwrap();
    assert_eq!(get(imports, &import, at(11)).await, ended);
    assert_eq!(get(imports, &next, at(11)).await, Some(next));
    assert_eq!(imports.claim_next(at(12)).await, Ok(Claim::Busy { until: at(9) + LEASE }));
}

pub async fn a_released_job_is_claimed_at_once_and_its_attempt_does_not_count(imports: &impl Imports) {
    let store = fresh_store();
    let import = created(imports, &store, at(0)).await;
    created(imports, &store, at(1)).await;
    let mut epoch = 0;
    for seconds in [2, 4, 6] {
        let (again, lease, attempt) = claimed(imports, at(seconds)).await;
        assert_eq!((again.id, again.started_at, attempt), (import.id, Some(at(2)), 1));
        assert!(lease.epoch > epoch);
        epoch = lease.epoch;
        if seconds > 2 {
            imports.begin(&lease).await.unwrap();
        }
        imports.release(&lease).await.unwrap();
    }
    let (_, lease, attempt) = claimed(imports, at(10)).await;
    imports.begin(&lease).await.unwrap();
    let (_, lease, again) = claimed(imports, at(100)).await;
    assert_eq!((attempt, again), (1, 2));
    imports.begin(&lease).await.unwrap();
    imports.release(&lease).await.unwrap();
    assert_eq!(claimed(imports, at(102)).await.2, 2);
}

pub async fn a_claim_tells_whether_there_was_one_before(imports: &impl Imports) {
    let resumed = async |now| match imports.claim_next(now).await.unwrap() {
        Claim::Run { lease, resumed, .. } => (lease, resumed),
        claim @ (Claim::Busy { .. } | Claim::Idle) => unreachable!("no job to claim: {claim:?}"),
    };
    for number in [0, 1] {
        created(imports, &fresh_store(), at(number)).await;
    }
    let (first, is_resumed) = resumed(at(2)).await;
    assert!(!is_resumed);
    // Whether it was given back, which gives its attempt back too, or has lapsed.
    imports.release(&first).await.unwrap();
    assert!(resumed(at(3)).await.1);
    let (last, is_resumed) = resumed(at(3) + LEASE).await;
    assert!(is_resumed);
    imports.finish(&last, &outcome(&last, Ending::Success, at(9_999)), at(100)).await.unwrap();
    assert!(!resumed(at(101)).await.1);
}

pub async fn a_released_lease_changes_nothing(imports: &impl Imports) {
    let import = created(imports, &fresh_store(), at(0)).await;
    let (_, lease, _) = claimed(imports, at(1)).await;
    imports.release(&lease).await.unwrap();
    let before = get(imports, &import, at(3)).await;
    check_lost(imports, &lease, at(3)).await;
    assert_eq!(get(imports, &import, at(4)).await, before);
    assert_eq!(claimed(imports, at(5)).await.2, 1);
    check_lost(imports, &lease, at(6)).await;
}

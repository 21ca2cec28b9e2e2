//! What an [`Imports`] promises of jobs that are cancelled, of the lane they stood in, and of receipts. Each test needs
//! one of its own.

use super::{
    at, fresh_store,
    imports::{claimed, created, get, is_conflict, outcome, run_next, tally},
    promises,
};
use imports::{
    debts::Debt,
    filter::Filter,
    import::{Claim, Ending, Import, ImportStatus, Lease, Outcome},
    page::Page,
    ports::{ImportRef, Imports},
    report::UNCLAIMED,
    times::LEASE,
};

promises! { $ import_end_promises in ends:
    a_pending_job_that_is_cancelled_has_ended,
    a_cancelled_job_keeps_its_place_in_the_list,
    many_cancelled_jobs_hold_nobody_up,
    a_job_that_is_not_pending_can_not_be_ended_so,
    a_running_job_learns_that_it_is_to_stop,
    a_request_to_stop_outlives_the_claim,
    a_job_that_does_not_run_can_not_be_asked_to_stop,
    turns_come_in_the_order_of_creation,
    jobs_that_have_not_ended_are_listed_earliest_first,
    a_receipt_is_owed_until_it_is_settled,
    a_job_owes_an_event_from_its_first_start_and_one_from_its_end,
    a_cancelled_job_owes_its_receipt_and_the_event_of_its_end,
    a_put_is_noted_unless_a_later_one_was,
}

fn cancelled(import: &Import) -> Outcome {
    let (store, id, created_at) = (import.store.clone(), import.id, import.created_at);
    outcome(&Lease { store, id, created_at, epoch: UNCLAIMED, attempt: 0 }, Ending::Failed, at(9_999))
}

pub async fn a_pending_job_that_is_cancelled_has_ended(imports: &impl Imports) {
    let import = created(imports, &fresh_store(), at(0)).await;
    let outcome = cancelled(&import);
    imports.cancel_pending(&import, &outcome, at(5)).await.unwrap();
    let ended = Import {
        status: ImportStatus::Failed,
        updated_at: at(5),
        finished_at: Some(at(5)),
        cancel_requested_at: Some(at(5)),
        tally: outcome.tally,
        report: Some(outcome.report),
        ..import.clone()
    };
    assert_eq!(get(imports, &import, at(6)).await, Some(ended.clone()));
    assert_eq!(imports.open(10).await, Ok(vec![]));
    assert_eq!(imports.claim_next(at(7)).await, Ok(Claim::Idle));
    assert_eq!(get(imports, &import, at(8)).await, Some(ended));
    assert_eq!(get(imports, &import, at(9_999)).await, None);
}

pub async fn a_cancelled_job_keeps_its_place_in_the_list(imports: &impl Imports) {
    let store = fresh_store();
    let mut made = Vec::new();
    for seconds in 0..5 {
        made.insert(0, created(imports, &store, at(seconds)).await.id);
    }
    let check = async || {
        let listing = imports.list(&store, &Filter::default(), Page::default(), at(50)).await.unwrap();
        let ids: Vec<_> = listing.imports.iter().map(|import| import.id).collect();
        assert_eq!((&ids, listing.total), (&made, 5));
    };
    let second = imports.get(&store, *made.get(3).unwrap(), at(9)).await.unwrap().unwrap();
    imports.cancel_pending(&second, &cancelled(&second), at(10)).await.unwrap();
    check().await;
    // While the lane goes on, and with it the numbers.
    for seconds in [20, 21, 22, 23] {
        assert_ne!(run_next(imports, at(seconds), at(9_999)).await.id, second.id);
        check().await;
    }
    assert_eq!(imports.claim_next(at(30)).await, Ok(Claim::Idle));
    check().await;
}

pub async fn many_cancelled_jobs_hold_nobody_up(imports: &impl Imports) {
    let store = fresh_store();
    for seconds in 0..20 {
        let import = created(imports, &store, at(seconds)).await;
        imports.cancel_pending(&import, &cancelled(&import), at(30)).await.unwrap();
    }
    let waits = created(imports, &store, at(40)).await;
    assert_eq!(imports.open(1).await, Ok(vec![ImportRef::from(&waits)]));
    assert_eq!(claimed(imports, at(50)).await.0.id, waits.id);
}

pub async fn a_job_that_is_not_pending_can_not_be_ended_so(imports: &impl Imports) {
    let import = created(imports, &fresh_store(), at(0)).await;
    let outcome = cancelled(&import);
    let (started, lease, _) = claimed(imports, at(1)).await;
    assert!(is_conflict(&imports.cancel_pending(&import, &outcome, at(2)).await));
    assert_eq!(get(imports, &import, at(3)).await, Some(started));
    imports.release(&lease).await.unwrap();
    assert!(is_conflict(&imports.cancel_pending(&import, &outcome, at(4)).await));
    run_next(imports, at(5), at(9_999)).await;
    assert!(is_conflict(&imports.cancel_pending(&import, &outcome, at(6)).await));
    assert_eq!(get(imports, &import, at(7)).await.unwrap().status, ImportStatus::Success);
    // Nor one that was cancelled before.
    let import = created(imports, &fresh_store(), at(10)).await;
    imports.cancel_pending(&import, &outcome, at(11)).await.unwrap();
    assert!(is_conflict(&imports.cancel_pending(&import, &outcome, at(12)).await));
    assert_eq!(get(imports, &import, at(13)).await.unwrap().finished_at, Some(at(11)));
}

pub async fn a_running_job_learns_that_it_is_to_stop(imports: &impl Imports) {
    let import = created(imports, &fresh_store(), at(0)).await;
    let (started, lease, _) = claimed(imports, at(1)).await;
    assert_eq!(imports.record_progress(&lease, &tally(2, 1), at(2)).await, Ok(false));
    let asked = imports.request_cancel(&import.store, import.id, at(3)).await.unwrap();
    assert_eq!(asked, Import { tally: tally(2, 1), updated_at: at(2), cancel_requested_at: Some(at(3)), ..started });
    // The first request is the one that counts.
    let again = imports.request_cancel(&import.store, import.id, at(4)).await;
    assert_eq!(again, Ok(asked));
    assert_eq!(imports.record_progress(&lease, &tally(2, 2), at(5)).await, Ok(true));
    imports.finish(&lease, &outcome(&lease, Ending::Failed, at(9_999)), at(6)).await.unwrap();
    assert_eq!(get(imports, &import, at(7)).await.unwrap().cancel_requested_at, Some(at(3)));
}

pub async fn a_request_to_stop_outlives_the_claim(imports: &impl Imports) {
    let import = created(imports, &fresh_store(), at(0)).await;
    claimed(imports, at(1)).await;
    imports.request_cancel(&import.store, import.id, at(2)).await.unwrap();
    let (again, lease, _) = claimed(imports, at(1) + LEASE).await;
    assert_eq!(again.cancel_requested_at, Some(at(2)));
    assert_eq!(imports.record_progress(&lease, &tally(0, 0), at(100)).await, Ok(true));
}

pub async fn a_job_that_does_not_run_can_not_be_asked_to_stop(imports: &impl Imports) {
    let store = fresh_store();
    let import = created(imports, &store, at(0)).await;
    assert!(is_conflict(&imports.request_cancel(&store, import.id, at(1)).await));
    let (started, ..) = claimed(imports, at(2)).await;
    assert!(is_conflict(&imports.request_cancel(&fresh_store(), import.id, at(3)).await));
    assert_eq!(get(imports, &import, at(4)).await, Some(started));
    let (_, lease, _) = claimed(imports, at(2) + LEASE).await;
    imports.finish(&lease, &outcome(&lease, Ending::Success, at(9_999)), at(100)).await.unwrap();
    assert!(is_conflict(&imports.request_cancel(&store, import.id, at(101)).await));
}

pub async fn turns_come_in_the_order_of_creation(imports: &impl Imports) {
    let stores = [fresh_store(), fresh_store()];
    let turn = async || imports.last_turn().await.unwrap();
    assert_eq!(turn().await, 0);
    let mut made = Vec::new();
    for (seconds, store) in (0..6).zip(stores.iter().cycle()) {
        made.push(created(imports, store, at(seconds)).await);
    }
    assert_eq!(made.iter().map(|import| import.ordinal).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(turn().await, 0);
    run_next(imports, at(10), at(9_999)).await;
    assert_eq!(turn().await, 1);
    let (_, lease, _) = claimed(imports, at(11)).await;
    let gone = made.get(2).unwrap();
    imports.cancel_pending(gone, &cancelled(gone), at(12)).await.unwrap();
    // The turn of a job that was given back has come all the same.
    imports.release(&lease).await.unwrap();
    assert_eq!(turn().await, 2);
    // The one that was cancelled is passed over.
    for expected in [2, 4, 5] {
        let (import, lease, _) = claimed(imports, at(20)).await;
        assert_eq!((import.ordinal, turn().await), (expected, expected));
        imports.finish(&lease, &outcome(&lease, Ending::Success, at(9_999)), at(21)).await.unwrap();
    }
    let last = made.get(5).unwrap();
    imports.cancel_pending(last, &cancelled(last), at(22)).await.unwrap();
    assert_eq!(imports.claim_next(at(23)).await, Ok(Claim::Idle));
    assert_eq!(turn().await, 6);
}

pub async fn jobs_that_have_not_ended_are_listed_earliest_first(imports: &impl Imports) {
    let stores = [fresh_store(), fresh_store()];
    let mut open = Vec::new();
    for store in stores.iter().cycle().take(6) {
        let Import { id, store, created_at, .. } = created(imports, store, at(0)).await;
        open.push(ImportRef { store, id, created_at });
    }
    run_next(imports, at(1), at(9_999)).await;
    claimed(imports, at(2)).await;
    open.remove(0);
    for limit in [1, 2, 5, 100] {
        let listed = imports.open(u32::try_from(limit).unwrap()).await.unwrap();
        assert_eq!(listed, open.iter().take(limit).cloned().collect::<Vec<_>>());
    }
}

pub async fn a_receipt_is_owed_until_it_is_settled(imports: &impl Imports) {
    let store = fresh_store();
    let mut owed = Vec::new();
    for seconds in [0, 1, 2] {
        let import = created(imports, &store, at(seconds)).await;
        let (_, lease, _) = claimed(imports, at(10)).await;
        let outcome = outcome(&lease, Ending::Success, at(9_999));
        // The second one's file was not dropped.
        let outcome = Outcome { owes_receipt: seconds != 1, ..outcome };
        assert_eq!(imports.owed(Debt::Receipt, 9).await, Ok(owed.clone()));
        imports.finish(&lease, &outcome, at(11)).await.unwrap();
        owed.extend(outcome.owes_receipt.then(|| ImportRef::from(&import)));
    }
    assert_eq!(imports.owed(Debt::Receipt, 9).await, Ok(owed.clone()));
    assert_eq!(imports.owed(Debt::Receipt, 1).await.as_deref(), Ok(owed.get(..1).unwrap()));
    assert_eq!(imports.claim_next(at(20)).await, Ok(Claim::Idle));
    let settled = owed.remove(0);
    for _ in 0..2 {
        imports.settle(Debt::Receipt, &settled).await.unwrap();
        assert_eq!(imports.owed(Debt::Receipt, 9).await, Ok(owed.clone()));
    }
}

pub async fn a_job_owes_an_event_from_its_first_start_and_one_from_its_end(imports: &impl Imports) {
    let import = created(imports, &fresh_store(), at(0)).await;
    let owed = async |debt| imports.owed(debt, 9).await.unwrap();
    let job = vec![ImportRef::from(&import)];
    assert_eq!((owed(Debt::Started).await, owed(Debt::Ended).await), (vec![], vec![]));
    let (_, lease, _) = claimed(imports, at(1)).await;
    assert_eq!((owed(Debt::Started).await, owed(Debt::Ended).await), (job.clone(), vec![]));
    imports.settle(Debt::Started, &ImportRef::from(&import)).await.unwrap();
    imports.release(&lease).await.unwrap();
    // It was announced, and starts no second time.
    let (_, lease, _) = claimed(imports, at(2)).await;
    assert_eq!(owed(Debt::Started).await, vec![]);
    imports.finish(&lease, &outcome(&lease, Ending::Success, at(9_999)), at(3)).await.unwrap();
    assert_eq!((owed(Debt::Started).await, owed(Debt::Ended).await), (vec![], job));
    assert_eq!(owed(Debt::Receipt).await, vec![]);
    imports.settle(Debt::Ended, &ImportRef::from(&import)).await.unwrap();
    assert_eq!(owed(Debt::Ended).await, vec![]);
}

pub async fn a_cancelled_job_owes_its_receipt_and_the_event_of_its_end(imports: &impl Imports) {
    let import = created(imports, &fresh_store(), at(0)).await;
    let outcome = Outcome { owes_receipt: true, ..cancelled(&import) };
    imports.cancel_pending(&import, &outcome, at(1)).await.unwrap();
    for debt in [Debt::Receipt, Debt::Ended] {
        assert_eq!(imports.owed(debt, 9).await, Ok(vec![ImportRef::from(&import)]));
    }
    assert_eq!(imports.owed(Debt::Started, 9).await, Ok(vec![]));
}

pub async fn a_put_is_noted_unless_a_later_one_was(imports: &impl Imports) {
    let (store, other) = (fresh_store(), fresh_store());
    let note = async |store, key, sequencer| imports.note_put(store, key, sequencer, at(0)).await.unwrap();
    assert!(note(&store, "drops/a", "0066A1").await);
    assert!(note(&store, "drops/a", "0066A1").await, "noted again by the same job");
    assert!(!note(&store, "drops/a", "0066A0FF").await);
    assert!(!note(&store, "drops/a", "0066").await);
    assert!(note(&store, "drops/a", "0066a10").await, "equal once it is filled up with zeros");
    assert!(note(&store, "drops/a", "0066a2").await);
    assert!(!note(&store, "drops/a", "0066A1").await);
    assert!(note(&store, "drops/b", "00").await);
    assert!(note(&other, "drops/a", "00").await);
}

//! That every way to ask which jobs exist gets the same answer, whatever has happened: jobs that run, wait and are
//! cancelled, a retention that is lowered and raised, jobs that are deleted when they have expired.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    at, fresh_store,
    imports::{is_conflict, new_import, outcome, page},
};
use imports::{
    api::time,
    filter::Filter,
    import::{Claim, Ending, Import, ImportId, ImportStatus, Lease, NewImport, Outcome},
    options::ImportOptions,
    ports::Imports,
    report::UNCLAIMED,
};
use records::StoreId;

/// Something that happens.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// One of two stores gets a job, under one of three names.
    Create { store: usize, name: usize },
    /// A worker takes the next job.
    Claim,
    /// It ends its job, by a clock so many seconds off.
    Finish { clock: i64 },
    /// One of the pending jobs is cancelled, by a clock so many seconds off.
    Cancel { choice: usize, clock: i64 },
    /// So many days pass, to the second: jobs that ended by different clocks are on both sides of a bound then.
    Wait(i64),
    /// The stack is deployed with another retention, in days.
    Retain(i64),
    /// The schedule runs.
    Resume,
    /// The database deletes what has expired.
    Sweep,
}

impl Step {
    /// The step that three numbers, drawn by chance, stand for.
    #[must_use]
    pub fn of([kind, choice, size]: [u8; 3]) -> Self {
        let (choice, clock) = (usize::from(choice), i64::from(size % 19) - 9);
        match kind % 23 {
            0..=3 => Self::Create { store: choice % 2, name: choice % 3 },
            4..=7 => Self::Claim,
            8..=12 => Self::Finish { clock },
            13..=14 => Self::Cancel { choice, clock },
            15..=17 => Self::Wait(1 + i64::from(size % 8)),
            18..=19 => Self::Retain(1 + i64::from(size % 12)),
            20..=21 => Self::Resume,
            _ => Self::Sweep,
        }
    }
}

/// A job that has ended, as its retention was then.
#[derive(Clone, Copy)]
struct Ended {
    at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    by_worker: bool,
}

struct History<'a, I> {
    imports: &'a I,
    stores: [StoreId; 2],
    now: DateTime<Utc>,
    retention: TimeDelta,
    /// Jobs kept since then or earlier are forgotten.
    horizon: Option<DateTime<Utc>>,
    running: Option<Lease>,
    /// In the order of creation.
    made: Vec<(ImportId, StoreId, Option<Ended>)>,
    gone: HashSet<ImportId>,
}

/// Lets the steps happen, and asks after each of them. `sweep` deletes the jobs that have expired, where the port leaves
/// that to its database.
pub async fn check(imports: &impl Imports, steps: &[Step], sweep: impl AsyncFn(DateTime<Utc>)) {
    let stores = [fresh_store(), fresh_store()];
    let (now, retention) = (at(0), TimeDelta::days(90));
    let (made, gone) = (Vec::new(), HashSet::new());
    let mut history = History { imports, stores, now, retention, horizon: None, running: None, made, gone };
    for step in steps {
        match *step {
            Step::Sweep => sweep(history.now).await,
            step => history.take(step).await,
        }
        history.check(&format!("after {step:?} of {steps:?}")).await;
    }
}

impl<I: Imports> History<'_, I> {
    async fn take(&mut self, step: Step) {
        match step {
            Step::Create { store, name } => self.create(store, name).await,
            Step::Claim => {
                if let Claim::Run { lease, .. } = self.imports.claim_next(self.now).await.unwrap() {
                    self.running = Some(lease);
                }
            }
            Step::Finish { clock } => {
                let Some(lease) = self.running.take() else { return };
                let (at, expires_at) = self.ends(clock);
                self.imports.finish(&lease, &outcome(&lease, Ending::Success, expires_at), at).await.unwrap();
                self.note(lease.id, Ended { at, expires_at, by_worker: true });
            }
            Step::Cancel { choice, clock } => self.cancel(choice, clock).await,
            Step::Wait(days) => self.now += TimeDelta::days(days),
            Step::Retain(days) => self.retention = TimeDelta::days(days),
            Step::Resume => {
                let until = self.now - self.retention;
                self.imports.forget(until).await.unwrap();
                self.horizon = self.horizon.max(Some(until));
            }
            Step::Sweep => {}
        }
    }

    /// When a job ends now by a clock so many seconds off, and expires.
    fn ends(&self, clock: i64) -> (DateTime<Utc>, DateTime<Utc>) {
        let at = self.now + TimeDelta::seconds(clock);
        (at, at + self.retention)
    }

    async fn create(&mut self, store: usize, name: usize) {
        let Some(store) = self.stores.get(store % 2).cloned() else { return };
        let external_ref = ["a", "b"].get(name % 3).map(|name| (*name).to_owned());
        let options = ImportOptions { external_ref, ..ImportOptions::default() };
        let new = NewImport { options, ..new_import(&store) };
        self.made.push((new.id, store, None));
        self.imports.create(new, self.now).await.unwrap();
    }

    async fn cancel(&mut self, choice: usize, clock: i64) {
        let mut pending = Vec::new();
        for (id, store, ended) in &self.made {
            if ended.is_none()
                && let Some(import) = self.imports.get(store, *id, self.now).await.unwrap()
                && import.status == ImportStatus::Pending
            {
                pending.push(import);
            }
        }
        let Some(import) = pending.get(choice % pending.len().max(1)) else { return };
        let lease = Lease {
            store: import.store.clone(),
            id: import.id,
            created_at: import.created_at,
            epoch: UNCLAIMED,
            attempt: 0,
        };
        let (at, expires_at) = self.ends(clock);
        let outcome: Outcome = outcome(&lease, Ending::Failed, expires_at);
        self.imports.cancel_pending(import, &outcome, at).await.unwrap();
        assert!(is_conflict(&self.imports.cancel_pending(import, &outcome, at).await));
        self.note(import.id, Ended { at, expires_at, by_worker: false });
    }

    fn note(&mut self, id: ImportId, how: Ended) {
        for (_, _, ended) in self.made.iter_mut().filter(|(made, ..)| *made == id) {
            ended.get_or_insert(how);
        }
    }

    async fn check(&mut self, when: &str) {
        for store in self.stores.clone() {
            let mut existing = Vec::new();
            let (mut ended_at, mut expires_at) = (None, None);
            for (id, _, ended) in self.made.iter().filter(|(_, of, _)| *of == store) {
                let found = self.imports.get(&store, *id, self.now).await.unwrap();
                assert!(found.is_none() || !self.gone.contains(id), "{id} came back {when}");
                let Some(ended) = ended else {
                    assert!(found.is_some(), "{id} has not ended and is gone {when}");
                    existing.extend(found);
                    continue;
                };
                // A job outlives those before it, by whichever clock they ended.
                (ended_at, expires_at) = (ended_at.max(Some(ended.at)), expires_at.max(Some(ended.expires_at)));
                let by_itself = is_before_expiry(Some(ended.expires_at), self.now) && Some(ended.at) > self.horizon;
                let by_those_before = is_before_expiry(expires_at, self.now) && ended_at > self.horizon;
                assert!(found.is_some() || !by_itself, "{id} is gone too early {when}");
                assert!(!ended.by_worker || found.is_some() == by_those_before, "{id}: {found:?} {when}");
                if found.is_none() {
                    self.gone.insert(*id);
                }
                existing.extend(found);
            }
            existing.reverse();
            self.check_lists(&store, &existing, when).await;
        }
    }

    async fn check_lists(&self, store: &StoreId, existing: &[Import], when: &str) {
        let mut filters = vec![
            String::new(),
            "eq(external_ref,a)".to_owned(),
            "eq(status,pending)".to_owned(),
            "eq(status,started)".to_owned(),
            "in(status,failed,started)".to_owned(),
            "in(external_ref,b,a):in(status,success,pending)".to_owned(),
        ];
        if let (Some(early), Some(late)) = (existing.get(existing.len() * 2 / 3), existing.get(existing.len() / 3)) {
            let (early, late) = (time(early.created_at), time(late.created_at));
            filters.push(format!("ge(created_at,{early}):le(created_at,{late})"));
            filters.push(format!("gt(created_at,{early})"));
            filters.push(format!("lt(created_at,{late}):eq(external_ref,b)"));
        }
        for text in filters {
            let filter = if text.is_empty() { Filter::default() } else { Filter::parse(&text).unwrap() };
            let expected: Vec<_> = existing.iter().filter(|import| filter.matches(import)).collect();
            for (offset, limit) in [(0, 100), (1, 2), (expected.len() / 2, 3)] {
                let listing = self.imports.list(store, &filter, page(offset, limit), self.now).await.unwrap();
                let page: Vec<_> = expected.iter().skip(offset).take(limit).copied().collect();
                let listed: Vec<_> = listing.imports.iter().collect();
                assert_eq!(listed, page, "{limit} from {offset} of {text:?} {when}");
                assert_eq!(listing.total, u64::try_from(expected.len()).unwrap(), "{text:?} {when}");
            }
        }
    }
}

/// Whether a job that expires then is there now: it goes with the second in which it expires.
fn is_before_expiry(at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    at.is_some_and(|at| at.timestamp() > now.timestamp())
}

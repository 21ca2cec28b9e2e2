//! The import jobs in memory: a list in the order of creation, and the one lease.

mod uploads;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex},
};

use chrono::{DateTime, TimeDelta, Utc};

use self::uploads::Promises;
use super::{Call, Faults, keys::Keys, lock, over::Over};
use imports::{
    debts::Debt,
    filter::Filter,
    idempotency::Idempotency,
    import::{Claim, Import, ImportId, ImportStatus, Lease, NewImport, Outcome, Tally, to_micros},
    page::Page,
    ports::{Created, ImportRef, Imports, Listing, PortError, PortResult, Seat},
    put_order::comparable,
    retention::Retention,
    times::LEASE,
};
use records::StoreId;

/// An [`Imports`] in memory. Clones share their jobs.
#[derive(Clone, Debug, Default)]
pub struct MemoryImports {
    state: Arc<Mutex<State>>,
    uploads: Arc<Mutex<Promises>>,
    pub(super) seats: Arc<Mutex<Vec<Seat>>>,
    pub(super) faults: Faults,
}

#[derive(Debug, Default)]
struct State {
    /// In the order of creation.
    jobs: Vec<Job>,
    /// The jobs made under a key.
    keys: Keys,
    /// Counts the claims of all jobs, and what was given back.
    epoch: u64,
    /// The index of the job that runs, and when its lease lapses.
    running: Option<(usize, DateTime<Utc>)>,
    /// The ordinal of the latest job whose turn has come.
    last_turn: u64,
    /// The latest put of each dropped file that was noted.
    puts: HashMap<(StoreId, String), String>,
    /// How long the job of a store is kept that ended last of those with a number.
    kept: HashMap<StoreId, Retention>,
    /// Jobs kept since then or earlier are forgotten.
    horizon: Option<DateTime<Utc>>,
}

#[derive(Debug)]
struct Job {
    import: Import,
    epoch: u64,
    attempt: u32,
    /// How long the job is kept by itself, once it has ended.
    kept_by_itself: Option<Retention>,
    /// The same once it has its number too: at least as long as those before it.
    kept: Option<Retention>,
    owes: BTreeSet<Debt>,
}

impl MemoryImports {
    /// Begins without a job; `faults` befall its calls.
    #[must_use]
    pub fn new(faults: Faults) -> Self {
        Self { faults, ..Self::default() }
    }

    /// Shows every job in the order of creation, and how many attempts it has used up.
    pub fn each(&self, mut show: impl FnMut(&Import, u32)) {
        for job in &lock(&self.state).jobs {
            show(&job.import, job.attempt);
        }
    }

    /// Shows every debt, with the job that owes it.
    pub fn each_owing(&self, mut show: impl FnMut(Debt, &Import)) {
        for job in &lock(&self.state).jobs {
            job.owes.iter().for_each(|debt| show(*debt, &job.import));
        }
    }

    async fn change<T: Send + 'static>(
        &self,
        call: Call,
        over: Over,
        change: impl FnOnce(&mut State) -> PortResult<T> + Send + 'static,
    ) -> PortResult<T> {
        self.faults.let_in(&over).await?;
        let state = Arc::clone(&self.state);
        self.faults.around_change(call, move |_| change(&mut lock(&state))).await
    }
}

impl Imports for MemoryImports {
    async fn create(&self, new: NewImport, now: DateTime<Utc>) -> PortResult<Created> {
        self.faults.let_in(&Over::clock()).await?;
        let over = Over::Transaction(vec![Over::job(&new.store, new.id)]);
        self.change(Call::Create, over, move |state| Ok(state.create(new, now))).await
    }

    async fn recall(
        &self,
        store: &StoreId,
        idempotency: &Idempotency,
        now: DateTime<Utc>,
    ) -> PortResult<Option<Created>> {
        self.faults.around(Call::Recall, || Ok(lock(&self.state).recall(store, idempotency, now))).await
    }

    async fn get(&self, store: &StoreId, id: ImportId, now: DateTime<Utc>) -> PortResult<Option<Import>> {
        let get = || {
            let state = lock(&self.state);
            let mut kept = state.kept(store, now);
            Ok(kept.find(|import| import.id == id).cloned())
        };
        self.faults.around(Call::Get, get).await
    }

    async fn glance(&self, store: &StoreId, id: ImportId) -> PortResult<Option<Import>> {
        let glance = || {
            let state = lock(&self.state);
            let mut jobs = state.jobs.iter().map(|job| &job.import);
            Ok(jobs.find(|import| import.store == *store && import.id == id).cloned())
        };
        self.faults.around(Call::Glance, glance).await
    }

    async fn list(&self, store: &StoreId, filter: &Filter, page: Page, now: DateTime<Utc>) -> PortResult<Listing> {
        let list = || {
            let state = lock(&self.state);
            let all: Vec<&Import> = state.kept(store, now).filter(|import| filter.matches(import)).collect();
            let bound = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
            let imports = all.iter().rev().skip(bound(page.offset())).take(bound(page.limit()));
            Ok(Listing {
                imports: imports.copied().cloned().collect(),
                total: u64::try_from(all.len()).unwrap_or_default(),
            })
        };
        self.faults.around(Call::List, list).await
    }

    async fn claim_next(&self, now: DateTime<Utc>) -> PortResult<Claim> {
        self.change(Call::ClaimNext, Over::Transaction(vec![Over::lease()]), move |state| Ok(state.claim_next(now)))
            .await
    }

    async fn begin(&self, lease: &Lease) -> PortResult<()> {
        let (lease, over) = (lease.clone(), Over::Plainly(Over::job(&lease.store, lease.id)));
        let begin = move |state: &mut State| {
            state.held(&lease)?.attempt = lease.attempt;
            Ok(())
        };
        self.change(Call::Begin, over, begin).await
    }

    async fn extend_lease(&self, lease: &Lease, now: DateTime<Utc>) -> PortResult<()> {
        let lease = lease.clone();
        let extend = move |state: &mut State| {
            state.held(&lease)?;
            state.running = state.running.map(|(index, _)| (index, now + LEASE));
            Ok(())
        };
        self.change(Call::ExtendLease, Over::Plainly(Over::lease()), extend).await
    }

    async fn record_progress(&self, lease: &Lease, tally: &Tally, now: DateTime<Utc>) -> PortResult<bool> {
        let (lease, tally, over) = (lease.clone(), *tally, Over::Plainly(Over::job(&lease.store, lease.id)));
        let record = move |state: &mut State| {
            let import = &mut state.held(&lease)?.import;
            import.tally = tally;
            import.updated_at = to_micros(now);
            Ok(import.cancel_requested_at.is_some())
        };
        self.change(Call::RecordProgress, over, record).await
    }

    async fn finish(&self, lease: &Lease, outcome: &Outcome, now: DateTime<Utc>) -> PortResult<()> {
        let (lease, outcome, over) = (lease.clone(), outcome.clone(), Over::lease_and_job(lease));
        self.change(Call::Finish, over, move |state| state.finish(&lease, &outcome, now)).await
    }

    async fn release(&self, lease: &Lease) -> PortResult<()> {
        let (lease, over) = (lease.clone(), Over::lease_and_job(lease));
        self.change(Call::Release, over, move |state| state.release(&lease)).await
    }

    async fn forget(&self, until: DateTime<Utc>) -> PortResult<()> {
        let forget = move |state: &mut State| {
            state.horizon = state.horizon.max(Some(to_micros(until)));
            Ok(())
        };
        self.change(Call::Forget, Over::Plainly("horizon".to_owned()), forget).await
    }

    async fn open(&self, limit: u32) -> PortResult<Vec<ImportRef>> {
        let open = || {
            let state = lock(&self.state);
            let open = state.jobs.iter().map(|job| &job.import).filter(|import| !import.status.is_terminal());
            Ok(open.map(ImportRef::from).take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
        };
        self.faults.around(Call::Open, open).await
    }

    async fn last_turn(&self) -> PortResult<u64> {
        self.faults.around(Call::LastTurn, || Ok(lock(&self.state).last_turn)).await
    }

    async fn cancel_pending(&self, import: &Import, outcome: &Outcome, now: DateTime<Utc>) -> PortResult<()> {
        let (store, id, outcome) = (import.store.clone(), import.id, outcome.clone());
        let cancel = move |state: &mut State| {
            let job = state.find(&store, id, ImportStatus::Pending)?;
            job.import.cancel_requested_at = Some(to_micros(now));
            job.end(&outcome, now);
            Ok(())
        };
        self.change(Call::CancelPending, Over::Transaction(vec![Over::job(&import.store, id)]), cancel).await
    }

    async fn request_cancel(&self, store: &StoreId, id: ImportId, now: DateTime<Utc>) -> PortResult<Import> {
        let (store, over) = (store.clone(), Over::Plainly(Over::job(store, id)));
        let request = move |state: &mut State| {
            let import = &mut state.find(&store, id, ImportStatus::Started)?.import;
            import.cancel_requested_at.get_or_insert(to_micros(now));
            Ok(import.clone())
        };
        self.change(Call::RequestCancel, over, request).await
    }

    async fn owed(&self, debt: Debt, limit: u32) -> PortResult<Vec<ImportRef>> {
        let owed = || {
            let state = lock(&self.state);
            let owing =
                state.jobs.iter().filter(|job| job.owes.contains(&debt)).map(|job| ImportRef::from(&job.import));
            Ok(owing.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect())
        };
        self.faults.around(Call::Owed, owed).await
    }

    async fn note_put(&self, store: &StoreId, key: &str, sequencer: &str, _now: DateTime<Utc>) -> PortResult<bool> {
        let (file, put) = ((store.clone(), key.to_owned()), comparable(sequencer));
        let note = move |state: &mut State| {
            let latest = state.puts.entry(file).or_default();
            let is_latest = *latest <= put;
            if is_latest {
                *latest = put;
            }
            Ok(is_latest)
        };
        self.change(Call::NotePut, Over::Plainly(format!("{store} {key}")), note).await
    }

    async fn settle(&self, debt: Debt, import: &ImportRef) -> PortResult<()> {
        let id = import.id;
        let settle = move |state: &mut State| {
            for job in state.jobs.iter_mut().filter(|job| job.import.id == id) {
                job.owes.remove(&debt);
            }
            Ok(())
        };
        self.change(Call::Settle, Over::Plainly(format!("{debt:?} {id}")), settle).await
    }
}

impl Job {
    fn end(&mut self, outcome: &Outcome, now: DateTime<Utc>) {
        self.import.status = outcome.ending.into();
        self.import.tally = outcome.tally;
        self.import.report = Some(outcome.report.clone());
        self.import.finished_at = Some(to_micros(now));
        self.import.updated_at = to_micros(now);
        self.kept_by_itself = Some(Retention { from: to_micros(now), expires_at: outcome.expires_at });
        self.owes.insert(Debt::Ended);
        self.owes.extend(outcome.owes_receipt.then_some(Debt::Receipt));
    }

    /// Settles how long an ended job is kept, now that it has its number.
    fn keep(&mut self, by_store: &mut HashMap<StoreId, Retention>) {
        let before = by_store.get(&self.import.store).copied();
        self.kept = self.kept_by_itself.map(|kept| kept.after(before));
        by_store.extend(self.kept.map(|kept| (self.import.store.clone(), kept)));
    }
}

impl State {
    fn create(&mut self, new: NewImport, now: DateTime<Utc>) -> Created {
        if let Some(job) = self.jobs.iter().find(|job| job.import.id == new.id && job.import.store == new.store) {
            return Created::Before(job.import.clone());
        }
        if let Some(idempotency) = &new.idempotency {
            if let Some(before) = self.recall(&new.store, idempotency, now) {
                return before;
            }
            self.keys.remember(&new.store, idempotency, new.id, now);
        }
        let newest = self.jobs.last().map(|job| job.import.created_at + TimeDelta::microseconds(1));
        let created_at = newest.map_or(to_micros(now), |after| after.max(to_micros(now)));
        let ordinal = self.jobs.last().map_or(0, |job| job.import.ordinal) + 1;
        let import = Import::pending(new, created_at, ordinal);
        self.jobs.push(Job {
            import: import.clone(),
            epoch: 0,
            attempt: 0,
            kept_by_itself: None,
            kept: None,
            owes: BTreeSet::new(),
        });
        Created::Now(import)
    }

    fn recall(&self, store: &StoreId, idempotency: &Idempotency, now: DateTime<Utc>) -> Option<Created> {
        let (id, is_equal) = self.keys.find(store, idempotency, now)?;
        let import = self.kept(store, now).find(|import| import.id == id)?;
        Some(if is_equal { Created::Before(import.clone()) } else { Created::KeyTaken(id) })
    }

    /// The jobs of a store that are not forgotten, in the order of creation.
    fn kept(&self, store: &StoreId, now: DateTime<Utc>) -> impl Iterator<Item = &Import> {
        let kept =
            move |job: &&Job| job.import.store == *store && job.kept.is_none_or(|kept| kept.holds(now, self.horizon));
        self.jobs.iter().filter(kept).map(|job| &job.import)
    }

    fn claim_next(&mut self, now: DateTime<Utc>) -> Claim {
        let next = match self.running {
            Some((_, until)) if until > now => return Claim::Busy { until },
            Some((index, _)) => Some(index),
            None => self.number_cancelled(),
        };
        let Some((index, job)) = next.and_then(|index| Some((index, self.jobs.get_mut(index)?))) else {
            return Claim::Idle;
        };
        let now = to_micros(now);
        self.epoch += 1;
        self.running = Some((index, now + LEASE));
        self.last_turn = job.import.ordinal;
        job.epoch = self.epoch;
        job.import.status = ImportStatus::Started;
        let resumed = job.import.started_at.is_some();
        job.owes.extend((!resumed).then_some(Debt::Started));
        job.import.started_at.get_or_insert(now);
        job.import.updated_at = now;
        let import = job.import.clone();
        let (store, id, created_at) = (import.store.clone(), import.id, import.created_at);
        let lease = Lease { store, id, created_at, epoch: job.epoch, attempt: job.attempt + 1 };
        Claim::Run { import: Box::new(import), lease, resumed }
    }

    /// Gives the cancelled jobs at the head of the lane their numbers; gives the index of the one that comes then.
    fn number_cancelled(&mut self) -> Option<usize> {
        let next = self.jobs.iter().position(|job| !job.import.status.is_terminal());
        for job in self.jobs.iter_mut().take(next.unwrap_or(usize::MAX)).filter(|job| job.kept.is_none()) {
            job.keep(&mut self.kept);
            self.last_turn = job.import.ordinal;
        }
        next
    }

    /// The job of that id, which must stand so.
    fn find(&mut self, store: &StoreId, id: ImportId, status: ImportStatus) -> PortResult<&mut Job> {
        let mut jobs = self.jobs.iter_mut().filter(|job| job.import.store == *store && job.import.id == id);
        let job = jobs.next().filter(|job| job.import.status == status);
        job.ok_or_else(|| PortError::Conflict(format!("the job is not {}", status.as_str())))
    }

    /// The job of a lease that nobody else has taken and that was not given up. It may have lapsed.
    fn held(&mut self, lease: &Lease) -> PortResult<&mut Job> {
        let job = leased(&mut self.jobs, lease)?;
        if job.import.status.is_terminal() { Err(lost()) } else { Ok(job) }
    }

    fn finish(&mut self, lease: &Lease, outcome: &Outcome, now: DateTime<Utc>) -> PortResult<()> {
        let State { jobs, kept, running, .. } = self;
        let job = leased(jobs, lease)?;
        if job.import.status.is_terminal() {
            return Ok(());
        }
        job.end(outcome, now);
        job.keep(kept);
        *running = None;
        Ok(())
    }

    fn release(&mut self, lease: &Lease) -> PortResult<()> {
        // The epoch moves on: nothing more happens under this lease.
        let epoch = self.epoch + 1;
        let job = self.held(lease)?;
        job.attempt = lease.attempt.saturating_sub(1);
        job.epoch = epoch;
        self.epoch = epoch;
        self.running = None;
        Ok(())
    }
}

/// The job of a lease that nobody else has taken.
fn leased<'a>(jobs: &'a mut [Job], lease: &Lease) -> PortResult<&'a mut Job> {
    let leased =
        |job: &&mut Job| job.import.id == lease.id && job.import.store == lease.store && job.epoch == lease.epoch;
    jobs.iter_mut().find(leased).ok_or_else(lost)
}

fn lost() -> PortError {
    PortError::Conflict("the lease is lost".to_owned())
}

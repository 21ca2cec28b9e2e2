//! Functions under way, and what befalls them: each of their calls may fail, and each may be their last.

use std::{
    cell::RefCell,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::FutureExt;
use imports::{
    ports::PortError,
    times::{AFTERMATH, OPERATION, duration},
};
use process_import::Task;
use tokio::time::{Instant, Sleep, sleep_until};
use twins::{Call, Fault};

use crate::{
    chance::{Chance, How, Weather},
    world::noon,
};

/// Longer than any run lasts.
const FOREVER: Duration = Duration::from_hours(1_000);

/// How long a request may be under way that nobody waits for any more.
const ADRIFT: u64 = AFTERMATH.num_milliseconds().unsigned_abs() - 1_000;

/// How late an answer may come, in milliseconds.
pub(crate) const LATE: u32 = 40_000;

/// The number of a function under way.
pub(crate) type RunId = usize;

/// All functions that have begun.
#[derive(Clone, Debug)]
pub(crate) struct Runs(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    chance: Chance,
    weather: Weather,
    is_calm: bool,
    current: Option<RunId>,
    runs: Vec<Run>,
    alive: usize,
    kills: u64,
}

/// A function under way.
#[derive(Debug, Default)]
struct Run {
    calls: u64,
    /// Whether a report's lines count as calls.
    counts_lines: bool,
    dies: When,
    stalls: When,
    stands_still_until: Option<Instant>,
    is_dead: bool,
}

/// At which of its calls something befalls a function.
#[derive(Clone, Copy, Debug, Default)]
enum When {
    #[default]
    Never,
    /// At that one, counted from 1.
    At(u64),
    /// At the first of that kind.
    On(Call),
}

/// The calls at which it matters most whether they were done when a function dies.
const DEADLY: [Call; 10] = [
    Call::Hide,
    Call::ClaimNext,
    Call::WriteBatch,
    Call::FinishFile,
    Call::Finish,
    Call::Release,
    Call::Send,
    Call::PutOver,
    Call::Settle,
    Call::SendEvent,
];

/// The calls at which it matters most that a function stands still, and another takes over.
const DULLING: [Call; 4] = [Call::ClaimNext, Call::WriteBatch, Call::Finish, Call::Release];

impl When {
    /// When something happens that happens so many times in a thousand, often at certain calls.
    fn draw(chance: &mut Chance, per_mille: u32, at: &[Call]) -> Self {
        if !chance.happens(per_mille) {
            return Self::Never;
        }
        if chance.happens(400) {
            return Self::On(chance.pick(at));
        }
        let within = chance.pick(&[4, 15, 40, 120]);
        Self::At(chance.between(1, within))
    }

    fn is_now(self, calls: u64, call: Call) -> bool {
        match self {
            Self::Never => false,
            Self::At(at) => calls >= at,
            Self::On(kind) => kind == call,
        }
    }
}

impl State {
    fn begin(&mut self) -> RunId {
        let mut run = Run::default();
        if !self.is_calm {
            let chance = &mut self.chance;
            run.dies = When::draw(chance, self.weather.kills, &DEADLY);
            run.stalls = When::draw(chance, self.weather.stalls, &DULLING);
            run.counts_lines = chance.happens(200);
        }
        self.runs.push(run);
        self.runs.len() - 1
    }
}

impl Runs {
    pub(crate) fn new(chance: Chance, weather: Weather) -> Self {
        let state = State { chance, weather, is_calm: false, current: None, runs: Vec::new(), alive: 0, kills: 0 };
        let runs = Self(Arc::new(Mutex::new(state)));
        RUNS.set(Some(runs.clone()));
        runs
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Uses the chance that decides all this.
    pub(crate) fn draw<T>(&self, draw: impl FnOnce(&mut Chance) -> T) -> T {
        draw(&mut self.state().chance)
    }

    /// Whether something happens that the weather has so many times in a thousand; never any more once it is calm.
    pub(crate) fn happens(&self, of: impl FnOnce(&Weather) -> u32) -> bool {
        let state = &mut *self.state();
        !state.is_calm && state.chance.happens(of(&state.weather))
    }

    /// From here on nothing goes wrong; a poisoned job stays poisoned.
    pub(crate) fn calm(&self) {
        self.state().is_calm = true;
    }

    /// Whether no job may be given up.
    pub(crate) fn blames_no_job(&self) -> bool {
        self.state().weather.only_out()
    }

    /// Whether calls may fail for good.
    pub(crate) fn refuses_for_good(&self) -> bool {
        self.state().weather.permanent > 0
    }

    /// How many functions are under way.
    pub(crate) fn alive(&self) -> usize {
        self.state().alive
    }

    pub(crate) fn kills(&self) -> u64 {
        self.state().kills
    }

    /// The function whose turn it is, if it lives.
    pub(crate) fn current(&self) -> Option<RunId> {
        let state = self.state();
        state.current.filter(|id| !state.runs[*id].is_dead)
    }

    /// Has the function whose turn it is die within its next few calls.
    pub(crate) fn poison_current(&self) {
        let state = &mut *self.state();
        if let Some(id) = state.current {
            let more = state.chance.between(1, 12);
            let run = &mut state.runs[id];
            run.dies = When::At(run.calls + more);
            run.counts_lines = false;
        }
    }

    /// Begins a function.
    pub(crate) fn begin<F: Future>(&self, work: F) -> Invocation<F> {
        let id = self.state().begin();
        Invocation::new(self.clone(), id, work)
    }

    /// What becomes of a call.
    pub(crate) fn befall(&self, call: Call) -> Option<Fault> {
        let state = &mut *self.state();
        let is_poisoned = state.weather.poison;
        if let Some(run) = state.current.and_then(|id| state.runs.get_mut(id)) {
            run.calls += u64::from(call != Call::Write || run.counts_lines);
            if run.dies.is_now(run.calls, call) && (!state.is_calm || is_poisoned) && !run.is_dead {
                run.is_dead = true;
                state.kills += 1;
                let adrift = Fault::Adrift(state.chance.millis(0, ADRIFT));
                return Some(match state.chance.below(3) {
                    0 => Fault::Slow(FOREVER),
                    1 => Fault::Late(FOREVER),
                    _ => adrift,
                });
            }
            if run.stalls.is_now(run.calls, call) && !state.is_calm {
                run.stalls = When::Never;
                // Often for just longer than a lease.
                let (least, most) = state.chance.pick(&[(1_000, 240_000), (45_000, 100_000)]);
                run.stands_still_until = Some(Instant::now() + state.chance.millis(least, most));
            }
        }
        if let Some(fault) = out(call, state) {
            return Some(fault);
        }
        if call == Call::Write {
            return (!state.is_calm && state.chance.happens(state.weather.faults / 20)).then(Fault::transient);
        }
        let may_fail = !state.is_calm && state.weather.fails.is_none_or(|kind| kind == call);
        if may_fail && state.chance.happens(state.weather.faults) {
            return Some(fault(call, state));
        }
        let is_slow = !state.is_calm && state.chance.happens(state.weather.slow);
        let time = if is_slow { state.chance.millis(1_000, 9_000) } else { state.chance.millis(1, 20) };
        Some(if state.chance.happens(500) { Fault::Slow(time) } else { Fault::Late(time) })
    }
}

/// What becomes of a call of what is out.
fn out(call: Call, state: &mut State) -> Option<Fault> {
    let out = state.weather.out.filter(|out| !state.is_calm && out.calls.contains(&call))?;
    let time = (twins::now() - noon()).to_std().unwrap_or_default();
    (out.from..out.to).contains(&time).then(|| match out.how {
        How::Refused => Fault::refused(),
        How::Fail => Fault::transient(),
        How::Hang => Fault::TimeOut { after: duration(OPERATION), done: state.chance.happens(500) },
    })
}

fn fault(call: Call, state: &mut State) -> Fault {
    let State { chance, weather, .. } = state;
    if call == Call::Hide && weather.fails == Some(call) {
        return Fault::transient();
    }
    if chance.happens(if call == Call::WriteBatch { weather.permanent } else { weather.permanent / 10 }) {
        return Fault::permanent();
    }
    let is_batch = matches!(call, Call::ReadBatch | Call::ReadMarks | Call::WriteBatch);
    match chance.below(if is_batch { 14 } else { 8 }) {
        0 | 1 => Fault::transient(),
        2 => Fault::After(PortError::Transient("the answer is lost".to_owned())),
        3 => Fault::TimeOut { after: chance.millis(1_000, 20_000), done: false },
        4 => Fault::TimeOut { after: chance.millis(1_000, 20_000), done: true },
        5 => Fault::Slow(chance.millis(100, 20_000)),
        6 => Fault::Late(chance.millis(100, LATE.into())),
        // A claim that is drawn out is slow: who made it is known by whose turn it is.
        7 if matches!(call, Call::ClaimNext | Call::Begin) => Fault::Slow(chance.millis(100, ADRIFT)),
        7..10 => Fault::Adrift(chance.millis(100, ADRIFT)),
        _ => Fault::LeaveOver(1 + chance.below(30)),
    }
}

thread_local! {
    /// What befalls the functions of this thread's run.
    static RUNS: RefCell<Option<Runs>> = const { RefCell::new(None) };
}

/// Makes a task part of the function that begins it: its calls are the function's, and it stands still and dies with it.
pub(crate) fn beside(task: Task) -> Task {
    let runs = RUNS.with_borrow(Clone::clone);
    let Some((runs, id)) = runs.and_then(|runs| Some((runs.clone(), runs.current()?))) else { return task };
    Box::pin(Invocation::new(runs, id, task).map(drop))
}

/// A function under way, or a task beside its work: ends without a word when the function dies.
#[derive(Debug)]
pub(crate) struct Invocation<F> {
    runs: Runs,
    pub(crate) id: RunId,
    work: Pin<Box<F>>,
    stall: Option<Pin<Box<Sleep>>>,
}

impl<F> Invocation<F> {
    fn new(runs: Runs, id: RunId, work: F) -> Self {
        runs.state().alive += 1;
        Self { runs, id, work: Box::pin(work), stall: None }
    }

    /// Looks at what has befallen the function: whether it is dead, and whether it stands still now.
    fn is_dead(&mut self) -> bool {
        let state = self.runs.state();
        let Run { is_dead, stands_still_until, .. } = state.runs[self.id];
        let until = stands_still_until.filter(|until| *until > Instant::now());
        self.stall = until.map(|until| Box::pin(sleep_until(until)));
        is_dead
    }
}

impl<F: Future> Future for Invocation<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            // Its other part may have died, or begun to stand still.
            if this.is_dead() {
                return Poll::Ready(None);
            }
            if let Some(stall) = &mut this.stall {
                ready!(stall.as_mut().poll(context));
            }
            this.runs.state().current = Some(this.id);
            let polled = this.work.as_mut().poll(context);
            this.runs.state().current = None;
            match (this.is_dead(), polled) {
                (true, _) => return Poll::Ready(None),
                (false, Poll::Ready(output)) => return Poll::Ready(Some(output)),
                (false, Poll::Pending) if this.stall.is_none() => return Poll::Pending,
                (false, Poll::Pending) => {}
            }
        }
    }
}

impl<F> Drop for Invocation<F> {
    fn drop(&mut self) {
        self.runs.state().alive -= 1;
    }
}

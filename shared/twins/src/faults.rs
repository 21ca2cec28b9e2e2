//! What goes wrong in the ports, planned by a test or drawn by a simulation.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use super::{lock, manners::Manners};
use imports::ports::{PortError, PortResult};

/// A call of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    Create,
    Recall,
    Get,
    Glance,
    List,
    ClaimNext,
    Begin,
    ExtendLease,
    RecordProgress,
    Finish,
    Release,
    Open,
    LastTurn,
    CancelPending,
    RequestCancel,
    Forget,
    OwedReceipts,
    NotePut,
    SettleReceipt,
    Reserve,
    Promise,
    Promised,
    TakeSeat,
    LeaveSeat,
    Form,
    ReadBatch,
    ReadMarks,
    WriteBatch,
    Put,
    Newest,
    PutOver,
    Read,
    Metadata,
    ReadRange,
    Write,
    FinishFile,
    Send,
    Hide,
    Depth,
}

/// What becomes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails, and nothing was done.
    Before(PortError),
    /// It is done, but its answer is lost on the way back.
    After(PortError),
    /// It is done after so long, unless the caller stops waiting before.
    Slow(Duration),
    /// It is done at once, but its answer takes so long.
    Late(Duration),
    /// It is under way for so long, and then done whether or not the caller still waits. A call that only reads is slow.
    Adrift(Duration),
    /// The caller gives up after so long; it is done all the same, or never.
    TimeOut { after: Duration, done: bool },
    /// A batch is done but for its last so many items. Other calls are done whole.
    LeaveOver(usize),
    /// A batch is done but for so many of its items in a hundred, rounded up from `rounding` hundredths of an item on.
    LeaveShare { percent: usize, rounding: usize },
}

impl Fault {
    /// The failure that happens most: nothing was done, and another try may succeed.
    #[must_use]
    pub fn transient() -> Self {
        Self::Before(PortError::Transient("planned by the test".to_owned()))
    }

    /// A permission is missing.
    #[must_use]
    pub fn refused() -> Self {
        Self::Before(PortError::Refused("planned by the test".to_owned()))
    }

    /// A failure for good.
    #[must_use]
    pub fn permanent() -> Self {
        Self::Before(PortError::Permanent("planned by the test".to_owned()))
    }
}

/// What a batch leaves over.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LeftOver {
    items: usize,
    percent: usize,
    rounding: usize,
}

impl LeftOver {
    /// How many of a batch's items are done.
    pub(super) const fn done_of(self, items: usize) -> usize {
        items.saturating_sub(self.items + (items * self.percent + self.rounding) / 100)
    }
}

/// The faults of the twins that share this handle. Without a plan nothing goes wrong.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<Plan>>);

#[derive(Default)]
struct Plan {
    next: Vec<(Call, Fault)>,
    draw: Option<Box<dyn FnMut(Call) -> Option<Fault> + Send>>,
    watch: Option<Arc<dyn Fn(Call) + Send + Sync>>,
    calls: HashMap<Call, usize>,
    manners: Manners,
}

impl Faults {
    /// Plans a fault for the next call of this kind that has none planned yet.
    pub fn plan(&self, call: Call, fault: Fault) {
        lock(&self.0).next.push((call, fault));
    }

    /// Asks `draw` before every call for which no fault is planned.
    pub fn draw(&self, draw: impl FnMut(Call) -> Option<Fault> + Send + 'static) {
        lock(&self.0).draw = Some(Box::new(draw));
    }

    /// Gives the database the manners of the real one, or asks what became of that.
    pub fn manners<T>(&self, ask: impl FnOnce(&mut Manners) -> T) -> T {
        ask(&mut lock(&self.0).manners)
    }

    /// Tells `watch` of every call once it is done, also of those whose answer is lost.
    pub fn watch(&self, watch: impl Fn(Call) + Send + Sync + 'static) {
        lock(&self.0).watch = Some(Arc::new(watch));
    }

    /// Forgets every plan: from now on nothing goes wrong.
    pub fn clear(&self) {
        let mut plan = lock(&self.0);
        plan.next.clear();
        plan.draw = None;
    }

    /// How often a call was made, whatever became of it.
    #[must_use]
    pub fn calls(&self, call: Call) -> usize {
        lock(&self.0).calls.get(&call).copied().unwrap_or_default()
    }

    /// Makes a call that reads: `effect`, with the fault that falls to it.
    pub(super) async fn around<T>(&self, call: Call, effect: impl FnOnce() -> PortResult<T> + Send) -> PortResult<T> {
        self.around_batch(call, |_| effect()).await
    }

    /// Makes a call that reads a batch; `effect` gets what to leave over.
    pub(super) async fn around_batch<T>(
        &self,
        call: Call,
        effect: impl FnOnce(LeftOver) -> PortResult<T> + Send,
    ) -> PortResult<T> {
        let fault = self.next(call);
        self.befall(call, fault, effect).await
    }

    /// Makes a call that changes something: once sent it may be done without its caller.
    pub(super) async fn around_change<T: Send + 'static>(
        &self,
        call: Call,
        effect: impl FnOnce(LeftOver) -> PortResult<T> + Send + 'static,
    ) -> PortResult<T> {
        let fault = self.next(call);
        let Some(Fault::Adrift(time)) = fault else { return self.befall(call, fault, effect).await };
        let under_way = self.clone();
        let done = tokio::spawn(async move {
            tokio::time::sleep(time).await;
            let done = effect(LeftOver::default());
            under_way.tell(call);
            done
        });
        done.await.unwrap_or_else(|_| Err(PortError::Permanent("the call came to grief".to_owned())))
    }

    async fn befall<T>(
        &self,
        call: Call,
        fault: Option<Fault>,
        effect: impl FnOnce(LeftOver) -> PortResult<T> + Send,
    ) -> PortResult<T> {
        let effect = |left_over| {
            let done = effect(left_over);
            self.tell(call);
            done
        };
        match fault {
            None => effect(LeftOver::default()),
            Some(Fault::LeaveOver(items)) => effect(LeftOver { items, ..LeftOver::default() }),
            Some(Fault::LeaveShare { percent, rounding }) => effect(LeftOver { items: 0, percent, rounding }),
            Some(Fault::Before(error)) => Err(error),
            Some(Fault::After(error)) => effect(LeftOver::default()).and(Err(error)),
            Some(Fault::Slow(time) | Fault::Adrift(time)) => {
                tokio::time::sleep(time).await;
                effect(LeftOver::default())
            }
            Some(Fault::Late(time)) => {
                let done = effect(LeftOver::default());
                tokio::time::sleep(time).await;
                done
            }
            Some(Fault::TimeOut { after, done }) => {
                if done {
                    effect(LeftOver::default())?;
                }
                tokio::time::sleep(after).await;
                Err(PortError::Transient("the call timed out".to_owned()))
            }
        }
    }

    fn tell(&self, call: Call) {
        let watch = lock(&self.0).watch.clone();
        if let Some(watch) = watch {
            watch(call);
        }
    }

    fn next(&self, call: Call) -> Option<Fault> {
        let mut plan = lock(&self.0);
        *plan.calls.entry(call).or_default() += 1;
        match plan.next.iter().position(|(planned, _)| *planned == call) {
            Some(place) => Some(plan.next.remove(place).1),
            None => plan.draw.as_mut().and_then(|draw| draw(call)),
        }
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plan = lock(&self.0);
        f.debug_struct("Faults").field("next", &plan.next).field("calls", &plan.calls).finish_non_exhaustive()
    }
}

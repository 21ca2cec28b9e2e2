//! Calls of one kind for all who ask: a queue of items, and a loop that sends them.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    convert::Infallible,
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use imports::ports::{PortError, PortResult};
use records::RecordId;
use tokio::{
    sync::{Mutex, mpsc},
    time::{Instant, sleep_until},
};

use super::pace::{Pace, Sent};

/// How many calls are under way at most, however fast the database is: each takes memory and a connection.
const MOST_UNDER_WAY: usize = 32;

/// How long less than a full call waits for what others leave over.
const LINGER: Duration = Duration::from_secs(3);

/// So many bytes of an item are a unit of what the database does a second.
const UNIT: usize = 1 << 10;

/// What calls are about.
pub(crate) trait Item {
    fn id(&self) -> RecordId;

    /// How many bytes of a call it takes.
    fn bytes(&self) -> usize {
        0
    }
}

/// What a call came to.
#[derive(Debug)]
pub(super) enum Outcome<A> {
    /// All items are done but those `left`, which are worth sending again. Some have an answer.
    Done { answers: BTreeMap<RecordId, A>, left: Vec<RecordId> },
    /// None is done, because of at least one that the database will not take.
    Refused(A),
}

/// Where batches of lines ask for an operation on their items.
#[derive(Debug)]
pub(crate) struct Batcher<I, A> {
    most_items: usize,
    most_bytes: usize,
    asks: mpsc::UnboundedSender<Ask<I, A>>,
    asked: Mutex<mpsc::UnboundedReceiver<Ask<I, A>>>,
}

/// Items, and where the answer to each goes.
type Ask<I, A> = (Vec<I>, Answers<A>);
type Answers<A> = mpsc::UnboundedSender<(RecordId, PortResult<Option<A>>)>;

impl<I: Item, A: Clone> Batcher<I, A> {
    /// Makes calls of so many items and bytes at most. One item goes however large it is.
    pub(super) fn new(most_items: usize, most_bytes: usize) -> Self {
        let (asks, asked) = mpsc::unbounded_channel();
        Self { most_items, most_bytes, asks, asked: Mutex::new(asked) }
    }

    /// Waits until all items are done, and returns the answers there are. [`Self::run`] must run meanwhile.
    pub(crate) async fn ask(&self, items: Vec<I>) -> PortResult<BTreeMap<RecordId, A>> {
        let stopped = || PortError::Permanent("nobody sends calls to the database".to_owned());
        let (count, (answers, mut answered)) = (items.len(), mpsc::unbounded_channel());
        self.asks.send((items, answers)).map_err(|_| stopped())?;
        let mut found = BTreeMap::new();
        for _ in 0..count {
            let (id, answer) = answered.recv().await.ok_or_else(stopped)?;
            found.extend(answer?.map(|answer| (id, answer)));
        }
        Ok(found)
    }

    /// Makes calls for all who ask, also for those who have given up since.
    pub(super) async fn run(&self, call: impl AsyncFn(&[I]) -> PortResult<Outcome<A>>) -> Infallible {
        let mut asked = self.asked.lock().await;
        let mut queue = Queue::new(self);
        let mut under_way = FuturesUnordered::new();
        loop {
            let look_again = loop {
                match queue.next(under_way.len()) {
                    Ok((items, sent)) => under_way.push(async {
                        let outcome = call(&items).await;
                        (items, sent, outcome)
                    }),
                    Err(look_again) => break look_again,
                }
            };
            // In this order always, so that a simulation runs the same way again.
            tokio::select! {
                biased;
                Some((items, sent, outcome)) = under_way.next() => queue.settle(items, &sent, outcome),
                Some((items, answers)) = asked.recv() => queue.add(items, &answers),
                () = sleep_until(look_again) => {}
            }
        }
    }
}

/// What waits for a call, and who waits for it.
#[derive(Debug)]
struct Queue<'b, I, A> {
    batcher: &'b Batcher<I, A>,
    /// Items after the bytes of each.
    items: VecDeque<(usize, I)>,
    /// Halves of refused calls, and calls that failed: each goes as it is.
    ready: Vec<Vec<I>>,
    waiting: HashMap<RecordId, Vec<Answers<A>>>,
    /// When something last came or ended.
    changed: Instant,
    pace: Pace,
}

impl<'b, I: Item, A: Clone> Queue<'b, I, A> {
    fn new(batcher: &'b Batcher<I, A>) -> Self {
        let (items, ready, waiting) = (VecDeque::new(), Vec::new(), HashMap::new());
        Self { batcher, items, ready, waiting, changed: Instant::now(), pace: Pace::new() }
    }

    /// Queues what somebody asks for. What another waits for already is asked for once.
    fn add(&mut self, items: Vec<I>, answers: &Answers<A>) {
        self.changed = Instant::now();
        for item in items {
            let waiting = self.waiting.entry(item.id()).or_default();
            waiting.push(answers.clone());
            if waiting.len() == 1 {
                self.items.push_back((item.bytes(), item));
            }
        }
    }

    /// Takes what goes with the next call, or says when to look again. Less than a full call waits a little while others
    /// are under way: they may leave something over.
    fn next(&mut self, under_way: usize) -> Result<(Vec<I>, Sent), Instant> {
        let now = Instant::now();
        let (idle, rested) = (now + LINGER, self.changed + LINGER);
        if now < self.pace.next {
            return Err(self.pace.next);
        }
        let count = self.fitting();
        let is_full = count == self.batcher.most_items || count < self.items.len();
        let (units, items) = match self.ready.pop_if(|_| under_way < MOST_UNDER_WAY) {
            Some(items) => (units(&items), items),
            None if count == 0 || under_way >= MOST_UNDER_WAY => return Err(idle),
            None if !is_full && under_way > 0 && now < rested => return Err(rested),
            None => {
                let (bytes, items): (Vec<_>, Vec<_>) = self.items.drain(..count).unzip();
                (bytes.into_iter().map(units_of).sum(), items)
            }
        };
        Ok((items, self.pace.send(units)))
    }

    /// How many of the first items go with one call.
    fn fitting(&self) -> usize {
        let mut bytes = 0;
        let fits = |(more, _): &&(usize, I)| {
            bytes += more;
            bytes <= self.batcher.most_bytes
        };
        self.items.iter().take(self.batcher.most_items).take_while(fits).count().max(1).min(self.items.len())
    }

    /// Answers what a call has done, and queues what it has not, unless calls have come to nothing too often.
    fn settle(&mut self, mut items: Vec<I>, sent: &Sent, outcome: PortResult<Outcome<A>>) {
        self.changed = Instant::now();
        match outcome {
            Ok(Outcome::Done { mut answers, left }) => {
                let left: Vec<I> = items.extract_if(.., |item| left.contains(&item.id())).collect();
                self.answer(&items, |id| Ok(answers.remove(&id)));
                if self.pace.learn(sent, units(&left)) {
                    left.into_iter().rev().for_each(|item| self.items.push_front((item.bytes(), item)));
                } else {
                    let error = PortError::Transient("the database kept leaving items over".to_owned());
                    self.answer(&left, |_| Err(error.clone()));
                }
            }
            Ok(Outcome::Refused(answer)) if items.len() == 1 => self.answer(&items, |_| Ok(Some(answer.clone()))),
            Ok(Outcome::Refused(_)) => {
                let half = items.split_off(items.len() / 2);
                self.ready.extend([items, half]);
            }
            Err(PortError::Transient(_)) if self.pace.learn(sent, units(&items)) => self.ready.push(items),
            Err(error) => self.answer(&items, |_| Err(error.clone())),
        }
    }

    fn answer(&mut self, items: &[I], mut answer: impl FnMut(RecordId) -> PortResult<Option<A>>) {
        for id in items.iter().map(Item::id) {
            let answer = answer(id);
            for asker in self.waiting.remove(&id).unwrap_or_default() {
                // Whoever does not listen any more has given up.
                let _ = asker.send((id, answer.clone()));
            }
        }
    }
}

/// How much items take of what the database does a second.
fn units(items: &[impl Item]) -> f64 {
    items.iter().map(|item| units_of(item.bytes())).sum()
}

/// How much an item of so many bytes takes of that.
fn units_of(bytes: usize) -> f64 {
    f64::from(u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX).max(1))
}

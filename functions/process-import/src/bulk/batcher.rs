//! One loop that sends calls for all who ask.

use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use imports::ports::{PortError, PortResult};
use records::RecordId;
use tokio::{
    sync::{
        Mutex,
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    },
    time::{Instant, sleep_until},
};

use super::{
    operations::{Operation, Outcome},
    pace::{Pace, Sent},
};

/// How many calls are under way at most, however fast the database is: each takes memory and a connection.
const MOST_UNDER_WAY: usize = 32;

/// How long less than a full call waits for what others leave over.
const LINGER: Duration = Duration::from_secs(3);

/// How long what was left over waits for others to go with it, even where no call is under way.
const REST: Duration = Duration::from_millis(25);

/// So many bytes of an item, or less, are a unit of what the database does a second.
const UNIT: usize = 1 << 10;

/// Where batches of lines ask for an operation on their items.
#[derive(Debug)]
pub(super) struct Batcher<I, A> {
    asks: UnboundedSender<Ask<I, A>>,
    asked: Mutex<UnboundedReceiver<Ask<I, A>>>,
}

/// Items, and where each one's answer goes.
#[derive(Debug)]
struct Ask<I, A> {
    items: Vec<I>,
    answers: Answers<A>,
}

type Answers<A> = UnboundedSender<(RecordId, PortResult<Option<A>>)>;

impl<I, A: Clone> Batcher<I, A> {
    pub(super) fn new() -> Self {
        let (asks, asked) = unbounded_channel();
        Self { asks, asked: Mutex::new(asked) }
    }

    /// Waits until all items are done; gives the answers there are. [`Self::run`] must run meanwhile.
    pub(super) async fn ask(&self, items: Vec<I>) -> PortResult<Vec<(RecordId, A)>> {
        let stopped = || PortError::Permanent("nobody sends calls to the database".to_owned());
        let (count, (answers, mut answered)) = (items.len(), unbounded_channel());
        self.asks.send(Ask { items, answers }).map_err(|_| stopped())?;
        let mut found = Vec::new();
        for _ in 0..count {
            let (id, answer) = answered.recv().await.ok_or_else(stopped)?;
            found.extend(answer?.map(|answer| (id, answer)));
        }
        Ok(found)
    }

    /// Sends calls for all who ask, for as long as it is polled. What somebody has asked for who is gone is done all the same.
    pub(super) async fn run<O: Operation<Item = I, Answer = A>>(&self, operation: O) -> Infallible {
        let mut asked = self.asked.lock().await;
        let mut queue = Queue::<O>::new();
        let mut under_way = FuturesUnordered::new();
        loop {
            let look_again = loop {
                match queue.next(under_way.len()) {
                    Ok(batch) => under_way.push(async {
                        let outcome = operation.call(&batch.items).await;
                        (batch, outcome)
                    }),
                    Err(look_again) => break look_again,
                }
            };
            // In this order always, so that a simulation runs the same way again.
            tokio::select! {
                biased;
                Some((batch, outcome)) = under_way.next() => queue.settle(batch, outcome),
                Some(ask) = asked.recv() => queue.add(ask),
                () = sleep_until(look_again) => {}
            }
        }
    }
}

/// What goes with one call.
#[derive(Debug)]
struct Batch<I> {
    items: Vec<I>,
    /// Whether it is part of one that was refused.
    is_suspect: bool,
    sent: Sent,
}

/// What waits for a call, and who waits for it.
struct Queue<O: Operation> {
    /// Items with their bytes.
    items: VecDeque<(O::Item, usize)>,
    /// Parts of refused batches: each goes by itself.
    suspects: Vec<Vec<O::Item>>,
    waiting: HashMap<RecordId, Vec<Answers<O::Answer>>>,
    /// When something last came or ended.
    changed: Instant,
    /// Until when only full calls go.
    rests_until: Instant,
    pace: Pace,
}

impl<O: Operation> Queue<O> {
    fn new() -> Self {
        Self {
            items: VecDeque::new(),
            suspects: Vec::new(),
            waiting: HashMap::new(),
            changed: Instant::now(),
            rests_until: Instant::now(),
            pace: Pace::new(),
        }
    }

    /// Adds what somebody asks for. What another has asked for and not got yet is asked once for both.
    fn add(&mut self, ask: Ask<O::Item, O::Answer>) {
        self.changed = Instant::now();
        for item in ask.items {
            let waiting = self.waiting.entry(O::id(&item)).or_default();
            waiting.push(ask.answers.clone());
            if waiting.len() == 1 {
                self.items.push_back(sized::<O>(item));
            }
        }
    }

    /// Takes what goes with the next call, or says when to look again. Less than a full call waits a little while others
    /// are under way: they may leave something over.
    fn next(&mut self, under_way: usize) -> Result<Batch<O::Item>, Instant> {
        let now = Instant::now();
        if under_way >= MOST_UNDER_WAY {
            return Err(now + LINGER);
        }
        if now < self.pace.next() {
            return Err(self.pace.next());
        }
        let suspects = self.suspects.pop();
        let is_suspect = suspects.is_some();
        let items = match suspects {
            Some(items) => items,
            None => {
                let count = self.fitting();
                let is_full = count == O::MOST_ITEMS || count < self.items.len();
                let waits_until = if under_way > 0 { self.changed + LINGER } else { self.rests_until };
                if count == 0 || (!is_full && now < waits_until) {
                    return Err(waits_until.max(now + REST));
                }
                self.items.drain(..count).map(|(item, _)| item).collect()
            }
        };
        let sent = self.pace.send(units::<O>(&items));
        Ok(Batch { items, is_suspect, sent })
    }

    /// How many of the first items go with one call.
    fn fitting(&self) -> usize {
        let mut bytes = 0;
        let fits = |(_, more): &&(O::Item, usize)| {
            bytes += more;
            bytes <= O::MOST_BYTES
        };
        // One item goes however large it is.
        self.items.iter().take(O::MOST_ITEMS).take_while(fits).count().max(1).min(self.items.len())
    }

    /// Answers for what a call has done, and queues what it has not.
    fn settle(&mut self, batch: Batch<O::Item>, outcome: PortResult<Outcome<O::Answer>>) {
        self.changed = Instant::now();
        let Batch { mut items, is_suspect, sent } = batch;
        match outcome {
            Ok(Outcome::Done { mut answers, left }) => {
                let left = items.extract_if(.., |item| left.contains(&O::id(item))).collect();
                for id in items.iter().map(O::id) {
                    self.answer(id, &Ok(answers.remove(&id)));
                }
                let error = PortError::Transient("the database kept leaving items over".to_owned());
                self.again(left, false, sent, &error);
            }
            Ok(Outcome::Refused(answer)) => {
                let rest = items.split_off(items.len() / 2);
                match (items.as_slice(), rest.as_slice()) {
                    ([], [culprit]) => self.answer(O::id(culprit), &Ok(Some(answer))),
                    _ => self.suspects.extend([items, rest]),
                }
            }
            Err(error @ PortError::Transient(_)) => self.again(items, is_suspect, sent, &error),
            Err(error) => self.fail(&items, &error),
        }
    }

    /// Queues first what a call has not done, unless calls have come to nothing too often.
    fn again(&mut self, items: Vec<O::Item>, is_suspect: bool, sent: Sent, error: &PortError) {
        if !self.pace.learn(sent, units::<O>(&items)) {
            self.fail(&items, error);
        } else if is_suspect {
            self.suspects.push(items);
        } else {
            if !items.is_empty() {
                self.rests_until = self.changed + REST;
            }
            items.into_iter().rev().for_each(|item| self.items.push_front(sized::<O>(item)));
        }
    }

    fn fail(&mut self, items: &[O::Item], error: &PortError) {
        for item in items {
            self.answer(O::id(item), &Err(error.clone()));
        }
    }

    fn answer(&mut self, id: RecordId, answer: &PortResult<Option<O::Answer>>) {
        for asker in self.waiting.remove(&id).unwrap_or_default() {
            // Whoever does not listen any more has given up.
            let _ = asker.send((id, answer.clone()));
        }
    }
}

fn sized<O: Operation>(item: O::Item) -> (O::Item, usize) {
    let bytes = O::bytes(&item);
    (item, bytes)
}

/// How much items take of what the database does a second.
fn units<O: Operation>(items: &[O::Item]) -> usize {
    items.iter().map(|item| O::bytes(item).div_ceil(UNIT).max(1)).sum()
}

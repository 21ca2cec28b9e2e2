//! What waits to go with a call, so that calls are full.

use std::{collections::VecDeque, sync::Mutex, time::Duration};

use tokio::{sync::Notify, time::timeout};

use super::lock;

/// How many calls of a kind are made at once.
const MOST_UNDER_WAY: usize = 32;

/// How long less than a full batch waits for what other calls leave over.
const LINGER: Duration = Duration::from_secs(3);

/// What one call has room for.
#[derive(Debug)]
pub(super) struct Room<T> {
    pub(super) items: usize,
    /// One item goes however large it is.
    pub(super) bytes: usize,
    pub(super) bytes_of: fn(&T) -> usize,
}

/// What waits for a call.
#[derive(Debug)]
pub(super) struct Line<T> {
    room: Room<T>,
    waiting: Mutex<Waiting<T>>,
    /// Something came, or a call has ended.
    pub(super) changed: Notify,
}

#[derive(Debug)]
struct Waiting<T> {
    /// With what each takes of a call.
    items: VecDeque<(T, usize)>,
    /// Parts of refused batches: each goes by itself.
    suspects: Vec<Vec<T>>,
    under_way: usize,
}

/// What goes with one call.
#[derive(Debug)]
pub(super) struct Batch<T> {
    pub(super) items: Vec<T>,
    pub(super) is_suspect: bool,
}

impl<T> Room<T> {
    /// How many of the first items go with one call.
    fn takes(&self, items: &VecDeque<(T, usize)>) -> usize {
        let mut bytes = 0;
        let fits = |(_, more): &&(T, usize)| {
            bytes += more;
            bytes <= self.bytes
        };
        items.iter().take(self.items).take_while(fits).count().max(1).min(items.len())
    }
}

impl<T> Line<T> {
    pub(super) fn new(room: Room<T>) -> Self {
        let waiting = Waiting { items: VecDeque::new(), suspects: Vec::new(), under_way: 0 };
        Self { room, waiting: Mutex::new(waiting), changed: Notify::new() }
    }

    pub(super) fn add(&self, items: impl IntoIterator<Item = T>) {
        let items = items.into_iter().map(|item| self.sized(item));
        lock(&self.waiting).items.extend(items);
        self.changed.notify_waiters();
    }

    fn sized(&self, item: T) -> (T, usize) {
        let bytes = (self.room.bytes_of)(&item);
        (item, bytes)
    }

    /// Takes what goes next, to be given back or settled. Less than a full batch waits a little while others are under way:
    /// they may leave something over. `None` after a change, where there is nothing to take.
    pub(super) async fn take(&self) -> Option<Batch<T>> {
        let changed = self.changed.notified();
        if let Some(batch) = self.next(false) {
            return Some(batch);
        }
        match timeout(LINGER, changed).await {
            Ok(()) => None,
            Err(_) => self.next(true),
        }
    }

    fn next(&self, has_waited: bool) -> Option<Batch<T>> {
        let mut waiting = lock(&self.waiting);
        let batch = if let Some(items) = waiting.suspects.pop() {
            Batch { items, is_suspect: true }
        } else {
            let count = self.room.takes(&waiting.items);
            let is_full = count == self.room.items || count < waiting.items.len();
            if count == 0 || waiting.under_way >= MOST_UNDER_WAY || (!is_full && waiting.under_way > 0 && !has_waited) {
                return None;
            }
            Batch { items: waiting.items.drain(..count).map(|(item, _)| item).collect(), is_suspect: false }
        };
        waiting.under_way += 1;
        Some(batch)
    }

    /// Ends a call that left `items` over: they go first.
    pub(super) fn give_back(&self, items: Vec<T>) {
        let items: Vec<(T, usize)> = items.into_iter().map(|item| self.sized(item)).collect();
        let mut waiting = lock(&self.waiting);
        waiting.under_way = waiting.under_way.saturating_sub(1);
        items.into_iter().rev().for_each(|item| waiting.items.push_front(item));
        drop(waiting);
        self.changed.notify_waiters();
    }

    /// Ends a call that was refused: each part of it goes by itself.
    pub(super) fn suspect(&self, parts: impl IntoIterator<Item = Vec<T>>) {
        lock(&self.waiting).suspects.extend(parts.into_iter().filter(|part| !part.is_empty()));
        self.give_back(Vec::new());
    }
}

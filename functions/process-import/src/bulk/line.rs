//! What waits to go with a call, so that calls are full.

use std::{collections::VecDeque, sync::Mutex, time::Duration};

use tokio::{sync::Notify, time::timeout};

use super::lock;

/// How many calls of a kind are made at once.
const MOST_UNDER_WAY: usize = 32;

/// How long less than a full batch waits for what other calls leave over.
const LINGER: Duration = Duration::from_secs(3);

/// What waits for a call.
#[derive(Debug)]
pub(super) struct Line<T> {
    /// How many go with one call.
    most: usize,
    waiting: Mutex<Waiting<T>>,
    /// Something came, or a call has ended.
    pub(super) changed: Notify,
}

#[derive(Debug)]
struct Waiting<T> {
    items: VecDeque<T>,
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

impl<T> Line<T> {
    pub(super) fn new(most: usize) -> Self {
        let waiting = Waiting { items: VecDeque::new(), suspects: Vec::new(), under_way: 0 };
        Self { most, waiting: Mutex::new(waiting), changed: Notify::new() }
    }

    pub(super) fn add(&self, items: impl IntoIterator<Item = T>) {
        lock(&self.waiting).items.extend(items);
        self.changed.notify_waiters();
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
            let count = waiting.items.len().min(self.most);
            if count == 0
                || waiting.under_way >= MOST_UNDER_WAY
                || (count < self.most && waiting.under_way > 0 && !has_waited)
            {
                return None;
            }
            Batch { items: waiting.items.drain(..count).collect(), is_suspect: false }
        };
        waiting.under_way += 1;
        Some(batch)
    }

    /// Ends a call that left `items` over: they go first.
    pub(super) fn give_back(&self, items: Vec<T>) {
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

//! What is kept because it may be needed again.

use std::{
    hash::Hash,
    sync::atomic::{AtomicUsize, Ordering},
};

use lru::LruCache;

/// How many bytes of memory may be kept where it is not said otherwise.
const MOST: usize = 16 << 20;

/// Keeps values as long as they fit. Those that were needed last stay; the others are made again when they are needed again.
#[derive(Debug)]
pub struct Kept<K: Eq + Hash, V> {
    /// The values, and how many bytes each takes.
    values: LruCache<K, (V, usize)>,
    bytes: usize,
    most: usize,
}

impl<K: Eq + Hash, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self::up_to(MOST)
    }
}

impl<K: Eq + Hash, V> Kept<K, V> {
    /// Has room for so many bytes, or for a single value that takes more.
    #[must_use]
    pub fn up_to(most: usize) -> Self {
        Self { values: LruCache::unbounded(), bytes: 0, most }
    }
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    /// The value kept under a key.
    #[must_use]
    pub fn get(&mut self, key: &K) -> Option<V> {
        self.values.get(key).map(|(value, _)| value.clone())
    }

    /// Keeps a value that takes about so many bytes.
    pub fn insert(&mut self, key: K, value: V, bytes: usize) {
        let before = self.values.put(key, (value, bytes)).map_or(0, |(_, bytes)| bytes);
        self.bytes = self.bytes - before + bytes;
        while self.bytes > self.most
            && self.values.len() > 1
            && let Some((_, (_, bytes))) = self.values.pop_lru()
        {
            self.bytes -= bytes;
        }
    }

    /// Keeps a value that may be needed, if it takes nobody's place.
    pub fn offer(&mut self, key: K, value: V, bytes: usize) {
        if self.bytes + bytes <= self.most {
            self.insert(key, value, bytes);
        }
    }
}

/// Room for what is kept by several at once and never given up.
pub(crate) struct Room(AtomicUsize);

impl Room {
    /// Room for so many bytes.
    pub(crate) const fn of(bytes: usize) -> Self {
        Self(AtomicUsize::new(bytes))
    }

    /// Takes so many, if they are there.
    pub(crate) fn takes(&self, bytes: usize) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |room| room.checked_sub(bytes)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_needed_last_is_kept() {
        let mut kept = Kept::up_to(MOST);
        kept.insert(1, "a", MOST / 2);
        kept.insert(2, "b", MOST / 2);
        assert_eq!(kept.get(&1), Some("a"));
        kept.insert(3, "c", 1);
        assert_eq!((kept.get(&1), kept.get(&2), kept.get(&3)), (Some("a"), None, Some("c")));
        kept.insert(4, "d", 2 * MOST);
        assert_eq!((kept.get(&1), kept.get(&3), kept.get(&4)), (None, None, Some("d")));
    }

    #[test]
    fn what_is_kept_twice_takes_its_bytes_once() {
        let mut kept = Kept::up_to(MOST);
        (0..3).for_each(|_| kept.insert(1, "a", MOST));
        kept.insert(1, "b", 0);
        kept.insert(2, "c", MOST);
        assert_eq!((kept.get(&1), kept.get(&2)), (Some("b"), Some("c")));
    }

    #[test]
    fn what_is_offered_takes_nobodys_place() {
        let mut kept = Kept::up_to(MOST);
        kept.offer(1, "a", MOST);
        kept.offer(2, "b", 1);
        assert_eq!((kept.get(&1), kept.get(&2)), (Some("a"), None));
    }
}

//! What is kept because it may be needed again.

use std::{collections::HashMap, hash::Hash};

/// Once what is kept takes more bytes of memory than this, the next value takes its place.
const MOST: usize = 16 << 20;

/// Keeps values as long as they fit; all are dropped when they don't, and made again when they are needed again.
#[derive(Debug)]
pub struct Kept<K, V> {
    values: HashMap<K, V>,
    bytes: usize,
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self { values: HashMap::new(), bytes: 0 }
    }
}

impl<K: Eq + Hash, V: Clone> Kept<K, V> {
    /// The value kept under a key.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<V> {
        self.values.get(key).cloned()
    }

    /// Keeps a value that takes about so many bytes.
    pub fn insert(&mut self, key: K, value: V, bytes: usize) {
        if self.bytes > MOST {
            *self = Self::default();
        }
        self.bytes += bytes;
        self.values.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded() {
        let mut kept = Kept::default();
        kept.insert(1, "a", MOST);
        kept.insert(2, "b", 1);
        assert_eq!((kept.get(&1), kept.get(&2)), (Some("a"), Some("b")));
        kept.insert(3, "c", 1);
        assert_eq!((kept.get(&1), kept.get(&2), kept.get(&3)), (None, None, Some("c")));
    }
}

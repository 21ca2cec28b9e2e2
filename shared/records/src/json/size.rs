//! How large a value is: in the database, in memory, and in depth; all found in one pass.
//!
//! How the database counts is not published exactly, so its bytes are estimated with a margin.

use smol_str::SmolStr;

use super::{Decimal, Json};

/// What a piece of memory takes beside its bytes, about.
const ALLOCATION: u32 = 24;

/// How large a value is. What does not fit is as large as can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    stored: u32,
    memory: u32,
    depth: u32,
}

impl Size {
    /// How many bytes the value takes in the database, about.
    pub(super) fn stored(self) -> usize {
        whole(self.stored)
    }

    /// How many bytes of memory it takes, about, as if it were shared with nobody.
    pub(super) fn memory(self) -> usize {
        whole(self.memory)
    }

    /// How many containers deep it is: 0 for a scalar, 1 for an empty object.
    pub(super) fn depth(self) -> usize {
        whole(self.depth)
    }

    fn of(value: &Json) -> Self {
        let own = Self { memory: bytes(size_of::<Json>()), ..Self::default() };
        own.and(match value {
            Json::Null | Json::Bool(_) => Self { stored: 1, ..Self::default() },
            // A byte for every two digits, one for sign or exponent, and one from the safe side.
            Json::Number(text) => {
                let stored = bytes(Decimal::from_text(text).count().div_ceil(2) + 2);
                Self { stored, memory: memory_of(text), depth: 0 }
            }
            Json::String(text) => Self { stored: bytes(text.len()), memory: memory_of(text), depth: 0 },
            Json::Array(items) => Self::of_container(ALLOCATION, items.iter().map(Self::of)),
            Json::Object(object) => object.size(),
        })
    }

    pub(super) fn of_members(members: &[(SmolStr, Json)]) -> Self {
        let member = |(key, value): &(SmolStr, Json)| {
            let key = Self { stored: bytes(key.len()), memory: bytes(size_of::<SmolStr>()) + memory_of(key), depth: 0 };
            key.and(Self::of(value))
        };
        Self::of_container(2 * ALLOCATION, members.iter().map(member))
    }

    /// In the database 3 bytes for a container and 1 for each entry of it, on top of what the entries take.
    fn of_container(memory: u32, entries: impl Iterator<Item = Self>) -> Self {
        let of_one = Self { stored: 1, ..Self::default() };
        let inside = entries.fold(Self { stored: 3, memory, depth: 0 }, |sum, entry| sum.and(of_one).and(entry));
        Self { depth: inside.depth.saturating_add(1), ..inside }
    }

    /// The size of two that stand side by side.
    fn and(self, other: Self) -> Self {
        Self {
            stored: self.stored.saturating_add(other.stored),
            memory: self.memory.saturating_add(other.memory),
            depth: self.depth.max(other.depth),
        }
    }
}

/// How many bytes of memory a text takes beside what stands in its place, about: a short one none.
fn memory_of(text: &SmolStr) -> u32 {
    if text.is_heap_allocated() { ALLOCATION.saturating_add(bytes(text.len())) } else { 0 }
}

fn bytes(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn whole(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use crate::json::{Object, read};

    fn object(text: &str) -> Object {
        read(text, &mut |_| {}).unwrap()
    }

    #[test]
    fn every_kind_of_value_takes_what_the_database_says() {
        for (json, bytes) in [("null", 1), ("true", 1), ("12345", 5), ("\"é\"", 2), ("[]", 3), ("[0,0]", 9)] {
            assert_eq!(object(&format!("{{\"k\":{json}}}")).stored_bytes(), 3 + 1 + 1 + bytes, "{json}");
        }
    }

    #[test]
    fn what_is_changed_after_it_was_measured_is_measured_anew() {
        let mut outer = object(r#"{"inner":{"deep":[]}}"#);
        let copy = outer.clone();
        let before = outer.size();
        let inner = outer.get_mut("inner").and_then(|inner| inner.as_object_mut()).unwrap();
        inner.insert("text", "a text that is too long to stand in the place of its value");
        let grown =
            object(r#"{"inner":{"deep":[],"text":"a text that is too long to stand in the place of its value"}}"#);
        assert_eq!((outer.size(), copy.size()), (grown.size(), before));
        outer.remove("inner");
        assert_eq!(outer.size(), Object::new().size());
        assert_eq!(copy, object(r#"{"inner":{"deep":[]}}"#), "a measured object is no other than one not measured");
    }
}

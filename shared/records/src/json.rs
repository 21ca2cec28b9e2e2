//! JSON as this service takes it: strictly, every number as written, every key in its order.

mod error;
mod explain;
mod number;
mod path;
mod place;
mod raw;
mod read;
mod scan;
mod size;

pub use crate::quote::{Shown, is_unseen};
pub(crate) use error::FLATTER;
pub use error::{JsonError, Reason};
pub use number::Decimal;
pub use path::Path;
pub use place::{Place, place};
pub(crate) use raw::{Inner, Raw, grammar};
pub use read::read;
pub(crate) use read::read_again;

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use serde::ser::{Error, SerializeMap};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use smol_str::SmolStr;

use self::size::Size;

/// A JSON value. Made by [`read`], written back by `Serialize` (with `serde_json` only) or `Display`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    Null,
    Bool(bool),
    /// The number's text exactly as written: no digit, zero or exponent is lost. Text from elsewhere than a line read
    /// goes through [`Json::number`]; what is no number can't be written back.
    Number(SmolStr),
    String(SmolStr),
    Array(Vec<Json>),
    Object(Object),
}

impl Json {
    /// Makes a number from its text, `None` when JSON does not write numbers so.
    #[must_use]
    pub fn number(text: &str) -> Option<Self> {
        let raw = grammar(text).map(Raw::text).filter(|raw| *raw == text)?;
        raw.starts_with(|first: char| first == '-' || first.is_ascii_digit()).then(|| Self::Number(raw.into()))
    }

    /// What the value is, as an error names it: `a string`, `an array`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The items of an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Json]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The members of an object.
    #[must_use]
    pub const fn as_object(&self) -> Option<&Object> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// The members of an object, to change them.
    pub const fn as_object_mut(&mut self) -> Option<&mut Object> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<i64> for Json {
    fn from(number: i64) -> Self {
        Self::Number(number.to_string().into())
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Vec<Json>> for Json {
    fn from(items: Vec<Json>) -> Self {
        Self::Array(items)
    }
}

impl From<Object> for Json {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            // Any other road would go through `f64` or `i64` and change the number.
            Self::Number(text) => {
                serde_json::from_str::<&RawValue>(text).map_err(S::Error::custom)?.serialize(serializer)
            }
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(items) => items.serialize(serializer),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// The members of a JSON object, in the order in which they were written. A copy shares them, until one of the two is changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object(Arc<Members>);

#[derive(Clone, Debug, Default)]
struct Members {
    list: Vec<(SmolStr, Json)>,
    /// How large they are, once that was asked: a record may hold the same copy a thousand times.
    size: OnceLock<Size>,
}

impl PartialEq for Members {
    fn eq(&self, other: &Self) -> bool {
        self.list == other.list
    }
}

impl Eq for Members {}

impl Object {
    /// An object without members.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a member.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.iter().find_map(|(name, value)| (name == key).then_some(value))
    }

    /// The value of a member, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Json> {
        self.place(key).and_then(|place| self.at_mut(place))
    }

    /// Takes a member out; the others keep their order.
    pub fn remove(&mut self, key: &str) -> Option<Json> {
        let place = self.place(key)?;
        Some(self.members().remove(place).1)
    }

    /// Keeps the members that a condition holds for.
    pub fn retain(&mut self, keep: impl Fn(&str, &Json) -> bool) {
        self.members().retain(|(key, value)| keep(key, value));
    }

    /// Sets a member: in its place when there is one of that name, else at the end.
    pub fn insert(&mut self, key: &str, value: impl Into<Json>) {
        if let Some(old) = self.get_mut(key) {
            *old = value.into();
        } else {
            self.members().push((key.into(), value.into()));
        }
    }

    /// Whether there is a member, and it is not null.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| *value != Json::Null)
    }

    /// The members, in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Json)> {
        self.0.list.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The members, in order, their values to be changed.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (&str, &mut Json)> {
        self.members().iter_mut().map(|(key, value)| (key.as_str(), value))
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.list.len()
    }

    /// Whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.list.is_empty()
    }

    /// How many bytes of memory the members take, about, as if they were shared with nobody. A list of small numbers takes
    /// some thirty times its text.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.size().memory()
    }

    /// How many bytes the members take in the database, about.
    pub(crate) fn stored_bytes(&self) -> usize {
        self.size().stored()
    }

    /// How many containers deep the object is, itself counted.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.size().depth()
    }

    fn size(&self) -> Size {
        *self.0.size.get_or_init(|| Size::of_members(&self.0.list))
    }

    /// The value at a place.
    pub(crate) fn at(&self, place: usize) -> Option<&Json> {
        self.0.list.get(place).map(|(_, value)| value)
    }

    /// The value at a place, to change it.
    pub(crate) fn at_mut(&mut self, place: usize) -> Option<&mut Json> {
        self.members().get_mut(place).map(|(_, value)| value)
    }

    /// Where among the members one stands.
    pub(crate) fn place(&self, key: &str) -> Option<usize> {
        self.iter().position(|(name, _)| name == key)
    }

    /// The members, to change them here alone.
    fn members(&mut self) -> &mut Vec<(SmolStr, Json)> {
        let Members { list, size } = Arc::make_mut(&mut self.0);
        size.take();
        list
    }
}

impl<K: Into<SmolStr>> FromIterator<(K, Json)> for Object {
    fn from_iter<I: IntoIterator<Item = (K, Json)>>(members: I) -> Self {
        let list = members.into_iter().map(|(key, value)| (key.into(), value)).collect();
        Self(Arc::new(Members { list, size: OnceLock::new() }))
    }
}

impl IntoIterator for Object {
    type Item = (SmolStr, Json);
    type IntoIter = std::vec::IntoIter<(SmolStr, Json)>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.0).list.into_iter()
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (key, value) in self.iter() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

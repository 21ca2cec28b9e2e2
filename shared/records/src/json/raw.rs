//! JSON not yet taken apart: its grammar is checked, its text is borrowed, nothing is built.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A piece of a line whose grammar has been checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'a>(&'a str);

/// Checks a whole text against JSON's grammar, in one pass without recursion; `None` when it breaks it.
pub(crate) fn grammar(text: &str) -> Option<Raw<'_>> {
    serde_json::from_str::<&RawValue>(text).map(Raw::from).ok()
}

impl<'a> Raw<'a> {
    /// The text of the value, without white space around it.
    pub(crate) const fn text(self) -> &'a str {
        self.0
    }

    /// The first byte, which shows what kind of value it is.
    pub(crate) fn first(self) -> u8 {
        self.0.bytes().next().unwrap_or_default()
    }

    /// Whether the value is null.
    pub(crate) fn is_null(self) -> bool {
        self.0 == "null"
    }

    /// The text of a string, `None` when the value is no string or holds a lone surrogate.
    pub(crate) fn string(self) -> Option<Cow<'a, str>> {
        let inner = self.0.strip_prefix('"')?.strip_suffix('"')?;
        if inner.contains('\\') {
            serde_json::from_str(self.0).ok().map(Cow::Owned)
        } else {
            Some(Cow::Borrowed(inner))
        }
    }

    /// The text of a string, with `U+FFFD` for what is not Unicode.
    pub(crate) fn lossy_string(self) -> String {
        serde_json::from_str::<Lossy>(self.0).unwrap_or_default().0
    }

    /// The items of an array, none for anything else.
    pub(crate) fn items(self) -> Vec<Self> {
        let items: Vec<&RawValue> = serde_json::from_str(self.0).unwrap_or_default();
        items.into_iter().map(Self::from).collect()
    }

    /// The keys and values of an object, none for anything else.
    pub(crate) fn members(self) -> Vec<(Self, Self)> {
        serde_json::from_str::<Members<'_>>(self.0).unwrap_or_default().0
    }

    /// The members that a first look needs, `None` when the value is no object.
    pub(crate) fn wanted(self) -> Option<Wanted<'a>> {
        serde_json::from_str(self.0).ok()
    }
}

impl<'a> From<&'a RawValue> for Raw<'a> {
    fn from(raw: &'a RawValue) -> Self {
        Self(raw.get())
    }
}

/// Every member of an object, one key twice included: `serde` has no type for that.
#[derive(Default)]
struct Members<'a>(Vec<(Raw<'a>, Raw<'a>)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<&RawValue, &RawValue>()? {
                    members.push((key.into(), value.into()));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}

/// The members of an object by which a line is known; of a key given twice, the first.
#[derive(Debug, Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) data: Option<Raw<'a>>,
    pub(crate) record_type: Option<Raw<'a>>,
    pub(crate) attributes: Option<Raw<'a>>,
    pub(crate) external_ref: Option<Raw<'a>>,
}

impl<'de> Deserialize<'de> for Wanted<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pick;

        impl<'de> Visitor<'de> for Pick {
            type Value = Wanted<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut wanted = Wanted::default();
                while let Some(key) = map.next_key::<&RawValue>()? {
                    let place = match Raw::from(key).string().as_deref() {
                        Some("data") => &mut wanted.data,
                        Some("type") => &mut wanted.record_type,
                        Some("attributes") => &mut wanted.attributes,
                        Some("external_ref") => &mut wanted.external_ref,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    let value = map.next_value::<&RawValue>()?;
                    place.get_or_insert(value.into());
                }
                Ok(wanted)
            }
        }

        deserializer.deserialize_map(Pick)
    }
}

/// A string read as bytes: there `serde_json` lets a lone surrogate pass.
#[derive(Default)]
struct Lossy(String);

impl<'de> Deserialize<'de> for Lossy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = Lossy;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Lossy, E> {
                Ok(Lossy(String::from_utf8_lossy(bytes).into_owned()))
            }
        }

        deserializer.deserialize_bytes(Bytes)
    }
}

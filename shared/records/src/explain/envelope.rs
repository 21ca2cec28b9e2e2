//! Lines whose envelope is nearly right: their encoding, their type, their attributes.

use crate::{
    json::{Json, Object},
    near::nearest,
    quote::Shown,
    record_type::RecordType,
};

/// The most characters that are shown before a wrong byte.
const SHOWN_BEFORE: usize = 20;

/// How many keys of an object are compared with one that is missing.
const COMPARED: usize = 100;

/// What is wrong with a line that is not UTF-8 from some byte on.
pub(crate) fn not_utf8(line: &[u8], at: usize) -> String {
    let begin = String::from_utf8_lossy(line.get(..at).unwrap_or_default());
    let count = begin.chars().count();
    let before: String = begin.chars().skip(count.saturating_sub(SHOWN_BEFORE)).collect();
    let byte = line.get(at).copied().unwrap_or_default();
    let guess = match windows_1252(byte) {
        Some(letter) => format!("; in Windows-1252 it is \"{letter}\""),
        None => String::new(),
    };
    format!(
        "the line is not UTF-8 at character {}: the byte {byte:02X} behind {} is no character{guess}; save the file as UTF-8, or: \
         iconv -f WINDOWS-1252 -t UTF-8",
        count + 1,
        Shown(&before)
    )
}

/// The letter that a byte is in Windows-1252, where most such files come from.
fn windows_1252(byte: u8) -> Option<char> {
    match byte {
        0x80 => Some('€'),
        0x91 => Some('‘'),
        0x92 => Some('’'),
        0x93 => Some('“'),
        0x94 => Some('”'),
        0x96 => Some('–'),
        0xad => None,
        0xa1..=0xff => Some(char::from(byte)),
        _ => None,
    }
}

/// The type that was meant by a word: in other letters, in the plural, without its beginning, or an edit or two away.
pub(crate) fn record_type(word: &str) -> Option<&'static str> {
    let types = || RecordType::ALL.iter().map(|record_type| record_type.as_str());
    let short = |name: &'static str| name.strip_prefix("subscription_").unwrap_or(name);
    nearest(word, types()).or_else(|| {
        let meant = nearest(word, types().map(short))?;
        types().find(|name| short(name) == meant)
    })
}

/// Where the `type` of an object is that should stand beside its attributes.
pub(crate) fn type_meant(object: &Object) -> String {
    let inside = object.get("attributes").and_then(Json::as_object).and_then(|attributes| attributes.get("type"));
    match (inside.and_then(Json::as_str), nearest("type", object.iter().map(|(key, _)| key).take(COMPARED))) {
        (Some(name), _) => {
            format!("; {} stands among the attributes: move it out, {{\"type\":…,\"attributes\":{{…}}}}", Shown(name))
        }
        (None, Some(key)) => format!("; {} is given: write \"type\"", Shown(key)),
        (None, None) => {
            format!(": one of {}", RecordType::ALL.iter().map(RecordType::to_string).collect::<Vec<_>>().join(", "))
        }
    }
}

/// The key that was meant as `attributes`, in an object that has no attribute itself.
pub(crate) fn attributes_meant(object: &Object) -> Option<&str> {
    if object.get("name").is_some_and(|name| *name != Json::Null) {
        return None;
    }
    let mut objects = object.iter().take(COMPARED).filter(|(_, value)| value.as_object().is_some()).map(|(key, _)| key);
    objects.find(|key| nearest(key, ["attributes"]).is_some())
}

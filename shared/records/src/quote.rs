//! How an error shows a caller's own text: quoted, cut, and with what can't be seen made visible.

use std::fmt::{self, Write as _};

use crate::json::Json;

/// The most characters of a caller's own text that an error repeats.
pub(crate) const SHOWN_CHARS: usize = 80;

/// The most characters of a number that an error repeats.
const NUMBER_CHARS: usize = 40;

/// A caller's own text: quoted, escaped as in JSON, cut after 80 characters, invisible characters as `<U+200B>`.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a>(pub &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, rest) = match self.0.char_indices().nth(SHOWN_CHARS) {
            Some((end, _)) => (self.0.get(..end).unwrap_or_default(), "…"),
            None => (self.0, ""),
        };
        let mut shown = String::with_capacity(text.len());
        for character in text.chars() {
            if name_of_invisible(character).is_some() {
                write!(shown, "<U+{:04X}>", u32::from(character))?;
            } else {
                shown.push(character);
            }
        }
        write!(f, "{}", serde_json::Value::from(shown + rest))
    }
}

/// One character, as an error names it: `a no-break space (U+00A0)`, `"x"`.
pub(crate) fn character(character: char) -> String {
    match character {
        ' ' => "a space".to_owned(),
        '\t' => "a tab".to_owned(),
        '\r' => "a carriage return (U+000D)".to_owned(),
        '\0' => "a NUL (U+0000)".to_owned(),
        '"' => "a double quote".to_owned(),
        other => match name_of_invisible(other) {
            Some(name) => format!("{name} (U+{:04X})", u32::from(other)),
            None if other.is_control() => format!("a control character (U+{:04X})", u32::from(other)),
            None => Shown(other.encode_utf8(&mut [0; 4])).to_string(),
        },
    }
}

/// The first character of a text that can't be seen where it stands: white space at an end, a zero-width character anywhere.
pub(crate) fn first_unseen(text: &str) -> Option<char> {
    let ends = [text.chars().next(), text.chars().next_back()];
    let at_an_end = ends.into_iter().flatten().find(|end| end.is_whitespace());
    at_an_end.or_else(|| text.chars().find(|character| name_of_invisible(*character).is_some()))
}

/// What an invisible character beyond ASCII is called; nothing for all others.
pub(crate) fn name_of_invisible(character: char) -> Option<&'static str> {
    match character {
        '\u{a0}' | '\u{202f}' => Some("a no-break space"),
        '\u{ad}' => Some("a soft hyphen"),
        '\u{200b}' => Some("a zero-width space"),
        '\u{200c}' | '\u{200d}' | '\u{2060}' => Some("a zero-width joiner"),
        '\u{feff}' => Some("a byte order mark"),
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some("a mark for the direction of writing")
        }
        '\u{2028}' | '\u{2029}' | '\u{85}' => Some("a line separator"),
        '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{205f}' | '\u{3000}' => Some("a wide or narrow space"),
        '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{180e}' | '\u{2061}'..='\u{2064}' => {
            Some("an invisible character")
        }
        _ => None,
    }
}

/// Whether a character can't be seen, or does something to a terminal instead.
#[must_use]
pub fn is_unseen(character: char) -> bool {
    character.is_control() || name_of_invisible(character).is_some()
}

/// Whether a text has a character that can be seen.
pub(crate) fn has_visible(text: &str) -> bool {
    text.chars().any(|character| {
        !character.is_whitespace() && !character.is_control() && name_of_invisible(character).is_none()
    })
}

/// A value as an error names it: `the string "x"`, `the number 7`, `an array`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a>(pub &'a Json);

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Json::Bool(value) => write!(f, "{value}"),
            Json::Number(text) => write!(f, "the number {}", Digits(text)),
            Json::String(text) if text.is_empty() => f.write_str("an empty string"),
            Json::String(text) => write!(f, "the string {}", Shown(text)),
            other @ (Json::Null | Json::Array(_) | Json::Object(_)) => f.write_str(other.kind()),
        }
    }
}

/// A number as written, unless that is too long to repeat.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digits<'a>(pub(crate) &'a str);

impl fmt::Display for Digits<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.get(..NUMBER_CHARS) {
            Some(start) => write!(f, "{start}…"),
            None => f.write_str(self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_seen_is_shown_by_its_number() {
        assert_eq!(Shown("te\u{200b}a\u{a0}\t").to_string(), r#""te<U+200B>a<U+00A0>\t""#);
        assert_eq!(Shown(&"é".repeat(81)).to_string(), format!("\"{}…\"", "é".repeat(80)));
        assert_eq!(
            [first_unseen("a b"), first_unseen("a "), first_unseen("a\u{2060}b")],
            [None, Some(' '), Some('\u{2060}')]
        );
    }

    #[test]
    fn a_text_of_blanks_alone_has_nothing_to_be_seen() {
        for blank in ["", "   ", "\u{200b}\u{200b}", "\t\u{a0}\u{3164}"] {
            assert!(!has_visible(blank), "{blank:?}");
        }
        for seen in ["a", " 鈴木 ", "\u{200b}x"] {
            assert!(has_visible(seen), "{seen:?}");
        }
    }
}

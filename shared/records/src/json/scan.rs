//! Where a text stops being JSON, and what could have gone on there. Used on a line that was refused, to say why.

/// The place at which a text stops being JSON.
#[derive(Debug)]
pub(super) struct Stop {
    /// The first byte that does not belong; the length of the text where more was wanted.
    pub(super) at: usize,
    pub(super) want: Want,
    /// Where the brackets stand that are still open, the innermost last.
    pub(super) open: Vec<usize>,
    /// The byte before, white space aside.
    pub(super) before: Option<u8>,
}

/// What could have gone on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    /// The value is whole.
    Nothing,
    /// The rest of a number that begins there.
    Number(usize),
    /// The rest of a string that begins there.
    Text(usize),
    /// What may follow a backslash.
    Escape,
}

/// Finds the place, `None` when the text is JSON. Without recursion, as brackets may be a million deep.
pub(super) fn first_stop(text: &str) -> Option<Stop> {
    let mut scan = Scan { bytes: text.as_bytes(), at: 0, open: Vec::new() };
    let mut want = Want::Value;
    loop {
        scan.skip(|byte| b" \t\r\n".contains(&byte));
        if scan.byte().is_none() && want == Want::Nothing {
            return None;
        }
        want = match scan.step(want) {
            Ok(next) => next,
            Err(want) => return Some(scan.stop(want)),
        };
    }
}

struct Scan<'t> {
    bytes: &'t [u8],
    at: usize,
    open: Vec<usize>,
}

impl Scan<'_> {
    fn byte(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self, is_skipped: impl Fn(u8) -> bool) -> usize {
        let count = self.rest().iter().take_while(|byte| is_skipped(**byte)).count();
        self.at += count;
        count
    }

    fn stop(self, want: Want) -> Stop {
        let begin = self.bytes.get(..self.at).unwrap_or_default();
        Stop { at: self.at, want, open: self.open, before: begin.trim_ascii_end().last().copied() }
    }

    /// Goes over one token. `Err` is what was wanted where it stops.
    fn step(&mut self, want: Want) -> Result<Want, Want> {
        use Want::{Colon, CommaOrEnd, Key, KeyOrEnd, Value, ValueOrEnd};
        match (want, self.byte().ok_or(want)?) {
            (Value | ValueOrEnd, b'{') => Ok(self.open(KeyOrEnd)),
            (Value | ValueOrEnd, b'[') => Ok(self.open(ValueOrEnd)),
            (Value | ValueOrEnd, b'"') => self.string().map(|()| self.after_value()),
            (Value | ValueOrEnd, b'-' | b'0'..=b'9') => self.number().map(|()| self.after_value()),
            (Value | ValueOrEnd, b't' | b'f' | b'n') => {
                let word = ["true", "false", "null"].into_iter().find(|word| self.rest().starts_with(word.as_bytes()));
                self.at += word.ok_or(want)?.len();
                Ok(self.after_value())
            }
            (Key | KeyOrEnd, b'"') => self.string().map(|()| Colon),
            (Colon, b':') => Ok(self.past(Value)),
            (CommaOrEnd, b',') => Ok(if self.innermost() == Some(b'{') { self.past(Key) } else { self.past(Value) }),
            (KeyOrEnd | CommaOrEnd, b'}') if self.innermost() == Some(b'{') => Ok(self.close()),
            (ValueOrEnd | CommaOrEnd, b']') if self.innermost() == Some(b'[') => Ok(self.close()),
            _ => Err(want),
        }
    }

    fn past(&mut self, next: Want) -> Want {
        self.at += 1;
        next
    }

    fn innermost(&self) -> Option<u8> {
        self.open.last().and_then(|place| self.bytes.get(*place)).copied()
    }

    fn open(&mut self, next: Want) -> Want {
        self.open.push(self.at);
        self.past(next)
    }

    fn close(&mut self) -> Want {
        self.open.pop();
        self.at += 1;
        self.after_value()
    }

    fn after_value(&self) -> Want {
        if self.open.is_empty() { Want::Nothing } else { Want::CommaOrEnd }
    }

    fn string(&mut self) -> Result<(), Want> {
        let begin = self.at;
        self.at += 1;
        loop {
            self.skip(|byte| byte >= 0x20 && byte != b'"' && byte != b'\\');
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                _ => return Err(Want::Text(begin)),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Want> {
        let is_hex = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
        self.at += match self.rest() {
            [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [b'\\', b'u', a, b, c, d, ..] if is_hex(&[*a, *b, *c, *d]) => 6,
            _ => return Err(Want::Escape),
        };
        Ok(())
    }

    fn number(&mut self) -> Result<(), Want> {
        let want = Want::Number(self.at);
        let digits = |scan: &mut Self| if scan.skip(|byte| byte.is_ascii_digit()) > 0 { Ok(()) } else { Err(want) };
        self.at += usize::from(self.byte() == Some(b'-'));
        if self.byte() == Some(b'0') {
            self.at += 1;
        } else {
            digits(self)?;
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            digits(self)?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            digits(self)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::value::RawValue;

    use super::*;

    fn check(text: &str) {
        let theirs = serde_json::from_str::<&RawValue>(text).is_ok();
        assert_eq!(first_stop(text).is_none(), theirs, "{text:?}");
    }

    #[test]
    fn brackets_may_be_a_million_deep() {
        assert_eq!(first_stop(&"[".repeat(1 << 20)).map(|stop| stop.open.len()), Some(1 << 20));
    }

    proptest! {
        #[test]
        fn a_text_stops_exactly_where_the_reader_refuses_it(text in r#"[{}\[\],:"\\ 0-2.eE+\-tunlrfasé\t/']{0,24}"#) {
            check(&text);
        }

        #[test]
        fn so_it_is_with_what_is_nearly_json(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "{", "}", "[", "]", ",", ":", "\"a\"", "\"\\n\"", "\"\\u00e9\"", "\"\\x\"", "1", "-0", "0.5", "1e3", "1E5", "1.",
                    "true", "false", "null", "nul", " ", "\"",
                ]),
                0..12,
            ),
        ) {
            check(&parts.concat());
        }
    }
}

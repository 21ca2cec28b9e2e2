//! The part of a line around what is wrong, as a terminal may show it.

use std::{borrow::Cow, collections::VecDeque, ops::Range};

use records::json::is_unseen;
use unicode_width::UnicodeWidthChar;

/// How many bytes before and behind the culprit may be shown: more than the widest terminal has columns.
const AROUND: usize = 2_048;

/// The part of a line around its culprit, kept apart from the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    text: String,
    culprit: Range<usize>,
    /// Whether the line goes on before and behind it.
    is_cut: [bool; 2],
}

impl Excerpt {
    /// Cuts it out of a line. Without a culprit it is the begin of the line.
    #[must_use]
    pub fn of(line: &[u8], culprit: Option<Range<usize>>) -> Self {
        let culprit = culprit.unwrap_or(0..0);
        let within = |byte: &&u8| **byte & 0xC0 == 0x80;
        let bytes = |range: Range<usize>| line.get(range).unwrap_or_default();
        let mut begin = culprit.start.saturating_sub(AROUND);
        begin += bytes(begin..culprit.start).iter().take_while(within).count();
        let marked = culprit.end.min(culprit.start + AROUND);
        let mut end = line.len().min(marked + AROUND);
        end -= bytes(marked..end).iter().rev().take_while(within).count().min(3);
        let text = |range| String::from_utf8_lossy(bytes(range));
        let (before, inside, behind) = (text(begin..culprit.start), text(culprit.start..marked), text(marked..end));
        let culprit = before.len()..before.len() + inside.len();
        let is_cut = [begin > 0, end < line.len()];
        Self { text: [before, inside, behind].concat(), culprit, is_cut }
    }

    /// As much of it as so many columns hold, the culprit first of all, and where in that the culprit stands, in bytes.
    #[must_use]
    pub fn fit(&self, columns: usize) -> (String, Range<usize>) {
        let cells: Vec<_> = self
            .text
            .char_indices()
            .map(|(at, character)| Cell { shown: shown(character), is_marked: self.culprit.contains(&at) })
            .collect();
        let first = cells.iter().position(|cell| cell.is_marked).unwrap_or(0);
        let (mut window, mut behind) = (VecDeque::new(), cells.iter().skip(first).peekable());
        let mut before = cells.iter().take(first).rev().peekable();
        // Room for the dots where something is left out.
        let (most, mut width) = (columns.saturating_sub(2), 0);
        let mut take = |cell: &Cell, most: usize| {
            let is_room = width + cell.width() <= most;
            width += if is_room { cell.width() } else { 0 };
            is_room
        };
        // A third of the room is for what stands before the culprit; what is left over behind it too.
        while let Some(cell) = before.next_if(|cell| take(cell, most / 3)) {
            window.push_front(cell);
        }
        while let Some(cell) = behind.next_if(|cell| take(cell, most)) {
            window.push_back(cell);
        }
        while let Some(cell) = before.next_if(|cell| take(cell, most)) {
            window.push_front(cell);
        }
        let dots = |is_cut| if is_cut { "…" } else { "" };
        let mut text = dots(self.is_cut[0] || before.peek().is_some()).to_owned();
        let mut range: Option<Range<usize>> = None;
        for cell in window {
            let begin = text.len();
            text.push_str(&cell.shown);
            if cell.is_marked {
                range = Some(range.map_or(begin, |range| range.start)..text.len());
            }
        }
        text.push_str(dots(self.is_cut[1] || behind.peek().is_some()));
        (text, range.unwrap_or(0..0))
    }
}

struct Cell {
    shown: Cow<'static, str>,
    is_marked: bool,
}

impl Cell {
    fn width(&self) -> usize {
        self.shown.chars().map(|character| character.width().unwrap_or(0)).sum()
    }
}

/// A character as a terminal may show it: what can't be seen, and what does something to a terminal, by its number.
fn shown(character: char) -> Cow<'static, str> {
    match character {
        '\t' => " ".into(),
        unseen if is_unseen(unseen) => format!("<U+{:04X}>", u32::from(unseen)).into(),
        other => String::from(other).into(),
    }
}

/// A text as a terminal may show it; its line ends stay.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    let is_plain = |character: char| character == '\n' || !is_unseen(character);
    if text.chars().all(is_plain) {
        return text.into();
    }
    let shown = |character| if character == '\n' { "\n".into() } else { shown(character) };
    text.chars().map(shown).collect::<String>().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    use super::*;

    fn fitted(line: &str, culprit: &str, columns: usize) -> String {
        let begin = line.find(culprit).unwrap();
        let excerpt = Excerpt::of(line.as_bytes(), Some(begin..begin + culprit.len()));
        let (text, range) = excerpt.fit(columns);
        format!("{}[{}]{}", &text[..range.start], &text[range.clone()], &text[range.end..])
    }

    #[test]
    fn a_long_line_is_cut_around_its_culprit() {
        assert_eq!(fitted("abcdef", "cd", 80), "ab[cd]ef");
        let long = format!("{}CULPRIT{}", "a".repeat(5_000), "b".repeat(5_000));
        assert_eq!(fitted(&long, "CULPRIT", 20), "…aaaaaa[CULPRIT]bbbbb…");
        assert_eq!(fitted(&long[..5_007], "CULPRIT", 20), "…aaaaaaaaaaa[CULPRIT]");
        assert_eq!(fitted(&long, &long[5_000..], 12), "…aaa[CULPRIT]…");
        assert_eq!(Excerpt::of(long.as_bytes(), None).fit(9), ("aaaaaaa…".to_owned(), 0..0));
    }

    #[test]
    fn what_can_not_be_seen_is_shown_and_nothing_reaches_a_terminal() {
        assert_eq!(fitted("a\tb\u{202e}c\u{1b}[2J", "c", 80), "a b<U+202E>[c]<U+001B>[2J");
        assert_eq!(visible("a\u{1b}]0;x\u{7}\nb"), "a<U+001B>]0;x<U+0007>\nb");
        // Wide characters take two columns.
        assert_eq!(fitted("日本語日本語", "語", 8), "…本[語]日…");
    }

    proptest! {
        #[test]
        fn an_excerpt_fits_and_marks_what_it_shows(
            line in prop::collection::vec(any::<u8>(), 0..300),
            place in (0_usize..300, 0_usize..300),
            columns in 12_usize..120,
        ) {
            let begin = place.0.min(line.len());
            let end = place.1.clamp(begin, line.len());
            let (text, range) = Excerpt::of(&line, Some(begin..end)).fit(columns);
            prop_assert!(text.width() <= columns, "{text}");
            prop_assert!(text.get(range).is_some());
            prop_assert!(text.chars().all(|character| !is_unseen(character)));
        }
    }
}

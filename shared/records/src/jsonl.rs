//! The lines of an import file: where each one starts and which number it has.

use memchr::{memchr, memchr_iter};

/// A byte order mark, a zero-width space and a word joiner: around a line nobody sees them, and none is part of it.
const UNSEEN: [&[u8]; 3] = [b"\xEF\xBB\xBF", b"\xE2\x80\x8B", b"\xE2\x81\xA0"];

/// A line that isn't blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The number that an editor shows: from 1, blank lines counted.
    pub number: u32,
    /// Where the line starts, in bytes from the start of the file (a byte order mark counted).
    pub offset: usize,
    /// The line without its end (LF, CRLF or CR), and without what nobody sees around it.
    pub bytes: &'a [u8],
    /// The line as it stands in the file, a CR before its LF included.
    pub raw: &'a [u8],
}

/// Splits a file into its lines, blank ones left out.
///
/// Takes LF and CRLF, and needs no line end after the last line. In a file without LF a CR ends a line, as old Macs and some
/// spreadsheets write it. Byte order marks and zero-width characters around a line are no part of it: files that were joined
/// have them anywhere. A line is blank when it holds nothing but those and ASCII white space.
#[must_use]
pub fn lines(file: &[u8]) -> Lines<'_> {
    let end = if has_cr_alone(file) { b'\r' } else { b'\n' };
    // At the start of a file the mark is no part of its first line either.
    let rest = file.strip_prefix(UNSEEN[0]).unwrap_or(file);
    Lines { rest, offset: file.len() - rest.len(), number: 0, end }
}

/// Whether the lines of a file end with CR alone: it has no LF, and a CR between two objects, which JSON never has.
fn has_cr_alone(file: &[u8]) -> bool {
    // No farther than this from it, or a file of blanks would be looked through again and again.
    let near = 64;
    let between = |place: usize| {
        let before = file.get(place.saturating_sub(near)..place).unwrap_or_default();
        let behind = file.get(place..file.len().min(place + near)).unwrap_or_default();
        before.trim_ascii_end().ends_with(b"}") && behind.trim_ascii_start().starts_with(b"{")
    };
    memchr(b'\n', file).is_none() && memchr_iter(b'\r', file).any(between)
}

/// The bytes of a line without a CR at its end and what nobody sees around it.
#[must_use]
pub fn seen(line: &[u8]) -> &[u8] {
    let mut seen = line.strip_suffix(b"\r").unwrap_or(line);
    loop {
        let is_plain = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii);
        if is_plain(seen.first()) && is_plain(seen.last()) {
            return seen;
        }
        let before = seen.len();
        for unseen in UNSEEN {
            seen = seen.strip_prefix(unseen).unwrap_or(seen);
            seen = seen.strip_suffix(unseen).unwrap_or(seen);
        }
        if seen.len() == before {
            return seen;
        }
    }
}

/// The lines of a file, see [`lines`].
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    rest: &'a [u8],
    offset: usize,
    number: u32,
    end: u8,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        while !self.rest.is_empty() {
            let end = memchr(self.end, self.rest).unwrap_or(self.rest.len());
            let (raw, rest) = self.rest.split_at_checked(end)?;
            let offset = self.offset;
            // A file's limit keeps the count of its lines far below `u32::MAX`.
            self.number = self.number.saturating_add(1);
            self.rest = rest.get(1..).unwrap_or_default();
            self.offset += end + (rest.len() - self.rest.len());
            let bytes = seen(raw);
            if !bytes.trim_ascii().is_empty() {
                return Some(Line { number: self.number, offset, bytes, raw });
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(file: &[u8], expected: &[(u32, usize, &str)]) {
        let found: Vec<_> =
            lines(file).map(|line| (line.number, line.offset, str::from_utf8(line.bytes).unwrap())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_line_is_numbered_as_an_editor_does() {
        check(b"a\nb\n", &[(1, 0, "a"), (2, 2, "b")]);
        check(b"a\n\n  \t\nb", &[(1, 0, "a"), (4, 7, "b")]);
    }

    #[test]
    fn the_last_line_needs_no_end() {
        check(b"a", &[(1, 0, "a")]);
        check(b"", &[]);
        check(b"\n\n", &[]);
    }

    #[test]
    fn both_line_ends_are_read() {
        check(b"a\r\n\r\nb\r\nc\r", &[(1, 0, "a"), (3, 5, "b"), (4, 8, "c")]);
    }

    #[test]
    fn marks_and_zero_width_characters_around_a_line_are_no_part_of_it() {
        check(b"\xEF\xBB\xBFa\n", &[(1, 3, "a")]);
        check(b"\xEF\xBB\xBF\na\n", &[(2, 4, "a")]);
        check(b"a\n\xEF\xBB\xBFb", &[(1, 0, "a"), (2, 2, "b")]);
        check("\u{200b}a\u{200b}\r\n\u{2060}\u{feff}b".as_bytes(), &[(1, 0, "a"), (2, 9, "b")]);
        check("\u{feff}\u{feff}a\n\u{200b}\n\u{a0}b".as_bytes(), &[(1, 3, "a"), (3, 12, "\u{a0}b")]);
        check("{\u{200b}}\u{e9}".as_bytes(), &[(1, 0, "{\u{200b}}\u{e9}")]);
    }

    #[test]
    fn cr_alone_ends_a_line_where_no_lf_does() {
        check(b"{1}\r{2}\r{3}\r", &[(1, 0, "{1}"), (2, 4, "{2}"), (3, 8, "{3}")]);
        check(b"{1}\r\r{2},\r[\r", &[(1, 0, "{1}"), (3, 5, "{2},"), (4, 10, "[")]);
        // Within an object it is white space, and beside LF a part of its line.
        check(b"{\"a\":\r{}\r}", &[(1, 0, "{\"a\":\r{}\r}")]);
        check(b"{1}\r{2}\n", &[(1, 0, "{1}\r{2}")]);
    }

    proptest! {
        #[test]
        fn numbering_equals_a_naive_splitter(file in "[ab \r\n\t]{0,80}") {
            let naive: Vec<(u32, &str)> = (1..)
                .zip(file.split('\n'))
                .filter(|(_, line)| !line.trim().is_empty())
                .map(|(number, line)| (number, line.strip_suffix('\r').unwrap_or(line)))
                .collect();
            let found: Vec<_> =
                lines(file.as_bytes()).map(|line| (line.number, str::from_utf8(line.bytes).unwrap())).collect();
            prop_assert_eq!(found, naive);
        }

        #[test]
        fn an_offset_leads_back_to_the_line(file in prop::collection::vec(any::<u8>(), 0..200)) {
            for line in lines(&file) {
                prop_assert!(file[line.offset..].starts_with(line.raw));
                prop_assert!(line.raw.windows(line.bytes.len()).any(|bytes| bytes == line.bytes));
            }
        }
    }
}

//! The lines of an import file: where each one starts and which number it has.

use memchr::memchr;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// A line that isn't blank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The number that an editor shows: from 1, blank lines counted.
    pub number: u32,
    /// Where the line starts, in bytes from the start of the file (a byte order mark counted).
    pub offset: usize,
    /// The line without its end (LF or CRLF).
    pub bytes: &'a [u8],
    /// The line as it stands in the file, a CR at its end included.
    pub raw: &'a [u8],
}

/// Splits a file into its lines, blank ones left out.
///
/// Takes LF and CRLF, drops a byte order mark at the start, and needs no line end after the last line. A line is blank
/// when it holds nothing but ASCII white space.
#[must_use]
pub fn lines(file: &[u8]) -> Lines<'_> {
    let rest = file.strip_prefix(BYTE_ORDER_MARK).unwrap_or(file);
    Lines { rest, offset: file.len() - rest.len(), number: 0 }
}

/// The lines of a file, see [`lines`].
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    rest: &'a [u8],
    offset: usize,
    number: u32,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        while !self.rest.is_empty() {
            let end = memchr(b'\n', self.rest).unwrap_or(self.rest.len());
            let (bytes, rest) = self.rest.split_at_checked(end)?;
            let offset = self.offset;
            // A file's limit keeps the count of its lines far below `u32::MAX`.
            self.number = self.number.saturating_add(1);
            self.rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            self.offset += end + (rest.len() - self.rest.len());
            if !bytes.trim_ascii().is_empty() {
                let raw = bytes;
                return Some(Line { number: self.number, offset, bytes: raw.strip_suffix(b"\r").unwrap_or(raw), raw });
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
    fn a_byte_order_mark_is_dropped_at_the_start_alone() {
        check(b"\xEF\xBB\xBFa\n", &[(1, 3, "a")]);
        check(b"\xEF\xBB\xBF\na\n", &[(2, 4, "a")]);
        check(b"a\n\xEF\xBB\xBFb", &[(1, 0, "a"), (2, 2, "\u{FEFF}b")]);
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
                prop_assert!(line.raw.starts_with(line.bytes));
            }
        }
    }
}

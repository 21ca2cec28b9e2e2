//! The index of a report's error rows: for each row the offset at which it ends, eight bytes big-endian. With it any
//! page of rows is two ranged reads, whatever its offset.

use std::ops::Range;

/// The bytes of an index entry.
const ENTRY: u64 = 8;

/// Writes the index entry of a row that ends at `end`.
#[must_use]
pub const fn index_entry(end: u64) -> [u8; 8] {
    end.to_be_bytes()
}

/// The stretch of the index that says where the rows `first..end` lie: their own entries, and the one before, which
/// ends where the first begins.
#[must_use]
pub fn index_range(rows: Range<u64>) -> Range<u64> {
    if rows.is_empty() { 0..0 } else { rows.start.saturating_sub(1) * ENTRY..rows.end * ENTRY }
}

/// The stretch of the rows that the index stretch of [`index_range`] covers: as many as fit so many bytes, and the first
/// whatever its length. `None` when the index holds no row.
#[must_use]
pub fn rows_range(first: u64, index: &[u8], most: u64) -> Option<Range<u64>> {
    let (entries, _) = index.as_chunks::<8>();
    let mut ends = entries.iter().map(|entry| u64::from_be_bytes(*entry));
    let start = if first == 0 { 0 } else { ends.next()? };
    let end = ends.next()?;
    Some(start..ends.take_while(|end| end.saturating_sub(start) <= most).last().unwrap_or(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_page_of_rows_is_found_through_the_index_as_far_as_it_fits() {
        let rows = ["a\n", "bbb\n", "cc\n", "dddd\n"];
        let (mut file, mut index) = (String::new(), Vec::new());
        for row in rows {
            file.push_str(row);
            index.extend(index_entry(u64::try_from(file.len()).unwrap()));
        }
        let bounds = |range: Range<u64>| usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
        for first in 0..=4 {
            for end in first..=4 {
                let stretch = &index[bounds(index_range(first..end))];
                for most in 0..=15 {
                    let read = rows_range(first, stretch, most).map_or("", |range| &file[bounds(range)]);
                    let mut expected = rows[bounds(first..end)].to_vec();
                    while expected.len() > 1 && expected.concat().len() > usize::try_from(most).unwrap() {
                        expected.pop();
                    }
                    assert_eq!(read, expected.concat(), "{first}..{end}, {most} bytes");
                }
            }
        }
    }
}

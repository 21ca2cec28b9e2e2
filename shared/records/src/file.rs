//! The lines of a file at a first look: where each lies, what it is, which `external_ref` it has. Small and fixed per line:
//! records are built later, a few at a time.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    hash::{BuildHasher, RandomState},
    ops::Deref,
    sync::OnceLock,
};

use hashbrown::{HashTable, hash_table::Entry};

use crate::{
    draft::{Draft, read, read_again},
    envelope::{Outline, outline},
    error::{RecordError, RecordErrorCode},
    failure::{Failure, Reasons},
    fault::FileFault,
    guard::guarded,
    jsonl::{Line, lines},
    limits::MAX_OBJECTS,
    quote::Shown,
    record_type::RecordType,
    side_by_side::side_by_side,
};

/// A line that isn't blank, and how it stands.
#[derive(Debug)]
pub struct FileLine<'a> {
    /// The number that an editor shows: from 1, blank lines counted.
    pub number: u32,
    /// The line without its end (LF, CRLF or CR), and without what nobody sees around it.
    pub bytes: &'a [u8],
    /// The line as it stands in the file, a CR before its LF included.
    pub raw: &'a [u8],
    /// The type of a line that counts as uploaded: well-formed JSON of a known type.
    pub record_type: Option<RecordType>,
    /// The `external_ref` of such a line.
    pub external_ref: Option<Cow<'a, str>>,
    /// The number of the line that had the same type and `external_ref` first.
    pub repeats: Option<u32>,
    /// Whether the line asks for a dry run, which is an option of the whole file.
    pub asks_for_dry_run: bool,
    standing: OnceLock<Standing>,
}

/// What a reference to a settled line leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The line's own object.
    Imported,
    /// The object that was stored before under the line's id.
    Skipped,
    /// Nothing: the line was not imported, for this reason.
    Failed(Failure),
    /// It depends on what is stored, which was not asked.
    Unchecked,
}

impl FileLine<'_> {
    /// Reads the line strictly, as [`read`] does, and notes where its `external_ref` repeats that of an earlier line.
    ///
    /// # Errors
    /// The errors of a line that has no known type, or over which reading panicked.
    pub fn read(&self) -> Result<Draft, Vec<RecordError>> {
        let read = if self.record_type.is_some() { read_again } else { read };
        let mut draft = guarded(|| read(self.bytes)).unwrap_or_else(|error| Err(vec![error]))?;
        if let Some(first) = self.repeats {
            let problem = format!(
                "\"external_ref\" must be unique in the file for each type; line {first} has {} already: give this line \
                 another, or take one of the two away",
                Shown(draft.external_ref().unwrap_or_default())
            );
            draft.fail(RecordErrorCode::DuplicateExternalRef, "external_ref", problem);
        }
        Ok(draft)
    }

    /// How the line stands; nothing before it is settled.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        self.standing.get().copied()
    }

    /// Settles the line. Only the first call counts.
    pub fn settle(&self, standing: Standing) {
        self.standing.get_or_init(|| standing);
    }
}

/// All lines of a file, after a first look.
#[derive(Debug)]
pub struct FileLines<'a> {
    lines: Vec<FileLine<'a>>,
    /// The places of the lines that had their type and `external_ref` first, found by these two.
    by_name: HashTable<usize>,
    hasher: RandomState,
}

impl<'a> FileLines<'a> {
    /// Looks at a file, unpacked, on all processors.
    ///
    /// # Errors
    /// A file without an object, or with more than 50,000, is refused whole.
    pub fn of(file: &'a [u8]) -> Result<Self, FileFault> {
        let mut lines = lines(file);
        let looked_at: Vec<_> = lines.by_ref().take(MAX_OBJECTS).collect();
        match (looked_at.len(), lines.count()) {
            (0, _) => return Err(FileFault::Empty),
            (_, 0) => {}
            (_, more) => return Err(FileFault::TooManyObjects(MAX_OBJECTS + more)),
        }
        let outlines = side_by_side(&looked_at, |lines| lines.iter().map(glance).collect::<Vec<_>>());
        let mut all = Self {
            lines: Vec::with_capacity(looked_at.len()),
            by_name: HashTable::with_capacity(looked_at.len()),
            hasher: RandomState::new(),
        };
        for (line, outline) in looked_at.into_iter().zip(outlines.into_iter().flatten()) {
            all.add(line, outline);
        }
        Ok(all)
    }

    /// The first line of a type with an `external_ref`.
    pub(crate) fn named(&self, record_type: RecordType, external_ref: &str) -> Option<&FileLine<'a>> {
        let name = (record_type, external_ref);
        let place =
            self.by_name.find(self.hasher.hash_one(name), |place| name_at(&self.lines, *place) == Some(name))?;
        self.lines.get(*place)
    }

    /// Adds the next line.
    fn add(&mut self, Line { number, bytes, raw, .. }: Line<'a>, outline: Outline<'a>) {
        let Outline { record_type, external_ref, asks_for_dry_run } = outline;
        let Self { lines, by_name, hasher } = self;
        let first = record_type.zip(external_ref.as_deref()).and_then(|name| {
            let is_same = |place: &usize| name_at(lines, *place) == Some(name);
            let hash_at = |place: &usize| name_at(lines, *place).map_or(0, |name| hasher.hash_one(name));
            match by_name.entry(hasher.hash_one(name), is_same, hash_at) {
                Entry::Occupied(first) => lines.get(*first.get()),
                Entry::Vacant(entry) => {
                    entry.insert(lines.len());
                    None
                }
            }
        });
        let repeats = first.map(|first| first.number);
        let standing = OnceLock::new();
        lines.push(FileLine { number, bytes, raw, record_type, external_ref, repeats, asks_for_dry_run, standing });
    }
}

/// The type and the `external_ref` of a line.
fn name_at<'l>(lines: &'l [FileLine<'_>], place: usize) -> Option<(RecordType, &'l str)> {
    let FileLine { record_type, external_ref, .. } = lines.get(place)?;
    record_type.zip(external_ref.as_deref())
}

impl<'a> Deref for FileLines<'a> {
    type Target = [FileLine<'a>];

    fn deref(&self) -> &[FileLine<'a>] {
        &self.lines
    }
}

/// A line that brings the first look down has no type; reading it in earnest shows what is wrong.
fn glance<'a>(line: &Line<'a>) -> Outline<'a> {
    guarded(|| outline(line.bytes)).unwrap_or_default()
}

impl FileFault {
    /// The fault of a file of which every line was refused, and why they were.
    #[must_use]
    pub fn nothing_imported(lines: &[FileLine<'_>], reasons: Reasons) -> Self {
        // One JSON document over the whole file, as an export tool writes it: "[{…}, {…}]" or a pretty-printed object.
        let begins = |first: &FileLine<'_>| matches!(first.bytes.trim_ascii(), [b'[', ..] | b"{");
        let document = lines.iter().all(|line| line.record_type.is_none()) && lines.first().is_some_and(begins);
        Self::NothingImported { lines: lines.len(), document, reasons }
    }
}

/// Groups lines in the order of need: those of no known type first, then the levels of the types, so that what a line may
/// refer to comes before it. Each group is in the order of the file.
#[must_use]
pub fn by_level<'f, 'a>(lines: &'f [FileLine<'a>]) -> BTreeMap<Option<u8>, Vec<&'f FileLine<'a>>> {
    let mut levels: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for line in lines {
        levels.entry(line.record_type.map(RecordType::level)).or_default().push(line);
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_external_ref_names_the_line_that_had_it_first() {
        let file = b"{\"type\":\"subscription_plan\",\"external_ref\":\"a\"}\n\
            {\"type\":\"subscription_product\",\"external_ref\":\"a\"}\n\n\
            {\"data\":{\"type\":\"subscription_plan\",\"attributes\":{\"external_ref\":\"\\u0061\"}}}\n\
            {\"type\":\"subscription_plan\",\"external_ref\":\"a\"}\n";
        let repeats: Vec<_> = FileLines::of(file).unwrap().iter().map(|line| (line.number, line.repeats)).collect();
        assert_eq!(repeats, [(1, None), (2, None), (4, Some(1)), (5, Some(1))]);
    }

    #[test]
    fn a_file_without_an_object_or_with_too_many_is_refused_whole() {
        assert_eq!(FileLines::of(b"").unwrap_err(), FileFault::Empty);
        assert_eq!(FileLines::of(b"\xEF\xBB\xBF \r\n\t\n").unwrap_err(), FileFault::Empty);
        let full = "x\n".repeat(MAX_OBJECTS);
        assert!(FileLines::of(full.as_bytes()).is_ok());
        let over = full + "\n\nx";
        assert_eq!(FileLines::of(over.as_bytes()).unwrap_err(), FileFault::TooManyObjects(MAX_OBJECTS + 1));
    }

    #[test]
    fn only_the_first_standing_of_a_line_counts() {
        let line = &FileLines::of(b"x").unwrap()[0];
        assert_eq!(line.standing(), None);
        for standing in [Standing::Failed(Failure::Faulty), Standing::Imported] {
            line.settle(standing);
            assert_eq!(line.standing(), Some(Standing::Failed(Failure::Faulty)));
        }
    }
}

//! The file at a first look: where each line lies, what it is, which `external_ref` it has. Small and fixed per line; the
//! objects themselves are built later, a few at a time.

use std::{
    borrow::Cow,
    collections::{HashMap, hash_map::Entry},
    panic::catch_unwind,
    sync::OnceLock,
};

use imports::{import::Import, report::Action};
use records::{
    Outline, RecordId, RecordType,
    jsonl::{Line, MAX_OBJECTS, lines},
    outline,
};

use crate::{fault::FileFault, references::line_id};

/// A line of the file and what has become of it.
#[derive(Debug)]
pub(crate) struct SheetLine<'a> {
    pub(crate) line: Line<'a>,
    pub(crate) record_type: Option<RecordType>,
    pub(crate) external_ref: Option<Cow<'a, str>>,
    /// The number of the line that had the same type and `external_ref` first.
    pub(crate) repeats: Option<u32>,
    /// Nothing as long as its turn has not come.
    pub(crate) fate: OnceLock<Fate>,
}

/// What has become of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Imported(Action),
    Failed,
}

/// All lines of a file that are not blank.
#[derive(Debug)]
pub(crate) struct Sheet<'a> {
    lines: Vec<SheetLine<'a>>,
    named: HashMap<(RecordType, Cow<'a, str>), usize>,
    /// The places of the lines by the ids that their objects get; made when the first id is asked for.
    by_id: OnceLock<HashMap<RecordId, usize>>,
}

impl<'a> Sheet<'a> {
    /// Looks through a file.
    ///
    /// A file without a line, or with more than 50,000, is refused whole.
    pub(crate) fn read(file: &'a [u8]) -> Result<Self, FileFault> {
        let objects = lines(file).count();
        if objects == 0 {
            return Err(FileFault::Empty);
        }
        if objects > MAX_OBJECTS {
            return Err(FileFault::TooManyObjects(objects));
        }
        let mut sheet = Self { lines: Vec::with_capacity(objects), named: HashMap::new(), by_id: OnceLock::new() };
        for line in lines(file) {
            // A line that brings the first look down has no type; reading it in earnest tells what is wrong.
            sheet.add(line, catch_unwind(|| outline(line.bytes)).unwrap_or_default());
        }
        Ok(sheet)
    }

    fn add(&mut self, line: Line<'a>, outline: Outline<'a>) {
        let Outline { record_type, external_ref } = outline;
        let mut repeats = None;
        if let (Some(record_type), Some(external_ref)) = (record_type, &external_ref) {
            match self.named.entry((record_type, external_ref.clone())) {
                Entry::Vacant(free) => {
                    free.insert(self.lines.len());
                }
                Entry::Occupied(first) => repeats = self.lines.get(*first.get()).map(|first| first.line.number),
            }
        }
        self.lines.push(SheetLine { line, record_type, external_ref, repeats, fate: OnceLock::new() });
    }

    /// The lines in the order of the file.
    pub(crate) fn lines(&self) -> &[SheetLine<'a>] {
        &self.lines
    }

    /// The place of the first line that has this type and `external_ref`.
    pub(crate) fn find(&self, record_type: RecordType, external_ref: &str) -> Option<usize> {
        self.named.get(&(record_type, Cow::Borrowed(external_ref))).copied()
    }

    /// The place of the line of this type whose object gets this id in the job.
    pub(crate) fn find_id(&self, import: &Import, record_type: RecordType, id: RecordId) -> Option<usize> {
        let by_id = self.by_id.get_or_init(|| {
            let lines = self.lines.iter().enumerate().filter(|(_, line)| line.repeats.is_none());
            lines.filter_map(|(place, line)| Some((line_id(import, line)?, place))).collect()
        });
        let place = by_id.get(&id).copied()?;
        self.lines.get(place).is_some_and(|line| line.record_type == Some(record_type)).then_some(place)
    }

    /// How many lines have failed.
    pub(crate) fn failed(&self) -> u32 {
        let failed = self.lines.iter().filter(|line| line.fate.get() == Some(&Fate::Failed));
        u32::try_from(failed.count()).unwrap_or(u32::MAX)
    }

    /// Notes what has become of the line at a place. It becomes of a line but once.
    pub(crate) fn settle(&self, place: usize, fate: Fate) {
        if let Some(line) = self.lines.get(place) {
            line.fate.get_or_init(|| fate);
        }
    }
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
        let sheet = Sheet::read(file).unwrap();
        let repeats: Vec<_> = sheet.lines().iter().map(|line| (line.line.number, line.repeats)).collect();
        assert_eq!(repeats, [(1, None), (2, None), (4, Some(1)), (5, Some(1))]);
        assert_eq!(sheet.find(RecordType::SubscriptionPlan, "a"), Some(0));
        assert_eq!(sheet.find(RecordType::SubscriptionProduct, "a"), Some(1));
        assert_eq!(sheet.find(RecordType::SubscriptionOffering, "a"), None);
    }

    #[test]
    fn a_file_without_an_object_or_with_too_many_is_refused_whole() {
        assert_eq!(Sheet::read(b"").unwrap_err(), FileFault::Empty);
        assert_eq!(Sheet::read(b"\xEF\xBB\xBF \r\n\t\n").unwrap_err(), FileFault::Empty);
        let full = "x\n".repeat(MAX_OBJECTS);
        assert!(Sheet::read(full.as_bytes()).is_ok());
        let over = full + "\n\nx";
        assert_eq!(Sheet::read(over.as_bytes()).unwrap_err(), FileFault::TooManyObjects(MAX_OBJECTS + 1));
    }
}

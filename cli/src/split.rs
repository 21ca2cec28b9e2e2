//! A file of more objects than a job takes, as several.

use std::{borrow::Cow, collections::BTreeMap};

use records::{
    FileFault, RecordType,
    jsonl::{Line, lines},
    limits::{MAX_FILE_BYTES, MAX_OBJECTS},
    outline,
    unpack::Unpacker,
};

/// How much a part may hold.
#[derive(Clone, Copy, Debug)]
struct Limits {
    objects: usize,
    bytes: usize,
}

const LIMITS: Limits = Limits { objects: MAX_OBJECTS, bytes: MAX_FILE_BYTES };

/// A file in parts, each of which a job takes. What others refer to comes in the same part or an earlier one.
///
/// A part has its lines where the file has them, and blank lines for all others: so whatever is said of a line of a part, by this
/// tool or by the service, has the number that the line has in the file.
#[derive(Debug)]
pub(crate) struct Split<'f> {
    parts: Vec<Vec<Line<'f>>>,
}

/// A part of a file.
pub(crate) struct Part {
    pub(crate) bytes: Vec<u8>,
    /// How many of its objects have no `external_ref`: sent again, each is another one.
    pub(crate) nameless: usize,
}

impl<'f> Split<'f> {
    /// Splits a file, unpacked. One that a job takes whole is one part.
    pub(crate) fn of(file: &'f [u8]) -> Self {
        Self::within(file, LIMITS)
    }

    fn within(file: &'f [u8], limits: Limits) -> Self {
        let mut levels: BTreeMap<Option<u8>, Vec<Line<'f>>> = BTreeMap::new();
        for line in lines(file) {
            let level = outline(line.bytes).record_type.map(RecordType::level);
            levels.entry(level).or_default().push(line);
        }
        let last = levels.values().flatten().map(|line| line.number).max().unwrap_or_default();
        // Each line that a part leaves blank takes a byte there.
        let room = limits.bytes.saturating_sub(usize::try_from(last).unwrap_or(usize::MAX));
        let mut parts: Vec<Vec<Line<'f>>> = Vec::new();
        let mut bytes = 0;
        for line in levels.into_values().flatten() {
            match parts.last_mut() {
                Some(part) if part.len() < limits.objects && bytes + line.raw.len() <= room => part.push(line),
                _ => {
                    bytes = 0;
                    parts.push(vec![line]);
                }
            }
            bytes += line.raw.len();
        }
        for part in &mut parts {
            part.sort_unstable_by_key(|line| line.number);
        }
        Self { parts }
    }

    /// How many jobs it takes.
    pub(crate) fn len(&self) -> usize {
        self.parts.len()
    }

    /// The parts, in the order in which they have to be sent, each made as it is asked for.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Part> {
        self.parts.iter().map(|lines| {
            let (mut part, mut number) = (Vec::new(), 1);
            let outlines = lines.iter().map(|line| outline(line.bytes));
            let nameless = outlines.filter(|line| line.record_type.is_some() && line.external_ref.is_none()).count();
            for line in lines {
                part.extend((number..line.number).map(|_| b'\n'));
                part.extend_from_slice(line.raw);
                part.push(b'\n');
                number = line.number + 1;
            }
            Part { bytes: part, nameless }
        })
    }
}

/// Unpacks what is packed. A file that is not may be of any size: it is split.
pub(crate) fn unpacked(file: &[u8]) -> Result<Cow<'_, [u8]>, FileFault> {
    if !file.starts_with(&[0x1f, 0x8b]) {
        return Ok(file.into());
    }
    let mut unpacker = Unpacker::default();
    unpacker.take(file);
    unpacker.finish().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A line of some type or none, blank ones among them.
    fn line() -> impl Strategy<Value = String> {
        let record = (0..RecordType::ALL.len(), 0_usize..30).prop_map(|(kind, length)| {
            format!("{{\"type\":\"{}\",\"name\":\"{}\"}}", RecordType::ALL[kind].as_str(), "x".repeat(length))
        });
        prop_oneof![5 => record, 1 => "[ \t]{0,3}", 1 => "[a-z{}]{1,9}"]
    }

    fn level(line: &Line<'_>) -> Option<u8> {
        outline(line.bytes).record_type.map(RecordType::level)
    }

    proptest! {
        #[test]
        fn every_line_is_in_one_part_under_its_number_and_what_it_needs_is_not_in_a_later_one(
            file in prop::collection::vec(line(), 0..60),
            end in prop_oneof![Just("\n"), Just("\r\n")],
            mark in prop_oneof![Just(""), Just("\u{feff}")],
            objects in 1_usize..20,
            bytes in 200_usize..1_500,
        ) {
            let file = mark.to_owned() + &file.join(end);
            let split = Split::within(file.as_bytes(), Limits { objects, bytes });
            let parts: Vec<_> = split.parts().map(|part| part.bytes).collect();
            let whole: Vec<_> = lines(file.as_bytes()).map(|line| (line.number, line.raw)).collect();
            let mut found: Vec<_> = parts.iter().flat_map(|part| lines(part)).map(|line| (line.number, line.raw)).collect();
            found.sort_unstable();
            prop_assert_eq!(found, whole);
            let mut before = None;
            for part in &parts {
                prop_assert!(lines(part).count() <= objects && part.len() <= bytes);
                let levels: Vec<_> = lines(part).map(|line| level(&line)).collect();
                prop_assert!(levels.iter().all(|level| *level >= before));
                before = levels.into_iter().max().flatten().max(before);
            }
        }
    }

    #[test]
    fn a_file_that_a_job_takes_is_one_part_and_a_longer_one_more() {
        let line = "{\"type\":\"subscription_product\"}\n";
        for (objects, parts) in [(0, 0), (1, 1), (MAX_OBJECTS, 1), (MAX_OBJECTS + 1, 2)] {
            let file = line.repeat(objects);
            let split = Split::of(file.as_bytes());
            assert_eq!((split.parts.len(), split.parts().count()), (parts, parts));
        }
    }
}

//! The check of a whole file, without a store and without writing.

use std::{collections::BTreeMap, sync::LazyLock};

use crate::{
    draft::Record,
    error::RecordError,
    failure::{Failure, Reasons},
    fault::FileFault,
    file::{FileLine, FileLines, Standing, by_level},
    kept::Room,
    record_type::RecordType,
    reference::Reference,
    references::{Ids, References, Stored},
    side_by_side::side_by_side,
    warning::RecordWarning,
};

/// How many lines are read ahead of who asks for the rows.
const AHEAD: usize = 1_024;

/// How many bytes of memory copies of referred objects may take. What is more is built again.
const MOST_COPIES: usize = 32 << 20;

/// How many bytes of memory may be kept of what is to be said of lines. What is more is found again.
const MOST_REPORTED: usize = 4 << 20;

/// A file that was checked: how many of its lines are good, and what is to be said of the others.
#[derive(Debug)]
pub struct Checked<'a> {
    lines: FileLines<'a>,
    /// By type, those that the file has; `None` for lines of no known type.
    pub counts: BTreeMap<Option<RecordType>, Counts>,
    /// Why the bad ones are bad.
    reasons: Reasons,
    /// The lines of which something is to be said, and what, as long as there was room for it.
    reported: BTreeMap<u32, Option<Judged>>,
    /// The first line that may be imported without an `external_ref`.
    unnamed: Option<u32>,
    is_strict: bool,
}

/// How many lines there are. Each is one of good, bad and unchecked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub total: u32,
    /// Lines that are right, and refer to nothing but right lines of the file.
    pub good: u32,
    /// Lines that have errors, whatever is stored.
    pub bad: u32,
    /// Lines without an error of which a reference, or that of a line they refer to, is unchecked.
    pub unchecked: u32,
}

/// A line that is not good, or of which something is to be said all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedLine<'a> {
    pub line: u32,
    pub record_type: Option<RecordType>,
    pub external_ref: Option<&'a str>,
    /// What is wrong with it; empty where something is unchecked and nothing wrong.
    pub errors: Vec<RecordError>,
    pub unchecked: Vec<Unchecked>,
    /// What is noticed of a line that is not bad.
    pub warnings: Vec<RecordWarning>,
    /// The line as it stands in the file.
    pub raw: &'a [u8],
}

/// A reference of which the file alone does not say whether it is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unchecked {
    pub reference: Reference,
    /// The line that it names, which is unchecked itself; `None` where it may be an id, or name a stored object.
    pub line: Option<u32>,
}

/// Checks a file, unpacked, by the rules, the limits and the order of an import.
///
/// Every line gets the errors that an import gives it, except for what only the store, the job or the database knows:
///
/// - A reference that names no line by `external_ref` is [unchecked](CheckedLine::unchecked), as is one to an unchecked line.
///   Ids too are unchecked: those of the file's own objects depend on the store and the job. An import finds an object, or
///   says `reference_not_found` or `reference_failed`.
/// - So is a part of an offering that is named by what may be an id, unless it is the `external_ref` of such a part. Of a line
///   with something unchecked no more is judged of what is chosen, configured and associated: an import may say
///   `plan_not_in_offering`, `pricing_option_not_in_offering`, `feature_not_in_offering`, `required`, `conflicting`, `not_allowed`.
/// - Of a line with something unchecked the size and depth of the whole object are not judged: an import may say `too_large`,
///   `too_deep`. Where the copies that are known are too large by themselves both say `too_large`, perhaps of another size.
/// - `already_exists`, and what follows from it: lines that refer to that line (`reference_failed`) and, where stored objects are
///   skipped, a `plan_not_in_offering` of the stored offering.
/// - Where anything is unchecked, what a `reference_failed` and the [fault](Checked::fault) say of other lines' reasons: an import may
///   know more of these.
/// - `refused_by_database`, `cancelled`, `given_up`, `invalid_option`, `file_missing`.
/// - On a line with so many errors that not all are shown, how many more there are: unchecked references are not among them.
/// - Of a line with something unchecked the warnings about its prices; and which of such lines is the first without an
///   `external_ref`, of which all are warned.
///
/// Memory: the lines at a first look; copies of referred objects, and what is to be said of lines, each up to a bound. Copies beyond
/// it are built again, and lines are read again by [`Checked::rows`]. All processors are used.
///
/// # Errors
/// A file without an object, or with more than 50,000.
pub fn check(file: &[u8]) -> Result<Checked<'_>, FileFault> {
    Checked::of(file, false)
}

/// Checks a file as [`check`] does, and as an import with `unknown=refuse`: what nothing reads is an error.
///
/// # Errors
/// A file without an object, or with more than 50,000.
pub fn check_strictly(file: &[u8]) -> Result<Checked<'_>, FileFault> {
    Checked::of(file, true)
}

impl<'a> Checked<'a> {
    fn of(file: &'a [u8], is_strict: bool) -> Result<Self, FileFault> {
        let lines = FileLines::of(file)?;
        let (mut found, room) = (Findings::default(), Room::of(MOST_REPORTED));
        let references = references(&lines);
        for level in by_level(&lines).into_values() {
            let found_by = |lines: &[&FileLine<'_>]| Findings::of(lines, &references, is_strict, &room);
            for others in side_by_side(&level, found_by) {
                found.merge(others);
            }
        }
        references.end();
        let Findings { counts, reasons, mut reported } = found;
        let unnamed = unnamed(&lines);
        if let Some(line) = unnamed {
            reported.entry(line).or_default();
        }
        Ok(Checked { lines, counts, reasons, reported, unnamed, is_strict })
    }
}

impl Checked<'_> {
    /// The sum over all types.
    #[must_use]
    pub fn total(&self) -> Counts {
        self.counts.values().fold(Counts::default(), |sum, counts| sum.plus(*counts))
    }

    /// What is wrong with the file as a whole: that every line is bad.
    #[must_use]
    pub fn fault(&self) -> Option<FileFault> {
        let Counts { total, bad, .. } = self.total();
        (bad == total).then(|| FileFault::nothing_imported(&self.lines, self.reasons.clone()))
    }

    /// The lines that are not good or have warnings, in the order of the file. Where there was more to be said than is kept, the
    /// line is read again as it comes.
    pub fn rows(&self) -> impl Iterator<Item = CheckedLine<'_>> {
        let references = LazyLock::new(|| references(&self.lines));
        let line = |number| self.lines.binary_search_by_key(&number, |line| line.number).ok();
        let reported =
            self.reported.iter().filter_map(|(number, judged)| Some((self.lines.get(line(*number)?)?, judged)));
        let reported: Vec<_> = reported.collect();
        let ahead = (0..reported.len()).step_by(AHEAD).map(move |first| {
            let some = reported.get(first..reported.len().min(first + AHEAD)).unwrap_or_default();
            let judged = |(line, judged): &(&FileLine<'_>, &Option<Judged>)| match judged {
                Some(judged) => judged.clone(),
                None => judge(line, &references, self.is_strict).0,
            };
            let judged = side_by_side(some, |some| some.iter().map(judged).collect::<Vec<_>>()).into_iter().flatten();
            some.iter().zip(judged).map(|((line, _), judged)| row(line, judged, self.unnamed)).collect::<Vec<_>>()
        });
        ahead.flatten()
    }
}

/// The first line that may be imported without an `external_ref`.
fn unnamed(lines: &[FileLine<'_>]) -> Option<u32> {
    let is_unnamed = |line: &&FileLine<'_>| line.record_type.is_some() && line.external_ref.is_none();
    let is_good = |line: &&FileLine<'_>| !matches!(line.standing(), Some(Standing::Failed(_)));
    lines.iter().filter(is_unnamed).find(is_good).map(|line| line.number)
}

fn row<'f>(line: &'f FileLine<'_>, judged: Judged, unnamed: Option<u32>) -> CheckedLine<'f> {
    let Judged { errors, unchecked, mut warnings } = judged;
    if unnamed == Some(line.number) {
        warnings.push(RecordWarning::no_external_ref());
    }
    CheckedLine {
        line: line.number,
        record_type: line.record_type,
        external_ref: line.external_ref.as_deref(),
        errors,
        unchecked,
        warnings,
        raw: line.raw,
    }
}

/// What some lines came to.
#[derive(Default)]
struct Findings {
    counts: BTreeMap<Option<RecordType>, Counts>,
    reasons: Reasons,
    reported: BTreeMap<u32, Option<Judged>>,
}

impl Findings {
    /// Judges lines and settles them.
    fn of(lines: &[&FileLine<'_>], references: &References<'_>, is_strict: bool, room: &Room) -> Self {
        let mut found = Self::default();
        for line in lines {
            let (judged, record) = judge(line, references, is_strict);
            let standing = judged.standing();
            found.reasons.add(line.number, &judged.errors);
            line.settle(standing);
            if let Some(record) = &record {
                references.keep(line, record);
            }
            let weight = judged.weight();
            if weight > 0 {
                found.reported.insert(line.number, room.takes(weight).then_some(judged));
            }
            found.counts.entry(line.record_type).or_default().add(standing);
        }
        found
    }

    fn merge(&mut self, others: Self) {
        for (record_type, counts) in others.counts {
            let sum = self.counts.entry(record_type).or_default();
            *sum = sum.plus(counts);
        }
        self.reasons.merge(others.reasons);
        self.reported.extend(others.reported);
    }
}

impl Counts {
    const fn plus(self, other: Self) -> Self {
        Self {
            total: self.total + other.total,
            good: self.good + other.good,
            bad: self.bad + other.bad,
            unchecked: self.unchecked + other.unchecked,
        }
    }

    fn add(&mut self, standing: Standing) {
        self.total += 1;
        match standing {
            Standing::Imported | Standing::Skipped => self.good += 1,
            Standing::Failed(_) => self.bad += 1,
            Standing::Unchecked => self.unchecked += 1,
        }
    }
}

/// What is to be said of a line.
#[derive(Clone, Debug)]
struct Judged {
    errors: Vec<RecordError>,
    unchecked: Vec<Unchecked>,
    warnings: Vec<RecordWarning>,
}

impl Judged {
    /// How many bytes of memory it takes, about; none where there is nothing to be said.
    fn weight(&self) -> usize {
        let errors = self.errors.iter().map(|error| size_of_val(error) + error.field.len() + error.problem.len());
        let warnings =
            self.warnings.iter().map(|warning| size_of_val(warning) + warning.field.len() + warning.problem.len());
        let unchecked = self
            .unchecked
            .iter()
            .map(|Unchecked { reference, .. }| size_of::<Unchecked>() + reference.path.len() + reference.text.len());
        errors.chain(warnings).chain(unchecked).sum()
    }

    fn standing(&self) -> Standing {
        match (self.errors.is_empty(), self.unchecked.is_empty()) {
            (false, _) => Standing::Failed(Failure::of(&self.errors)),
            (true, false) => Standing::Unchecked,
            (true, true) => Standing::Imported,
        }
    }
}

fn references<'f>(lines: &'f FileLines<'f>) -> References<'f> {
    References::of(lines, Ids::Unknown).keeping(MOST_COPIES)
}

/// What is to be said of a line, and the record that it makes.
fn judge(line: &FileLine<'_>, references: &References<'_>, is_strict: bool) -> (Judged, Option<Record>) {
    let mut draft = match line.read() {
        Ok(draft) => draft,
        Err(errors) => return (Judged { errors, unchecked: Vec::new(), warnings: Vec::new() }, None),
    };
    if is_strict {
        draft.refuse_warnings();
    }
    let mut warnings = draft.take_warnings();
    let id = references.ids().of_draft(&draft, line);
    let names = draft.names_by_id();
    let looked_up = draft.look_up(|reference| references.resolve(reference, &mut |_| Stored::Unknown));
    let unchecked = |reference: &Reference| {
        let line = references.line(reference).map(|line| line.number);
        Unchecked { line, reference: reference.clone() }
    };
    let mut unchecked: Vec<_> = looked_up.unknown().map(unchecked).collect();
    let (record, mut errors) = match looked_up.resolve(id) {
        Ok(record) => (record, Vec::new()),
        Err(errors) => (None, errors),
    };
    warnings.extend(record.iter().filter_map(Record::warning).cloned());
    for name in names {
        let is_of = |error: &RecordError| error.code.is_not_in_offering() && error.field == name.path;
        if let Some(place) = errors.iter().position(is_of) {
            errors.remove(place);
            unchecked.push(Unchecked { reference: name, line: None });
        }
    }
    if !errors.is_empty() {
        warnings.clear();
    }
    (Judged { errors, unchecked, warnings }, record)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    /// The lines of a file that are not good: their errors, and what is unchecked.
    fn rows(checked: &Checked<'_>) -> String {
        let unchecked = |Unchecked { reference, line }: &Unchecked| {
            let named = line.map(|line| format!(" of line {line}")).unwrap_or_default();
            format!("{}: unchecked{named}: {}", reference.path, reference.text)
        };
        let row = |row: CheckedLine<'_>| {
            let errors = row.errors.iter().map(RecordError::detail);
            errors.chain(row.unchecked.iter().map(unchecked)).fold(String::new(), |text, problem| {
                let (number, external_ref) = (row.line, row.external_ref.unwrap_or_default());
                format!("{text}{number} {external_ref}: {problem}\n")
            })
        };
        checked.rows().map(row).collect()
    }

    #[test]
    fn references_to_stored_objects_and_what_depends_on_them_are_unchecked() {
        let file = r#"{"type":"subscription","offering_external_ref":"stored","plan_id":"anything",$rest}
            {"type":"subscription","offering_external_ref":"box","plan_id":"monthly",$rest}
            {"type":"subscription","offering_external_ref":"all here","plan_id":"yearly",$rest}
            {"type":"subscription","offering_external_ref":"all here","plan_id":"$id",$rest}
            {"type":"subscription","offering_external_ref":"all here","plan_id":"monthly",$rest}
            {"type":"subscription_offering","external_ref":"box","name":"Box","products":["tea","mug"],"plans":["monthly"]}
            {"type":"subscription_offering","external_ref":"bad","name":"B","products":["tea","mug"],"plans":["monthly"]}
            {"type":"subscription_offering","external_ref":"all here","name":"Box","products":["tea"],"plans":["monthly"]}
            {"type":"subscription_product","external_ref":"tea","name":"Tea"}
            {"type":"subscription_plan","external_ref":"monthly","name":"Monthly","billing_interval_type":"month","billing_frequency":1,"plan_length":12,"end_behavior":"roll","can_pause":true,"can_resume":true,"can_cancel":false}
            {"#
            .replace(
                "$rest",
                r#""account_id":"$id","currency":"USD","name":"Ada","email":"ada@example.com","manual_payments":false"#,
            )
            .replace("$id", "550e8400-e29b-41d4-a716-446655440000");
        let checked = check(file.as_bytes()).unwrap();
        assert_snapshot!(rows(&checked), @r#"
        1 : offering_external_ref: unchecked: stored
        2 : offering_external_ref: unchecked of line 6: box
        3 : plan_id: none of the offering's plans has this id or external_ref: "yearly"; it has "monthly"
        4 : plan_id: unchecked: 550e8400-e29b-41d4-a716-446655440000
        6 box: products[1]: unchecked: mug
        7 bad: name: "name" must be 3 to 1024 characters long, "B" has 1: make it longer by 2
        7 bad: products[1]: unchecked: mug
        11 : not JSON: the line ends before its object does: the bracket at character 13 is not closed; an object stands in one line, from { to }
        "#);
        assert_eq!(checked.total(), Counts { total: 11, good: 4, bad: 3, unchecked: 4 });
        assert_eq!(checked.fault(), None);
    }

    #[test]
    fn the_first_line_of_a_reason_is_that_of_the_file_in_whatever_order_lines_are_read() {
        let of =
            |record_type: &str| format!("{{\"type\":\"{record_type}\",\"name\":\"T\",\"products\":[],\"plans\":[]}}\n");
        // Offerings are read after products, and both in pieces.
        let file = of("subscription_offering") + &of("subscription_product").repeat(1_000);
        let checked = check(file.as_bytes()).unwrap();
        let Some(FileFault::NothingImported { lines: 1_001, reasons, .. }) = checked.fault() else { panic!() };
        assert!(reasons.to_string().starts_with("(all: too short or too long); line 1: "), "{reasons}");
    }

    #[test]
    fn of_lines_of_which_there_is_too_much_to_say_all_is_said_in_the_end() {
        let name = "n".repeat(1_000);
        let line =
            format!("{{\"type\":\"subscription_product\",\"external_ref\":\"$\",\"name\":\"Tea\",\"{name}\":1}}\n");
        let file: String = (0..20_000).map(|number| line.replace('$', &number.to_string())).collect();
        let checked = check(file.as_bytes()).unwrap();
        let is_kept = |judged: &&Option<Judged>| judged.is_some();
        let kept = checked.reported.values().filter(is_kept).count();
        assert!((1_000..20_000).contains(&kept), "{kept}");
        let rows: Vec<_> = checked.rows().map(|row| (row.line, row.warnings)).collect();
        let warnings = &rows[0].1;
        assert_eq!(warnings.len(), 1);
        assert!(rows.iter().zip(1..).all(|((line, warned), number)| *line == number && warned == warnings), "{rows:?}");
        assert_eq!(rows.len(), 20_000);
    }

    #[test]
    fn a_file_of_bad_lines_alone_is_at_fault_as_a_whole() {
        let checked = check(b"[\n]\n").unwrap();
        let Some(FileFault::NothingImported { lines: 2, document: true, reasons }) = checked.fault() else { panic!() };
        assert!(
            reasons.to_string().starts_with("(all: not JSON); line 1: not JSON: the file is one JSON list"),
            "{reasons}"
        );
        assert_eq!(check(b"\n").unwrap_err(), FileFault::Empty);
    }
}

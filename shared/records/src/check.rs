//! The check of a whole file, without a store and without writing.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::{
    error::RecordError,
    failure::{Failure, Reasons},
    fault::FileFault,
    file::{FileLine, FileLines, Standing, by_level},
    record_type::RecordType,
    reference::Reference,
    references::{Ids, References, Stored},
    store::StoreId,
};

/// A file that was checked: how many of its lines are good, and what is to be said of the others.
#[derive(Debug)]
pub struct Checked<'a> {
    lines: Vec<FileLine<'a>>,
    /// By type, those that the file has; `None` for lines of no known type.
    pub counts: BTreeMap<Option<RecordType>, Counts>,
    /// Why the bad ones are bad.
    reasons: Reasons,
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

/// A line that is not good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedLine<'a> {
    pub line: u32,
    pub record_type: Option<RecordType>,
    pub external_ref: Option<&'a str>,
    /// What is wrong with it; empty where something is unchecked and nothing wrong.
    pub errors: Vec<RecordError>,
    pub unchecked: Vec<Unchecked>,
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
///
/// Memory: the lines at a first look, and copies of referred objects up to a bound. Errors are not kept but found again by
/// [`Checked::rows`].
///
/// # Errors
/// A file without an object, or with more than 50,000.
pub fn check(file: &[u8]) -> Result<Checked<'_>, FileFault> {
    let lines: Vec<_> = FileLines::of(file)?.collect();
    let (mut counts, mut reasons): (BTreeMap<_, Counts>, _) = (BTreeMap::new(), Reasons::default());
    let references = references(&lines);
    for line in by_level(&lines).into_values().flatten() {
        let judged = judge(line, &references);
        let standing = judged.standing();
        reasons.add(line.number, &judged.errors);
        line.settle(standing);
        counts.entry(line.record_type).or_default().add(standing);
    }
    drop(references);
    Ok(Checked { lines, counts, reasons })
}

impl Checked<'_> {
    /// The sum over all types.
    #[must_use]
    pub fn total(&self) -> Counts {
        self.counts.values().fold(Counts::default(), |sum, counts| Counts {
            total: sum.total + counts.total,
            good: sum.good + counts.good,
            bad: sum.bad + counts.bad,
            unchecked: sum.unchecked + counts.unchecked,
        })
    }

    /// What is wrong with the file as a whole: that every line is bad.
    #[must_use]
    pub fn fault(&self) -> Option<FileFault> {
        let Counts { total, bad, .. } = self.total();
        (bad == total).then(|| FileFault::nothing_imported(&self.lines, self.reasons.clone()))
    }

    /// The lines that are not good, in the order of the file. Each is read again as it comes.
    pub fn rows(&self) -> impl Iterator<Item = CheckedLine<'_>> {
        let references = references(&self.lines);
        let others = self.lines.iter().filter(|line| line.standing() != Some(Standing::Imported));
        others.map(move |line| {
            let Judged { errors, unchecked } = judge(line, &references);
            let external_ref = line.external_ref.as_deref();
            CheckedLine { line: line.number, record_type: line.record_type, external_ref, errors, unchecked }
        })
    }
}

impl Counts {
    fn add(&mut self, standing: Standing) {
        self.total += 1;
        match standing {
            Standing::Imported | Standing::Skipped => self.good += 1,
            Standing::Failed(_) => self.bad += 1,
            Standing::Unchecked => self.unchecked += 1,
        }
    }
}

struct Judged {
    errors: Vec<RecordError>,
    unchecked: Vec<Unchecked>,
}

impl Judged {
    fn standing(&self) -> Standing {
        match (self.errors.is_empty(), self.unchecked.is_empty()) {
            (false, _) => Standing::Failed(Failure::of(&self.errors)),
            (true, false) => Standing::Unchecked,
            (true, true) => Standing::Imported,
        }
    }
}

/// With ids that no reference names: whatever is looked up by an id is unknown.
fn references<'f>(lines: &'f [FileLine<'f>]) -> References<'f> {
    References::of(lines, Ids { store: StoreId::none(), import: Uuid::nil() })
}

fn judge(line: &FileLine<'_>, references: &References<'_>) -> Judged {
    let draft = match line.read() {
        Ok(draft) => draft,
        Err(errors) => return Judged { errors, unchecked: Vec::new() },
    };
    let id = references.ids().of_draft(&draft, line);
    let names = draft.names_by_id();
    let looked_up = draft.look_up(|reference| references.resolve(reference, &mut |_| Stored::Unknown));
    let unchecked = |reference: &Reference| {
        let line = references.line(reference).map(|line| line.number);
        Unchecked { line, reference: reference.clone() }
    };
    let mut unchecked: Vec<_> = looked_up.unknown().map(unchecked).collect();
    let mut errors = looked_up.resolve(id).err().unwrap_or_default();
    for name in names {
        let is_of = |error: &RecordError| error.code.is_not_in_offering() && error.field == name.path;
        if let Some(place) = errors.iter().position(is_of) {
            errors.remove(place);
            unchecked.push(Unchecked { reference: name, line: None });
        }
    }
    Judged { errors, unchecked }
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

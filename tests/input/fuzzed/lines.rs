//! Reading lines: every byte belongs to one line, every line is read or explained, and what was read is written back whole.

use std::sync::Arc;

use records::{
    LookUp, Record, RecordError, RecordErrorCode, RecordId, RecordType, Reference, Resolution, Snapshot,
    json::{self, Json, Object},
    jsonl::{Line, lines},
    limits::MAX_ERRORS,
    outline, read,
};

/// Splits a file and reads each of its lines.
pub(crate) fn check(file: &[u8]) {
    let mut behind = 0;
    let mut number = 1;
    // CR alone ends a line only where no LF does.
    let end = if file.contains(&b'\n') { b'\n' } else { b'\r' };
    for line in lines(file) {
        assert!(line.offset >= behind && file[line.offset..].starts_with(line.raw), "{line:?}");
        check_gap(&file[behind..line.offset]);
        let ends = file[behind..line.offset].split(|byte| *byte == end).skip(1);
        number += u32::try_from(ends.count()).unwrap();
        assert_eq!(line.number, number, "as an editor numbers lines");
        behind = line.offset + line.raw.len();
        check_line(&line);
    }
    check_gap(&file[behind..]);
}

/// What lies between lines is blank, but for what nobody sees.
fn check_gap(gap: &[u8]) {
    let is_unseen = |letter: char| letter.is_ascii_whitespace() || "\u{feff}\u{200b}\u{2060}".contains(letter);
    assert!(String::from_utf8_lossy(gap).chars().all(is_unseen), "bytes that belong to no line: {gap:?}");
}

fn check_line(line: &Line<'_>) {
    let at_a_look = outline(line.bytes);
    match read(line.bytes) {
        Err(errors) => {
            assert_eq!(at_a_look.record_type, None);
            check_errors(line.bytes, &errors);
        }
        Ok(draft) => {
            assert_eq!(at_a_look.record_type, Some(draft.record_type()), "both looks see one type");
            let id = RecordId::parse("00000000-0000-4000-8000-000000000000").unwrap();
            let looked_up = [draft.clone().look_up(stand_in), draft.look_up(|_| Resolution::Missing)];
            for looked_up in looked_up {
                match looked_up.resolve(id).map(Option::unwrap) {
                    Ok(record) => {
                        assert_eq!(at_a_look.external_ref.as_deref(), record.external_ref(), "both looks see one name");
                        check_again(&record);
                    }
                    Err(errors) => check_errors(line.bytes, &errors),
                }
            }
        }
    }
}

/// Something small to put in the place of a reference.
fn stand_in(reference: &Reference) -> Resolution {
    let id = RecordId::parse("00000000-0000-4000-8000-000000000001").unwrap();
    let mut attributes = Object::new();
    if reference.record_type == RecordType::SubscriptionOffering {
        let parts = |names: &[&str]| -> Vec<Json> { names.iter().map(|name| part(id, name)).collect() };
        attributes.insert("plans", parts(&["monthly", "small"]));
        // Of the offerings that the seeds name, this one is made of products.
        if reference.text != "box" {
            attributes.insert("pricing_options", parts(&["monthly", "other"]));
        }
    }
    let name = (reference.look_up != LookUp::Id).then(|| reference.text.clone());
    Resolution::Found(Arc::new(Snapshot::new(id, reference.record_type, name, attributes)))
}

/// A plan or a pricing option of an offering.
fn part(id: RecordId, external_ref: &str) -> Json {
    let mut part = Object::new();
    part.insert("id", id.to_string());
    part.insert("external_ref", external_ref);
    part.insert("attributes", Object::new());
    part.into()
}

/// A record is read again from what is written of it.
fn check_again(record: &Record) {
    let written = Json::from(record.attributes().clone()).to_string();
    let again = json::read(&written, &mut |error| panic!("{} of {written}", error.reason));
    assert_eq!(again.as_ref(), Some(record.attributes()), "{written}");
    assert!(record.external_ref().is_none_or(|name| (1..=2048).contains(&name.chars().count())));
}

fn check_errors(line: &[u8], errors: &[RecordError]) {
    assert!((1..=MAX_ERRORS).contains(&errors.len()), "{} errors", errors.len());
    for error in errors {
        assert!(!error.problem.is_empty());
        assert!(error.detail().starts_with(&error.field));
        assert!(error.blocked_by.is_none());
        let place = match error.code {
            RecordErrorCode::NotJson | RecordErrorCode::NotUtf8 => number_after(&error.problem, " character "),
            RecordErrorCode::Internal => panic!("{error:?}"),
            _ => continue,
        };
        assert!(place <= line.len() + 1, "{error:?} lies outside of a line of {} bytes", line.len());
    }
}

/// The first number that stands in a text behind some words, 0 where none does.
fn number_after(text: &str, words: &str) -> usize {
    let digits = text.split_once(words).map_or("", |(_, behind)| behind);
    digits.split(|other: char| !other.is_ascii_digit()).next().unwrap().parse().unwrap_or(0)
}

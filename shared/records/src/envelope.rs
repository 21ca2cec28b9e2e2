//! What stands around a record's attributes: `{"data":{"type":"…","attributes":{…}}}`, and the shorter forms of it.

pub(crate) mod dry_run;

use std::borrow::Cow;

use crate::{
    error::{RecordErrorCode, RecordErrors},
    explain,
    field::Findings,
    json::{Inner, Json, Object, Path, Raw, grammar},
    limits::{EXTERNAL_REF, MAX_LINE_BYTES},
    quote::{Shown, Value},
    record_type::RecordType,
};

const LINE: Path<'static> = Path::Line;
const DATA: Path<'static> = Path::Key(&LINE, "data");

/// What is read around a record.
pub(super) const NAMES: [&str; 3] = ["type", "attributes", "external_ref"];

/// What a first look at a line finds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline<'a> {
    /// The type of a line that counts as uploaded: well-formed JSON of a known type, whatever else may be wrong with it.
    pub record_type: Option<RecordType>,
    /// The `external_ref` of such a line, when it is one: a string of 1 to 2048 characters.
    pub external_ref: Option<Cow<'a, str>>,
    /// Whether the line asks for a dry run, which no line can.
    pub asks_for_dry_run: bool,
}

/// Takes a first look at a line: finds its type and its `external_ref`, builds nothing, checks no rules.
///
/// A line over 1 MiB, one that is not UTF-8, and one that is not JSON have no type.
#[must_use]
pub fn outline(line: &[u8]) -> Outline<'_> {
    let Ok(text) = text_of(line) else { return Outline::default() };
    sketch(text).unwrap_or_else(|| Outline { asks_for_dry_run: dry_run::is_asked_in(text), ..Outline::default() })
}

fn sketch(text: &str) -> Option<Outline<'_>> {
    let outer = grammar(text)?.wanted()?;
    let inner = match &outer.data {
        Some(Inner::Object(data)) => data,
        Some(Inner::Other) => return None,
        Some(Inner::Null) | None => &outer,
    };
    let record_type = inner.record_type?.string()?.parse().ok()?;
    let (own, beside) = match &inner.attributes {
        Some(Inner::Object(own)) => (Some(&**own), inner.external_ref),
        Some(Inner::Other) => (None, None),
        Some(Inner::Null) | None => (None, inner.external_ref),
    };
    let external_ref = own.and_then(|own| own.external_ref).filter(|name| !name.is_null()).or(beside);
    let external_ref = external_ref.and_then(Raw::string).filter(|text| is_external_ref(text));
    let dry_run = [Some(&outer), Some(inner), own].into_iter().flatten().find_map(|around| around.dry_run);
    let asks_for_dry_run = dry_run.is_some_and(|value| dry_run::is_yes(value.text()));
    Some(Outline { record_type: Some(record_type), external_ref, asks_for_dry_run })
}

/// Whether a text has the length of an `external_ref`.
pub(super) fn is_external_ref(text: &str) -> bool {
    EXTERNAL_REF.contains(&text.chars().count())
}

/// The text of a line, unless the line is too long or not UTF-8; then what is wrong.
pub(super) fn text_of(line: &[u8]) -> Result<&str, (RecordErrorCode, String)> {
    if line.len() > MAX_LINE_BYTES {
        let problem = format!(
            "the line is {} bytes long, at most {MAX_LINE_BYTES} (1 MiB) are read: shorten its texts, and give each object a line of its own",
            line.len()
        );
        return Err((RecordErrorCode::LineTooLong, problem));
    }
    str::from_utf8(line).map_err(|error| (RecordErrorCode::NotUtf8, explain::not_utf8(line, error.valid_up_to())))
}

/// A line opened: what it is, its attributes, and where in the line they stand.
#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) record_type: RecordType,
    /// `None` when `attributes` is no object; the error is noted already.
    pub(super) attributes: Option<Object>,
    pub(super) path: Path<'static>,
    /// The `external_ref` that stands beside attributes without one, and where.
    pub(super) beside: Option<(Path<'static>, Json)>,
    /// What stands in `relationships`, which are not read.
    pub(super) related: Object,
    /// What else stands beside `attributes`, and where.
    pub(super) around: (Path<'static>, Vec<String>),
}

impl Envelope {
    /// Opens a line; `None`, and an error noted, when it has no known type.
    pub(super) fn open(mut line: Object, findings: &mut Findings) -> Option<Self> {
        match line.remove("data") {
            None | Some(Json::Null) => Self::open_inner(line, &LINE, findings),
            Some(Json::Object(data)) => {
                note_strangers(&line, &LINE, &["data"], findings);
                Self::open_inner(data, &DATA, findings)
            }
            Some(other) => {
                let hint = if matches!(other, Json::Array(_)) {
                    ": take the [ and ] away, and give each object a line of its own"
                } else {
                    ""
                };
                let problem = format_args!("\"data\" must be an object, not {}{hint}", Value(&other));
                findings.errors.add(RecordErrorCode::WrongType, &DATA, problem);
                None
            }
        }
    }

    fn open_inner(mut inner: Object, path: &'static Path<'static>, findings: &mut Findings) -> Option<Self> {
        let Findings { errors, .. } = &mut *findings;
        let Some(name) = inner.remove("type").filter(|name| *name != Json::Null) else {
            let problem = format_args!("\"type\" is required{}", explain::type_meant(&inner));
            errors.add(RecordErrorCode::Required, &Path::Key(path, "type"), problem);
            return None;
        };
        let record_type = read_type(name, &Path::Key(path, "type"), errors)?;
        let related = inner.get("relationships").and_then(Json::as_object).cloned().unwrap_or_default();
        let own = Path::Key(path, "attributes");
        let mut around = Vec::new();
        let outer = *path;
        let (attributes, path, beside) = match inner.remove("attributes") {
            // What stands beside `attributes` (id, meta, relationships) is the envelope's, not the record's: all but its name.
            Some(Json::Object(attributes)) => {
                let is_nameless = inner.has("external_ref") && !attributes.has("external_ref");
                let beside = is_nameless.then(|| inner.remove("external_ref")).flatten();
                let beside = beside.map(|name| (Path::Key(path, "external_ref"), name));
                let is_given = |(name, value): &(&str, &Json)| **value != Json::Null || !NAMES.contains(name);
                around = inner.iter().filter(is_given).map(|(name, _)| name.to_owned()).collect();
                (Some(attributes), own, beside)
            }
            Some(Json::Null) => (Some(inner), *path, None),
            Some(other) => {
                let problem = format_args!("\"attributes\" must be an object, not {}", Value(&other));
                errors.add(RecordErrorCode::WrongType, &own, problem);
                (None, own, None)
            }
            None => match explain::attributes_meant(&inner) {
                Some(meant) => {
                    let problem =
                        format_args!("\"attributes\" is required; {} is given: write \"attributes\"", Shown(meant));
                    errors.add(RecordErrorCode::Required, &own, problem);
                    (None, own, None)
                }
                None => (Some(inner), *path, None),
            },
        };
        Some(Self { record_type, attributes, path, beside, related, around: (outer, around) })
    }
}

/// Notes what stands around a record and is not read.
fn note_strangers(around: &Object, path: &Path<'_>, known: &[&'static str], findings: &mut Findings) {
    for (name, _) in around.iter().filter(|(name, value)| **value != Json::Null || !known.contains(name)) {
        findings.warnings.add_unknown(path, name, known);
    }
}

fn read_type(value: Json, path: &Path<'_>, errors: &mut RecordErrors) -> Option<RecordType> {
    let Json::String(name) = value else {
        let problem = format_args!("\"type\" must be a string, not {}", Value(&value));
        errors.add(RecordErrorCode::WrongType, path, problem);
        return None;
    };
    let known = name.parse().ok();
    if known.is_none() {
        let all = RecordType::ALL.iter().map(RecordType::to_string).collect::<Vec<_>>().join(", ");
        let meant = explain::record_type(&name).map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
        let problem = format_args!("\"type\" must be one of {all}, not {}{meant}", Shown(&name));
        errors.add(RecordErrorCode::UnknownType, path, problem);
    }
    known
}

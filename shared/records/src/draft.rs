//! A line read: a draft that knows its errors and its references, and the record it becomes when both are settled.

use std::{fmt, sync::Arc};

use crate::{
    envelope::{Envelope, NAMES, is_external_ref, text_of},
    error::{RecordError, RecordErrorCode, RecordErrors},
    feature,
    field::{Field, Fields, Findings},
    guard::guarded,
    json::{self, Json, Object, Path},
    limits::EXTERNAL_REF,
    offering, plan, product,
    record_id::RecordId,
    record_type::RecordType,
    reference::{Found, Reference, Resolution, Snapshot},
    relationship::{self, Related},
    storable::{check_copies, check_storable},
    subscriber, subscription,
    warning::RecordWarning,
};

/// What to do with an attribute that stands beside `attributes`.
const MOVE: &str = ": move it into \"attributes\"";

/// Reads a line strictly, and checks it against all rules of its type.
///
/// Finds every error of the line, and keeps at most 50. A line of a known type is a [`Draft`] whatever is wrong with it, so that
/// errors of its references can be added. Null for an attribute of the type counts as no attribute and is dropped; attributes
/// that the type doesn't know stay as they are, and are [warnings](Draft::take_warnings).
///
/// # Errors
/// The errors of a line that has no known type: too long, not UTF-8, not JSON, no object, or of an unknown type.
pub fn read(line: &[u8]) -> Result<Draft, Vec<RecordError>> {
    read_line(line, false)
}

/// The same for a line of which a first look has found the type: its grammar was checked then.
pub(crate) fn read_again(line: &[u8]) -> Result<Draft, Vec<RecordError>> {
    read_line(line, true)
}

fn read_line(line: &[u8], is_grammatical: bool) -> Result<Draft, Vec<RecordError>> {
    let mut findings = Findings::default();
    let object = match text_of(line) {
        Ok(text) => {
            let read = if is_grammatical { json::read_again } else { json::read };
            read(text, &mut |error| findings.errors.add_json(error))
        }
        Err((code, problem)) => {
            findings.errors.add(code, &Path::Line, problem);
            None
        }
    };
    match object.and_then(|object| Envelope::open(object, &mut findings)) {
        Some(envelope) => Ok(Draft::check(envelope, findings)),
        None => Err(findings.errors.into_vec()),
    }
}

/// A line of a known type, checked, its references not yet looked up.
#[derive(Clone, Debug)]
pub struct Draft {
    record_type: RecordType,
    external_ref: Option<String>,
    attributes: Object,
    path: Path<'static>,
    findings: Findings,
}

impl Draft {
    fn check(envelope: Envelope, mut findings: Findings) -> Self {
        let Envelope { record_type, attributes, path, mut beside, related, around } = envelope;
        // Missing attributes are one error, not one for each that is required.
        let Some(mut attributes) = attributes else {
            return Self { record_type, external_ref: None, attributes: Object::new(), path, findings };
        };
        // As answers have it: read-only there, and nothing to be stored.
        attributes.remove("meta");
        let (name_path, name) = match &mut beside {
            Some((path, name)) => {
                Field { value: Some(name), path: *path, findings: &mut findings }.text(EXTERNAL_REF);
                (*path, Some(&*name))
            }
            None => (Path::Key(&path, "external_ref"), attributes.get("external_ref")),
        };
        // A lone surrogate was replaced so that reading could go on. What stands there now is not the name that was given.
        let is_mended = findings.errors.has(RecordErrorCode::LoneSurrogate, &name_path);
        let external_ref = name
            .and_then(Json::as_str)
            .filter(|text| is_external_ref(text) && !(is_mended && text.contains(char::REPLACEMENT_CHARACTER)))
            .map(str::to_owned);
        let related = relationship::fill(record_type, &related, &mut attributes);
        let mut fields = Fields::new(&mut attributes, path, &mut findings);
        rules(record_type)(&mut fields);
        let known = fields.known();
        drop(fields);
        note_around(around, &known, &attributes, &path, &mut findings);
        if let Some(first) = related.first() {
            let place = |related: &Related| Path::Key(&path, related.attribute).to_string();
            findings
                .references
                .retain(|reference| !related.iter().any(|related| reference.path.starts_with(&place(related))));
            findings.errors.add(
                RecordErrorCode::Required,
                &Path::Key(&path, first.attribute),
                relationship::problem(&related),
            );
        }
        // It is stored beside the attributes, not among them.
        attributes.remove("external_ref");
        Self { record_type, external_ref, attributes, path, findings }
    }

    /// What the line is.
    #[must_use]
    pub const fn record_type(&self) -> RecordType {
        self.record_type
    }

    /// The names of an offering's parts that may be ids: those are known only where the file's store and import are.
    pub(crate) fn names_by_id(&self) -> Vec<Reference> {
        match self.record_type {
            RecordType::SubscriptionOffering => offering::priced::names_by_id(&self.attributes, &self.path),
            RecordType::Subscription => subscription::names_by_id(&self.attributes, &self.path),
            RecordType::SubscriptionProduct
            | RecordType::SubscriptionPlan
            | RecordType::SubscriptionFeature
            | RecordType::SubscriptionSubscriber => Vec::new(),
        }
    }

    /// The record's `external_ref`, when it has one of legal length.
    #[must_use]
    pub fn external_ref(&self) -> Option<&str> {
        self.external_ref.as_deref()
    }

    /// Notes an error found elsewhere, of one attribute of the line.
    pub(crate) fn fail(&mut self, code: RecordErrorCode, attribute: &str, problem: impl fmt::Display) {
        self.findings.errors.add(code, &Path::Key(&self.path, attribute), problem);
    }

    /// What has to be [looked up](Self::look_up).
    #[must_use]
    pub fn references(&self) -> &[Reference] {
        &self.findings.references
    }

    /// What is to be said of the line even if it is good.
    #[must_use]
    pub fn take_warnings(&mut self) -> Vec<RecordWarning> {
        std::mem::take(&mut self.findings.warnings).into_vec()
    }

    /// Makes errors of the warnings.
    pub fn refuse_warnings(&mut self) {
        for warning in self.take_warnings() {
            self.findings.errors.push(warning.into_error());
        }
    }

    /// Answers each reference.
    #[must_use]
    pub fn look_up(mut self, mut answer: impl FnMut(&Reference) -> Resolution) -> LookedUp {
        let references = std::mem::take(&mut self.findings.references);
        let answer = |reference| {
            let resolution = answer(&reference);
            (reference, resolution)
        };
        LookedUp { answers: references.into_iter().map(answer).collect(), draft: self }
    }
}

/// A draft with an answer to each of its references.
#[derive(Clone, Debug)]
pub struct LookedUp {
    draft: Draft,
    answers: Vec<(Reference, Resolution)>,
}

impl LookedUp {
    /// What the line is.
    #[must_use]
    pub const fn record_type(&self) -> RecordType {
        self.draft.record_type
    }

    /// Refuses the line for an error found elsewhere, of one attribute of it. The answer has all its errors.
    #[must_use]
    pub fn refuse(mut self, code: RecordErrorCode, attribute: &str, problem: impl fmt::Display) -> Vec<RecordError> {
        self.draft.fail(code, attribute, problem);
        self.into_answered().errors.into_vec()
    }

    /// The references that are still unknown.
    pub fn unknown(&self) -> impl Iterator<Item = &Reference> {
        self.answers.iter().filter_map(|(reference, answer)| matches!(answer, Resolution::Unknown).then_some(reference))
    }

    /// Answers once more the references that are still unknown.
    pub fn look_again(&mut self, mut answer: impl FnMut(&Reference) -> Resolution) {
        for (reference, resolution) in &mut self.answers {
            if matches!(resolution, Resolution::Unknown) {
                *resolution = answer(reference);
            }
        }
    }

    /// Makes the record with an id, with copies instead of references; `None` where nothing is wrong as far as is known, but
    /// a reference is unknown.
    ///
    /// # Errors
    /// All errors of the line: its own, those of its references, and that it is more than the database holds.
    pub fn resolve(self, id: RecordId) -> Result<Option<Record>, Vec<RecordError>> {
        guarded(|| self.put_together(id)).unwrap_or_else(|error| Err(vec![error]))
    }

    /// Turns the answers into copies and errors.
    fn into_answered(self) -> Answered {
        let Self { mut draft, answers } = self;
        let mut errors = std::mem::take(&mut draft.findings.errors);
        let mut copies = Vec::with_capacity(answers.len());
        let mut is_known = true;
        for (reference, resolution) in answers {
            match resolution {
                Resolution::Found(snapshot) => copies.push(snapshot),
                Resolution::Missing => errors.push(reference.missing("")),
                Resolution::Misspelt(hint) => errors.push(reference.missing(&hint)),
                Resolution::Failed { line, why } => errors.push(reference.blocked_by(line, why)),
                Resolution::Unknown => is_known = false,
            }
        }
        check_copies(copies.iter().map(|copy| copy.bytes()), &draft.path, &mut errors);
        Answered { draft, copies, errors, is_known }
    }

    fn put_together(self, id: RecordId) -> Result<Option<Record>, Vec<RecordError>> {
        let Answered { draft, copies, mut errors, is_known } = self.into_answered();
        let Draft { record_type, external_ref, mut attributes, path, .. } = draft;
        if errors.is_empty() && !is_known {
            return Ok(None);
        }
        if !errors.is_empty() {
            return Err(errors.into_vec());
        }
        put_in(copies, record_type, &mut attributes, &path, id, &mut errors);
        check_storable(&attributes, external_ref.as_deref(), &path, &mut errors);
        if !errors.is_empty() {
            return Err(errors.into_vec());
        }
        let is_subscription = record_type == RecordType::Subscription;
        let warning = if is_subscription { subscription::no_price(&attributes, &path) } else { None };
        Ok(Some(Record { id, record_type, external_ref, attributes, warning }))
    }
}

/// Notes what stands beside `attributes`: what belongs among them, and what nothing reads.
fn note_around(
    (outer, names): (Path<'_>, Vec<String>),
    known: &[&'static str],
    attributes: &Object,
    path: &Path<'_>,
    findings: &mut Findings,
) {
    for name in names {
        if !known.contains(&name.as_str()) {
            findings.warnings.add_unknown(&outer, &name, &NAMES);
        } else if !findings.errors.explain_missing(&Path::Key(path, &name), MOVE) {
            let cure = if attributes.get(&name).is_some() {
                "; \"attributes\" has one already: take this one out"
            } else {
                MOVE
            };
            findings.warnings.add_misplaced(&outer, &name, cure);
        }
    }
}

/// The rules of a type's attributes.
const fn rules(record_type: RecordType) -> fn(&mut Fields<'_>) {
    match record_type {
        RecordType::SubscriptionProduct => product::check,
        RecordType::SubscriptionPlan => plan::check,
        RecordType::SubscriptionFeature => feature::check,
        RecordType::SubscriptionSubscriber => subscriber::check,
        RecordType::SubscriptionOffering => offering::check,
        RecordType::Subscription => subscription::check,
    }
}

/// A draft whose references became copies and errors.
struct Answered {
    draft: Draft,
    copies: Vec<Arc<Snapshot>>,
    /// All errors found so far.
    errors: RecordErrors,
    /// Whether no reference is unknown.
    is_known: bool,
}

/// Puts copies in the place of a record's references.
fn put_in(
    copies: Vec<Arc<Snapshot>>,
    record_type: RecordType,
    attributes: &mut Object,
    path: &Path<'_>,
    id: RecordId,
    errors: &mut RecordErrors,
) {
    let mut copies = Found(copies.into_iter());
    match record_type {
        RecordType::SubscriptionOffering => offering::resolve(attributes, path, id, &mut copies, errors),
        RecordType::Subscription => subscription::resolve(attributes, path, id, &mut copies, errors),
        RecordType::SubscriptionProduct
        | RecordType::SubscriptionPlan
        | RecordType::SubscriptionFeature
        | RecordType::SubscriptionSubscriber => {}
    }
}

/// A record that is right, whole, and fit to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "`type` is a keyword")]
pub struct Record {
    id: RecordId,
    record_type: RecordType,
    external_ref: Option<String>,
    attributes: Object,
    warning: Option<RecordWarning>,
}

impl Record {
    /// The id under which it is stored.
    #[must_use]
    pub const fn id(&self) -> RecordId {
        self.id
    }

    /// What it is.
    #[must_use]
    pub const fn record_type(&self) -> RecordType {
        self.record_type
    }

    /// The name its owner gave it.
    #[must_use]
    pub fn external_ref(&self) -> Option<&str> {
        self.external_ref.as_deref()
    }

    /// Its attributes; `external_ref` is not among them.
    #[must_use]
    pub const fn attributes(&self) -> &Object {
        &self.attributes
    }

    /// What is to be said of the finished record even though it is good.
    #[must_use]
    pub const fn warning(&self) -> Option<&RecordWarning> {
        self.warning.as_ref()
    }

    /// The copy that another object stores.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::new(self.id, self.record_type, self.external_ref.clone(), self.attributes.clone())
    }

    /// Takes the record apart: `external_ref` and attributes.
    #[must_use]
    pub fn into_parts(self) -> (Option<String>, Object) {
        (self.external_ref, self.attributes)
    }
}

#[cfg(test)]
mod tests;

//! A line read: a draft that knows its errors and its references, and the record it becomes when both are settled.

use std::fmt;

use crate::{
    envelope::{Envelope, is_external_ref, text_of},
    error::{RecordError, RecordErrorCode, RecordErrors},
    feature,
    field::{Fields, Findings},
    json::{self, Json, Object, Path},
    offering, plan, product,
    record_id::RecordId,
    record_type::RecordType,
    reference::{Found, Reference, Resolution, Snapshot},
    storable::{check_copies, check_storable},
    subscriber, subscription,
};

/// Reads a line strictly, and checks it against all rules of its type.
///
/// Every error of the line is found, 50 at most told. A line of a known type is a [`Draft`] whatever is wrong with it,
/// so that the errors of its references can be told in the same pass. Null for an attribute of the type is as good as
/// no attribute, and is dropped; attributes that the type doesn't know are kept as they are.
///
/// # Errors
/// The errors of a line that has no known type: too long, not UTF-8, not JSON, no object, or of an unknown type.
pub fn read(line: &[u8]) -> Result<Draft, Vec<RecordError>> {
    let mut findings = Findings::default();
    match open(line, &mut findings.errors) {
        Some(envelope) => Ok(Draft::check(envelope, findings)),
        None => Err(findings.errors.into_vec()),
    }
}

fn open(line: &[u8], errors: &mut RecordErrors) -> Option<Envelope> {
    match text_of(line) {
        Ok(text) => Envelope::open(json::read(text, errors)?, errors),
        Err((code, problem)) => {
            errors.add(code, &Path::Line, problem);
            None
        }
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
        let Envelope { record_type, attributes, path } = envelope;
        // Without attributes there is one error to tell, not one for each that is required.
        let Some(mut attributes) = attributes else {
            return Self { record_type, external_ref: None, attributes: Object::new(), path, findings };
        };
        // One that isn't Unicode was mended so that reading could go on; it is nobody's name.
        let is_mended = findings.errors.has(RecordErrorCode::LoneSurrogate, &Path::Key(&path, "external_ref"));
        let external_ref = attributes
            .get("external_ref")
            .and_then(Json::as_str)
            .filter(|text| is_external_ref(text) && !(is_mended && text.contains(char::REPLACEMENT_CHARACTER)))
            .map(str::to_owned);
        rules(record_type)(&mut Fields { object: &mut attributes, path, findings: &mut findings });
        // It is stored beside the attributes, not among them.
        attributes.remove("external_ref");
        Self { record_type, external_ref, attributes, path, findings }
    }

    /// What the line is.
    #[must_use]
    pub const fn record_type(&self) -> RecordType {
        self.record_type
    }

    /// The record's `external_ref`, when it has one of legal length.
    #[must_use]
    pub fn external_ref(&self) -> Option<&str> {
        self.external_ref.as_deref()
    }

    /// Notes an error found elsewhere, of one attribute of the line.
    pub fn fail(&mut self, code: RecordErrorCode, attribute: &str, problem: impl fmt::Display) {
        self.findings.errors.add(code, &Path::Key(&self.path, attribute), problem);
    }

    /// What has to be looked up before the draft can be [resolved](Self::resolve).
    #[must_use]
    pub fn references(&self) -> &[Reference] {
        &self.findings.references
    }

    /// Makes the record with an id, putting copies in the place of its references.
    ///
    /// `found` answers [`references`](Self::references), one for one; an answer that isn't there counts as missing.
    ///
    /// # Errors
    /// All errors of the line: its own, those of its references, and that it is more than the database holds.
    pub fn resolve(self, id: RecordId, found: &[Resolution]) -> Result<Record, Vec<RecordError>> {
        let Self { record_type, external_ref, mut attributes, path, findings: Findings { mut errors, references } } =
            self;
        let found = found.iter().chain(std::iter::repeat(&Resolution::Missing));
        let mut copies = Vec::with_capacity(references.len());
        for (reference, resolution) in references.iter().zip(found) {
            match reference.outcome(resolution) {
                Ok(snapshot) => copies.push(snapshot),
                Err(error) => errors.push(error),
            }
        }
        check_copies(&copies, &path, &mut errors);
        if errors.is_empty() {
            let mut copies = Found(copies.into_iter());
            match record_type {
                RecordType::SubscriptionOffering => offering::resolve_lists(&mut attributes, id, &mut copies),
                RecordType::Subscription => {
                    if let Err(error) = subscription::resolve(&mut attributes, &path, id, &mut copies) {
                        errors.push(error);
                    }
                }
                RecordType::SubscriptionProduct
                | RecordType::SubscriptionPlan
                | RecordType::SubscriptionFeature
                | RecordType::SubscriptionSubscriber => {}
            }
            check_storable(&attributes, external_ref.as_deref(), &path, &mut errors);
        }
        if errors.is_empty() {
            Ok(Record { id, record_type, external_ref, attributes })
        } else {
            Err(errors.into_vec())
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

/// A record that is right, whole, and fit to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "`type` is a keyword")]
pub struct Record {
    id: RecordId,
    record_type: RecordType,
    external_ref: Option<String>,
    attributes: Object,
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

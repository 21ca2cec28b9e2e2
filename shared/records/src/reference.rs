//! What a record refers to, and the copies that replace references.

use std::sync::Arc;

use crate::{
    error::{RecordError, RecordErrorCode},
    explain,
    failure::Failure,
    json::{Json, Object, Shown},
    record_id::RecordId,
    record_type::RecordType,
};

/// One reference of a line to another object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The JSON path of the reference within its line.
    pub path: String,
    /// The type of the object referred to.
    pub record_type: RecordType,
    /// The id or `external_ref` by which it is named: 1 to 2048 characters.
    pub text: String,
    /// What the text may be.
    pub look_up: LookUp,
}

/// What the text of a reference may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LookUp {
    /// In this order: an `external_ref` in the file, the id of a stored object, the `external_ref` of a stored object.
    Any,
    /// The id of an object; the text is a UUID.
    Id,
    /// An `external_ref`, in the file or of a stored object.
    ExternalRef,
}

/// The result of looking a reference up.
#[derive(Clone, Debug)]
pub enum Resolution {
    /// The object as it is stored, or as it will be.
    Found(Arc<Snapshot>),
    /// No such object, neither in the file nor stored.
    Missing,
    /// No such object, but a line of the file has nearly this name: what is to be said of it.
    Misspelt(String),
    /// A line of this file would be the object, but was not imported itself.
    Failed {
        /// The number of that line.
        line: u32,
        why: Failure,
    },
    /// It depends on what is stored, which is not known.
    Unknown,
}

impl Reference {
    /// The error of a reference to no object at all.
    pub(super) fn missing(&self, hint: &str) -> RecordError {
        let (record_type, text) = (self.record_type, Shown(&self.text));
        let hint = if hint.is_empty() { explain::reference(&self.text) } else { hint.to_owned() };
        let problem = match self.look_up {
            LookUp::Any => format!(
                "no {record_type} with this external_ref in the file, \
                 and none stored with this id or external_ref: {text}{hint}"
            ),
            LookUp::Id => format!("no {record_type} stored with this id: {text}{hint}"),
            LookUp::ExternalRef => {
                format!("no {record_type} with this external_ref in the file, and none stored with it: {text}{hint}")
            }
        };
        RecordError::new(RecordErrorCode::ReferenceNotFound, &self.path, problem)
    }

    /// The error of a reference to a line that was not imported itself.
    pub(super) fn blocked_by(&self, line: u32, why: Failure) -> RecordError {
        let (record_type, text) = (self.record_type, Shown(&self.text));
        let (which, cure) = match why {
            Failure::Faulty => ("which was not imported".to_owned(), "mend that line and send both again".to_owned()),
            Failure::Stored => (
                "which was not imported, as it is stored already".to_owned(),
                format!(
                    "take line {line} out and send this one again: it then refers to what is stored; or send the file with \
                     on_conflict=skip or on_conflict=update"
                ),
            ),
            Failure::Waits(other) => (
                format!("which only waits for line {other} itself"),
                format!("do what the error of line {line} says, and send this one with it"),
            ),
            Failure::Untried => {
                ("which was not imported before the job ended".to_owned(), "send both again as they are".to_owned())
            }
            Failure::Service => (
                "over which the service or its database failed".to_owned(),
                format!("see the error of line {line}; once that is settled, send both again"),
            ),
        };
        let problem = format!("refers to the {record_type} of line {line}, {which}: {text}; {cure}");
        let error = RecordError::new(RecordErrorCode::ReferenceFailed, &self.path, problem);
        RecordError { blocked_by: Some(line), ..error }
    }
}

/// The copy of an object that another one stores.
///
/// As JSON `{"id","type","external_ref"?,"attributes":{…}}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub(super) id: RecordId,
    pub(super) record_type: RecordType,
    pub(super) external_ref: Option<String>,
    pub(super) attributes: Object,
}

impl Snapshot {
    /// Makes the copy of an object, from the parts in which it is stored.
    #[must_use]
    pub const fn new(id: RecordId, record_type: RecordType, external_ref: Option<String>, attributes: Object) -> Self {
        Self { id, record_type, external_ref, attributes }
    }

    /// Makes an object that exists nowhere but inside another one; its `external_ref` is among its attributes still.
    pub(super) fn inline(id: RecordId, record_type: RecordType, mut attributes: Object) -> Self {
        let external_ref = attributes.remove("external_ref").and_then(|value| value.as_str().map(str::to_owned));
        Self::new(id, record_type, external_ref, attributes)
    }

    /// What the object copied is.
    #[must_use]
    pub const fn record_type(&self) -> RecordType {
        self.record_type
    }

    /// The attributes copied.
    #[must_use]
    pub const fn attributes(&self) -> &Object {
        &self.attributes
    }

    /// How many bytes the attributes take in the database, about.
    pub(super) fn bytes(&self) -> usize {
        self.attributes.stored_bytes()
    }

    /// How many bytes of memory the copy takes, about.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.attributes.weight()
    }

    /// The copy as it is stored.
    #[must_use]
    pub fn to_json(&self) -> Json {
        self.to_json_as(self.record_type.as_str())
    }

    /// The copy as it is stored, under the type that it has inside another object.
    pub(super) fn to_json_as(&self, type_word: &str) -> Json {
        let mut object = Object::new();
        object.insert("id", self.id.to_string());
        object.insert("type", type_word);
        if let Some(external_ref) = &self.external_ref {
            object.insert("external_ref", external_ref.as_str());
        }
        object.insert("attributes", self.attributes.clone());
        object.into()
    }
}

/// The attributes of an inline object, whether they stand in `attributes` or by themselves.
pub(super) fn own_attributes(item: Json) -> Object {
    let Json::Object(mut object) = item else { return Object::new() };
    if let Some(Json::Object(attributes)) = object.remove("attributes") {
        return attributes;
    }
    object.remove("type");
    object
}

/// The copies found for a record's references, in the order of the references.
#[derive(Debug)]
pub(super) struct Found(pub(super) std::vec::IntoIter<Arc<Snapshot>>);

impl Found {
    /// The copy for the next reference.
    pub(super) fn next(&mut self) -> Option<Arc<Snapshot>> {
        self.0.next()
    }

    /// The same for an offering of pricing options, whose parts have types of their own. An inline part that has an
    /// `external_ref` gets its id from that: no id moves when another part is put in front of it.
    pub(super) fn fill_by_name(&mut self, offering: &mut Object, list: &str, type_word: &str, parent: RecordId) {
        let Some(Json::Array(items)) = offering.get_mut(list) else { return };
        for (index, item) in items.iter_mut().enumerate() {
            *item = match std::mem::replace(item, Json::Null) {
                Json::String(_) => self.next().map_or(Json::Null, |snapshot| snapshot.to_json_as(type_word)),
                inline => {
                    let attributes = own_attributes(inline);
                    let place = match attributes.get("external_ref").and_then(Json::as_str) {
                        Some(external_ref) => format!("{list}/{external_ref}"),
                        None => format!("{list}[{index}]"),
                    };
                    // It is stored under no type of record, so any will do.
                    let part = Snapshot::inline(parent.at(&place), RecordType::SubscriptionOffering, attributes);
                    part.to_json_as(type_word)
                }
            };
        }
    }

    /// Replaces the references of a list by copies; an inline object gets an id from its parent's and its position.
    pub(super) fn fill(&mut self, object: &mut Object, list: &str, record_type: RecordType, parent: RecordId) {
        let Some(Json::Array(items)) = object.get_mut(list) else { return };
        for (index, item) in items.iter_mut().enumerate() {
            *item = match std::mem::replace(item, Json::Null) {
                Json::String(_) => self.next().map_or(Json::Null, |snapshot| snapshot.to_json()),
                inline => {
                    let id = parent.at(&format!("{list}[{index}]"));
                    Snapshot::inline(id, record_type, own_attributes(inline)).to_json()
                }
            };
        }
    }
}

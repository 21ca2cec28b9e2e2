//! The parts of an offering by what names them.

use std::{collections::HashMap, fmt};

use crate::{
    explain,
    json::{Json, Object},
    quote::Shown,
    record_id::RecordId,
};

/// The parts of one list of an offering, put together already, by their `external_ref` and by their id.
#[derive(Debug)]
pub(crate) struct Names<'a> {
    /// In the order of the list.
    refs: Vec<&'a str>,
    by_ref: HashMap<&'a str, Part<'a>>,
    by_id: HashMap<RecordId, Part<'a>>,
}

/// One part of an offering.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'a> {
    /// Its place in its list.
    pub(crate) place: usize,
    pub(crate) id: &'a str,
    pub(crate) attributes: &'a Object,
}

impl<'a> Names<'a> {
    /// The parts of a list; of two with one name the first counts.
    pub(crate) fn of(offering: &'a Object, list: &str) -> Self {
        let mut names = Self { refs: Vec::new(), by_ref: HashMap::new(), by_id: HashMap::new() };
        let items = offering.get(list).and_then(Json::as_array).unwrap_or_default();
        for (place, item) in items.iter().enumerate() {
            let text = |name: &str| item.as_object().and_then(|item| item.get(name)).and_then(Json::as_str);
            let attributes = item.as_object().and_then(|item| item.get("attributes")).and_then(Json::as_object);
            let Some((id, attributes)) = text("id").zip(attributes) else { continue };
            let part = Part { place, id, attributes };
            if let Some(external_ref) = text("external_ref") {
                names.refs.push(external_ref);
                names.by_ref.entry(external_ref).or_insert(part);
            }
            if let Some(id) = RecordId::parse(id) {
                names.by_id.entry(id).or_insert(part);
            }
        }
        names
    }

    /// What is said of a name that is none of them. Made only where it is said: a line may have many such names.
    pub(crate) fn lack(&self, what: &str, name: &str) -> impl fmt::Display {
        fmt::from_fn(move |f| {
            let has = explain::parts(what, &self.refs, name);
            write!(f, "none of the offering's {what}s has this id or external_ref: {}{has}", Shown(name))
        })
    }

    /// The part of this `external_ref`, else of this id, whose letters may be written either way.
    pub(crate) fn find(&self, name: &str) -> Option<Part<'a>> {
        self.by_ref.get(name).or_else(|| self.by_id.get(&RecordId::parse(name)?)).copied()
    }
}

//! What the references of a file's lines lead to: first other lines, then stored objects.

mod alike;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    thread::Builder,
};

use uuid::Uuid;

use self::alike::Alike;
use crate::{
    draft::{Draft, Record},
    explain,
    file::{FileLine, FileLines, Standing},
    kept::Kept,
    quote::Shown,
    record_id::RecordId,
    record_type::RecordType,
    reference::{LookUp, Reference, Resolution, Snapshot},
    store::StoreId,
};

/// What the ids of the objects of an import are derived from.
#[derive(Clone, Debug)]
pub enum Ids {
    Derived {
        store: StoreId,
        /// The id of the import: objects without an `external_ref` get their ids from it.
        import: Uuid,
    },
    /// Neither is known: objects get the numbers of their lines, and no reference names one by its id.
    Unknown,
}

impl Ids {
    /// The id of an object: that of its `external_ref` or, without one, that of its import and line.
    fn of(&self, record_type: RecordType, external_ref: Option<&str>, line: u32) -> RecordId {
        match (self, external_ref) {
            (Self::Derived { store, .. }, Some(external_ref)) => {
                RecordId::from_external_ref(store, record_type, external_ref)
            }
            (Self::Derived { import, .. }, None) => RecordId::from_line(*import, line),
            (Self::Unknown, _) => RecordId::from_number(line),
        }
    }

    /// The id of the stored object of an `external_ref`.
    fn of_stored(&self, record_type: RecordType, external_ref: &str) -> RecordId {
        self.of(record_type, Some(external_ref), 0)
    }

    /// The id of the object of a line that has been read.
    #[must_use]
    pub fn of_draft(&self, draft: &Draft, line: &FileLine<'_>) -> RecordId {
        self.of(draft.record_type(), draft.external_ref(), line.number)
    }

    /// The id of the object of a line; `None` when the line is of no known type, or its id is not known.
    #[must_use]
    pub fn of_line(&self, line: &FileLine<'_>) -> Option<RecordId> {
        let record_type = line.record_type.filter(|_| !matches!(self, Self::Unknown))?;
        Some(self.of(record_type, line.external_ref.as_deref(), line.number))
    }
}

/// What is known of the object stored under an id.
#[derive(Clone, Debug)]
pub enum Stored {
    Object(Arc<Snapshot>),
    Nothing,
    /// Not looked up.
    Unknown,
}

/// The references inside a file.
#[derive(Debug)]
pub struct References<'f> {
    ids: Ids,
    lines: &'f FileLines<'f>,
    /// The lines by the ids that their objects get; made when the first id is looked up.
    by_id: OnceLock<HashMap<RecordId, &'f FileLine<'f>>>,
    /// The names by what they look like; made when the first reference leads to nothing.
    alike: OnceLock<Alike<'f>>,
    /// The types that a line of the file may refer to.
    referred_to: HashSet<RecordType>,
    /// The copies made so far, so that an object referred to a thousand times is built once.
    copies: Mutex<Kept<u32, Arc<Snapshot>>>,
    /// The names of which other spellings were looked for in the store.
    tried: Mutex<HashSet<(RecordType, String)>>,
}

/// Of how many names other spellings are looked for in the store.
const MOST_TRIED: usize = 1_000;

impl<'f> References<'f> {
    /// Begins with all lines of a file.
    #[must_use]
    pub fn of(lines: &'f FileLines<'f>, ids: Ids) -> Self {
        let types: HashSet<RecordType> = lines.iter().filter_map(|line| line.record_type).collect();
        let referred_to = types.into_iter().flat_map(RecordType::refers_to).copied().collect();
        Self {
            ids,
            lines,
            referred_to,
            by_id: OnceLock::new(),
            alike: OnceLock::new(),
            copies: Mutex::default(),
            tried: Mutex::default(),
        }
    }

    /// Has room for so many bytes of copies.
    #[must_use]
    pub fn keeping(self, most: usize) -> Self {
        Self { copies: Mutex::new(Kept::up_to(most)), ..self }
    }

    /// What the ids of the file's objects are derived from.
    #[must_use]
    pub const fn ids(&self) -> &Ids {
        &self.ids
    }

    /// The line that a reference names, whether by `external_ref` or by id.
    #[must_use]
    pub fn line(&self, reference: &Reference) -> Option<&'f FileLine<'f>> {
        let Reference { record_type, text, look_up, .. } = reference;
        let by_name = || self.lines.named(*record_type, text);
        let by_id = || {
            let id = RecordId::parse(text)?;
            self.by_id().get(&id).copied().filter(|line| line.record_type == Some(*record_type))
        };
        match look_up {
            LookUp::Any => by_name().or_else(by_id),
            LookUp::Id => by_id(),
            LookUp::ExternalRef => by_name(),
        }
    }

    /// What a reference leads to. What it may name in the file must be settled; `stored` is asked for the rest.
    ///
    /// [`Resolution::Unknown`] where `stored` does not know enough, but has been asked for all that is needed of it.
    pub fn resolve(&self, reference: &Reference, stored: &mut dyn FnMut(RecordId) -> Stored) -> Resolution {
        let Some(line) = self.line(reference) else {
            let by_ref = || self.ids.of_stored(reference.record_type, &reference.text);
            let (by_id, by_ref) = match reference.look_up {
                LookUp::Any => (RecordId::parse(&reference.text), Some(by_ref())),
                LookUp::Id => (RecordId::parse(&reference.text), None),
                LookUp::ExternalRef => (None, Some(by_ref())),
            };
            return match first_stored(reference.record_type, by_id.into_iter().chain(by_ref), stored) {
                Resolution::Missing => match self.alike(reference) {
                    Some(hint) => Resolution::Misspelt(hint),
                    None => self.stored_alike(reference, stored),
                },
                other => other,
            };
        };
        match line.standing() {
            // From the line: a dry run has not stored it.
            Some(Standing::Imported) => self.copy(line, stored).map_or(Resolution::Unknown, Resolution::Found),
            // The object that was there before is the one that holds.
            Some(Standing::Skipped) => first_stored(reference.record_type, self.ids.of_line(line), stored),
            Some(Standing::Failed(why)) => Resolution::Failed { line: line.number, why },
            Some(Standing::Unchecked) | None => Resolution::Unknown,
        }
    }

    /// Gives the copies up on a thread of their own: there are many, and nobody has to wait for that.
    pub(crate) fn end(self) {
        let copies = self.copies;
        // Where a system gives no more threads, they are given up here.
        _ = Builder::new().spawn(move || drop(copies));
    }

    /// Keeps the copy of a line's object, as long as there is room, where other lines may refer to it.
    pub fn keep(&self, line: &FileLine<'_>, record: &Record) {
        if self.referred_to.contains(&record.record_type()) {
            let copy = Arc::new(record.snapshot());
            let weight = copy.weight();
            self.copies().offer(line.number, copy, weight);
        }
    }

    /// Builds the object of an imported line again, with what it refers to itself. It goes no deeper than the types do.
    fn copy(&self, line: &FileLine<'_>, stored: &mut dyn FnMut(RecordId) -> Stored) -> Option<Arc<Snapshot>> {
        if let Some(copy) = self.copies().get(&line.number) {
            return Some(copy);
        }
        let draft = line.read().ok()?;
        let id = self.ids.of_draft(&draft, line);
        let record = draft.look_up(|reference| self.resolve(reference, stored)).resolve(id).ok()??;
        let copy = Arc::new(record.snapshot());
        self.copies().insert(line.number, Arc::clone(&copy), copy.weight());
        Some(copy)
    }
}

impl<'f> References<'f> {
    fn by_id(&self) -> &HashMap<RecordId, &'f FileLine<'f>> {
        self.by_id.get_or_init(|| self.firsts().filter_map(|line| Some((self.ids.of_line(line)?, line))).collect())
    }

    /// The lines, those aside that repeat the name of another.
    fn firsts(&self) -> impl Iterator<Item = &'f FileLine<'f>> {
        self.lines.iter().filter(|line| line.repeats.is_none())
    }

    /// The line that a reference to nothing may have meant: one that was refused has to be mended first.
    fn alike(&self, reference: &Reference) -> Option<String> {
        let name = |line: &'f FileLine<'f>| Some((line.record_type?, line.external_ref.as_deref()?, line.number));
        let alike = self.alike.get_or_init(|| Alike::of(self.firsts().filter_map(name)));
        (reference.look_up != LookUp::Id)
            .then(|| alike.hint(reference.record_type, &reference.text, |line| !self.was_refused(line)))?
    }

    fn was_refused(&self, number: u32) -> bool {
        let place = self.lines.binary_search_by_key(&number, |line| line.number);
        let line = place.ok().and_then(|place| self.lines.get(place));
        line.is_some_and(|line| matches!(line.standing(), Some(Standing::Failed(_))))
    }

    /// Whether an object is stored whose `external_ref` differs only in what people write in different ways: capitals, and what
    /// nobody sees.
    fn stored_alike(&self, reference: &Reference, stored: &mut dyn FnMut(RecordId) -> Stored) -> Resolution {
        let Reference { record_type, text, look_up, .. } = reference;
        if *look_up == LookUp::Id || !self.may_be_tried(*record_type, text) {
            return Resolution::Missing;
        }
        let spellings = alike::spellings(text);
        let by_ref = |spelling: &String| stored(self.ids.of_stored(*record_type, spelling));
        let found: Vec<Stored> = spellings.iter().map(by_ref).collect();
        let known = spellings.iter().zip(&found).find(|(_, found)| matches!(found, Stored::Object(_)));
        match known {
            _ if found.iter().any(|found| matches!(found, Stored::Unknown)) => Resolution::Unknown,
            Some((spelling, _)) => {
                let what = explain::unseen(text)
                    .map_or_else(|| "did you mean that?".to_owned(), |seen| seen.replacen("it ", "this one ", 1));
                Resolution::Misspelt(format!("; {} is stored: {what}", Shown(spelling)))
            }
            None => Resolution::Missing,
        }
    }

    /// Whether other spellings of a name are looked for in the store: each costs reads, so only those of the first names are.
    fn may_be_tried(&self, record_type: RecordType, text: &str) -> bool {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        let has_room = tried.len() < MOST_TRIED;
        tried.contains(&(record_type, text.to_owned())) || (has_room && tried.insert((record_type, text.to_owned())))
    }

    fn copies(&self) -> MutexGuard<'_, Kept<u32, Arc<Snapshot>>> {
        self.copies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first object of a type that is stored under some ids. All are asked for, so that one look is enough.
fn first_stored(
    record_type: RecordType,
    ids: impl IntoIterator<Item = RecordId>,
    stored: &mut dyn FnMut(RecordId) -> Stored,
) -> Resolution {
    let all: Vec<Stored> = ids.into_iter().map(stored).collect();
    for object in all {
        match object {
            Stored::Object(copy) if copy.record_type() == record_type => return Resolution::Found(copy),
            Stored::Object(_) | Stored::Nothing => {}
            Stored::Unknown => return Resolution::Unknown,
        }
    }
    Resolution::Missing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FileLines;

    const ID: &str = "550e8400-e29b-41d4-a716-446655440000";

    fn ids() -> Ids {
        Ids::Derived { store: StoreId::from_own_record("main").unwrap(), import: Uuid::nil() }
    }

    fn reference(record_type: RecordType, text: &str) -> Reference {
        Reference { path: "a[0]".to_owned(), record_type, text: text.to_owned(), look_up: LookUp::Any }
    }

    #[test]
    fn all_that_a_reference_may_name_is_asked_for_at_once_the_id_first() {
        let lines = FileLines::of(b"x").unwrap();
        let (references, plan, mut asked) = (References::of(&lines, ids()), RecordType::SubscriptionPlan, Vec::new());
        let found = references.resolve(&reference(plan, ID), &mut |id| {
            asked.push(id);
            Stored::Unknown
        });
        assert!(matches!(found, Resolution::Unknown));
        let by_ref = ids().of_stored(plan, ID);
        assert_eq!(asked, [RecordId::parse(ID).unwrap(), by_ref]);
    }

    #[test]
    fn a_reference_to_nothing_names_the_line_that_is_nearly_meant() {
        let file = br#"{"type":"subscription_product","external_ref":"tea","name":"Tea"}
            {"type":"subscription_plan","external_ref":"mug","name":"Mug"}"#;
        let lines = FileLines::of(file).unwrap();
        let references = References::of(&lines, ids());
        let hint = |text, stored: Stored| match references
            .resolve(&reference(RecordType::SubscriptionProduct, text), &mut |_| stored.clone())
        {
            Resolution::Misspelt(hint) => hint,
            other => format!("{other:?}"),
        };
        assert_eq!(hint("tea ", Stored::Nothing), "; line 1 has \"tea\": this one has a space in it, take it out");
        lines[0].settle(Standing::Failed(crate::Failure::Faulty));
        assert_eq!(hint("tea ", Stored::Nothing), "Missing");
        // A plan is no product, and what was not looked up may be there.
        assert_eq!(hint("mug ", Stored::Nothing), "Missing");
        assert_eq!(hint("tea ", Stored::Unknown), "Unknown");
    }

    #[test]
    fn a_reference_to_nothing_names_the_stored_object_that_is_spelt_otherwise() {
        let lines = FileLines::of(b"x").unwrap();
        let kind = RecordType::SubscriptionOffering;
        let id_of = |name: &str| ids().of_stored(kind, name);
        let object =
            Arc::new(Snapshot::new(id_of("huila"), kind, Some("huila".to_owned()), crate::json::Object::new()));
        let references = References::of(&lines, ids());
        let hint = |text: &str| match references.resolve(&reference(kind, text), &mut |id| match id {
            id if id == id_of("huila") => Stored::Object(Arc::clone(&object)),
            _ => Stored::Nothing,
        }) {
            Resolution::Misspelt(hint) => hint,
            other => format!("{other:?}"),
        };
        for text in ["Huila", "HUILA"] {
            assert_eq!(hint(text), "; \"huila\" is stored: did you mean that?", "{text}");
        }
        assert_eq!(hint(" huila"), "; \"huila\" is stored: this one begins with a space: take it out");
        assert_eq!(
            hint("Huila\u{200b}"),
            "; \"huila\" is stored: this one ends with a zero-width space (U+200B): take it out"
        );
        assert_eq!(hint("brazil"), "Missing");
        // What is not looked up yet is asked for.
        let unknown = references.resolve(&reference(kind, "Huila"), &mut |id| {
            if id == id_of("Huila") { Stored::Nothing } else { Stored::Unknown }
        });
        assert!(matches!(unknown, Resolution::Unknown));
        (0..MOST_TRIED).for_each(|number| assert_eq!(hint(&number.to_string()), "Missing"));
        assert_eq!(hint("hUILA"), "Missing");
        assert_eq!(hint("Huila"), "; \"huila\" is stored: did you mean that?");
    }

    #[test]
    fn an_object_that_is_referred_to_twice_is_built_once() {
        let file = br#"{"type":"subscription_product","external_ref":"tea","name":"Tea"}"#;
        let lines = FileLines::of(file).unwrap();
        lines[0].settle(Standing::Imported);
        let references = References::of(&lines, ids());
        let tea = reference(RecordType::SubscriptionProduct, "tea");
        let copy = || match references.resolve(&tea, &mut |_| Stored::Unknown) {
            Resolution::Found(copy) => copy,
            other => panic!("{other:?}"),
        };
        assert!(Arc::ptr_eq(&copy(), &copy()));
    }

    #[test]
    fn the_copy_of_an_object_is_kept_when_it_is_made_where_a_line_may_refer_to_it() {
        let product = r#"{"type":"subscription_product","external_ref":"tea","name":"Tea"}"#;
        let offering = r#"{"type":"subscription_offering"}"#;
        let kept = |file: &str| {
            let lines = FileLines::of(file.as_bytes()).unwrap();
            lines[0].settle(Standing::Imported);
            let references = References::of(&lines, ids());
            let other = crate::read(product.replace("Tea", "Another tea").as_bytes()).unwrap();
            let record =
                other.look_up(|_| Resolution::Missing).resolve(ids().of_stored(RecordType::SubscriptionProduct, "tea"));
            references.keep(&lines[0], &record.unwrap().unwrap());
            match references.resolve(&reference(RecordType::SubscriptionProduct, "tea"), &mut |_| Stored::Unknown) {
                Resolution::Found(copy) => copy.attributes().get("name").unwrap().to_string(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(kept(&format!("{product}\n{offering}")), "\"Another tea\"");
        assert_eq!(kept(product), "\"Tea\"");
    }

    #[test]
    fn where_ids_are_not_known_no_reference_names_a_line_by_one() {
        let lines = FileLines::of(br#"{"type":"subscription_product","external_ref":"tea","name":"Tea"}"#).unwrap();
        let named = |ids: Ids, id: RecordId| {
            References::of(&lines, ids).line(&reference(RecordType::SubscriptionProduct, &id.to_string())).is_some()
        };
        let derived = ids().of_line(&lines[0]).unwrap();
        assert!(named(ids(), derived));
        assert!(!named(Ids::Unknown, derived) && !named(Ids::Unknown, RecordId::from_number(1)));
    }
}

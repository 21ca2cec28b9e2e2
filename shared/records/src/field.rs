//! The language of the types' rules: `plan.required("name").text(3..=1024)`.

mod price;
mod reference;
mod written;

use std::fmt;
use std::ops::{RangeFrom, RangeInclusive};

use crate::{
    error::{RecordErrorCode, RecordErrors},
    explain,
    json::{Decimal, Json, Object, Path},
    limits::EXTERNAL_REF,
    near::nearest,
    quote::{Digits, Shown, Value, has_visible},
    reference::Reference,
    warning::RecordWarnings,
};

/// What a value has to be, as errors say it.
const STRING: &str = "a string";
const NUMBER: &str = "a number";
const OBJECT: &str = "an object";

/// How many keys of an object are compared with the name of an attribute that is missing.
const COMPARED: usize = 100;

/// About as many attributes as a type has.
const MOST_ASKED: usize = 20;

/// What to do with an empty string where something else is wanted.
const LEAVE_OUT: &str = ": leave the attribute out, or write null";

/// What reading a line has found: its errors, what else is to be said, and what it refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Findings {
    pub(super) errors: RecordErrors,
    pub(super) warnings: RecordWarnings,
    pub(super) references: Vec<Reference>,
}

/// The attributes of an object while its rules are checked. At their end each attribute that none asked for is a warning;
/// an object of which nothing was asked may hold anything.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    pub(super) object: &'a mut Object,
    pub(super) path: Path<'a>,
    pub(super) findings: &'a mut Findings,
    /// What the rules asked for.
    known: Vec<&'static str>,
    /// Whether it may hold more than that.
    allows_others: bool,
}

impl Drop for Fields<'_> {
    fn drop(&mut self) {
        if self.known.is_empty() || self.allows_others {
            return;
        }
        for (name, _) in self.object.iter().filter(|(name, _)| !self.known.contains(name)) {
            self.findings.warnings.add_unknown(&self.path, name, &self.known);
        }
    }
}

impl<'a> Fields<'a> {
    pub(super) fn new(object: &'a mut Object, path: Path<'a>, findings: &'a mut Findings) -> Self {
        Self { object, path, findings, known: Vec::with_capacity(MOST_ASKED), allows_others: false }
    }

    /// Lets the object hold what no rule asks for: its rules stand elsewhere, or end early.
    pub(super) const fn allow_others(&mut self) {
        self.allows_others = true;
    }

    /// What the rules asked for.
    pub(super) fn known(&self) -> Vec<&'static str> {
        self.known.clone()
    }

    /// Attributes that are not looked at, but are no strangers.
    pub(super) fn known_too(&mut self, names: &[&'static str]) {
        self.known.extend(names);
    }

    /// An attribute that must be there; null counts as missing.
    pub(super) fn required(&mut self, name: &'static str) -> Field<'_> {
        self.required_as(name, None)
    }

    /// The same, with an example of what it may be.
    pub(super) fn required_as(&mut self, name: &'static str, example: Option<&str>) -> Field<'_> {
        let place = self.object.place(name);
        let given = place.and_then(|place| self.object.at(place));
        let is_told = given.is_none_or(|value| is_missing(name, value)) && !self.findings.errors.is_full();
        let is_null = matches!(given, Some(Json::Null));
        let meant = if is_told { self.meant(name, example, is_null) } else { String::new() };
        let field = self.at(name, place);
        if field.value.is_none() {
            let null = if is_null { ", not null" } else { "" };
            let problem = format_args!("\"{name}\" is required{null}{meant}");
            field.findings.errors.add(RecordErrorCode::Required, &field.path, problem);
        }
        field
    }

    /// The attribute that may have been meant as one that is missing, else what to add, or to write in the place of null.
    fn meant(&self, name: &str, example: Option<&str>, is_null: bool) -> String {
        let others = self.object.iter().filter(|(_, value)| **value != Json::Null).map(|(key, _)| key).take(COMPARED);
        let example = example.or_else(|| explain::example::required(&Path::Key(&self.path, name)));
        if let Some(given) = nearest(name, others) {
            let text = self.object.get(given).and_then(Json::as_str);
            // A list of names is shown as it has to be: it is written wrongly as well.
            let list = text.filter(|_| example.is_some_and(|example| example.starts_with("[\"")));
            let list = list.map(|text| format!(":{}", explain::names(text))).unwrap_or_default();
            return format!("; {} is given: write \"{name}\"{list}", Shown(given));
        }
        let Some(example) = example else { return String::new() };
        if is_null { format!(": write {example}") } else { format!(": add \"{name}\":{example}") }
    }

    /// What is given, and nothing reads, in place of one of these names.
    pub(super) fn near(&self, names: &[&'static str]) -> Option<String> {
        let mut others = self.object.iter().map(|(key, _)| key).filter(|key| !self.known.contains(key)).take(COMPARED);
        let all = || self.known.iter().chain(names).copied();
        let found = others.find_map(|given| Some((given, nearest(given, all()).filter(|name| names.contains(name))?)));
        found.map(|(given, meant)| format!("; {} is given: write \"{meant}\"", Shown(given)))
    }

    /// An attribute that may be missing; null counts as missing, and is dropped.
    pub(super) fn optional(&mut self, name: &'static str) -> Field<'_> {
        let place = self.object.place(name);
        self.at(name, place)
    }

    /// The attribute that stands at a place; one that counts as missing is dropped.
    fn at(&mut self, name: &'static str, place: Option<usize>) -> Field<'_> {
        self.known.push(name);
        let is_dropped = place.and_then(|place| self.object.at(place)).is_some_and(|value| is_missing(name, value));
        if is_dropped {
            self.object.remove(name);
        }
        let value = place.filter(|_| !is_dropped).and_then(|place| self.object.at_mut(place));
        Field { value, path: Path::Key(&self.path, name), findings: &mut *self.findings }
    }

    /// The name by which other systems know the object.
    pub(super) fn external_ref(&mut self) {
        self.optional("external_ref").text(EXTERNAL_REF);
    }

    /// Whether an attribute is there, and not null.
    pub(super) fn has(&self, name: &str) -> bool {
        self.object.get(name).is_some_and(|value| !is_missing(name, value))
    }

    /// Notes an error of the object as a whole.
    pub(super) fn fail(&mut self, code: RecordErrorCode, problem: impl fmt::Display) {
        self.findings.errors.add(code, &self.path, problem);
    }
}

/// Attributes that only name something: an empty one is missing, as exports write it.
const NAMES: [&str; 9] = [
    "external_ref",
    "offering_id",
    "offering_external_ref",
    "plan_id",
    "selected_plan",
    "pricing_option_id",
    "selected_pricing_option",
    "proration_policy_id",
    "address_id",
];

/// Whether an attribute counts as not given.
fn is_missing(name: &str, value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty() && NAMES.contains(&name),
        _ => false,
    }
}

/// One attribute, or one item of a list, while its rule is checked. A missing value passes every rule.
#[derive(Debug)]
pub(super) struct Field<'f> {
    pub(super) value: Option<&'f mut Json>,
    pub(super) path: Path<'f>,
    pub(super) findings: &'f mut Findings,
}

impl<'f> Field<'f> {
    /// Borrows the field, for a second rule on the same value.
    pub(super) fn reborrow(&mut self) -> Field<'_> {
        Field { value: self.value.as_deref_mut(), path: self.path, findings: &mut *self.findings }
    }

    /// A string of so many characters.
    pub(super) fn text(mut self, length: RangeInclusive<usize>) -> Option<&'f str> {
        let text = self.string(|text| length.contains(&text.chars().count()))?;
        let (shortest, longest, count) = (*length.start(), *length.end(), text.chars().count());
        let one = || {
            let is_required = explain::example::required(&self.path).is_some();
            if is_required { "write one" } else { "write one, or leave it out" }.to_owned()
        };
        if shortest > 0 && count > 0 && !has_visible(text) {
            let write = if shortest > 1 { format!("write at least {shortest} characters") } else { one() };
            let problem = format_args!("must have something to be seen, not {}: {write}", Shown(text));
            self.fail(RecordErrorCode::Malformed, problem);
            return None;
        }
        if length.contains(&count) {
            return Some(text);
        }
        let bounds = if shortest == 0 { format!("at most {longest}") } else { format!("{shortest} to {longest}") };
        let cure = match (count, shortest) {
            (0, 1) => one(),
            _ if count < shortest => format!("make it longer by {}", shortest - count),
            _ => format!("make it shorter by {}", count.saturating_sub(longest)),
        };
        let problem = format_args!("must be {bounds} characters long, {} has {count}: {cure}", Shown(text));
        self.fail(RecordErrorCode::WrongLength, problem);
        None
    }

    /// `true` or `false`.
    pub(super) fn boolean(mut self) -> Option<bool> {
        match self.value.take()? {
            Json::Bool(value) => Some(*value),
            other => {
                let quotes = if other.as_str().is_some_and(|text| !text.is_empty()) { ", without quotes" } else { "" };
                let cure = explain::boolean(other).map(|word| format!(": write {word}{quotes}"));
                let (found, cure) = (Value(other), cure.unwrap_or_default());
                self.fail(RecordErrorCode::WrongType, format_args!("must be true or false, not {found}{cure}"));
                None
            }
        }
    }

    /// A whole number that fits 64 bits, from a least one on. `12.0` is one, and becomes `12`.
    pub(super) fn whole(self, bounds: RangeFrom<i64>) {
        let example = explain::example::required(&self.path);
        self.whole_or(bounds.clone(), "a whole number", |value| match value {
            Json::String(text) if text.is_empty() && example.is_none() => LEAVE_OUT.to_owned(),
            other => match other.as_str().and_then(|text| text.parse::<i64>().ok()) {
                Some(number) if bounds.contains(&number) => format!(": write {number}, without quotes"),
                Some(_) => format!(": write {} or more, without quotes", bounds.start),
                None => format!(": write one, such as {}", example.unwrap_or("1")),
            },
        });
    }

    fn whole_or(mut self, bounds: RangeFrom<i64>, wanted: &str, cure: impl Fn(&Json) -> String) {
        let Some(value) = self.value.take() else { return };
        if let Json::Number(text) = value
            && text.contains(['.', 'e', 'E'])
            && let Some(whole) = Decimal::from_text(text).whole()
        {
            *text = whole.into();
        }
        let text = match value {
            Json::Number(text) if !text.contains(['.', 'e', 'E']) => text,
            other => {
                let (found, cure) = (Value(other), later(|| cure(other)));
                self.fail(RecordErrorCode::WrongType, format_args!("must be {wanted}, not {found}{cure}"));
                return;
            }
        };
        let (least, most) = (bounds.start, i64::MAX);
        match text.parse::<i64>() {
            Ok(number) if bounds.contains(&number) => {}
            // What does not fit 64 bits is too small when it is negative, else too large.
            Err(_) if !text.starts_with('-') => self.fail(
                RecordErrorCode::OutOfRange,
                format_args!("must be at most {most}, it is {}: write a smaller number", Digits(text)),
            ),
            _ => self.fail(
                RecordErrorCode::OutOfRange,
                format_args!("must be at least {least}, it is {}: write {least} or more", Digits(text)),
            ),
        }
    }

    /// Any number from 0 to 100.
    pub(super) fn percentage(mut self) {
        let is_good = |text: &str| Json::number(text).is_some() && Decimal::from_text(text).is_percentage();
        let text = match self.value.take() {
            None => return,
            Some(Json::Number(text)) => text,
            Some(other) => return self.wrong_type::<()>(NUMBER, other, is_good).unwrap_or_default(),
        };
        if !is_good(text) {
            let problem = format_args!("must be 0 to 100, it is {}: write a number from 0 to 100", Digits(text));
            self.fail(RecordErrorCode::OutOfRange, problem);
        }
    }

    /// One of the words allowed.
    pub(super) fn one_of(mut self, allowed: &[&'static str]) -> Option<&'static str> {
        let text = match self.value.take()? {
            Json::String(text) => text,
            other => {
                let words: Vec<String> = allowed.iter().map(|word| format!("\"{word}\"")).collect();
                let problem = format!("must be a string, not {}: write {}", Value(other), words.join(" or "));
                self.fail(RecordErrorCode::WrongType, problem);
                return None;
            }
        };
        let known = allowed.iter().copied().find(|word| *word == text);
        if known.is_none() {
            let words = allowed.join(", ");
            let meant = later(|| {
                let small = text.to_ascii_lowercase();
                let begins = || allowed.iter().copied().find(|word| small.starts_with(word));
                let meant = nearest(text, allowed.iter().copied()).or_else(begins);
                meant.map(|word| format!(": write \"{word}\"")).unwrap_or_default()
            });
            let problem = format_args!("must be one of {words}, not {}{meant}", Shown(text));
            self.fail(RecordErrorCode::NotAllowed, problem);
        }
        known
    }

    /// An object with rules of its own.
    pub(super) fn object(self) -> Option<Fields<'f>> {
        self.members().map(|(object, path, findings)| Fields::new(object, path, findings))
    }

    /// An object's members, of whatever names, where it stands, and what is found in it.
    fn members(mut self) -> Option<(&'f mut Object, Path<'f>, &'f mut Findings)> {
        match self.value.take()? {
            Json::Object(object) => Some((object, self.path, self.findings)),
            other => self.wrong_type(OBJECT, other, |_| false),
        }
    }

    /// An object, where the value is one: whether it must be is another rule.
    pub(super) fn object_if_any(self) -> Option<Fields<'f>> {
        if matches!(self.value, Some(Json::Object(_))) { self.object() } else { None }
    }

    /// Notes that a list holds fewer items than so many; `cure` says what belongs in it.
    pub(super) fn hold_at_least(&mut self, least: usize, cure: impl fmt::Display) {
        if let Some(Json::Array(items)) = self.value.as_deref()
            && items.len() < least
        {
            let problem = format!("must hold at least {least}, it holds {}: {cure}", items.len());
            self.fail(RecordErrorCode::WrongLength, problem);
        }
    }

    /// A list of items, each with a rule.
    pub(super) fn items(mut self, mut rule: impl FnMut(Field<'_>)) {
        let items = match self.value.take() {
            None => return,
            Some(Json::Array(items)) => items,
            Some(other @ Json::String(_)) => {
                let (example, item) = (explain::example::required(&self.path), explain::example::object(&self.path));
                let text = other.as_str().unwrap_or_default();
                let cure = item.filter(|_| !text.trim().is_empty()).map_or_else(
                    || explain::list(text, example),
                    |item| format!("its items are objects: write them as in [{item}]"),
                );
                let found = Value(other);
                self.fail(RecordErrorCode::WrongType, format_args!("must be a list, not {found}: {cure}"));
                return;
            }
            Some(other) => {
                self.wrong_type::<()>("a list, from [ to ]", other, |_| false);
                return;
            }
        };
        for (index, item) in items.iter_mut().enumerate() {
            rule(Field { value: Some(item), path: Path::Item(&self.path, index), findings: &mut *self.findings });
        }
    }

    /// A map of names that the caller chose, with a rule for each value; one that is null is dropped.
    pub(super) fn entries(self, mut rule: impl FnMut(Field<'_>)) {
        let Some((object, path, findings)) = self.members() else { return };
        object.retain(|_, value| *value != Json::Null);
        for (name, value) in object.iter_mut() {
            rule(Field { value: Some(value), path: Path::Key(&path, name), findings: &mut *findings });
        }
    }

    /// Notes an error of this value, its name first.
    pub(super) fn fail(&mut self, code: RecordErrorCode, problem: impl fmt::Display) {
        self.findings.errors.add(code, &self.path, format_args!("{} {problem}", self.path.name()));
    }

    /// Notes that this value is of another JSON type than the one wanted. A number or its text may be good if only its quotes
    /// are put there, or taken away.
    fn wrong_type<T>(&mut self, wanted: &str, found: &Json, is_good: impl Fn(&str) -> bool) -> Option<T> {
        let example = explain::example::required(&self.path);
        let example = if wanted == OBJECT { explain::example::object(&self.path) } else { example };
        let cure = match found {
            Json::Number(digits) if wanted == STRING && is_good(digits) => format!(": write \"{}\"", Digits(digits)),
            Json::String(text) if text.is_empty() && matches!(self.path, Path::Item(..)) => ": take it out".to_owned(),
            Json::String(text) if text.is_empty() && explain::example::required(&self.path).is_none() => {
                LEAVE_OUT.to_owned()
            }
            Json::String(text) if wanted == NUMBER && is_good(text) => {
                format!(": write {}, without quotes", Digits(text))
            }
            _ if wanted == NUMBER => ": write a number from 0 to 100".to_owned(),
            _ => {
                let is_open = example.is_some_and(|example| example.starts_with("\"…"));
                let write = if is_open { "write" } else { "write one, such as" };
                example.map(|example| format!(": {write} {example}")).unwrap_or_default()
            }
        };
        self.fail(RecordErrorCode::WrongType, format_args!("must be {wanted}, not {}{cure}", Value(found)));
        None
    }

    fn string(&mut self, is_good: impl Fn(&str) -> bool) -> Option<&'f str> {
        match self.value.take()? {
            Json::String(text) => Some(text),
            other => self.wrong_type(STRING, other, is_good),
        }
    }
}

/// A part of a sentence that is made only where the sentence is: of a line full of errors few are told.
fn later(part: impl Fn() -> String) -> impl fmt::Display {
    fmt::from_fn(move |f| f.write_str(&part()))
}

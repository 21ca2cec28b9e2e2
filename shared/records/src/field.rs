//! The language of the types' rules: `plan.required("name").text(3..=1024)`.

use std::fmt;
use std::ops::{RangeFrom, RangeInclusive};

use crate::{
    error::{RecordErrorCode, RecordErrors},
    format,
    json::{Decimal, Json, Object, Path, Shown},
    limits::{EXTERNAL_REF, MAX_CURRENCIES, TEXT},
    record_type::RecordType,
    reference::{LookUp, Reference},
    warning::RecordWarnings,
};

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
    pub(super) const fn new(object: &'a mut Object, path: Path<'a>, findings: &'a mut Findings) -> Self {
        Self { object, path, findings, known: Vec::new(), allows_others: false }
    }

    /// Lets the object hold what no rule asks for: its rules stand elsewhere, or end early.
    pub(super) const fn allow_others(&mut self) {
        self.allows_others = true;
    }

    /// An attribute that must be there; null counts as missing.
    pub(super) fn required(&mut self, name: &'static str) -> Field<'_> {
        let field = self.optional(name);
        if field.value.is_none() {
            field.findings.errors.add(RecordErrorCode::Required, &field.path, format_args!("\"{name}\" is required"));
        }
        field
    }

    /// An attribute that may be missing; null counts as missing, and is dropped.
    pub(super) fn optional(&mut self, name: &'static str) -> Field<'_> {
        if self.object.get(name) == Some(&Json::Null) {
            self.object.remove(name);
        }
        self.known.push(name);
        Field { value: self.object.get_mut(name), path: Path::Key(&self.path, name), findings: &mut *self.findings }
    }

    /// Whether an attribute is there, and not null.
    pub(super) fn has(&self, name: &str) -> bool {
        self.object.has(name)
    }

    /// Notes an error of the object as a whole.
    pub(super) fn fail(&mut self, code: RecordErrorCode, problem: impl fmt::Display) {
        self.findings.errors.add(code, &self.path, problem);
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
        let text = self.string()?;
        let (shortest, longest, count) = (*length.start(), *length.end(), text.chars().count());
        if length.contains(&count) {
            return Some(text);
        }
        match (count, shortest) {
            (0, 1) => self.fail(RecordErrorCode::WrongLength, "must not be empty"),
            (_, 0) => self.fail(
                RecordErrorCode::WrongLength,
                format_args!("must be at most {longest} characters long, it has {count}"),
            ),
            _ => self.fail(
                RecordErrorCode::WrongLength,
                format_args!("must be {shortest} to {longest} characters long, it has {count}"),
            ),
        }
        None
    }

    /// `true` or `false`.
    pub(super) fn boolean(mut self) -> Option<bool> {
        match self.value.take()? {
            Json::Bool(value) => Some(*value),
            other => self.wrong_type("true or false", other),
        }
    }

    /// A whole number that fits 64 bits, from a least one on.
    pub(super) fn whole(mut self, bounds: RangeFrom<i64>) {
        let Some(text) = self.number("a whole number") else { return };
        let (least, most) = (bounds.start, i64::MAX);
        if text.contains(['.', 'e', 'E']) {
            self.fail(
                RecordErrorCode::WrongType,
                format_args!("must be a whole number, without a decimal point or an exponent, not {}", Cut(text)),
            );
            return;
        }
        match text.parse::<i64>() {
            Ok(number) if bounds.contains(&number) => {}
            // What does not fit 64 bits is too small when it is negative, else too large.
            Err(_) if !text.starts_with('-') => self.fail(
                RecordErrorCode::OutOfRange,
                format_args!("must be at most {most} (64 bits), it is {}", Cut(text)),
            ),
            _ => self.fail(RecordErrorCode::OutOfRange, format_args!("must be at least {least}, it is {}", Cut(text))),
        }
    }

    /// Any number from 0 to 100.
    pub(super) fn percentage(mut self) {
        let Some(text) = self.number("a number") else { return };
        if !Decimal::from_text(text).is_percentage() {
            self.fail(RecordErrorCode::OutOfRange, format_args!("must be 0 to 100, it is {}", Cut(text)));
        }
    }

    /// One of the words allowed.
    pub(super) fn one_of(mut self, allowed: &[&'static str]) -> Option<&'static str> {
        let text = self.string()?;
        let known = allowed.iter().copied().find(|word| *word == text);
        if known.is_none() {
            let words = allowed.join(", ");
            self.fail(RecordErrorCode::NotAllowed, format_args!("must be one of {words}, not {}", Shown(text)));
        }
        known
    }

    /// An object with rules of its own.
    pub(super) fn object(mut self) -> Option<Fields<'f>> {
        match self.value.take()? {
            Json::Object(object) => Some(Fields::new(object, self.path, self.findings)),
            other => self.wrong_type("an object", other),
        }
    }

    /// An object, where the value is one: whether it must be is another rule.
    pub(super) fn object_if_any(self) -> Option<Fields<'f>> {
        if matches!(self.value, Some(Json::Object(_))) { self.object() } else { None }
    }

    /// A list of at least so many items, each with a rule.
    pub(super) fn items(mut self, at_least: usize, mut rule: impl FnMut(Field<'_>)) {
        let items = match self.value.take() {
            None => return,
            Some(Json::Array(items)) => items,
            Some(other) => {
                self.wrong_type::<()>("an array", other);
                return;
            }
        };
        if items.len() < at_least {
            self.fail(
                RecordErrorCode::WrongLength,
                format_args!("must hold at least {at_least}, it holds {}", items.len()),
            );
        }
        for (index, item) in items.iter_mut().enumerate() {
            rule(Field { value: Some(item), path: Path::Item(&self.path, index), findings: &mut *self.findings });
        }
    }

    /// A map from currency to amount, in the currency's minor units, of at most 10 currencies; one that is null is dropped.
    pub(super) fn price(self) {
        let Some(mut price) = self.object() else { return };
        let Fields { object, path, findings, .. } = &mut price;
        let path = *path;
        object.retain(|currency, price| *price != Json::Null || !format::is_currency(currency));
        let count = object.len();
        if count > MAX_CURRENCIES {
            let problem =
                format_args!("{} must hold at most {MAX_CURRENCIES} currencies, it holds {count}", path.name());
            findings.errors.add(RecordErrorCode::WrongLength, &path, problem);
        }
        for (currency, value) in object.iter_mut() {
            let path = Path::Key(&path, currency);
            if !format::is_currency(currency) {
                let problem = format_args!("{} must be a currency of three letters, such as USD", path.name());
                findings.errors.add(RecordErrorCode::Malformed, &path, problem);
            }
            if let Some(mut price) = (Field { value: Some(value), path, findings }).object() {
                price.required("amount").whole(0..);
                price.optional("includes_tax").boolean();
            }
        }
    }

    /// A UUID, in its usual form of 36 characters.
    pub(super) fn uuid(self) -> Option<&'f str> {
        self.written_as("a UUID of 36 characters", format::is_uuid)
    }

    /// An email address.
    pub(super) fn email(self) {
        self.written_as("an email address, such as ada@example.com", format::is_email);
    }

    /// A currency's three letters.
    pub(super) fn currency(self) {
        self.written_as("a currency of three letters, such as USD", format::is_currency);
    }

    /// A time with a date and an offset.
    pub(super) fn time(self) {
        self.written_as("an RFC 3339 time, such as 2026-01-10T11:41:19Z", format::is_time);
    }

    /// A tag: 1 to 64 letters, digits, `-` and `_`.
    pub(super) fn tag(self) {
        self.written_as("1 to 64 of the characters 0-9, A-Z, a-z, - and _", format::is_tag);
    }

    /// An absolute URI of at most 1024 characters.
    pub(super) fn uri(mut self) {
        if self.reborrow().text(TEXT).is_some() {
            self.written_as("an absolute URI, such as https://example.com/tea.png", format::is_uri);
        }
    }

    fn written_as(mut self, wanted: &str, is_written_so: fn(&str) -> bool) -> Option<&'f str> {
        let text = self.string()?;
        if is_written_so(text) {
            return Some(text);
        }
        self.fail(RecordErrorCode::Malformed, format_args!("must be {wanted}"));
        None
    }

    /// A list of references and inline objects.
    pub(super) fn references(self, at_least: usize, record_type: RecordType, rule: fn(&mut Fields<'_>)) {
        self.items(at_least, |mut item| match item.value.as_deref() {
            Some(Json::String(_)) => item.reference(record_type, LookUp::Any),
            Some(Json::Object(_)) => item.inline(record_type, rule),
            Some(other) => {
                let kind = other.kind();
                item.fail(
                    RecordErrorCode::WrongType,
                    format_args!("must be a string (an id or external_ref) or an object, not {kind}"),
                );
            }
            None => {}
        });
    }

    /// A reference to one object.
    pub(super) fn reference(mut self, record_type: RecordType, look_up: LookUp) {
        let text = match look_up {
            LookUp::Any | LookUp::ExternalRef => self.reborrow().text(EXTERNAL_REF),
            LookUp::Id => self.reborrow().uuid(),
        };
        if let Some(text) = text.map(str::to_owned) {
            self.findings.references.push(Reference { path: self.path.to_string(), record_type, text, look_up });
        }
    }

    /// An object given in the place of a reference: its attributes, or `{"type"?,"attributes":{…}}`.
    pub(super) fn inline(self, record_type: RecordType, rule: impl FnOnce(&mut Fields<'_>)) {
        let Some(mut object) = self.object() else { return };
        object.optional("type").one_of(&[record_type.as_str()]);
        if !object.has("attributes") {
            rule(&mut object);
            return;
        }
        // As in a line: its name may stand beside its attributes.
        if let Some(Json::Object(attributes)) = object.object.get("attributes")
            && !attributes.has("external_ref")
            && let Some(name) = object.object.remove("external_ref")
            && let Some(Json::Object(attributes)) = object.object.get_mut("attributes")
        {
            attributes.insert("external_ref", name);
        }
        if let Some(mut attributes) = object.optional("attributes").object() {
            rule(&mut attributes);
        }
    }

    /// Notes an error of this value, its name first.
    pub(super) fn fail(&mut self, code: RecordErrorCode, problem: impl fmt::Display) {
        self.findings.errors.add(code, &self.path, format_args!("{} {problem}", self.path.name()));
    }

    /// Notes that this value is of another JSON type than the one wanted.
    pub(super) fn wrong_type<T>(&mut self, wanted: &str, found: &Json) -> Option<T> {
        self.fail(RecordErrorCode::WrongType, format_args!("must be {wanted}, not {}", found.kind()));
        None
    }

    fn string(&mut self) -> Option<&'f str> {
        match self.value.take()? {
            Json::String(text) => Some(text),
            other => self.wrong_type("a string", other),
        }
    }

    fn number(&mut self, wanted: &str) -> Option<&'f str> {
        match self.value.take()? {
            Json::Number(text) => Some(text),
            other => self.wrong_type(wanted, other),
        }
    }
}

/// A number as written, unless that is too long to repeat.
struct Cut<'a>(&'a str);

impl fmt::Display for Cut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.get(..40) {
            Some(start) => write!(f, "{start}…"),
            None => f.write_str(self.0),
        }
    }
}

//! Strings that have to be written in a certain way.

use super::{Field, later};
use crate::{
    error::RecordErrorCode,
    explain, format,
    json::Json,
    limits::TEXT,
    quote::{Digits, Shown, Value},
};

impl<'f> Field<'f> {
    /// A UUID, in its usual form of 36 characters.
    pub(crate) fn uuid(mut self) -> Option<&'f str> {
        const UUID: &str = "a UUID of 36 characters";
        // A number in quotes is none either.
        if let Some(number @ Json::Number(_)) = self.value.as_deref() {
            let problem = format!("must be {UUID} in double quotes, not {}: {}", Value(number), explain::OWN_ID);
            self.fail(RecordErrorCode::WrongType, problem);
            return None;
        }
        self.written_as(UUID, format::is_uuid, explain::uuid)
    }

    /// An email address.
    pub(crate) fn email(self) {
        self.written_as("an email address, such as ada@example.com", format::is_email, explain::email);
    }

    /// A currency's three letters.
    pub(crate) fn currency(mut self) {
        if let Some(Json::Number(digits)) = self.value.as_deref() {
            let problem = format!("must be a string, not the number {}: {}", Digits(digits), explain::currency(digits));
            self.fail(RecordErrorCode::WrongType, problem);
            return;
        }
        self.written_as("a currency of three letters, such as USD", format::is_currency, explain::currency);
    }

    /// A time with a date and an offset.
    pub(crate) fn time(mut self) {
        if let Some(Json::Number(digits)) = self.value.as_deref() {
            let (shown, cure) = (Digits(digits).to_string(), explain::number_as_time(digits));
            let problem = format_args!("must be a time in double quotes, not the number {shown}: {cure}");
            self.fail(RecordErrorCode::WrongType, problem);
            return;
        }
        self.written_as("a time such as \"2026-01-10T11:41:19Z\" (RFC 3339)", format::is_time, explain::time);
    }

    /// A tag: 1 to 64 letters, digits, `-` and `_`.
    pub(crate) fn tag(self) {
        self.written_as("1 to 64 of the characters 0-9, A-Z, a-z, - and _", format::is_tag, explain::tag);
    }

    /// An absolute URI of at most 1024 characters.
    pub(crate) fn uri(mut self) {
        if !matches!(self.value, Some(Json::String(_))) || self.reborrow().text(TEXT).is_some() {
            self.written_as("an address such as https://example.com/tea.png", format::is_uri, explain::uri);
        }
    }

    fn written_as(
        mut self,
        wanted: &str,
        is_written_so: fn(&str) -> bool,
        explain: fn(&str) -> String,
    ) -> Option<&'f str> {
        let text = self.string(is_written_so)?;
        if is_written_so(text) {
            return Some(text);
        }
        let (shown, cure) = (Shown(text), later(|| explain(text)));
        self.fail(RecordErrorCode::Malformed, format_args!("must be {wanted}, not {shown}: {cure}"));
        None
    }
}

//! The grammar of filters. No branch is taken back: an error points to where the reading stopped.

use winnow::{
    ModalResult, Parser,
    combinator::{alt, cut_err, delimited, eof, preceded, repeat, separated, terminated},
    error::{ContextError, ErrMode, ParseError, StrContext, StrContextValue},
    token::{none_of, one_of, take_till, take_while},
};

use crate::import::ImportStatus;

use super::{
    condition::{Comparison, Condition, FilterError, comparable_time},
    meant,
};

const OPERATOR: &str = "an operator: eq, in, gt, ge, lt or le";
const LISTED_FIELD: &str = "a field that eq and in take: status or external_ref";
const COMPARED_FIELD: &str = "the field that gt, ge, lt and le take: created_at";
const OPEN: &str = "\"(\"";
const COMMA: &str = "\",\" and a value";
const CLOSE: &str = "\")\" after the one value";
const COMMA_OR_CLOSE: &str = "\",\" and another value, or \")\"";
const COLON_OR_END: &str = "\":\" and another condition, or the end";
const VALUE: &str = "a value";
const STATUS: &str = "a status: pending, started, success or failed";
const TIME: &str = "a time as in RFC 3339, such as 2026-01-31T09:30:00Z";
const QUOTE: &str = "a closing quote";
const ESCAPED: &str = "a quote or a backslash after the backslash";

/// How much of what was found in place of the expected is shown, in characters.
const SHOWN: usize = 30;

/// Reads one condition or more.
pub(super) fn conditions(text: &str) -> Result<Vec<Condition>, FilterError> {
    read(text).map_err(|error| unreadable(text, &error))
}

fn read(text: &str) -> Result<Vec<Condition>, ParseError<&str, ContextError>> {
    let end = eof.context(expected(COLON_OR_END));
    terminated(separated(1.., cut_err(condition), ':'), end).parse(text)
}

#[derive(Clone, Copy)]
enum Operator {
    Eq,
    In,
    Compare(Comparison),
}

#[derive(Clone, Copy)]
enum Field {
    Status,
    ExternalRef,
}

fn condition(input: &mut &str) -> ModalResult<Condition> {
    let operator = terminated(word(operator, OPERATOR), symbol('(', OPEN)).parse_next(input)?;
    let (condition, close) = match operator {
        Operator::Eq => (listed(input, 1)?, CLOSE),
        Operator::In => (listed(input, usize::MAX)?, COMMA_OR_CLOSE),
        Operator::Compare(comparison) => (compared(input, comparison)?, CLOSE),
    };
    symbol(')', close).parse_next(input)?;
    Ok(condition)
}

fn listed(input: &mut &str, most: usize) -> ModalResult<Condition> {
    match terminated(word(field, LISTED_FIELD), symbol(',', COMMA)).parse_next(input)? {
        Field::Status => {
            let status = value(|name| name.parse::<ImportStatus>().ok(), STATUS);
            separated(1..=most, cut_err(status), ',').map(Condition::Status).parse_next(input)
        }
        Field::ExternalRef => {
            let external_ref = text.context(expected(VALUE));
            separated(1..=most, cut_err(external_ref), ',').map(Condition::ExternalRef).parse_next(input)
        }
    }
}

fn compared(input: &mut &str, comparison: Comparison) -> ModalResult<Condition> {
    let created_at = |name: &str| (name == "created_at").then_some(());
    terminated(word(created_at, COMPARED_FIELD), symbol(',', COMMA)).parse_next(input)?;
    value(comparable_time, TIME).map(|time| Condition::CreatedAt(comparison, time)).parse_next(input)
}

fn operator(name: &str) -> Option<Operator> {
    match name {
        "eq" => Some(Operator::Eq),
        "in" => Some(Operator::In),
        "gt" => Some(Operator::Compare(Comparison::Gt)),
        "ge" => Some(Operator::Compare(Comparison::Ge)),
        "lt" => Some(Operator::Compare(Comparison::Lt)),
        "le" => Some(Operator::Compare(Comparison::Le)),
        _ => None,
    }
}

fn field(name: &str) -> Option<Field> {
    match name {
        "status" => Some(Field::Status),
        "external_ref" => Some(Field::ExternalRef),
        _ => None,
    }
}

/// A name that `known` knows.
fn word<'i, T>(
    known: impl Fn(&str) -> Option<T>,
    what: &'static str,
) -> impl Parser<&'i str, T, ErrMode<ContextError>> {
    take_while(0.., ('a'..='z', '_')).verify_map(known).context(expected(what))
}

fn symbol<'i>(symbol: char, what: &'static str) -> impl Parser<&'i str, char, ErrMode<ContextError>> {
    symbol.context(expected(what))
}

/// A value that `read` can read.
fn value<'i, T>(
    read: impl Fn(&str) -> Option<T>,
    what: &'static str,
) -> impl Parser<&'i str, T, ErrMode<ContextError>> {
    text.verify_map(move |text| read(&text)).context(expected(what))
}

/// The text of a value: as it stands up to a comma or a closing parenthesis, or in quotes.
fn text(input: &mut &str) -> ModalResult<String> {
    if input.starts_with('"') { quoted(input) } else { take_till(1.., [',', ')']).map(str::to_owned).parse_next(input) }
}

fn quoted(input: &mut &str) -> ModalResult<String> {
    let escaped = preceded('\\', cut_err(one_of(['"', '\\']).context(expected(ESCAPED))));
    let text = repeat(1.., alt((none_of(['"', '\\']), escaped)));
    delimited('"', text, symbol('"', QUOTE)).parse_next(input)
}

fn expected(what: &'static str) -> StrContext {
    StrContext::Expected(StrContextValue::Description(what))
}

fn unreadable(text: &str, error: &ParseError<&str, ContextError>) -> FilterError {
    // The first is the one that was added where the reading stopped.
    let expected = error.inner().context().find_map(|context| match context {
        StrContext::Expected(StrContextValue::Description(what)) => Some(*what),
        _ => None,
    });
    let (before, rest) = text.split_at_checked(error.offset()).unwrap_or((text, ""));
    let shown: String = rest.chars().take(SHOWN).collect();
    let found = match shown.len() {
        0 => "the end".to_owned(),
        length if length < rest.len() => format!("\"{shown}…\""),
        _ => format!("\"{shown}\""),
    };
    let (position, expected) = (before.chars().count() + 1, expected.unwrap_or(VALUE));
    let instead = meant::instead(text, |filter| read(filter).is_ok());
    FilterError::Unreadable { position, expected, found, instead }
}

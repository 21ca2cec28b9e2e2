//! Reading filters: what was read and is printed is read as the same again, and an error names a place in the text.

use std::fmt::Write;

use imports::{
    api::time,
    filter::{Comparison, Condition, Filter, FilterError, MAX_LENGTH, MAX_VALUES},
};

/// Reads a text as a filter.
pub(crate) fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match Filter::parse(&text) {
        Ok(filter) => check_again(&filter),
        Err(error) => check_error(&text, &error),
    }
}

fn check_again(filter: &Filter) {
    let conditions = filter.conditions();
    assert!(!conditions.is_empty());
    let values = |condition: &Condition| match condition {
        Condition::Status(any) => any.len(),
        Condition::ExternalRef(any) => any.len(),
        Condition::CreatedAt(..) => 1,
    };
    assert!(conditions.iter().map(values).sum::<usize>() <= MAX_VALUES);
    let printed = conditions.iter().map(print).collect::<Vec<_>>().join(":");
    // Quotes and a time written out may take it over the limit.
    if printed.chars().count() <= MAX_LENGTH {
        assert_eq!(Filter::parse(&printed).as_ref(), Ok(filter), "{printed}");
    }
}

/// Prints a condition so that any value can stand in it.
fn print(condition: &Condition) -> String {
    match condition {
        Condition::Status(any) => {
            any.iter().fold("in(status".to_owned(), |text, status| text + "," + status.as_str()) + ")"
        }
        Condition::ExternalRef(any) => {
            let mut text = "in(external_ref".to_owned();
            for name in any {
                write!(text, ",\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")).unwrap();
            }
            text + ")"
        }
        Condition::CreatedAt(comparison, at) => {
            let operator = match comparison {
                Comparison::Gt => "gt",
                Comparison::Ge => "ge",
                Comparison::Lt => "lt",
                Comparison::Le => "le",
            };
            format!("{operator}(created_at,{})", time(*at))
        }
    }
}

fn check_error(text: &str, error: &FilterError) {
    let length = text.chars().count();
    match error {
        FilterError::GivenTwice => panic!("one text is given once"),
        FilterError::TooLong(named) => assert!(*named == length && length > MAX_LENGTH),
        FilterError::TooManyValues(named) => assert!(*named > MAX_VALUES),
        FilterError::Unreadable { position, expected, found, instead } => {
            let filter = instead.rsplit_once("filter=").map(|(_, filter)| Filter::parse(filter));
            assert!(matches!(filter, Some(Ok(_))), "{instead} can't be read");
            assert!((1..=length + 1).contains(position), "{error} in {text:?}");
            assert!(!expected.is_empty());
            let rest: String = text.chars().skip(position - 1).collect();
            let shown = found.strip_prefix('"').and_then(|shown| shown.strip_suffix('"'));
            let shown = shown.map(|shown| shown.strip_suffix('…').unwrap_or(shown));
            let is_there = shown.map_or(rest.is_empty() && found == "the end", |shown| rest.starts_with(shown));
            assert!(is_there, "{error} in {text:?}");
        }
    }
}

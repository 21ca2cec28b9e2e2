//! How large DynamoDB takes an item to be, and how many units a call of it uses.

use serde_json::{Map, Value};

/// The units of a write of so many bytes.
pub(crate) fn write_units(bytes: u64) -> u64 {
    bytes.div_ceil(1 << 10).max(1)
}

/// The units of a consistent read of so many bytes. One of nothing counts as well.
pub(crate) fn read_units(bytes: u64) -> u64 {
    bytes.div_ceil(4 << 10).max(1)
}

/// The bytes of an item: names and values.
pub(crate) fn of_item(item: &Map<String, Value>) -> u64 {
    item.iter().map(|(name, value)| length(name) + of_value(value)).sum()
}

/// The bytes of a value, in DynamoDB's JSON.
fn of_value(value: &Value) -> u64 {
    /// A list or map has three bytes, and one more for each entry.
    const NESTED: u64 = 3;
    let Some((kind, value)) = value.as_object().and_then(|typed| typed.iter().next()) else { return 0 };
    match (kind.as_str(), value) {
        ("N", Value::String(digits)) => of_number(digits),
        ("L", Value::Array(entries)) => NESTED + entries.iter().map(|entry| 1 + of_value(entry)).sum::<u64>(),
        ("M", Value::Object(entries)) => NESTED + of_item(entries) + length_of(entries.len()),
        ("S" | "B", Value::String(text)) => length(text),
        // "BOOL", "NULL". No import writes a set.
        _ => 1,
    }
}

/// Two digits take a byte, the exponent one, a sign another.
fn of_number(text: &str) -> u64 {
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let significant = length(digits.trim_matches('0'));
    significant.div_ceil(2) + 1 + u64::from(text.starts_with('-'))
}

fn length(text: &str) -> u64 {
    length_of(text.len())
}

fn length_of(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_item_is_as_large_as_the_documentation_says() {
        let size = |item: Value| of_item(item.as_object().unwrap());
        assert_eq!(size(json!({"id": {"S": "four"}})), 2 + 4);
        assert_eq!(size(json!({"n": {"N": "1200"}})), 1 + 2);
        assert_eq!(size(json!({"n": {"N": "-12.345"}})), 1 + 5);
        assert_eq!(size(json!({"a": {"BOOL": true}, "b": {"NULL": true}})), 4);
        assert_eq!(size(json!({"l": {"L": [{"S": "x"}, {"S": "yz"}]}})), 1 + 3 + 2 + 3);
        assert_eq!(size(json!({"m": {"M": {"ab": {"S": "x"}}}})), 1 + 3 + 1 + 3);
        assert_eq!((write_units(0), write_units(1_024), write_units(1_025)), (1, 1, 2));
        assert_eq!((read_units(0), read_units(4_097)), (1, 2));
    }
}

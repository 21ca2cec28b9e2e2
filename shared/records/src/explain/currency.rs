//! Currencies as people write them.

use super::{unseen, visible, write_instead};
use crate::format::is_currency;

/// What people write for a currency, in small letters, and its three letters.
const NAMES: [(&str, &str); 22] = [
    ("£", "GBP"),
    ("pound", "GBP"),
    ("pounds", "GBP"),
    ("sterling", "GBP"),
    ("826", "GBP"),
    ("$", "USD"),
    ("us$", "USD"),
    ("dollar", "USD"),
    ("dollars", "USD"),
    ("840", "USD"),
    ("€", "EUR"),
    ("euro", "EUR"),
    ("euros", "EUR"),
    ("978", "EUR"),
    ("¥", "JPY"),
    ("yen", "JPY"),
    ("392", "JPY"),
    ("franc", "CHF"),
    ("krona", "SEK"),
    ("rupee", "INR"),
    ("rs", "INR"),
    ("₹", "INR"),
];

/// Currencies whose amounts have no decimals, and three (ISO 4217).
const WITHOUT_DECIMALS: [&str; 16] =
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"];
const THREE_DECIMALS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

/// What is wrong with a text that should be a currency.
pub(crate) fn currency(text: &str) -> String {
    let small = visible(text).to_lowercase();
    if let Some((_, letters)) = NAMES.iter().find(|(name, _)| *name == small) {
        return format!("write {letters}, if that is meant");
    }
    if let Some(problem) = unseen(text) {
        let clean = write_instead([visible(text)], is_currency).map(|write| format!(", {write}"));
        return problem + &clean.unwrap_or_default();
    }
    match text.chars().count() {
        0 => "it is empty".to_owned(),
        3 => "its characters are not all letters from A to Z".to_owned(),
        count => format!("its length is {count}"),
    }
}

/// The three letters of the currency that a text names; `None` where it names none.
pub(super) fn code(text: &str) -> Option<String> {
    let small = text.trim_matches(|other: char| other.is_whitespace() || ".,:;-–()".contains(other)).to_lowercase();
    let named = NAMES.iter().find(|(name, _)| *name == small).map(|(_, letters)| (*letters).to_owned());
    named.or_else(|| is_currency(&small).then(|| small.to_ascii_uppercase()))
}

/// How many decimals the amounts of a currency have.
pub(super) fn decimals(code: &str) -> usize {
    match code {
        zero if WITHOUT_DECIMALS.contains(&zero) => 0,
        three if THREE_DECIMALS.contains(&three) => 3,
        _ => 2,
    }
}

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
        return format!("write \"{letters}\", if that is meant");
    }
    if let Some(problem) = unseen(text) {
        let clean = write_instead([visible(text)], is_currency).map(|write| format!(", {write}"));
        return problem + &clean.unwrap_or_default();
    }
    match text.chars().count() {
        0 => "it is empty: write one".to_owned(),
        3 => "its characters are not all letters from A to Z".to_owned(),
        count => format!("its length is {count}"),
    }
}

/// The three letters of the currency that a text names, alone or before what an amount is for: `EUR/month`. `None` where it
/// names none.
pub(super) fn code(text: &str) -> Option<String> {
    let text = text.trim_matches(|other: char| other.is_whitespace() || ".,:;-–()".contains(other));
    let first = text.split(|other: char| other.is_whitespace() || "/,;(".contains(other)).next().unwrap_or_default();
    let named = |word: &str| {
        let small = word.to_lowercase();
        NAMES.iter().find(|(name, _)| *name == small).map(|(_, letters)| (*letters).to_owned())
    };
    let is_code = is_currency(text) || (is_currency(first) && first.bytes().all(|letter| letter.is_ascii_uppercase()));
    named(text).or_else(|| named(first)).or_else(|| is_code.then(|| first.to_ascii_uppercase()))
}

/// How many decimals the amounts of a currency have.
pub(super) fn decimals(code: &str) -> usize {
    match code {
        zero if WITHOUT_DECIMALS.contains(&zero) => 0,
        three if THREE_DECIMALS.contains(&three) => 3,
        _ => 2,
    }
}

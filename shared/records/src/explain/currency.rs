//! Currencies and amounts, as people write them.

use super::{unseen, visible, write_instead};
use crate::{
    format::is_currency,
    json::{Decimal, Json},
    quote::Digits,
};

/// What people write for a currency, in small letters, and its three letters.
const NAMES: [(&str, &str); 20] = [
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

/// An amount with decimals, in the currency's minor units: `1050` for `10.50` of USD. `None` where that is no whole number.
fn in_minor_units(text: &str, currency: &str) -> Option<String> {
    let currency = currency.to_ascii_uppercase();
    let decimals = match currency.as_str() {
        zero if WITHOUT_DECIMALS.contains(&zero) => 0,
        three if THREE_DECIMALS.contains(&three) => 3,
        _ => 2,
    };
    let number = Decimal::from_text(text);
    let minor = Decimal { magnitude: number.magnitude.checked_add(decimals)?, ..number };
    minor.whole().filter(|minor| minor.len() < 16)
}

/// What to write for an amount that is not a whole number of minor units.
pub(crate) fn minor_units(value: &Json, currency: &str) -> String {
    match amount(value, currency) {
        Some(Amount { minor, shown: None }) => format!("write {minor}, without quotes, if that is pence or cents"),
        Some(Amount { minor, shown: Some(shown) }) => {
            format!("amounts are in minor units, such as pence or cents: write {minor} for {shown}")
        }
        None if WITHOUT_DECIMALS.contains(&currency.to_ascii_uppercase().as_str()) => {
            format!("{currency} has no smaller unit: write it without decimals")
        }
        None => "amounts are in minor units, such as pence or cents: write 1250 for 12.50".to_owned(),
    }
}

/// What to write for an amount that stands by itself, where an object is wanted.
pub(crate) fn amount_object(value: &Json, currency: &str) -> String {
    match amount(value, currency) {
        Some(Amount { minor, shown: None }) => {
            format!("write {{\"amount\":{minor}}}, in minor units such as pence or cents")
        }
        Some(Amount { minor, shown: Some(shown) }) => {
            format!("write {{\"amount\":{minor}}} for {shown}, in minor units such as pence or cents")
        }
        None => "write {\"amount\":1250} for 12.50, in minor units such as pence or cents".to_owned(),
    }
}

struct Amount {
    minor: String,
    /// The amount as it was given, where that had decimals.
    shown: Option<String>,
}

/// The amount that a number or a text stands for; `None` where it has more decimals than the currency, or is no amount.
fn amount(value: &Json, currency: &str) -> Option<Amount> {
    let text = match value {
        Json::Number(text) => text.to_string(),
        Json::String(text) => text.trim_matches(|other: char| !other.is_ascii_digit()).to_owned(),
        _ => return None,
    };
    Json::number(&text)?;
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Amount { minor: text, shown: None });
    }
    let shown = match text.split_once('.') {
        Some((_, decimals)) if decimals.len() == 1 => format!("{text}0"),
        _ => Digits(&text).to_string(),
    };
    Some(Amount { minor: in_minor_units(&text, currency)?, shown: Some(shown) })
}

//! Amounts as people write them, and what to write instead: whole numbers of the currency's minor unit.

use super::currency::{code, decimals};
use crate::json::{Decimal, Json, Object};

/// The most digits of an amount that is read: all that fit, with its decimals, into 64 bits.
const MOST_DIGITS: usize = 15;

/// What to write for an amount that is not a whole number of minor units.
pub(crate) fn minor_units(value: &Json, currency: &str) -> String {
    let money = Money::of(currency);
    let Some(amount) = Amount::read(value) else {
        return format!("{}write a whole number, such as {}", money.rule(), money.example());
    };
    let quotes = if matches!(value, Json::String(_)) { ", without quotes" } else { "" };
    format!("{}{}{quotes}{}", money.rule(), amount.write(&money, str::to_owned), amount.notes(&money))
}

/// What to write for an amount that stands by itself, where an object is wanted.
pub(crate) fn amount_object(value: &Json, currency: &str) -> String {
    let money = Money::of(currency);
    let wrapped = |minor: &str| format!("{{\"amount\":{minor}}}");
    match Amount::read(value) {
        Some(amount) => format!("{}{}", amount.write(&money, wrapped), amount.notes(&money)),
        None => {
            format!("write {{\"amount\":…}}, such as {{\"amount\":{}}} for {}", money.some(), money.shown(money.some()))
        }
    }
}

/// What to write for a price in another shape than a map from currency to amount.
pub(crate) fn price(value: &Json) -> String {
    let mut object = value.as_object();
    if let Json::Array(items) = value {
        object = items.first().and_then(Json::as_object);
    }
    let member = |names: &[&str]| object.and_then(|object: &Object| names.iter().find_map(|name| object.get(name)));
    let given = member(&["currency", "currency_code"]).and_then(Json::as_str).and_then(code);
    let amount = Amount::read(member(&["amount", "value", "price"]).unwrap_or(value));
    let said = given.or_else(|| amount.as_ref()?.currency.clone());
    let money = Money::of(said.as_deref().unwrap_or("USD"));
    let letters = if said.is_none() { "; USD stands for your currency" } else { "" };
    let wrapped = |minor: &str| format!("{{\"{}\":{{\"amount\":{minor}}}}}", money.code.as_deref().unwrap_or("USD"));
    let write = match &amount {
        Some(amount) => amount.write(&money, wrapped),
        None => format!("write {} for {}", wrapped(&money.some().to_string()), money.shown(money.some())),
    };
    format!("{write}{letters}")
}

/// A currency, as far as a text names one.
struct Money {
    code: Option<String>,
    decimals: usize,
}

impl Money {
    fn of(currency: &str) -> Self {
        let code = code(currency);
        Self { decimals: decimals(code.as_deref().unwrap_or_default()), code }
    }

    /// How many minor units one of the currency has.
    const fn unit(&self) -> u64 {
        match self.decimals {
            0 => 1,
            3 => 1_000,
            _ => 100,
        }
    }

    fn rule(&self) -> String {
        match &self.code {
            Some(code) if self.decimals == 0 => format!("{code} has no decimals: "),
            Some(code) => format!("amounts are in the minor unit, {} to 1 {code}: ", self.unit()),
            None => "amounts are in the minor unit, such as pence or cents: ".to_owned(),
        }
    }

    /// An amount to show where there is none that can be read.
    const fn some(&self) -> u64 {
        1_250 * self.unit().div_ceil(100)
    }

    fn example(&self) -> String {
        format!("{} for {}", self.some(), self.shown(self.some()))
    }

    /// An amount of minor units as people write it: `10.50 USD`.
    fn shown(&self, minor: u64) -> String {
        let (unit, code) = (self.unit(), self.code.as_deref().unwrap_or_default());
        let number = match self.decimals {
            0 => minor.to_string(),
            decimals => format!("{}.{:0width$}", minor / unit, minor % unit, width = decimals),
        };
        format!("{number} {code}").trim_end().to_owned()
    }
}

/// A number as somebody wrote it.
struct Amount {
    /// The digits before and behind the decimal point.
    whole: String,
    fraction: String,
    /// Whether it has decimals, if only zeros: then it is in the currency itself.
    has_decimals: bool,
    /// Whether it looks like that without them: a currency stands beside it, or commas stand between its thousands.
    looks_main: bool,
    /// The currency that stands beside it.
    currency: Option<String>,
    /// The amount that it is if its only point divides thousands, as in `4.500`.
    grouped: Option<u64>,
    is_negative: bool,
}

impl Amount {
    /// Reads `10.5`, `"$4"`, `"4,50"`, `"1,200.00"`, `"1.200,00 EUR"`. `None` where that is not clear.
    fn read(value: &Json) -> Option<Self> {
        match value {
            Json::Number(text) if text.contains(['e', 'E']) => Self::of(&Decimal::from_text(text).whole()?, true),
            Json::Number(text) => Self::of(text, true),
            Json::String(text) => Self::of(text, false),
            Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => None,
        }
    }

    fn of(text: &str, is_number: bool) -> Option<Self> {
        let (first, last) =
            (text.find(|digit: char| digit.is_ascii_digit())?, text.rfind(|digit: char| digit.is_ascii_digit())?);
        let (before, behind) = (text.get(..first)?, text.get(last + 1..)?);
        let body: String =
            text.get(first..=last)?.chars().filter(|sign| !sign.is_whitespace() && !"'’_".contains(*sign)).collect();
        // A decimal point with nothing before it.
        let body = if before.trim_start_matches(['-', '+', '$', '€', '£']).starts_with(['.', ',']) {
            format!("0.{body}")
        } else {
            body
        };
        if body.contains(|sign: char| !sign.is_ascii_digit() && sign != '.' && sign != ',') {
            return None;
        }
        let (whole, fraction) = split(&body, is_number);
        let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
        let whole = match whole.trim_start_matches('0') {
            "" => "0".to_owned(),
            digits => digits.to_owned(),
        };
        let (has_decimals, fraction) = (!fraction.is_empty(), fraction.trim_end_matches('0').to_owned());
        let currency = code(before.trim_start_matches(['-', '+'])).or_else(|| code(behind));
        let looks_main = currency.is_some() || body.contains([',', '.']);
        let is_negative = before.trim().starts_with(['-', '−']);
        let thousands =
            (!is_number).then(|| body.split_once('.').filter(|(whole, rest)| *whole != "0" && rest.len() == 3));
        let grouped = thousands.flatten().and_then(|(whole, rest)| format!("{whole}{rest}").parse().ok());
        (whole.len() + fraction.len() <= MOST_DIGITS).then_some(Self {
            whole,
            fraction,
            has_decimals,
            looks_main,
            currency,
            grouped,
            is_negative,
        })
    }

    /// The amounts of minor units that may be meant: two where it has too many decimals, or where it has none and may be in minor
    /// units already.
    fn minor(&self, money: &Money) -> Vec<u64> {
        let whole: u64 = self.whole.parse().unwrap_or_default();
        let (kept, more) = self.fraction.split_at_checked(money.decimals).unwrap_or((&self.fraction, ""));
        let kept: u64 = format!("{kept:0<width$}", width = money.decimals).parse().unwrap_or_default();
        let minor = whole.saturating_mul(money.unit()).saturating_add(kept);
        if let Some(grouped) = self.grouped.filter(|_| money.decimals != 3) {
            return if money.decimals == 0 { vec![grouped] } else { vec![grouped.saturating_mul(money.unit()), minor] };
        }
        match (more.is_empty(), self.has_decimals || money.decimals == 0) {
            (false, _) => vec![minor, minor.saturating_add(1)],
            (true, true) => vec![minor],
            (true, false) if self.looks_main => vec![minor, whole],
            (true, false) => vec![whole, minor],
        }
    }

    /// What to write, of each amount that may be meant.
    fn write(&self, money: &Money, wrapped: impl Fn(&str) -> String) -> String {
        let way = |minor: u64| {
            let shown = money.shown(minor);
            if money.decimals == 0 {
                wrapped(&minor.to_string())
            } else {
                format!("{} for {shown}", wrapped(&minor.to_string()))
            }
        };
        let mut minor = self.minor(money);
        minor.dedup();
        format!(
            "write {}",
            minor.into_iter().map(way).collect::<Vec<_>>().join(if money.decimals == 0 { " or " } else { ", or " })
        )
    }

    /// What else is to be said: a sign, or a currency that is not the one of the key.
    fn notes(&self, money: &Money) -> String {
        let sign = if self.is_negative { "; an amount is never below 0" } else { "" };
        match (&self.currency, &money.code) {
            (Some(said), Some(code)) if said != code => {
                format!("{sign}; the currency is {code} here, and the text says {said}")
            }
            _ => sign.to_owned(),
        }
    }
}

/// The digits before and behind the decimal point. A single comma before three digits is none: `1,200`.
fn split(body: &str, is_number: bool) -> (&str, &str) {
    let Some((whole, fraction)) = body.rsplit_once(['.', ',']) else { return (body, "") };
    let sign = body.chars().rev().find(|sign| !sign.is_ascii_digit()).unwrap_or('.');
    let is_single = !whole.contains(sign);
    let is_grouped = sign == ',' && fraction.len() == 3 && !whole.contains('.') && whole != "0";
    if is_number || (is_single && !is_grouped) { (whole, fraction) } else { (body, "") }
}

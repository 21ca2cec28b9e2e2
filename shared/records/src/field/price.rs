//! Prices: a map from currency to amount. People write them in many shapes.

use super::{Field, Fields, Findings};
use crate::{
    error::RecordErrorCode,
    explain, format,
    json::{Json, Object, Path},
    limits::MAX_CURRENCIES,
    quote::{Shown, Value},
};

impl<'f> Field<'f> {
    /// A map from currency to amount, in the currency's minor units, of at most 200 currencies; one that is null is dropped.
    pub(crate) fn price(self) {
        let Some((object, path, findings)) = self.price_map() else { return };
        object.retain(|currency, price| *price != Json::Null || !format::is_currency(currency));
        let count = object.len();
        if count > MAX_CURRENCIES {
            let problem =
                format_args!("{} must hold at most {MAX_CURRENCIES} currencies, it holds {count}", path.name());
            findings.errors.add(RecordErrorCode::WrongLength, &path, problem);
        }
        for (earlier, later) in same_currencies(object) {
            let problem = format_args!(
                "the price in one currency is given twice, as {} and {}: take one away",
                Shown(&earlier),
                Shown(&later)
            );
            findings.errors.add(RecordErrorCode::Conflicting, &Path::Key(&path, &later), problem);
        }
        for (currency, value) in object.iter_mut() {
            let path = Path::Key(&path, currency);
            if !format::is_currency(currency) {
                let (name, cure) = (path.name(), explain::currency(currency));
                let problem = format_args!("{name} must be a currency of three letters, such as USD: {cure}");
                findings.errors.add(RecordErrorCode::Malformed, &path, problem);
            }
            if let Some(mut price) = (Field { value: Some(value), path, findings: &mut *findings }).amount_of(currency)
            {
                price.required("amount").minor_units(currency);
                price.optional("includes_tax").boolean();
            }
        }
    }

    /// A price as an object; of other shapes that people write the error shows the right one.
    fn price_map(mut self) -> Option<(&'f mut Object, Path<'f>, &'f mut Findings)> {
        let value = self.value.take()?;
        if value.as_object().is_some_and(|object| !is_one_amount(object)) {
            return value.as_object_mut().map(|object| (object, self.path, self.findings));
        }
        let cure = explain::price(value);
        let problem = match value {
            Json::Object(_) => format!("must have the currency as the key: {cure}"),
            other => format!("must be an object from currency to amount, not {}: {cure}", Value(other)),
        };
        self.fail(RecordErrorCode::WrongType, problem);
        None
    }

    /// The price in one currency, as an object.
    fn amount_of(mut self, currency: &str) -> Option<Fields<'f>> {
        match self.value.take()? {
            Json::Object(object) => Some(Fields::new(object, self.path, self.findings)),
            other => {
                let (found, cure) = (Value(other), explain::amount_object(other, currency));
                let problem = format_args!("must be an object, not {found}: {cure}");
                self.fail(RecordErrorCode::WrongType, problem);
                None
            }
        }
    }

    /// An amount of a currency, in its minor units.
    fn minor_units(self, currency: &str) {
        let cure = |value: &Json| format!(": {}", explain::minor_units(value, currency));
        self.whole_or(0.., "a whole number", cure);
    }
}

/// Whether an object is an amount with its currency beside it, or without one.
fn is_one_amount(object: &Object) -> bool {
    let is_text = |key: &str| object.get(key).and_then(Json::as_str).is_some();
    let is_amount = || object.get("amount").is_some_and(|amount| amount.as_object().is_none());
    is_text("currency") || is_text("currency_code") || is_amount()
}

/// The currencies of a price that are there twice, once in other letters: each with the one before it.
fn same_currencies(price: &Object) -> Vec<(String, String)> {
    let names: Vec<&str> = price.iter().map(|(currency, _)| currency).collect();
    let earlier = |index: usize, name: &str| {
        let found = names.iter().take(index).find(|earlier| **earlier != name && earlier.eq_ignore_ascii_case(name))?;
        Some(((*found).to_owned(), name.to_owned()))
    };
    names.iter().enumerate().filter_map(|(index, name)| earlier(index, name)).collect()
}

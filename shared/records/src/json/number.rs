//! Numbers as text: what the database can hold, decided without ever making a float.

use crate::limits::{MAGNITUDES, MAX_DIGITS};

/// A JSON number taken apart: sign, significant digits and power of ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal<'t> {
    /// Whether there is a minus sign.
    pub negative: bool,
    /// The digits before the point and those behind it. Neither the first nor the last of them all is a zero; zero has none.
    digits: [&'t str; 2],
    /// The power of ten of the first digit: 2 for `123`, -1 for `0.5`.
    pub magnitude: i64,
}

impl<'t> Decimal<'t> {
    /// Takes the text of a valid JSON number apart.
    #[must_use]
    pub fn from_text(text: &'t str) -> Self {
        let (negative, unsigned) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let end = unsigned.bytes().position(|byte| matches!(byte, b'e' | b'E'));
        let (mantissa, exponent) = end.and_then(|end| unsigned.split_at_checked(end)).unwrap_or((unsigned, ""));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let first = whole.trim_start_matches('0');
        let digits = match (first, fraction.trim_end_matches('0')) {
            ("", fraction) => ["", fraction.trim_start_matches('0')],
            (whole, "") => [whole.trim_end_matches('0'), ""],
            both => both.into(),
        };
        let zeros = if first.is_empty() { fraction.len() - fraction.trim_start_matches('0').len() } else { 0 };
        let magnitude = signed(first.len()) - 1 - signed(zeros);
        let magnitude = magnitude.saturating_add(exponent.get(1..).map_or(0, read_exponent));
        Self { negative, digits, magnitude }
    }

    /// The digits without zeros before the first and behind the last other one; none for zero.
    #[must_use]
    pub fn digits(&self) -> String {
        self.digits.concat()
    }

    /// How many digits those are.
    #[must_use]
    pub const fn count(&self) -> usize {
        let [whole, fraction] = self.digits;
        whole.len() + fraction.len()
    }

    /// What keeps the number out of the database, `None` when nothing does.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        let count = self.count();
        if count > MAX_DIGITS {
            Some(format!("has {count} significant digits, at most {MAX_DIGITS} can be stored"))
        } else if count > 0 && !MAGNITUDES.contains(&self.magnitude) {
            Some("is too large, or too near to 0, to be stored".to_owned())
        } else {
            None
        }
    }

    /// The number as digits alone, `12` for `12.0` and `1.2e1`; `None` where it is no whole number, or far beyond 64 bits.
    #[must_use]
    pub fn whole(&self) -> Option<String> {
        let count = signed(self.count());
        if count == 0 {
            return Some("0".to_owned());
        }
        let zeros = self.magnitude.checked_add(1)?.checked_sub(count)?;
        let zeros = usize::try_from(zeros).ok().filter(|zeros| *zeros <= MAX_DIGITS)?;
        Some(format!("{}{}{}", if self.negative { "-" } else { "" }, self.digits(), "0".repeat(zeros)))
    }

    /// Whether the number is from 0 to 100.
    #[must_use]
    pub fn is_percentage(&self) -> bool {
        // There is no zero at the ends, so 100 is the one number of magnitude 2 that starts, and ends, with 1.
        self.count() == 0
            || (!self.negative && (self.magnitude < 2 || (self.magnitude == 2 && self.digits == ["1", ""])))
    }
}

fn signed(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Reads an exponent; one too long for an `i64` is as good as the largest of its sign.
fn read_exponent(text: &str) -> i64 {
    text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, storable: bool) {
        assert_eq!(Decimal::from_text(text).problem().is_none(), storable, "{text}");
    }

    #[test]
    fn zeros_at_the_ends_are_no_significant_digits() {
        check(&format!("0.{}1", "0".repeat(100)), true);
        check(&format!("1{}", "0".repeat(100)), true);
        check(&"9".repeat(38), true);
        check(&"9".repeat(39), false);
        check(&format!("{}.0", "9".repeat(38)), true);
        check(&format!("{}.5", "9".repeat(38)), false);
    }

    #[test]
    fn the_range_is_that_of_the_database() {
        check("1e-130", true);
        check("0.9e-130", false);
        check("9.9999999999999999999999999999999999999E+125", true);
        check("-9.9999999999999999999999999999999999999E+125", true);
        check("1e126", false);
        check("0.1e126", true);
        check(&format!("1{}", "0".repeat(126)), false);
        check("1e999999999999999999999999", false);
        check("1e-999999999999999999999999", false);
        check("0e999999999999999999999999", true);
        check("-0.000", true);
    }

    #[test]
    fn digits_and_power_are_those_of_the_number_however_it_is_written() {
        for (text, digits, magnitude) in [
            ("123", "123", 2),
            ("120.50", "1205", 2),
            ("1200", "12", 3),
            ("0.5", "5", -1),
            ("0.0120", "12", -2),
            ("0.5e3", "5", 2),
            ("10.01E-2", "1001", -1),
            ("0.000", "", -4),
        ] {
            let decimal = Decimal::from_text(text);
            assert_eq!((&*decimal.digits(), decimal.magnitude), (digits, magnitude), "{text}");
            assert_eq!(decimal.count(), digits.len(), "{text}");
        }
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_point_or_an_exponent() {
        let cases =
            [("12.0", "12"), ("1e3", "1000"), ("-0.0", "0"), ("1050.00", "1050"), ("-5.0", "-5"), ("120e-1", "12")];
        for (text, whole) in cases {
            assert_eq!(Decimal::from_text(text).whole().as_deref(), Some(whole), "{text}");
        }
        for text in ["10.5", "1e-1", "0.001", "1e400"] {
            assert_eq!(Decimal::from_text(text).whole(), None, "{text}");
        }
    }

    #[test]
    fn a_percentage_ends_at_exactly_one_hundred() {
        for yes in ["0", "-0", "100", "1e2", "100.000", "99.99", "1e-100", "0e9"] {
            assert!(Decimal::from_text(yes).is_percentage(), "{yes}");
        }
        for no in ["-1", "101", "100.0000000000000000000000000001", "1e3", "-1e-100", "200"] {
            assert!(!Decimal::from_text(no).is_percentage(), "{no}");
        }
    }
}

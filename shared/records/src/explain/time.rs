//! Dates as exports write them.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::{unseen, visible, write_instead};
use crate::{
    format::{FIRST_YEAR, is_time},
    quote::Shown,
};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// What is wrong with a text that should be a time.
pub(crate) fn time(text: &str) -> String {
    let clean = visible(text);
    if let Some(problem) = unseen(text) {
        return write_instead([clean], is_time).map_or_else(|| problem.clone(), |write| format!("{problem}, {write}"));
    }
    if text.is_empty() {
        return "it is empty: leave the attribute out, or write null".to_owned();
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) || spreadsheet_time(text).is_some() {
        return number_as_time(text);
    }
    let Some((year, month, day)) = date(text) else { return order(text) };
    if let Some(problem) = off_the_calendar(year, month, day) {
        return problem;
    }
    clock(text)
}

/// The year, month and day that a text begins with.
fn date(text: &str) -> Option<(i32, u32, u32)> {
    let (date, rest) = text.split_at_checked(10)?;
    if rest.starts_with(|more: char| more.is_ascii_digit()) {
        return None;
    }
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let is_whole = [year.len(), month.len(), day.len()] == [4, 2, 2] && parts.next().is_none();
    is_whole.then(|| Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)))?
}

fn off_the_calendar(year: i32, month: u32, day: u32) -> Option<String> {
    let Some(name) = usize::try_from(month).ok().and_then(|month| MONTHS.get(month.checked_sub(1)?)) else {
        return Some(format!("there is no month {month}; a date is written year-month-day"));
    };
    if NaiveDate::from_ymd_opt(year, month, day).is_none() {
        let in_year = if (month, day) == (2, 29) { format!(" {year}") } else { String::new() };
        return Some(format!("{day} {name}{in_year} is not on the calendar"));
    }
    (year < FIRST_YEAR).then(|| {
        format!("the year {year:04} is before {FIRST_YEAR}, as some programs write where there is no date: leave the attribute out")
    })
}

/// What is wrong behind a right date.
fn clock(text: &str) -> String {
    let (date, rest) = text.split_at_checked(10).unwrap_or((text, ""));
    if rest.is_empty() {
        return format!("the time of day is missing: write {}", Shown(&format!("{date}T00:00:00Z")));
    }
    let closed = rest.replace(' ', "").trim_start_matches(['T', 't']).to_owned();
    if let Some(write) = write_instead([format!("{date}T{closed}")], is_time) {
        return format!("a space stands in the time of day: {write}");
    }
    let rest = rest.trim_start_matches(['T', 't', ' ', '_', '-']);
    let zoneless = rest.trim_end_matches(|letter: char| letter.is_ascii_alphabetic() || letter == ' ');
    let spread = |offset: &str| {
        let (clock, digits) = rest.split_at_checked(rest.len().checked_sub(offset.len())?)?;
        Some(format!("{date}T{clock}{}:{}", digits.get(..3)?, digits.get(3..)?))
    };
    let offset = rest.find(['+', '-']).and_then(|place| rest.get(place..)).filter(|offset| offset.len() == 5);
    if let Some(write) = write_instead(offset.and_then(spread), is_time) {
        return format!("the offset has a colon in it: {write}");
    }
    if let Some(write) = write_instead([format!("{date}T{zoneless}Z"), format!("{date}T{zoneless}:00Z")], is_time) {
        let is_marked = rest.ends_with(['Z', 'z']);
        let what = if is_marked { "the seconds are missing" } else { "the offset from UTC is missing" };
        return format!("{what}: {write}{}", if is_marked { "" } else { " if it is UTC" });
    }
    let mut parts = rest.split([':', '.', 'Z', 'z', '+', '-']).map(str::parse::<u32>);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(Ok(hour)), ..) if hour > 23 => format!("there is no hour {hour}: hours are 00 to 23"),
        (_, Some(Ok(minute)), _) if minute > 59 => format!("there is no minute {minute}: minutes are 00 to 59"),
        (_, _, Some(Ok(second))) if second > 60 => format!("there is no second {second}: seconds are 00 to 59"),
        _ => "behind the date stand T, hours:minutes:seconds, and Z or an offset such as +01:00".to_owned(),
    }
}

/// A date that does not begin with its year.
fn order(text: &str) -> String {
    let mut parts = text.splitn(4, ['/', '.', '-', ' ', ',']);
    let numbers: Vec<u32> = parts.by_ref().take(3).map_while(|part| part.parse().ok()).collect();
    let clock = parts.next().map_or("00:00:00", |clock| clock.trim_start_matches([',', ' ']));
    // Of two small numbers the month may be either; both ways are shown.
    let ways = match numbers.as_slice() {
        [year, a, b] if *year > 999 => vec![(*year, *a, *b)],
        [a, b, year] if *year > 999 => vec![(*year, *b, *a), (*year, *a, *b)],
        _ => vec![],
    };
    let mut ways: Vec<_> = ways.into_iter().filter(|(_, month, day)| *month <= 12 && *day <= 31).collect();
    ways.dedup();
    let ways = ways
        .into_iter()
        .filter_map(|(year, month, day)| {
            let begin = format!("{year:04}-{month:02}-{day:02}T{clock}");
            [format!("{begin}Z"), format!("{begin}:00Z"), begin].into_iter().find(|time| is_time(time))
        })
        .map(|time| Shown(&time).to_string());
    let ways: Vec<String> = ways.collect();
    let write = if ways.is_empty() { String::new() } else { format!(": write {}", ways.join(" or ")) };
    format!("a date is written year-month-day, with a hyphen between{write}")
}

/// The days of 2000 to 2099, as a spreadsheet counts them.
const SPREADSHEET_DAYS: RangeInclusive<i64> = 36_526..=73_050;

/// The day from which a spreadsheet counts, as seconds since 1970.
const SPREADSHEET_BEGIN: i64 = -25_569 * DAY;

/// The seconds of a day.
const DAY: i64 = 24 * 60 * 60;

/// The time that a spreadsheet writes as a number of days: `45292`, `45292.5`.
fn spreadsheet_time(number: &str) -> Option<DateTime<Utc>> {
    let (days, fraction) = number.split_once('.').unwrap_or((number, ""));
    let days = days.parse().ok().filter(|days| SPREADSHEET_DAYS.contains(days))?;
    // Nine digits of a day are less than a thousandth of a second.
    let fraction = fraction.get(..9).unwrap_or(fraction);
    let part = if fraction.is_empty() { 0 } else { fraction.parse::<i64>().ok()? * DAY };
    let unit = 10_i64.pow(u32::try_from(fraction.len()).ok()?);
    DateTime::from_timestamp(SPREADSHEET_BEGIN + days * DAY + (part + unit / 2) / unit, 0)
}

/// What to write for a number of seconds or milliseconds, or of days as a spreadsheet counts them.
pub(crate) fn number_as_time(digits: &str) -> String {
    let number: Option<i64> = digits.parse().ok();
    let time = number.and_then(|number| {
        let seconds = DateTime::<Utc>::from_timestamp(number, 0).filter(|time| (2000..2100).contains(&time.year()));
        seconds.map(|time| ("seconds", time)).or_else(|| {
            let time = DateTime::from_timestamp_millis(number).filter(|time| (2000..2100).contains(&time.year()))?;
            Some(("milliseconds", time))
        })
    });
    let shown = |time: DateTime<Utc>| Shown(&time.format("%Y-%m-%dT%H:%M:%SZ").to_string()).to_string();
    match (time, spreadsheet_time(digits)) {
        (Some((unit, time)), _) => format!("if it counts {unit} since 1970, write {}", shown(time)),
        (None, Some(time)) => format!("if it is a date of a spreadsheet, write {}", shown(time)),
        (None, None) => "write the date and the time, in double quotes".to_owned(),
    }
}

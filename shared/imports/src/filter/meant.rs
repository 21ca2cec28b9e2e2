//! Filters as others write them, and the one that was probably meant: `status=failed`, `eq(state,done)`.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use records::near::nearest;

use crate::import::ImportStatus;

/// The longest text that is looked through, in bytes.
const MOST: usize = 1_024;

/// What is asked where nothing of a filter is clear.
const EXAMPLE: &str = "eq(status,failed)";

/// What a status is called elsewhere.
const STATUSES: [(&str, ImportStatus); 16] = [
    ("complete", ImportStatus::Success),
    ("completed", ImportStatus::Success),
    ("done", ImportStatus::Success),
    ("finished", ImportStatus::Success),
    ("ok", ImportStatus::Success),
    ("succeeded", ImportStatus::Success),
    ("successful", ImportStatus::Success),
    ("error", ImportStatus::Failed),
    ("errored", ImportStatus::Failed),
    ("failure", ImportStatus::Failed),
    ("in_progress", ImportStatus::Started),
    ("processing", ImportStatus::Started),
    ("running", ImportStatus::Started),
    ("queued", ImportStatus::Pending),
    ("waiting", ImportStatus::Pending),
    ("new", ImportStatus::Pending),
];

/// The status that a word means.
pub(crate) fn status(word: &str) -> Option<&'static str> {
    let small = word.trim().to_lowercase();
    let other = STATUSES.iter().find(|(name, _)| *name == small).map(|(_, status)| status.as_str());
    other.or_else(|| nearest(&small, ImportStatus::ALL.iter().map(|status| status.as_str())))
}

/// The time that a text means; a date alone begins at midnight.
pub(crate) fn time(text: &str) -> Option<DateTime<Utc>> {
    let midnight = || text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0).map(|time| time.and_utc());
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()).or_else(midnight)
}

/// What to write for a filter that can't be read: one that can.
pub(super) fn instead(text: &str, is_readable: impl Fn(&str) -> bool) -> String {
    let meant = (text.len() <= MOST).then(|| meant(text)).flatten().filter(|filter| is_readable(filter));
    match meant {
        Some(filter) => format!("; write filter={filter}"),
        None => format!("; a filter is written such as filter={EXAMPLE}"),
    }
}

fn meant(text: &str) -> Option<String> {
    let words: Vec<&str> = text
        .split(|sign: char| !sign.is_alphanumeric() && !"_-:.+".contains(sign))
        .map(|word| word.trim_matches([':', '-', '.', '+']))
        .filter(|word| !word.is_empty())
        .collect();
    let parts =
        || words.iter().flat_map(|word| if time(word).is_some() { vec![*word] } else { word.split(':').collect() });
    let mut statuses: Vec<&str> = parts().filter_map(status).collect();
    statuses.dedup();
    let statuses = match statuses.as_slice() {
        [] => None,
        [one] => Some(format!("eq(status,{one})")),
        several => Some(format!("in(status,{})", several.join(","))),
    };
    let has = |name: &str| parts().any(|word| nearest(word, [name]).is_some());
    let name = || {
        let value = text
            .rsplit(['=', ',', '(', ':'])
            .next()?
            .trim_matches(|sign: char| sign.is_whitespace() || ")'\"".contains(sign));
        (!value.is_empty()).then(|| format!("eq(external_ref,{value})"))
    };
    let name = if has("external_ref") && statuses.is_none() { name() } else { None };
    let times = parts().filter_map(time).map(|time| {
        let time = time.to_rfc3339_opts(SecondsFormat::Secs, true);
        format!("{}(created_at,{time})", comparison(text))
    });
    let all: Vec<String> = statuses.into_iter().chain(name).chain(times.take(1)).collect();
    (!all.is_empty()).then(|| all.join(":"))
}

/// The operator of a comparison with a time; from it on where nothing says otherwise.
fn comparison(text: &str) -> &'static str {
    let has = |sign: &str| text.contains(sign);
    match () {
        () if has("<=") || has("le(") || has("lte") => "le",
        () if has(">=") || has("ge(") || has("gte") => "ge",
        () if has("<") || has("lt") || has("before") => "lt",
        () if has(">") || has("gt") => "gt",
        () => "ge",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::Filter;

    #[test]
    fn a_filter_in_other_words_is_told_the_one_that_was_meant() {
        for (text, meant) in [
            ("status=failed", "; write filter=eq(status,failed)"),
            ("status:failed", "; write filter=eq(status,failed)"),
            ("eq(state,Done)", "; write filter=eq(status,success)"),
            ("eq(status, failed)", "; write filter=eq(status,failed)"),
            ("status in [pending, running]", "; write filter=in(status,pending,started)"),
            ("failed", "; write filter=eq(status,failed)"),
            ("created_at>2026-01-31", "; write filter=gt(created_at,2026-01-31T00:00:00Z)"),
            ("lt(created_at,2026-01-31)", "; write filter=lt(created_at,2026-01-31T00:00:00Z)"),
            ("external_ref=nightly", "; write filter=eq(external_ref,nightly)"),
            ("eq(externalRef,\"nightly\")", "; write filter=eq(external_ref,nightly)"),
            (
                "status=failed&created_at>=2026-01-31T09:30:00Z",
                "; write filter=eq(status,failed):ge(created_at,2026-01-31T09:30:00Z)",
            ),
            ("x", "; a filter is written such as filter=eq(status,failed)"),
            ("", "; a filter is written such as filter=eq(status,failed)"),
        ] {
            assert!(Filter::parse(text).is_err(), "{text}");
            assert_eq!(instead(text, |filter| Filter::parse(filter).is_ok()), meant, "{text}");
        }
    }
}

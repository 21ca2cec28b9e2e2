//! The parameters of a call's query: those that it reads, those that are nearly one of them, and those that mean nothing.

use chrono::SecondsFormat;

use crate::{
    api::ApiError,
    filter::{
        Condition, Filter,
        meant::{status, time},
    },
    ignored,
    import::ImportStatus,
    page::{DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET, instead},
    times::LONGEST_WAIT,
};
use records::near::nearest;

/// The longest name that can be meant for another one, in bytes.
const MOST: usize = 64;

/// A parameter that some call reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameter {
    Filter,
    Offset,
    Limit,
    Only,
    Redirect,
    Wait,
}

use Parameter::{Filter as FilterBy, Limit, Offset, Only, Redirect, Wait};

/// The most seconds that a call waits.
pub const MAX_WAIT: u32 = 25;
const _: () = assert!(LONGEST_WAIT.num_seconds() == 25, "MAX_WAIT says the same");

impl Parameter {
    /// Those of a list.
    pub const OF_PAGES: &[Self] = &[Offset, Limit];
    /// Those of a list that can be narrowed.
    pub const OF_FILTERED_PAGES: &[Self] = &[FilterBy, Offset, Limit];

    /// How it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            FilterBy => "filter",
            Offset => "page[offset]",
            Limit => "page[limit]",
            Only => "only",
            Redirect => "redirect",
            Wait => "wait",
        }
    }
}

/// What somebody means by a name that no call reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meant {
    Offset,
    Limit,
    /// The number of a page, from 1.
    Page,
    /// Something of pages that there is not.
    OtherPage,
    Filter,
    Status,
    ExternalRef,
    CreatedAt,
    Only,
    Redirect,
    Wait,
}

/// What parameters are called elsewhere, in their letters alone.
const NAMES: [(&str, Meant); 33] = [
    ("offset", Meant::Offset),
    ("pageoffset", Meant::Offset),
    ("skip", Meant::Offset),
    ("start", Meant::Offset),
    ("limit", Meant::Limit),
    ("pagelimit", Meant::Limit),
    ("perpage", Meant::Limit),
    ("pagesize", Meant::Limit),
    ("size", Meant::Limit),
    ("count", Meant::Limit),
    ("maxresults", Meant::Limit),
    ("page", Meant::Page),
    ("pagenumber", Meant::Page),
    ("filter", Meant::Filter),
    ("filters", Meant::Filter),
    ("filterby", Meant::Filter),
    ("status", Meant::Status),
    ("state", Meant::Status),
    ("filterstatus", Meant::Status),
    ("externalref", Meant::ExternalRef),
    ("filterexternalref", Meant::ExternalRef),
    ("createdat", Meant::CreatedAt),
    ("filtercreatedat", Meant::CreatedAt),
    ("createdafter", Meant::CreatedAt),
    ("since", Meant::CreatedAt),
    ("only", Meant::Only),
    ("redirect", Meant::Redirect),
    ("follow", Meant::Redirect),
    ("followredirects", Meant::Redirect),
    ("wait", Meant::Wait),
    ("waitseconds", Meant::Wait),
    ("waitfor", Meant::Wait),
    ("timeout", Meant::Wait),
];

/// Those that are meant with a letter wrong, too. Of the others some are an edit away from other words, as `state` from `stage`.
const UNMISTAKABLE: [&str; 11] = [
    "offset",
    "pageoffset",
    "limit",
    "pagelimit",
    "perpage",
    "filter",
    "status",
    "externalref",
    "only",
    "redirect",
    "wait",
];

impl Meant {
    /// Finds out what a name means, if anything.
    fn of(name: &str) -> Option<Self> {
        if name.len() > MOST {
            return None;
        }
        let letters: String =
            name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        let known = |wanted: &str| NAMES.iter().find(|(name, _)| *name == wanted).map(|(_, meant)| *meant);
        let of_a_kind = || match name.split_once('[')?.0 {
            "page" => Some(Self::OtherPage),
            "filter" => Some(Self::Filter),
            _ => None,
        };
        let near = || nearest(&letters, UNMISTAKABLE).and_then(known);
        known(&letters).or_else(near).or_else(of_a_kind)
    }

    /// The parameter that is to be written instead.
    const fn parameter(self) -> Parameter {
        match self {
            Self::Offset | Self::Page => Offset,
            Self::Limit | Self::OtherPage => Limit,
            Self::Filter | Self::Status | Self::ExternalRef | Self::CreatedAt => FilterBy,
            Self::Only => Only,
            Self::Redirect => Redirect,
            Self::Wait => Wait,
        }
    }

    /// What to write instead. A value is repeated where it is a number, a time or a status: any other may be a secret.
    fn instead(self, value: &str, query: &[(String, String)]) -> String {
        match self {
            Self::Offset => instead("page[offset]", value, MAX_OFFSET),
            Self::Limit => instead("page[limit]", value, MAX_LIMIT),
            Self::Page => page(value, query),
            Self::OtherPage => "page[offset]=25&page[limit]=25 for what comes after the first 25".to_owned(),
            Self::Filter => Some(value).filter(|text| is_plain(text)).map_or_else(
                || "filter and a condition, such as filter=eq(status,failed)".to_owned(),
                |text| format!("filter={text}"),
            ),
            Self::Status => statuses(value),
            Self::ExternalRef => "filter=eq(external_ref,NAME), with the name for NAME".to_owned(),
            Self::CreatedAt => {
                let time = time(value).map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true));
                format!("filter=ge(created_at,{})", time.as_deref().unwrap_or("2026-01-31T09:30:00Z"))
            }
            Self::Only => "only=failed".to_owned(),
            Self::Redirect => "redirect=false".to_owned(),
            Self::Wait => instead("wait", value, MAX_WAIT),
        }
    }
}

/// Names the parameters that a call does not read.
///
/// # Errors
/// [`ApiError::Validation`] for a name that is nearly one that the call reads, or is what that is called elsewhere; it says what to
/// write.
pub fn unread(query: &[(String, String)], reads: &[Parameter]) -> Result<Vec<String>, ApiError> {
    let mut names = Vec::new();
    for (name, value) in query.iter().filter(|(name, _)| !is_read(name, reads)) {
        match Meant::of(name).filter(|meant| reads.contains(&meant.parameter())) {
            Some(meant) => return Err(refused(name, &format!("write {}", meant.instead(value, query)))),
            None => ignored::note(&mut names, name),
        }
    }
    Ok(names)
}

/// The value of a parameter that may be given once.
///
/// # Errors
/// [`ApiError::Validation`] when it is given again.
pub fn given(query: &[(String, String)], parameter: Parameter) -> Result<Option<&str>, ApiError> {
    let name = parameter.as_str();
    let mut values = query.iter().filter(|(given, _)| given == name).map(|(_, value)| value.as_str());
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(ApiError::Validation(format!("{name}: \"{name}\" must be given once"))),
    }
}

/// Lets no other parameter through than the call reads: its answer leads elsewhere, and can't name what it ignored.
///
/// # Errors
/// [`ApiError::Validation`], which says what to write.
pub fn none_other(query: &[(String, String)], reads: &[Parameter]) -> Result<(), ApiError> {
    if unread(query, reads)?.is_empty() {
        return Ok(());
    }
    let name = query.iter().map(|(name, _)| name).find(|name| !is_read(name, reads));
    let all: Vec<_> = reads.iter().map(|parameter| parameter.as_str()).collect();
    let all = if all.is_empty() { "none".to_owned() } else { all.join(", ") };
    Err(refused(name.map_or("", |name| name), &format!("leave it out; it reads {all}")))
}

fn is_read(name: &str, reads: &[Parameter]) -> bool {
    reads.iter().any(|parameter| parameter.as_str() == name)
}

fn refused(name: &str, instead: &str) -> ApiError {
    let name: String = name.chars().take(MOST).collect();
    ApiError::Validation(format!("{name}: \"{name}\" is no parameter of this call: {instead}"))
}

/// The offset at which a page begins.
fn page(value: &str, query: &[(String, String)]) -> String {
    let limit =
        query.iter().find(|(name, _)| Meant::of(name) == Some(Meant::Limit)).and_then(|(_, limit)| limit.parse().ok());
    let limit = limit.filter(|limit| (1..=MAX_LIMIT).contains(limit)).unwrap_or(DEFAULT_LIMIT);
    let before = value.parse::<u32>().ok().map(|page| page.saturating_sub(1).saturating_mul(limit));
    match before {
        Some(before) => format!("{}&page[limit]={limit}", instead("page[offset]", &before.to_string(), MAX_OFFSET)),
        None => "page[offset] and how many entries come before the page, such as page[offset]=25".to_owned(),
    }
}

/// A condition on statuses, where the value names some.
fn statuses(value: &str) -> String {
    let words: Option<Vec<_>> = value.split(',').map(status).collect();
    match words.as_deref() {
        Some([word]) => format!("filter=eq(status,{word})"),
        Some(words) => format!("filter=in(status,{})", words.join(",")),
        None => {
            let all: Vec<_> = ImportStatus::ALL.iter().map(|status| status.as_str()).collect();
            format!("filter=eq(status,STATUS), with one of {} for STATUS", all.join(", "))
        }
    }
}

/// Whether a text is a filter without any text of the caller's own.
fn is_plain(text: &str) -> bool {
    let is_plain = |condition: &Condition| !matches!(condition, Condition::ExternalRef(_));
    Filter::parse(text).is_ok_and(|filter| filter.conditions().iter().all(is_plain))
}

#[cfg(test)]
mod tests;

//! Offset and limit: read once, bounded, and shown again as links.

use serde::Serialize;

/// The default of `page[limit]`.
pub const DEFAULT_LIMIT: u32 = 25;
/// The largest `page[limit]`.
pub const MAX_LIMIT: u32 = 100;
/// The largest `page[offset]`.
pub const MAX_OFFSET: u32 = 10_000;

const OFFSET: &str = "page[offset]";
const LIMIT: &str = "page[limit]";

/// Which stretch of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    offset: u32,
    limit: u32,
}

impl Default for Page {
    fn default() -> Self {
        Self { offset: 0, limit: DEFAULT_LIMIT }
    }
}

impl Page {
    /// Reads `page[offset]` and `page[limit]` from a query. Anything but a whole number within the bounds, given once, is
    /// a validation error that names the parameter and its bounds.
    ///
    /// # Errors
    /// [`PageError`].
    pub fn from_query(query: &[(String, String)]) -> Result<Self, PageError> {
        let offset = number(query, OFFSET, MAX_OFFSET)?.unwrap_or(0);
        let limit = number(query, LIMIT, MAX_LIMIT)?.unwrap_or(DEFAULT_LIMIT);
        Ok(Self { offset, limit })
    }

    /// How many entries come before the page.
    #[must_use]
    pub const fn offset(self) -> u32 {
        self.offset
    }

    /// How many entries the page has at most.
    #[must_use]
    pub const fn limit(self) -> u32 {
        self.limit
    }

    /// Whether the entry with so many before it is on the page.
    #[must_use]
    pub fn holds(self, before: u64) -> bool {
        let (offset, limit) = (u64::from(self.offset), u64::from(self.limit));
        (offset..offset + limit).contains(&before)
    }

    /// The page's numbers as a list document shows them, and what the call said in vain.
    #[must_use]
    pub fn meta(self, total: u64, ignored: Vec<String>) -> ListMeta {
        let (offset, limit) = (u64::from(self.offset), u64::from(self.limit));
        let current = offset.checked_div(limit).map_or(0, |before| before + 1);
        let pages = if limit == 0 { 0 } else { total.div_ceil(limit) };
        ListMeta {
            page: PageMeta { limit: self.limit, offset: self.offset, current, total: pages },
            results: ResultsMeta { total },
            ignored,
        }
    }

    /// The links that a list document at `url` carries. `query` is the call's own; its other parameters are kept.
    #[must_use]
    pub fn links(self, url: &str, query: &[(String, String)], total: u64) -> Links {
        self.links_after(u64::from(self.limit), url, query, total)
    }

    /// The links of a page that holds only so many entries, as more would not fit its answer: `next` goes on after those.
    #[must_use]
    pub fn links_after(self, entries: u64, url: &str, query: &[(String, String)], total: u64) -> Links {
        let at = |offset: u64| {
            let mut link = form_urlencoded::Serializer::for_suffix(format!("{url}?"), url.len() + 1);
            link.extend_pairs(query.iter().filter(|(name, _)| name != OFFSET && name != LIMIT));
            link.append_pair(OFFSET, &offset.to_string()).append_pair(LIMIT, &self.limit.to_string());
            link.finish()
        };
        let current = at(u64::from(self.offset));
        if self.limit == 0 {
            // A page that holds nothing has no neighbours.
            return Links { current, first: None, last: None, prev: None, next: None };
        }
        let next = self.next(entries, total);
        let last = self.last(total).map(|last| last.max(next.unwrap_or_default()));
        let prev = self.prev(total).map(at);
        Links { current, first: Some(at(0)), last: last.map(at), prev, next: next.map(at) }
    }

    /// The offset of the page after this one. No page lies beyond the largest offset: the page there, which repeats some
    /// entries of the one before, is the last.
    fn next(self, entries: u64, total: u64) -> Option<u64> {
        let offset = u64::from(self.offset);
        let end = offset + entries.clamp(1, u64::from(self.limit));
        let next = end.min(u64::from(MAX_OFFSET));
        (end < total && next > offset).then_some(next)
    }

    /// How many entries of the list come after this page and are on no other, as no page lies beyond the largest offset. `None`
    /// when there are none, or when the page holds nothing. It holds only so many entries.
    #[must_use]
    pub fn beyond(self, entries: u64, total: u64) -> Option<u64> {
        let more = total.checked_sub(u64::from(self.offset) + entries)?;
        (self.limit > 0 && more > 0 && self.next(entries, total).is_none()).then_some(more)
    }

    /// The offset of the last page with entries, when pages of this limit are turned from this one on.
    fn last(self, total: u64) -> Option<u64> {
        let (limit, end) = (u64::from(self.limit), total.checked_sub(1)?);
        let ahead = u64::from(self.offset) % limit;
        let most = end.min(u64::from(MAX_OFFSET));
        let last = most.checked_sub(ahead).map_or(0, |most| most / limit * limit + ahead);
        Some(if last + limit <= end { u64::from(MAX_OFFSET) } else { last })
    }

    /// The offset of the page before this one; of a page beyond the end, that of the last page.
    fn prev(self, total: u64) -> Option<u64> {
        match u64::from(self.offset) {
            0 => None,
            offset if offset < total => Some(offset.saturating_sub(u64::from(self.limit))),
            _ => self.last(total),
        }
    }
}

/// A page that can't be read, or is out of bounds; the text names the parameter and its bounds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: \"{name}\" must be a whole number from 0 to {max}, given once: write {instead}")]
pub struct PageError {
    name: &'static str,
    max: u32,
    instead: String,
}

fn number(query: &[(String, String)], name: &'static str, max: u32) -> Result<Option<u32>, PageError> {
    let mut values = query.iter().filter(|(given, _)| given == name).map(|(_, value)| value);
    let Some(value) = values.next() else { return Ok(None) };
    // `parse` alone would take a plus sign.
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = value.parse::<u32>().ok().filter(|number| digits && *number <= max);
    match (parsed, values.next()) {
        (Some(number), None) => Ok(Some(number)),
        (_, other) => {
            let once = other.and(parsed).map(|number| format!("{name}={number}, and leave the other out"));
            Err(PageError { name, max, instead: once.unwrap_or_else(|| instead(name, value, max)) })
        }
    }
}

/// A number within bounds, as it came or as near as it can be.
pub(crate) fn instead(name: &str, value: &str, max: u32) -> String {
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    match value.parse::<u32>() {
        Ok(number) if is_number && number <= max => format!("{name}={number}"),
        _ if is_number => format!("{name}={max}, which is the most"),
        _ => format!("{name} and a whole number, such as {name}={DEFAULT_LIMIT}"),
    }
}

/// The `links` of a list document: absolute URLs or null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Links {
    pub current: String,
    pub first: Option<String>,
    pub last: Option<String>,
    pub prev: Option<String>,
    pub next: Option<String>,
}

/// The `meta` of a list document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListMeta {
    pub page: PageMeta,
    pub results: ResultsMeta,
    /// The parameters of the call that mean nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<String>,
}

/// Which page it is (`current`, from 1) of how many (`total`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PageMeta {
    pub limit: u32,
    pub offset: u32,
    pub current: u64,
    pub total: u64,
}

/// How many entries the whole list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ResultsMeta {
    pub total: u64,
}

#[cfg(test)]
mod tests;

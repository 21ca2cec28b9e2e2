//! Offset and limit: read once, bounded, and told back as links.

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

    /// The numbers that a list document tells of the page.
    #[must_use]
    pub fn meta(self, total: u64) -> ListMeta {
        let (offset, limit) = (u64::from(self.offset), u64::from(self.limit));
        let current = offset.checked_div(limit).map_or(0, |before| before + 1);
        let pages = if limit == 0 { 0 } else { total.div_ceil(limit) };
        ListMeta {
            page: PageMeta { limit: self.limit, offset: self.offset, current, total: pages },
            results: ResultsMeta { total },
        }
    }

    /// The links that a list document at `url` carries. `query` is the call's own; its other parameters are kept.
    #[must_use]
    pub fn links(self, url: &str, query: &[(String, String)], total: u64) -> Links {
        let at = |offset: u64| {
            let mut link = form_urlencoded::Serializer::for_suffix(format!("{url}?"), url.len() + 1);
            link.extend_pairs(query.iter().filter(|(name, _)| name != OFFSET && name != LIMIT));
            link.append_pair(OFFSET, &offset.to_string()).append_pair(LIMIT, &self.limit.to_string());
            link.finish()
        };
        let (offset, limit) = (u64::from(self.offset), u64::from(self.limit));
        let current = at(offset);
        if limit == 0 {
            // A page that holds nothing has no neighbours.
            return Links { current, first: None, last: None, prev: None, next: None };
        }
        // The last page that can be asked for: offsets end at a bound, lists may not.
        let reach = |offset: u64| offset <= u64::from(MAX_OFFSET);
        let last = (total.saturating_sub(1) / limit * limit).min(u64::from(MAX_OFFSET) / limit * limit);
        let next = offset + limit;
        Links {
            current,
            first: Some(at(0)),
            last: Some(at(last)),
            prev: (offset > 0).then(|| at(offset.saturating_sub(limit))),
            next: (next < total && reach(next)).then(|| at(next)),
        }
    }
}

/// A page that can't be read, or is out of bounds; the text names the parameter and its bounds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: \"{name}\" must be a whole number from 0 to {max}, given once")]
pub struct PageError {
    name: &'static str,
    max: u32,
}

fn number(query: &[(String, String)], name: &'static str, max: u32) -> Result<Option<u32>, PageError> {
    let mut values = query.iter().filter(|(given, _)| given == name).map(|(_, value)| value);
    let Some(value) = values.next() else { return Ok(None) };
    // `parse` alone would take a plus sign.
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = value.parse::<u32>().ok().filter(|number| digits && *number <= max);
    match (parsed, values.next()) {
        (Some(number), None) => Ok(Some(number)),
        _ => Err(PageError { name, max }),
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ListMeta {
    pub page: PageMeta,
    pub results: ResultsMeta,
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
mod tests {
    use super::*;

    fn query(text: &str) -> Vec<(String, String)> {
        form_urlencoded::parse(text.as_bytes()).into_owned().collect()
    }

    fn check(text: &str, expected: Result<(u32, u32), &str>) {
        let read = Page::from_query(&query(text)).map(|page| (page.offset(), page.limit()));
        let expected = expected.map_err(str::to_owned);
        let read = read.map_err(|error| error.to_string());
        assert_eq!(read, expected, "{text}");
    }

    #[test]
    fn a_page_is_read_within_its_bounds() {
        const OFFSET: &str = "page[offset]: \"page[offset]\" must be a whole number from 0 to 10000, given once";
        const LIMIT: &str = "page[limit]: \"page[limit]\" must be a whole number from 0 to 100, given once";
        check("", Ok((0, 25)));
        check("page[offset]=10000&page[limit]=100", Ok((10_000, 100)));
        check("page%5Boffset%5D=5&page%5Blimit%5D=0", Ok((5, 0)));
        check("page[offset]=10001", Err(OFFSET));
        check("page[offset]=x", Err(OFFSET));
        check("page[offset]=-1", Err(OFFSET));
        check("page[offset]=%2B1", Err(OFFSET));
        check("page[offset]=", Err(OFFSET));
        check("page[offset]=99999999999999999999", Err(OFFSET));
        check("page[offset]=1&page[offset]=1", Err(OFFSET));
        check("page[limit]=101", Err(LIMIT));
        check("page[limit]=1.5", Err(LIMIT));
    }

    #[test]
    fn links_lead_over_every_page_and_keep_the_other_parameters() {
        let query = query("filter=eq(status,failed)&page[offset]=25");
        let page = Page::from_query(&query).unwrap();
        insta::assert_json_snapshot!((page.links("https://api/imports", &query, 60), page.meta(60)), @r#"
        [
          {
            "current": "https://api/imports?filter=eq%28status%2Cfailed%29&page%5Boffset%5D=25&page%5Blimit%5D=25",
            "first": "https://api/imports?filter=eq%28status%2Cfailed%29&page%5Boffset%5D=0&page%5Blimit%5D=25",
            "last": "https://api/imports?filter=eq%28status%2Cfailed%29&page%5Boffset%5D=50&page%5Blimit%5D=25",
            "prev": "https://api/imports?filter=eq%28status%2Cfailed%29&page%5Boffset%5D=0&page%5Blimit%5D=25",
            "next": "https://api/imports?filter=eq%28status%2Cfailed%29&page%5Boffset%5D=50&page%5Blimit%5D=25"
          },
          {
            "page": {
              "limit": 25,
              "offset": 25,
              "current": 2,
              "total": 3
            },
            "results": {
              "total": 60
            }
          }
        ]
        "#);
    }

    #[test]
    fn no_link_leads_past_the_largest_offset() {
        let page = Page { offset: 9_950, limit: 100 };
        let links = page.links("https://api", &[], 50_000);
        assert_eq!(links.next, None);
        assert_eq!(links.last.as_deref(), Some("https://api?page%5Boffset%5D=10000&page%5Blimit%5D=100"));
    }

    #[test]
    fn a_page_of_nothing_has_no_neighbours() {
        let page = Page { offset: 0, limit: 0 };
        let links = page.links("https://api", &[], 7);
        assert_eq!((links.first, links.last, links.prev, links.next), (None, None, None, None));
        assert_eq!(page.meta(7).page.total, 0);
    }
}

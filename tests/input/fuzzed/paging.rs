//! Reading pages: bounds hold, and the links of a page lead to pages that are within them and lose nothing of the query.

use imports::page::{DEFAULT_LIMIT, Links, MAX_LIMIT, MAX_OFFSET, Page};

const URL: &str = "https://api.example.com/v2/subscriptions/imports";

type Query = Vec<(String, String)>;

/// Reads a query as a page of a list whose length stands in the first bytes.
pub(crate) fn check(input: &[u8]) {
    let (length, query) = input.split_at(input.len().min(4));
    let total = length.iter().fold(0, |total, byte| total << 8 | u64::from(*byte))
        >> (length.first().map_or(0, |byte| byte % 32));
    let query: Query = form_urlencoded::parse(query).into_owned().collect();
    match Page::from_query(&query) {
        Ok(page) => check_page(page, &query, total),
        Err(error) => {
            let problem = error.to_string();
            let named = ["page[offset]", "page[limit]"].into_iter().find(|name| problem.starts_with(*name)).unwrap();
            assert!(query.iter().any(|(name, _)| name == named), "{problem}");
        }
    }
}

fn check_page(page: Page, query: &Query, total: u64) {
    let (offset, limit) = (u64::from(page.offset()), u64::from(page.limit()));
    assert!(page.offset() <= MAX_OFFSET && page.limit() <= MAX_LIMIT);
    let given = |wanted| query.iter().find(|(name, _)| name == wanted).map(|(_, text)| text.parse().unwrap());
    assert_eq!(page.offset(), given("page[offset]").unwrap_or(0));
    assert_eq!(page.limit(), given("page[limit]").unwrap_or(DEFAULT_LIMIT));
    for before in [0, offset.saturating_sub(1), offset, offset + limit, total] {
        assert_eq!(page.holds(before), before >= offset && before < offset + limit);
    }
    let meta = page.meta(total, Vec::new());
    assert_eq!((meta.page.offset, meta.page.limit, meta.results.total), (page.offset(), page.limit(), total));

    let Links { current, first, last, prev, next } = page.links(URL, query, total);
    assert_eq!(follow(&current, query), page);
    if limit == 0 {
        assert_eq!((first, last, prev, next), (None, None, None, None));
        return;
    }
    let place = |link: &Option<String>| {
        link.as_ref().map(|link| {
            let other = follow(link, query);
            assert_eq!(other.limit(), page.limit(), "{link}");
            u64::from(other.offset())
        })
    };
    assert_eq!(place(&first), Some(0));
    let (most, end, before) = (u64::from(MAX_OFFSET), place(&last), place(&prev));
    assert_eq!(end.is_some(), total > 0);
    if let Some(end) = end {
        assert!(end < total && (end == most || end + limit >= total), "{last:?} is not the last of {total}");
        assert!(end == 0 || end == most || end % limit == offset % limit, "{last:?} is out of step with {offset}");
    }
    match (offset, offset < total) {
        (0, _) => assert_eq!(before, None),
        (_, true) => assert_eq!(before, Some(offset.saturating_sub(limit))),
        (_, false) => assert_eq!(before, end),
    }
    let after = (offset + limit).min(most);
    assert_eq!(place(&next), (offset + limit < total && after > offset).then_some(after));
}

/// The page that a link leads to; all else of the query is as it was.
fn follow(link: &str, query: &Query) -> Page {
    let (url, text) = link.split_once('?').unwrap();
    assert_eq!(url, URL);
    let followed: Query = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    let others = |query: &Query| -> Query {
        query.iter().filter(|(name, _)| name != "page[offset]" && name != "page[limit]").cloned().collect()
    };
    assert_eq!(others(&followed), others(query));
    Page::from_query(&followed).unwrap()
}

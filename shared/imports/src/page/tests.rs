//! Reading a page, and where its links lead.

use proptest::prelude::*;

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
    let most = format!("{OFFSET}: write page[offset]=10000, which is the most");
    for text in ["10001", "99999999999999999999"] {
        check(&format!("page[offset]={text}"), Err(&most));
    }
    let number = format!("{OFFSET}: write page[offset] and a whole number, such as page[offset]=25");
    for text in ["x", "-1", "%2B1", ""] {
        check(&format!("page[offset]={text}"), Err(&number));
    }
    let once = format!("{OFFSET}: write page[offset]=1, and leave the other out");
    check("page[offset]=1&page[offset]=2", Err(&once));
    check("page[limit]=500", Err(&format!("{LIMIT}: write page[limit]=100, which is the most")));
    check("page[limit]=1.5", Err(&format!("{LIMIT}: write page[limit] and a whole number, such as page[limit]=25")));
}

#[test]
fn links_lead_over_every_page_and_keep_the_other_parameters() {
    let query = query("filter=eq(status,failed)&page[offset]=25");
    let page = Page::from_query(&query).unwrap();
    insta::assert_json_snapshot!((page.links("https://api/imports", &query, 60), page.meta(60, Vec::new())), @r#"
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
fn a_page_of_nothing_has_no_neighbours() {
    let page = Page { offset: 0, limit: 0 };
    let links = page.links("https://api", &[], 7);
    assert_eq!((links.first, links.last, links.prev, links.next), (None, None, None, None));
    assert_eq!(page.meta(7, Vec::new()).page.total, 0);
}

/// The offsets to which the links lead: first, last, prev, next.
fn offsets(links: &Links) -> [Option<u64>; 4] {
    let offset = |link: &Option<String>| {
        let query = query(link.as_ref()?.split_once('?').unwrap().1);
        Some(Page::from_query(&query).unwrap().offset().into())
    };
    [&links.first, &links.last, &links.prev, &links.next].map(offset)
}

/// Checks where the links of a page lead: last, prev, next.
fn check_links(offset: u32, limit: u32, total: u64, expected: [Option<u64>; 3]) {
    let [_, neighbours @ ..] = offsets(&Page { offset, limit }.links("https://api", &[], total));
    assert_eq!(neighbours, expected, "{limit} from {offset} of {total}");
}

#[test]
fn last_keeps_step_with_the_page() {
    check_links(30, 25, 60, [Some(55), Some(5), Some(55)]);
    check_links(5, 25, 60, [Some(55), Some(0), Some(30)]);
    check_links(0, 25, 60, [Some(50), None, Some(25)]);
}

#[test]
fn the_page_at_the_largest_offset_is_the_last() {
    check_links(9_950, 100, 50_000, [Some(10_000), Some(9_850), Some(10_000)]);
    check_links(10_000, 100, 50_000, [Some(10_000), Some(9_900), None]);
    check_links(9_950, 100, 10_050, [Some(9_950), Some(9_850), None]);
    check_links(9_950, 100, 10_051, [Some(10_000), Some(9_850), Some(10_000)]);
}

#[test]
fn a_page_beyond_the_end_leads_back_to_entries() {
    check_links(9_000, 25, 60, [Some(50), Some(50), None]);
    check_links(40, 25, 3, [Some(0), Some(0), None]);
    check_links(40, 25, 0, [None, None, None]);
}

/// Totals about the bounds, and any.
fn totals() -> impl Strategy<Value = u64> {
    prop_oneof![0..300_u64, 9_800..10_300_u64, 0..60_000_u64]
}

fn pages() -> impl Strategy<Value = Page> {
    let offset = prop_oneof![0..300_u32, 9_800..=MAX_OFFSET, 0..=MAX_OFFSET];
    (offset, 1..=MAX_LIMIT).prop_map(|(offset, limit)| Page { offset, limit })
}

proptest! {
    #[test]
    fn every_link_leads_to_entries(page in pages(), total in totals()) {
        let [first, last, prev, next] = offsets(&page.links("https://api", &[], total));
        let offset = u64::from(page.offset);
        prop_assert_eq!(first, Some(0));
        for other in [last, prev, next].into_iter().flatten() {
            prop_assert!(other < total, "{other} has no entries");
        }
        prop_assert!(prev.is_none_or(|prev| prev < offset));
        prop_assert!(next.is_none_or(|next| next > offset));
        prop_assert!(next.is_none_or(|next| last.is_some_and(|last| last >= next)));
        prop_assert_eq!(last.is_some(), total > 0);
    }

    #[test]
    fn next_leads_over_every_entry_that_can_be_reached(page in pages(), total in totals(), cuts in prop::collection::vec(1..=MAX_LIMIT, 1..9)) {
        let limit = u64::from(page.limit);
        let (mut at, mut cuts) = (page, cuts.into_iter().cycle());
        loop {
            // A page holds as many entries as it may, or fewer.
            let entries = u64::from(cuts.next().unwrap()).min(limit);
            let end = u64::from(at.offset) + entries;
            let [_, last, _, next] = offsets(&at.links_after(entries, "https://api", &[], total));
            prop_assert!(next.is_none_or(|next| last.is_some_and(|last| last >= next)));
            let Some(next) = next else {
                prop_assert!(end >= total || at.offset == MAX_OFFSET, "it ends at {end}");
                break;
            };
            prop_assert!(next > at.offset.into() && next <= end && next < total);
            at.offset = u32::try_from(next).unwrap();
        }
    }
}

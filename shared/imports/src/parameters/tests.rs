use super::*;
use crate::page::Page;

fn query(text: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

/// What a call that reads these parameters says of a query: a refusal, or the names that it ignores.
fn of(text: &str, reads: &[Parameter]) -> String {
    match unread(&query(text), reads) {
        Ok(names) => names.join(" "),
        Err(ApiError::Validation(detail)) => detail,
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn a_name_that_is_nearly_read_is_refused_with_what_to_write() {
    for (text, name, instead) in [
        ("limit=2", "limit", "page[limit]=2"),
        ("page[limt]=2", "page[limt]", "page[limit]=2"),
        ("Page[Limit]=2", "Page[Limit]", "page[limit]=2"),
        ("page.limit=2", "page.limit", "page[limit]=2"),
        ("per_page=1000", "per_page", "page[limit]=100, which is the most"),
        ("page[size]=ten", "page[size]", "page[limit] and a whole number, such as page[limit]=25"),
        ("offset=50", "offset", "page[offset]=50"),
        ("skip=99999999999", "skip", "page[offset]=10000, which is the most"),
        ("page=3", "page", "page[offset]=50&page[limit]=25"),
        ("page=3&limit=10", "page", "page[offset]=20&page[limit]=10"),
        ("page[number]=1", "page[number]", "page[offset]=0&page[limit]=25"),
        ("page[cursor]=x", "page[cursor]", "page[offset]=25&page[limit]=25 for what comes after the first 25"),
        ("filer=eq(status,failed)", "filer", "filter=eq(status,failed)"),
        ("filters=x", "filters", "filter and a condition, such as filter=eq(status,failed)"),
        ("filter[x]=y", "filter[x]", "filter and a condition, such as filter=eq(status,failed)"),
        ("status=failed", "status", "filter=eq(status,failed)"),
        ("stauts=faild", "stauts", "filter=eq(status,failed)"),
        ("filter[status]=failed,success", "filter[status]", "filter=in(status,failed,success)"),
        ("state=done", "state", "filter=eq(status,success)"),
        ("state=odd", "state", "filter=eq(status,STATUS), with one of pending, started, success, failed for STATUS"),
        ("since=2026-01-10", "since", "filter=ge(created_at,2026-01-10T00:00:00Z)"),
        ("created_at=2026-01-10T09:00:00%2B02:00", "created_at", "filter=ge(created_at,2026-01-10T07:00:00Z)"),
        ("createdAt=monday", "createdAt", "filter=ge(created_at,2026-01-31T09:30:00Z)"),
    ] {
        let detail = format!("{name}: \"{name}\" is no parameter of this call: write {instead}");
        assert_eq!(of(text, Parameter::OF_FILTERED_PAGES), detail);
    }
    for (text, instead) in [
        ("onyl=failed", "only=failed"),
        ("Redirect=no", "redirect=false"),
        ("follow_redirects=0", "redirect=false"),
        ("timeout=60", "wait=25, which is the most"),
        ("Wait=20", "wait=20"),
        ("wait_seconds=20s", "wait and a whole number, such as wait=25"),
    ] {
        let (name, _) = text.split_once('=').unwrap();
        let detail = format!("{name}: \"{name}\" is no parameter of this call: write {instead}");
        assert_eq!(of(text, &[Only, Redirect, Wait]), detail);
    }
}

#[test]
fn what_a_refusal_says_to_write_is_read() {
    for text in [
        "limit=7",
        "offset=7",
        "page=7",
        "status=failed",
        "status=failed,success",
        "since=2026-01-10",
        "filer=in(status,failed)",
    ] {
        let detail = of(text, Parameter::OF_FILTERED_PAGES);
        let (_, written) = detail.split_once("write ").unwrap();
        let written = query(written);
        assert_eq!(unread(&written, Parameter::OF_FILTERED_PAGES), Ok(Vec::new()), "{detail}");
        let (page, filter) = (Page::from_query(&written).unwrap(), Filter::from_query(&written).unwrap());
        assert_ne!((page, filter), (Page::default(), Filter::default()), "{detail}");
    }
}

#[test]
fn a_callers_own_text_is_not_repeated() {
    let secret = "hunter2";
    for name in ["limit", "offset", "page", "page[x]", "filer", "status", "external_ref", "since", "onyl"] {
        for value in [secret.to_owned(), format!("eq(external_ref,{secret})")] {
            let said = of(&format!("{name}={value}"), &[FilterBy, Offset, Limit, Only]);
            assert!(said.contains(": write ") && !said.contains(secret), "{said}");
        }
    }
}

#[test]
fn what_a_call_reads_and_what_is_far_from_it_passes_and_the_latter_is_named() {
    let all = "page[offset]=1&page[limit]=2&filter=eq(status,failed)";
    assert_eq!(of(all, Parameter::OF_FILTERED_PAGES), "");
    assert_eq!(of(all, Parameter::OF_PAGES), "filter");
    assert_eq!(of("status=failed&limit=2&page[limit]=2", &[]), "status limit page[limit]");
    let far = "sort=name&include=x&store=other&order=asc&fields=a&q=x&_=1&debug=&utm_source=x&token=y&x=z&after=1&stage=x&site=y&age=3";
    let names = "sort include store order fields q _ debug utm_source token x after stage site age";
    assert_eq!(of(far, Parameter::OF_FILTERED_PAGES), names);
    assert_eq!(of(&format!("page[{}]=1", "x".repeat(100)), Parameter::OF_PAGES).len(), 64);
}

#[test]
fn a_call_that_leads_elsewhere_reads_its_own_parameters_and_refuses_all_others() {
    let refused = |text: &str, reads: &[Parameter]| match none_other(&query(text), reads) {
        Err(ApiError::Validation(detail)) => detail,
        other => panic!("{other:?}"),
    };
    assert_eq!(none_other(&query("only=failed"), &[Only]), Ok(()));
    assert_eq!(
        refused("only=failed&colour=red", &[Only]),
        "colour: \"colour\" is no parameter of this call: leave it out; it reads only"
    );
    assert_eq!(refused("only=failed", &[]), "only: \"only\" is no parameter of this call: leave it out; it reads none");
    assert_eq!(refused("Only=failed", &[Only]), "Only: \"Only\" is no parameter of this call: write only=failed");
}

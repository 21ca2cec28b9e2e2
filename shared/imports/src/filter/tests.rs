use chrono::TimeDelta;
use proptest::prelude::*;
use uuid::Uuid;

use super::{condition::comparable_time, *};
use crate::{
    api::{ApiError, time},
    import::{ImportFile, ImportId, ImportStatus, NewImport, to_micros},
    options::ImportOptions,
};
use records::StoreId;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn refs(any: &[&str]) -> Condition {
    Condition::ExternalRef(any.iter().map(|name| (*name).to_owned()).collect())
}

fn check(text: &str, expected: &[Condition]) {
    assert_eq!(Filter::parse(text).map(|filter| filter.conditions), Ok(expected.to_vec()), "{text}");
}

#[test]
fn conditions_are_read() {
    use Comparison::{Ge, Gt, Le, Lt};
    use Condition::{CreatedAt, Status};
    use ImportStatus::{Failed, Pending, Started, Success};
    check("eq(status,success)", &[Status(vec![Success])]);
    check("in(status,pending,started,failed)", &[Status(vec![Pending, Started, Failed])]);
    check("in(status,failed)", &[Status(vec![Failed])]);
    check("eq(status,\"failed\")", &[Status(vec![Failed])]);
    check("eq(external_ref,abc 123 (x:y] \"z\" \\ ü🌙)", &[refs(&["abc 123 (x:y] \"z\" \\ ü🌙"])]);
    check("eq(external_ref, )", &[refs(&[" "])]);
    check(r#"eq(external_ref,"a, b) \"c\" \\ :d")"#, &[refs(&[r#"a, b) "c" \ :d"#])]);
    check(r#"in(external_ref,a,"b,c",d)"#, &[refs(&["a", "b,c", "d"])]);
    for (name, comparison) in [("gt", Gt), ("ge", Ge), ("lt", Lt), ("le", Le)] {
        let filter = format!("{name}(created_at,2026-01-31T09:30:00Z)");
        check(&filter, &[CreatedAt(comparison, at("2026-01-31T09:30:00Z"))]);
    }
    check(
        "ge(created_at,2026-01-31T00:00:00Z):lt(created_at,\"2026-02-01T00:00:00Z\"):eq(status,success):eq(external_ref,a)",
        &[
            CreatedAt(Ge, at("2026-01-31T00:00:00Z")),
            CreatedAt(Lt, at("2026-02-01T00:00:00Z")),
            Status(vec![Success]),
            refs(&["a"]),
        ],
    );
}

fn check_time(text: &str, expected: Option<&str>) {
    let read = comparable_time(text).map(time);
    assert_eq!(read.as_deref(), expected, "{text}");
}

#[test]
fn times_are_read_in_any_zone_to_the_microsecond() {
    check_time("2026-01-31T09:30:00Z", Some("2026-01-31T09:30:00.000000Z"));
    check_time("2026-01-31t09:30:00.5z", Some("2026-01-31T09:30:00.500000Z"));
    check_time("2026-01-31T09:30:00.123456789Z", Some("2026-01-31T09:30:00.123456Z"));
    check_time("2026-01-31T09:30:00+02:00", Some("2026-01-31T07:30:00.000000Z"));
    check_time("2026-01-31T09:30:00-02:00", Some("2026-01-31T11:30:00.000000Z"));
    // As a plus sign reaches us that was not percent-encoded.
    check_time("2026-01-31T09:30:00 02:00", Some("2026-01-31T07:30:00.000000Z"));
    check_time("9999-12-31T23:59:59.9999999Z", Some("9999-12-31T23:59:59.999999Z"));
    check_time("0000-01-01T00:00:00Z", Some("0000-01-01T00:00:00.000000Z"));
    check_time("9999-12-31T23:59:59-00:01", None);
    check_time("0000-01-01T00:00:00+00:01", None);
    check_time("2026-01-31T09:30:00", None);
    check_time("2026-01-31 09:30:00Z", None);
    check_time("2026-02-29T09:30:00Z", None);
    check_time("2026-01-31", None);
    check_time("yesterday", None);
    check_time("1769851800", None);
}

fn check_refused(text: &str, expected: &str) {
    let told = Filter::parse(text).unwrap_err().to_string();
    // Then comes what to write instead.
    assert!(told.starts_with(expected), "{text}: {told}");
}

#[test]
fn what_can_t_be_read_is_reported_where_it_stands() {
    let operator = "an operator: eq, in, gt, ge, lt or le";
    check_refused("", &format!("at character 1: expected {operator}, found the end"));
    check_refused(" eq(status,failed)", &format!("at character 1: expected {operator}, found \" eq(status,failed)\""));
    check_refused("ne(status,failed)", &format!("at character 1: expected {operator}, found \"ne(status,failed)\""));
    check_refused("eq", "at character 3: expected \"(\", found the end");
    check_refused("eq[status,failed]", "at character 3: expected \"(\", found \"[status,failed]\"");

    let listed = "a field that eq and in take: status or external_ref";
    check_refused("eq()", &format!("at character 4: expected {listed}, found \")\""));
    check_refused("eq(state,failed)", &format!("at character 4: expected {listed}, found \"state,failed)\""));
    check_refused("in(created_at,x)", &format!("at character 4: expected {listed}, found \"created_at,x)\""));
    let compared = "the field that gt, ge, lt and le take: created_at";
    check_refused("gt(status,failed)", &format!("at character 4: expected {compared}, found \"status,failed)\""));
    check_refused("le(,)", &format!("at character 4: expected {compared}, found \",)\""));

    check_refused("eq(status)", "at character 10: expected \",\" and a value, found \")\"");
    let status = "a status: pending, started, success or failed";
    assert!(
        ImportStatus::ALL.iter().all(|known| status.contains(known.as_str())),
        "every status is among those expected"
    );
    check_refused("eq(status,)", &format!("at character 11: expected {status}, found \")\""));
    check_refused("eq(status,done)", &format!("at character 11: expected {status}, found \"done)\""));
    check_refused("in(status,failed, success)", &format!("at character 18: expected {status}, found \" success)\""));
    check_refused("in(status,failed,)", &format!("at character 18: expected {status}, found \")\""));
    check_refused("eq(external_ref,)", "at character 17: expected a value, found \")\"");
    check_refused("in(external_ref,a,,b)", "at character 19: expected a value, found \",b)\"");
    check_refused("eq(external_ref,\"\")", "at character 18: expected a value, found \"\")\"");
    let instant = "a time as in RFC 3339, such as 2026-01-31T09:30:00Z";
    check_refused("gt(created_at,)", &format!("at character 15: expected {instant}, found \")\""));
    check_refused("gt(created_at,2026)", &format!("at character 15: expected {instant}, found \"2026)\""));

    let one = "\")\" after the one value";
    check_refused("eq(status,failed", &format!("at character 17: expected {one}, found the end"));
    check_refused("eq(status,failed,success)", &format!("at character 17: expected {one}, found \",success)\""));
    check_refused("gt(created_at,2026-01-31T09:30:00Z,b)", &format!("at character 35: expected {one}, found \",b)\""));
    check_refused(
        "in(external_ref,\"a\"b)",
        "at character 20: expected \",\" and another value, or \")\", found \"b)\"",
    );
    check_refused("eq(external_ref,\"a)", "at character 20: expected a closing quote, found the end");
    check_refused(
        r#"eq(external_ref,"🌙\n")"#,
        r#"at character 20: expected a quote or a backslash after the backslash, found "n")""#,
    );
    let more = "\":\" and another condition, or the end";
    check_refused(
        "eq(status,failed);eq(status,failed) and what comes after it",
        &format!("at character 18: expected {more}, found \";eq(status,failed) and what co…\""),
    );
    check_refused("eq(status,failed):", &format!("at character 19: expected {operator}, found the end"));
    check_refused(":eq(status,failed)", &format!("at character 1: expected {operator}, found \":eq(status,failed)\""));
}

#[test]
fn a_filter_has_bounds() {
    let names = |count| format!("in(external_ref{})", ",ü".repeat(count));
    assert!(Filter::parse(&names(MAX_VALUES)).is_ok());
    check_refused(&names(MAX_VALUES + 1), "a filter has at most 100 values, this one has 101");
    let both = format!("{}:eq(status,failed)", names(MAX_VALUES));
    check_refused(&both, "a filter has at most 100 values, this one has 101");

    let long = |length: usize| format!("eq(external_ref,{})", "ü".repeat(length - 17));
    assert!(Filter::parse(&long(MAX_LENGTH)).is_ok());
    check_refused(&long(MAX_LENGTH + 1), "a filter has at most 8192 characters, this one has 8193");
    let longest_ref = "\"".repeat(records::limits::MAX_EXTERNAL_REF);
    assert_eq!(
        Filter::parse(&written(&[refs(&[&longest_ref])])),
        Ok(Filter { conditions: vec![refs(&[&longest_ref])] })
    );
}

fn check_query(query: &str, expected: Result<usize, &str>) {
    let query: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let read = Filter::from_query(&query).map(|filter| filter.conditions.len());
    assert_eq!(read.map_err(|error| error.to_string()), expected.map_err(str::to_owned));
}

#[test]
fn the_parameter_is_given_once_at_most() {
    check_query("", Ok(0));
    check_query("page[limit]=5", Ok(0));
    check_query("filter=eq(status,failed)", Ok(1));
    check_query("filter=eq%28status%2Cfailed%29%3Aeq(external_ref,a)", Ok(2));
    let twice = "the parameter \"filter\" may be given once only; join conditions with \":\"";
    check_query("filter=eq(status,failed)&filter=eq(status,failed)", Err(twice));
    let empty = "at character 1: expected an operator: eq, in, gt, ge, lt or le, found the end; a filter is \
                 written such as filter=eq(status,failed)";
    check_query("filter=", Err(empty));
    check_query("filter", Err(empty));
}

#[test]
fn a_caller_gets_the_reason() {
    let error = ApiError::from(Filter::parse("eq(status,done)").unwrap_err());
    insta::assert_snapshot!(error.reply("request-1").body, @r#"{"errors":[{"status":"400","title":"Validation Error","detail":"Could not parse the supplied filter","meta":{"reason":"at character 11: expected a status: pending, started, success or failed, found \"done)\"; write filter=eq(status,success)"}}]}"#);
}

/// Writes conditions as a caller would who quotes whatever may be quoted.
fn written(conditions: &[Condition]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let listed = |field: &str, values: Vec<String>| match values.as_slice() {
        [one] => format!("eq({field},{one})"),
        _ => format!("in({field},{})", values.join(",")),
    };
    let condition = |condition: &Condition| match condition {
        Condition::Status(any) => listed("status", any.iter().map(|status| status.as_str().to_owned()).collect()),
        Condition::ExternalRef(any) => listed("external_ref", any.iter().map(|name| quoted(name)).collect()),
        Condition::CreatedAt(comparison, moment) => {
            format!("{}(created_at,{})", format!("{comparison:?}").to_lowercase(), time(*moment))
        }
    };
    conditions.iter().map(condition).collect::<Vec<_>>().join(":")
}

fn statuses() -> impl Strategy<Value = ImportStatus> {
    use ImportStatus::{Failed, Pending, Started, Success};
    prop::sample::select(vec![Pending, Started, Success, Failed])
}

fn moments() -> impl Strategy<Value = DateTime<Utc>> {
    (0..253_402_300_800_000_000_i64).prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap())
}

fn some_condition() -> impl Strategy<Value = Condition> {
    use Comparison::{Ge, Gt, Le, Lt};
    let comparisons = prop::sample::select(vec![Gt, Ge, Lt, Le]);
    prop_oneof![
        prop::collection::vec(statuses(), 1..5).prop_map(Condition::Status),
        prop::collection::vec(any::<String>().prop_filter("no value is empty", |name| !name.is_empty()), 1..5)
            .prop_map(Condition::ExternalRef),
        (comparisons, moments()).prop_map(|(comparison, moment)| Condition::CreatedAt(comparison, moment)),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read(conditions in prop::collection::vec(some_condition(), 1..6)) {
        prop_assert_eq!(Filter::parse(&written(&conditions)), Ok(Filter { conditions }));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(?s).{0,60}") {
        let _ = Filter::parse(&text);
    }

    #[test]
    fn nearly_a_filter_is_read_or_refused_with_its_place(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "eq", "in", "gt", "(", ")", ",", ":", "\"", "\\", "status", "external_ref", "created_at", "failed",
                "2026-01-31T09:30:00Z", "2026-01-31T09:30:0", "ü", "🌙",
            ]),
            0..14,
        )
    ) {
        let text = parts.concat();
        if let Err(FilterError::Unreadable { position, .. }) = Filter::parse(&text) {
            prop_assert!((1..=text.chars().count() + 1).contains(&position));
        }
    }
}

fn job(status: ImportStatus, external_ref: Option<&str>, created_at: &str) -> Import {
    let store = StoreId::from_configuration("main").unwrap();
    let file = ImportFile { key: String::new(), version: None };
    let options = ImportOptions { external_ref: external_ref.map(str::to_owned), ..ImportOptions::default() };
    let new = NewImport { options, ..NewImport::new(ImportId::new(Uuid::from_u128(1)), store, file) };
    Import { status, ..Import::pending(new, at(created_at), 1) }
}

#[test]
fn a_job_matches_when_every_condition_holds() {
    let job = job(ImportStatus::Failed, Some("a"), "2026-01-31T09:30:00.5Z");
    let matches = |text: &str| Filter::parse(text).unwrap().matches(&job);
    assert!(Filter::default().matches(&job));
    assert!(matches("eq(status,failed):eq(external_ref,a):gt(created_at,2026-01-31T09:30:00Z)"));
    assert!(!matches("eq(status,failed):eq(external_ref,b)"));
    assert!(!matches("eq(status,failed):eq(status,success)"));
}

#[test]
fn a_job_without_an_external_ref_has_none_of_those_asked_for() {
    let job = job(ImportStatus::Failed, None, "2026-01-31T09:30:00Z");
    assert!(!Filter::parse("in(external_ref,a,b)").unwrap().matches(&job));
}

#[test]
fn times_of_creation_compare_as_texts_do() {
    // What the database does, which holds them as text.
    let moments = ["2026-01-31T09:29:59.999999Z", "2026-01-31T09:30:00Z", "2026-01-31T09:30:00.000001Z"].map(at);
    for (created_at, moment) in moments.iter().flat_map(|one| moments.iter().map(move |other| (*one, *other))) {
        assert_eq!(time(created_at).cmp(&time(moment)), created_at.cmp(&moment));
    }
    assert_eq!(to_micros(at("3000-01-01T00:00:00Z") + TimeDelta::nanoseconds(1)), at("3000-01-01T00:00:00Z"));
}

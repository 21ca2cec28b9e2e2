//! The job list under a filter, on the deployed API.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Answer, IMPORTS, World, send};

const GOOD: &str = "{\"type\":\"subscription_product\",\"name\":\"Tea\"}";
const BAD: &str = "{\"type\":\"subscription_product\"}";
const AWKWARD: &str = "a, (b) \"c\" \\ :d 100%+ ü🌙";

/// Asks with a filter whose every sign is percent-encoded that may be.
async fn encoded(world: &World, filter: &str) -> Answer {
    send(world.request(Method::GET, IMPORTS).query(&[("filter", filter)])).await
}

/// Asks with a filter as a person types it.
async fn plain(world: &World, filter: &str) -> Answer {
    world.get(&format!("{IMPORTS}?filter={filter}")).await
}

fn ids(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap()).collect()
}

async fn run(world: &World, file: &str, external_ref: Option<&str>) -> Value {
    let texts: Vec<_> = external_ref.into_iter().map(|name| ("external_ref", name)).collect();
    let made = world.post(file, &texts).await.expect(201);
    world.ended(made["data"]["id"].as_str().unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_shows_the_jobs_it_asks_for() {
    let world = World::shared().await;
    let jobs = [
        run(&world, GOOD, Some("nightly")).await,
        run(&world, BAD, Some(AWKWARD)).await,
        run(&world, GOOD, None).await,
    ];
    let stranger = world.neighbour();
    stranger.post(GOOD, &[("external_ref", "nightly")]).await.expect(201);

    let check = async |filter: &str, expected: &[usize]| {
        let expected: Vec<_> = expected.iter().map(|place| jobs[*place]["id"].as_str().unwrap()).collect();
        let page = encoded(&world, filter).await.expect(200);
        assert_eq!(ids(&page), expected, "{filter}");
        assert_eq!(page["meta"]["results"]["total"], expected.len(), "{filter}");
        if !filter.contains(['%', '+']) {
            assert_eq!(ids(&plain(&world, filter).await.expect(200)), expected, "{filter}");
        }
    };
    check("eq(status,success)", &[2, 0]).await;
    check("eq(status,failed)", &[1]).await;
    check("eq(status,pending)", &[]).await;
    check("in(status,success,failed)", &[2, 1, 0]).await;
    check("eq(external_ref,nightly)", &[0]).await;
    check("eq(external_ref,\"a, (b) \\\"c\\\" \\\\ :d 100%+ ü🌙\")", &[1]).await;
    check("in(external_ref,nightly,\"other\")", &[0]).await;
    check("in(external_ref,Nightly,other)", &[]).await;

    let created_at = jobs[1]["meta"]["timestamps"]["created_at"].as_str().unwrap();
    check(&format!("gt(created_at,{created_at})"), &[2]).await;
    check(&format!("ge(created_at,{created_at})"), &[2, 1]).await;
    check(&format!("lt(created_at,{created_at})"), &[0]).await;
    check(&format!("le(created_at,{created_at})"), &[1, 0]).await;
    check(&format!("le(created_at,{created_at}):ge(created_at,{created_at})"), &[1]).await;
    check(&format!("ge(created_at,{created_at}):eq(status,success)"), &[2]).await;
    check("eq(external_ref,nightly):eq(status,failed)", &[]).await;
    let offset = created_at.replace('Z', "+00:00");
    check(&format!("ge(created_at,{offset})"), &[2, 1]).await;
    let unencoded = plain(&world, &format!("ge(created_at,{offset})")).await.expect(200);
    assert_eq!(unencoded["meta"]["results"]["total"], 2, "a plus sign that is not percent-encoded");
}

#[tokio::test(flavor = "multi_thread")]
async fn page_after_page_keeps_the_filter() {
    let world = World::shared().await;
    let mut made = Vec::new();
    for number in 0..3 {
        let job = run(&world, GOOD, Some("a \"b\" & c")).await;
        made.insert(0, job["id"].as_str().unwrap().to_owned());
        run(&world, GOOD, Some(&format!("between {number}"))).await;
    }
    let filter = ("filter", "eq(external_ref,\"a \\\"b\\\" & c\")");
    let first = world.request(Method::GET, IMPORTS).query(&[filter, ("page[limit]", "1")]);
    let mut page = send(first).await.expect(200);
    let (mut there, mut back) = (vec![ids(&page)[0].to_owned()], Vec::new());
    while let Some(next) = page["links"]["next"].as_str() {
        page = world.get(next).await.expect(200);
        there.push(ids(&page)[0].to_owned());
        assert_eq!(page["meta"]["results"]["total"], 3);
    }
    assert_eq!(there, made);
    assert_eq!(page["links"]["last"], page["links"]["current"]);
    while let Some(previous) = page["links"]["prev"].as_str() {
        page = world.get(previous).await.expect(200);
        back.push(ids(&page)[0].to_owned());
    }
    back.reverse();
    assert_eq!(back, made[..2]);
    assert_eq!(page["links"]["first"], page["links"]["current"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_can_t_be_read_is_refused_with_the_place_and_what_is_allowed_there() {
    let world = World::shared().await;
    let refused = |answer: Answer, reason: &str| {
        let error = json!({
            "status": "400",
            "title": "Validation Error",
            "detail": "Could not parse the supplied filter",
            "meta": {"reason": null},
        });
        let mut answer = answer.expect(400);
        // Then comes what to write instead.
        let told = answer["errors"][0]["meta"]["reason"].take();
        assert!(told.as_str().is_some_and(|told| told.starts_with(reason)), "{told}");
        assert_eq!(answer, json!({"errors": [error]}));
    };
    let check = async |filter: &str, reason: &str| {
        refused(encoded(&world, filter).await, reason);
        refused(plain(&world, filter).await, reason);
    };
    let operator = "at character 1: expected an operator: eq, in, gt, ge, lt or le, found";
    check("", &format!("{operator} the end")).await;
    check("nightly", &format!("{operator} \"nightly\"")).await;
    check("like(external_ref,a*)", &format!("{operator} \"like(external_ref,a*)\"")).await;
    let field = "at character 4: expected a field that eq and in take: status or external_ref, found";
    check("eq(name,a)", &format!("{field} \"name,a)\"")).await;
    check("eq(created_at,2026-01-31T09:30:00Z)", &format!("{field} \"created_at,2026-01-31T09:30:00…\"")).await;
    let field = "at character 4: expected the field that gt, ge, lt and le take: created_at, found";
    check("gt(status,failed)", &format!("{field} \"status,failed)\"")).await;
    let status = "expected a status: pending, started, success or failed, found";
    check("eq(status,done)", &format!("at character 11: {status} \"done)\"")).await;
    check("in(status,failed,)", &format!("at character 18: {status} \")\"")).await;
    let time = "expected a time as in RFC 3339, such as 2026-01-31T09:30:00Z, found";
    check("ge(created_at,yesterday)", &format!("at character 15: {time} \"yesterday)\"")).await;
    check("eq(external_ref,)", "at character 17: expected a value, found \")\"").await;
    check("eq(external_ref,a", "at character 18: expected \")\" after the one value, found the end").await;
    check("eq(external_ref,\"a)", "at character 20: expected a closing quote, found the end").await;
    let more = "expected \":\" and another condition, or the end, found";
    check("eq(status,failed)eq(status,failed)", &format!("at character 18: {more} \"eq(status,failed)\"")).await;
    check("eq(status,failed):", "at character 19: expected an operator: eq, in, gt, ge, lt or le, found the end").await;
    let many = format!("in(external_ref{})", ",a".repeat(101));
    check(&many, "a filter has at most 100 values, this one has 101").await;
    let long = format!("eq(external_ref,{})", "a".repeat(8_192));
    check(&long, "a filter has at most 8192 characters, this one has 8209").await;

    let twice = plain(&world, "eq(status,failed)&filter=eq(status,failed)").await;
    refused(twice, "the parameter \"filter\" may be given once only; join conditions with \":\"");
    refused(world.get(&format!("{IMPORTS}?filter")).await, &format!("{operator} the end"));
}

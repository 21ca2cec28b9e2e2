//! The API's reference as people read it.

use std::{
    fs,
    io::{Write, stderr},
};

use reqwest::Method;
use serde_json::Value;

use crate::{
    browser::Browser,
    world::{IMPORTS, ROOT, World, send, sum},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_page_brings_all_it_shows_and_its_calls_reach_the_api() {
    let world = World::shared().await;
    let page = local::page::start(&world.stack, "the-token").unwrap();
    let http = world.stack.http_client().unwrap();
    let get = async |path: &str| {
        let answer = http.get(format!("{page}{path}")).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    };

    let index = get("/").await;
    assert!(index.contains("'the-token'"), "{index}");
    let addresses = ["src=\"", "href=\""].into_iter().flat_map(|name| index.split(name).skip(1));
    let addresses: Vec<_> = addresses.filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(addresses.len(), 3, "{index}");
    for address in addresses.into_iter().filter(|address| !address.starts_with("data:")) {
        assert!(get(address).await.len() > 10_000, "{address} comes with the page");
    }

    let own = fs::read_to_string(format!("{ROOT}/openapi.yaml")).unwrap();
    let served = get("/openapi.yaml").await;
    let first_server = served.split("\nservers:\n  - url: ").nth(1).unwrap();
    assert!(first_server.starts_with(&format!("{page}\n")), "{first_server}");
    assert!(own.lines().all(|line| served.contains(line)));

    let strange = http.get(&page).header("host", "evil.example").send().await.unwrap();
    assert_eq!(strange.status(), 403, "the page answers to another site's name");
    assert!(!strange.text().await.unwrap().contains("the-token"));

    let through_page = format!("{page}{IMPORTS}?page[limit]=1");
    assert_eq!(send(world.anonymous(Method::GET, &through_page)).await.status, 401);
    let id = world.submit("{}").await;
    assert_eq!(send(world.request(Method::GET, &through_page)).await.expect(200)["data"][0]["id"], id);
}

/// What the page shows of a call that it made.
struct Shown {
    /// Where it went.
    url: String,
    /// The same call for a shell.
    curl: String,
    status: String,
    /// Heads and body.
    answer: String,
}

impl Shown {
    /// The id of the job that was answered.
    fn job(&self) -> &str {
        let id = self.answer.split("\"id\": \"").nth(1).and_then(|rest| rest.split('"').next());
        id.unwrap_or_else(|| panic!("no job in {}", self.answer))
    }
}

/// Unfolds a call, to be tried.
async fn unfold(browser: &Browser, operation: &str) {
    browser.click(&format!("[id$='-{operation}'] .opblock-summary-control")).await;
    browser.click(".opblock.is-open .try-out__btn").await;
}

/// Makes the call that is unfolded, and folds it again.
async fn execute(browser: &Browser) -> Shown {
    browser.click(".execute").await;
    let status = browser.text(".live-responses-table .response .response-col_status").await;
    let answer = browser.text(".live-responses-table .response .response-col_description").await;
    let url = browser.text(".request-url").await;
    let url = url.split_whitespace().last().unwrap().to_owned();
    // A status that leads elsewhere is followed, and by that undocumented.
    let status = status.split_whitespace().next().unwrap().to_owned();
    let curl = browser.text(".curl-command").await;
    browser.click(".opblock.is-open .opblock-summary-control").await;
    Shown { url, curl, status, answer }
}

#[tokio::test(flavor = "multi_thread")]
async fn execute_makes_every_call_with_its_defaults_or_is_skipped_where_there_is_no_browser() {
    let Some(browser) = Browser::start().await else {
        // Not by a macro: what those print of a test that passes, nobody sees.
        let said = "SKIPPED: no call of the API's page was tried, for want of the Debian packages chromium and chromium-driver";
        return writeln!(stderr(), "\n{said}\n").unwrap();
    };
    let world = World::shared().await;
    let page = local::page::start(&world.stack, &world.stack.token(&world.store, 3600).unwrap()).unwrap();

    browser.open(&page).await;
    unfold(&browser, "createImport").await;
    let sample = fs::canonicalize(format!("{ROOT}/events/sample.jsonl")).unwrap();
    browser.fill("input[type=file]", sample.to_str().unwrap()).await;
    let posted = execute(&browser).await;
    assert_eq!(posted.status, "201", "{}\n{}", posted.curl, posted.answer);
    assert_eq!(posted.url, format!("{page}{IMPORTS}"), "an option that is a part of the form is in the query, too");
    for option in ["external_ref", "dry_run", "on_conflict", "unknown"] {
        assert_eq!(posted.curl.matches(option).count(), 1, "{option}: {}", posted.curl);
    }
    assert_eq!(world.ended(posted.job()).await["attributes"]["status"], "success");

    browser.open(&page).await;
    unfold(&browser, "createImport").await;
    browser.click("[aria-label='Request content type'] [value='application/jsonl']").await;
    let posted_raw = execute(&browser).await;
    assert_eq!(posted_raw.status, "201", "{}\n{}", posted_raw.curl, posted_raw.answer);
    // The sample has the same product: what counts is that the body is a line.
    assert_eq!(sum(&world.ended(posted_raw.job()).await, "uploaded"), 1, "{}", posted_raw.curl);

    unfold(&browser, "listImports").await;
    let listed = execute(&browser).await;
    assert_eq!(listed.status, "200", "{}", listed.answer);
    assert!(listed.answer.contains(posted.job()), "{}", listed.answer);

    let of_a_job = [
        ("getImport", "200", "\"success\""),
        ("listImportErrors", "200", "\"line_number\": 42"),
        ("getImportResults", "200", "{\"line\":42,"),
        ("getImportFailedLines", "200", "\"end_behavior\":\"renew\""),
        ("cancelImport", "409", "\"errors\""),
    ];
    for (operation, status, part) in of_a_job {
        unfold(&browser, operation).await;
        browser.fill("[data-param-name=id] input", posted.job()).await;
        let answered = execute(&browser).await;
        assert!(answered.status == status && answered.answer.contains(part), "{operation}: {}", answered.answer);
    }
    unfold(&browser, "createImportUpload").await;
    let promised = execute(&browser).await;
    assert_eq!(promised.status, "201", "{}", promised.answer);
}

/// Python and Node find no names under `localhost`.
#[tokio::test(flavor = "multi_thread")]
async fn the_api_and_its_links_are_found_by_any_client() {
    let world = World::shared().await;
    let file = world.stack.file(String::new(), String::new());
    assert_eq!(file.api_url, format!("http://127.0.0.1:{}", world.stack.endpoint_url().rsplit(':').next().unwrap()));
    // A client that knows no name and no address but what it is given.
    let get = async |url: &str| {
        let call = reqwest::Client::new().get(url).bearer_auth(world.stack.token(&world.store, 3600).unwrap());
        send(call).await.expect(200)
    };
    let mut posting = world.posting("{\"type\":\"subscription_product\",\"name\":\"T\"}", &[]).build().unwrap();
    *posting.url_mut() = format!("{}{IMPORTS}", file.api_url).parse().unwrap();
    let created = reqwest::Client::new().execute(posting).await.unwrap();
    let location = created.headers()["location"].to_str().unwrap().to_owned();
    let job = created.json::<Value>().await.unwrap()["data"].take();
    assert_eq!(job["links"]["self"], location);
    assert_eq!(get(&location).await["data"]["id"], job["id"]);
    world.ended(job["id"].as_str().unwrap()).await;
    let ended = get(&location).await;
    let links = ended["data"]["links"].as_object().unwrap();
    assert!(links.len() > 3, "{links:?}");
    for link in links.values() {
        get(link.as_str().unwrap()).await;
    }
    let list = get(&format!("{}{IMPORTS}?page[limit]=1", file.api_url)).await;
    assert_eq!(get(list["links"]["first"].as_str().unwrap()).await["data"][0]["id"], job["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_here_answers_to_a_name_that_another_site_lets_lead_here() {
    let world = World::shared().await;
    let keys = format!("{}/jwks.json", world.stack.issuer().url());
    let bucket = format!("{}/{}", world.stack.endpoint_url(), world.stack.bucket());
    for url in [keys, bucket, format!("{}/_ministack/health", world.stack.endpoint_url())] {
        let answer = world.anonymous(Method::GET, &url).header("host", "evil.example").send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, 403, "{url}: {text}");
        assert!(text.contains("answers to names of this machine alone"), "{url}: {text}");
    }
}

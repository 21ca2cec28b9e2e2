//! The API's reference as people read it.

use std::fs;

use reqwest::Method;

use crate::world::{IMPORTS, ROOT, World, send};

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

//! Page after page through the jobs of a store.

use std::collections::HashSet;

use futures_util::{StreamExt, stream};

use crate::world::{IMPORTS, World};

#[tokio::test(flavor = "multi_thread")]
async fn page_after_page_shows_every_job_once_newest_first() {
    let world = World::own().await;
    let ids: HashSet<String> = stream::iter(0..60)
        .map(|number| {
            let world = &world;
            async move { world.submit(format!("{{\"type\":\"subscription_product\",\"name\":\"Tea {number}\"}}")).await }
        })
        .buffer_unordered(8)
        .collect()
        .await;
    assert_eq!(ids.len(), 60);

    // Twice: while the lane is still moving, and when it has come to rest.
    let moving = world.all(IMPORTS, 25).await;
    for id in &ids {
        world.ended(id).await;
    }
    let resting = world.all(IMPORTS, 25).await;
    for jobs in [moving, resting] {
        let seen: Vec<_> = jobs.iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(seen.len(), 60);
        assert_eq!(seen.iter().cloned().collect::<HashSet<_>>(), ids);
        let created: Vec<_> =
            jobs.iter().map(|job| job["meta"]["timestamps"]["created_at"].as_str().unwrap()).collect();
        assert!(created.is_sorted_by(|newer, older| newer > older), "newest first");
    }
    let page = world.get(&format!("{IMPORTS}?page[offset]=50&page[limit]=25")).await.expect(200);
    assert_eq!(page["data"].as_array().unwrap().len(), 10);
    assert_eq!(page["meta"]["results"]["total"], 60);
    assert_eq!(page["meta"]["page"]["total"], 3);
    assert_eq!(page["links"]["next"], serde_json::Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_out_of_bounds_is_refused_and_the_bounds_are_named() {
    let world = World::shared().await;
    let check = async |query: &str, detail: &str| {
        let answer = world.get(&format!("{IMPORTS}?{query}")).await.expect(400);
        let error = &answer["errors"][0];
        assert_eq!((&error["status"], &error["title"]), (&"400".into(), &"Validation Error".into()));
        assert_eq!(error["detail"], detail, "{query}");
    };
    let limit = "page[limit]: \"page[limit]\" must be a whole number from 0 to 100, given once: write page[limit]=100, which is the most";
    let bounds = "page[offset]: \"page[offset]\" must be a whole number from 0 to 10000, given once";
    let offset = &format!("{bounds}: write page[offset]=10000, which is the most");
    check("page[limit]=101", limit).await;
    check("page%5Blimit%5D=101", limit).await;
    check("page[offset]=10001", offset).await;
    let number = format!("{bounds}: write page[offset] and a whole number, such as page[offset]=25");
    check("page[offset]=x", &number).await;
    world.get(&format!("{IMPORTS}?page[offset]=10000&page[limit]=0")).await.expect(200);
}

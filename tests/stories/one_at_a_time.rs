//! Twenty clients post at once; their jobs run one after another in the order in which they were made.

use std::collections::HashSet;

use futures_util::future::join_all;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn twenty_files_posted_at_once_run_one_after_another_in_order_of_creation() {
    let world = World::own().await;
    let clients: Vec<World> = (0..20).map(|_| world.neighbour()).collect();
    let posts = clients.iter().enumerate().map(|(number, client)| async move {
        let line = format!("{{\"type\":\"subscription_product\",\"name\":\"Product {number}\"}}\n");
        (client, client.submit(line.repeat(50)).await)
    });
    let mut jobs = Vec::new();
    for (client, id) in join_all(posts).await {
        jobs.push(client.ended(&id).await);
    }
    let time = |job: &serde_json::Value, name: &str| job["meta"]["timestamps"][name].as_str().unwrap().to_owned();
    jobs.sort_by_key(|job| time(job, "created_at"));
    let ids: HashSet<_> = jobs.iter().map(|job| job["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 20, "every file became a job of its own");
    for job in &jobs {
        assert_eq!(job["attributes"]["status"], "success");
        assert_eq!(job["meta"]["records"]["imported"]["subscription_product"], 50);
    }
    for pair in jobs.windows(2) {
        assert!(time(&pair[0], "created_at") < time(&pair[1], "created_at"), "created at different times");
        assert!(time(&pair[0], "finished_at") <= time(&pair[1], "started_at"), "{:#}\n{:#}", pair[0], pair[1]);
    }
}

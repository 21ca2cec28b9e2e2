//! A service is out: each call hangs to its time-out.

use std::time::{Duration, Instant};

use imports::{
    import::ImportStatus,
    times::{API_TIMEOUT, duration},
};
use reqwest::Method;

use super::{attempts, ended, job, product};
use crate::{
    proxy::{Befalls, Proxy, holds},
    world::IMPORTS,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_hangs_for_a_while_costs_a_job_nothing_but_time() {
    let (world, proxy) = Proxy::world().await;
    for (service, texts) in [
        ("SQS", ["AmazonSQS.", ""]),
        ("S3", ["/reports/", "x-id=PutObject"]),
        ("DynamoDB", ["DynamoDB_20120810.Batch", ""]),
    ] {
        let id = world.submit(product(service)).await;
        let began = Instant::now();
        proxy.weather(Box::new(move |request| holds(request, texts).then_some(Befalls::Nothing)));
        while proxy.befallen() == 0 && !job(&world, &id).await.status.is_terminal() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tokio::time::sleep(Duration::from_secs(15)).await;
        let befallen = proxy.befallen();
        proxy.clear_up();
        let cleared = Instant::now();
        let job = ended(&world, &id).await;
        println!("{service}: ended after {:.1} s, {befallen} calls hung", began.elapsed().as_secs_f64());
        // A call without a time-out would hang for as long as the proxy holds it, longer than this.
        assert!(cleared.elapsed() < Duration::from_mins(1), "{service}: {:?}", cleared.elapsed());
        assert_eq!((job.status, attempts(&world, &id).await), (ImportStatus::Success, "1".to_owned()), "{service}");
        assert!(befallen > 0, "{service}: nothing hung");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_connection_leads_nowhere_is_answered_in_our_own_words() {
    let (world, proxy) = Proxy::world().await;
    for texts in [["PUT /", "/imports/"], ["DynamoDB_20120810.", "ConditionExpression"]] {
        proxy.weather(Box::new(move |request| holds(request, texts).then_some(Befalls::Nothing)));
        let began = Instant::now();
        let answer = world.post(product("a"), &[]).await;
        println!("{texts:?}: {} after {:.1} s", answer.status, began.elapsed().as_secs_f64());
        proxy.clear_up();
        assert_eq!(answer.status, 503, "{:#}", answer.body);
        assert!(answer.headers.contains_key("retry-after"));
        assert!(answer.body["errors"][0]["title"].is_string(), "{:#}", answer.body);
        assert!(began.elapsed() < duration(API_TIMEOUT));
    }
    assert_eq!(world.request(Method::GET, IMPORTS).send().await.unwrap().status(), 200);
}

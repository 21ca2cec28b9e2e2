//! Two stores in one stack: what belongs to the one is to the other as if it were not there.

mod model;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use self::model::Two;
use crate::{
    gate::routes,
    root,
    world::{IMPORTS, World},
};

/// An answer as it came: status, headers that are not about the moment, body.
type Raw = (u16, Vec<(String, String)>, Vec<u8>);

/// Sends a call and keeps all there is of the answer.
async fn raw(call: RequestBuilder) -> Raw {
    let response = call.send().await.unwrap();
    let status = response.status().as_u16();
    let momentary = |name: &str| {
        name == "date" || name.contains("requestid") || name.contains("request-id") || name.contains("trace")
    };
    let headers = response.headers().iter().filter(|(name, _)| !momentary(name.as_str()));
    let mut headers: Vec<_> = headers
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    headers.sort();
    (status, headers, response.bytes().await.unwrap().to_vec())
}

/// Ids that are near to one, and not it.
fn near(id: &str) -> Vec<String> {
    let last = if id.ends_with('0') { "1" } else { "0" };
    vec![
        format!("{}{last}", &id[..id.len() - 1]),
        id.to_uppercase(),
        id.replace('-', ""),
        format!("%7B{id}%7D"),
        format!("urn:uuid:{id}"),
        format!("{id}%00"),
        format!("%20{id}"),
        format!("import%23{id}"),
        format!("..%2F{id}"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_another_store_is_answered_byte_for_byte_like_none_on_every_route() {
    let world = World::own().await;
    root::feed_worker(&world.stack, false).await;
    let neighbour = world.neighbour();
    let nobodys = "3f1d9d0e-98c9-4d38-a1c7-5fd9bc1c2b11";
    let file = "{\"type\":\"subscription_product\",\"name\":\"Tea\"}\n{\"type\":\"subscription_product\"}";
    let waiting = world.submit(file).await;
    let mut compared = 0;
    // Whether it waits or has ended.
    for ended in [false, true] {
        if ended {
            root::feed_worker(&world.stack, true).await;
            world.ended(&waiting).await;
        }
        let has_ended = !world.import(&waiting).await["meta"]["timestamps"]["finished_at"].is_null();
        assert_eq!(has_ended, ended);
        for (method, path) in routes().into_iter().filter(|(_, path)| path.contains("{id}")) {
            let ask = async |id: &str| raw(neighbour.request(method.clone(), &path.replace("{id}", id))).await;
            let missing = ask(nobodys).await;
            assert_eq!(missing.0, 404, "{method} {path}");
            assert_eq!(ask(&waiting).await, missing, "{method} {path}");
            compared += 1;
            for (foreign, missing) in near(&waiting).iter().zip(near(nobodys)) {
                assert_eq!(ask(foreign).await, ask(&missing).await, "{method} {path} {foreign}");
                compared += 1;
            }
        }
    }
    let job = world.import(&waiting).await;
    assert_eq!(job["attributes"]["status"], "success", "nobody cancelled it: {job:#}");
    assert!(neighbour.all(IMPORTS, 25).await.is_empty());
    println!("{compared} answers about foreign jobs, each the same as about none");
}

/// A file whose every line refers to `id` or `name`, and a good line.
fn referring(id: &str, name: &str) -> String {
    let plan = json!({"name": "Monthly", "billing_interval_type": "month", "billing_frequency": 1, "plan_length": 12,
        "end_behavior": "roll", "can_pause": true, "can_resume": true, "can_cancel": true});
    let product = json!({"name": "Tea"});
    let subscription = |more: Value| {
        let mut line = json!({"type": "subscription", "account_id": "fb59acb3-15a6-4d41-8b9b-e80107f478d7", "currency": "EUR",
            "name": "Anna", "email": "anna@example.com", "manual_payments": true});
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        line
    };
    let offering = |products: Value, plans: Value, features: Value| json!({"type": "subscription_offering", "name": "Box", "products": products, "plans": plans, "features": features});
    let mut lines = vec![json!({"type": "subscription_product", "external_ref": "own", "name": "Cup"})];
    for text in [id, name] {
        lines.push(offering(json!([text]), json!([plan]), json!([])));
        lines.push(offering(json!([product, text]), json!([text, plan]), json!([text])));
        lines.push(subscription(json!({"offering_external_ref": text, "selected_plan": text})));
    }
    lines.push(subscription(json!({"offering_id": id, "plan_id": id})));
    lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_to_an_object_of_another_store_reads_like_one_to_nothing() {
    let world = World::shared().await;
    let plan = "{\"type\":\"subscription_plan\",\"external_ref\":\"theirs-1\",\"name\":\"Theirs\",\"billing_interval_type\":\"month\",\
         \"billing_frequency\":1,\"plan_length\":12,\"end_behavior\":\"roll\",\"can_pause\":true,\"can_resume\":true,\"can_cancel\":true}";
    let theirs = [
        "{\"type\":\"subscription_product\",\"external_ref\":\"theirs-1\",\"name\":\"Theirs\"}".to_owned(),
        plan.to_owned(),
        "{\"type\":\"subscription_feature\",\"external_ref\":\"theirs-1\",\"name\":\"Theirs\",\"configuration\":{\"type\":\"access\",\"tag\":\"t\"}}".to_owned(),
        "{\"type\":\"subscription_offering\",\"external_ref\":\"theirs-1\",\"name\":\"Theirs\",\"products\":[\"theirs-1\"],\"plans\":[\"theirs-1\"]}".to_owned(),
    ];
    let job = world.run(theirs.join("\n")).await;
    assert_eq!(crate::world::sum(&job, "imported"), 4, "{job:#}");
    let nothing = "3f1d9d0e-98c9-4d38-a1c7-5fd9bc1c2b11";
    let (mut seen, mut rows) = (Vec::new(), 0);
    let ids = world.objects().await.into_iter().map(|object| object["id"].as_s().unwrap().clone());
    for (id, name) in ids.map(|id| (id, "theirs-1")).chain([(nothing.to_owned(), "nobodys1")]) {
        let neighbour = world.neighbour();
        let job = neighbour.run(referring(&id, name)).await;
        let job_id = job["id"].as_str().unwrap().to_owned();
        let errors = neighbour.all(&format!("{IMPORTS}/{job_id}/errors"), 100).await;
        rows = errors.len();
        let errors: Vec<Value> = errors.into_iter().map(|row| row["meta"].clone()).collect();
        let shown = json!({
            "errors": errors,
            "results": neighbour.results(&job_id).await,
            "failed lines": String::from_utf8(neighbour.download(&job_id, "failed-lines").await).unwrap(),
            "counts": [job["meta"]["records"], job["meta"]["errors"], job["meta"]["error_counts"], job["attributes"]],
        });
        assert!(!shown.to_string().contains("Theirs"), "{shown:#}");
        assert!(!format!("{:?}", neighbour.objects().await).contains("Theirs"));
        seen.push(without_moments(&shown.to_string().replace(&id, "ID").replace(name, "NAME")));
    }
    let missing = seen.pop().unwrap();
    assert!(rows >= 7, "{missing}");
    for foreign in &seen {
        assert_eq!(*foreign, missing);
    }
    println!("{rows} error rows about references to {} foreign objects, each the same as about nothing", seen.len());
}

/// A text without its times and without ids that are made anew.
fn without_moments(text: &str) -> String {
    let mut document: Value = serde_json::from_str(text).unwrap();
    for row in document["errors"].as_array_mut().unwrap() {
        row.as_object_mut().unwrap().remove("timestamps");
    }
    for row in document["results"].as_array_mut().unwrap() {
        row.as_object_mut().unwrap().remove("id");
    }
    document.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_opens_what_it_was_made_for_and_nothing_else() {
    let world = World::shared().await;
    let neighbour = world.neighbour();
    let file = "{\"type\":\"subscription_product\",\"name\":\"Tea\"}";
    let (own, other) = (neighbour.run(file).await, world.run(file).await);
    let link = async |world: &World, job: &Value, file: &str| {
        let path = format!("{IMPORTS}/{}/{file}", job["id"].as_str().unwrap());
        let (_, headers, _) = raw(world.request(Method::GET, &path)).await;
        headers.into_iter().find(|(name, _)| name == "location").unwrap().1
    };
    let key = |link: &str| link.split('?').next().unwrap().to_owned();
    let (mine, theirs) = (link(&neighbour, &own, "results").await, link(&world, &other, "results").await);
    let prefix = format!("{}/{}/reports/", world.stack.endpoint_url(), world.stack.bucket());
    for (world, link) in [(&neighbour, &mine), (&world, &theirs)] {
        assert!(link.starts_with(&format!("{prefix}{}/", world.store)), "{link}");
    }
    let (status, headers, _) = raw(neighbour.anonymous(Method::GET, &mine)).await;
    let kept_by_nobody = ("cache-control".to_owned(), "no-store".to_owned());
    assert_eq!((status, headers.contains(&kept_by_nobody)), (200, true), "{headers:?}");
    let file_of_theirs = format!(
        "{}/{}/imports/{}/{}.jsonl",
        world.stack.endpoint_url(),
        world.stack.bucket(),
        world.store,
        other["id"].as_str().unwrap()
    );
    let forged = [
        mine.replace(&key(&mine), &key(&theirs)),
        mine.replace(&key(&mine), &file_of_theirs),
        mine.replace("results.jsonl?", "failed-lines.jsonl?"),
        mine.replace("/results.jsonl?", &format!("/../../../{}/results.jsonl?", world.store)),
        mine.replace("/results.jsonl?", &format!("/..%2F..%2F..%2F{}%2Fresults.jsonl?", world.store)),
        mine.replace("X-Amz-Expires=900", "X-Amz-Expires=90000"),
        mine.replace("application%2Fjsonl", "text%2Fhtml"),
        key(&theirs),
        format!("{}?{}", key(&theirs), mine.split('?').nth(1).unwrap().split("&X-Amz-Signature").next().unwrap()),
    ];
    for forged in &forged {
        assert_ne!(*forged, mine);
        // Half a signature is no request at all.
        let status = raw(neighbour.anonymous(Method::GET, forged)).await.0;
        assert!([400, 403].contains(&status), "{status} {forged}");
    }
    for method in [Method::PUT, Method::DELETE] {
        assert_eq!(raw(neighbour.anonymous(method, &mine)).await.0, 403);
    }
    println!("{} forged links, each refused", forged.len() + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_two_stores_do_neither_sees_a_byte_of_the_other() {
    let seed: u64 = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    println!("SEED={seed}");
    let mut two = Two::new(World::shared().await, seed);
    for _ in 0..120 {
        two.step().await;
    }
    println!("{}", two.end().await);
}

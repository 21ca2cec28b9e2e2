//! What a job tells beside its errors: results, lines to mend, its queue position, causes and consequences.

use serde_json::{Value, json};

use crate::world::{IMPORTS, World, rows, sum};

const GOOD: &str = "{\"type\":\"subscription_product\",\"external_ref\":\"tea\",\"name\":\"Tea\"}\r\n";
const SHORT: &str = "  {\"type\":\"subscription_product\", \"external_ref\":\"mug\",\t\"name\":\"M\"}\r\n";
const FOLLOWS: &str = "{\"type\":\"subscription_offering\",\"external_ref\":\"box\",\"name\":\"Box\",\"products\":[\"tea\",\"mug\"],\
     \"plans\":[{\"name\":\"Monthly\",\"billing_interval_type\":\"month\",\"billing_frequency\":1,\"plan_length\":12,\
     \"end_behavior\":\"roll\",\"can_pause\":true,\"can_resume\":true,\"can_cancel\":true}]}\n";
const LATIN: &[u8] = b"{\"type\":\"subscription_product\",\"name\":\"Caf\xe9\"}";

#[tokio::test(flavor = "multi_thread")]
async fn failed_lines_come_back_byte_for_byte_and_once_mended_import_the_rest() {
    let world = World::shared().await;
    let file = [FOLLOWS.as_bytes(), GOOD.as_bytes(), b"\r\n", SHORT.as_bytes(), LATIN].concat();
    let job = world.run(file).await;
    let id = job["id"].as_str().unwrap();
    assert_eq!((sum(&job, "uploaded"), sum(&job, "imported")), (3, 1));
    assert_eq!(job["meta"]["errors"], 3);
    assert_eq!(job["meta"]["error_counts"], json!({"root_causes": 2, "blocked": 1}));
    for (name, path) in [
        ("errors", "errors"),
        ("results", "results"),
        ("failed_results", "results?only=failed"),
        ("failed_lines", "failed-lines"),
    ] {
        let address = format!("{}{IMPORTS}/{id}/{path}", world.stack.api_url());
        assert_eq!(job["links"][name], address);
    }

    let results = world.results(id).await;
    let reported: Vec<_> = results
        .iter()
        .map(|row| format!("{} {} {} {}", row["line"], row["type"], row["external_ref"], row["action"]))
        .collect();
    insta::assert_snapshot!(reported.join("\n"), @r#"
    1 "subscription_offering" "box" "failed"
    2 "subscription_product" "tea" "created"
    4 "subscription_product" "mug" "failed"
    5 null null "failed"
    "#);
    assert_eq!(results[0]["errors"][0]["blocked_by"], 4);
    let stored = world.objects().await;
    assert_eq!(stored.len(), 1);
    assert_eq!(results[1]["id"], stored[0]["id"].as_s().unwrap().as_str());

    let told = rows(&world.download(id, "results?only=failed").await);
    let texts: Vec<_> = told.iter().map(|row| (&row["line"], &row["blocked_by"], row["text_note"].is_null())).collect();
    assert_eq!(
        texts,
        [(&json!(1), &json!(4), true), (&json!(4), &Value::Null, true), (&json!(5), &Value::Null, false)]
    );
    assert_eq!(told[0]["text"], FOLLOWS.trim_end_matches('\n'));

    let failed = world.download(id, "failed-lines").await;
    assert_eq!(failed, [FOLLOWS.as_bytes(), SHORT.as_bytes(), LATIN, b"\n"].concat());

    let mended = String::from_utf8_lossy(&failed).replace("\"M\"", "\"Mug\"").replace('\u{fffd}', "é");
    let job = world.run(mended).await;
    assert_eq!((sum(&job, "imported"), &job["meta"]["errors"]), (3, &json!(0)));
    assert_eq!(job["meta"]["error_counts"], json!({"root_causes": 0, "blocked": 0}));
    assert_eq!(world.download(job["id"].as_str().unwrap(), "failed-lines").await, b"");
    assert_eq!(world.objects().await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_failed_as_a_whole_says_so_in_the_job_and_has_nothing_to_mend() {
    let world = World::shared().await;
    let job = world.run("").await;
    let id = job["id"].as_str().unwrap();
    assert_eq!(
        job["meta"]["failure"],
        json!({"code": "file_empty", "error": "the import file is empty: it holds no object"})
    );
    assert_eq!(rows(&world.download(id, "results").await), Vec::<Value>::new());
    assert_eq!(world.download(id, "failed-lines").await, b"");
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_jobs_know_their_places_and_have_no_results() {
    let world = World::own().await;
    // The first one keeps the lane busy.
    let (mut long, neighbour) = (Vec::new(), world.neighbour());
    samples::generate(8_000, 3, 0, &mut long).unwrap();
    let running = world.submit(crate::world::gzip(&long)).await;
    let second = neighbour.submit(GOOD).await;
    let third = world.post(GOOD, &[]).await.expect(201)["data"].clone();
    let position = |job: &Value| job["meta"]["queue"]["position"].as_u64();
    let list = world.get(IMPORTS).await.expect(200);
    let places: Vec<_> = list["data"].as_array().unwrap().iter().map(position).collect();
    // The other store's job stands before it; whether the long one has started is a matter of moments.
    assert!([Some(2), Some(3)].contains(&position(&third)), "{third:#}");
    assert!([Some(2), Some(3)].contains(&places[0]), "{list:#}");

    let third = third["id"].as_str().unwrap();
    for path in ["results", "failed-lines"] {
        let refused = world.get(&format!("{IMPORTS}/{third}/{path}")).await.expect(409);
        assert_eq!(refused["errors"][0]["title"], "Write Conflict");
        let detail = "The import has not ended yet (pending); its results and failed lines are there once it has.";
        assert_eq!(refused["errors"][0]["detail"], detail);
    }
    assert_eq!(position(&world.ended(&running).await), None);
    neighbour.ended(&second).await;
    let ended = world.ended(third).await;
    assert_eq!(position(&ended), None);
}

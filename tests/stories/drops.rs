//! Files that partners drop into the bucket: whatever they are called, and with what is said of them.

use local::rie::Rie;
use serde_json::{Value, json};

use crate::world::{IMPORTS, PATIENCE, World, gzip, sum};

const FILE: &str = "{\"type\":\"subscription_product\",\"name\":\"Tea\"}";

/// Drops a file with metadata and tells of its job, which is called `name`.
async fn job_of(world: &World, metadata: &[(&str, &str)], name: &str) -> Value {
    world.put(&format!("drops/{}/with metadata.jsonl", world.store), FILE, metadata).await;
    let id = world.job_of_drop(name).await;
    world.ended(&id).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_of_a_drop_sets_the_options() {
    let world = World::shared().await;
    for name in ["nightly", "nächtlich", "🌙 ночью"] {
        let said = [("external-ref", name), ("dry-run", "true"), ("on-conflict", "update")];
        let job = job_of(&world, &said, name).await;
        assert_eq!((&job["meta"]["dry_run"], &job["meta"]["on_conflict"]), (&json!(true), &json!("update")));
    }
    let job = job_of(&world, &[], "with metadata.jsonl").await;
    assert_eq!((&job["meta"]["dry_run"], &job["meta"]["on_conflict"]), (&Value::Null, &Value::Null));
    assert_eq!(job["attributes"]["status"], "success");
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_that_cannot_be_read_fails_the_job_and_is_reported() {
    let world = World::shared().await;
    let long = "x".repeat(2049);
    let all_wrong = [("external-ref", long.as_str()), ("dry-run", "maybe"), ("on-conflict", "perhaps")];
    let cases: [(&[(&str, &str)], _, _); 3] = [
        (&[("external-ref", "a"), ("dry-run", "maybe")], "a", "metadata \"dry-run\" must be true or false"),
        (
            &[("external-ref", "b"), ("on-conflict", "never")],
            "b",
            "metadata \"on-conflict\" must be fail, skip or update",
        ),
        (
            &all_wrong,
            "with metadata.jsonl",
            "metadata \"dry-run\" must be true or false; metadata \"external-ref\" must be at most 2048 characters long; \
             metadata \"on-conflict\" must be fail, skip or update",
        ),
    ];
    for (metadata, name, problem) in cases {
        let job = job_of(&world, metadata, name).await;
        assert_eq!((&job["attributes"]["status"], sum(&job, "uploaded")), (&json!("failed"), 1));
        let rows = world.all(&format!("{IMPORTS}/{}/errors", job["id"].as_str().unwrap()), 100).await;
        // Of the file, and of its line, which is handed back.
        assert_eq!(rows.len(), 2);
        let meta = &rows[0]["meta"];
        assert_eq!(
            (&meta["line_number"], &meta["code"], &meta["field"]),
            (&json!(0), &json!("invalid_option"), &json!(""))
        );
        let problem = format!("the import file was not tried: {problem}");
        assert!(meta["error"].as_str().unwrap().starts_with(&problem), "{meta}");
        assert_eq!(rows[1]["meta"]["error"], problem);
        assert_eq!(world.download(job["id"].as_str().unwrap(), "failed-lines").await, format!("{FILE}\n").into_bytes());
    }
    assert!(world.objects().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drop_may_be_called_anything() {
    let world = World::shared().await;
    let names = [
        "plain.jsonl",
        "a b+c.jsonl",
        "100%.jsonl",
        "100%25.jsonl",
        "quote\"d 'name'.jsonl",
        "nächtlich 🌙/ünï.jsonl",
        "a&b=c;d?e#f.jsonl",
        "\\back\\slash~.jsonl",
        "tab\tand \u{1}.jsonl",
        "//a//b",
        "a folder's name with a file in it/",
        "no suffix",
    ];
    for (number, name) in names.iter().enumerate() {
        let file = FILE.replace("Tea", &format!("Tea {number}"));
        let file = if number % 2 == 0 { file.into_bytes() } else { gzip(file.as_bytes()) };
        world.drop_file(name, file).await;
    }
    for name in names {
        let id = world.job_of_drop(name).await;
        assert_eq!(sum(&world.ended(&id).await, "imported"), 1, "{name}");
    }
    assert_eq!(world.all(IMPORTS, 100).await.len(), names.len());
}

/// What S3 tells of a put.
fn event(world: &World, key: &str, version: &str, size: usize) -> Vec<u8> {
    let object =
        json!({"key": key, "size": size, "eTag": "e", "versionId": version, "sequencer": "0055AED6DCD90281E5"});
    let record = json!({
        "eventTime": "2026-01-10T11:41:19.244Z",
        "userIdentity": {},
        "requestParameters": {},
        "responseElements": {},
        "s3": {"bucket": {"name": world.stack.bucket()}, "object": object},
    });
    json!({"Records": [record]}).to_string().into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overwritten_drop_is_a_second_job_and_a_put_announced_twice_is_one() {
    let world = World::shared().await;
    let key = format!("drops/{}/daily.jsonl", world.store);
    // The second comes before the first can have run: each job reads the version that was its own.
    let tea = world.put(&key, FILE, &[]).await;
    let cup = world.put(&key, FILE.replace("Tea", "Cup"), &[]).await;
    let jobs = async || {
        let two = async || Some(world.all(IMPORTS, 100).await).filter(|jobs| jobs.len() >= 2);
        let jobs = world.wait("second job", PATIENCE, two).await;
        jobs.into_iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let made = jobs().await;
    assert_eq!(made.len(), 2);
    for id in &made {
        assert_eq!(sum(&world.ended(id).await, "imported"), 1);
    }
    let mut names: Vec<_> = world
        .objects()
        .await
        .iter()
        .map(|object| object["attributes"].as_m().unwrap()["name"].as_s().unwrap().clone())
        .collect();
    names.sort();
    assert_eq!(names, ["Cup", "Tea"]);

    let accept_drop = Rie::start(&world.stack, "accept-drop").await.unwrap();
    for version in [&tea, &cup, &tea] {
        assert_eq!(accept_drop.invoke(event(&world, &key, version, FILE.len())).await.unwrap(), Value::Null);
    }
    assert_eq!(jobs().await, made);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_and_what_lies_in_no_stores_folder_become_no_job() {
    let world = World::shared().await;
    world.put(&format!("drops/{}/2026/", world.store), "", &[]).await;
    world.put("drops/nobody.jsonl", FILE, &[]).await;
    world.put("drops/no store/a.jsonl", FILE, &[]).await;
    // An empty file is a file, and one more announcement after the others.
    world.drop_file("empty.jsonl", "").await;
    let id = world.job_of_drop("empty.jsonl").await;
    world.ended(&id).await;
    assert_eq!(world.errors(&id).await, [(0, "file_empty".to_owned(), String::new())]);
    assert_eq!(world.all(IMPORTS, 100).await.len(), 1);
}

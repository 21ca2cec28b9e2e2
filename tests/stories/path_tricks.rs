//! Names made to get out of their store's folders, or to become more than a name: as keys of drops and uploads, as file names in
//! forms, as metadata, in paths and as `external_ref`.

use std::collections::BTreeSet;

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use reqwest::{
    Method,
    multipart::{Form, Part},
};

use crate::world::{IMPORTS, PATIENCE, World, send, sum};

const FILE: &str = "{\"type\":\"subscription_product\",\"name\":\"Tea\"}";

const TRICKS: [&str; 36] = [
    "../other/a.jsonl",
    "../../receipts/other/a",
    "a/../../b.jsonl",
    "./a.jsonl",
    "..",
    "...",
    "/etc/passwd",
    "//etc//passwd",
    "C:\\windows\\system32",
    "..\\..\\a",
    "%2e%2e%2fa.jsonl",
    "%2Fa",
    "%252e%252e%252fa",
    "%00.jsonl",
    "a%0d%0aSet-Cookie: b=c",
    "a\r\nSet-Cookie: b=c",
    "a\nb",
    "a\u{1}\u{1f}\u{7f}b",
    "．．／a",
    "..∕..∕a",
    "mаin.jsonl",
    "\u{202e}lnosj.a",
    "\u{feff}a",
    "a?versionId=null",
    "a#b",
    "a&b=c;d",
    "receipts/other/a.json",
    "drops/other/a.jsonl",
    "uploads/other/5f0c9a3e-7a52-4b6e-9f0e-1d2c3b4a5e6f",
    "\"; filename=\"x.exe",
    "${jndi:ldap://example.com/a}",
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "{{7*7}}",
    "~root",
    "+ + +",
];

/// The keys of the bucket that begin so.
async fn keys(world: &World, prefix: &str) -> BTreeSet<String> {
    let pages = world.s3().list_objects_v2().bucket(world.stack.bucket()).prefix(prefix).into_paginator().send();
    let pages = pages.collect::<Result<Vec<_>, _>>().await.unwrap();
    pages.iter().flat_map(ListObjectsV2Output::contents).map(|object| object.key().unwrap().to_owned()).collect()
}

/// What lies in a folder of a store.
fn within(keys: &BTreeSet<String>, folder: &str, store: &str) -> BTreeSet<String> {
    keys.iter().filter(|key| key.starts_with(&format!("{folder}/{store}/"))).cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drop_stays_in_its_store_whatever_it_is_called() {
    // A list of the whole bucket must be free of what other stories put there.
    let world = World::own().await;
    let victim = world.neighbour();
    let long = "é".repeat(400);
    // The local AWS lets nobody near a key with a line end: its permissions end there. And XML can't list a control
    // character. The properties of keys have both.
    let plain = TRICKS.into_iter().filter(|name| !name.contains(char::is_control));
    let names: Vec<&str> = plain.chain([long.as_str()]).collect();
    for name in &names {
        world.drop_file(name, FILE).await;
        // What a drop is called by its metadata is a name as well.
        world
            .put(
                &format!("drops/{}/named.jsonl", victim.store),
                FILE,
                &[("external-ref", &name.replace(char::is_control, "?"))],
            )
            .await;
    }
    // Nobody's folders.
    for key in [
        "drops/../a.jsonl",
        "drops//a.jsonl",
        "drops/%2e%2e/a.jsonl",
        "drops/a.jsonl",
        "uploads/../a",
        "uploads/a/../b",
    ] {
        world.put(key, FILE, &[]).await;
    }
    let mut jobs = BTreeSet::new();
    // Hidden ones become no job: what they have is a receipt.
    let is_hidden = |name: &&&str| name.split('/').any(|part| part.starts_with('.'));
    for name in names.iter().filter(|name| !is_hidden(name)) {
        let id = world.job_of_drop(name).await;
        let job = world.ended(&id).await;
        assert_eq!((sum(&job, "imported"), &job["attributes"]["external_ref"]), (1, &(*name).into()));
        jobs.insert(id);
    }
    let has_receipts =
        async || (within(&keys(&world, "").await, "receipts", &world.store).len() == names.len()).then_some(());
    world.wait("receipt of each drop", PATIENCE, has_receipts).await;
    let keys = keys(&world, "").await;
    let receipt = |name: &&str| format!("receipts/{}/{name}.json", world.store);
    assert_eq!(
        within(&keys, "receipts", &world.store),
        names.iter().map(receipt).collect(),
        "receipts lie beside the drops"
    );
    let reports = within(&keys, "reports", &world.store);
    assert!(reports.iter().all(|key| jobs.contains(key.split('/').nth(2).unwrap())), "{reports:?}");
    // All that the service writes lies in a store's folder, and the neighbour has but its own.
    let others = within(&keys, "receipts", &victim.store);
    assert_eq!(others.into_iter().collect::<Vec<_>>(), [format!("receipts/{}/named.jsonl.json", victim.store)]);
    for key in keys.iter().filter(|key| !key.starts_with("drops/") && !key.starts_with("uploads/")) {
        let mut parts = key.split('/');
        assert!(["imports", "receipts", "reports"].contains(&parts.next().unwrap()), "{key}");
        assert!(
            parts.next().unwrap().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)),
            "{key}"
        );
    }
    println!("{} names of drops, each with its receipt in its place", names.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_in_a_form_a_path_or_a_line_is_a_name_and_nothing_more() {
    let world = World::shared().await.neighbour();
    let nothing = world.get(&format!("{IMPORTS}/00000000-0000-4000-8000-000000000000")).await.expect(404);
    for trick in TRICKS {
        let external_ref = serde_json::Value::from(trick);
        let line = FILE.replace("\"name\"", &format!("\"external_ref\":{external_ref},\"name\""));
        let part = Part::bytes(line.into_bytes());
        let form = Form::new()
            .part("import_file", part.file_name(trick.replace(char::is_control, " ")))
            .text("external_ref", trick);
        let answer = send(world.request(Method::POST, IMPORTS).multipart(form)).await;
        let names: BTreeSet<&str> = answer.headers.keys().map(reqwest::header::HeaderName::as_str).collect();
        assert!(!names.contains("set-cookie"), "{names:?}");
        assert_eq!(answer.status, 201, "{trick:?}: {:#}", answer.body);
        let location = answer.headers["location"].to_str().unwrap().to_owned();
        let job = answer.expect(201)["data"].clone();
        let id = job["id"].as_str().unwrap();
        assert_eq!(
            (job["attributes"]["external_ref"].as_str(), location),
            (Some(trick), format!("{}{IMPORTS}/{id}", world.stack.api_url()))
        );
        assert_eq!(sum(&world.ended(id).await, "imported"), 1, "{trick}");
        assert_eq!(world.results(id).await[0]["external_ref"], trick);
        let download =
            world.get(&format!("{IMPORTS}/{id}/results")).await.headers["location"].to_str().unwrap().to_owned();
        let query = download.split_once('?').unwrap().1;
        let (_, disposition) =
            form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "response-content-disposition").unwrap();
        assert_eq!(disposition, format!("attachment; filename=\"{id}-results.jsonl\""));

        let encoded: String = form_urlencoded::byte_serialize(trick.as_bytes()).collect();
        let answer = world.get(&format!("{IMPORTS}/{encoded}")).await;
        // A name of dots is another path, which there is not, or which is that of the list.
        let is_dots = trick.bytes().all(|byte| byte == b'.');
        assert!(is_dots || answer.body == nothing || answer.status == 404, "{trick}: {:#}", answer.body);
    }
    let keys = keys(&world, &format!("imports/{}/", world.store)).await;
    let files = within(&keys, "imports", &world.store);
    assert_eq!(files.len(), TRICKS.len());
    let is_plain = |key: &String| key.split('/').count() == 3 && key.strip_suffix(".jsonl").is_some_and(str::is_ascii);
    assert!(files.iter().all(is_plain), "{files:?}");
}

//! A partner who has an S3 client and nothing else: puts a file, waits for the receipt, fetches what failed, mends it, puts
//! it again.

use aws_sdk_s3::error::ProvideErrorMetadata;
use serde_json::Value;

use crate::world::{World, rows};

struct Partner {
    s3: aws_sdk_s3::Client,
    bucket: String,
    store: String,
}

impl Partner {
    async fn put(&self, name: &str, file: &[u8], metadata: &[(&str, &str)]) -> Option<String> {
        let key = format!("drops/{}/{name}", self.store);
        let call = self.s3.put_object().bucket(&self.bucket).key(key).body(file.to_vec().into());
        let call = metadata.iter().fold(call, |call, (name, value)| call.metadata(*name, *value));
        call.send().await.unwrap().version_id
    }

    /// Waits for the receipt of a put, which names the version it is for.
    async fn receipt(&self, name: &str, version: Option<&str>) -> Value {
        let key = format!("receipts/{}/{name}.json", self.store);
        for _ in 0..300 {
            match self.s3.get_object().bucket(&self.bucket).key(&key).send().await {
                Ok(object) => {
                    let bytes = object.body.collect().await.unwrap().into_bytes();
                    let receipt: Value = serde_json::from_slice(&bytes).unwrap();
                    if version.is_none() || receipt["file"]["version"].as_str() == version {
                        return receipt;
                    }
                }
                Err(error) => assert_eq!(error.code(), Some("NoSuchKey"), "{error:?}"),
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        panic!("there is no receipt {key}");
    }

    /// Fetches what a receipt links to.
    async fn fetch(&self, receipt: &Value, link: &str) -> Vec<u8> {
        let url = receipt["links"][link].as_str().unwrap();
        let key = url.strip_prefix(&format!("s3://{}/", self.bucket)).unwrap();
        let object = self.s3.get_object().bucket(&self.bucket).key(key).send().await.unwrap();
        object.body.collect().await.unwrap().into_bytes().to_vec()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_s3_alone_a_partner_puts_reads_mends_and_puts_again() {
    let world = World::shared().await;
    let partner = Partner { s3: world.s3(), bucket: world.stack.bucket().to_owned(), store: world.store.clone() };
    let name = "2026/nächtlich +1 100%.jsonl";
    let good = "{\"type\":\"subscription_product\",\"external_ref\":\"tea\",\"name\":\"Tea\"}\n";
    let bad = "{\"type\":\"subscription_product\",\"external_ref\":\"mug\",\"name\":\"M\"}\n";

    let first = partner.put(name, [good, bad].concat().as_bytes(), &[]).await;
    let receipt = partner.receipt(name, first.as_deref()).await;
    let job = &receipt["data"];
    assert_eq!(job["attributes"]["status"], "success");
    assert_eq!(job["attributes"]["external_ref"], name);
    assert_eq!(
        (&job["meta"]["errors"], &job["meta"]["records"]["imported"]["subscription_product"]),
        (&1.into(), &1.into())
    );
    assert_eq!(receipt["file"]["url"], format!("s3://{}/drops/{}/{name}", partner.bucket, partner.store));
    let errors = rows(&partner.fetch(&receipt, "errors").await);
    assert_eq!((&errors[0]["meta"]["line_number"], &errors[0]["meta"]["code"]), (&2.into(), &"wrong_length".into()));
    assert_eq!(rows(&partner.fetch(&receipt, "results").await).len(), 2);

    // Mended, put under the same name: another job, another receipt in its place.
    let failed = partner.fetch(&receipt, "failed_lines").await;
    assert_eq!(failed, bad.as_bytes());
    let mended = String::from_utf8(failed).unwrap().replace("\"M\"", "\"Mug\"");
    let second = partner.put(name, mended.as_bytes(), &[]).await;
    assert_ne!(second, first);
    let receipt = partner.receipt(name, second.as_deref()).await;
    assert_eq!(
        (&receipt["data"]["attributes"]["status"], &receipt["data"]["meta"]["errors"]),
        (&"success".into(), &0.into())
    );
    assert_eq!(world.objects().await.len(), 2);

    // The nightly file once more, with changes: what is stored gives way.
    let changed = [good, &mended].concat().replace("Tea", "New tea");
    let metadata = [("on-conflict", "update"), ("external-ref", "nightly")];
    let third = partner.put("nightly.jsonl", changed.as_bytes(), &metadata).await;
    let receipt = partner.receipt("nightly.jsonl", third.as_deref()).await;
    assert_eq!(receipt["data"]["attributes"]["external_ref"], "nightly");
    assert_eq!(receipt["data"]["meta"]["on_conflict"], "update");
    let results = rows(&partner.fetch(&receipt, "results").await);
    assert!(results.iter().all(|row| row["action"] == "updated"), "{results:?}");

    // A file that can't be tried says so in the receipt itself.
    let fourth = partner.put("empty.jsonl", b"", &[]).await;
    let receipt = partner.receipt("empty.jsonl", fourth.as_deref()).await;
    assert_eq!(receipt["data"]["attributes"]["status"], "failed");
    assert_eq!(receipt["data"]["meta"]["failure"]["code"], "file_empty");
}

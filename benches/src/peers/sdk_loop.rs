//! A bare loop over the SDK's `BatchWriteItem`, with items that are ready: nothing is read, checked or reported.

use std::collections::HashMap;

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Region},
    types::{AttributeValue, PutRequest, WriteRequest},
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_types::SdkConfig;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Map, Value};

use super::batches::batches;
use crate::Outcome;

pub(super) struct SdkLoop {
    client: Client,
    calls: Vec<Vec<WriteRequest>>,
}

impl SdkLoop {
    pub(super) fn new(items: &[&str], endpoint: &str) -> Outcome<Self> {
        let put = |item: &&str| -> Outcome<WriteRequest> {
            let put = PutRequest::builder().set_item(Some(map(serde_json::from_str(item)?)?)).build()?;
            Ok(WriteRequest::builder().put_request(put).build())
        };
        let calls = batches(items).iter().map(|batch| batch.iter().map(put).collect()).collect::<Outcome<_>>()?;
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "bench");
        // The HTTP client of the functions.
        let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https();
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .region(Region::new("us-east-1"))
            .endpoint_url(endpoint)
            .http_client(http)
            .build();
        Ok(Self { client: Client::new(&config), calls })
    }

    pub(super) async fn write(self, tasks: usize) -> Outcome {
        let Self { client, calls } = self;
        let write = |mut left: Vec<WriteRequest>| {
            let client = client.clone();
            async move {
                while !left.is_empty() {
                    let answer = client.batch_write_item().request_items("objects", left).send().await?;
                    left = answer.unprocessed_items.unwrap_or_default().remove("objects").unwrap_or_default();
                }
                Outcome::Ok(())
            }
        };
        stream::iter(calls).map(write).buffer_unordered(tasks).try_collect().await
    }
}

/// Reads an item, or a map in it, in DynamoDB's JSON.
fn map(entries: Map<String, Value>) -> Outcome<HashMap<String, AttributeValue>> {
    entries.into_iter().map(|(name, typed)| Ok((name, value(typed)?))).collect()
}

fn value(typed: Value) -> Outcome<AttributeValue> {
    let Value::Object(typed) = typed else { return Err("a value without a type".into()) };
    let (kind, content) = typed.into_iter().next().ok_or("a value without a type")?;
    Ok(match (kind.as_str(), content) {
        ("S", Value::String(text)) => AttributeValue::S(text),
        ("N", Value::String(digits)) => AttributeValue::N(digits),
        ("BOOL", Value::Bool(flag)) => AttributeValue::Bool(flag),
        ("NULL", Value::Bool(flag)) => AttributeValue::Null(flag),
        ("L", Value::Array(entries)) => AttributeValue::L(entries.into_iter().map(value).collect::<Outcome<_>>()?),
        ("M", Value::Object(entries)) => AttributeValue::M(map(entries)?),
        (kind, _) => return Err(format!("no import writes a value of type {kind}").into()),
    })
}

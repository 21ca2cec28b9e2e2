//! AWS, as far as the functions use it: S3, SQS and two tables of DynamoDB behind one address, in memory. Each function gets a
//! runtime API of its own.

mod http;
mod jobs;
mod limits;
mod objects;
pub(crate) mod runtime;
mod s3;
mod size;
mod sqs;
mod tls;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use hyper::{StatusCode, http::request::Parts};
use serde_json::Value;

use crate::{Outcome, lock};
use http::{Answer, Server};
use jobs::Jobs;
use objects::Objects;
pub(crate) use objects::{Counts, Manner};
use s3::Bucket;
use sqs::Queue;
use tls::Tls;

/// An AWS with nothing in it. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Fake {
    server: Server,
    tls: Option<Tls>,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    bucket: Bucket,
    queue: Queue,
    jobs: Jobs,
    objects: Objects,
    calls: Mutex<Calls>,
}

/// The calls since they were last asked for, those of the table of objects aside.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls {
    /// Their operations, in the order in which they were answered.
    pub(crate) operations: Vec<String>,
    pub(crate) read_units: f64,
}

impl Fake {
    pub(crate) async fn start(manner: Manner) -> Outcome<Self> {
        Self::holding(manner, None).await
    }

    /// One in which a transaction holds its items for so many milliseconds.
    pub(crate) async fn holding(manner: Manner, hold: Option<u64>) -> Outcome<Self> {
        let state = Arc::new(State {
            bucket: Bucket::default(),
            queue: Queue::default(),
            jobs: Jobs::new(hold)?,
            objects: Objects::new(manner)?,
            calls: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        let server = http::serve(move |head, body| Arc::clone(&shared).answer(head, body)).await?;
        Ok(Self { server, tls: None, state })
    }

    /// Has functions that are started from now on come over TLS. What they are to trust is written into a folder.
    pub(crate) async fn encrypt(&mut self, folder: &Path) -> Outcome {
        self.tls = Some(tls::before(self.server.address, folder).await?);
        Ok(())
    }

    pub(crate) fn bucket(&self) -> &Bucket {
        &self.state.bucket
    }

    pub(crate) fn queue(&self) -> &Queue {
        &self.state.queue
    }

    pub(crate) fn objects(&self) -> &Objects {
        &self.state.objects
    }

    /// Takes the calls since this was last called.
    pub(crate) fn calls(&self) -> Calls {
        std::mem::take(&mut lock(&self.state.calls))
    }

    pub(crate) fn endpoint(&self) -> String {
        match &self.tls {
            Some(tls) => format!("https://localhost:{}", tls.address.port()),
            None => format!("http://{}", self.server.address),
        }
    }

    /// What a function finds in its environment.
    pub(crate) fn environment(&self) -> BTreeMap<&'static str, String> {
        let variables = [
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON".to_owned()),
            ("IMPORTS_TABLE", jobs::TABLE.to_owned()),
            ("OBJECTS_TABLE", objects::TABLE.to_owned()),
            ("BUCKET", "bucket".to_owned()),
            ("QUEUE_URL", format!("{}/queue.fifo", self.endpoint())),
            ("STORE_SOURCE", "claim:store_id".to_owned()),
            ("IMPORT_RETENTION_DAYS", "90".to_owned()),
            ("STACK", "bench".to_owned()),
            ("UPLOAD_SECONDS", "3600".to_owned()),
            // No bus: events are no part of what is measured.
            ("API_URL", self.endpoint()),
            ("WAITING_CALLS", "20".to_owned()),
            // What the page is told.
            ("ISSUER", "https://issuer.example.com/".to_owned()),
            ("AUDIENCE", "imports".to_owned()),
            ("WEB_CLIENT_ID", "page".to_owned()),
            ("SIGN_IN_ADDRESS", String::new()),
            ("BUCKET_ADDRESS", self.endpoint()),
        ];
        let trusted = self.tls.iter().map(|tls| ("SSL_CERT_FILE", tls.trusted.display().to_string()));
        variables.into_iter().chain(trusted).collect()
    }
}

impl State {
    async fn answer(self: Arc<Self>, head: Parts, body: Bytes) -> Answer {
        let target = http::header(&head, "x-amz-target").rsplit_once('.');
        let Some((service, operation)) = target else {
            let (operation, answer) = self.bucket.answer(&head, body);
            self.note(operation, 0.0);
            return answer;
        };
        if operation.starts_with("Batch") && service.starts_with("DynamoDB") && names(&body, objects::TABLE) {
            return reply(self.objects.answer(operation, body).await);
        }
        let body = serde_json::from_slice(&body).unwrap_or_default();
        let (answer, read_units) = match service {
            "AmazonSQS" => (Ok(self.queue.answer(operation, &body)), 0.0),
            _ => self.jobs.answer(operation, body).await,
        };
        self.note(operation, read_units);
        reply(answer)
    }

    fn note(&self, operation: &str, read_units: f64) {
        let mut calls = lock(&self.calls);
        calls.operations.push(operation.to_owned());
        calls.read_units += read_units;
    }
}

/// Whether a batch is of this table.
fn names(body: &[u8], table: &str) -> bool {
    /// How far in the name stands at most, whatever client wrote the body.
    const NEAR: usize = 200;
    let name = format!("\"{table}\":");
    body.windows(name.len()).take(NEAR).any(|window| window == name.as_bytes())
}

fn reply(answer: Result<Value, String>) -> Answer {
    match answer {
        Ok(answer) => http::of(StatusCode::OK, answer.to_string()),
        Err(refusal) => http::of(StatusCode::BAD_REQUEST, refusal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn functions_are_told_all_that_they_are_told_elsewhere() {
        let told = Fake::start(Manner::Null).await.unwrap().environment();
        let elsewhere: Value = serde_json::from_str(include_str!("../../events/env.json")).unwrap();
        // No bus: events are no part of what is measured.
        let names = elsewhere["Parameters"].as_object().unwrap().keys().filter(|name| *name != "EVENT_BUS");
        let untold: Vec<_> = names.filter(|name| !told.contains_key(name.as_str())).collect();
        assert!(untold.is_empty(), "{untold:?}");
    }
}

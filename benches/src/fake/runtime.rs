//! Lambda's runtime API for one function: it asks for the next event, and answers.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use chrono::Utc;
use hyper::{StatusCode, http::request::Parts};
use serde_json::Value;
use tokio::{
    sync::{Mutex, mpsc, watch},
    time::timeout,
};

use super::http::{self, Answer, Server};
use crate::Outcome;

/// A function that never answers has a mistake; the longest work of all takes less.
const PATIENCE: Duration = Duration::from_mins(20);

#[derive(Debug)]
pub(crate) struct Runtime {
    pub(crate) server: Server,
    events: mpsc::UnboundedSender<Event>,
    answers: mpsc::UnboundedReceiver<Told>,
    polled: watch::Receiver<Option<Instant>>,
}

#[derive(Debug)]
struct Event {
    body: Bytes,
    deadline: i64,
}

/// What the function posts.
#[derive(Debug)]
struct Told {
    at: Instant,
    is_error: bool,
    body: Bytes,
}

#[derive(Debug)]
struct Function {
    events: Mutex<mpsc::UnboundedReceiver<Event>>,
    answers: mpsc::UnboundedSender<Told>,
    polled: watch::Sender<Option<Instant>>,
}

impl Runtime {
    pub(crate) async fn start() -> Outcome<Self> {
        let ((events, coming), (told, answers), (polls, polled)) =
            (mpsc::unbounded_channel(), mpsc::unbounded_channel(), watch::channel(None));
        let function = Arc::new(Function { events: Mutex::new(coming), answers: told, polled: polls });
        let server = http::serve(move |head, body| Arc::clone(&function).answer(head, body)).await?;
        Ok(Self { server, events, answers, polled })
    }

    /// Waits until the function asks for its first event, and tells when that was.
    pub(crate) async fn first_poll(&mut self) -> Outcome<Instant> {
        let polled = timeout(PATIENCE, self.polled.wait_for(Option::is_some)).await??;
        Ok(polled.ok_or("the function does not ask for an event")?)
    }

    /// Hands an event to the function; gives its answer, and after how long it came.
    pub(crate) async fn invoke(&mut self, event: &Value, time: Duration) -> Outcome<(Value, Duration)> {
        let body = Bytes::from(serde_json::to_vec(event)?);
        let deadline = (Utc::now() + time).timestamp_millis();
        let began = Instant::now();
        self.events.send(Event { body, deadline })?;
        let told = timeout(PATIENCE, self.answers.recv()).await?.ok_or("the function is gone")?;
        let answer = String::from_utf8_lossy(&told.body);
        if told.is_error {
            return Err(format!("the function failed: {answer}").into());
        }
        Ok((serde_json::from_str(&answer)?, told.at - began))
    }
}

impl Function {
    async fn answer(self: Arc<Self>, head: Parts, body: Bytes) -> Answer {
        let at = Instant::now();
        let path = head.uri.path();
        if !path.ends_with("/next") {
            let _ = self.answers.send(Told { at, is_error: path.ends_with("/error"), body });
            return http::of(StatusCode::ACCEPTED, Bytes::new());
        }
        self.polled.send_if_modified(|polled| polled.replace(at).is_none());
        let Some(event) = self.events.lock().await.recv().await else {
            return http::of(StatusCode::GONE, Bytes::new());
        };
        let mut answer = http::of(StatusCode::OK, event.body);
        let headers = [
            ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned()),
            ("lambda-runtime-deadline-ms", event.deadline.to_string()),
            ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:bench".to_owned()),
            ("lambda-runtime-trace-id", "Root=1-6962417f-3f1c2b8a5d6e7f8091a2b3c4".to_owned()),
        ];
        for (name, value) in headers {
            if let Ok(value) = value.parse() {
                answer.headers_mut().insert(name, value);
            }
        }
        answer
    }
}

//! What AWS does with each request, and the local AWS does not.

use std::{mem, time::Duration};

use serde_json::Value;
use tokio::time::Instant;
use twins::manners::{Contention, Figures, Limits, Manners, Verdict};

use super::{answer, find};

/// AWS's manners, one flag each.
#[derive(Debug, Default)]
pub(crate) struct AwsManners {
    /// Contention and write limits of the database.
    database: Manners,
    /// A call takes 5 to 20 ms.
    takes_time: bool,
    /// S3 refuses an address with a signature and a token besides.
    wants_one_signature: bool,
    twice_signed: u32,
}

/// What becomes of a request.
pub(super) enum Judged {
    Done(Instant),
    Answered(Vec<u8>),
    /// Another request is handed on; what is left over belongs to its answer.
    InPart {
        request: Vec<u8>,
        left_over: Value,
    },
}

impl AwsManners {
    /// The AWS weather: everything at once, with tables that take so many write units a second.
    pub(crate) fn all(table: f64) -> Self {
        let contention = Some(Contention::new(5..=20));
        let database = Manners { contention, limits: Some(Limits::new(1_000.0, table)), ..Manners::default() };
        Self { database, takes_time: true, wants_one_signature: true, twice_signed: 0 }
    }

    /// What the database refused, and how many requests were signed twice, since this was last asked.
    pub(crate) fn take_figures(&mut self) -> (Figures, u32) {
        (mem::take(&mut self.database.figures), mem::take(&mut self.twice_signed))
    }

    pub(super) fn latency(&self) -> Duration {
        if self.takes_time { Duration::from_millis(fastrand::u64(5..=20)) } else { Duration::ZERO }
    }

    pub(super) fn judge(&mut self, request: &[u8]) -> Judged {
        let now = Instant::now();
        let (head, body) = split(request);
        if self.wants_one_signature && is_signed_twice(&head) {
            self.twice_signed += 1;
            let body = "<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed; only the X-Amz-Algorithm query \
                        parameter, Signature query string parameter or the Authorization header should be specified</Message></Error>";
            return Judged::Answered(answer("400 Bad Request", "application/xml", body));
        }
        let operation = head.lines().find_map(|line| header(line, "x-amz-target")?.strip_prefix("DynamoDB_20120810."));
        let Some(operation) = operation else { return Judged::Done(now) };
        match self.database.judge(operation, &serde_json::from_slice(body).unwrap(), now) {
            Verdict::Done(at) => Judged::Done(at),
            Verdict::Refused(refusal) => {
                Judged::Answered(answer("400 Bad Request", "application/x-amz-json-1.0", &refusal.to_string()))
            }
            Verdict::InPart { request, left_over } => Judged::InPart { request: as_root(&head, &request), left_over },
        }
    }
}

/// The answer to a batch of which something is left over.
pub(super) fn with_left_over(answer_to_part: &[u8], left_over: Value) -> Vec<u8> {
    let (head, body) = split(answer_to_part);
    if !head.starts_with("HTTP/1.1 200") {
        return answer_to_part.to_vec();
    }
    let mut body: Value = serde_json::from_slice(body).unwrap();
    let more = mem::replace(&mut body["UnprocessedItems"], left_over);
    assert!(
        more.as_object().is_none_or(serde_json::Map::is_empty),
        "the local AWS has left something over itself: {more}"
    );
    answer("200 OK", "application/x-amz-json-1.0", &body.to_string())
}

/// A request with another body. Its own signature does not hold for that: it is sent as the root, of whom none is wanted. Its
/// function has been let in with what it may do by the calls that were not divided.
fn as_root(head: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let replaced = ["authorization", "content-length", "x-amz-security-token", "x-amz-content-sha256"];
    let kept = head.lines().filter(|line| replaced.iter().all(|name| header(line, name).is_none()));
    let kept = kept.collect::<Vec<_>>().join("\r\n");
    let credential = "Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0";
    format!("{kept}\r\nauthorization: AWS4-HMAC-SHA256 {credential}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
        .into_bytes()
}

fn is_signed_twice(head: &str) -> bool {
    let is_presigned = head.lines().next().is_some_and(|line| line.contains("X-Amz-Signature="));
    is_presigned && head.lines().any(|line| header(line, "authorization").is_some())
}

/// The value of a header, if this is the one.
fn header<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let (found, value) = line.split_once(':')?;
    found.eq_ignore_ascii_case(name).then(|| value.trim())
}

/// The head of a whole message without the empty line, and its body.
fn split(message: &[u8]) -> (String, &[u8]) {
    let end = find(message, b"\r\n\r\n").unwrap();
    (String::from_utf8_lossy(&message[..end]).into_owned(), &message[end + 4..])
}

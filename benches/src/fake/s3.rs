//! S3, as far as the functions use it: one bucket, whole objects and ranges of them, conditional puts, multipart uploads.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::{Bytes, BytesMut};
use hyper::{HeaderMap, Method, StatusCode, header, http::request::Parts};

use super::http::{self, Answer};
use crate::lock;

#[derive(Debug, Default)]
pub(crate) struct Bucket {
    objects: Mutex<HashMap<String, Object>>,
    uploads: Mutex<HashMap<String, BTreeMap<u32, Bytes>>>,
    puts: AtomicU64,
}

#[derive(Clone, Debug)]
struct Object {
    bytes: Bytes,
    tag: String,
    metadata: HeaderMap,
}

impl Bucket {
    /// Puts an object, as a partner does.
    pub(crate) fn put(&self, key: &str, bytes: Bytes) {
        self.keep(key, bytes, HeaderMap::new());
    }

    pub(crate) fn get(&self, key: &str) -> Option<Bytes> {
        lock(&self.objects).get(key).map(|object| object.bytes.clone())
    }

    /// Gives the keys there are.
    pub(crate) fn keys(&self) -> Vec<String> {
        lock(&self.objects).keys().cloned().collect()
    }

    /// Answers a call, and names the operation.
    pub(super) fn answer(&self, head: &Parts, body: Bytes) -> (&'static str, Answer) {
        // The first part of the path is the bucket.
        let key = head.uri.path().trim_start_matches('/').split_once('/').map_or("", |(_, key)| key);
        let query: HashMap<_, _> = head.uri.query().unwrap_or_default().split('&').map(pair).collect();
        match (&head.method, query.get("uploadId")) {
            (&Method::GET, _) => ("GetObject", self.read(key, http::header(head, "range"))),
            (&Method::HEAD, _) => ("HeadObject", self.read(key, "")),
            (&Method::PUT, None) => ("PutObject", self.write(key, head, body)),
            (&Method::PUT, Some(upload)) => {
                let number = query.get("partNumber").and_then(|number| number.parse().ok()).unwrap_or_default();
                lock(&self.uploads).entry((*upload).to_owned()).or_default().insert(number, unchunked(head, body));
                ("UploadPart", tagged(http::of(StatusCode::OK, Bytes::new()), &self.next_tag()))
            }
            (&Method::POST, None) => ("CreateMultipartUpload", self.begin(key)),
            (&Method::POST, Some(upload)) => ("CompleteMultipartUpload", self.complete(key, upload)),
            _ => ("?", http::of(StatusCode::METHOD_NOT_ALLOWED, Bytes::new())),
        }
    }

    fn next_tag(&self) -> String {
        format!("\"{:032x}\"", self.puts.fetch_add(1, Ordering::Relaxed))
    }

    fn keep(&self, key: &str, bytes: Bytes, metadata: HeaderMap) -> String {
        let tag = self.next_tag();
        lock(&self.objects).insert(key.to_owned(), Object { bytes, tag: tag.clone(), metadata });
        tag
    }

    fn read(&self, key: &str, range: &str) -> Answer {
        let Some(object) = lock(&self.objects).get(key).cloned() else {
            return error(StatusCode::NOT_FOUND, "NoSuchKey");
        };
        let range = range.strip_prefix("bytes=").and_then(|range| range.split_once('-'));
        let range = range.and_then(|(from, to)| Some((from.parse().ok()?, to.parse::<usize>().ok()?)));
        let mut answer = match range {
            None => http::of(StatusCode::OK, object.bytes),
            Some((from, to)) => {
                let end = object.bytes.len().min(to + 1);
                http::of(StatusCode::PARTIAL_CONTENT, object.bytes.slice(end.min(from)..end))
            }
        };
        answer.headers_mut().extend(object.metadata);
        tagged(answer, &object.tag)
    }

    fn write(&self, key: &str, head: &Parts, body: Bytes) -> Answer {
        let now = lock(&self.objects).get(key).map(|object| object.tag.clone());
        let (only_over, never_over) = (http::header(head, "if-match"), http::header(head, "if-none-match"));
        if (!only_over.is_empty() && now.as_deref() != Some(only_over)) || (!never_over.is_empty() && now.is_some()) {
            return error(StatusCode::PRECONDITION_FAILED, "PreconditionFailed");
        }
        let metadata = head.headers.iter().filter(|(name, _)| name.as_str().starts_with("x-amz-meta-"));
        let metadata = metadata.map(|(name, value)| (name.clone(), value.clone())).collect();
        let tag = self.keep(key, unchunked(head, body), metadata);
        tagged(http::of(StatusCode::OK, Bytes::new()), &tag)
    }

    fn begin(&self, key: &str) -> Answer {
        let upload = self.puts.fetch_add(1, Ordering::Relaxed);
        let told = format!("<Bucket>bucket</Bucket><Key>{key}</Key><UploadId>{upload}</UploadId>");
        xml("InitiateMultipartUploadResult", &told)
    }

    fn complete(&self, key: &str, upload: &str) -> Answer {
        let parts = lock(&self.uploads).remove(upload).unwrap_or_default();
        let whole = parts.into_values().fold(BytesMut::new(), |mut whole, part| {
            whole.extend_from_slice(&part);
            whole
        });
        let tag = self.keep(key, whole.freeze(), HeaderMap::new());
        xml("CompleteMultipartUploadResult", &format!("<Key>{key}</Key><ETag>{tag}</ETag>"))
    }
}

fn pair(pair: &str) -> (&str, &str) {
    pair.split_once('=').unwrap_or((pair, ""))
}

fn tagged(mut answer: Answer, tag: &str) -> Answer {
    if let Ok(tag) = tag.parse() {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    answer
}

fn xml(root: &str, content: &str) -> Answer {
    http::of(StatusCode::OK, format!("<{root}>{content}</{root}>"))
}

fn error(status: StatusCode, code: &str) -> Answer {
    http::of(status, format!("<Error><Code>{code}</Code><Message>{code}</Message></Error>"))
}

/// The body that was sent in chunks with a checksum behind them, as the SDK does it, or as it is.
fn unchunked(head: &Parts, body: Bytes) -> Bytes {
    if !http::header(head, "content-encoding").contains("aws-chunked") {
        return body;
    }
    let (mut rest, mut whole) = (body, BytesMut::new());
    while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
        let line = rest.split_to(end + 1);
        let size = line.split(|byte| b";\r\n".contains(byte)).next().and_then(|size| std::str::from_utf8(size).ok());
        let size = size.and_then(|size| usize::from_str_radix(size, 16).ok()).unwrap_or_default();
        if size == 0 || size > rest.len() {
            break;
        }
        whole.extend_from_slice(&rest.split_to(size));
        let _line_end = rest.split_to(2.min(rest.len()));
    }
    whole.freeze()
}

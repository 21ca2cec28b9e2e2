//! Why a call came to nothing, for whoever made it. No error holds a token, a key or a signed address.

use std::time::Duration;

use serde_json::Value;

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing answered, or the connection was lost. The service may have done what it was asked for all the same.
    #[error("{host} can't be reached: {why}{}", times(*.tries))]
    Unreachable {
        /// The host that was called.
        host: String,
        /// What the connection said.
        why: String,
        /// Whether there was no connection at all: nothing can have been done.
        found_nobody: bool,
        /// How often it was tried.
        tries: u32,
    },
    /// The service answered that it won't.
    #[error("{0}")]
    Refused(Refusal),
    /// Where files are uploaded to, or fetched from, answered that it won't. It knows no tokens.
    #[error("the place where files lie answers {}{}", .0.status, .0.said())]
    AtStorage(Refusal),
    /// There is no token to call with.
    #[error("there is no token to call with: {0}")]
    NoToken(String),
    /// What was answered is not what the API promises.
    #[error("{call} gave an answer that can't be read: {why}; is this the address of the API?")]
    Unreadable {
        /// Method and path.
        call: String,
        /// What is wrong with the answer.
        why: String,
    },
    /// An uploaded file is there, and the job that it becomes is not yet.
    #[error("the file has arrived, but its job {id} is not there yet")]
    Late {
        /// The id that the job will have.
        id: String,
    },
    /// The time is up, and there was no word of a job.
    #[error("no word of the job {id} in time")]
    NoWord {
        /// Its id.
        id: String,
    },
    /// What was fetched could not be written.
    #[error("can't write what was fetched: {0}")]
    Written(#[from] std::io::Error),
    /// The address of the API can't be one, or nothing can be called here.
    #[error("{0}")]
    Settings(String),
}

fn times(tries: u32) -> String {
    if tries > 1 { format!("; tried {tries} times") } else { String::new() }
}

/// What the service said when it would not.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// Its sentences, where it said any.
    pub details: Vec<String>,
    /// Under which its log has the reason.
    pub request_id: Option<String>,
    /// How long it asks to wait.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// Reads an answer: the API's errors, the gateway's message, or S3's XML.
    pub(crate) fn read(status: u16, retry_after: Option<Duration>, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let document: Value = serde_json::from_str(&text).unwrap_or_default();
        let errors = document.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut details: Vec<_> = errors.iter().filter_map(sentence).collect();
        let message = document.get("message").and_then(Value::as_str).map(str::to_owned);
        details.extend(message.or_else(|| element(&text, "Message")));
        let request_id = errors.iter().find_map(|error| error.pointer("/meta/request_id")?.as_str());
        Self { status, details, request_id: request_id.map(str::to_owned), retry_after }
    }

    fn said(&self) -> String {
        let details = self.details.join("; ");
        if details.is_empty() { String::new() } else { format!(": {details}") }
    }
}

/// An error's detail, and its reason where it has one.
fn sentence(error: &Value) -> Option<String> {
    let detail = error.get("detail")?.as_str()?.to_owned();
    let reason = error.pointer("/meta/reason").and_then(Value::as_str);
    Some(reason.map_or(detail.clone(), |reason| format!("{detail}: {reason}")))
}

/// What stands in an element of XML.
fn element(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    Some(rest.split_once("</")?.0.to_owned())
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (status, said) = (self.status, self.said());
        match status {
            401 => write!(f, "the token is refused (401): it has run out, or is not one for this API"),
            403 => write!(f, "the token may not do this, or the call is not signed by one who may (403{said})"),
            404 => write!(f, "there is no such thing (404{said})"),
            429 => write!(f, "the service is asked for more than it takes (429{said})"),
            500.. => write!(f, "the service has trouble ({status}{said})"),
            _ => write!(f, "the service refuses this ({status}{said})"),
        }?;
        self.request_id.iter().try_for_each(|id| write!(f, "; its log has why under the request id {id}"))
    }
}

impl Error {
    /// What a failed connection says, without addresses, which may be signed.
    pub(crate) fn unreachable(error: &reqwest::Error) -> Self {
        let host = error.url().and_then(reqwest::Url::host_str).unwrap_or("the host").to_owned();
        let kind = match error {
            _ if error.is_timeout() => "no answer in time",
            _ if error.is_connect() => "no connection",
            _ => "the connection was lost",
        };
        let cause = std::iter::successors(std::error::Error::source(error), |error| error.source()).last();
        let why = cause.map_or(kind.to_owned(), |cause| format!("{kind} ({cause})"));
        Self::Unreachable { host, why, found_nobody: error.is_connect(), tries: 1 }
    }

    /// Says how often it was tried.
    pub(crate) fn after(mut self, times: u32) -> Self {
        if let Self::Unreachable { tries, .. } = &mut self {
            *tries = times.max(*tries);
        }
        self
    }

    /// Whether there was no connection at all.
    #[must_use]
    pub fn found_nobody(&self) -> bool {
        matches!(self, Self::Unreachable { found_nobody: true, .. })
    }

    /// The status of a refusal.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        if let Self::Refused(refusal) = self { Some(refusal.status) } else { None }
    }

    /// Whether the same call may get through in a moment.
    #[must_use]
    pub fn passes(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused(refusal) | Self::AtStorage(refusal) => matches!(refusal.status, 429 | 500 | 502 | 503 | 504),
            _ => false,
        }
    }

    /// Whether it is about who calls.
    #[must_use]
    pub fn is_about_the_token(&self) -> bool {
        matches!(self, Self::NoToken(_)) || matches!(self.status(), Some(401 | 403))
    }

    /// How long the service asks to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        if let Self::Refused(refusal) | Self::AtStorage(refusal) = self { refusal.retry_after } else { None }
    }
}

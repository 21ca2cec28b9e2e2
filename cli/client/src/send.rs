//! Sending files: in a call, or where they are larger with the form of an upload.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::multipart::{Form, Part};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::calls::{Call, retry_after};
use crate::retry::until_through;
use crate::{Client, Error, Job, Observer, Refusal};

/// The largest body that a call carries.
pub const MAX_BODY: usize = 4_718_592;

/// A smaller file is not worth compressing.
const COMPRESS_OVER: usize = 16 * 1024;

/// As much of an upload is handed to the connection at once.
const PIECE: usize = 64 * 1024;

/// How often, and for how long together, the job of an uploaded file is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(500);
const LOOKS: u32 = 240;

/// The options of a job.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Options {
    /// The caller's own name for the job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_ref: Option<String>,
    /// Checks everything and writes nothing.
    pub dry_run: bool,
    /// What becomes of a line whose object is stored already: `fail`, `skip`, `update`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_conflict: Option<String>,
    /// What becomes of a line with an attribute that nothing reads: `warn`, `refuse`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

impl Options {
    fn query(&self) -> Vec<(&'static str, String)> {
        let Self { external_ref, dry_run, on_conflict, unknown } = self.clone();
        let all = [
            ("external_ref", external_ref),
            ("dry_run", dry_run.then(|| "true".to_owned())),
            ("on_conflict", on_conflict),
            ("unknown", unknown),
        ];
        all.into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
    }
}

/// What makes a file's calls one: with the same key a file makes one job, however often it is sent.
#[derive(Clone, Debug)]
pub struct Key(HeaderValue);

impl Key {
    /// A key that nobody else has.
    #[must_use]
    pub fn random() -> Self {
        // Ids are ASCII.
        Self(HeaderValue::try_from(Uuid::new_v4().to_string()).unwrap_or(HeaderValue::from_static("0")))
    }
}

/// Compresses a file, unless it is small or compressed already.
#[must_use]
pub fn pack(file: Bytes) -> Bytes {
    if file.len() <= COMPRESS_OVER || file.starts_with(&[0x1f, 0x8b]) {
        return file;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(file.len() / 8), Compression::default());
    // Memory takes whatever is written; should it not, the file goes as it is.
    match encoder.write_all(&file).and_then(|()| encoder.finish()) {
        Ok(packed) if packed.len() < file.len() => packed.into(),
        _ => file,
    }
}

/// The form that a file is uploaded with, and the id that its job will have.
#[derive(Debug, Deserialize)]
struct Promise {
    id: String,
    meta: PromiseMeta,
}

#[derive(Debug, Deserialize)]
struct PromiseMeta {
    upload: UploadForm,
    max_bytes: usize,
}

#[derive(Debug, Deserialize)]
struct UploadForm {
    url: String,
    fields: BTreeMap<String, String>,
}

impl Client {
    /// Sends a file, in whichever way it fits, and gives its job.
    ///
    /// # Errors
    /// When it does not get through, or the service refuses it.
    pub async fn send(&self, file: Bytes, options: &Options, key: &Key) -> Result<Job, Error> {
        if file.len() > MAX_BODY {
            return self.upload(file, options, key).await;
        }
        match self.post(file.clone(), options, key).await {
            // Something on the way carries less.
            Err(error) if error.status() == Some(413) => self.upload(file, options, key).await,
            job => job,
        }
    }

    /// Sends a file in a call.
    ///
    /// # Errors
    /// As [`Self::send`]; with the status 413 for a file over [`MAX_BODY`].
    pub async fn post(&self, file: Bytes, options: &Options, key: &Key) -> Result<Job, Error> {
        let mut call = Call { query: options.query(), body: Some(file), ..Call::post("") };
        call.headers.insert("idempotency-key", key.0.clone());
        call.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/jsonl"));
        self.call(&call).await?.data()
    }

    /// Sends a file with the form of an upload, and waits until its job is there.
    ///
    /// # Errors
    /// As [`Self::send`]; [`Error::Late`] when the job is not there in two minutes.
    pub async fn upload(&self, file: Bytes, options: &Options, key: &Key) -> Result<Job, Error> {
        let document = json!({"data": {"type": "subscription_import_upload", "attributes": options}});
        let mut call = Call { body: Some(document.to_string().into()), ..Call::post("/uploads") };
        call.headers.insert("idempotency-key", key.0.clone());
        call.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let id = until_through(&*self.observer, &self.has_answered, async || {
            // The same promise each time, with a form that has not run out.
            let promise: Promise = self.call(&call).await?.data()?;
            self.fill(promise, file.clone()).await
        });
        let id = id.await?;
        self.observer.arrived(&id);
        self.appears(&id).await
    }

    /// Posts a file with a form. The token stays here: the form is signed.
    async fn fill(&self, promise: Promise, file: Bytes) -> Result<String, Error> {
        let Promise { id, meta: PromiseMeta { upload, max_bytes } } = promise;
        if file.len() > max_bytes {
            return Err(Error::Settings(format!("the file has {} bytes; the service takes {max_bytes}", file.len())));
        }
        let form = upload.fields.into_iter().fold(Form::new(), |form, (name, text)| form.text(name, text));
        // S3 wants to know the length before.
        let length = u64::try_from(file.len()).unwrap_or(u64::MAX);
        let body = reqwest::Body::wrap_stream(pieces(file, Arc::clone(&self.observer)));
        let form = form.part("file", Part::stream_with_length(body, length).file_name("file"));
        let sent =
            self.http.post(upload.url).multipart(form).send().await.map_err(|error| Error::unreachable(&error))?;
        let (status, pause) = (sent.status().as_u16(), retry_after(sent.headers()));
        let body = sent.bytes().await.map_err(|error| Error::unreachable(&error))?;
        if status >= 300 {
            return Err(Error::AtStorage(Refusal::read(status, pause, &body)));
        }
        Ok(id)
    }

    async fn appears(&self, id: &str) -> Result<Job, Error> {
        for _ in 0..LOOKS {
            match self.show(id).await {
                Err(error) if error.status() == Some(404) => tokio::time::sleep(LOOK_EVERY).await,
                job => return job,
            }
        }
        Err(Error::Late { id: id.to_owned() })
    }
}

/// A file piece by piece. What has been asked for is on its way.
fn pieces(
    file: Bytes,
    observer: Arc<dyn Observer>,
) -> impl futures_util::Stream<Item = Result<Bytes, std::convert::Infallible>> + Send {
    let length = file.len();
    let count = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
    stream::unfold(file, move |mut rest| {
        observer.sent(count(length - rest.len()), count(length));
        let piece = rest.split_to(rest.len().min(PIECE));
        std::future::ready((!piece.is_empty()).then_some((Ok(piece), rest)))
    })
}

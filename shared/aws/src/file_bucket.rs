//! Files in S3: uploads, drops and reports.

use std::{collections::HashMap, ops::Range, time::Duration};

use aws_sdk_s3::{
    Client,
    error::SdkError,
    operation::{
        get_object::{GetObjectError, GetObjectOutput},
        head_object::HeadObjectOutput,
    },
    presigning::PresigningConfig,
    primitives::ByteStream,
    types::{CompletedMultipartUpload, CompletedPart, StorageClass},
};
use bytes::{Bytes, BytesMut};
use tokio::task::yield_now;

use super::{
    error::{is_refused, sort_of_file as sort},
    metadata,
};
use imports::{
    import::ImportFile,
    ports::{DownloadLinks, FileRead, FileVersion, FileWriter, Files, PortError, PortResult},
    times::{STALL, duration},
};

/// The size of a part of a large report: S3 takes none under 5 MiB but the last, and five files of a report grow at once.
const PART: usize = 5 << 20;

/// A [`Files`] in an S3 bucket.
#[derive(Clone, Debug)]
pub struct FileBucket {
    client: Client,
    bucket: String,
    /// The operator's key, with which the bucket encrypts; without one S3 has its own.
    key: Option<String>,
}

impl FileBucket {
    /// Uses the bucket of that name.
    #[must_use]
    pub const fn new(client: Client, bucket: String) -> Self {
        Self { client, bucket, key: None }
    }

    /// Knows the key with which the bucket encrypts.
    #[must_use]
    pub fn with_key(self, key: Option<String>) -> Self {
        Self { key, ..self }
    }

    async fn get(
        &self,
        key: &str,
        version: Option<&str>,
        range: Option<String>,
    ) -> PortResult<Option<GetObjectOutput>> {
        match self.ask(key, version, range).await {
            Ok(object) => Ok(Some(object)),
            Err(error) => missing_or(error).map(|()| None),
        }
    }

    async fn ask(
        &self,
        key: &str,
        version: Option<&str>,
        range: Option<String>,
    ) -> Result<GetObjectOutput, SdkError<GetObjectError>> {
        let call = self.client.get_object().bucket(&self.bucket).key(key);
        call.set_version_id(version.map(str::to_owned)).set_range(range).send().await
    }

    async fn head(&self, key: &str, version: Option<String>) -> PortResult<Option<HeadObjectOutput>> {
        let call = self.client.head_object().bucket(&self.bucket).key(key).set_version_id(version);
        match call.send().await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.raw_response().is_some_and(|raw| raw.status().as_u16() == 404) => Ok(None),
            Err(error) => Err(sort(error)),
        }
    }

    /// Whether a file that can't be read is the only one: it can be looked at, which takes the same permission but no key, and
    /// its key is another than the bucket's.
    async fn is_locked(&self, file: &ImportFile) -> PortResult<bool> {
        let object = self.head(&file.key, file.version.clone()).await?;
        Ok(object.and_then(|object| object.ssekms_key_id).is_some_and(|key| self.key.as_ref() != Some(&key)))
    }
}

/// Sorts a failed read: an object that is not there is no failure; a bucket that is not there is.
fn missing_or(error: SdkError<GetObjectError>) -> PortResult<()> {
    let is_missing = error.raw_response().is_some_and(|raw| raw.status().as_u16() == 404);
    if is_missing && !is_refused(&error) { Ok(()) } else { Err(sort(error)) }
}

/// The storage class of an object that S3 will not read before it is restored.
fn archive_of(error: &SdkError<GetObjectError>) -> Option<String> {
    match error.as_service_error()? {
        GetObjectError::InvalidObjectState(state) => {
            Some(state.storage_class().map_or("ARCHIVE", StorageClass::as_str).to_owned())
        }
        _ => None,
    }
}

/// What was said of an object as it was put.
fn said(metadata: Option<HashMap<String, String>>) -> HashMap<String, String> {
    let metadata = metadata.unwrap_or_default().into_iter();
    metadata.map(|(name, value)| (name.to_ascii_lowercase(), metadata::decode(value))).collect()
}

impl Files for FileBucket {
    type Writer = BucketWriter;

    async fn put(&self, key: &str, bytes: Bytes) -> PortResult<()> {
        let call = self.client.put_object().bucket(&self.bucket).key(key).body(ByteStream::from(bytes));
        call.send().await.map_err(sort)?;
        Ok(())
    }

    async fn newest(&self, key: &str) -> PortResult<Option<FileVersion>> {
        let Some(object) = self.head(key, None).await? else { return Ok(None) };
        let tag = object.e_tag.ok_or_else(|| PortError::Permanent("S3 tells no ETag".to_owned()))?;
        Ok(Some(FileVersion { tag, metadata: said(object.metadata) }))
    }

    async fn put_over(
        &self,
        key: &str,
        over: Option<&FileVersion>,
        bytes: Bytes,
        metadata: HashMap<String, String>,
    ) -> PortResult<()> {
        let call = self.client.put_object().bucket(&self.bucket).key(key).set_metadata(Some(metadata));
        let call = match over {
            Some(version) => call.if_match(&version.tag),
            None => call.if_none_match("*"),
        };
        call.body(ByteStream::from(bytes)).send().await.map_err(|error| {
            // 409: another conditional put is under way. 404: what was to be put over has been removed.
            match error.raw_response().map(|raw| raw.status().as_u16()) {
                Some(404 | 409 | 412) => PortError::Conflict("the file is another version".to_owned()),
                _ => sort(error),
            }
        })?;
        Ok(())
    }

    async fn read(
        &self,
        file: &ImportFile,
        most: u64,
        mut take: impl FnMut(&[u8]) -> bool + Send,
    ) -> PortResult<FileRead> {
        let mut object = match self.ask(&file.key, file.version.as_deref(), None).await {
            Ok(object) => object,
            Err(error) => {
                if let Some(class) = archive_of(&error) {
                    return Ok(FileRead::Archived { class });
                }
                if is_refused(&error) && self.is_locked(file).await? {
                    return Ok(FileRead::Locked);
                }
                return missing_or(error).map(|()| FileRead::Missing);
            }
        };
        let bytes = object.content_length().and_then(|bytes| u64::try_from(bytes).ok());
        if let Some(bytes) = bytes.filter(|bytes| *bytes > most) {
            return Ok(FileRead::TooLarge { bytes });
        }
        loop {
            let piece = tokio::time::timeout(duration(STALL), object.body.next()).await;
            let piece = piece.map_err(|_| interrupted("S3 stopped sending"))?.transpose();
            match piece.map_err(|error| interrupted(&error.to_string()))? {
                Some(piece) if take(&piece) => yield_now().await,
                Some(_) | None => return Ok(FileRead::Done),
            }
        }
    }

    async fn metadata(&self, file: &ImportFile) -> PortResult<Option<HashMap<String, String>>> {
        let object = self.head(&file.key, file.version.clone()).await?;
        Ok(object.map(|object| said(object.metadata)))
    }

    async fn read_range(&self, key: &str, range: Range<u64>) -> PortResult<Option<Bytes>> {
        if range.is_empty() {
            return Ok(Some(Bytes::new()));
        }
        // HTTP ranges include their end.
        let range = format!("bytes={}-{}", range.start, range.end - 1);
        let Some(object) = self.get(key, None, Some(range)).await? else { return Ok(None) };
        let body = object.body.collect().await.map_err(|error| interrupted(&error.to_string()))?;
        Ok(Some(body.into_bytes()))
    }

    fn writer(&self, key: String) -> BucketWriter {
        let Self { client, bucket, .. } = self.clone();
        BucketWriter { client, bucket, key, gathered: BytesMut::new(), upload: None, parts: Vec::new() }
    }

    fn address(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.bucket)
    }
}

impl DownloadLinks for FileBucket {
    async fn download_link(&self, key: &str, file_name: &str, good_for: Duration) -> PortResult<String> {
        let config = PresigningConfig::expires_in(good_for).map_err(|error| PortError::Permanent(error.to_string()))?;
        let call = self.client.get_object().bucket(&self.bucket).key(key);
        let call = call.response_content_disposition(format!("attachment; filename=\"{file_name}\""));
        let call = call.response_cache_control("no-store").response_content_type("application/jsonl");
        let call = call.presigned(config).await.map_err(sort)?;
        Ok(call.uri().to_owned())
    }
}

fn interrupted(text: &str) -> PortError {
    PortError::Transient(format!("the file was not read to its end: {text}"))
}

/// A report on its way to S3: one put when it is small, a multipart upload when it is not. An upload that is never
/// finished leaves nothing visible, and the bucket's lifecycle removes its parts.
#[derive(Debug)]
pub struct BucketWriter {
    client: Client,
    bucket: String,
    key: String,
    gathered: BytesMut,
    upload: Option<String>,
    parts: Vec<CompletedPart>,
}

impl BucketWriter {
    async fn send_part(&mut self) -> PortResult<()> {
        if self.upload.is_none() {
            let call = self.client.create_multipart_upload().bucket(&self.bucket).key(&self.key);
            self.upload = call.send().await.map_err(sort)?.upload_id;
        }
        let part_number = i32::try_from(self.parts.len()).unwrap_or(i32::MAX).saturating_add(1);
        let part = self
            .client
            .upload_part()
            .bucket(&self.bucket)
            .key(&self.key)
            .set_upload_id(self.upload.clone())
            .part_number(part_number)
            .body(ByteStream::from(self.gathered.split().freeze()))
            .send()
            .await
            .map_err(sort)?;
        self.parts.push(CompletedPart::builder().part_number(part_number).set_e_tag(part.e_tag).build());
        Ok(())
    }

    /// Sends what is left, and makes the whole visible.
    async fn send_rest(mut self) -> PortResult<()> {
        if self.upload.is_none() {
            let body = ByteStream::from(self.gathered.freeze());
            let call = self.client.put_object().bucket(&self.bucket).key(&self.key).body(body);
            call.send().await.map_err(sort)?;
            return Ok(());
        }
        if !self.gathered.is_empty() {
            self.send_part().await?;
        }
        let parts = CompletedMultipartUpload::builder().set_parts(Some(self.parts)).build();
        self.client
            .complete_multipart_upload()
            .bucket(&self.bucket)
            .key(&self.key)
            .set_upload_id(self.upload)
            .multipart_upload(parts)
            .send()
            .await
            .map_err(sort)?;
        Ok(())
    }
}

impl FileWriter for BucketWriter {
    async fn write(&mut self, bytes: &[u8]) -> PortResult<()> {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() >= PART { self.send_part().await } else { Ok(()) }
    }

    async fn finish(self) -> PortResult<()> {
        self.send_rest().await
    }
}

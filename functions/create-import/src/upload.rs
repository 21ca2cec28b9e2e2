//! Reading an upload: the file and what the caller says of it.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use multer::{Constraints, Field, Multipart, SizeLimit};
use shared::{
    api::{ApiError, Call},
    import::MAX_EXTERNAL_REF,
};

/// The largest body that reaches a function: the 6 MB of a Lambda call hold this much once the gateway has encoded a
/// binary body in base64.
pub const MAX_BODY: usize = 6 * 1024 * 1024 / 4 * 3;

/// The most bytes of a text part: every character of the longest `external_ref` may take four.
const MAX_TEXT: u64 = 4 * 2048 + 1;

/// An upload as the caller sent it.
#[derive(Debug)]
pub struct Upload {
    pub file: Bytes,
    pub external_ref: Option<String>,
}

/// The content types of a body that is the file itself.
const RAW: [&str; 3] = ["application/jsonl", "application/x-ndjson", "application/x-jsonlines"];

impl Upload {
    /// Reads the body of a call: the file itself, the `external_ref` then being in the query, or `multipart/form-data`
    /// whose parts come in any order. Unknown parts and parameters are ignored.
    ///
    /// # Errors
    /// [`ApiError::PayloadTooLarge`] for a body over [`MAX_BODY`]; [`ApiError::Validation`] for another content type, a body
    /// that ends early, a part missing or given twice, an `external_ref` that is too long or no text.
    pub async fn read(call: Call) -> Result<Self, ApiError> {
        if call.body.len() > MAX_BODY {
            let (size, limit) = (call.body.len(), MAX_BODY);
            return Err(ApiError::PayloadTooLarge(format!(
                "body: a call carries at most {limit} bytes, this one has {size}; compress the file with gzip or put it \
                 under the bucket's drops/ prefix"
            )));
        }
        let content_type = call.content_type.unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let (file, external_ref) = if RAW.iter().any(|raw| raw.eq_ignore_ascii_case(media_type)) {
            (call.body, named(call.query)?)
        } else {
            form(&content_type, call.body).await?
        };
        Ok(Self { file, external_ref: external_ref.filter(|text| !text.is_empty()) })
    }
}

/// The `external_ref` of a query.
fn named(query: Vec<(String, String)>) -> Result<Option<String>, ApiError> {
    let mut external_ref = None;
    for (_, value) in query.into_iter().filter(|(name, _)| name == "external_ref") {
        once(&mut external_ref, "external_ref", short(value)?)?;
    }
    Ok(external_ref)
}

/// The file and the `external_ref` of a form.
async fn form(content_type: &str, body: Bytes) -> Result<(Bytes, Option<String>), ApiError> {
    let boundary = multer::parse_boundary(content_type).map_err(|_| {
        invalid(
            "header.content-type",
            "must be multipart/form-data with a boundary, the file in the part \"import_file\"; or application/jsonl, \
                 application/x-ndjson or application/x-jsonlines, the body being the file",
        )
    })?;
    let body = stream::iter([Ok::<_, Infallible>(body)]);
    let limits = SizeLimit::new().for_field("external_ref", MAX_TEXT);
    let mut parts = Multipart::with_constraints(body, boundary, Constraints::new().size_limit(limits));
    let (mut file, mut external_ref) = (None, None);
    while let Some(part) = parts.next_field().await.map_err(|error| unreadable(&error))? {
        match part.name() {
            Some("import_file") => once(&mut file, "import_file", bytes(part).await?)?,
            Some("external_ref") => once(&mut external_ref, "external_ref", text(part).await?)?,
            _ => {}
        }
    }
    let file =
        file.ok_or_else(|| invalid("import_file", "\"import_file\" is required: the part with the JSONL file"))?;
    Ok((file, external_ref))
}

fn once<T>(place: &mut Option<T>, name: &str, value: T) -> Result<(), ApiError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(invalid(name, &format!("\"{name}\" must be given once"))),
    }
}

async fn bytes(part: Field<'_>) -> Result<Bytes, ApiError> {
    part.bytes().await.map_err(|error| unreadable(&error))
}

async fn text(part: Field<'_>) -> Result<String, ApiError> {
    let bytes = part.bytes().await.map_err(|error| match error {
        multer::Error::FieldSizeExceeded { .. } => too_long(),
        error => unreadable(&error),
    })?;
    let text = String::from_utf8(bytes.into());
    short(text.map_err(|_| invalid("external_ref", "\"external_ref\" must be UTF-8 text"))?)
}

fn short(text: String) -> Result<String, ApiError> {
    if text.chars().count() > MAX_EXTERNAL_REF { Err(too_long()) } else { Ok(text) }
}

fn too_long() -> ApiError {
    invalid("external_ref", &format!("\"external_ref\" must be at most {MAX_EXTERNAL_REF} characters long"))
}

fn unreadable(error: &multer::Error) -> ApiError {
    invalid("body", &format!("the multipart body can't be read: {error}"))
}

fn invalid(place: &str, problem: &str) -> ApiError {
    ApiError::Validation(format!("{place}: {problem}"))
}

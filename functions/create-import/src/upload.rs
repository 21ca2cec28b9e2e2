//! Reads a posted file and its options.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use imports::{
    api::{ApiError, Call, IMPORTS_PATH},
    options::{ImportOptions, OptionName},
};
use multer::{Field, Multipart};

/// The largest body that reaches a function: a Lambda call carries 6 MB, and the gateway encodes a binary body in base64.
pub const MAX_BODY: usize = 6 * 1024 * 1024 / 4 * 3;

/// A posted file as the caller sent it.
#[derive(Debug)]
pub struct Upload {
    pub file: Bytes,
    pub options: ImportOptions,
}

/// The content types of a body that is the file itself.
const RAW: [&str; 3] = ["application/jsonl", "application/x-ndjson", "application/x-jsonlines"];

impl Upload {
    /// Reads the body of a call: the file itself, or `multipart/form-data` with its parts in any order. Options are parts of the
    /// form or parameters of the query. The query counts beside a form too, so that no `dry_run` is overlooked. Unknown parts
    /// and parameters are ignored.
    ///
    /// # Errors
    /// [`ApiError::PayloadTooLarge`] for a body over [`MAX_BODY`]; [`ApiError::Validation`] for another content type, a body
    /// that ends early, a file missing or given twice, an option given twice or that can't be read.
    pub async fn read(call: Call) -> Result<Self, ApiError> {
        if call.body.len() > MAX_BODY {
            let (size, limit) = (call.body.len(), MAX_BODY);
            return Err(ApiError::PayloadTooLarge(format!(
                "body: a call carries at most {limit} bytes, this one has {size}; compress the file with gzip, or ask \
                 POST {IMPORTS_PATH}/uploads where to put a larger one"
            )));
        }
        let mut given = Given::default();
        for (name, value) in call.query {
            if let Ok(option) = name.parse() {
                given.take(option, value)?;
            }
        }
        let content_type = call.content_type.unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if RAW.iter().any(|raw| raw.eq_ignore_ascii_case(media_type)) {
            return Ok(Self { file: call.body, options: given.options });
        }
        form(&content_type, call.body, given).await
    }
}

/// The options read so far; each may be given once.
#[derive(Default)]
struct Given {
    names: Vec<OptionName>,
    options: ImportOptions,
}

impl Given {
    fn take(&mut self, option: OptionName, text: String) -> Result<(), ApiError> {
        if self.names.contains(&option) {
            return Err(given_twice(option.as_str()));
        }
        self.names.push(option);
        self.options.set(option, text).map_err(|error| wrong(option.as_str(), &error.to_string()))
    }
}

/// Reads the file and the options of a form; `given` has those of the query.
async fn form(content_type: &str, body: Bytes, mut given: Given) -> Result<Upload, ApiError> {
    // An empty boundary is refused: with it any two hyphens would end a part.
    let boundary = multer::parse_boundary(content_type).ok().filter(|boundary| !boundary.is_empty());
    let boundary = boundary.ok_or_else(|| {
        invalid(
            "header.content-type",
            "must be multipart/form-data with a boundary, the file in the part \"import_file\"; or application/jsonl, \
                 application/x-ndjson or application/x-jsonlines, the body being the file",
        )
    })?;
    let mut parts = Multipart::new(stream::iter([Ok::<_, Infallible>(body)]), boundary);
    let mut file = None;
    while let Some(part) = parts.next_field().await.map_err(|error| unreadable(&error))? {
        let name = part.name().unwrap_or_default();
        if name == "import_file" {
            if file.replace(bytes(part).await?).is_some() {
                return Err(given_twice("import_file"));
            }
        } else if let Ok(option) = name.parse::<OptionName>() {
            let text = String::from_utf8(bytes(part).await?.into());
            given.take(option, text.map_err(|_| wrong(option.as_str(), "must be UTF-8 text"))?)?;
        }
    }
    let file = file.ok_or_else(|| wrong("import_file", "is required: the part with the JSONL file"))?;
    Ok(Upload { file, options: given.options })
}

async fn bytes(part: Field<'_>) -> Result<Bytes, ApiError> {
    part.bytes().await.map_err(|error| unreadable(&error))
}

fn given_twice(name: &str) -> ApiError {
    wrong(name, "must be given once")
}

fn unreadable(error: &multer::Error) -> ApiError {
    invalid("body", &format!("the multipart body can't be read: {error}"))
}

fn wrong(name: &str, problem: &str) -> ApiError {
    invalid(name, &format!("\"{name}\" {problem}"))
}

fn invalid(place: &str, problem: &str) -> ApiError {
    ApiError::Validation(format!("{place}: {problem}"))
}

//! Reads a posted file and its options.

use bytes::Bytes;
use imports::{
    api::{ApiError, Call, IMPORTS_PATH},
    options::{Given, ImportOptions, refuse_headers},
};

use crate::{error::wrong, form};

/// The largest body that reaches a function: a Lambda call carries 6 MB, and the gateway encodes a binary body in base64.
pub const MAX_BODY: usize = 6 * 1024 * 1024 / 4 * 3;

/// A posted file as the caller sent it.
#[derive(Debug)]
pub struct Upload {
    pub file: Bytes,
    pub options: ImportOptions,
    /// The parts and parameters that mean nothing.
    pub ignored: Vec<String>,
}

/// The content types of a body that is the file itself.
const RAW: [&str; 3] = ["application/jsonl", "application/x-ndjson", "application/x-jsonlines"];

impl Upload {
    /// Reads the body of a call: the file itself, or `multipart/form-data` with its parts in any order. Options are parts of the
    /// form or parameters of the query. The query counts beside a form too, so that no `dry_run` is overlooked. Unknown parts
    /// and parameters are noted.
    ///
    /// # Errors
    /// [`ApiError::PayloadTooLarge`] for a body over [`MAX_BODY`]; [`ApiError::Validation`] for another content type, a body
    /// that ends early, a file missing or given twice, an option that can't be read or is given twice with two values, a name
    /// that is nearly an option's, and a header that asks for one.
    pub async fn read(call: Call) -> Result<Self, ApiError> {
        if call.body.len() > MAX_BODY {
            let (size, limit) = (call.body.len(), MAX_BODY);
            return Err(ApiError::PayloadTooLarge(format!(
                "body: a call carries at most {limit} bytes, this one has {size}; compress the file with gzip, or ask \
                 POST {IMPORTS_PATH}/uploads where to put a larger one"
            )));
        }
        refuse_headers(&call, |option| format!("the option behind the address, ?{}", option.example()))?;
        let mut given = Given::default();
        for (name, value) in call.query {
            given.take(&name, value).map_err(|error| wrong(&name, &error.to_string()))?;
        }
        let content_type = call.content_type.unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let file = if RAW.iter().any(|raw| raw.eq_ignore_ascii_case(media_type)) {
            call.body
        } else {
            form::read(&content_type, call.body, &mut given).await?
        };
        let (options, ignored) = given.into_parts();
        Ok(Self { file, options, ignored })
    }
}

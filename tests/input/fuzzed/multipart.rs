//! Reading uploads: whatever a body is, the answer is a file or an error that names a place; a form well written is read
//! as what was put into it.

use bytes::Bytes;
use create_import::upload::{MAX_BODY, Upload};
use futures_util::FutureExt;
use imports::{
    api::{ApiError, Call},
    options::{Meant, OnConflict, meant},
};
use twins::fixture::call;

/// Reads a content type, up to the first line feed, and a body.
pub(crate) fn check(input: &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (content_type, body) = input.split_at(end);
    let content_type = String::from_utf8_lossy(content_type);
    check_any(&content_type, body.get(1..).unwrap_or_default());
    check_again(&content_type, body.get(1..).unwrap_or_default());
}

fn read(content_type: &str, body: impl Into<Bytes>) -> Result<Upload, ApiError> {
    let call = Call { content_type: Some(content_type.to_owned()), body: body.into(), ..call() };
    Upload::read(call).now_or_never().unwrap()
}

/// The file lies in the body as it was; an error is the caller's, and says where.
fn check_any(content_type: &str, body: &[u8]) {
    match read(content_type, body.to_vec()) {
        Ok(Upload { file, options, .. }) => {
            let is_part = file.is_empty() || body.windows(file.len()).any(|window| window == &file[..]);
            assert!(is_part, "the file is no piece of the body");
            assert!(options.external_ref.is_none_or(|name| (1..=2048).contains(&name.chars().count())));
        }
        Err(ApiError::Validation(detail)) => {
            let (place, problem) = detail.split_once(": ").unwrap();
            let places = ["header.content-type", "body", "import_file"];
            let is_place = meant(place) != Meant::Nothing || places.contains(&place);
            assert!(is_place && !problem.is_empty(), "{detail}");
        }
        Err(ApiError::PayloadTooLarge(_)) => assert!(body.len() > MAX_BODY),
        Err(other) => panic!("{other:?}"),
    }
}

/// A form made of the input is read as it was made.
fn check_again(text: &str, file: &[u8]) {
    let boundary = "a-boundary-that-nothing-holds";
    let holds = |bytes: &[u8]| bytes.windows(boundary.len()).any(|window| window == boundary.as_bytes());
    if holds(file) || holds(text.as_bytes()) || file.len() + text.len() > MAX_BODY / 2 {
        return;
    }
    let policy = [OnConflict::Fail, OnConflict::Skip, OnConflict::Update][file.len() % 3];
    let dry_run = file.len().is_multiple_of(2);
    let mut body = Vec::new();
    let mut part = |name: &str, content: &[u8]| {
        body.extend_from_slice(
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"../a\"\r\n\r\n")
                .as_bytes(),
        );
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    };
    part("external_ref", text.as_bytes());
    part("import_file", file);
    part("colour", b"red");
    part("dry_run", dry_run.to_string().as_bytes());
    part("on_conflict", policy.as_str().as_bytes());
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    match read(&format!("multipart/form-data; boundary={boundary}"), body) {
        Ok(upload) => {
            let external_ref = Some(text.to_owned()).filter(|text| !text.is_empty());
            let options = upload.options;
            assert_eq!((options.external_ref, options.dry_run, options.on_conflict), (external_ref, dry_run, policy));
            assert!(upload.file == file);
        }
        Err(error) => {
            assert!(text.chars().count() > 2048, "{error:?}");
        }
    }
}

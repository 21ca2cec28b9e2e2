//! Reads `multipart/form-data`: the file, and the options beside it.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use imports::{
    api::ApiError,
    options::{Given, Meant, OptionError, meant},
};
use multer::{Field, Multipart};
use records::{json::Shown, near::same_letters};

use crate::error::{invalid, wrong};

/// The part that holds the file.
const FILE: &str = "import_file";

/// The longest text that may be the name of a file, in bytes.
const MAX_NAME: usize = 1024;

/// How the names of files end that somebody may mean to import.
const ENDINGS: [&str; 6] = [".jsonl", ".ndjson", ".json", ".gz", ".txt", ".csv"];

/// Reads the file of a form, and adds its options to those of the query.
pub(crate) async fn read(content_type: &str, body: Bytes, given: &mut Given) -> Result<Bytes, ApiError> {
    let boundary = boundary(content_type).ok_or_else(|| {
        let problem = format!(
            "must be multipart/form-data with a boundary, the file in the part \"import_file\"; or application/jsonl, \
             application/x-ndjson or application/x-jsonlines, the body being the file: {}",
            content_type_meant(content_type)
        );
        invalid("header.content-type", &problem)
    })?;
    let mut parts = Multipart::new(stream::iter([Ok::<_, Infallible>(body.clone())]), boundary.clone());
    let unreadable = |_| unreadable(&body, &boundary);
    let (mut file, mut other_file) = (None, None);
    while let Some(part) = parts.next_field().await.map_err(unreadable)? {
        let Names { name, file_name } = Names::of(&part);
        let name = name.unwrap_or_default();
        match meant(&name) {
            Meant::Option(option) => {
                let text = String::from_utf8(part.bytes().await.map_err(unreadable)?.into());
                let text = text.map_err(|_| wrong(&name, "must be UTF-8 text"))?;
                given.set(option, text).map_err(|error| wrong(&name, &error.to_string()))?;
            }
            Meant::Nearly(option) => {
                let error = OptionError::NearlyNamed(option.as_str().to_owned());
                return Err(wrong(&name, &error.to_string()));
            }
            Meant::IdempotencyKey => return Err(wrong(&name, &OptionError::IsHeader.to_string())),
            Meant::Rehearsal | Meant::Nothing if same_letters(&name, [FILE]).is_some() => {
                let bytes = part.bytes().await.map_err(unreadable)?;
                if file.is_some() {
                    return Err(wrong(FILE, "must be given once"));
                }
                if file_name.is_none() && names_a_file(&bytes) {
                    return Err(only_named(&bytes));
                }
                file = Some(bytes);
            }
            Meant::Rehearsal | Meant::Nothing if file_name.is_some() || name.is_empty() => {
                other_file = other_file.or_else(|| file_name.map(|_| name.clone()));
                given.ignore(if name.is_empty() { "(a part without a name)" } else { &name });
            }
            Meant::Rehearsal | Meant::Nothing => {
                let text = part.bytes().await.map_err(unreadable)?;
                let text = String::from_utf8_lossy(&text).into_owned();
                given.take(&name, text).map_err(|error| wrong(&name, &error.to_string()))?;
            }
        }
    }
    file.ok_or_else(|| missing(other_file.as_deref()))
}

/// Content types that files are sent with as well.
const KNOWN: [&str; 9] = [
    "application/gzip",
    "application/json",
    "application/octet-stream",
    "application/vnd.api+json",
    "application/x-gzip",
    "application/xml",
    "text/csv",
    "text/json",
    "text/plain",
];

/// What to write for a content type that is none of these.
fn content_type_meant(content_type: &str) -> String {
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media_type.as_str() {
        "multipart/form-data" => {
            "leave the header out, and the program that makes the form writes it with the boundary, as curl -F does"
                .to_owned()
        }
        "application/x-www-form-urlencoded" => {
            "this is what curl -d writes by itself; write -H \"Content-Type: application/jsonl\" --data-binary @FILE"
                .to_owned()
        }
        "" => "there is none; write Content-Type: application/jsonl".to_owned(),
        known if KNOWN.contains(&known) => format!("not {known}; write Content-Type: application/jsonl"),
        // Any other text may be a secret.
        _ => "not this one; write Content-Type: application/jsonl".to_owned(),
    }
}

/// The boundary that a content type names. Quoted or not: it is read even where it holds what should be quoted. An empty one
/// is none, since with it any two hyphens would end a part.
fn boundary(content_type: &str) -> Option<String> {
    let (media_type, _) = content_type.split_once(';')?;
    let boundary = parameter(content_type, "boundary")?;
    let is_form = media_type.trim().eq_ignore_ascii_case("multipart/form-data");
    (is_form && !boundary.is_empty() && !boundary.contains(char::is_control)).then_some(boundary)
}

/// How a part is named, and the file in it.
struct Names {
    name: Option<String>,
    file_name: Option<String>,
}

impl Names {
    fn of(part: &Field<'_>) -> Self {
        let disposition = part.headers().get("content-disposition");
        let disposition = disposition.map(|value| String::from_utf8_lossy(value.as_bytes())).unwrap_or_default();
        let file_name = parameter(&disposition, "filename").or_else(|| parameter(&disposition, "filename*"));
        Self { name: parameter(&disposition, "name"), file_name }
    }
}

/// A parameter of a header such as `form-data; filename="a; name=1.jsonl"; name="import_file"`.
fn parameter(header: &str, wanted: &str) -> Option<String> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let mut pieces = header.split(move |character| {
        let is_end = character == ';' && !is_quoted;
        is_quoted ^= character == '"' && !is_escaped;
        is_escaped = character == '\\' && is_quoted && !is_escaped;
        is_end
    });
    let value = pieces.find_map(|piece| {
        let (name, value) = piece.split_once('=')?;
        name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim())
    })?;
    let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    Some(quoted.map_or_else(|| value.to_owned(), |quoted| quoted.replace("\\\"", "\"")))
}

/// Whether what stands in the file's part is a file's name, and not its lines.
fn names_a_file(content: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(content) else { return false };
    let text = text.trim();
    let ending = text.to_ascii_lowercase();
    text.len() <= MAX_NAME
        && !text.contains(['\n', '\r', '{', '"'])
        && (ENDINGS.iter().any(|known| ending.ends_with(known)) || text.starts_with(['/', '@', '~']))
}

fn only_named(content: &[u8]) -> ApiError {
    let text = String::from_utf8_lossy(content);
    let name = text.trim().trim_start_matches('@');
    let problem = format!(
        "holds {}, the name of a file, and not the file: curl sends what is in it when @ stands before the name, \
         -F import_file=@FILE",
        Shown(name)
    );
    wrong(FILE, &problem)
}

fn missing(other_file: Option<&str>) -> ApiError {
    let hint = other_file.map(|name| format!("; a file came as {}: call that part {FILE:?}", Shown(name)));
    wrong(FILE, &format!("is required: the part with the JSONL file{}", hint.unwrap_or_default()))
}

/// Says what is wrong with a form that is cut off, or was put together by hand.
fn unreadable(body: &[u8], boundary: &str) -> ApiError {
    let has = |bytes: &str| body.windows(bytes.len()).any(|window| window == bytes.as_bytes());
    let delimiter = format!("--{boundary}");
    let other_end = [("LF", "\n"), ("CR", "\r")].into_iter().find(|(_, end)| has(&format!("{delimiter}{end}")));
    let problem = if let Some((end, _)) = other_end.filter(|_| !has(&format!("{delimiter}\r\n"))) {
        format!("its lines end in {end}, the lines of a form end in CR LF; curl -F import_file=@FILE makes such a form")
    } else if let Some(plain) =
        boundary.strip_prefix("--").filter(|plain| !has(&delimiter) && has(&format!("--{plain}")))
    {
        format!("Content-Type has the -- that stands before the boundary in the body alone: write boundary={plain}")
    } else if !has(&delimiter) {
        "the line that begins a part, -- and the boundary of Content-Type, is not in it".to_owned()
    } else if !has(&format!("\r\n{delimiter}--")) {
        format!("it ends before its last line, {}: it was cut off", Shown(&format!("{delimiter}--")))
    } else {
        "a part of it lacks its headers, or the empty line after them".to_owned()
    };
    invalid("body", &format!("the multipart body can't be read: {problem}"))
}

//! Files that are certainly no JSON Lines: images, archives, spreadsheets, text in another encoding.

use infer::MatcherType;

/// How much of a file shows whether it is text.
const HEAD: usize = 512;

/// Kinds of file that begin like text.
const TEXT_LIKE: [&str; 3] = ["application/pdf", "application/postscript", "application/rtf"];

/// The kind of a file that is no JSON Lines.
pub(super) fn other_kind(file: &[u8]) -> Option<&'static str> {
    if let Some(encoding) = other_encoding(file) {
        return Some(encoding);
    }
    if is_zlib(file) {
        return Some("zlib");
    }
    let kind = infer::get(file).filter(|kind| kind.matcher_type() != MatcherType::Text)?.mime_type();
    // Magic words stand at fixed places, and a text may have one there by chance: "Mustard" has that of tar.
    (TEXT_LIKE.contains(&kind) || !is_text(file)).then_some(kind)
}

/// Text in UTF-16 or UTF-32, whether it has a mark or not: JSON begins with two characters of ASCII.
const fn other_encoding(file: &[u8]) -> Option<&'static str> {
    match file {
        [0xff, 0xfe, 0, 0, ..] | [b'{' | b'[', 0, 0, 0, ..] => Some("text in UTF-32LE"),
        [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, b'{' | b'[', ..] => Some("text in UTF-32BE"),
        [0xff, 0xfe, ..] | [b'{' | b'[', 0, _, 0, ..] => Some("text in UTF-16LE"),
        [0xfe, 0xff, ..] | [0, b'{' | b'[', 0, ..] => Some("text in UTF-16BE"),
        _ => None,
    }
}

/// Whether a file begins as zlib writes: a method, a window, a level, and together a multiple of 31 (RFC 1950).
fn is_zlib(file: &[u8]) -> bool {
    matches!(file, [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..]) && !is_text(file)
}

/// Whether a file begins with text: UTF-8 without control characters, cut anywhere.
fn is_text(file: &[u8]) -> bool {
    let head = file.get(..HEAD).unwrap_or(file);
    let is_whole =
        |valid: usize| head.len() < HEAD && valid == head.len() || head.len() - valid < 4 && head.len() == HEAD;
    let valid = str::from_utf8(head).map_or_else(|error| error.valid_up_to(), str::len);
    is_whole(valid) && !head.iter().any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace())
}

/// What to do with a file of another kind.
pub(crate) fn cure(kind: &str) -> String {
    match kind.strip_prefix("text in ") {
        Some(encoding) => format!("save it as UTF-8, or: iconv -f {encoding} -t UTF-8 file > utf-8.jsonl"),
        None if kind == "zlib" => "pack it with gzip, or send it as it is".to_owned(),
        None if kind == "application/gzip" => "it is packed more than twice: unpack it, and pack it once".to_owned(),
        None if kind.contains("spreadsheet") || kind.contains("excel") => {
            "export it as JSON, one object in each line".to_owned()
        }
        None if ["zip", "tar", "bzip", "xz", "7z", "zstd", "rar"].into_iter().any(|packer| kind.contains(packer)) => {
            "unpack it, and pack the lines with gzip or send them as they are".to_owned()
        }
        None => "UTF-8 text with one JSON object a line is read, as it is or packed with gzip".to_owned(),
    }
}

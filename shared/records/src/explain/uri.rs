//! Addresses as people type them.

use super::{unseen, visible, write_instead};
use crate::{
    format::is_uri,
    quote::{Shown, character},
};

/// How the names of files end that somebody may mean.
const FILES: [&str; 14] =
    ["png", "jpg", "jpeg", "gif", "webp", "svg", "avif", "bmp", "tif", "tiff", "heic", "pdf", "html", "htm"];

/// What is wrong with a text that should be an address.
pub(crate) fn uri(text: &str) -> String {
    if text.is_empty() {
        return "it is empty: leave the attribute out, or write null".to_owned();
    }
    let clean = visible(text);
    if let Some(problem) = unseen(text) {
        return write_instead([clean], is_uri).map_or_else(|| problem.clone(), |write| format!("{problem}, {write}"));
    }
    if text.contains('\\') || text.get(1..2) == Some(":") {
        return "it is a place on one computer; write the address under which a browser finds it".to_owned();
    }
    if !has_scheme(text) {
        let bare = text.strip_prefix("//").unwrap_or(text);
        let (host, path) = bare.split_once('/').unwrap_or((bare, ""));
        let name = bare.split(['?', '#']).next().unwrap_or_default();
        if is_file(name) && (path.is_empty() || !host.contains('.')) {
            let whole = format!("https://example.com/{}", name.trim_start_matches(['.', '/']));
            let such_as = Some(whole).filter(|whole| is_uri(whole)).map(|whole| format!(", such as {}", Shown(&whole)));
            return format!(
                "it is the name of a file: write the address under which a browser finds it{}",
                such_as.unwrap_or_default()
            );
        }
        let candidate = host.contains('.').then(|| format!("https://{bare}"));
        let is_whole = |text: &str| is_uri(text) && !text.starts_with("https:///");
        let write =
            write_instead(candidate, is_whole).unwrap_or_else(|| "write https:// and the host before it".to_owned());
        return format!("it does not begin with https://: {write}");
    }
    let encoded = text.replace(' ', "%20");
    if let Some(write) = write_instead([encoded, encode_percent(text)], is_uri) {
        let what = if text.contains(' ') { "a space is written %20" } else { "a % by itself is written %25" };
        return format!("{what}: {write}");
    }
    match text.chars().find(|other| " <>\"{}|^`\t".contains(*other)) {
        Some(other) => format!("{} can't stand in an address", character(other)),
        None => "it is no whole address: https://, a host, and what is to be found there".to_owned(),
    }
}

/// Whether a text ends as the names of pictures and pages do.
fn is_file(text: &str) -> bool {
    let ending = text.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| FILES.contains(&ending.as_str()))
}

/// Whether a text begins with a scheme, such as `https:`.
fn has_scheme(text: &str) -> bool {
    text.split(['/', '?', '#']).next().is_some_and(|head| head.contains(':'))
}

/// The text with `%25` for each `%` that no two digits follow.
fn encode_percent(text: &str) -> String {
    let mut parts = text.split('%');
    let mut encoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_code = part.len() >= 2 && part.bytes().take(2).all(|digit| digit.is_ascii_hexdigit());
        encoded.push_str(if is_code { "%" } else { "%25" });
        encoded.push_str(part);
    }
    encoded.replace(' ', "%20")
}

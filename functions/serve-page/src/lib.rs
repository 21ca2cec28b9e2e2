//! `GET /imports-ui`: the page for people who import, and nothing else. It knows its files and whom a browser may talk to.

use std::{io::Write, sync::OnceLock};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use sha2::{Digest, Sha256};

/// The page itself. Its address has no slash at its end, which no route of the gateway may have: its files are below it, and named so
/// in it.
const INDEX: &str = "index.html";

const STYLE_LINK: &str = r#"<link rel="stylesheet" href="imports-ui/style.css">"#;

/// The files of `page/`, as they are at compile time.
macro_rules! files {
    ($($name:literal),+ $(,)?) => { [$(($name, include_str!(concat!("../../../page/", $name)))),+] };
}

const FILES: [(&str, &str); 18] = files![
    "api.js",
    "dom.js",
    "failed.js",
    "groups.js",
    "index.html",
    "job.js",
    "jobs.js",
    "kinds.js",
    "main.js",
    "mend.js",
    "noticed.js",
    "rows.js",
    "send.js",
    "sending.js",
    "sign-in.js",
    "style.css",
    "text-of-line.js",
    "texts.js",
];

/// What is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    /// The path of the call.
    pub path: &'a str,
    /// The header of that name, or nothing; so below.
    pub accept_encoding: &'a str,
    /// What the browser has already.
    pub if_none_match: &'a str,
}

/// What is answered.
#[derive(Clone, Debug)]
pub struct Served {
    /// The status.
    pub status: u16,
    /// The headers, by their names in small letters.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

#[derive(Debug)]
struct File {
    name: &'static str,
    kind: &'static str,
    tag: String,
    plain: Vec<u8>,
    /// The same, compressed; made when it is first asked for.
    packed: OnceLock<Vec<u8>>,
}

/// The page, ready to be served.
#[derive(Debug)]
pub struct Site {
    files: Vec<File>,
    policy: String,
}

impl Site {
    /// Prepares the page for a stack whose tokens come from `issuer`, for `audience`, to a browser known there as `client_id`
    /// (empty: tokens are pasted). `reached` are the addresses that a browser talks to beside the API's own.
    #[must_use]
    pub fn new(issuer: &str, audience: &str, client_id: &str, reached: &[String]) -> Self {
        let style = FILES.iter().find(|(name, _)| *name == "style.css").map_or("", |(_, text)| text);
        let settings = json!({"issuer": issuer, "audience": audience, "client_id": client_id}).to_string();
        let files = FILES.iter().map(|(name, text)| match *name {
            // Within the first file, the look is there with the first answer.
            INDEX => File::new(name, &text.replace(STYLE_LINK, &format!("<style>{style}</style>"))),
            name => File::new(name, text),
        });
        let files = files.chain([File::new("settings.json", &settings)]).collect();
        Self { files, policy: policy(style, reached) }
    }

    /// Answers a call.
    #[must_use]
    pub fn answer(&self, asked: &Asked<'_>) -> Served {
        let name = match asked.path.split_once("/imports-ui/") {
            None => INDEX,
            // What people may type.
            Some((_, "" | INDEX)) => {
                return self.served(307, vec![("location", "../imports-ui".to_owned())], Vec::new());
            }
            Some((_, name)) => name,
        };
        let Some(file) = self.files.iter().find(|file| file.name == name) else {
            return self.served(
                404,
                vec![("content-type", "text/plain".to_owned())],
                b"There is no such file.\n".into(),
            );
        };
        // Asked for again each time, and not sent again: a new version is seen at once.
        let headers = vec![
            ("content-type", file.kind.to_owned()),
            ("etag", file.tag.clone()),
            ("cache-control", "no-cache".to_owned()),
            ("vary", "accept-encoding".to_owned()),
        ];
        if asked.if_none_match.split(',').any(|tag| tag.trim().trim_start_matches("W/") == file.tag) {
            return self.served(304, headers, Vec::new());
        }
        if asked.accept_encoding.split(',').any(|coding| coding.trim() == "gzip") {
            let headers = [headers, vec![("content-encoding", "gzip".to_owned())]].concat();
            return self.served(200, headers, file.packed().to_vec());
        }
        self.served(200, headers, file.plain.clone())
    }

    fn served(&self, status: u16, mut headers: Vec<(&'static str, String)>, body: Vec<u8>) -> Served {
        headers.push(("content-security-policy", self.policy.clone()));
        headers.push(("x-content-type-options", "nosniff".to_owned()));
        headers.push(("referrer-policy", "no-referrer".to_owned()));
        Served { status, headers, body }
    }
}

impl File {
    fn new(name: &'static str, text: &str) -> Self {
        let kind = match name.rsplit('.').next() {
            Some("html") => "text/html; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("json") => "application/json",
            _ => "text/javascript; charset=utf-8",
        };
        let digest = Sha256::digest(text).iter().take(12).copied().collect::<Vec<_>>();
        let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest));
        Self { name, kind, tag, plain: text.into(), packed: OnceLock::new() }
    }

    fn packed(&self) -> &[u8] {
        self.packed.get_or_init(|| gzip(&self.plain))
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    // Into memory nothing fails to be written.
    packer.write_all(bytes).and_then(|()| packer.finish()).unwrap_or_default()
}

/// What a browser may do for this page: run its files, look as its style says, talk to its API and to those named. No text
/// can become HTML or a script.
fn policy(style: &str, reached: &[String]) -> String {
    let mut to: Vec<&str> = reached.iter().filter_map(|address| origin(address)).collect();
    to.sort_unstable();
    to.dedup();
    let (style, to) = (STANDARD.encode(Sha256::digest(style)), to.join(" "));
    format!(
        "default-src 'none'; script-src 'self'; style-src 'sha256-{style}'; img-src data:; connect-src 'self' {to}; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

/// Scheme, host and port of an address; nothing of one that would be more than a word of the policy.
fn origin(address: &str) -> Option<&str> {
    let (scheme, rest) = address.split_once("://")?;
    let host = rest.split('/').next()?;
    let is_host = |char: char| char.is_ascii_alphanumeric() || ".-:[]".contains(char);
    let is_one = ["http", "https"].contains(&scheme) && !host.is_empty() && host.chars().all(is_host);
    address.get(..scheme.len() + 3 + host.len()).filter(|_| is_one)
}

#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, fs, io::Read};

use flate2::read::GzDecoder;

use super::*;

fn site() -> Site {
    let reached =
        ["https://login.example.com/pool/", "https://b.s3.eu-central-1.amazonaws.com", "https://login.example.com"];
    Site::new("https://login.example.com/pool/", "imports", "web", &reached.map(str::to_owned))
}

fn get(path: &str) -> Served {
    site().answer(&Asked { path, ..Asked::default() })
}

fn header<'a>(served: &'a Served, name: &str) -> &'a str {
    served.headers.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
}

#[test]
fn every_file_of_the_page_is_served_and_no_other() {
    let there = fs::read_dir("../../page").unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let there: BTreeSet<_> = there.filter(|name| name != "tsconfig.json").collect();
    assert_eq!(there, FILES.iter().map(|(name, _)| (*name).to_owned()).collect());
    for (name, text) in FILES.iter().filter(|(name, _)| *name != INDEX) {
        assert_eq!(get(&format!("/imports-ui/{name}")).body, text.as_bytes(), "{name}");
    }
    for path in [
        "/imports-ui/other.js",
        "/imports-ui/../Cargo.toml",
        "/imports-ui/tsconfig.json",
        "/imports-ui/imports-ui/main.js",
    ] {
        assert_eq!(get(path).status, 404, "{path}");
    }
}

#[test]
fn the_page_has_one_address_names_files_that_there_are_and_brings_its_style() {
    for other in ["/imports-ui/", "/imports-ui/index.html", "/stage/imports-ui/"] {
        let served = get(other);
        assert_eq!((served.status, header(&served, "location")), (307, "../imports-ui"), "{other}");
    }
    let index = String::from_utf8(get("/imports-ui").body).unwrap();
    assert_eq!(get("/stage/imports-ui").body, index.as_bytes());
    assert!(index.contains("<style>:root {") && !index.contains("style.css"), "{index}");
    let named: Vec<_> = index.split("\"imports-ui/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(named.len() > 5, "{named:?}");
    for name in named {
        assert_eq!(get(&format!("/imports-ui/{name}")).status, 200, "{name}");
    }
}

#[test]
fn what_a_browser_has_is_not_sent_again_and_what_it_can_unpack_is_packed() {
    let (site, path) = (site(), "/imports-ui/main.js");
    let plain = site.answer(&Asked { path, ..Asked::default() });
    let packed = site.answer(&Asked { path, accept_encoding: "br, gzip", ..Asked::default() });
    assert_eq!(header(&packed, "content-encoding"), "gzip");
    let mut text = Vec::new();
    GzDecoder::new(&*packed.body).read_to_end(&mut text).unwrap();
    assert_eq!(text, plain.body);
    assert_eq!(header(&plain, "content-encoding"), "");
    let tag = header(&plain, "etag");
    for known in [tag, &format!("W/{tag}"), &format!("\"other\", {tag}")] {
        let again = site.answer(&Asked { path, if_none_match: known, ..Asked::default() });
        assert_eq!((again.status, again.body.len()), (304, 0), "{known}");
    }
    let stale = Asked { path, if_none_match: "\"other\"", ..Asked::default() };
    assert_eq!(site.answer(&stale).status, 200);
}

#[test]
fn the_policy_lets_a_browser_talk_to_issuer_and_bucket_alone() {
    let served = get("/imports-ui");
    let policy = header(&served, "content-security-policy");
    let connect = policy.split("; ").find(|part| part.starts_with("connect-src")).unwrap();
    assert_eq!(connect, "connect-src 'self' https://b.s3.eu-central-1.amazonaws.com https://login.example.com");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(header(&served, "x-content-type-options"), "nosniff");
    assert_eq!(header(&served, "set-cookie"), "");
    for odd in ["https://a.example; script-src *", "ftp://a.example", "https://", "a.example", "https://a b"] {
        assert_eq!(origin(odd), None, "{odd}");
    }
}

#[test]
fn the_first_view_is_small() {
    let packed: usize = site().files.iter().map(|file| file.packed().len()).sum();
    assert!(packed <= 60 << 10, "{packed} bytes");
}

#[test]
fn settings_are_those_of_the_stack() {
    let served = get("/imports-ui/settings.json");
    assert_eq!(served.body, br#"{"audience":"imports","client_id":"web","issuer":"https://login.example.com/pool/"}"#);
}

/// Each code that the API knows has words for people.
#[test]
fn every_code_has_words() {
    let openapi = fs::read_to_string("../../openapi.yaml").unwrap();
    let schema = |name: &str| openapi.split(&format!("\n    {name}:\n")).nth(1).unwrap();
    let errors = schema("ImportErrorCode").lines().skip_while(|line| line.trim() != "enum:").skip(1);
    let mut codes: Vec<_> = errors.map_while(|line| line.trim().strip_prefix("- ")).collect();
    assert!(codes.len() > 30, "{codes:?}");
    let warnings = schema("WarningCode").split("enum: [").nth(1).unwrap().split(']').next().unwrap();
    codes.extend(warnings.split(", "));
    let texts = fs::read_to_string("../../page/texts.js").unwrap();
    for code in codes {
        assert!(texts.contains(&format!("\n      {code}: '")), "{code}");
    }
}

//! Calls that can't be right, and what their answer must name.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use imports::{
    filter::{Filter, MAX_LENGTH, MAX_VALUES},
    import::ImportId,
};
use rand::{Rng, RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::api::{Route, Sent};

/// A call, the status that it must get, and what the detail begins with.
pub(crate) struct Wrong {
    pub(crate) what: &'static str,
    pub(crate) sent: Sent,
    pub(crate) status: u16,
    pub(crate) named: String,
}

type Make = fn(&mut ChaCha8Rng) -> Wrong;

/// Every way to be wrong, with how often it is taken.
pub(crate) const WAYS: &[(usize, Make)] = &[
    (12, page),
    (12, filter),
    (4, query),
    (12, id),
    (3, status),
    (3, only),
    (3, wait),
    (16, form_cut),
    (12, form_without),
    (16, option),
    (6, content_type),
    (4, key),
    (12, document),
    (4, claim),
];

fn wrong(what: &'static str, sent: Sent, status: u16, named: impl Into<String>) -> Wrong {
    Wrong { what, sent, status, named: named.into() }
}

/// Text of all sorts: other scripts, controls, tricks with paths, halves of encodings.
pub(crate) fn odd_text(rng: &mut ChaCha8Rng) -> String {
    const PIECES: &str = "a¦Z¦0¦-1¦ ¦\t¦\n¦\r\n¦\0¦\u{7f}¦é¦ß¦日本¦🌙¦\u{202e}¦\u{feff}¦..¦/¦../¦%2e%2e%2f¦%00¦%¦%zz¦\
         +¦\\¦\"¦'¦;¦&¦=¦<script>¦${jndi:x}¦{{7*7}}¦' OR 1=1--¦$ne¦[]¦[0]¦\u{1}¦ﬀ¦．．／¦null¦undefined¦NaN¦1e999¦()¦:¦,";
    let pieces: Vec<&str> = PIECES.split('¦').collect();
    let count = rng.random_range(0..6);
    (0..count).map(|_| *pieces.choose(rng).unwrap()).collect()
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn page(rng: &mut ChaCha8Rng) -> Wrong {
    let (name, most) = *[("page[offset]", 10_000), ("page[limit]", 100)].choose(rng).unwrap();
    let value = match rng.random_range(0..4) {
        0 => odd_text(rng),
        1 => format!("{}", rng.random_range(most + 1..=u64::MAX)),
        2 => ["", "-0", "+1", "1.0", "0x10", "１", "1 ", " 1", "99999999999999999999", "1_0"]
            .choose(rng)
            .unwrap()
            .to_string(),
        _ => format!("-{}", rng.next_u32()),
    };
    let is_right = value.parse::<u64>().is_ok_and(|number| number <= most) && !value.starts_with('+');
    // Given twice, no value is right.
    let again = if is_right { format!("&{}=1", encoded(name)) } else { String::new() };
    let route = *[Route::List, Route::Errors].choose(rng).unwrap();
    let shown = if rng.random() { name.to_owned() } else { encoded(name) };
    let query = format!("{shown}={}{again}", encoded(&value));
    wrong(
        "page",
        Sent { query, ..Sent::to(route) },
        400,
        format!("{name}: \"{name}\" must be a whole number from 0 to {most}"),
    )
}

fn filter(rng: &mut ChaCha8Rng) -> Wrong {
    const RIGHT: &str =
        "in(status,success,failed):ge(created_at,2026-01-31T00:00:00Z):eq(external_ref,\"a, b\"):eq(status,pending)";
    let filter = loop {
        let filter = match rng.random_range(0..10) {
            0 => odd_text(rng),
            1 => format!("eq(external_ref,{})", "x".repeat(MAX_LENGTH)),
            2 => format!("in(external_ref{})", ",a".repeat(MAX_VALUES + 1)),
            _ => garbled(rng, RIGHT),
        };
        if Filter::parse(&filter).is_err() {
            break filter;
        }
    };
    // Quotes and brackets as they are, as people type them.
    let is_raw = filter.chars().all(|letter| letter.is_ascii_graphic() && !"&#+%".contains(letter)) && rng.random();
    let query = format!("filter={}", if is_raw { filter } else { encoded(&filter) });
    wrong("filter", Sent { query, ..Sent::to(Route::List) }, 400, "Could not parse the supplied filter")
}

/// A text with something taken out of it, put into it, or cut off.
fn garbled(rng: &mut ChaCha8Rng, text: &str) -> String {
    let place = rng.random_range(0..=text.len());
    let (before, after) = text.split_at(place);
    match rng.random_range(0..3) {
        0 => before.to_owned(),
        1 => format!("{before}{}{after}", odd_text(rng)),
        _ => format!("{before}{}", after.get(rng.random_range(1..4)..).unwrap_or_default()),
    }
}

/// A query that holds bytes which are no text, whatever the call takes of it.
fn query(rng: &mut ChaCha8Rng) -> Wrong {
    let name = *["filter", "page[limit]", "dry_run", "external_ref", "else"].choose(rng).unwrap();
    let bytes = *["%ff", "a%C3", "%ED%A0%80", "%C0%80", "\u{e9}%e9"].choose(rng).unwrap();
    let route = *Route::ALL.choose(rng).unwrap();
    let query = format!("x=1&{}={bytes}&y", encoded(name));
    wrong(
        "query that is no text",
        Sent { query, ..Sent::to(route) },
        400,
        format!("{name}: \"{name}\" must be UTF-8 text"),
    )
}

fn only(rng: &mut ChaCha8Rng) -> Wrong {
    let query = match rng.random_range(0..3) {
        0 => "only=failed&only=failed".to_owned(),
        1 => "only=Failed".to_owned(),
        _ => format!("only={}", encoded(&format!("{}?", odd_text(rng)))),
    };
    let told = if query.contains('&') {
        "only: \"only\" must be given once"
    } else {
        "only: \"only\" must be failed, or left out"
    };
    wrong("results of other lines", Sent { query, ..Sent::to(Route::Results) }, 400, told)
}

fn wait(rng: &mut ChaCha8Rng) -> Wrong {
    let value = match rng.random_range(0..3) {
        0 => rng.random_range(26..=u64::MAX).to_string(),
        1 => format!("{}s", rng.random_range(0..30)),
        _ => format!("{}?", odd_text(rng)),
    };
    let told = "wait: \"wait\" must be a whole number of seconds from 0 to 25: write wait=";
    wrong("wait", Sent { query: format!("wait={}", encoded(&value)), ..Sent::to(Route::Get) }, 400, told)
}

fn id(rng: &mut ChaCha8Rng) -> Wrong {
    let unknown = ImportId::new(uuid::Uuid::from_u128(rng.random())).to_string();
    // The job is there; its id is another text.
    let known = crate::service::id(1).to_string();
    let id = match rng.random_range(0..9) {
        6 => known.replace('-', ""),
        7 => format!("{{{known}}}"),
        8 => format!("urn:uuid:{known}"),
        0 => unknown,
        1 => unknown.replace('-', "/"),
        2 => format!("../{unknown}"),
        3 => format!("{unknown}{}", odd_text(rng)),
        4 => "f".repeat(rng.random_range(0..2_000)),
        _ => odd_text(rng),
    };
    let route = *Route::OF_A_JOB.choose(rng).unwrap();
    wrong("id", Sent { id, ..Sent::to(route) }, 404, "There is no import with this id.")
}

/// Job 1 has ended, job 2 waits.
fn status(rng: &mut ChaCha8Rng) -> Wrong {
    match rng.random_range(0..3) {
        0 => wrong("status", Sent::to(Route::Cancel), 409, "The import has ended already (success)"),
        route => {
            let route = if route == 1 { Route::Results } else { Route::FailedLines };
            let id = crate::service::id(2).to_string();
            wrong("status", Sent { id, ..Sent::to(route) }, 409, "The import has not ended yet (pending)")
        }
    }
}

const BOUNDARY: &str = "----boundary";

/// Parts of a form: name and content.
fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, content) in parts {
        let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend_from_slice(&[head.as_bytes(), content, b"\r\n"].concat());
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

fn posting(body: Vec<u8>) -> Sent {
    let sent = Sent::to(Route::Create).with_header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"));
    Sent { body, ..sent }
}

fn form_cut(rng: &mut ChaCha8Rng) -> Wrong {
    let mut file = vec![0; rng.random_range(0..200)];
    rng.fill_bytes(&mut file);
    let mut body = form(&[("external_ref", odd_text(rng).as_bytes()), ("import_file", &file)]);
    let end = body.len() - format!("\r\n--{BOUNDARY}--\r\n").len();
    match rng.random_range(0..3) {
        // Another boundary than the header's.
        0 => {
            let sent = Sent::to(Route::Create).with_header("content-type", "multipart/form-data; boundary=another");
            return wrong(
                "form of another boundary",
                Sent { body, ..sent },
                400,
                "body: the multipart body can't be read: ",
            );
        }
        1 => body.truncate(rng.random_range(0..end)),
        // A head that is none.
        _ => {
            let place = body.windows(2).position(|two| two == b"\r\n").unwrap() + 2;
            body.splice(place..place + 8, [0xff, b':', 0, b' ']);
        }
    }
    wrong("form cut or garbled", posting(body), 400, "body: the multipart body can't be read: ")
}

fn form_without(rng: &mut ChaCha8Rng) -> Wrong {
    let text = odd_text(rng);
    let file: &[u8] = b"{}";
    let (body, named) = match rng.random_range(0..4) {
        0 => (form(&[]), "import_file: \"import_file\" is required"),
        1 => (form(&[("external_ref", b"a"), ("file", file)]), "import_file: \"import_file\" is required"),
        2 => (form(&[("the file", text.as_bytes())]), "import_file: \"import_file\" is required"),
        _ => (
            form(&[("import_file", file), ("import_file", text.as_bytes())]),
            "import_file: \"import_file\" must be given once",
        ),
    };
    wrong("form without its file", posting(body), 400, named)
}

fn option(rng: &mut ChaCha8Rng) -> Wrong {
    let (name, problem) = *[
        ("dry_run", "must be true or false"),
        ("on_conflict", "must be fail, skip or update"),
        ("external_ref", "must be at most 2048 characters long"),
        ("external_ref", "must be given once"),
        ("dry_run", "must be UTF-8 text"),
    ]
    .choose(rng)
    .unwrap();
    let value = match problem {
        "must be at most 2048 characters long" => "é".repeat(rng.random_range(2_049..4_000)),
        "must be given once" => odd_text(rng).replace(['\r', '\n'], ""),
        _ => format!("{}!", odd_text(rng)),
    };
    let named = format!("{name}: \"{name}\" {problem}");
    if problem == "must be UTF-8 text" {
        return wrong("option", posting(form(&[("import_file", b"{}"), (name, b"\xff\xfe")])), 400, named);
    }
    let again = problem == "must be given once";
    let other = format!("{value}2");
    let sent = match rng.random_range(0..3) {
        0 => {
            let part = (name, value.as_bytes());
            let parts = if again {
                vec![part, ("import_file", b"{}"), (name, other.as_bytes())]
            } else {
                vec![("import_file", &b"{}"[..]), part]
            };
            posting(form(&parts))
        }
        // The query beside a form counts as well.
        1 => {
            let part = (name, value.as_bytes());
            let parts = if again { vec![part, ("import_file", &b"{}"[..])] } else { vec![("import_file", &b"{}"[..])] };
            let value = if again { &other } else { &value };
            Sent { query: format!("{name}={}", encoded(value)), ..posting(form(&parts)) }
        }
        _ => {
            let query = format!("{name}={}", encoded(&value));
            let query = if again { format!("{query}&{name}={}", encoded(&other)) } else { query };
            Sent { query, ..raw(b"{}") }
        }
    };
    wrong("option", sent, 400, named)
}

/// A body that is the file itself.
fn raw(file: &[u8]) -> Sent {
    Sent { body: file.to_vec(), ..Sent::to(Route::Create).with_header("content-type", "application/x-ndjson") }
}

fn content_type(rng: &mut ChaCha8Rng) -> Wrong {
    let types = [
        "text/plain",
        "application/json",
        "",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/mixed; boundary=a",
        "application/jsonl2",
        "application/x-www-form-urlencoded",
        "é",
        "*/*",
        "multipart/form-data boundary=a",
        "; boundary=a",
    ];
    let sent = Sent { body: form(&[("import_file", b"{}")]), ..Sent::to(Route::Create) };
    let sent = match rng.random_range(0..8) {
        0 => sent,
        _ => sent.with_header("content-type", *types.choose(rng).unwrap()),
    };
    wrong("content type", sent, 400, "header.content-type: must be multipart/form-data with a boundary")
}

fn key(rng: &mut ChaCha8Rng) -> Wrong {
    let named = "header.idempotency-key: \"Idempotency-Key\" ";
    match rng.random_range(0..3) {
        0 => wrong(
            "key",
            raw(b"{}").with_header("idempotency-key", ""),
            400,
            format!("{named}must be 1 to 255 characters long"),
        ),
        1 => {
            let long = "k".repeat(rng.random_range(256..2_000));
            wrong(
                "key",
                raw(b"{}").with_header("idempotency-key", long),
                400,
                format!("{named}must be 1 to 255 characters long"),
            )
        }
        // Job 1 was made under this key.
        _ => {
            let sent = raw(odd_text(rng).as_bytes()).with_header("idempotency-key", "the key");
            wrong("key", sent, 409, format!("{named}was used for another file or other options"))
        }
    }
}

fn document(rng: &mut ChaCha8Rng) -> Wrong {
    let odd = odd_text(rng);
    let mut whole =
        json!({"data": {"type": "subscription_import_upload", "attributes": {"external_ref": "a", "dry_run": true}}});
    let other = [json!(7), json!([]), json!("no"), json!([{}])].choose(rng).unwrap().clone();
    let number = json!(rng.random::<u32>());
    let (place, value, named) = match rng.random_range(0..8) {
        0 => ("", other, "body: must be a JSON object"),
        1 => ("/data", other, "data: \"data\" must be an object"),
        2 => ("/data", Value::Null, "data: \"data\" is required"),
        3 => ("/data/type", json!(format!("{odd}!")), "data.type: \"type\" must be subscription_import_upload"),
        4 => ("/data/attributes", other, "data.attributes: \"attributes\" must be an object"),
        5 => ("/data/attributes/dry_run", json!(odd), "data.attributes.dry_run: \"dry_run\" must be true or false"),
        6 => {
            ("/data/attributes/external_ref", number, "data.attributes.external_ref: \"external_ref\" must be a string")
        }
        _ => {
            let mut text = whole.to_string().into_bytes();
            text.truncate(rng.random_range(1..text.len()));
            let noise: [u8; 4] = rng.random();
            text.extend(noise.iter().filter(|byte| rng.random_ratio(1, 3) && !b"{}[]\"".contains(byte)));
            let sent = Sent { body: text, ..Sent::to(Route::Upload) };
            return wrong("document cut or garbled", sent, 400, "body: must be");
        }
    };
    *whole.pointer_mut(place).unwrap() = value;
    wrong("document", Sent { body: whole.to_string().into_bytes(), ..Sent::to(Route::Upload) }, 400, named)
}

fn claim(rng: &mut ChaCha8Rng) -> Wrong {
    let bytes: [u8; 60] = rng.random();
    let store = match rng.random_range(0..3) {
        0 => format!("{}/", odd_text(rng)),
        1 => URL_SAFE_NO_PAD.encode(bytes),
        _ => [
            "",
            "main/",
            "../main",
            "main ",
            "mаin",
            "main\u{0}",
            "main%2fa",
            "true",
            "null",
            "undefined",
            "None",
            "1",
            "1768048879",
            "NaN",
        ]
        .choose(rng)
        .unwrap()
        .to_string(),
    };
    let claims = if rng.random_ratio(1, 8) { json!({"sub": store}) } else { json!({"store_id": store}) };
    let route = *[Route::Create, Route::List, Route::Upload, Route::Get, Route::Cancel].choose(rng).unwrap();
    wrong("claim", Sent { claims, ..Sent::to(route) }, 403, "The token's claim \"store_id\" must name the store")
}

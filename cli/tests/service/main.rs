//! The command and a service that answers as a test says: exit codes, what goes where, and what is broken on the way.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets what it does not expect has failed"
)]

mod careless;
mod home;
mod interrupted;
mod listing;
mod mending;
mod profiles;
#[path = "../../client/src/tests/server.rs"]
mod server;
mod several;

use std::fs;
use std::process::Stdio;

use serde_json::{Value, json};

use home::{Home, Ran};
use server::{Answer, Seen, Server, answer};

const ID: &str = "0f4c6c0e-6a4f-4a0e-9a3f-5b2d1c9e7a10";
const GOOD: &str = "{\"type\":\"subscription_product\",\"external_ref\":\"tea\",\"name\":\"Tea\"}\n";
const REFUSED: &[u8] = b"{\"type\":\"subscription_product\",\"name\":\"No\"}\r\n\xff\n";

/// A job of two lines in a state, of which so many came through.
fn job(status: &str, imported: u64, more: &Value) -> Value {
    let count = |count: u64| json!({"subscription_product": count});
    let mut meta = json!({
        "timestamps": {"created_at": "2026-01-10T11:41:19Z"},
        "records": {"uploaded": count(2), "imported": count(imported)},
    });
    if ["success", "failed"].contains(&status) {
        meta["error_counts"] = json!({"root_causes": 2 - imported, "blocked": 0});
    }
    meta.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"id": ID, "type": "subscription_import", "attributes": {"status": status}, "meta": meta})
}

/// A service that takes every file; its job is in these states, one after the other.
fn service(states: Vec<Value>) -> impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    move |seen, _| {
        let path = seen.path.strip_prefix("/v2/subscriptions/imports").unwrap_or(&seen.path);
        let link =
            |to: &str| answer(307).json(&json!({"links": {"download": format!("http://{}{to}", seen.header("host"))}}));
        match (seen.method.as_str(), path.rsplit('/').next().unwrap_or_default()) {
            ("POST", "") => answer(201).json(&json!({"data": job("pending", 0, &json!({}))})),
            ("POST", "uploads") => {
                let upload = json!({"url": format!("http://{}/form", seen.header("host")), "fields": {"key": "k"}});
                answer(201).json(&json!({"data": {"id": ID, "meta": {"upload": upload, "max_bytes": 300_000_000}}}))
            }
            ("POST", "cancel") => answer(200).json(&json!({"data": job("failed", 0, &json!({}))})),
            ("GET", "") => answer(200).json(&json!({"data": states, "meta": {"results": {"total": states.len()}}})),
            (_, "form") => answer(201),
            (_, "results") => link("/signed-results"),
            (_, "failed-lines") => link("/signed-lines"),
            (_, "signed-lines") => answer(200).bytes(REFUSED),
            (_, "signed-results") => answer(200).json(&json!({
                "line": 2, "type": "subscription_product", "action": "failed",
                "errors": [{"code": "wrong_length", "field": "data.attributes.name", "error": "data.attributes.name: \"No\" is too short"}],
                "text": "{\"type\":\"subscription_product\",\"name\":\"No\"}",
            })),
            _ => {
                let count = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                answer(200).json(&json!({"data": states[count.min(states.len() - 1)]}))
            }
        }
    }
}

async fn home(name: &str, states: Vec<Value>) -> (Home, Server) {
    let server = Server::start(service(states)).await;
    (Home::new(name, &server.url), server)
}

/// The one document that `--json` prints.
fn document(ran: &Ran) -> Value {
    let document: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!(document["exit"], ran.code, "{ran:?}");
    document
}

#[tokio::test(flavor = "multi_thread")]
async fn each_end_of_a_job_has_its_exit_code_as_text_and_as_one_document() {
    let none = json!({});
    let cancelled = json!({"failure": {"code": "cancelled", "error": "it was cancelled"}});
    for (code, state, words) in [
        (0, job("success", 2, &none), "run good.jsonl"),
        (1, job("success", 1, &none), "run good.jsonl"),
        (5, job("failed", 0, &cancelled), "run good.jsonl"),
        (6, job("started", 1, &none), "run good.jsonl --wait 1s"),
        (0, job("started", 1, &none), "run good.jsonl --async"),
        (1, job("success", 1, &none), "watch 0f4c6c0e"),
        (1, job("success", 1, &none), "show 0f4c6c0e"),
        (1, job("success", 1, &none), "errors 0f4c6c0e"),
        (0, job("success", 1, &none), "results 0f4c6c0e"),
        (0, job("success", 1, &none), "list"),
        (0, job("started", 1, &none), "cancel 0f4c6c0e"),
    ] {
        // A job that is only asked for is in its last state at once.
        let states = if words.starts_with("run") { vec![job("pending", 0, &none), state] } else { vec![state] };
        let (home, _server) = home("ends", states).await;
        fs::write(home.path("good.jsonl"), GOOD).unwrap();
        let text = home.run(words);
        assert_eq!(text.code, code, "{words}: {text:?}");
        assert!(code == 0 || !text.out.contains("success"), "{words}: {text:?}");
        assert!(!text.out.is_empty() && !text.out.contains("Sending"), "the answer alone: {text:?}");
        if code == 6 {
            assert!(text.out.trim_end().ends_with("imports watch 0f4c6c0e"), "{text:?}");
        }
        let document = document(&home.run(&format!("{words} --json")));
        assert_eq!(document["exit"], code, "{words}");
        assert!(home.run(&format!("{words} --quiet")).err.is_empty(), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_behind_a_job_that_goes_on_are_named_with_the_command_that_sends_them() {
    let (home, _server) = home("behind", vec![job("started", 1, &json!({}))]).await;
    for name in ["good.jsonl", "second.jsonl"] {
        fs::write(home.path(name), GOOD).unwrap();
    }
    let words = "run good.jsonl second.jsonl --on-conflict skip --wait 1s";
    let text = home.run(words);
    let last =
        "Not sent: second.jsonl. Once the job before has ended, type:\n  imports run second.jsonl --on-conflict skip\n";
    assert!(text.code == 6 && text.out.ends_with(last), "{text:?}");
    let document = document(&home.run(&format!("{words} --json")));
    assert!(document["next"].as_str().unwrap().contains("imports run second.jsonl"), "{document}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_t_be_done_has_its_exit_code_and_says_what_to_do() {
    let (home, server) = home("cannot", vec![job("success", 2, &json!({}))]).await;
    fs::write(home.path("good.jsonl"), GOOD).unwrap();
    fs::create_dir(home.path("folder")).unwrap();
    for (code, words) in [
        (2, "run good.jsonl --on-conflict replace"),
        (2, "run good.jsonl --profile unknown"),
        (2, "show"),
        (2, "show 1234"),
        (3, "run missing.jsonl"),
        (3, "run good.jsonl --failed missing/rest.jsonl"),
        (3, "run good.jsonl --failed folder"),
    ] {
        let text = home.run(words);
        assert_eq!(text.code, code, "{words}: {text:?}");
        assert!(text.out.is_empty() && text.err.starts_with("error: "), "{words}: {text:?}");
        let json = home.run(&format!("{words} --json"));
        assert!(document(&json)["error"].as_str().is_some_and(|error| !error.is_empty()), "{words}: {json:?}");
    }
    assert!(!server.seen().iter().any(|seen| seen.method == "POST"), "nothing was sent");
    assert_eq!(Ran::of(home.command("list").env_remove("IMPORTS_TOKEN")).code, 4, "nobody calls");
    let gone = Server::start(|_, _| answer(503).header("retry-after", "3600")).await;
    assert_eq!(Ran::of(home.command("list").env("IMPORTS_API", &gone.url)).code, 3, "nobody waits an hour");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_is_4_and_no_word_of_it_is_printed() {
    for status in [401, 403] {
        let server = Server::start(move |_, _| answer(status).json(&json!({"message": "no"}))).await;
        let home = Home::new("token", &server.url);
        let ran = home.run("list");
        assert_eq!(ran.code, 4, "{ran:?}");
        assert!(!ran.err.contains(home::TOKEN), "{ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_service_is_waited_for_and_that_is_said() {
    let behind = service(vec![job("success", 2, &json!({}))]);
    let server = Server::start(move |seen, count| match count {
        0 => answer(429).header("retry-after", "1"),
        1 => answer(503).header("retry-after", "1"),
        _ => behind(seen, count),
    })
    .await;
    let home = Home::new("busy", &server.url);
    fs::write(home.path("good.jsonl"), GOOD).unwrap();
    let ran = home.run("run good.jsonl");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.err.matches("trying again in 1.").count(), 2, "{ran:?}");
    let keys: Vec<_> = server.seen().iter().take(3).map(|seen| seen.header("idempotency-key")).collect();
    assert!(keys.iter().all(|key| !key.is_empty() && *key == keys[0]), "{keys:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_cut_midway_is_sent_again_and_its_job_followed() {
    let server = Server::cutting(&[("/form", 1_000_000)], service(vec![job("success", 2, &json!({}))])).await;
    let home = Home::new("cut", &server.url);
    let mut chance = 1_u32;
    let noise = std::iter::repeat_with(|| {
        chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u8::try_from(33 + (chance >> 16) % 90).unwrap()
    });
    fs::write(home.path("large.jsonl"), noise.take(8_000_000).collect::<Vec<_>>()).unwrap();
    let ran = home.run("run large.jsonl --no-check");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("the connection was lost") && ran.err.contains("trying again"), "{ran:?}");
    assert_eq!(server.seen().iter().filter(|seen| seen.path == "/form").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_refused_lines_are_kept_byte_for_byte_and_the_next_command_comes_last() {
    let (home, _server) = home("failed", vec![job("success", 1, &json!({}))]).await;
    fs::write(home.path("my file.jsonl"), GOOD).unwrap();
    let ran = home.run_words(&["run", "my file.jsonl", "--on-conflict", "skip", "--failed", "my file.jsonl"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(fs::read(home.path("my file.jsonl")).unwrap(), REFUSED);
    let next = "  imports run 'my file.jsonl' --on-conflict skip --failed 'my file.jsonl'";
    assert_eq!(ran.out.lines().last(), Some(next), "{ran:?}");
    assert_eq!(
        fs::read_dir(home.path(""))
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains(".part"))
            .count(),
        0
    );
    assert_eq!(home.run_bytes("failed-lines"), REFUSED);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_terminal_of_80_columns_nothing_is_wider() {
    let states = vec![
        job("pending", 0, &json!({"queue": {"position": 3}})),
        job("started", 1, &json!({})),
        job("started", 1, &json!({})),
        job("success", 1, &json!({})),
    ];
    let (home, _server) = home("terminal", states).await;
    fs::write(home.path("good.jsonl"), GOOD).unwrap();
    let mut command = std::process::Command::new("python3");
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/stories/terminal.py"));
    let ran = Ran::of(home.prepare(command.args([env!("CARGO_BIN_EXE_imports"), "run", "good.jsonl"])));
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("in the queue") && ran.out.contains('█'), "bars are drawn: {ran:?}");
    for row in console::strip_ansi_codes(&ran.out).split(['\r', '\n']) {
        assert!(console::measure_text_width(row) <= 80, "{row}");
    }
    let piped = home.run("run good.jsonl");
    assert!(!piped.err.contains(['█', '\u{1b}']), "{piped:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_files_go_one_after_the_other_and_standard_input_is_one() {
    let (home, server) = home("several", vec![job("success", 2, &json!({}))]).await;
    fs::write(home.path("a.jsonl"), GOOD).unwrap();
    let mut command = home.command("run a.jsonl - --unknown refuse --json");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), GOOD.as_bytes()).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    let document = document(&ran);
    assert_eq!((ran.code, document["jobs"].as_array().unwrap().len()), (0, 2), "{document}");
    let posts: Vec<_> = server.seen().into_iter().filter(|seen| seen.method == "POST").collect();
    assert_eq!(posts.len(), 2);
    assert!(posts.iter().all(|post| post.body == GOOD.as_bytes() && post.query == "unknown=refuse"), "{posts:?}");
    assert_ne!(posts[0].header("idempotency-key"), posts[1].header("idempotency-key"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_more_objects_than_a_job_takes_goes_in_parts_and_has_one_report() {
    let (home, server) = home("parts", vec![job("success", 1, &json!({}))]).await;
    fs::write(home.path("big.jsonl"), GOOD.replace("\"external_ref\":\"tea\",", "").repeat(50_001)).unwrap();
    let whole = home.run("run big.jsonl");
    assert!(whole.code == 1 && whole.out.ends_with("  imports run big.jsonl --split\n"), "{whole:?}");
    assert!(server.seen().is_empty(), "nothing is sent");
    let ran = home.run("run big.jsonl --split");
    let posts = server.seen().into_iter().filter(|seen| seen.method == "POST").count();
    assert!(ran.code == 1 && posts == 2, "{ran:?}");
    assert!(
        ["big.jsonl, part 1 of 2\n", "big.jsonl, part 2 of 2\n"].iter().all(|part| ran.out.contains(part)),
        "{ran:?}"
    );
    assert_eq!(ran.out.matches("error[wrong_length]").count(), 1, "one report: {ran:?}");
    assert!(ran.out.contains("failed-lines 0f4c6c0e > mend.jsonl"), "{ran:?}");
}

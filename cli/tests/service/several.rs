//! Several files in one command: which go on when one of them comes to nothing, and what is said of the others.

use std::fs;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::home::Home;
use crate::server::{Answer, Seen, Server, answer};
use crate::{GOOD, document, job, service};

const BOX: &str = "{\"type\":\"subscription_offering\",\"external_ref\":\"box\",\"name\":\"Box\",\"products\":[\"tea\"],\"plans\":[\"monthly\"]}\n";
const SUBSCRIPTION: &str = concat!(
    r#"{"type":"subscription","external_ref":"s1","account_id":"4dbb0891-17c3-4b93-8191-a45357163595","currency":"EUR","#,
    r#""name":"Anna","email":"anna@example.com","manual_payments":true,"offering_external_ref":"box","selected_plan":"monthly"}"#,
);

/// A service at which the jobs of files that hold `tea` alone fail with this code, and a file with `no` is no file at all.
fn picky(code: &'static str) -> impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static {
    let failure = json!({"failure": {"code": "nothing_imported", "error": "nothing came of it"}});
    let (fails, succeeds) = (service(vec![job("failed", 0, &failure)]), service(vec![job("success", 2, &json!({}))]));
    let row = json!({"line": 1, "type": "subscription_product", "action": "failed",
        "errors": [{"code": code, "field": "data.attributes.name", "error": "data.attributes.name: it is wrong"}]});
    let last = Mutex::new(Vec::new());
    move |seen, count| {
        let mut last = last.lock().unwrap();
        if seen.method == "POST" {
            last.clone_from(&seen.body);
        }
        let is_failing = *last == GOOD.as_bytes();
        if seen.method == "POST" && seen.body == b"no" {
            answer(400).json(&json!({"errors": [{"detail": "this is no file"}]}))
        } else if seen.path == "/signed-results" && is_failing {
            answer(200).json(&row)
        } else if is_failing {
            fails(seen, count)
        } else {
            succeeds(seen, count)
        }
    }
}

async fn home(name: &str, code: &'static str) -> (Home, Server) {
    let server = Server::start(picky(code)).await;
    let home = Home::new(name, &server.url);
    let pot = GOOD.replace("tea", "pot");
    let files = [("tea", GOOD), ("box", BOX), ("subscription", SUBSCRIPTION), ("pot", &pot), ("no", "no")];
    for (file, text) in files {
        fs::write(home.path(&format!("{file}.jsonl")), text).unwrap();
    }
    (home, server)
}

/// The files that were sent, by how they begin to differ.
fn sent(server: &Server) -> Vec<String> {
    let name = |seen: Seen| {
        let line: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
        line["external_ref"].as_str().unwrap_or("no").to_owned()
    };
    server.seen().into_iter().filter(|seen| seen.method == "POST").map(name).collect()
}

fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_failed_holds_back_what_needs_it_and_nothing_else() {
    let (home, server) = home("needed", "wrong_length").await;
    let ran = home.run("run tea.jsonl box.jsonl subscription.jsonl pot.jsonl --unknown refuse --external-ref nightly");
    assert_eq!((ran.code, sent(&server)), (5, vec!["tea".to_owned(), "pot".to_owned()]), "{ran:?}");
    // What needs a file that was held back is held back too.
    let said = "Not sent: box.jsonl; subscription.jsonl. What is in tea.jsonl, whose job failed, is needed there.";
    assert!(in_one_line(&ran.out).contains(said), "{ran:?}");
    let last = "  imports run box.jsonl subscription.jsonl --unknown refuse --external-ref nightly\n";
    assert!(ran.out.ends_with(last), "{ran:?}");
    let told = document(&home.run("run tea.jsonl box.jsonl pot.jsonl --json"));
    assert_eq!(told["jobs"].as_array().unwrap().len(), 2, "{told}");
    assert!(told["jobs"][1]["next"].as_str().unwrap().ends_with("  imports run box.jsonl"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_already_is_there_for_the_files_behind_it() {
    let (home, server) = home("stored", "already_exists").await;
    let ran = home.run("run tea.jsonl box.jsonl pot.jsonl");
    assert_eq!((ran.code, sent(&server).len()), (5, 3), "{ran:?}");
    assert!(ran.out.contains("imports run tea.jsonl --on-conflict skip") && !ran.out.contains("Not sent"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_sending_fails_every_file_that_was_not_sent_is_named_and_every_job_that_was_made() {
    let (home, server) = home("trouble", "wrong_length").await;
    let ran = home.run("run --no-check no.jsonl pot.jsonl");
    assert_eq!((ran.code, sent(&server).len()), (2, 1), "{ran:?}");
    assert!(
        ran.err.ends_with("Not sent: no.jsonl; pot.jsonl. To go on, type:\n  imports run no.jsonl pot.jsonl\n"),
        "{ran:?}"
    );

    let ran = home.run("run --no-check --async pot.jsonl no.jsonl tea.jsonl");
    assert!(ran.code == 2 && ran.out.contains("pot.jsonl: the job is 0f4c6c0e-"), "{ran:?}");
    assert!(ran.err.ends_with("  imports run no.jsonl tea.jsonl\n"), "{ran:?}");
    let told = document(&home.run("run --no-check --async pot.jsonl no.jsonl --json"));
    assert!(told["jobs"][0]["id"].is_string() && told["error"].as_str().unwrap().contains("no file"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rest_of_a_rehearsal_is_a_rehearsal() {
    let server = Server::start(service(vec![job("started", 0, &json!({}))])).await;
    let home = Home::new("rehearsed", &server.url);
    for file in ["a.jsonl", "b.jsonl"] {
        fs::write(home.path(file), GOOD).unwrap();
    }
    let ran = home.run("run a.jsonl b.jsonl --dry-run --wait 1s");
    assert!(ran.code == 6 && ran.out.ends_with("type:\n  imports run b.jsonl --dry-run\n"), "{ran:?}");
}

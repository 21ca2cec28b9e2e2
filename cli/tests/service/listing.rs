//! Lists of jobs: how many there are, which are asked for, and an end in the middle.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};

use crate::home::{Home, Ran};
use crate::server::{Seen, Server, answer};
use crate::{document, job, service};

/// A service with so many jobs, every third of which has a refused line.
async fn jobs(count: usize) -> Server {
    let all: Vec<Value> = (0..count)
        .map(|number| {
            let mut job = job("success", if number % 3 == 0 { 1 } else { 2 }, &json!({}));
            job["id"] = format!("{number:08}-0000-4000-8000-000000000000").into();
            job
        })
        .collect();
    let behind = service(vec![job("success", 1, &json!({}))]);
    Server::start(move |seen: &Seen, count| {
        if !seen.path.ends_with("/imports") {
            return behind(seen, count);
        }
        let number = |name: &str| -> usize {
            let value = seen.query.split(name).nth(1).unwrap().trim_start_matches("%5D=");
            value.split('&').next().unwrap().parse().unwrap()
        };
        let page: Vec<_> = all.iter().skip(number("offset")).take(number("limit")).collect();
        answer(200).json(&json!({"data": page, "meta": {"results": {"total": all.len()}}}))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_cut_says_how_many_there_are_and_what_shows_them() {
    let server = jobs(130).await;
    let home = Home::new("list", &server.url);
    let ran = home.run("list");
    assert!(ran.out.ends_with("25 of 130 jobs. To see all, type:\n  imports list --all\n"), "{ran:?}");
    assert_eq!(document(&home.run("list --json"))["total"], 130);
    let ran = home.run("list --all");
    assert!(ran.out.lines().count() == 131 && !ran.out.contains("To see all"), "{ran:?}");
    assert_eq!(home.run("list --all --limit 3").code, 2);
    let ran = home.run_words(&["list", "--limit", "2", "--external-ref", "my job", "--status", "failed", "success"]);
    let last = "  imports list --all --status failed success --external-ref 'my job'\n";
    assert!(ran.out.ends_with(last), "{ran:?}");
    assert!(
        server.seen().last().unwrap().query.contains("in%28status%2Cfailed%2Csuccess%29"),
        "{:?}",
        server.seen().last()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_that_are_shown_can_be_asked_for() {
    let server = jobs(130).await;
    let home = Home::new("partial", &server.url);
    for (words, shown, total) in [
        ("--status partial --all", 44, json!(44)),
        ("--status success --all", 86, json!(86)),
        ("--status success partial --all", 130, json!(130)),
        ("--status partial --limit 5", 5, json!(null)),
    ] {
        let document = document(&home.run(&format!("list {words} --json")));
        assert_eq!((document["jobs"].as_array().unwrap().len(), &document["total"]), (shown, &total), "{words}");
    }
    assert!(server.seen().iter().all(|seen| seen.query.contains("in%28status%2Csuccess%29")), "what the API knows");
    let ran = home.run("list --status partial --limit 5");
    assert_eq!(ran.out.matches(" partial ").count(), 5, "{ran:?}");
    assert!(
        ran.out.ends_with("there may be more. To see all, type:\n  imports list --all --status partial\n"),
        "{ran:?}"
    );
}

#[test]
fn an_interrupted_question_speaks_of_no_job() {
    // Nobody takes the calls.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let home = Home::new("asked", &format!("http://{}", silent.local_addr().unwrap()));
    for words in ["list", "show 0f4c6c0e-6a4f-4a0e-9a3f-5b2d1c9e7a10"] {
        let child = home.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // By then its signals are heard.
        let _called = silent.accept().unwrap();
        std::thread::sleep(Duration::from_millis(300));
        let process = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert_eq!((ran.code, ran.err.as_str()), (130, "error: interrupted\nnothing goes on; type it again\n"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_narrow_terminal_nothing_is_wider() {
    let server = jobs(40).await;
    let home = Home::new("narrow", &server.url);
    for words in ["list", "show 00000003", "errors 00000001"] {
        let mut command = std::process::Command::new("python3");
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/stories/terminal.py"));
        command.arg(env!("CARGO_BIN_EXE_imports")).args(words.split(' '));
        let ran = Ran::of(home.prepare(&mut command).env("WIDTH", "40"));
        for row in console::strip_ansi_codes(&ran.out).split(['\r', '\n']) {
            // Ids and commands stay whole.
            let is_whole = row.starts_with("Import ") || row.starts_with("  imports ");
            assert!(is_whole || console::measure_text_width(row) <= 40, "{words}: {row}");
        }
    }
}

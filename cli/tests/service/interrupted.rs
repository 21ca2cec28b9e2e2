//! Commands that are interrupted, or whose time is up: what is known by then is told, and what to type next.

use std::{
    fs,
    process::Stdio,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::{
    GOOD, ID, REFUSED, document,
    home::{Home, Ran},
    job,
    server::{Answer, Seen, Server, answer},
    service,
};

/// A job of two lines has a refused one.
fn partial() -> Value {
    job("success", 1, &json!({}))
}

/// A service that has no time for some calls.
fn without(
    behind: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static,
    busy: impl Fn(&Seen) -> bool + Send + Sync + 'static,
) -> impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static {
    move |seen, count| {
        if busy(seen) { answer(503).header("retry-after", "60").json(&json!({})) } else { behind(seen, count) }
    }
}

/// Runs a command with good files, and interrupts it once `is_time`.
async fn interrupted(home: &Home, words: &str, is_time: impl Fn() -> bool) -> Ran {
    for (file, text) in [("good", GOOD.to_owned()), ("b", GOOD.replace("tea", "mug")), ("c", GOOD.to_owned())] {
        fs::write(home.path(&format!("{file}.jsonl")), text).unwrap();
    }
    let child = home.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while !is_time() {
        assert!(began.elapsed() < Duration::from_secs(30), "{words}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::INT).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 130, "{ran:?}");
    ran
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_goes_on_is_named_with_how_to_follow_it_and_the_files_behind() {
    let watch = "To follow it:\n  imports watch 0f4c6c0e";
    let behind = "Not sent: b.jsonl; c.jsonl. Once the job before has ended, type:\n  imports run b.jsonl c.jsonl";
    for (words, next) in [
        ("run good.jsonl", watch.to_owned()),
        ("run good.jsonl --json", watch.to_owned()),
        ("run good.jsonl b.jsonl c.jsonl --dry-run", format!("{watch}\n{behind} --dry-run")),
        ("run good.jsonl b.jsonl c.jsonl --json", format!("{watch}\n{behind}")),
    ] {
        let server = Server::start(service(vec![job("started", 1, &json!({}))])).await;
        let home = Home::new("interrupt", &server.url);
        let ran = interrupted(&home, words, || server.seen().len() >= 3).await;
        if words.ends_with("--json") {
            let document = document(&ran);
            let named = if words.contains("b.jsonl") { &document["jobs"][0] } else { &document };
            assert_eq!((&named["job"]["id"], &document["next"]), (&json!(ID), &json!(next)), "{document}");
        } else {
            assert!(ran.err.ends_with(&format!("error: interrupted; the job {ID} goes on\n{next}\n")), "{ran:?}");
        }
        // The newest job is known, so that nobody has to type its id.
        assert_eq!(home.run("show").code, 6);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_has_ended_is_named_where_its_report_is_not_there_yet() {
    for words in ["run good.jsonl b.jsonl", "run good.jsonl --json", "watch 0f4c6c0e"] {
        let server = Server::start(without(service(vec![partial()]), |seen| seen.path.ends_with("/results"))).await;
        let home = Home::new("unreported", &server.url);
        let is_asked = || server.seen().iter().any(|seen| seen.path.ends_with("/results"));
        let ran = interrupted(&home, words, is_asked).await;
        let report = "To see its report:\n  imports watch 0f4c6c0e";
        if words.ends_with("--json") {
            let document = document(&ran);
            assert_eq!((&document["job"]["id"], &document["next"]), (&json!(ID), &json!(report)), "{document}");
        } else {
            assert!(ran.err.contains(&format!("error: interrupted; the job {ID} has ended\n{report}\n")), "{ran:?}");
            let behind = "Not sent: b.jsonl. To go on, type:\n  imports run b.jsonl\n";
            assert_eq!(ran.err.ends_with(behind), words.contains("b.jsonl"), "{ran:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn amid_the_sending_of_a_file_those_before_are_reported_and_it_is_among_those_to_send() {
    let is_second = |seen: &Seen| seen.body.windows(3).any(|text| text == b"mug");
    for words in ["run", "run --json", "run --failed rest.jsonl", "run --async", "run --async --json"] {
        let server = Server::start(without(service(vec![partial()]), is_second)).await;
        let home = Home::new("amid", &server.url);
        let ran =
            interrupted(&home, &format!("{words} good.jsonl b.jsonl c.jsonl"), || server.seen().iter().any(is_second))
                .await;
        let next = "see whether there is one all the same: imports list\n\
                    Not sent, as far as is known: b.jsonl; c.jsonl. To go on, type:\n  imports run b.jsonl c.jsonl";
        if words.ends_with("--json") {
            let document = document(&ran);
            assert_eq!(
                (&document["next"], document["jobs"].as_array().unwrap().len()),
                (&json!(next), 1),
                "{document}"
            );
        } else {
            let error = format!("error: interrupted before there was word of a job\n{next}\n");
            assert!(ran.err.ends_with(&error), "{ran:?}");
            assert!(ran.out.contains(if words.contains("async") { ID } else { "too short" }), "{ran:?}");
        }
        if words.contains("rest.jsonl") {
            assert_eq!(fs::read(home.path("rest.jsonl")).unwrap(), REFUSED);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_has_come_is_no_file_to_send_though_its_job_is_not_there_yet() {
    for words in ["run good.jsonl b.jsonl", "run --async good.jsonl b.jsonl"] {
        let behind = service(vec![partial()]);
        let late = move |seen: &Seen, count| match (&*seen.method, seen.path.as_str()) {
            // A file that no call carries goes as an upload.
            ("POST", "/v2/subscriptions/imports") => answer(413),
            ("GET", path) if path.ends_with(ID) => answer(404),
            _ => behind(seen, count),
        };
        let server = Server::start(late).await;
        let home = Home::new("late", &server.url);
        let is_asked = || server.seen().iter().any(|seen| seen.path.ends_with(ID));
        let ran = interrupted(&home, words, is_asked).await;
        let next = "To follow it:\n  imports watch 0f4c6c0e\nNot sent: b.jsonl. Once the job before has ended, type:\n  \
                    imports run b.jsonl\n";
        assert!(ran.err.ends_with(&format!("error: interrupted; the job {ID} goes on\n{next}")), "{ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_ends_in_time_also_where_the_service_is_silent() {
    let is_job = |seen: &Seen| seen.path.ends_with(ID);
    let server = Server::start(without(service(vec![partial()]), is_job)).await;
    let home = Home::new("silent", &server.url);
    for file in ["good.jsonl", "b.jsonl"] {
        fs::write(home.path(file), GOOD).unwrap();
    }
    let began = Instant::now();
    let ran = home.run("run good.jsonl b.jsonl --wait 1s");
    assert_eq!(ran.code, 6, "{ran:?}");
    let behind = "Not sent: b.jsonl. Once the job before has ended, type:\n  imports run b.jsonl\n";
    let expected = format!("error: no word of the job {ID} in time\nimports watch {ID}\n{behind}");
    assert!(ran.err.ends_with(&expected), "{ran:?}");
    assert_eq!(document(&home.run("run good.jsonl --wait 1s --json"))["job"]["id"], ID);
    assert!(began.elapsed() < Duration::from_secs(30));
}

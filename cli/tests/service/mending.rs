//! Refused lines: where they are put and which numbers they have there; what is left to send.

use std::{
    fs,
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};

use crate::home::Home;
use crate::server::{Answer, Seen, Server, answer};
use crate::{GOOD, REFUSED, document, job, service};

/// A service whose job refused lines 3 and 9 of what it was sent.
fn refusing(state: Value) -> impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static {
    let behind = service(vec![state]);
    let row = |line: u32| {
        let errors = json!([{"code": "wrong_length", "field": "data.attributes.name",
            "error": "data.attributes.name: \"No\" is too short"}]);
        json!({"line": line, "type": "subscription_product", "action": "failed", "errors": errors}).to_string() + "\n"
    };
    let rows = row(3) + &row(9);
    move |seen, count| match seen.path.as_str() {
        "/signed-results" => answer(200).bytes(rows.as_bytes()),
        _ => behind(seen, count),
    }
}

fn posts(server: &Server) -> Vec<Seen> {
    server.seen().into_iter().filter(|seen| seen.method == "POST").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_numbered_as_in_the_file_that_holds_them_now() {
    let server = Server::start(refusing(job("success", 0, &json!({})))).await;
    let home = Home::new("numbers", &server.url);
    for (sent, kept) in [("rest.jsonl", "rest.jsonl"), ("good.jsonl", "other.jsonl")] {
        fs::write(home.path(sent), GOOD).unwrap();
        let ran = home.run(&format!("run {sent} --failed {kept}"));
        assert_eq!(ran.code, 1, "{ran:?}");
        assert_eq!(fs::read(home.path(kept)).unwrap(), REFUSED);
        let places = [format!("--> {kept}:1\n"), "also line 2\n".to_owned(), format!("These are the lines of {kept};")];
        assert!(places.iter().all(|place| ran.out.contains(place)), "{ran:?}");
        fs::write(home.path(sent), GOOD).unwrap();
        let errors = document(&home.run(&format!("run {sent} --failed {kept} --json")))["errors"].clone();
        let lines = [0, 1].map(|row: usize| (errors[row]["line"].clone(), errors[row]["kept_line"].clone()));
        assert_eq!(lines, [(json!(3), json!(1)), (json!(9), json!(2))]);
    }
    fs::write(home.path("good.jsonl"), GOOD).unwrap();
    let without = home.run("run good.jsonl");
    assert!(without.out.contains("--> good.jsonl:3\n") && !without.out.contains("These are"), "{without:?}");

    // Those of a second file come behind those of the first.
    let both = document(&home.run("run good.jsonl good.jsonl --failed rest.jsonl --json"));
    assert_eq!(fs::read(home.path("rest.jsonl")).unwrap(), [REFUSED, REFUSED].concat());
    assert_eq!(both["jobs"][1]["errors"][1]["kept_line"], 4, "{both}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_takes_nothing_is_found_before_and_one_that_is_lost_is_told_with_where_the_lines_are() {
    let behind = refusing(job("success", 1, &json!({})));
    let home = Home::new("lost", "");
    let folder = home.path("gone");
    let losing = move |seen: &Seen, count| {
        if seen.path == "/signed-lines" {
            fs::remove_dir_all(&folder).unwrap();
        }
        behind(seen, count)
    };
    let server = Server::start(losing).await;
    fs::write(home.path("good.jsonl"), GOOD).unwrap();
    let run = |words: &str| {
        fs::create_dir_all(home.path("gone")).unwrap();
        crate::home::Ran::of(home.command(words).env("IMPORTS_API", &server.url))
    };
    let full = run("run good.jsonl --failed /dev/full");
    assert!(full.code == 3 && full.out.is_empty() && full.err.contains("nothing was sent"), "{full:?}");
    assert!(posts(&server).is_empty());
    assert_eq!(run("run good.jsonl --failed /dev/null").code, 1);

    let lost = run("run good.jsonl --failed gone/rest.jsonl");
    assert_eq!(lost.code, 3, "{lost:?}");
    assert!(lost.out.contains("partial") && lost.err.contains("gone/rest.jsonl"), "{lost:?}");
    assert_eq!(lost.err.lines().last(), Some("  imports failed-lines 0f4c6c0e > mend.jsonl"), "{lost:?}");
    let lost = document(&run("run good.jsonl --failed gone/rest.jsonl --json"));
    assert!(lost["job"]["id"].is_string() && lost["error"].is_string(), "{lost}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_refused_lines_that_came_in_half_none_is_kept() {
    const MANY: usize = 20_000;
    let (behind, fetched) = (refusing(job("success", 1, &json!({}))), AtomicUsize::new(0));
    let losing = move |seen: &Seen, count| match seen.path.as_str() {
        "/signed-lines" => match fetched.fetch_add(1, Ordering::Relaxed) {
            0 => answer(200).bytes(REFUSED),
            1 => answer(200).bytes(&REFUSED.repeat(MANY)),
            _ => answer(404),
        },
        _ => behind(seen, count),
    };
    let server = Server::cutting(&[("!/signed-lines", usize::MAX), ("!/signed-lines", 1)], losing).await;
    let home = Home::new("half", &server.url);
    fs::write(home.path("good.jsonl"), GOOD).unwrap();
    let ran = home.run("run good.jsonl good.jsonl --failed rest.jsonl");
    assert!(ran.code == 3 && ran.err.contains("the connection was lost"), "{ran:?}");
    assert_eq!(fs::read(home.path("rest.jsonl")).unwrap(), REFUSED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_was_cancelled_or_failed_stops_the_others_and_what_sends_them_is_told() {
    // A job that was cancelled stops all others, one that failed what needs it: not a file that names nothing of it.
    for (code, why, behind) in
        [("cancelled", "was cancelled", " good.jsonl"), ("nothing_imported", "whose job failed", "")]
    {
        let failure = json!({"failure": {"code": code, "error": "nothing came of it"}});
        let server = Server::start(refusing(job("failed", 0, &failure))).await;
        let home = Home::new("stopped", &server.url);
        fs::write(home.path("big.jsonl"), GOOD.replace("\"external_ref\":\"tea\",", "").repeat(50_001)).unwrap();
        fs::write(home.path("good.jsonl"), GOOD).unwrap();
        let ran = home.run("run big.jsonl good.jsonl --split --unknown refuse");
        let sent = if behind.is_empty() { 2 } else { 1 };
        assert_eq!((ran.code, posts(&server).len()), (5, sent), "{ran:?}");
        let last = format!("  imports run big.jsonl{behind} --split --on-conflict skip --unknown refuse\n");
        assert!(ran.out.ends_with(&last), "{ran:?}");
        let unsent = behind.replace(' ', "; ");
        for said in [
            &*format!("Not sent: big.jsonl, part 2 of 2{unsent}."),
            why,
            "50000 lines have no external_ref: those that were imported are imported again",
        ] {
            let out = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(out.contains(said), "{said}: {ran:?}");
        }
        // Where nothing is imported, nothing is missing, unless somebody wants it to stop.
        let before = posts(&server).len();
        let ran = home.run("run good.jsonl good.jsonl --dry-run");
        let sent = if code == "cancelled" { 1 } else { 2 };
        assert_eq!((ran.code, posts(&server).len() - before), (5, sent), "{ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_could_not_be_sent_is_named_among_those_that_were_not() {
    let behind = service(vec![job("success", 2, &json!({}))]);
    let server = Server::start(move |seen, count| {
        let is_refused = seen.body.windows(3).any(|text| text == b"mug");
        if is_refused { answer(400).json(&json!({"errors": [{"detail": "no"}]})) } else { behind(seen, count) }
    })
    .await;
    let home = Home::new("unsent", &server.url);
    for (name, text) in [("a", GOOD.to_owned()), ("b", GOOD.replace("tea", "mug")), ("c", GOOD.to_owned())] {
        fs::write(home.path(&format!("{name}.jsonl")), text).unwrap();
    }
    let ran = home.run("run a.jsonl b.jsonl c.jsonl");
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.err.ends_with("Not sent: b.jsonl; c.jsonl. To go on, type:\n  imports run b.jsonl c.jsonl\n"),
        "{ran:?}"
    );
    let alone = home.run("run b.jsonl");
    assert!(alone.code == 2 && !alone.err.contains("Not sent"), "{alone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn printed_lines_are_followed_by_what_sends_them_and_a_job_that_runs_has_none_yet() {
    let options = json!({"on_conflict": "skip", "unknown": "refuse"});
    let server = Server::start(service(vec![job("success", 1, &options)])).await;
    let home = Home::new("printed", &server.url);
    let ran = home.run("failed-lines 0f4c6c0e");
    assert_eq!((ran.code, ran.out.as_bytes()), (0, &*String::from_utf8_lossy(REFUSED).into_owned().into_bytes()));
    assert!(ran.err.ends_with("  imports run mend.jsonl --on-conflict skip --unknown refuse\n"), "{ran:?}");
    assert!(home.run("failed-lines 0f4c6c0e --quiet").err.is_empty());
    assert!(home.run("failed-lines 0f4c6c0e --json").err.is_empty());

    let server = Server::start(service(vec![job("started", 1, &json!({}))])).await;
    let home = Home::new("runs", &server.url);
    for words in ["results", "failed-lines", "errors"] {
        let ran = home.run(&format!("{words} 0f4c6c0e"));
        assert_eq!(ran.code, 6, "{ran:?}");
        assert!((ran.out + &ran.err).trim_end().ends_with("imports watch 0f4c6c0e"), "{words}");
        assert_eq!(document(&home.run(&format!("{words} 0f4c6c0e --json")))["exit"], 6);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_noticed_of_lines_that_came_through_is_shown_and_asked_for_where_it_is_shown_alone() {
    let behind = refusing(job("success", 0, &json!({"warnings": 1})));
    let warned = json!({"line": 5, "type": "subscription_product", "action": "created", "warnings": [{"code": "unknown_attribute",
        "field": "Price", "warning": "Price: \"Price\" is not known here, and nothing reads it; did you mean \"price\"?"}]});
    let server = Server::start(move |seen, count| {
        let is_whole = seen.path.ends_with("/results") && !seen.query.contains("only=failed");
        let link = format!("http://{}/whole", seen.header("host"));
        match seen.path.as_str() {
            "/whole" => answer(200).json(&warned),
            _ if is_whole => answer(307).json(&json!({"links": {"download": link}})),
            _ => behind(seen, count),
        }
    })
    .await;
    let home = Home::new("noticed", &server.url);
    fs::write(home.path("good.jsonl"), GOOD).unwrap();
    let ran = home.run("run good.jsonl --failed rest.jsonl");
    for shown in ["line 5: Price: ", "did you mean \"price\"?", "--> rest.jsonl:1\n", "also line 2\n"] {
        assert!(ran.out.contains(shown), "{shown}: {ran:?}");
    }
    for words in ["watch 0f4c6c0e", "errors 0f4c6c0e"] {
        let ran = home.run(words);
        assert!(ran.out.contains("did you mean \"price\"?"), "{ran:?}");
    }
    let before = server.seen().len();
    let ran = home.run("show 0f4c6c0e");
    assert!(ran.out.contains("1 line came through with a warning"), "{ran:?}");
    assert!(
        server.seen().iter().skip(before).all(|seen| seen.path != "/whole"),
        "counts need no line that came through"
    );
}

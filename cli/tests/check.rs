//! `imports check`, driven as it is typed: exit codes, what goes where, many files, a terminal.

#![expect(clippy::unwrap_used, reason = "a test that meets what it does not expect has failed")]

#[path = "service/home.rs"]
#[expect(dead_code, reason = "that of all tests")]
mod home;

use std::{
    fs,
    io::Write,
    process::{Command, Stdio},
};

use home::{Home, Ran};
use serde_json::Value;

const GOOD: &str = "{\"type\":\"subscription_product\",\"external_ref\":\"tea\",\"name\":\"Tea\"}\n";
const BAD: &str = "{\"type\":\"subscription_product\",\"external_ref\":\"mug\",\"name\":\"\u{202e}M\"}\n";
const OPEN: &str = "{\"type\":\"subscription_offering\",\"external_ref\":\"box\",\"name\":\"Box\",\"products\":[\"stored\"],\"plans\":[\"stored\"]}\n";
const ODD: &str = "{\"type\":\"subscription_product\",\"external_ref\":\"cup\",\"name\":\"Cup\",\"colour\":\"red\"}\n";

/// A folder with files; there is no service.
fn home(name: &str) -> Home {
    let home = Home::new(name, "http://127.0.0.1:1");
    for (file, text) in [("good", GOOD), ("bad", BAD), ("open", OPEN), ("odd", ODD), ("a 'b", GOOD)] {
        fs::write(home.path(&format!("{file}.jsonl")), text).unwrap();
    }
    home
}

fn check(home: &Home, words: &str, code: i32) -> Ran {
    let ran = home.run(&format!("check {words}"));
    assert_eq!(ran.code, code, "{words}: {ran:?}");
    ran
}

#[test]
fn the_exit_code_is_that_of_the_worst_file() {
    let home = home("exit-codes");
    for (words, code) in [
        ("good.jsonl", 0),
        ("open.jsonl", 0),
        ("odd.jsonl", 0),
        ("odd.jsonl --unknown refuse", 1),
        ("bad.jsonl", 1),
        ("good.jsonl bad.jsonl", 1),
        ("/dev/null", 1),
        ("", 2),
        ("good.jsonl --format yaml", 2),
        ("absent.jsonl", 3),
        (". bad.jsonl", 3),
    ] {
        check(&home, words, code);
        let document: Value = serde_json::from_str(&check(&home, &format!("{words} --json"), code).out).unwrap();
        assert_eq!(document["exit"], code, "{words}");
    }
}

#[test]
fn nothing_is_called_good_that_is_not_and_the_last_words_are_the_next_command() {
    let home = home("last-words");
    for (words, count, last) in [
        ("good.jsonl", "1 line: 1 good.", "  imports run good.jsonl\n"),
        ("bad.jsonl", "1 line: 1 refused.", "  imports check bad.jsonl\n"),
        ("open.jsonl", "1 line: 1 unchecked.", "  imports run open.jsonl\n"),
    ] {
        let ran = check(&home, words, i32::from(words == "bad.jsonl"));
        assert!(ran.out.contains(count) && ran.out.ends_with(last) && ran.err.is_empty(), "{ran:?}");
    }
    let unchecked = check(&home, "open.jsonl", 0).out;
    assert!(unchecked.contains("only the service knows"), "{unchecked}");
    let odd = home.run_words(&["check", "a 'b.jsonl"]).out;
    assert!(odd.ends_with("imports run 'a '\\''b.jsonl'\n"), "{odd}");
    // It is for the same service and as strict, whatever the file is called.
    let chosen = home.run_words(&["--local", "check", "--unknown", "refuse", "--", "good.jsonl"]).out;
    assert!(chosen.ends_with("imports --local run good.jsonl --unknown refuse\n"), "{chosen}");
    fs::copy(home.path("good.jsonl"), home.path("-o.jsonl")).unwrap();
    let dashed = home.run_words(&["check", "--", "-o.jsonl"]).out;
    assert!(dashed.ends_with("imports run ./-o.jsonl\n"), "{dashed}");
}

#[test]
fn a_run_stops_before_anything_is_sent_where_a_line_can_never_be_good() {
    let home = home("run");
    for (words, has_good) in
        [("bad.jsonl", false), ("good.jsonl bad.jsonl", true), ("odd.jsonl --unknown refuse --dry-run", false)]
    {
        let ran = home.run(&format!("run {words}"));
        let again = words.replace("--unknown refuse --dry-run", "--dry-run --unknown refuse");
        let send = format!("Or send the good lines:\n  imports run {again} --send-anyway\n");
        let last = format!("then type:\n  imports run {again}\n{}", if has_good { &send } else { "" });
        assert!(ran.code == 1 && ran.out.ends_with(&last) && ran.out.contains("Nothing was sent."), "{ran:?}");
        let ran = home.run(&format!("run {words} --json"));
        let document: Value = serde_json::from_str(&ran.out).unwrap();
        assert!(document["exit"] == 1 && document["sent"] == false && ran.err.is_empty(), "{ran:?}");
        assert!(document["next"].as_str().unwrap().ends_with(last.trim_end()), "{document}");
    }
}

#[test]
fn a_dry_run_does_not_put_its_refused_lines_in_place_of_its_file() {
    let home = home("replaced");
    let before = fs::read(home.path("bad.jsonl")).unwrap();
    let ran = home.run("run bad.jsonl --no-check --dry-run --failed ./bad.jsonl");
    assert!(ran.code == 2 && ran.err.contains("another place; nothing was sent"), "{ran:?}");
    assert_eq!(fs::read(home.path("bad.jsonl")).unwrap(), before);
}

#[test]
fn files_are_read_packed_and_from_standard_input() {
    let home = home("standard-input");
    let mut command = home.command("check - --json");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(BAD.as_bytes()).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert!(ran.code == 1 && ran.out.contains("\"file\":\"-\""), "{ran:?}");
    assert!(Command::new("gzip").args(["-k", "bad.jsonl"]).current_dir(home.path("")).status().unwrap().success());
    assert!(check(&home, "bad.jsonl.gz", 1).out.contains("1 refused"));
}

#[test]
fn what_was_piped_in_is_not_asked_for_again() {
    let home = home("piped");
    for (words, text, last) in [
        ("check -", GOOD, "keep it as piped-in.jsonl. To import it, type: imports run piped-in.jsonl"),
        ("check -", BAD, "keep it as piped-in.jsonl. Mend it, then type: imports check piped-in.jsonl"),
        ("run -", BAD, "keep it as piped-in.jsonl. Mend it, then type: imports run piped-in.jsonl"),
    ] {
        let mut child = home.command(words).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let ran = Ran::from(child.wait_with_output().unwrap());
        let words: Vec<_> = ran.out.split_whitespace().collect();
        assert!(words.join(" ").ends_with(last), "{ran:?}");
    }
}

#[test]
fn a_file_that_can_t_be_read_is_in_what_programs_are_given() {
    let home = home("unread");
    let ran = |format: &str| check(&home, &format!("good.jsonl absent.jsonl --format {format}"), 3).out;
    assert!(ran("github").starts_with("::error file=absent.jsonl,title=not checked::absent.jsonl can't be read: "));
    let row: Value = serde_json::from_str(&ran("jsonl")).unwrap();
    assert!(row["file"] == "absent.jsonl" && row["error"].is_string(), "{row}");
    let log: Value = serde_json::from_str(&ran("sarif")).unwrap();
    let invocation = &log["runs"][0]["invocations"][0];
    let note = &invocation["toolExecutionNotifications"][0];
    assert_eq!((&invocation["executionSuccessful"], &invocation["exitCode"]), (&false.into(), &3.into()));
    assert_eq!(note["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "absent.jsonl");
    assert!(note["message"]["text"].as_str().unwrap().contains("can't be read"), "{note}");
    for format in ["github", "sarif", "jsonl", "text"] {
        let both = check(&home, &format!("good.jsonl --json --format {format}"), 2);
        let document: Value = serde_json::from_str(&both.out).unwrap();
        assert!(document["exit"] == 2 && document["error"].is_string(), "{both:?}");
    }
    check(&home, "good.jsonl --json --format json", 0);
}

#[test]
fn an_answer_that_finds_no_room_is_trouble_and_a_reader_that_leaves_is_none() {
    let home = home("no-room");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let ran = Ran::of(home.command("check bad.jsonl").stdout(full));
    assert!(ran.code == 3 && ran.err.contains("No space left"), "{ran:?}");
    let many = BAD.repeat(20_000);
    fs::write(home.path("many.jsonl"), many).unwrap();
    let mut command = home.command("check many.jsonl --all");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert!(ran.code == 1 && ran.err.is_empty(), "{ran:?}");
}

#[test]
fn on_a_terminal_of_80_columns_nothing_is_wider_and_colours_can_be_refused() {
    let home = home("terminal");
    let shown = |no_color: Option<&str>| {
        let mut command = Command::new("python3");
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/stories/terminal.py"));
        command.args([env!("CARGO_BIN_EXE_imports"), "check", "bad.jsonl"]);
        home.prepare(&mut command).envs(no_color.map(|value| ("NO_COLOR", value)));
        Ran::of(&mut command)
    };
    let (coloured, plain) = (shown(None), shown(Some("1")));
    assert!(coloured.code == 1 && coloured.out.contains("\u{1b}["), "{coloured:?}");
    assert!(plain.out.contains("<U+202E>M") && !plain.out.contains(['\u{1b}', '\u{202e}']), "{plain:?}");
    assert!(plain.out.lines().all(|line| line.trim_end().chars().count() <= 80), "{plain:?}");
}

#[test]
fn completions_and_a_man_page_are_made() {
    let home = home("man");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = home.run(&format!("completions {shell}"));
        assert!(ran.code == 0 && ran.out.contains("imports") && ran.out.contains("check"), "{shell}");
    }
    assert!(home.run("man").out.starts_with(".ie"));
}

const DOCUMENT: &str = include_str!("../../docs/command-line.md");

/// The first block of a language in the document.
fn block(language: &str) -> &'static str {
    let (_, begin) = DOCUMENT.split_once(&format!("```{language}\n")).unwrap();
    begin.split_once("```").unwrap().0
}

#[test]
fn the_document_shows_what_check_prints() {
    let home = home("document");
    fs::write(home.path("catalogue.jsonl"), block("jsonl")).unwrap();
    let printed = check(&home, "catalogue.jsonl", 1).out;
    assert!(block("text") == printed, "docs/command-line.md shows something else:\n{printed}");
}

#[test]
fn the_readme_s_picture_is_what_a_terminal_shows() {
    let home = home("picture");
    fs::write(home.path("catalogue.jsonl"), block("jsonl")).unwrap();
    let shown = Ran::of(home.command("check catalogue.jsonl").env("CLICOLOR_FORCE", "1")).out;
    assert!(shown.contains("\u{1b}["), "{shown}");
    let drawn = anstyle_svg::Term::new().render_svg(&format!("$ imports check catalogue.jsonl\n{shown}"));
    let taken = concat!(env!("CARGO_TARGET_TMPDIR"), "/command.svg");
    fs::write(taken, &drawn).unwrap();
    let kept = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/command.svg")).unwrap_or_default();
    assert!(kept == drawn, "the command prints something else by now; if it is meant: cp {taken} docs/command.svg");
}

#[test]
fn the_workflow_of_the_document_annotates_the_lines_of_a_repository() {
    let (home, workflow) = (home("workflow"), block("yaml"));
    assert!(workflow.lines().count() <= 10);
    let (_, last) = workflow.rsplit_once("- run: ").unwrap();
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_imports")).parent().unwrap().display().to_string();
    let ran = |words: &str| {
        let mut command = Command::new("sh");
        home.prepare(command.args(["-c", words]));
        Ran::of(command.env("PATH", format!("{folder}:{}", std::env::var("PATH").unwrap())))
    };
    assert_eq!(ran("git init --quiet && git add .").code, 0);
    let annotated = ran(last);
    assert_eq!(annotated.code, 123, "xargs says that the command failed: {annotated:?}");
    assert!(annotated.out.starts_with("::error file=bad.jsonl,line=1,col=60,"), "{annotated:?}");
}

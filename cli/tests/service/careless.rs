//! Files that are none, or are gone once they were read: what is said, and what to type next.

use std::fs;
use std::process::{Command, Stdio};

use crate::GOOD;
use crate::home::{Home, Ran};

#[test]
fn a_folder_is_answered_with_the_files_in_it() {
    let home = Home::new("folder", "");
    fs::create_dir(home.path("my files")).unwrap();
    for (words, last) in [
        (["check", "my files/"], "'my files'/*.jsonl\n"),
        (["run", "my files"], "'my files'/*.jsonl; nothing was sent\n"),
    ] {
        let ran = home.run_words(&words);
        assert!(ran.code == 3 && ran.err.ends_with(&format!("give the files in it: {last}")), "{ran:?}");
    }
}

#[test]
fn standard_input_that_is_named_twice_is_refused_before_it_is_read() {
    let home = Home::new("twice", "");
    for words in ["check - -", "run - -"] {
        let ran = Ran::of(home.command(words).stdin(Stdio::null()));
        assert!(ran.code == 2 && ran.out.is_empty() && ran.err.contains("name - once"), "{ran:?}");
    }
}

#[test]
fn what_came_through_a_pipe_with_a_name_is_to_be_kept_before_it_is_named_again() {
    let home = Home::new("pipe", "");
    fs::write(home.path("good.jsonl"), GOOD).unwrap();
    for (file, next) in [("good.jsonl", "run"), ("/dev/null", "check")] {
        let line = format!("'{}' check <(cat {file})", env!("CARGO_BIN_EXE_imports"));
        let ran = Ran::of(home.prepare(Command::new("bash").args(["-c", &line])));
        assert!(ran.out.contains("What was piped in is gone: keep it as piped-in.jsonl."), "{ran:?}");
        assert!(ran.out.ends_with(&format!("type:\n  imports {next} piped-in.jsonl\n")), "{ran:?}");
    }
}

#[test]
fn what_a_token_command_complains_of_is_seen() {
    let home = Home::new("complains", "");
    let set = ["config", "set", "--api", "http://localhost", "--token-command", "echo log in first >&2; exit 3"];
    assert_eq!(home.run_words(&set).code, 0);
    let ran = Ran::of(home.command("list").env_remove("IMPORTS_API").env_remove("IMPORTS_TOKEN"));
    assert!(ran.code == 4 && ran.err.starts_with("log in first\n") && ran.err.contains("exit status: 3"), "{ran:?}");
}

#[test]
fn refused_lines_go_to_no_place_that_is_none() {
    let home = Home::new("no-place", "");
    fs::write(home.path("good.jsonl"), GOOD).unwrap();
    let ran = home.run("run good.jsonl --failed -");
    assert!(ran.code == 2 && ran.err.contains("such as --failed rest.jsonl; nothing was sent"), "{ran:?}");
    assert!(!home.path("-").exists());
}
